"""`backtest`: rules over recorded history."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.arguments import AsJson, parse_span
from monitor.cli.invocation import load_each, load_settings_of, reader_beside, run_async
from monitor.cli.tables.printing import print_json, readable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.backtest import Report
    from monitor.ports import SampleExtent
    from monitor.rulefile import RuleFile
    from monitor.settings import LoadedSettings

EPOCH = datetime.fromtimestamp(0, UTC)

MOST_JOBS = 4
"""Each takes some memory of its own."""


def backtest(
    ctx: typer.Context,
    since: Annotated[
        str, typer.Option("--since", help="How far back to look.", metavar="DURATION")
    ] = "30d",
    rules: Annotated[
        Path | None,
        typer.Option(
            "--rules", help="The rules to try; those in force when left out.", metavar="FILE"
        ),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option("--against", help="Other rules: what would they change?", metavar="FILE"),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            help=f"Processes to play it in; one for each processor, up to {MOST_JOBS}, when left "
            "out.",
            min=1,
            metavar="N",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Play recorded history through rules and routes: how often each would have fired, and who
    would have been told.

    Campaigns that moved are evaluated when they did; what time alone moves is looked at every 5
    minutes, of ended campaigns and of senders every hour, or every two in a history of more than
    14 days.

    Exit code 1: there is no history of that time; 2: a rules file is wrong.
    """
    from monitor.logs import configure_logs
    from monitor.rulefile import load_rules

    loaded = load_settings_of(ctx)
    configure_logs(
        "error", loaded.settings.log_format
    )  # that an alert fired would be logged as if it did now
    tried = load_each(
        [rules, *([against] if against else [])],
        lambda path: load_rules(loaded, path, reaching=False),
    )
    span = parse_span(since, "--since")
    reports = run_async(_play(loaded, tried, span, jobs or min(MOST_JOBS, _processors())))
    from monitor.cli.tables.backtest_report import print_comparison, print_report, report_record

    if as_json:
        records = [report_record(*each) for each in zip(reports, tried, strict=True)]
        print_json(records[0] if against is None else {"rules": records[0], "against": records[1]})
    elif against is None:
        print_report(reports[0], tried[0])
    else:
        print_comparison(reports[0], reports[1], tried)


def _processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _no_history(extent: "SampleExtent") -> str:
    """What to say when there is no history of that time."""
    if extent.last is None:
        return "there is no history yet: a monitor records it while it runs"
    latest = datetime.fromtimestamp(extent.last, UTC)
    return (
        f"there is no history of that time: the latest is of {readable(latest)} UTC; a longer "
        "--since reaches it"
    )


async def _play(
    loaded: "LoadedSettings", tried: "Sequence[RuleFile]", span: timedelta, jobs: int
) -> "list[Report]":
    from monitor.backtest import backtest as play
    from monitor.backtest import open_recording
    from monitor.cli.terminal import progress
    from monitor.clock import SystemClock
    from monitor.errors import MonitorError

    now = SystemClock().now()
    open_store = reader_beside(loaded)
    recording = await open_recording(open_store, since=now - span, until=now)
    if not recording.samples:
        async with open_store() as store:
            raise MonitorError(_no_history(await store.recorded_extent(since=EPOCH, until=now)))
    reports = []
    for number, rules in enumerate(tried, 1):
        what = "playing" if len(tried) == 1 else f"playing {number} of {len(tried)}"
        with progress(what) as on_progress:
            reports.append(await play(recording, rules, processes=jobs, on_progress=on_progress))
    return reports
