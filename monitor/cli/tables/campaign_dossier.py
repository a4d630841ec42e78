"""Everything that the store knows of one campaign, printed for people and for programs."""

import sys
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from monitor.cli.tables.columns import ENDED_COLUMNS, EVENT_COLUMNS, LISTED_COLUMNS, outbox_columns
from monitor.cli.tables.printing import (
    plain,
    print_hanging,
    print_json,
    print_line,
    readable,
    share,
    terminal_width,
)
from monitor.cli.tables.record_table import Column, print_records
from monitor.cli.tables.sparkline import drawn
from monitor.domain.safetext.shown_text import counted, without_controls
from monitor.records import (
    FIGURES,
    Dossier,
    Record,
)

PIPE_WIDTH = 80
NARROWEST = 8
"""Characters of a course on a terminal that is too narrow for more."""
SAMPLE_COLUMNS = (
    Column(
        "At (UTC)",
        "at",
        lambda value: value.strftime("%Y-%m-%d %H:%M:%S") if isinstance(value, datetime) else "",
    ),
    Column("Status", "status"),
    Column("Sent", "sent", right=True),
    Column("Delivered", "delivered", right=True),
    Column("Fallback sent", "fallback_sent", right=True, spare=2),
    Column("delivered", "fallback_delivered", right=True, spare=1),
)


def print_dossier(dossier: Dossier, *, now: datetime, as_json: bool, samples: bool) -> None:
    """On stdout; with `samples` every figure that was recorded, which the JSON has in any case."""
    record = dossier.with_history(now)
    if as_json:
        print_json(record)
        return
    events, alerts, messages = record["events"], record["alerts"], record["notifications"]
    _print_fields(dossier.record)
    _print_course(dossier, now=now)
    parts: list[tuple[str, list[Record], tuple[Column, ...]]] = (
        [("sample", record["samples"], SAMPLE_COLUMNS)] if samples else []
    )
    parts += [
        ("event", events, tuple(each for each in EVENT_COLUMNS if each.key not in _KNOWN)),
        ("alert", alerts, ALERT_COLUMNS),
        (
            "message",
            list(map(dossier.message_told, dossier.messages)),
            outbox_columns([each["id"] for each in messages]),
        ),
    ]
    below_table = False
    for what, records, columns in parts:
        if not below_table:  # a terminal's table ends with an empty line
            print_line("")
        print_line(counted(len(records), what) if records else f"no {what}s")
        if records:
            print_records(records, columns)
        below_table = bool(records) and sys.stdout.isatty()


_KNOWN = frozenset({"account", "campaign", "campaign_id", "about", "message_type"})
"""What stands above the tables already."""
ALERT_COLUMNS = (
    *(
        replace(each, spare=2) if each.key in ("resolved_at", "resolve_reason") else each
        for each in ENDED_COLUMNS[:-1]
        if each.key not in _KNOWN
    ),
    *(each for each in LISTED_COLUMNS if each.key in ("acknowledged_by", "silenced_by")),
    ENDED_COLUMNS[-1],
)
_SHARES = frozenset({"delivery_ratio"})
_NAMES = frozenset({"id"})


def _print_fields(record: Record) -> None:
    told = {
        key: value for key, value in record.items() if value not in (None, "") and key != "detail"
    }
    detail = record.get("detail") or {}
    told |= {
        f"detail.{key}": value
        for key, value in detail.items()
        if value is not None and key not in ("currency", "fallback")
    }
    told |= {
        f"detail.fallback.{key}": value
        for key, value in (detail.get("fallback") or {}).items()
        if value is not None
    }
    width = max(map(len, told)) + 2
    for key, value in told.items():
        shown: Callable[[object], str] = (
            share if key in _SHARES else plain if key in _NAMES else readable
        )
        print_hanging(without_controls(f"{key:<{width}}{shown(value)}"), " " * width)


def _print_course(dossier: Dossier, *, now: datetime) -> None:
    """Each figure as a line of characters from the first sample to the last, of a live campaign
    to now; all on one scale."""
    samples = dossier.samples
    if not samples:
        return
    live = dossier.tracked is not None and not dossier.campaign.final
    first, last = samples[0].at, max(samples[-1].at, now.timestamp() if live else 0.0)
    names = [name for name in FIGURES if any(getattr(sample, name) for sample in samples)]
    if not names or last <= first:
        return
    labels = max(map(len, names)) + 2
    figures = {name: [getattr(sample, name) or 0 for sample in samples] for name in names}
    most = max(max(each) for each in figures.values())
    room = (terminal_width() if sys.stdout.isatty() else PIPE_WIDTH) - labels - len(f"{most:,}") - 2
    left, right = (
        datetime.fromtimestamp(each, UTC).strftime("%m-%d %H:%M") for each in (first, last)
    )
    room = max(room, NARROWEST)
    times = [sample.at for sample in samples]
    shown_at = [
        bisect_right(times, first + (last - first) * (number + 1) / room) - 1
        for number in range(room)
    ]
    print_line("")
    if room > len(left) + len(right):
        print_line(f"{'':<{labels}}{left}{right:>{room - len(left)}}")
    for name, each in figures.items():
        print_line(
            f"{name:<{labels}}{drawn([each[index] for index in shown_at], most)}  {each[-1]:,}"
        )
