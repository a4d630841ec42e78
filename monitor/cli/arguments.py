"""Options and arguments that several commands share: their types, and what their texts mean."""

import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from monitor.cli import completion
from monitor.cli.failures import FAILED, WRONG_USE, complain
from monitor.domain.safetext.shown_text import clipped
from monitor.net import YEARS

if TYPE_CHECKING:
    from monitor.domain.routing.matcher import Matchers

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

Author = Annotated[
    str | None,
    typer.Option(help="Your name; without: your user name on this machine.", metavar="NAME"),
]
Comment = Annotated[str, typer.Option("--comment", "-m", help="Why.", metavar="TEXT")]

T = TypeVar("T")
LARGEST_ID = 2**63 - 1
"""Of campaigns, and of what the database holds."""
TABLE_LIMIT = 50
"""Records that a table on a terminal shows unless --limit says otherwise."""
LONGEST_AUTHOR = 100
LONGEST_COMMENT = 1_000
_LONGEST_DAY = len("2026-03-02")


def campaign_id(text: str) -> int:
    """The id that was given, if a campaign can have it. typer.BadParameter."""
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:20]) <= LARGEST_ID):
        raise typer.BadParameter(
            f'expected the id of a campaign, found "{clipped(text)}"; `bsg-monitor campaigns TEXT` '
            "finds campaigns by a part of their name"
        )
    return int(text)


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


def author_of(given: str | None) -> str:
    """The name that was given, or the user's. typer.BadParameter when it is none."""
    name = _user() if given is None else given.strip()
    if not name or len(name) > LONGEST_AUTHOR:
        raise typer.BadParameter(
            f"expected a name of at most {LONGEST_AUTHOR} characters", param_hint="'--author'"
        )
    return name


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user has no name
        return "unknown"


def checked_comment(text: str) -> str:
    """typer.BadParameter when it is too long."""
    if len(text) > LONGEST_COMMENT:
        raise typer.BadParameter(
            f"is longer than {LONGEST_COMMENT} characters", param_hint="'--comment'"
        )
    return text.strip()


def parse_arguments(texts: Sequence[str], option: str) -> "Matchers":
    """Matchers as a person types them in a shell. typer.BadParameter naming the option, also
    when they would match nearly everything."""
    from monitor.domain.routing.matcher import MatcherError, argument_matcher, match_empty

    found = []
    for text in texts:
        try:
            found.append(argument_matcher(text))
        except MatcherError as error:
            hint = f" ({error.hint})" if error.hint else ""
            raise typer.BadParameter(f"{text!r}: {error}{hint}", param_hint=option) from None
    if match_empty(tuple(found)):
        raise typer.BadParameter(
            "these also match alerts that have none of the labels, nearly everything; add one "
            "such as alertname=…",
            param_hint=option,
        )
    return tuple(dict.fromkeys(found))


def parse_moment(
    text: str, option: str, zone: tzinfo = UTC, *, end_of_day: bool = False
) -> datetime:
    """A time in ISO 8601, in `zone` where it names none; a day alone is its first second or,
    with `end_of_day`, its last.

    typer.BadParameter naming the option.
    """
    try:
        written = datetime.fromisoformat(text)
        if end_of_day and len(text) <= _LONGEST_DAY:
            written = written.replace(hour=23, minute=59, second=59)
        found = (written if written.tzinfo else written.replace(tzinfo=zone)).astimezone(UTC)
        if found.year in YEARS:
            return found
    except (ValueError, OverflowError):
        pass
    raise typer.BadParameter(
        f"expected a time such as 2026-03-02T09:00Z, found {text!r}", param_hint=f"'{option}'"
    )


def identified(
    ids: Sequence[str], things: Iterable[T], id_of: Callable[[T], str], what: str, plural: str
) -> list[T]:
    """The things with these ids or beginnings of ids, in this order, each once. An error for
    each that fits none or several, and the end: FAILED where something is not there (it may have
    been a moment ago), WRONG_USE where it is not clear what is meant.
    """
    known = {id_of(each): each for each in things}
    found: dict[str, T] = {}
    failures: set[int] = set()
    for typed in ids:
        fitting = (
            [typed]
            if typed in known
            else [each for each in known if typed and each.startswith(typed)]
        )
        if len(fitting) == 1:
            found[fitting[0]] = known[fitting[0]]
            continue
        complain(
            f"{f'{len(fitting):,} {plural} have' if fitting else f'no {what} has'} the id {typed!r}"
        )
        failures.add(WRONG_USE if fitting else FAILED)
    if failures:
        raise typer.Exit(max(failures))
    return list(found.values())
