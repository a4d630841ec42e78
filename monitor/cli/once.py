"""`once`: one reading in memory, and what would fire."""

from typing import TYPE_CHECKING

import typer

from monitor.cli.arguments import AsJson
from monitor.cli.failures import FAILED, WRONG_USE, complain, report_problems
from monitor.cli.invocation import load_all, run_async
from monitor.cli.tables.columns import ALERT_COLUMNS, COUNT_COLUMNS
from monitor.cli.tables.printing import print_json, print_line
from monitor.cli.tables.record_table import print_records

if TYPE_CHECKING:
    from monitor.daemon.once import OnceReport


def once(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Read every feed once, in memory, and print what would fire. Sends nothing; ignores `for`.

    Exit code 0: nothing fires; 1: something does; 2: a feed, or most of its rows, could not be
    read.
    """
    from monitor.clock import SystemClock
    from monitor.daemon.once import run_once
    from monitor.errors import ConfigError, MonitorError, Problem

    loaded, rules = load_all(ctx)
    try:
        report = run_async(run_once(loaded, rules, clock=SystemClock()))
    except ConfigError:
        raise
    except MonitorError as error:
        complain(str(error))
        raise typer.Exit(WRONG_USE) from error
    _print_once(report, as_json=as_json)
    report_problems((Problem(doubt) for doubt in report.doubts), kind="warning")
    for failure in report.failures:
        complain(f"could not read {failure}")
    if report.failures:
        raise typer.Exit(WRONG_USE)
    raise typer.Exit(FAILED if report.alerts else 0)


def _print_once(report: "OnceReport", *, as_json: bool) -> None:
    from monitor.records import alert_record

    alerts = [alert_record(alert) for alert in report.alerts]
    if as_json:
        print_json(
            {
                "campaigns": report.campaigns,
                "watched": report.watched,
                "counts": report.counts,
                "firing": alerts,
                "failures": list(report.failures),
                "doubts": list(report.doubts),
            }
        )
        return
    print_line(
        f"{report.campaigns:,} read, {report.watched:,} watched (live, or ended less than 72 h ago)"
    )
    counts = [
        {"status": status, "count": count}
        for status, count in sorted(report.counts.items())
        if count
    ]
    if counts:
        print_records(counts, COUNT_COLUMNS)
    nothing = "nothing fires among what could be read" if report.failures else "nothing fires"
    print_line(f"{len(alerts):,} firing" if alerts else nothing)
    if alerts:
        print_records(alerts, ALERT_COLUMNS)
