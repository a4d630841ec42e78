"""`list`: the provider's own list of campaigns, whatever the database knows."""

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import completion
from monitor.cli.arguments import Account, AsCsv, AsJson, one_form, parse_moment
from monitor.cli.failures import FAILED, complain
from monitor.cli.invocation import load_settings_of, run_async
from monitor.cli.tables.printing import say
from monitor.cli.tables.record_table import print_records
from monitor.cli.terminal import progress

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, tzinfo

    from monitor.errors import ProviderError
    from monitor.provider.single_pages import GivenRows, ListQuestion
    from monitor.settings import LoadedSettings

Question = tuple[str, "ListQuestion"]
"""An account's name and what to ask it."""
SORTS = ("id", "sender", "type", "date", "status")
LONGEST_SEARCH = 255
BAR_AFTER = 1.0
"""Seconds of reading after which there is a progress bar."""
MOST_DAYS_AHEAD = 29
MOST_PROBLEMS = 3
"""Kinds of unreadable rows that are named."""

From = Annotated[
    str | None,
    typer.Option(
        "--from", help="Created then or later (2026-03-02, 2026-03-02T09:00).", metavar="TIME"
    ),
]
To = Annotated[
    str | None,
    typer.Option("--to", help="Created then or earlier; a day means its end.", metavar="TIME"),
]


def list_campaigns(
    ctx: typer.Context,
    message_type: Annotated[
        str | None,
        typer.Option(
            "--type",
            help="This message type (sms, rcs, whatsapp). Without: all that the account is set "
            "to, one after another.",
            metavar="TYPE",
            autocompletion=completion.message_types,
        ),
    ] = None,
    created_from: From = None,
    created_to: To = None,
    offset: Annotated[
        int, typer.Option(help="Leave out this many rows at the beginning.", min=0, metavar="N")
    ] = 0,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            "-n",
            help="Rows of a page; without: 50, with --all 500.",
            min=1,
            max=500,
            metavar="N",
        ),
    ] = None,
    sort: Annotated[
        str,
        typer.Option(
            help="id, sender, type, date or status.",
            metavar="FIELD",
            autocompletion=completion.words(*SORTS),
        ),
    ] = "id",
    descending: Annotated[bool, typer.Option("--desc", help="The last first.")] = False,
    search: Annotated[
        str | None,
        typer.Option(
            help="sender=TEXT, a part of the sender, or id=NUMBER.",
            metavar="FIELD=VALUE",
            autocompletion=completion.words("sender=", "id="),
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Read all pages, not one.")] = False,
    account: Account = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Ask the provider for its list of campaigns. Nothing is stored, and no rule is asked.

    Times without a zone are in the account's (BSG_API_TIMEZONE). The provider lists at most
    three months at a time; without --from and --to the last three. Exit code 1: it could not be
    read, or not to its end; 2: wrong use.
    """
    from monitor.cli.tables.columns import LISTED_CAMPAIGN_COLUMNS
    from monitor.errors import ProviderError
    from monitor.provider.single_pages import (
        DEFAULT_PAGE,
        LARGEST_PAGE,
        SMALLEST_PAGE,
        ListQuestion,
    )
    from monitor.records import LISTED_KEYS, listed_record

    one_form(as_json=as_json, as_csv=as_csv)
    if sort not in SORTS:
        raise typer.BadParameter(f"{sort!r} is none of {', '.join(SORTS)}", param_hint="'--sort'")
    searched = _search(search)
    loaded = load_settings_of(ctx, need_account=True)
    page = limit or (LARGEST_PAGE if every else DEFAULT_PAGE)
    asked = partial(
        ListQuestion,
        offset=offset,
        limit=max(page, SMALLEST_PAGE),
        sort=sort,
        descending=descending,
        search=searched,
    )
    questions = _questions(loaded, account, message_type, (created_from, created_to), asked)
    with progress("reading", after=BAR_AFTER) as tell:
        answers = run_async(_ask(loaded, questions, every=every, tell=tell))
    at_most = 0 if every else page
    shown = [
        each
        for answer in answers
        if not isinstance(answer, ProviderError)
        for each in answer.campaigns[: at_most or None]
    ]
    print_records(
        [listed_record(each) for each in shown],
        LISTED_CAMPAIGN_COLUMNS,
        as_json=as_json,
        as_csv=LISTED_KEYS if as_csv else (),
        empty="" if any(isinstance(answer, ProviderError) for answer in answers) else "none",
    )
    failed = False
    for (name, question), answer in zip(questions, answers, strict=True):
        about = f"{name}, {question.message_type}: " if len(questions) > 1 else ""
        if isinstance(answer, ProviderError):
            complain(f"{about}{answer}")
            failed = True
        else:
            failed |= _tell(answer, question, about, every=every, shown=at_most)
    if failed:
        raise typer.Exit(FAILED)


def _search(text: str | None) -> tuple[str, str] | None:
    """`sender=Shop` as field and value. typer.BadParameter."""
    if text is None:
        return None
    field, equals, value = text.partition("=")
    if not equals or field not in ("sender", "id"):
        raise typer.BadParameter(
            f"expected sender=TEXT or id=NUMBER, found {text!r}", param_hint="'--search'"
        )
    if field == "id" and not (value.isascii() and value.isdigit()):
        raise typer.BadParameter(
            f"expected a number after id=, found {value!r}", param_hint="'--search'"
        )
    if not 1 <= len(value) <= LONGEST_SEARCH:
        raise typer.BadParameter(
            f"expected 1 to {LONGEST_SEARCH} characters after {field}=", param_hint="'--search'"
        )
    return field, value


def _questions(
    loaded: "LoadedSettings",
    account: str | None,
    message_type: str | None,
    span: tuple[str | None, str | None],
    question: "Callable[..., ListQuestion]",
) -> list[Question]:
    """What to ask each account, for each of its message types. typer.BadParameter."""
    from monitor.yamlfile.suggestion import did_you_mean

    accounts = loaded.settings.accounts
    if account is not None and account not in accounts:
        hint = did_you_mean(account, accounts)
        words = f"no account is called {account!r}{f' ({hint})' if hint else ''}"
        raise typer.BadParameter(words, param_hint="'--account'")
    found: list[Question] = []
    for name in accounts if account is None else (account,):
        start, end = _span(*span, accounts[name].timezone)
        types = accounts[name].message_types if message_type is None else (message_type,)
        found += [(name, question(message_type=kind, start=start, end=end)) for kind in types]
    return found


def _span(
    created_from: str | None, created_to: str | None, zone: "tzinfo"
) -> "tuple[datetime | None, datetime | None]":
    """Both times, or what is wrong with them to the provider: typer.BadParameter."""
    from datetime import timedelta

    from monitor.clock import SystemClock

    start = None if created_from is None else parse_moment(created_from, "--from", zone)
    end = None if created_to is None else parse_moment(created_to, "--to", zone, end_of_day=True)
    now = SystemClock().now()
    last = min(now + timedelta(days=MOST_DAYS_AHEAD), end or now)
    if end is not None and end > last:
        end = last  # the provider refuses what lies further ahead, and no campaign is created there
    if start is not None and start > last:
        raise typer.BadParameter("it lies after --to, or in the future", param_hint="'--from'")
    if start is not None and start.astimezone(zone) < _three_months_before(last.astimezone(zone)):
        words = (
            f"it lies more than three months before {'now' if end is None else '--to'}: the "
            "provider lists three at most"
        )
        raise typer.BadParameter(
            f"{words}; give an earlier --to and ask several times", param_hint="'--from'"
        )
    return start, end


def _three_months_before(moment: "datetime") -> "datetime":
    """The same day and time of that month, or the month's last day where there is none."""
    from calendar import monthrange

    year, month = divmod(moment.year * 12 + moment.month - 4, 12)
    return moment.replace(
        year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1])
    )


async def _ask(
    loaded: "LoadedSettings",
    questions: "Sequence[Question]",
    *,
    every: bool,
    tell: "Callable[[float], None]",
) -> "list[GivenRows | ProviderError]":
    """What came of each question."""
    from monitor import __version__
    from monitor.clock import SystemClock
    from monitor.daemon.assembly import build_sources
    from monitor.errors import ProviderError
    from monitor.metrics import Metrics
    from monitor.provider.single_pages import read_all_of, read_page_of

    sources = build_sources(loaded.settings, clock=SystemClock(), metrics=Metrics(__version__))
    answers: list[GivenRows | ProviderError] = []
    try:
        for number, (name, question) in enumerate(questions):

            def advance(share: float, number: int = number) -> None:
                tell((number + share) / len(questions))

            source = sources[name]
            try:
                if every:
                    answers.append(await read_all_of(source.listed, question, advance))
                else:
                    answers.append(await read_page_of(source.listed, question))
            except ProviderError as error:
                answers.append(error)
            advance(1.0)
    finally:
        for source in sources.values():
            await source.close()
    return answers


def _tell(
    listing: "GivenRows", question: "ListQuestion", about: str, *, every: bool, shown: int
) -> bool:
    """Say on stderr what the rows do not. Whether it failed."""
    from monitor.domain.safetext.shown_text import counted

    given = len(listing.rows) + listing.others
    readable = [row.place for row in listing.rows if row.campaign is not None]
    end = question.offset + (readable[shown] if shown and len(readable) > shown else given)
    if listing.total is not None and not every and listing.total > end:
        say(
            f"{about}the provider has {listing.total:,}; --offset {end} shows the next, --all "
            "reads all"
        )
    if (
        listing.total is not None
        and every
        and listing.problem is None
        and listing.total - question.offset != given
    ):
        say(
            f"{about}the provider counts {listing.total:,} and gave {question.offset + given:,}: "
            "one is wrong, or the list moves"
        )
    if listing.others:
        why = (
            "are not what was asked for"
            if listing.obeyed
            else "were not searched for: the provider did not obey --search"
        )
        more = "" if every else ("; --all reads all pages" if not listing.obeyed else "")
        say(f"{about}{counted(listing.others, 'row')} left out here that {why}{more}")
    if not listing.joined:
        say(f"{about}rows moved while they were read, some may be missing: ask again")
    if listing.problems:
        kinds = Counter(listing.problems).most_common()
        named = "; ".join(f"{problem} ({count:,})" for problem, count in kinds[:MOST_PROBLEMS])
        more = (
            f"; {len(kinds) - MOST_PROBLEMS:,} other reasons" if len(kinds) > MOST_PROBLEMS else ""
        )
        say(f"{about}{counted(len(listing.problems), 'row')} could not be read: {named}{more}")
    if listing.problem is not None:
        complain(f"{about}only the first {given:,} rows were read: {listing.problem}")
    return listing.problem is not None or (bool(listing.problems) and not listing.campaigns)
