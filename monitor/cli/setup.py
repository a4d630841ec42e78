"""Commands around configuration: `init`, `check`, `config`."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.arguments import AsJson
from monitor.cli.failures import FAILED, complain, report_problems
from monitor.cli.invocation import load_all, load_settings_of, run_async
from monitor.cli.printing import Column, print_line, print_records, say
from monitor.domain.text import counted

if TYPE_CHECKING:
    import aiohttp

    from monitor.config import LoadedSettings, RuleFile
    from monitor.notify import ReceiverOptions
    from monitor.ports import Notifier

CONFIG_COLUMNS = (Column("Setting", "setting"), Column("Value", "value", text=True), Column("From", "origin", text=True))


def init(
    directory: Annotated[
        Path, typer.Option("--directory", "-d", help="Where to write; made when it is not there.", metavar="PATH")
    ] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are there.")] = False,
) -> None:
    """Write a commented rules.yaml and .env to start from. Files that are there stay as they are."""
    from monitor.config import env_template, rules_template
    from monitor.errors import MonitorError

    contents = {"rules.yaml": (rules_template(), 0o644), ".env": (env_template(), 0o600)}
    there = [name for name in contents if (directory / name).exists()]
    if len(there) == len(contents) and not force:
        complain(f"{' and '.join(there)} are there already in {_place(directory)}; --force overwrites them")
        raise typer.Exit(FAILED)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, (text, mode) in contents.items():
            if name in there and not force:
                say(f"kept {directory / name}: it is there already")
                continue
            _write(directory / name, text, mode)
            print_line(f"wrote {directory / name}")
    except OSError as error:
        raise MonitorError(f"cannot write to {_place(directory)}: {error.strerror}") from error
    where = "" if directory == Path() else f"cd {directory}, then "
    print_line(f"next: {where}put your API key into .env (BSG_API_KEY), and say in rules.yaml who is to be told")
    print_line("then: bsg-monitor check --online, bsg-monitor once, bsg-monitor run")


def _place(directory: Path) -> str:
    return "this directory" if directory == Path() else str(directory)


def _write(path: Path, text: str, mode: int) -> None:
    """Write the file with the mode from its first byte on: a secret will stand in it."""
    path.unlink(missing_ok=True)  # not through a link, and not with the mode of what was there
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def check(
    ctx: typer.Context,
    online: Annotated[
        bool, typer.Option("--online", help="Also log in to every account and try to reach every receiver.")
    ] = False,
) -> None:
    """Check settings and rules and say everything that is wrong or doubtful in them. Nobody is told anything.

    Exit code 0: fine; 2: something is wrong; 1: with --online, an account or a receiver could not be reached.
    """
    loaded, rules = load_all(ctx)
    report_problems([*loaded.warnings, *rules.warnings], kind="warning")
    print_line(f"ok: {counted(len(rules.rules), 'rule')}, {counted(len(rules.receivers), 'receiver')}")
    if _told_on_the_console_only(rules):
        print_line("note: told on the console only; a receiver in the rules file can reach people (docs/receivers.md)")
    if online and not run_async(_check_online(loaded, rules)):
        raise typer.Exit(FAILED)


def _told_on_the_console_only(rules: "RuleFile") -> bool:
    """Whether every route ends where only who looks at the daemon's output sees it."""
    from monitor.domain.route import RouteTree

    if rules.route is None:
        return False  # nobody is told at all, which is a warning of its own
    named = RouteTree(rules.route).receivers
    return all(receiver.integration == "console" for receiver in rules.receivers if receiver.name in named)


async def _check_online(loaded: "LoadedSettings", rules: "RuleFile") -> bool:
    """Whether every account can be read and every receiver reached; says so of each."""
    from monitor.assembly import build_notifiers, build_sources
    from monitor.clock import SystemClock
    from monitor.errors import MonitorError
    from monitor.metrics import Metrics
    from monitor.notify import open_session

    good = True
    sources = build_sources(loaded.settings, clock=SystemClock(), metrics=Metrics(""))
    for name, source in sources.items():
        try:
            await source.verify()
            print_line(f"ok: account {name} can be read")
        except MonitorError as error:
            good = False
            complain(f"account {name}: {error}")
        finally:
            await source.close()
    async with open_session() as session:
        notifiers = build_notifiers(loaded.settings, rules, session=session, clock=SystemClock(), console=sys.stdout)
        for receiver in rules.receivers:
            notifier = notifiers[receiver.name]
            found, refused = await _reached(notifier, receiver.options, session)
            named = f"receiver {receiver.name} ({receiver.integration})"
            if refused is None:
                print_line(f"ok: {named} {found}")
            else:
                good = False
                complain(f"{named}: {refused}")
            await notifier.close()
    return good


async def _reached(notifier: "Notifier", options: "ReceiverOptions", session: "aiohttp.ClientSession") -> tuple[str, str | None]:
    """What is known of a receiver without sending it a message, and what is wrong with it."""
    from monitor.cli.reach import reach
    from monitor.errors import DeliveryError
    from monitor.notify import Verifiable

    if isinstance(notifier, Verifiable):
        try:
            await notifier.verify()
        except DeliveryError as error:
            return "", str(error)
        return "can be reached and takes the credentials; notify-test proves the rest", None
    endpoint = options.endpoint()
    if endpoint is None:
        return "needs no network" if not options.carries_secret() else "cannot be tried without a message; notify-test does", None
    return "can be reached; notify-test proves the rest", await reach(session, endpoint, tls=options.tls_context())


def config(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Print the settings in force and where each comes from. Secrets are masked."""
    from monitor.config import describe

    loaded = load_settings_of(ctx)
    report_problems(loaded.warnings, kind="warning")
    records = [{"setting": setting, "value": value, "origin": origin} for setting, value, origin in describe(loaded)]
    print_records(records, CONFIG_COLUMNS, as_json=as_json)
