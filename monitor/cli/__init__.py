"""The command line: argument parsing and printing only. One file for each command.

Commands import what they need when they run, so that `bsg-monitor --help` and shell completion
answer at once.
"""

from pathlib import Path
from typing import Annotated

import typer

from monitor import __version__
from monitor.cli import (
    ack,
    alerts,
    backtest,
    backup,
    campaigns,
    check,
    config,
    demo,
    doctor,
    events,
    explain,
    fields,
    init,
    notify_test,
    once,
    outbox,
    route,
    run,
    schema,
    silence,
    simulate,
    test,
)
from monitor.cli.failures import MonitorGroup
from monitor.cli.invocation import GlobalOptions
from monitor.cli.list_campaigns import list_campaigns

EXIT_CODES = (
    "Exit codes: 0 fine; 1 something fires, or it failed; 2 wrong use or configuration; 70 a bug; "
    "130 Ctrl-C."
)

app = typer.Typer(
    name="bsg-monitor",
    cls=MonitorGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"bsg-monitor {__version__}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option("--config", help="A YAML file of settings (BSG_CONFIG).", metavar="FILE"),
    ] = None,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and exit.", is_eager=True, callback=_print_version
        ),
    ] = False,
) -> None:
    """Watches the SMS and RCS campaigns of BSG accounts and tells people in time when one goes
    wrong."""
    ctx.obj = GlobalOptions(config=config)


for _command, _short in (
    (run.run, "Run the daemon."),
    (once.once, "Read once, in memory: what would fire now?"),
    (init.init, "Write a rules.yaml and a .env to start from."),
    (check.check, "What is wrong in settings and rules?"),
    (doctor.doctor, "What is wrong with this installation?"),
    (config.config, "The settings in force, and where each comes from."),
    (demo.demo, "Try everything on this machine, without an account."),
    (simulate.simulate, "Run the simulated provider alone."),
    (alerts.alerts, "List alerts: firing, pending, ended."),
    (events.events, "List what happened to campaigns."),
    (ack.ack, "Acknowledge alerts: no repeats until a change."),
    (backup.backup, "Copy the database; no need to stop the monitor."),
    (explain.explain, "Why does a rule fire, or not?"),
    (route.route, "Which receivers do these labels reach, and why?"),
    (backtest.backtest, "Play rules over recorded history."),
    (schema.schema, "The JSON Schema of rules.yaml, for editors."),
    (fields.fields, "Every field a condition may use."),
):
    app.command(short_help=_short)(_command)
app.command("list", short_help="The provider's own list of campaigns.")(list_campaigns)
app.command(
    "test", short_help="Unit tests of rules.", epilog=f"\b\nA file of tests:\n\n\b\n{test.EXAMPLE}"
)(test.run_tests)
app.command("notify-test", short_help="Send a test message to one receiver.")(
    notify_test.notify_test
)
app.add_typer(campaigns.app, name="campaigns", help="Tracked campaigns: list, or show one.")
app.add_typer(
    outbox.app, name="outbox", help="Notifications and their delivery: list, show, retry, drop."
)
app.add_typer(silence.app, name="silence", help="Keep alerts quiet for a while: add, list, expire.")
