"""`doctor`: what is wrong with this installation."""

import sys
from collections import Counter
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.arguments import AsJson
from monitor.cli.failures import FAILED, WRONG_USE
from monitor.cli.invocation import load_settings_of, run_async
from monitor.cli.tables.printing import say
from monitor.cli.tables.record_table import Column, print_records

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from monitor.doctor import Finding
    from monitor.rulefile import RuleFile
    from monitor.settings import LoadedSettings

COLUMNS = (
    Column("Level", "level"),
    Column("What", "subject"),
    Column("Finding", "message"),
    Column("To do", "advice"),
)
STYLES = {"ok": "green", "warning": "yellow", "problem": "bold red"}


def doctor(
    ctx: typer.Context,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask neither the provider nor the receivers.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Look at everything this installation needs and say what is wrong. Changes nothing and sends
    no message.

    Exit code 0: no problem (there may be warnings); 1: problems; 2: settings or rules are wrong.
    """
    from monitor.clock import SystemClock
    from monitor.doctor import Level, examine

    loaded, rules, findings = _configuration(ctx)
    misconfigured = any(each.level is Level.PROBLEM for each in findings)
    if loaded is not None:
        online = not offline and bool(loaded.settings.accounts)
        with _waiting():
            findings += run_async(examine(loaded, rules, online=online, clock=SystemClock()))
    _print(findings, as_json=as_json)
    if misconfigured:
        raise typer.Exit(WRONG_USE)
    if any(each.level is Level.PROBLEM for each in findings):
        raise typer.Exit(FAILED)


def _configuration(
    ctx: typer.Context,
) -> "tuple[LoadedSettings | None, RuleFile | None, list[Finding]]":
    """Settings and rules as far as they are right, and what is wrong or doubtful in them."""
    from monitor.doctor import Level, of_configuration, right_configuration
    from monitor.errors import ConfigError
    from monitor.rulefile import load_rules

    found: list[Finding] = []
    loaded: LoadedSettings | None = None
    rules: RuleFile | None = None
    try:
        loaded = load_settings_of(ctx, need_account=True)
    except ConfigError as error:
        found += [of_configuration(Level.PROBLEM, each) for each in error.problems]
        try:
            loaded = load_settings_of(ctx)
        except ConfigError:
            return None, None, found
    found += [of_configuration(Level.WARNING, each) for each in loaded.warnings]
    try:
        rules = load_rules(loaded)
    except ConfigError as error:
        return (
            loaded,
            None,
            found + [of_configuration(Level.PROBLEM, each) for each in error.problems],
        )
    found += [of_configuration(Level.WARNING, each) for each in rules.warnings]
    if not found:
        found.append(right_configuration(loaded, rules))
    return loaded, rules, found


def _waiting() -> "AbstractContextManager[object]":
    """A spinner on stderr while others are asked, if that is a terminal."""
    if not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console

    return Console(stderr=True).status("looking …")


def _print(findings: "list[Finding]", *, as_json: bool) -> None:
    from monitor.doctor import Level
    from monitor.logs import masked

    records = [
        {
            "level": each.level.value,
            "subject": each.subject,
            "message": masked(each.message),
            "advice": masked(each.advice) if each.advice else None,
        }
        for each in findings
    ]
    if as_json or not sys.stdout.isatty():
        print_records(records, COLUMNS, as_json=as_json)
        return
    _print_lines(records)
    count = Counter(each.level for each in findings)
    problems, warnings = count[Level.PROBLEM], count[Level.WARNING]
    say(
        f"{problems or 'no'} problem{'' if problems == 1 else 's'}, {warnings or 'no'} "
        f"warning{'' if warnings == 1 else 's'}"
    )


def _print_lines(records: "list[dict[str, str | None]]") -> None:
    """What is wrong stands out, and what to do about it stands below."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from monitor.cli.tables.printing import write
    from monitor.domain.safetext.shown_text import without_controls

    lines = Table.grid(padding=(0, 1))
    for record in records:
        level, subject, message, advice = (
            without_controls(value or "") for value in record.values()
        )
        told = Text.assemble((f"{subject}: ", "bold"), message)
        if advice:
            told.append(f"\n→ {advice}")
        lines.add_row(Text(level, style=STYLES[level]), told)
    console = Console(file=sys.stdout, markup=False, highlight=False, emoji=False)
    with console.capture() as drawn:
        console.print(lines)
    write(drawn.get())
