"""Options that several commands share, and their types."""

import sys
from datetime import timedelta
from typing import Annotated, TypeVar

import typer

from monitor.cli import completion

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
AsCsv = Annotated[
    bool, typer.Option("--csv", help="Print comma-separated values, for spreadsheets.")
]
Limit = Annotated[
    int | None,
    typer.Option(
        "--limit",
        "-n",
        help="At most this many; 0 shows all. Without: 50 in a table, else all.",
        min=0,
        metavar="N",
    ),
]
Account = Annotated[
    str | None,
    typer.Option(help="Only this account.", metavar="NAME", autocompletion=completion.accounts),
]
Sender = Annotated[str | None, typer.Option(help="Only this sender.", metavar="NAME")]
MessageType = Annotated[
    str | None,
    typer.Option(
        "--type",
        help="Only this message type (sms, rcs, …).",
        metavar="TYPE",
        autocompletion=completion.message_types,
    ),
]

T = TypeVar("T")
LARGEST_ID = 2**63 - 1
"""Of campaigns, and of what the database holds."""
TABLE_LIMIT = 50
"""Records that a table on a terminal shows unless --limit says otherwise."""


def campaign_id(number: int | None) -> int | None:
    """The id that was given, if a campaign can have it. typer.BadParameter."""
    if number is not None and not 1 <= number <= LARGEST_ID:
        raise typer.BadParameter(f"expected the number of a campaign, found {number}")
    return number


def one_form(*, as_json: bool, as_csv: bool) -> bool:
    """Whether programs read the output. typer.BadParameter where two forms were asked for."""
    if as_json and as_csv:
        raise typer.BadParameter("expected one of --json and --csv")
    return as_json or as_csv


def parse_span(text: str, option: str) -> timedelta:
    """A duration as everywhere in the monitor (`90s`, `1h30m`). typer.BadParameter naming the
    option."""
    from monitor.domain.times.duration import parse_duration

    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=f"'{option}'") from None


def one_of(values: list[str] | None, allowed: tuple[str, ...], option: str) -> frozenset[str]:
    """The given values, checked; an empty set means any. typer.BadParameter naming the option."""
    for value in values or ():
        if value not in allowed:
            raise typer.BadParameter(
                f"{value!r} is none of {', '.join(allowed)}", param_hint=f"'{option}'"
            )
    return frozenset(values or ())


def limit_of(given: int | None, *, as_json: bool) -> int:
    """The limit that was given, else the one of a table for people; 0, for all, where programs
    read the output."""
    if given is not None:
        return given
    return TABLE_LIMIT if sys.stdout.isatty() and not as_json else 0


def cut(items: list[T], limit: int) -> tuple[list[T], str]:
    """The first `limit` items (all when 0), and in words how many that leaves out, "" for none."""
    kept = items[:limit] if limit else items
    left = len(items) - len(kept)
    return kept, f"{left:,} more" if left else ""
