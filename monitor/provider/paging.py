"""How a list is read page by page so that what was there all along is never missed. No HTTP in
here.

The list is sorted by id, ascending, and pages overlap by one row. While it is read, rows appear
and vanish and shift the others. A page is a run of neighbours at the moment it was made. If each
page begins with the row that the page before ended with, the runs join without a gap, the first
begins at the list's beginning and the last ends at its end: every row that was there throughout
lies in one of the runs. Where they do not join, nobody can say what is missing. A row that the
provider gives twice changes nothing of that: between two runs that join there is no room but for
its copies.

Where the row that two pages share has no readable id, a small page around it is read too, a
bridge: it joins them when it shares a row with each, or with the first and reaches the list's
end. Nothing but rows without an id has room there then.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from monitor.errors import ProviderError

PAGE_LIMIT = 500
"""Rows asked for; the provider's largest."""
MOST_ROWS = 1_000_000
"""A list that claims more is not read on: three pages at a time it could not be read between two
polls."""
READERS = 3
"""Pages read at a time: one less than an account may have in flight, so that a feed that hangs
leaves a slot to the others."""
READINGS = 2
BRIDGE_ROWS = 30
"""The smallest page that the provider gives."""
MOST_BRIDGES = 10
"""In one list: where more ids cannot be read, something else is wrong."""


_APART = "two pages do not join: rows appeared or vanished while they were read"


class PageFacts(Protocol):
    """What is checked of a page. `first_id` and `last_id` are null on an empty page and where
    unreadable; `ids` are those of all its rows, in their order, without the unreadable ones."""

    @property
    def count(self) -> int: ...
    @property
    def total(self) -> int: ...
    @property
    def limit(self) -> int | None: ...
    @property
    def first_id(self) -> int | None: ...
    @property
    def last_id(self) -> int | None: ...
    @property
    def ids(self) -> Sequence[int]: ...
    @property
    def ascending(self) -> bool: ...


PageT = TypeVar("PageT", bound=PageFacts)
FetchPage = Callable[[int, int], Awaitable[PageT]]
"""(offset, limit) → page; raises ProviderError."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is still to be read after the first page: pages of `limit` rows at `offsets`.
    `problem` when that cannot work."""

    limit: int
    offsets: range
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class ListRead(Generic[PageT]):
    """The pages that were read, in the list's order, and in words why they are not the whole
    list (null when they are).

    `bridges` were read where two pages share a row without a readable id, one for each such row.
    """

    pages: Sequence[PageT]
    problem: str | None
    bridges: Sequence[PageT] = ()


def plan(first: PageFacts) -> Plan:
    """The rest of the list, from its first page. A limit below what was asked means that the
    provider clamped it: follow it."""
    limit = PAGE_LIMIT if first.limit is None else min(first.limit, PAGE_LIMIT)
    nothing = range(0)
    if first.count >= first.total:
        return Plan(
            limit,
            nothing,
            None if first.count == first.total else "more rows on the first page than in the list",
        )
    if limit < 2:
        return Plan(
            limit, nothing, f"the provider gives {limit} rows a page, so pages cannot overlap"
        )
    if first.total > MOST_ROWS:
        return Plan(limit, nothing, f"the list claims {first.total} rows, more than {MOST_ROWS}")
    problem = _problem_of(first, 0, first.total, limit)
    return Plan(
        limit, nothing if problem else range(limit - 1, first.total - 1, limit - 1), problem
    )


def mismatch(pages: Sequence[PageFacts], limit: int) -> str | None:
    """Why pages read at offsets 0, limit - 1, 2 · (limit - 1), … do not join to the whole list;
    null when they do, provided that those of `unnamed` can be bridged."""
    seams = frozenset(unnamed(pages))
    for index, page in enumerate(pages):
        problem = _problem_of(page, index * (limit - 1), pages[0].total, limit)
        if problem:
            return problem
        if index and index not in seams and page.first_id != pages[index - 1].last_id:
            return _APART
    return None


def unnamed(pages: Sequence[PageFacts]) -> Sequence[int]:
    """The indexes of pages that begin with a row whose id could not be read, there or at the end
    of the page before."""
    return [
        index
        for index in range(1, len(pages))
        if pages[index].first_id is None or pages[index - 1].last_id is None
    ]


def _problem_of(page: PageFacts, offset: int, total: int, limit: int) -> str | None:
    if page.total != total:
        return "the list grew or shrank while it was read"
    if page.count != min(limit, total - offset):
        return "a page has not as many rows as it should"
    if not page.ascending:
        return "rows do not come sorted by id"
    return None


async def read_list(fetch: FetchPage[PageT]) -> ListRead[PageT]:
    """Read a whole list: the first page, then the rest, three at a time; once more when the
    pages do not join.

    ProviderError when the first page cannot be read. A later page that cannot be read ends the
    reading: what the provider cannot answer now it will not answer any better for being asked
    again at once.
    """
    read = await _read_once(fetch)
    for _ in range(READINGS - 1):
        if read.problem is None or read.failed:
            break
        try:
            read = await _read_once(fetch)
        except ProviderError as error:
            return ListRead(read.pages, str(error))
    return ListRead(read.pages, read.problem, read.bridges)


@dataclass(frozen=True, slots=True)
class _Reading(Generic[PageT]):
    pages: Sequence[PageT]
    problem: str | None
    failed: bool = False
    bridges: Sequence[PageT] = ()


async def _read_once(fetch: FetchPage[PageT]) -> _Reading[PageT]:
    first = await fetch(0, PAGE_LIMIT)
    todo = plan(first)
    if todo.problem or not todo.offsets:
        return _Reading([first], todo.problem)
    rest: dict[int, PageT] = {}
    failures: list[ProviderError] = []
    offsets = iter(todo.offsets)

    async def read_pages(waiting: Iterator[int]) -> None:
        for offset in waiting:
            if failures:
                return
            try:
                page = await fetch(offset, todo.limit)
            except ProviderError as error:
                failures.append(error)
                return
            rest[offset] = page
            if _problem_of(page, offset, first.total, todo.limit):
                for _ in waiting:  # the others need not be read: these pages will not join
                    pass

    async with asyncio.TaskGroup() as tasks:
        for _ in range(min(READERS, len(todo.offsets))):
            tasks.create_task(read_pages(offsets))
    pages = [first, *(rest[offset] for offset in todo.offsets if offset in rest)]
    if failures:
        return _Reading(pages, str(failures[0]), failed=True)
    if len(rest) < len(todo.offsets):
        problems = (
            _problem_of(rest[o], o, first.total, todo.limit) for o in todo.offsets if o in rest
        )
        return _Reading(pages, next(filter(None, problems)))
    problem = mismatch(pages, todo.limit)
    return _Reading(pages, problem) if problem else await _bridged(fetch, pages, todo.limit)


async def _bridged(fetch: FetchPage[PageT], pages: Sequence[PageT], limit: int) -> _Reading[PageT]:
    """Pages that join but for rows without a readable id, with the bridges over these."""
    seams = unnamed(pages)
    if len(seams) > MOST_BRIDGES:
        return _Reading(pages, f"{len(seams)} pages begin with a row that has no readable id")
    rows = min(BRIDGE_ROWS, limit)
    bridges: list[PageT] = []
    for index in seams:
        offset = index * (limit - 1) - rows // 2
        try:
            bridge = await fetch(offset, rows)
        except ProviderError as error:
            return _Reading(pages, str(error), failed=True)
        problem = _problem_of(bridge, offset, pages[0].total, rows)
        to_join = (
            pages[index - 1 : index + 1]
            if offset + rows < pages[0].total
            else pages[index - 1 : index]
        )
        if problem is None and not all(set(bridge.ids).intersection(page.ids) for page in to_join):
            problem = _APART
        if problem:
            return _Reading(pages, problem)
        bridges.append(bridge)
    return _Reading(pages, None, bridges=bridges)
