"""The pages: the overview (`/`), one alert (`/alerts/<id>`) and the runbooks. The templates escape
everything they are given."""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markdown_it import MarkdownIt
from markupsafe import Markup

from monitor.domain.alerting.alert import Alert
from monitor.domain.campaign.snapshot import DOCUMENTED_STATUSES, Unreadable
from monitor.domain.routing.flush import SEVERITIES
from monitor.domain.safetext.shown_text import counted, without_controls
from monitor.domain.times.duration import humanize_duration
from monitor.web.alert_page import AlertDetail
from monitor.web.status import Status

HERE = Path(__file__).parent
REFRESH_SECONDS = 15
MOST_PROBLEMS = 10
"""How many of a refused rules file's problems are shown."""
STATIC_FILES = {"style.css": "text/css", "icon.svg": "image/svg+xml"}
"""The files that the pages load, with their content types."""

TOP = "./"
FROM_ALERT = "../"
"""The page `/` as seen from each page: relative, so that a reverse proxy may serve the monitor
under any path."""

_HEADING = re.compile(r"<h3>(\w+)</h3>")


def runbooks_markdown() -> str:
    """The runbooks in Markdown, a section for each default rule and each alert about the monitor
    itself."""
    return (HERE / "runbooks.md").read_text(encoding="utf-8")


@cache
def runbooks_html() -> Markup:
    """The runbooks as HTML. A section's anchor is its name in lower case."""
    html = MarkdownIt("commonmark", {"html": False}).render(runbooks_markdown())
    anchored = _HEADING.sub(lambda found: f'<h3 id="{found[1].lower()}">{found[1]}</h3>', html)
    return Markup(anchored)  # noqa: S704 (our own text, rendered without its HTML)


def _clock_time(at: datetime) -> Markup:
    """A moment in full, machine-readable in the attribute."""
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), _absolute(at))


def _absolute(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S UTC")


def _between(earlier: datetime, later: datetime) -> str:
    return humanize_duration(max(0, int((later - earlier).total_seconds())))


def _distance(at: datetime, now: datetime) -> str:
    """How far away a moment is: `17 min ago`, `in 2 h`."""
    return f"in {_between(now, at)}" if at > now else f"{_between(at, now)} ago"


def _ago(at: datetime | None, now: datetime) -> Markup:
    """How long ago, with the moment itself in the tooltip."""
    if at is None:
        return Markup('<span class="quiet">never</span>')
    return _timed(f"{_between(at, now)} ago", at)


def _timed(words: str, at: datetime) -> Markup:
    """Words about a moment, with the moment itself in the tooltip."""
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(), _absolute(at), words
    )


def _severity_class(severity: str) -> str:
    """The CSS class of a severity; those that a rule made up have no colour."""
    return severity if severity in SEVERITIES else "none"


def _on_one_line(value: object) -> object:
    """Text from outside without control and bidirectional characters, which could reorder the text
    around it."""
    return (
        without_controls(value)
        if isinstance(value, str) and not isinstance(value, Markup)
        else value
    )


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
        environment.filters["ago"] = _ago
        environment.filters["distance"] = _distance
        environment.filters["timed"] = _timed
        environment.filters["severity_class"] = _severity_class
        environment.globals["between"] = _between
        environment.globals["counted"] = counted
        self._index = environment.get_template("index.html")
        self._alert = environment.get_template("alert.html")
        self._message = environment.get_template("message.html")
        self._runbooks = environment.get_template("runbooks.html")
        self.static = {name: (HERE / "static" / name).read_bytes() for name in STATIC_FILES}

    def index(self, status: Status) -> str:
        """The page `/` as HTML."""
        order = {name: place for place, name in enumerate(DOCUMENTED_STATUSES)}
        counts = sorted(
            status.counts.items(), key=lambda item: (order.get(item[0], len(order)), item[0])
        )
        return self._index.render(
            status=status,
            now=status.now,
            troubles=status.troubles(),
            not_ready=status.not_ready(),
            counts=[(name, count) for name, count in counts if count],
            most_problems=MOST_PROBLEMS,
            refresh=REFRESH_SECONDS,
            root=TOP,
        )

    def alert(self, alert: Alert, now: datetime, unreadable: Sequence[Unreadable] = ()) -> str:
        """The page of one alert as HTML; it refreshes while the alert may still change."""
        detail = AlertDetail(alert, unreadable)
        return self._alert.render(
            detail=detail, now=now, refresh=REFRESH_SECONDS if detail.active else 0, root=FROM_ALERT
        )

    def message(self, title: str, lines: Sequence[str]) -> str:
        """The page shown in place of an alert that cannot be shown."""
        return self._message.render(title=title, lines=lines, refresh=0, root=FROM_ALERT)

    def runbooks(self) -> str:
        """The page `/runbooks` as HTML."""
        return self._runbooks.render(text=runbooks_html(), refresh=0, root=TOP)
