"""`test`: unit tests of rules."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.arguments import AsJson
from monitor.cli.failures import FAILED, report_problems
from monitor.cli.invocation import load_each, load_settings_of, run_async
from monitor.cli.tables.printing import Piece, print_json, print_line, print_lines, terminal_width
from monitor.cli.tables.wrapping import hanging
from monitor.domain.safetext.shown_text import clipped, counted, without_controls

if TYPE_CHECKING:
    from monitor.ruletest import Case, CaseFile, Difference

Outcome = tuple["CaseFile", "Case", "Sequence[Difference]"]
LONGEST_NAME = 40
"""Columns of a test's name beside the bar."""
_STYLES = {"-": "red", "+": "green"}
EXAMPLE = """\
rules: rules.yaml
tests:
  - name: a campaign that stands still
    campaigns:
      - id: 7
        snapshots:
          - [at, status,  sent, delivered]
          - [0m, sending, 1000, 950]
    expect:
      - at: 15m
        alerts: []
      - at: 16m
        alerts: [{alert: Stalled, campaign: 7}]
"""
"""A file of tests that the default rules pass, for the help."""


def run_tests(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="YAML files of tests.", metavar="FILE…")],
    rules: Annotated[
        Path | None,
        typer.Option(
            "--rules",
            help="Test this rules file instead of the one the tests name.",
            metavar="FILE",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Play campaigns through the rules and compare what fires, and what is told, with what was
    expected.

    Exit code 0: all as expected; 1: something differs; 2: a file is wrong.
    """
    from monitor.ruletest import load_cases

    settings = load_settings_of(ctx)
    loaded = load_each(files, lambda path: load_cases(path, settings, rules=rules))
    report_problems([warning for file in loaded for warning in file.warnings], kind="warning")
    outcomes: list[Outcome] = []
    for outcome in _outcomes(loaded):
        outcomes.append(outcome)
        if not as_json:
            _print(*outcome)
    failed = sum(bool(differences) for _, _, differences in outcomes)
    if as_json:
        print_json([_record(*outcome) for outcome in outcomes])
    elif failed:
        print_line(f"{len(outcomes) - failed} of {len(outcomes)} as expected")
    else:
        print_line(f"{counted(len(outcomes), 'test')}, all as expected")
    raise typer.Exit(FAILED if failed else 0)


def _outcomes(files: "Sequence[CaseFile]") -> Iterator[Outcome]:
    """Of each test, as soon as it has run."""
    from monitor.cli.terminal import progress
    from monitor.ruletest import run_case

    for file in files:
        for case in file.cases:
            with progress(clipped(case.name, LONGEST_NAME), after=1.0) as on_progress:
                differences = run_async(run_case(case, file.rules, on_progress=on_progress))
            yield file, case, differences


def _print(file: "CaseFile", case: "Case", differences: "Sequence[Difference]") -> None:
    from monitor.ruletest import elapsed

    verdict, style = ("FAILED", "bold red") if differences else ("ok    ", "green")
    name, *more = _broken(f"{verdict}  {file.path}: {case.name}")
    lines: list[list[Piece]] = [
        [(verdict, style), (name.removeprefix(verdict), "")],
        *([(each, "")] for each in more),
    ]
    for difference in differences:
        lines += [
            [(each, "")]
            for each in _broken(
                f"        {difference.place}: at {elapsed(difference.at)}, {difference.what}"
            )
        ]
        for line in difference.lines:
            lines += [
                [(each, _STYLES.get(line.lstrip()[:1], ""))]
                for each in _broken(f"          {line}")
            ]
    print_lines(lines)


def _broken(text: str) -> list[str]:
    """On a terminal in lines as wide as it."""
    text = without_controls(text)
    return list(hanging(text, terminal_width(), " " * 12)) if sys.stdout.isatty() else [text]


def _record(
    loaded: "CaseFile", case: "Case", differences: "Sequence[Difference]"
) -> dict[str, object]:
    return {
        "file": loaded.path,
        "test": case.name,
        "passed": not differences,
        "differences": [
            {
                "line": found.place.line,
                "at_seconds": found.at,
                "what": found.what,
                "lines": found.lines,
            }
            for found in differences
        ],
    }
