"""`check`: what is wrong in settings and rules?"""

import re
import sys
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.cli.arguments import AsJson
from monitor.cli.failures import FAILED, WRONG_USE, complain, report_problems
from monitor.cli.invocation import load_all, run_async
from monitor.cli.tables.printing import print_json, print_line
from monitor.domain.safetext.shown_text import counted
from monitor.errors import ConfigError, Problem

if TYPE_CHECKING:
    from monitor.rulefile import RuleFile
    from monitor.settings import LoadedSettings

_VARIABLE = re.compile(r"BSG_[A-Z0-9_]+")


@dataclass(frozen=True, slots=True)
class _Tried:
    """What trying an account or a receiver came to: `found` in words, or why it was `refused`."""

    what: str
    found: str = ""
    refused: str | None = None


def check(
    ctx: typer.Context,
    online: Annotated[
        bool,
        typer.Option(
            "--online", help="Also log in to every account and try to reach every receiver."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Find everything that is wrong or doubtful in settings and rules. No message is sent.

    Exit code 0: fine; 2: something is wrong; 1: with --online, an account or a receiver could
    not be reached.
    """
    try:
        loaded, rules = load_all(ctx)
    except ConfigError as error:
        if not as_json:
            raise
        print_json(
            {
                "ok": False,
                "problems": _records(error.problems, "error"),
                "rules": None,
                "receivers": None,
                "online": None,
            }
        )
        raise typer.Exit(WRONG_USE) from error
    warnings = [*loaded.warnings, *rules.warnings]
    if not as_json:
        report_problems(warnings, kind="warning")
        print_line(
            f"ok: {counted(len(rules.rules), 'rule')}, {counted(len(rules.receivers), 'receiver')}"
        )
        if _told_on_the_console_only(rules):
            print_line(
                "note: messages go to the console only; to reach people add a receiver (email, "
                "slack, webhook, …) to the rules file and name it in its routes"
            )
        if _has_an_old_schema(rules):
            print_line(
                "note: the rules.schema.json beside it is another version's; `bsg-monitor schema` "
                "prints this one's"
            )
    tried = run_async(_try_all(loaded, rules, aloud=not as_json)) if online else []
    good = all(each.refused is None for each in tried)
    if as_json:
        reached = [
            {"what": each.what, "ok": each.refused is None, "said": each.refused or each.found}
            for each in tried
        ]
        counts = {
            "rules": len(rules.rules),
            "receivers": len(rules.receivers),
            "online": reached if online else None,
        }
        print_json({"ok": good, "problems": _records(warnings, "warning"), **counts})
    if not good:
        raise typer.Exit(FAILED)


def _records(problems: Iterable[Problem], severity: str) -> list[dict[str, Any]]:
    return [_record(problem, severity) for problem in problems]


def _record(problem: Problem, severity: str) -> dict[str, Any]:
    """What an editor wants to know of a problem. Columns count characters from 1; `end_column`
    is just past the end."""
    from monitor.logs import masked

    place, excerpt = problem.place, problem.excerpt
    variable = place is not None and _VARIABLE.fullmatch(place.source) is not None
    shown = excerpt is not None and masked(excerpt.line) == excerpt.line
    return {
        "severity": severity,
        "file": place.source if place and not variable else None,
        "variable": place.source if place and variable else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "end_column": place.end_column if place else None,
        "message": masked(problem.message),
        "hint": masked(problem.hint) if problem.hint else None,
        "excerpt": excerpt.line if excerpt is not None and shown else None,
    }


def _told_on_the_console_only(rules: "RuleFile") -> bool:
    """Whether every route ends at the console, which only a reader of the daemon's output sees."""
    from monitor.domain.routing.route import RouteTree

    if rules.route is None:
        return False  # no one is told at all, which has a warning of its own
    named = RouteTree(rules.route).receivers
    return all(receiver.is_console for receiver in rules.receivers if receiver.name in named)


def _has_an_old_schema(rules: "RuleFile") -> bool:
    """Whether the schema beside the rules file, which editors read, is another version's."""
    from monitor.rulefile import RULES_SCHEMA_NAME, rules_schema_text

    if rules.path is None:
        return False
    try:
        return (rules.path.parent / RULES_SCHEMA_NAME).read_text(
            encoding="utf-8"
        ) != rules_schema_text()
    except (OSError, ValueError):
        return False


async def _try_all(loaded: "LoadedSettings", rules: "RuleFile", *, aloud: bool) -> list[_Tried]:
    """Whether every account can be read and every receiver reached; `aloud`, says so of each as
    soon as it is known."""
    tried: list[_Tried] = []
    async for each in _attempts(loaded, rules):
        tried.append(each)
        if aloud and each.refused is None:
            print_line(f"ok: {each.what} {each.found}")
        elif aloud:
            complain(f"{each.what}: {each.refused}")
    return tried


async def _attempts(loaded: "LoadedSettings", rules: "RuleFile") -> AsyncIterator[_Tried]:
    from monitor.clock import SystemClock
    from monitor.daemon.assembly import build_notifiers, build_sources
    from monitor.doctor import verified
    from monitor.errors import DeliveryError, MonitorError
    from monitor.metrics import Metrics
    from monitor.notify import open_session

    sources = build_sources(loaded.settings, clock=SystemClock(), metrics=Metrics(""))
    for name, source in sources.items():
        try:
            await source.verify()
            yield _Tried(f"account {name}", "can be read")
        except MonitorError as error:
            yield _Tried(f"account {name}", refused=str(error))
        finally:
            await source.close()
    async with open_session() as session:
        notifiers = build_notifiers(
            loaded.settings, rules, session=session, clock=SystemClock(), console=sys.stdout
        )
        for receiver in rules.receivers:
            notifier = notifiers[receiver.name]
            named = f"receiver {receiver.name} ({receiver.integration})"
            try:
                yield _Tried(named, await verified(receiver, notifier, session))
            except DeliveryError as error:
                yield _Tried(named, refused=str(error))
            await notifier.close()
