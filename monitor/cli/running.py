"""Commands that run the monitor: `run`, `once`, `demo`."""

import os
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.arguments import AsJson, parse_span
from monitor.cli.failures import FAILED, WRONG_USE, complain, report_problems
from monitor.cli.invocation import load_all, run_async
from monitor.cli.tables.printing import print_hanging, print_json, print_line
from monitor.cli.tables.record_table import print_records
from monitor.cli.tables.records import ALERT_COLUMNS, COUNT_COLUMNS, alert_record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.daemon.once import OnceReport
    from monitor.errors import Problem


def run(ctx: typer.Context) -> None:
    """Run the daemon: poll, evaluate the rules, tell the receivers.

    SIGTERM and Ctrl-C let notifications on their way arrive (up to 10 s); a second one ends at
    once. SIGHUP, and a change of the rules file, put the rules in force anew.
    """
    from monitor.clock import SystemClock
    from monitor.daemon.service import run_daemon

    loaded, rules = load_all(ctx, daemon=True)
    _warn([*loaded.warnings, *rules.warnings], loaded.settings.log_format)
    raise typer.Exit(run_async(run_daemon(loaded, rules, clock=SystemClock())))


def _warn(doubts: "Sequence[Problem]", log_format: str) -> None:
    """What is doubtful in settings and rules: in words, or as events where logs are JSON, which
    share stderr with them."""
    from monitor.log_events import note_doubts
    from monitor.logs import for_people

    if for_people(log_format):
        report_problems(doubts, kind="warning")
    else:
        note_doubts(doubts)


def once(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Read every feed once, in memory, and print what would fire. Nobody is told; `for` is ignored.

    Exit code 0: nothing fires; 1: something does; 2: a feed could not be read.
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


def demo(
    duration: Annotated[
        str | None,
        typer.Option(
            help="End by itself after this long (90s, 2m); until Ctrl-C without it.",
            metavar="DURATION",
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            help="Port of the page and the metrics; without: 9780, or a free one.",
            min=0,
            max=65535,
            metavar="PORT",
        ),
    ] = None,
) -> None:
    """Watch a simulated account go wrong: simulator, monitor and a receiver that prints. Nothing
    is left behind."""
    from monitor.clock import SystemClock
    from monitor.demo import run_demo
    from monitor.logs import configure_logs

    span: timedelta | None = None if duration is None else parse_span(duration, "--duration")
    configure_logs("warning", "auto")
    os.environ["no_proxy"] = "*"  # everything the demo asks is on this machine
    raise typer.Exit(run_async(run_demo(duration=span, port=port, clock=SystemClock(), show=_show)))


def _show(line: str) -> None:
    """At once, also where nobody watches a terminal."""
    print_hanging(line, "    ")
    sys.stdout.flush()
