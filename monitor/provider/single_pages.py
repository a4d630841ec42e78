"""The provider's list as a person asks for it: any documented parameter, one page at a time, in
the provider's own order.

An unknown parameter is usually passed over with a 200, and the provider's pages spell the search
in two ways. So a search is asked in both until one is obeyed, and what was not asked for is left
out here in any case.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.domain.campaign.snapshot import Campaign
from monitor.domain.safetext.shown_text import folded
from monitor.errors import ProviderError, ProviderFault
from monitor.provider.client import Query
from monitor.provider.naive_times import LocalTimes, text_of
from monitor.provider.row import RowDecoder, RowError, row_id
from monitor.provider.wire import Page

SMALLEST_PAGE, LARGEST_PAGE, DEFAULT_PAGE = 30, 500, 50
SORTS = ("id", "sender", "type", "date", "status")
SEARCH_FIELDS = {"sender": "sender", "id": "taskname"}
"""What can be searched, and the provider's name for it."""
SPELLINGS = ("filter", "search")
"""`filter[field]` and `filter[value]`, or `search[field]` and `search[value]`."""
FILTERED_TYPES = frozenset({"sms", "rcs", "whatsapp"})
"""What `filter[type]` tells apart; rows of other types come with one of these."""

Fetch = Callable[[Query], Awaitable[Page]]
"""Raises ProviderError."""
MOST_ROWS = 1_000_000
"""Where reading ends in any case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuestion:
    """What to ask for. `start` and `end` are aware times of creation, both included; null leaves
    them to the provider (the last three months). `limit` is 30 to 500. `search` is a key of
    `SEARCH_FIELDS` and a value of 1 to 255 characters.
    """

    message_type: str
    start: datetime | None = None
    end: datetime | None = None
    offset: int = 0
    limit: int = DEFAULT_PAGE
    sort: str = "id"
    descending: bool = False
    search: tuple[str, str] | None = None

    def query(self, times: LocalTimes, spelling: str) -> Query:
        """The request's parameters."""
        parameters = [("filter[type]", self.message_type)]
        if self.start is not None:
            parameters.append(("filter[from]", text_of(times.local(self.start.timestamp()))))
        if self.end is not None:
            parameters.append(("filter[to]", text_of(times.local(self.end.timestamp()))))
        parameters += [
            ("page[offset]", str(self.offset)),
            ("page[limit]", str(self.limit)),
            ("sort", self.sort),
            ("way", "desc" if self.descending else "asc"),
        ]
        if self.search is not None:
            field, value = self.search
            parameters += [
                (f"{spelling}[field]", SEARCH_FIELDS[field]),
                (f"{spelling}[value]", value),
            ]
        return tuple(parameters)

    def found(self, campaign: Campaign) -> bool:
        """Whether a campaign is what was searched for. A sender may have more before and after
        it."""
        if self.search is None:
            return True
        field, value = self.search
        return (
            str(campaign.id) == value if field == "id" else folded(value) in folded(campaign.sender)
        )

    def asked_for(self, campaign: Campaign, times: LocalTimes) -> bool:
        """Whether a campaign is what was asked for in all. Times are compared as the provider
        does, on its own clocks."""
        other_type = (
            campaign.message_type != self.message_type and campaign.message_type in FILTERED_TYPES
        )
        created = times.local(campaign.created_at)
        early = self.start is not None and created < times.local(self.start.timestamp())
        late = self.end is not None and created > times.local(self.end.timestamp())
        return not (other_type or early or late) and self.found(campaign)


@dataclass(frozen=True, slots=True)
class ListedRow:
    """One row. `key` tells it from others: its id, or what it consists of. `place` is its place
    on its page, from 0. Either `campaign` or, in words, `problem` is null.
    """

    key: int | bytes
    place: int
    campaign: Campaign | None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPage:
    """One page in the provider's order. `others` are the keys of rows that were given and not
    asked for, `total` how many rows the provider says there are, `spelling` the search's.
    `obeyed`: all rows were what was searched for.
    """

    rows: Sequence[ListedRow]
    others: Sequence[int | bytes]
    total: int | None
    spelling: str
    obeyed: bool = True

    @property
    def given(self) -> int:
        """How many rows the provider sent."""
        return len(self.rows) + len(self.others)


Listed = Callable[[ListQuestion, str | None], Awaitable[ListedPage]]
"""`Provider.listed`."""


async def read_listed(
    fetch: Fetch,
    question: ListQuestion,
    decoder: RowDecoder,
    times: LocalTimes,
    spelling: str | None,
) -> ListedPage:
    """See `Provider.listed`."""
    spellings = (
        SPELLINGS
        if spelling is None and question.search is not None
        else (spelling or SPELLINGS[0],)
    )
    answers: list[ListedPage] = []
    for each in spellings:
        try:
            page = _read(await fetch(question.query(times, each)), question, decoder, times, each)
        except ProviderError as error:
            if error.reason is ProviderFault.INVALID_REQUEST and (answers or each != spellings[-1]):
                continue
            raise
        if page.obeyed:
            return page
        answers.append(page)
    return answers[0]


@dataclass(slots=True)
class GivenRows:
    """What one page or several gave, each row once. `others` counts rows that were given and not
    asked for.

    `joined`: no row can have gone missing between two pages. `problem` is why the rest was not
    read.
    """

    rows: list[ListedRow] = field(default_factory=list)
    others: int = 0
    total: int | None = None
    obeyed: bool = True
    joined: bool = True
    problem: ProviderError | None = None

    @property
    def campaigns(self) -> list[Campaign]:
        """The rows that could be read."""
        return [row.campaign for row in self.rows if row.campaign is not None]

    @property
    def problems(self) -> list[str]:
        """What was wrong with the others, in words."""
        return [row.problem for row in self.rows if row.problem is not None]


async def read_page_of(listed: Listed, question: ListQuestion) -> GivenRows:
    """One page. ProviderError."""
    page = await listed(question, None)
    return GivenRows(list(page.rows), len(page.others), page.total, page.obeyed)


async def read_all_of(
    listed: Listed, question: ListQuestion, progress: Callable[[float], None]
) -> GivenRows:
    """Every page from `question.offset` on; `progress` is told the share that is done.
    ProviderError when there is not even one.

    A page begins with the row that ended the one before: where it does not, and with none that
    was seen, rows have moved.
    """
    listing = GivenRows()
    seen: set[int | bytes] = set()
    spelling: str | None = None
    offset = question.offset
    while len(seen) < MOST_ROWS:
        try:
            page = await listed(replace(question, offset=offset), spelling)
        except ProviderError as error:
            if not seen:
                raise
            listing.problem = error
            break
        spelling = page.spelling
        keys = {row.key for row in page.rows} | set(page.others)
        if seen and seen.isdisjoint(keys):
            listing.joined = False
        listing.rows += [row for row in page.rows if row.key not in seen]
        listing.others += len(set(page.others) - seen)
        listing.total = page.total
        listing.obeyed = listing.obeyed and page.obeyed
        news = keys - seen
        seen |= keys
        left = None if page.total is None else page.total - question.offset - len(seen)
        if not news or (left is not None and left <= 0 and page.given < question.limit):
            break
        progress(len(seen) / (len(seen) + max(left or 0, 1)))
        offset += page.given - 1 if page.given > 1 else 1
    return listing


def _read(
    page: Page, question: ListQuestion, decoder: RowDecoder, times: LocalTimes, spelling: str
) -> ListedPage:
    rows: list[ListedRow] = []
    others: list[int | bytes] = []
    obeyed = True
    for place, raw in enumerate(page.rows):
        key = row_id(raw) or bytes(raw)
        try:
            campaign = decoder.decode(raw)
        except RowError as error:
            rows.append(ListedRow(key, place, None, str(error)))
            continue
        obeyed = obeyed and question.found(campaign)
        if question.asked_for(campaign, times):
            rows.append(ListedRow(key, place, campaign))
        else:
            others.append(key)
    return ListedPage(rows=rows, others=others, total=page.total, spelling=spelling, obeyed=obeyed)
