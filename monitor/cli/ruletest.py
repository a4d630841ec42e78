"""`test`: unit tests of rules."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.arguments import AsJson
from monitor.cli.failures import FAILED
from monitor.cli.invocation import load_settings_of, run_async
from monitor.cli.printing import print_json, print_line

if TYPE_CHECKING:
    from monitor.ruletest import Case, CaseFile, Difference

Outcome = tuple["CaseFile", "Case", "list[Difference]"]


def run_tests(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Files of tests; docs/rules.md shows one.", metavar="FILE…")],
    rules: Annotated[
        Path | None, typer.Option("--rules", help="Test this rules file instead of the one the tests name.", metavar="FILE")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Play campaigns through the rules and compare what fires, and what is told, with what was expected.

    Exit code 0: all as expected; 1: something differs; 2: a file is wrong.
    """
    from monitor.ruletest import load_cases

    lookup = load_settings_of(ctx).lookup
    outcomes: list[Outcome] = []
    for loaded in [load_cases(path, lookup=lookup, rules=rules) for path in files]:
        outcomes += run_async(_run(loaded))
    if as_json:
        print_json([_record(*outcome) for outcome in outcomes])
    else:
        _print(outcomes)
    raise typer.Exit(FAILED if any(differences for _, _, differences in outcomes) else 0)


async def _run(loaded: "CaseFile") -> "list[Outcome]":
    from monitor.ruletest import run_case

    return [(loaded, case, await run_case(case, loaded.rules)) for case in loaded.cases]


def _print(outcomes: "list[Outcome]") -> None:
    failed = 0
    for loaded, case, differences in outcomes:
        failed += bool(differences)
        print_line(f"{'FAILED' if differences else 'ok    '}  {loaded.path}: {case.name}")
        for difference in differences:
            print_line(f"        {difference.place}: at {_elapsed(difference.at)}, {difference.what}")
            for line in difference.lines:
                print_line(f"          {line}")
    total = len(outcomes)
    plural = "" if total == 1 else "s"
    print_line(f"{total - failed} of {total} as expected" if failed else f"{total} test{plural}, all as expected")


def _record(loaded: "CaseFile", case: "Case", differences: "list[Difference]") -> dict[str, object]:
    return {
        "file": loaded.path,
        "test": case.name,
        "passed": not differences,
        "differences": [
            {"line": found.place.line, "at_seconds": found.at, "what": found.what, "lines": found.lines} for found in differences
        ],
    }


def _elapsed(seconds: float) -> str:
    from datetime import timedelta

    from monitor.domain.duration import format_duration

    return format_duration(timedelta(seconds=seconds)) if seconds >= 0 else f"-{format_duration(timedelta(seconds=-seconds))}"
