"""`backtest`: rules over recorded history."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.cli.arguments import AsJson, parse_span
from monitor.cli.failures import FAILED, complain
from monitor.cli.invocation import load_rules_of, load_settings_of, run_async, store_beside
from monitor.cli.printing import Column, print_json, print_line, print_records, say, severity_style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.backtest import Report, RuleReport
    from monitor.config import LoadedSettings, RuleFile

LEVELS = " ▁▂▃▄▅▆▇█"
COLUMNS = (
    Column("Rule", "rule"),
    Column("Severity", "severity", style=severity_style),
    Column("Fired", "fired", right=True),
    Column("On", "subjects", right=True),
    Column("For, in all", "firing", right=True),
    Column("Longest", "longest", right=True),
    Column("When", "timeline"),
)
COMPARED = (
    Column("Rule", "rule"),
    Column("Fired", "fired", right=True),
    Column("then", "fired_then", right=True),
    Column("For, in all", "firing", right=True),
    Column("then", "firing_then", right=True),
)
RECEIVERS = (Column("Receiver", "receiver"), Column("Messages", "messages", right=True))
RECEIVERS_COMPARED = (*RECEIVERS, Column("then", "messages_then", right=True))


def backtest(
    ctx: typer.Context,
    since: Annotated[str, typer.Option("--since", help="How far back.", metavar="DURATION")] = "30d",
    rules: Annotated[
        Path | None, typer.Option("--rules", help="The rules to try; those in force when left out.", metavar="FILE")
    ] = None,
    against: Annotated[
        Path | None, typer.Option("--against", help="Other rules: what would they change?", metavar="FILE")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Play recorded history through rules and routes: how often each would have fired, and who would have been told.

    Campaigns that moved are evaluated when they did; what time alone moves is looked at every 5 minutes, of ended campaigns
    and of senders every hour.
    """
    loaded = load_settings_of(ctx)
    tried = [_rules(loaded, rules), *([_rules(loaded, against)] if against else [])]
    span = parse_span(since, "--since")
    reports = run_async(_play(loaded, tried, span))
    if not reports[0].samples:
        complain("there is no history of that time: a monitor records it while it runs")
        raise typer.Exit(FAILED)
    _warn(tried)
    if as_json:
        print_json(_record(reports[0]) if against is None else {"rules": _record(reports[0]), "against": _record(reports[1])})
    elif against is None:
        _print(reports[0])
    else:
        _print_compared(reports[0], reports[1])


def _rules(loaded: "LoadedSettings", path: Path | None) -> "RuleFile":
    """A file to try needs no secrets: nobody is told."""
    from monitor.config import load_rules

    if path is None:
        return load_rules_of(loaded)
    return load_rules(path, lookup=lambda name: loaded.lookup(name) or "https://receiver.invalid/")


async def _play(loaded: "LoadedSettings", tried: "Sequence[RuleFile]", span: timedelta) -> "list[Report]":
    from monitor.backtest import backtest as play
    from monitor.backtest import open_recording
    from monitor.cli.progress import progress
    from monitor.clock import SystemClock

    now = SystemClock().now()
    async with store_beside(loaded) as store:
        recording = await open_recording(store, since=now - span, until=now)
        reports = []
        for number, rules in enumerate(tried, 1):
            what = "playing" if len(tried) == 1 else f"playing {number} of {len(tried)}"
            with progress(what) as on_progress:
                reports.append(await play(recording, rules, on_progress=on_progress))
        return reports


def _print(report: "Report") -> None:
    _print_head(report)
    print_records([_row(rule) for rule in report.rules], COLUMNS, empty="no rules")
    print_records([{"receiver": name, "messages": count} for name, count in report.messages.items()], RECEIVERS, empty="")


def _print_compared(report: "Report", then: "Report") -> None:
    _print_head(report)
    before = {rule.name: _row(rule) for rule in report.rules}
    after = {rule.name: _row(rule) for rule in then.rules}
    rows = []
    for name in {**before, **after}:
        first, second = before.get(name, {}), after.get(name, {})
        changed = {f"{key}_then": second.get(key) for key in ("fired", "firing")}
        rows.append({"rule": name, "fired": first.get("fired"), "firing": first.get("firing"), **changed})
    print_records(rows, COMPARED, empty="no rules")
    names = {**report.messages, **then.messages}
    told = [{"receiver": n, "messages": report.messages.get(n), "messages_then": then.messages.get(n)} for n in names]
    print_records(told, RECEIVERS_COMPARED, empty="")


def _print_head(report: "Report") -> None:
    first, last = _time(report.since), _time(report.until)
    every = "" if report.interval_seconds is None else f", a reading every {_duration(report.interval_seconds)}"
    print_line(f"{report.samples:,} samples of {report.campaigns:,} campaigns, {first} to {last}{every}")
    if report.thinned_until is not None and report.thinned_until > report.since:
        print_line(f"before {_time(report.thinned_until)} one sample an hour was kept: what lasts less is not seen there")


def _warn(tried: "Sequence[RuleFile]") -> None:
    asking = sorted({rule.name for file in tried for rule in file.rules if rule.detail})
    if asking:
        say(f"not recorded, so these cannot fire: details, for {', '.join(asking)}")


def _row(rule: "RuleReport") -> dict[str, Any]:
    return {
        "rule": rule.name,
        "severity": rule.severity,
        "fired": rule.fired,
        "subjects": len(rule.subjects),
        "firing": _duration(rule.firing_seconds) if rule.firing_seconds else None,
        "longest": _duration(rule.longest_seconds) if rule.longest_seconds else None,
        "timeline": _drawn(rule.timeline),
    }


def _drawn(timeline: "Sequence[int]") -> str:
    """One character for each part of the time, the taller the more fired at once."""
    most = max(timeline, default=0)
    return "".join(LEVELS[0 if not count else max(1, round(count / most * (len(LEVELS) - 1)))] for count in timeline)


def _record(report: "Report") -> dict[str, Any]:
    return {
        "since": datetime.fromtimestamp(report.since, UTC),
        "until": datetime.fromtimestamp(report.until, UTC),
        "samples": report.samples,
        "campaigns": report.campaigns,
        "interval_seconds": report.interval_seconds,
        "thinned_until": None if report.thinned_until is None else datetime.fromtimestamp(report.thinned_until, UTC),
        "rules": [
            {
                "rule": rule.name,
                "severity": rule.severity,
                "fired": rule.fired,
                "subjects": len(rule.subjects),
                "firing_seconds": rule.firing_seconds,
                "longest_seconds": rule.longest_seconds,
                "timeline": rule.timeline,
            }
            for rule in report.rules
        ],
        "messages": dict(report.messages),
    }


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")


def _duration(seconds: float) -> str:
    from monitor.domain.duration import humanize_duration

    return humanize_duration(seconds)
