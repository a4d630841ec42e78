"""How a list is read page by page so that what was there all along is never missed. No HTTP here.

The list is sorted by id, ascending. While it is read, rows appear and vanish and shift the
others. A page is a stretch of neighbours at the moment it was made: every row that was there
throughout and whose id lies between the page's first and last id is on it. So pages whose
stretches touch cover everything between them, and a list is complete when its stretches join from
its beginning to its end.

**Plan.** `total` only says how many pages to ask for at once. Pages overlap by one row; after the
first, the newest comes first. How many rows a page has is learnt from the first one, whatever limit
the provider announces.

**Seams.** Where two stretches do not touch (rows shifted, a page failed, a row at the edge has no
readable id), pages around the seam are read until they do, never by an identical request.

**End.** A request from the last row on that gives that row alone proves that nothing follows.
More rows are read on. An empty page proves nothing. See `_Reading.ended` for when no such request
is needed.

**Failures.** A page that fails is a seam. Three failures with no success between end the reading,
and so does a 401, 403 or 429 at once. What was read stays.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from monitor.clock import Clock
from monitor.errors import ProviderError, ProviderFault
from monitor.ports import Incomplete

PAGE_LIMIT = 500
"""Rows asked for; the provider's largest."""
SMALLEST_LIMIT = 30
"""The provider's smallest."""
MOST_ROWS = 1_000_000
LONGEST_SECONDS = 300.0
"""A reading is cut at whichever of these comes first."""
READERS = 3
"""Pages read at a time: one less than an account may have in flight, so that a feed that hangs
leaves a slot to the others."""
MOST_FAILURES = 3
TRIES, TRIES_A_PAGE = 10, 2
"""Requests around seams and the end that may lead nowhere."""
ENOUGH_PROOF = 6

_FINAL = (ProviderFault.UNAUTHORIZED, ProviderFault.RATE_LIMITED)
"""A 401, 403 or 429."""
_BEGINNING = 0
"""Below every id."""


class PageFacts(Protocol):
    """What is checked of a page.

    `ids` are those of its rows in their order, without the unreadable ones; `nameless` counts the
    rows without a readable id by their bytes. `first_id` and `last_id` are those of the first and
    the last row, null where unreadable; `last_key` stands for the last row's bytes. `total` is
    null where the provider does not say it.
    """

    @property
    def count(self) -> int: ...
    @property
    def total(self) -> int | None: ...
    @property
    def ids(self) -> Sequence[int]: ...
    @property
    def nameless(self) -> Counter[int]: ...
    @property
    def first_id(self) -> int | None: ...
    @property
    def last_id(self) -> int | None: ...
    @property
    def last_key(self) -> int | None: ...
    @property
    def ascending(self) -> bool: ...


PageT = TypeVar("PageT", bound=PageFacts)
FetchPage = Callable[[int, int], Awaitable[PageT]]
"""(offset, limit) → page; raises ProviderError."""


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Why a reading is not the whole list. `fault` is that of the page that failed last, if one
    did."""

    kind: Incomplete
    words: str
    fault: ProviderFault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRead(Generic[PageT]):
    """The pages that were read, in the order in which they came.

    `problem` is null when they are the whole list. `over`: the provider should not be asked for
    more now. `resume` is the offset at which a reading that was cut stopped, `caught_up` whether it
    had by then read what the one before was cut off from. `page_size` is what the list's pages were
    seen to hold. `total_off` is (claimed, found) where the claimed total is wrong.
    """

    pages: Sequence[PageT]
    problem: Shortfall | None
    over: bool
    resume: int | None
    caught_up: bool
    page_size: int
    total_off: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The ids from `low` to `high`, which were at the indexes `start` and `end`, on a page of
    `rows`.

    `rows` is more than any page has where our own limit ended the page.
    """

    low: int
    high: int
    start: int
    end: int
    rows: int


async def read_list(
    fetch: FetchPage[PageT],
    *,
    clock: Clock,
    full: bool = False,
    page_size: int = 0,
    resume: int | None = None,
    deadline: float | None = None,
) -> ListRead[PageT]:
    """Read a whole list. ProviderError when its first page cannot be read.

    `full` wants the end proved by a request of its own. `page_size` is what this feed's pages were
    seen to hold before, `resume` the offset at which its last reading was cut, `deadline` (on the
    monotonic clock) when this one is; by default `LONGEST_SECONDS` from now.
    """
    if deadline is None:
        deadline = clock.monotonic() + LONGEST_SECONDS
    reading = _Reading(fetch, clock, full=full, known_size=page_size, deadline=deadline)
    await reading.read(resume)
    return reading.result()


class _Reading(Generic[PageT]):
    """One reading, from the first page on."""

    def __init__(
        self,
        fetch: FetchPage[PageT],
        clock: Clock,
        *,
        full: bool,
        known_size: int,
        deadline: float,
    ) -> None:
        self._fetch, self._clock, self._full = fetch, clock, full
        self._known_size, self._deadline = known_size, deadline
        self._pages: list[tuple[int, PageT]] = []
        self._stretches: list[_Stretch] = []
        self._asked: set[tuple[int, int]] = set()
        self._ids: set[int] = set()
        self._nameless = Counter[int]()
        self._rows = self._largest = 0
        self._total: int | None = None
        self._total_off: tuple[int, int] | None = None
        self._end: int | None = None  # the id of a row that nothing followed
        self._wasted = self._failures = 0
        self._error: ProviderError | None = None
        self._over = False
        self._resume: int | None = None
        self._caught_up = False

    async def read(self, resume: int | None) -> None:
        first = await self._get(0)
        if first is None or not first.count:
            return
        planned = range(0)
        if first.count > 1 and first.total is not None and first.total > first.count:
            step = first.count - 1
            planned = range(step, min(first.total - 1, MOST_ROWS), step)
        await self._read_planned(planned, resume)
        if not self._stretches:
            return  # nothing is sorted, so nothing can be proved
        if resume is not None and not planned and await self._get(resume):
            await self._find_end()
        self._caught_up = self._caught_up or (resume is not None and not self._over)
        while self._may_try:
            if self._joined()[1] is not None:
                await self._mend()
            elif self.ended():
                return
            else:
                await self._find_end()

    def ended(self) -> bool:
        """Whether the list is known to go no further.

        Without a request that proves it only outside full sweeps, where the latest answer's total
        is the number of rows read and the last page holds fewer rows than others did.
        """
        if self._end is not None or self._full or self._total != self._distinct:
            return self._end is not None
        last = max(stretch.high for stretch in self._stretches)
        rows = min(stretch.rows for stretch in self._stretches if stretch.high == last)
        return self._joined()[1] is None and rows < max(self._known_size, self._largest)

    def result(self) -> ListRead[PageT]:
        """What was read, and how far that is the whole list."""
        clamped = [
            page.count
            for offset, page in self._pages
            if 1 < page.count < (page.total or 0) - offset
        ]
        return ListRead(
            pages=[page for _, page in self._pages],
            problem=self._problem(),
            over=self._over,
            resume=self._resume,
            caught_up=self._caught_up,
            page_size=max(clamped, default=max(self._known_size, self._largest)),
            total_off=self._total_off,
        )

    def _problem(self) -> Shortfall | None:
        fault = None if self._error is None else self._error.reason
        apart = True
        if self._stretches:
            before, after = self._joined()
            apart = after is not None
            if not apart and self.ended() and before.high >= (self._end or _BEGINNING):
                return None
        if self._resume is not None:
            words = f"reading was cut at row {self._resume}; the next sweep goes on from there"
            return Shortfall(Incomplete.CUT, words, fault)
        if self._error is not None:
            return Shortfall(Incomplete.FAILED, str(self._error), fault)
        if not self._rows:
            words = f"the list claims {self._total} rows and gives none"
            return Shortfall(Incomplete.NO_END, words) if self._total else None
        if not all(page.ascending for _, page in self._pages):
            return Shortfall(Incomplete.UNSORTED, "rows do not come sorted by id")
        if apart:
            words = "two pages do not join: rows appeared or vanished while they were read"
            return Shortfall(Incomplete.APART, words)
        return Shortfall(Incomplete.NO_END, "the end of the list could not be found")

    @property
    def _distinct(self) -> int:
        return len(self._ids) + self._nameless.total()

    @property
    def _may_try(self) -> bool:
        useful = len(self._pages) - self._wasted
        return not self._over and self._wasted < TRIES + TRIES_A_PAGE * max(0, useful)

    # --- one page ---

    async def _get(self, offset: int, limit: int = PAGE_LIMIT) -> PageT | None:
        """A page, or null where it failed or no more may be asked for. ProviderError for the
        first."""
        if self._over:
            return None
        if self._clock.monotonic() >= self._deadline or self._rows >= MOST_ROWS:
            self._over, self._resume = True, offset
            return None
        self._asked.add((offset, limit))
        try:
            page = await self._fetch(offset, limit)
        except ProviderError as error:
            if not self._pages:
                raise
            self._error = error
            self._failures += 1
            if error.reason in _FINAL or self._failures >= MOST_FAILURES:
                self._over = True
            return None
        self._failures = 0
        self._take(offset, limit, page)
        return page

    def _take(self, offset: int, limit: int, page: PageT) -> None:
        self._pages.append((offset, page))
        self._rows += page.count
        self._largest = max(self._largest, page.count)
        self._ids.update(page.ids)
        self._nameless |= page.nameless
        self._total = page.total
        behind = offset + page.count
        if page.count and page.total is not None and behind > page.total:
            self._total_off = (page.total, behind)
        rows = page.count if page.count < limit else PAGE_LIMIT + 1
        low = high = _BEGINNING
        if page.ascending and page.ids:
            low, high = page.ids[0] if offset else _BEGINNING, page.ids[-1]
        elif not page.ascending and not offset and page.count == page.total:  # all there is
            high = max(page.ids)
        if high or (page.count and page.ascending and not offset):
            start = offset if page.first_id is not None else behind - len(page.ids)
            end = behind - 1 if page.last_id is not None else offset + max(0, len(page.ids) - 1)
            self._stretches.append(_Stretch(low, high, start, end, rows))
        if page.count == 1 and (self._largest > 1 or (page.total or 1) == 1):
            self._proved(self._alone(page), offset, page)

    def _alone(self, page: PageT) -> int | None:
        """The id of a row that nothing follows; of one without an id, that of the row before it."""
        if page.last_id is not None:
            return page.last_id
        if len(self._pages) == 1:
            return _BEGINNING
        for offset, earlier in self._pages[:-1]:
            if earlier.last_id is None and earlier.last_key == page.last_key and earlier.ascending:
                return earlier.ids[-1] if earlier.ids else None if offset else _BEGINNING
        return None

    def _proved(self, last: int | None, offset: int, page: PageT) -> None:
        if last is None:
            return
        self._end = last if self._end is None else min(self._end, last)
        if page.total is not None and page.total != offset + page.count:
            self._total_off = (page.total, offset + page.count)

    # --- the plan ---

    async def _read_planned(self, offsets: range, resume: int | None) -> None:
        """The newest page, then the others backwards; those below `resume` before those above."""
        newest = await self._newest(offsets)
        backwards = reversed(offsets[: newest + 1])
        left = [offset for offset in backwards if (offset, PAGE_LIMIT) not in self._asked]
        if resume is not None:
            left.sort(key=lambda offset: offset > resume)  # stable: each part stays backwards
        waiting = iter(left)

        async def read_pages(waiting: Iterator[int]) -> None:
            for offset in waiting:
                self._caught_up = self._caught_up or (resume is not None and offset > resume)
                await self._get(offset)
                if self._over:
                    return

        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(min(READERS, len(left))):
                    tasks.create_task(read_pages(waiting))
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from failed

    async def _newest(self, offsets: range) -> int:
        """The index of the last planned page with rows; by bisection where the total is too
        high."""
        some, none, probe = -1, len(offsets), len(offsets) - 1
        while none - some > 1:
            page = await self._get(offsets[probe])
            if page is None:
                return none - 1
            some, none = (probe, none) if page.count else (some, probe)
            probe = (some + none) // 2
        return some

    # --- seams ---

    def _joined(self) -> tuple[_Stretch, _Stretch | None]:
        """How far the stretches reach from the list's beginning, and the first one beyond that.

        What lies beyond the list's known end is left out.
        """
        before = _Stretch(_BEGINNING - 1, _BEGINNING - 1, 0, 0, 0)
        for stretch in sorted(self._stretches, key=lambda each: each.low):
            if self._end is not None and before.high >= self._end:
                break
            if stretch.low > before.high + 1:
                return before, stretch
            if stretch.high >= before.high:
                before = stretch
        return before, None

    async def _mend(self) -> None:
        """Ask for pages around the first seam until what is before it reaches further."""
        before, after = self._joined()
        if after is None:
            return
        half = max(1, self._largest // 2)
        offset = before.end - (half if after.start - before.end <= half else 1)
        while self._may_try:
            offset, limit = self._unasked(max(0, offset))
            page = await self._get(offset, limit)
            reached, beyond = self._joined()
            if beyond is None or reached.high > before.high:
                return
            self._wasted += 1
            if page is None:
                offset -= 1
            elif not page.ids or not page.ascending:
                offset -= half
            elif page.ids[0] > before.high:
                offset -= max(1, self._largest - 2)
            else:
                offset += max(1, page.count - 1)

    def _unasked(self, offset: int, *, move: bool = True) -> tuple[int, int]:
        """The next offset down that was not asked for, or the same one with another limit."""
        while move and offset and (offset, PAGE_LIMIT) in self._asked:
            offset -= 1
        limit = PAGE_LIMIT
        while (offset, limit) in self._asked and limit > SMALLEST_LIMIT:
            limit -= 1
        return offset, limit

    # --- the end ---

    async def _find_end(self) -> None:
        """Ask from the last row on until a row comes alone.

        A list that grows with every request never shows a row alone. There, several answers in a
        row prove as much that join and are short: see `_proof_of_end`.
        """
        last = max(self._stretches, key=lambda stretch: stretch.high)
        offset, high, proved = last.end, last.high, 0
        for at, tail in reversed(self._pages):
            if tail.ids and tail.ids[-1] == high:
                offset = at + tail.count - 1
                break
        while self._may_try and not self.ended():
            single = self._largest == 1
            asked, limit = self._unasked(offset + 1 if single else offset, move=False)
            page = await self._get(asked, limit)
            if page is None:
                self._wasted += 1
                offset = max(0, asked - 1)
                continue
            if not page.count:
                self._wasted += 1
                if single:  # a page of one row, and nothing behind it
                    self._proved(high, *self._pages[0])
                offset = max(0, asked - max(1, self._largest // 2))
                continue
            if single and page.count == 1:
                self._wasted += TRIES // 2  # pages of one row cannot overlap
                return
            proof = self._proof_of_end(asked, page)
            joins = page.first_id == high and page.ascending
            proved = proved + proof if joins and proof else 0
            moved = bool(page.ids) and page.ids[-1] > high
            if proved >= ENOUGH_PROOF:
                self._proved(page.ids[-1], asked, page)
            elif not moved:
                self._wasted += 1
                if asked and self._like_the_first(page):
                    await self._try_far_beyond(high)
            high = page.ids[-1] if page.ids else high
            offset = asked + page.count - 1

    def _proof_of_end(self, offset: int, page: PageT) -> int:
        """How much a page that is shorter than others, or ends where its total says, proves."""
        size = max(self._largest, self._known_size)
        ends = page.total == offset + page.count and self._total_off is None
        if page.count <= size // 2 or (page.count < size and ends):
            return 2
        return 1 if ends and page.count < SMALLEST_LIMIT else 0

    def _like_the_first(self, page: PageT) -> bool:
        first = self._pages[0][1]
        return list(page.ids) == list(first.ids) and page.nameless == first.nameless

    async def _try_far_beyond(self, high: int) -> None:
        """See whether the provider gives its whole list whatever the offset, as its examples do."""
        first = self._pages[0][1]
        whole = first.count < SMALLEST_LIMIT if first.total is None else first.total <= first.count
        if not whole or (MOST_ROWS, PAGE_LIMIT) in self._asked:
            return
        page = await self._get(MOST_ROWS)
        if page is not None and self._like_the_first(page):
            self._end, self._total_off = high, None
            if first.total is not None and first.total != first.count:
                self._total_off = (first.total, first.count)
