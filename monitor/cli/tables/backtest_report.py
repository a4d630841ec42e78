"""What came of rules over recorded history, for people and for programs."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from monitor.cli.tables.printing import NOTHING, print_line, readable, say, terminal_width, write
from monitor.cli.tables.record_table import Column, fitting, print_records, severity_style
from monitor.cli.tables.sparkline import drawn
from monitor.cli.tables.wrapping import wrapped
from monitor.domain.safetext.shown_text import counted

if TYPE_CHECKING:
    from monitor.backtest import Report, RuleReport
    from monitor.domain.alerting.rule import Rule
    from monitor.rulefile import RuleFile

LEAST_TIMELINE = 24
"""Columns: room for the first and the last time above it."""
LISTED = 5
"""Campaigns that are named of those that a rule would no longer, or newly, fire for."""


def _span(value: object) -> str:
    from monitor.domain.times.duration import humanize_duration

    return humanize_duration(value) if isinstance(value, int | float) and value else NOTHING


COLUMNS = (
    Column("Rule", "rule", name=True),
    Column("Severity", "severity", style=severity_style),
    Column("Fired", "fired", right=True),
    Column("On", "subjects", right=True, spare=2),
    Column("For, in all", "firing_seconds", _span, right=True, spare=1),
    Column("Longest", "longest_seconds", _span, right=True, spare=4),
    Column("At once", "at_once", right=True, spare=3),
)
COMPARED = (
    Column("Rule", "rule", name=True),
    Column("Severity", "severity", style=severity_style),
    Column("Fired", "fired", right=True),
    Column("then", "fired_then", right=True),
    Column("For, in all", "firing_seconds", _span, right=True),
    Column("then", "firing_seconds_then", _span, right=True),
    Column("No more on", "gone", right=True, spare=2),
    Column("Newly on", "new", right=True, spare=1),
)
RECEIVERS = (Column("Receiver", "receiver", name=True), Column("Messages", "messages", right=True))
RECEIVERS_COMPARED = (*RECEIVERS, Column("then", "messages_then", right=True))


def print_report(report: "Report", rules: "RuleFile") -> None:
    """How often each rule would have fired, and when; how many messages each receiver would have
    had."""
    _print_head(report)
    _say_untried(rules.rules)
    rows = [_row(rule, _untried(rules)) for rule in report.rules]
    if sys.stdout.isatty() and rows:
        print_records(rows, _with_timeline(report, rows))
    else:
        print_records(rows, (*COLUMNS, Column("When", "timeline")), empty="no rules")
    _print_messages(
        [{"receiver": name, "messages": count} for name, count in report.messages.items()],
        RECEIVERS,
    )


def print_comparison(report: "Report", then: "Report", files: "Sequence[RuleFile]") -> None:
    """What the second of two files would change. On a terminal rules that would do the same are
    only counted."""
    _print_head(report)
    _say_untried([rule for file in files for rule in file.rules])
    untried = _untried(*files)
    before = {rule.name: rule for rule in report.rules}
    after = {rule.name: rule for rule in then.rules}
    names = list(dict.fromkeys([*before, *after]))
    rows = [_compared(name, before.get(name), after.get(name), untried) for name in names]
    if not sys.stdout.isatty():
        print_records(rows, COMPARED, empty="no rules")
    else:
        differing = [row for row in rows if _differs(row)]
        if differing:
            print_records(differing, COMPARED)
        if len(differing) < len(rows):
            print_line(f"{counted(len(rows) - len(differing), 'rule')} would do the same as now")
        _print_subjects(names, before, after)
    told = dict.fromkeys([*report.messages, *then.messages])
    _print_messages(
        [
            {
                "receiver": name,
                "messages": report.messages.get(name),
                "messages_then": then.messages.get(name),
            }
            for name in told
        ],
        RECEIVERS_COMPARED,
    )


def report_record(report: "Report", rules: "RuleFile") -> dict[str, Any]:
    """For programs: every key of the JSON."""
    from monitor.backtest import unrecorded

    untried = _untried(rules)
    missing = {rule.name: list(unrecorded(rule)) for rule in rules.rules}
    return {
        "since": _moment(report.since),
        "until": _moment(report.until),
        "samples": report.samples,
        "campaigns": report.campaigns,
        "interval_seconds": report.interval_seconds,
        "thinned_until": None if report.thinned_until is None else _moment(report.thinned_until),
        "blind_seconds": report.blind_seconds,
        "rules": [
            {
                "rule": rule.name,
                "severity": rule.severity,
                "tried": rule.name not in untried,
                "unrecorded_fields": missing.get(rule.name, []),
                "fired": rule.fired,
                "subjects": len(rule.subjects),
                "fired_on": [
                    dict(zip(("account", "subject"), each.split(" ", 1), strict=True))
                    for each in sorted(rule.subjects)
                ],
                "firing_seconds": rule.firing_seconds,
                "longest_seconds": rule.longest_seconds,
                "timeline": rule.timeline,
            }
            for rule in report.rules
        ],
        "messages": dict(report.messages),
    }


def _print_head(report: "Report") -> None:
    """On a terminal above the table; in a pipe beside the data."""
    tell = _print_flowing if sys.stdout.isatty() else say
    every = (
        ""
        if report.interval_seconds is None
        else f", usually {_span(report.interval_seconds)} apart"
    )
    samples, campaigns = (
        counted(report.samples, "sample"),
        counted(report.campaigns, "known campaign"),
    )
    tell(
        f"{samples} of {campaigns}, {readable(_moment(report.since))} to "
        f"{readable(_moment(report.until))} UTC{every}"
    )
    if report.thinned_until is not None and report.thinned_until > report.since:
        until = readable(_moment(report.thinned_until))
        tell(f"before {until} one sample an hour was kept: what lasts less is not seen there")
    if report.blind_seconds:
        tell(
            f"for {_span(report.blind_seconds)} of that time a list of campaigns was not read: "
            "nothing of it is looked at there"
        )


def _say_untried(rules: "Iterable[Rule]") -> None:
    """Which rules cannot be judged here, and which see less than they would live."""
    from monitor.backtest import cannot_be_tried, unrecorded

    untried: dict[str, None] = {}
    partly: dict[str, None] = {}
    for rule in rules:
        missing = unrecorded(rule)
        if cannot_be_tried(rule):
            untried[rule.name] = None
        elif missing:
            partly[f"{', '.join(missing)} (in {rule.name})"] = None
    if untried:
        _say_flowing(
            f"what they ask for is not recorded, so these are not tried: {', '.join(untried)}"
        )
    if partly:
        _say_flowing(f"not recorded, and null here: {', '.join(partly)}")


def _untried(*files: "RuleFile") -> frozenset[str]:
    from monitor.backtest import cannot_be_tried

    return frozenset(rule.name for file in files for rule in file.rules if cannot_be_tried(rule))


def _row(rule: "RuleReport", untried: frozenset[str]) -> dict[str, Any]:
    """What is not tried and did not fire has no figures."""
    tried = rule.fired > 0 or rule.name not in untried
    return {
        "rule": rule.name,
        "severity": rule.severity,
        "fired": rule.fired if tried else None,
        "subjects": len(rule.subjects) if tried else None,
        "firing_seconds": rule.firing_seconds if tried else None,
        "longest_seconds": rule.longest_seconds if tried else None,
        "at_once": max(rule.timeline, default=0) if tried else None,
        "timeline": drawn(rule.timeline),
        "levels": rule.timeline,
    }


def _with_timeline(report: "Report", rows: list[dict[str, Any]]) -> tuple[Column, ...]:
    """The columns for a terminal; the timelines in `rows` become as wide as it leaves room for."""
    wide = len(rows[0]["levels"])

    def as_wide_as(width: int) -> Column:
        for row in rows:
            row["timeline"] = drawn(_merged(row["levels"], width))
        return Column(_axis(report.since, report.until, width), "timeline", show=str, spare=1)

    room = terminal_width()
    layout = fitting((*COLUMNS, as_wide_as(LEAST_TIMELINE)), rows, room)
    timeline = as_wide_as(min(wide, LEAST_TIMELINE + room - layout.taken))
    return tuple(timeline if column.key == "timeline" else column for column in layout.widths)


def _axis(first: float, last: float, width: int) -> str:
    """The first time on the left, the last on the right."""
    left, right = (_moment(each).strftime("%m-%d %H:%M") for each in (first, last))
    return f"{left}{' ' * (width - len(left) - len(right))}{right}"


def _merged(timeline: Sequence[int], width: int) -> list[int]:
    """The timeline in that many parts: of each the most at once."""
    count = len(timeline)
    if width >= count:
        return list(timeline)
    edges = [number * count // width for number in range(width + 1)]
    return [max(timeline[first:last]) for first, last in pairwise(edges)]


def _compared(
    name: str, before: "RuleReport | None", after: "RuleReport | None", untried: frozenset[str]
) -> dict[str, Any]:
    first = {} if before is None else _row(before, untried)
    second = {} if after is None else _row(after, untried)
    both = None if before is None or after is None else (before.subjects, after.subjects)
    return {
        "rule": name,
        "severity": second.get("severity") or first.get("severity"),
        "fired": first.get("fired"),
        "fired_then": second.get("fired"),
        "firing_seconds": first.get("firing_seconds"),
        "firing_seconds_then": second.get("firing_seconds"),
        "gone": None if both is None else len(both[0] - both[1]),
        "new": None if both is None else len(both[1] - both[0]),
    }


def _differs(row: Mapping[str, Any]) -> bool:
    changed = any(row[key] != row[f"{key}_then"] for key in ("fired", "firing_seconds"))
    return changed or bool(row["gone"]) or bool(row["new"]) or row["gone"] is None


def _print_subjects(
    names: Iterable[str], before: "Mapping[str, RuleReport]", after: "Mapping[str, RuleReport]"
) -> None:
    """A few of those for which a rule of both files would no longer fire, and of those for which
    it newly would."""
    for name in names:
        if name not in before or name not in after:
            continue
        old, new = before[name].subjects, after[name].subjects
        for subjects, words in ((old - new, "no more on"), (new - old, "newly on")):
            if subjects:
                _print_flowing(f"{name} {words} {_listed(subjects)}")


def _listed(subjects: Iterable[str]) -> str:
    ids = sorted(each.split(" ", 1)[1] for each in subjects)
    more = len(ids) - LISTED
    return ", ".join(ids[:LISTED]) + (f" and {more:,} more" if more > 0 else "")


def _print_messages(told: Sequence[Mapping[str, Any]], columns: Sequence[Column]) -> None:
    if not told:
        say("there are no receivers: no one would have been told")
        return
    if not sys.stdout.isatty():
        write("\n")
    print_records(told, columns)


def _print_flowing(text: str) -> None:
    """On a terminal, broken between words."""
    for line in wrapped(text, terminal_width()):
        print_line(line)


def _say_flowing(text: str) -> None:
    """Beside the data, broken between words on a terminal."""
    for line in wrapped(text, terminal_width()) if sys.stderr.isatty() else [text]:
        say(line)


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
