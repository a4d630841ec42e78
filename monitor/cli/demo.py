"""`demo`: simulator, monitor and a receiver that prints, on one machine."""

import os
import sys
from typing import Annotated

import typer

from monitor.cli.arguments import parse_span
from monitor.cli.invocation import run_async
from monitor.cli.tables.printing import print_hanging


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
    busy: Annotated[
        bool,
        typer.Option(
            "--busy",
            help="The provider's list grows while it is read, claims wrong totals, fails at "
            "times, and shows fields that cannot be read.",
        ),
    ] = False,
) -> None:
    """Watch a simulated account go wrong: simulator, monitor and a receiver that prints. Nothing
    is left behind."""
    from monitor.clock import SystemClock
    from monitor.demo import run_demo
    from monitor.logs import configure_logs

    span = None if duration is None else parse_span(duration, "--duration")
    configure_logs("warning", "auto")
    os.environ["no_proxy"] = "*"  # everything the demo asks is on this machine
    raise typer.Exit(
        run_async(run_demo(duration=span, port=port, clock=SystemClock(), show=_show, busy=busy))
    )


def _show(line: str) -> None:
    """Print it at once, into a pipe too."""
    print_hanging(line, "    ")
    sys.stdout.flush()
