"""`run`: the daemon."""

from typing import TYPE_CHECKING

import typer

from monitor.cli.failures import report_problems
from monitor.cli.invocation import load_all, run_async

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.errors import Problem


def run(ctx: typer.Context) -> None:
    """Run the daemon: poll, evaluate the rules, tell the receivers.

    SIGTERM and Ctrl-C let notifications on their way arrive (up to 10 s); a second one ends at
    once. SIGHUP, or a change of the rules file, loads the rules again.
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
