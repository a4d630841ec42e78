"""The page at `/`: what runs, written by a template that escapes everything it is given."""

from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from monitor.domain.campaign import DOCUMENTED_STATUSES
from monitor.domain.duration import humanize_duration
from monitor.domain.text import without_controls
from monitor.web.status import Status

HERE = Path(__file__).parent
REFRESH_SECONDS = 15
STATIC_FILES = {"style.css": "text/css", "icon.svg": "image/svg+xml"}
"""What the page needs beside itself, by content type."""


def _clock_time(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S UTC")


def _between(earlier: datetime, later: datetime) -> str:
    return humanize_duration(max(0, int((later - earlier).total_seconds())))


def _on_one_line(value: object) -> object:
    """Text from outside without control and bidirectional characters, which could turn what stands beside it around."""
    return without_controls(value) if isinstance(value, str) and not isinstance(value, Markup) else value


class Pages:
    """Renders pages; the templates are compiled once."""

    def __init__(self) -> None:
        environment = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            finalize=_on_one_line,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters["clock_time"] = _clock_time
        environment.filters["iso"] = datetime.isoformat
        environment.globals["between"] = _between
        self._index = environment.get_template("index.html")
        self.static = {name: (HERE / "static" / name).read_bytes() for name in STATIC_FILES}

    def index(self, status: Status) -> str:
        """The whole page as HTML."""
        order = {name: place for place, name in enumerate(DOCUMENTED_STATUSES)}
        counts = sorted(status.counts.items(), key=lambda item: (order.get(item[0], len(order)), item[0]))
        return self._index.render(
            status=status,
            not_ready=status.not_ready(),
            counts=[(name, count) for name, count in counts if count],
            unlisted=status.firing + status.pending - len(status.alerts),
            refresh=REFRESH_SECONDS,
        )
