"""One reading of a feed: its window of creation times in the provider's zone, read list by list,
put together by id."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from operator import attrgetter

from monitor.clock import Clock
from monitor.domain.campaign.snapshot import Campaign
from monitor.errors import ProviderError
from monitor.ports import Sweep
from monitor.provider.naive_times import LocalTimes, text_of
from monitor.provider.paging import read_list
from monitor.provider.row_cache import PageRows, SweepRows
from monitor.provider.wire import Page

HOUR = 3600.0
PAD_FROM = 2 * HOUR
"""A local time may be read an hour off where clocks change; and a row at the very edge costs
nothing."""
AHEAD = 26 * HOUR
"""`to` lies this far ahead of the sweep's start, so that a zone set wrong hides no campaign;
fixed for the whole sweep."""
LONGEST_WINDOW = timedelta(days=89)
"""The provider refuses more than three calendar months; 89 days are never more."""
WINDOW_OVERLAP = timedelta(hours=2)
"""Neighbouring windows share these, for the same reason as `PAD_FROM`."""
PAGES_A_TURN = 4
ROWS_A_TURN = 2000
"""What is put together before others have their turn of the event loop."""

_ID = attrgetter("id")


@dataclass(frozen=True, slots=True)
class Window:
    """`filter[from]` and `filter[to]`: naive times of the provider's zone."""

    start: str
    end: str


@dataclass(frozen=True, slots=True)
class SweptPage:
    """A page's facts for `paging` and its decoded rows; the bytes it came in are gone."""

    count: int
    total: int
    limit: int | None
    rows: PageRows

    @property
    def first_id(self) -> int | None:
        return self.rows.first_id

    @property
    def last_id(self) -> int | None:
        return self.rows.last_id

    @property
    def ids(self) -> Sequence[int]:
        return self.rows.ids

    @property
    def ascending(self) -> bool:
        return self.rows.ascending


FetchRows = Callable[[Window, int, int], Awaitable[Page]]
"""(window, offset, limit) → page; raises ProviderError."""


def windows(*, since: float, started: float, times: LocalTimes) -> list[Window]:
    """What to ask for, oldest first, to see every campaign created at or after `since` (Unix
    seconds) as of `started`."""
    start, end = times.local(min(since, started) - PAD_FROM), times.local(started + AHEAD)
    found = []
    while end - start > LONGEST_WINDOW:
        found.append(Window(text_of(start), text_of(start + LONGEST_WINDOW)))
        start += LONGEST_WINDOW - WINDOW_OVERLAP
    return [*found, Window(text_of(start), text_of(end))]


async def read_feed(
    fetch: FetchRows, rows: SweepRows, asked: Sequence[Window], *, clock: Clock
) -> Sweep:
    """Read the windows one after another and put their campaigns together; a later reading of a
    row wins.

    ProviderError when the very first page cannot be read. `Sweep.requests` is left at 0: the
    caller counts them.
    """
    pages: list[SweptPage] = []
    counted_twice = 0
    problem: str | None = None
    for window in asked:

        async def fetch_page(offset: int, limit: int, window: Window = window) -> SweptPage:
            page = await fetch(window, offset, limit)
            swept = SweptPage(len(page.rows), page.total, page.limit, rows.read(page.rows))
            await clock.sleep(
                0
            )  # decoding a page takes a few milliseconds: let others have their turn
            return swept

        try:
            read = await read_list(fetch_page)
        except ProviderError as error:
            if not pages:
                raise
            problem = str(error)
            break
        pages += [*read.pages, *read.bridges]
        counted_twice += sum(bridge.rows.nameless for bridge in read.bridges)
        counted_twice += sum(
            page.last_id is None and after.first_id is None for page, after in pairwise(read.pages)
        )
        problem = read.problem
        if problem is not None:
            break
    sweep = await _put_together(pages, problem, clock)
    return replace(sweep, nameless=sweep.nameless - counted_twice)


async def _put_together(pages: Sequence[SweptPage], problem: str | None, clock: Clock) -> Sweep:
    by_id: dict[int, Campaign] = {}
    unreadable: set[int] = set()
    for number, page in enumerate(pages):
        by_id.update(zip(map(_ID, page.rows.campaigns), page.rows.campaigns, strict=True))
        unreadable |= page.rows.unreadable
        if number % PAGES_A_TURN == 0:
            await clock.sleep(0)
    ids = sorted(by_id)
    campaigns: list[Campaign] = []
    for start in range(0, len(ids), ROWS_A_TURN):
        campaigns += map(by_id.__getitem__, ids[start : start + ROWS_A_TURN])
        await clock.sleep(0)
    return Sweep(
        campaigns=campaigns,
        complete=problem is None,
        unreadable=frozenset(unreadable - by_id.keys()),
        nameless=sum(page.rows.nameless for page in pages),
        reason=problem,
    )
