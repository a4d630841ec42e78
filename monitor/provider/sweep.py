"""One reading of a feed: its window of creation times in the provider's zone, read list by list,
put together by id."""

import asyncio
from array import array
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from operator import attrgetter

from monitor.clock import Clock
from monitor.domain.campaign.snapshot import Campaign
from monitor.errors import ProviderError
from monitor.ports import Incomplete, RowsSeen, Sweep, SweptRows
from monitor.provider.naive_times import LocalTimes, text_of
from monitor.provider.paging import LONGEST_SECONDS, Shortfall, read_list
from monitor.provider.row_cache import Cut, FeedMemory, PageRows, SweepRows
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


FetchRows = Callable[[Window, int, int], Awaitable[tuple[Page, float]]]
"""(window, offset, limit) → page, and when it was asked for; raises ProviderError."""


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
    fetch: FetchRows,
    rows: SweepRows,
    asked: Sequence[Window],
    memory: FeedMemory,
    *,
    clock: Clock,
    full: bool = False,
    seen: RowsSeen | None = None,
) -> tuple[Sweep, tuple[int, int] | None]:
    """Read the windows, the newest first, and put their campaigns together.

    Returns the sweep, but for its requests, and (claimed, found) of a list whose total was wrong.
    Where the sweep before was cut, the window in which it stopped comes first; `memory` learns
    where this one was. ProviderError when the very first page cannot be read.
    """
    pages: list[PageRows] = []
    problem: Shortfall | None = None
    total_off: tuple[int, int] | None = None
    deadline = clock.monotonic() + LONGEST_SECONDS
    one_at_a_time = asyncio.Lock()
    before = memory.cut if memory.cut and memory.cut.windows == len(asked) else None
    cut: Cut | None = None
    stopped_at: int | None = None
    start = 0 if before is None else before.window
    for number in (*range(start, len(asked)), *range(start)):
        window = asked[-1 - number]

        async def fetch_page(offset: int, limit: int, window: Window = window) -> PageRows:
            page, requested_at = await fetch(window, offset, limit)
            swept = rows.read(page.rows, total=page.total, requested_at=requested_at)
            await clock.sleep(0)  # decoding takes a few milliseconds: let others have their turn
            if seen is not None:
                async with one_at_a_time:
                    await seen(_shown(swept))
            return swept

        try:
            read = await read_list(
                fetch_page,
                clock=clock,
                full=full,
                page_size=memory.page_size,
                resume=before.offset if before and before.window == number else None,
                deadline=deadline,
            )
        except ProviderError as error:
            if not pages:
                raise
            problem = Shortfall(Incomplete.FAILED, str(error), error.reason)
            break
        pages += read.pages
        memory.page_size, total_off = read.page_size, total_off or read.total_off
        problem = problem or read.problem
        if read.resume is not None:
            stopped_at = read.resume
            cut = Cut(len(asked), number, read.resume)
            if read.caught_up:  # the rest of this window was read the last time
                cut = Cut(len(asked), (number + 1) % len(asked), None)
        if read.over and read.problem:
            problem = read.problem
            break
    memory.cut = cut
    return await _put_together(pages, problem, stopped_at, clock), total_off


def _shown(page: PageRows) -> SweptRows:
    return SweptRows(
        campaigns=page.campaigns,
        unreadable=page.unreadable,
        nameless=page.nameless.total(),
        requested_at=page.requested_at,
    )


async def _put_together(
    pages: Sequence[PageRows], problem: Shortfall | None, cut_at: int | None, clock: Clock
) -> Sweep:
    by_id: dict[int, Campaign] = {}
    times: dict[int, float] = {}
    unreadable: set[int] = set()
    nameless = Counter[int]()
    for number, page in enumerate(sorted(pages, key=attrgetter("requested_at"))):
        ids = list(map(_ID, page.campaigns))
        by_id.update(zip(ids, page.campaigns, strict=True))
        times.update(dict.fromkeys(ids, page.requested_at))
        unreadable |= page.unreadable
        nameless |= page.nameless
        if number % PAGES_A_TURN == 0:
            await clock.sleep(0)
    ids = sorted(by_id)
    campaigns: list[Campaign] = []
    requested_at = array("d")
    for start in range(0, len(ids), ROWS_A_TURN):
        turn = ids[start : start + ROWS_A_TURN]
        campaigns += map(by_id.__getitem__, turn)
        requested_at.extend(map(times.__getitem__, turn))
        await clock.sleep(0)
    return Sweep(
        campaigns=campaigns,
        complete=problem is None,
        unreadable=frozenset(unreadable - by_id.keys()),
        nameless=nameless.total(),
        reason=None if problem is None else problem.words,
        requested_at=requested_at,
        incomplete=None if problem is None else problem.kind,
        fault=None if problem is None else problem.fault,
        cut_at=cut_at,
    )
