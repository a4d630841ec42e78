"""Paging against a model: a table that changes between any two fetches."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import ProviderError, ProviderFault
from monitor.provider import paging
from monitor.provider.paging import ListRead, plan, read_list


@dataclass(frozen=True)
class ModelPage:
    """Rows of which those in `nameless` have no readable id."""

    rows: tuple[int, ...]
    total: int
    limit: int | None
    nameless: frozenset[int] = frozenset()

    @property
    def count(self) -> int:
        return len(self.rows)

    @property
    def ids(self) -> list[int]:
        return [id_ for id_ in self.rows if id_ not in self.nameless]

    @property
    def first_id(self) -> int | None:
        return self.rows[0] if self.rows and self.rows[0] not in self.nameless else None

    @property
    def last_id(self) -> int | None:
        return self.rows[-1] if self.rows and self.rows[-1] not in self.nameless else None

    @property
    def ascending(self) -> bool:
        return self.ids == sorted(self.ids)


class Table:
    """The provider's list: ids in order, a largest page, and something that happens before each
    fetch."""

    def __init__(
        self,
        ids: set[int],
        largest: int,
        before: Callable[["Table"], None] = lambda _: None,
        nameless: frozenset[int] = frozenset(),
    ) -> None:
        self.ids, self.largest, self.before, self.nameless = set(ids), largest, before, nameless
        self.always = set(ids)
        self.asked: list[tuple[int, int]] = []
        self.in_flight = self.most_in_flight = 0

    async def fetch(self, offset: int, limit: int) -> ModelPage:
        self.asked.append((offset, limit))
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        await asyncio.sleep(0)  # noqa: TID251 (lets the other readers run)
        self.in_flight -= 1
        self.before(self)
        self.always &= self.ids
        limit = min(limit, self.largest)
        return ModelPage(
            tuple(sorted(self.ids)[offset : offset + limit]), len(self.ids), limit, self.nameless
        )


def read(table: Table) -> ListRead[ModelPage]:
    return asyncio.run(read_list(table.fetch))


def ids_of(result: ListRead[ModelPage]) -> set[int]:
    return {id_ for page in (*result.pages, *result.bridges) for id_ in page.ids}


@dataclass(frozen=True)
class Change:
    """`vanish` rows go, from position `at` on; as many (`swap`) or none come in at the end: then
    the total says nothing."""

    at: int = 0
    vanish: int = 0
    swap: bool = True
    appear: int | None = None


CHANGES = st.lists(
    st.builds(Change)
    | st.builds(Change, at=st.integers(0, 12), vanish=st.integers(1, 4), swap=st.booleans())
    | st.builds(Change, appear=st.integers(1, 100)),
    max_size=20,
)
NAMELESS = st.frozensets(st.integers(1, 100), max_size=8)


@settings(max_examples=1000)
@given(st.sets(st.integers(1, 100), min_size=5, max_size=40), st.integers(1, 6), CHANGES, NAMELESS)
def test_a_reading_called_complete_never_misses_what_was_there_all_along(
    ids: set[int], largest: int, changes: list[Change], nameless: frozenset[int]
) -> None:
    script = iter(changes)

    def change(table: Table) -> None:
        step = next(script, Change())
        gone = sorted(table.ids)[step.at : step.at + step.vanish]
        top = max(table.ids, default=0)
        table.ids -= set(gone)
        if step.swap:
            table.ids |= set(range(top + 1, top + 1 + len(gone)))
        if step.appear is not None:
            table.ids.add(step.appear)

    table = Table(ids, largest, change, nameless)
    result = read(table)
    if result.problem is None:
        assert table.always - nameless <= ids_of(result)
    assert table.most_in_flight <= 3


@given(st.sets(st.integers(1, 10_000), max_size=200), st.integers(2, 40))
def test_a_list_that_holds_still_is_read_completely_and_no_page_twice(
    ids: set[int], largest: int
) -> None:
    table = Table(ids, largest)
    result = read(table)
    assert result.problem is None
    assert ids_of(result) == ids
    assert len(table.asked) == len(set(table.asked))
    assert [page.first_id for page in result.pages[1:]] == [
        page.last_id for page in result.pages[:-1]
    ]


@pytest.mark.parametrize(
    ("rows", "pages"),
    [(0, 1), (499, 1), (500, 1), (501, 2), (999, 2), (1000, 3), (1498, 3), (1499, 4)],
)
def test_pages_of_500_overlap_by_one_row(rows: int, pages: int) -> None:
    table = Table(set(range(1, rows + 1)), 500)
    assert read(table).problem is None
    assert sorted(table.asked) == [(499 * number, 500) for number in range(pages)]


@given(st.lists(st.integers(1, 30), max_size=80), st.integers(2, 8))
def test_rows_that_are_there_twice_do_not_keep_a_list_from_being_read(
    ids: list[int], largest: int
) -> None:
    ordered = sorted(ids)

    async def fetch(offset: int, limit: int) -> ModelPage:
        limit = min(limit, largest)
        return ModelPage(tuple(ordered[offset : offset + limit]), len(ordered), limit)

    result = asyncio.run(read_list(fetch))
    assert result.problem is None
    assert ids_of(result) == set(ids)


def test_a_clamped_limit_is_followed() -> None:
    table = Table(set(range(1, 101)), 30)
    assert read(table).problem is None
    assert sorted(table.asked) == [(0, 500), (29, 30), (58, 30), (87, 30)]


def test_one_deletion_with_one_creation_leaves_the_total_and_is_still_noticed() -> None:
    def swap(table: Table) -> None:
        if len(table.asked) > 1 and min(table.ids) < 5:
            table.ids -= {1, 2, 3, 4}
            table.ids |= {1001, 1002, 1003, 1004}

    table = Table(set(range(1, 101)), 30, swap)
    result = read(table)
    assert table.asked.count((0, 500)) == 2
    assert result.problem is None
    assert ids_of(result) >= set(range(5, 101))


def test_pages_that_never_join_are_partial_after_the_second_reading() -> None:
    def grow(table: Table) -> None:
        table.ids.add(max(table.ids) + 1)

    table = Table(set(range(1, 101)), 30, grow)
    result = read(table)
    assert result.problem == "the list grew or shrank while it was read"
    assert table.asked.count((0, 500)) == 2


def test_reading_stops_early_once_pages_cannot_join() -> None:
    def grow(table: Table) -> None:
        table.ids.add(max(table.ids) + 1)

    table = Table(set(range(1, 10_001)), 30, grow)
    read(table)
    assert len(table.asked) < 20


class Scripted:
    """Pages by offset, or an error."""

    def __init__(self, pages: dict[int, ModelPage | ProviderError]) -> None:
        self.pages, self.asked = pages, list[int]()

    async def fetch(self, offset: int, limit: int) -> ModelPage:
        self.asked.append(offset)
        answer = self.pages[offset]
        if isinstance(answer, ProviderError):
            raise answer
        return answer


DOWN = ProviderError("the provider is down", reason=ProviderFault.SERVER_ERROR, retryable=True)


async def test_a_first_page_that_fails_raises() -> None:
    with pytest.raises(ProviderError):
        await read_list(Scripted({0: DOWN}).fetch)


async def test_a_later_page_that_fails_makes_the_reading_partial_and_is_not_asked_for_again() -> (
    None
):
    first = ModelPage(tuple(range(1, 31)), 90, 30)
    script = Scripted({0: first, 29: DOWN, 58: DOWN, 87: DOWN})
    result = await read_list(script.fetch)
    assert (result.problem, list(result.pages)) == ("the provider is down", [first])
    assert script.asked.count(0) == 1


@pytest.mark.parametrize(
    ("first", "says"),
    [
        (ModelPage((1,), 5, 1), "1 rows a page"),
        (ModelPage((1, 2, 3), 1, 500), "more rows"),
        (ModelPage((), 5, 500), "not as many rows"),
        (ModelPage((1, 2), 5, None), "not as many rows"),
        (ModelPage(tuple(range(30, 0, -1)), 60, 30), "sorted"),
        (ModelPage((*range(1, 30), 28), 60, 30), "sorted"),
        (ModelPage(tuple(range(30)), 10**9, 30), "claims"),
    ],
)
async def test_a_first_page_that_leads_nowhere_is_partial(first: ModelPage, says: str) -> None:
    result = await read_list(Scripted({0: first}).fetch)
    assert result.problem is not None
    assert says in result.problem


async def test_a_whole_list_on_one_page_need_not_be_sorted_nor_keep_to_the_limit() -> None:
    result = await read_list(Scripted({0: ModelPage(tuple(range(700, 0, -1)), 700, 500)}).fetch)
    assert result.problem is None


def test_a_row_without_an_id_at_the_edge_of_two_pages_costs_one_small_page() -> None:
    table = Table(set(range(1, 1601)), 500, nameless=frozenset({500, 999}))
    result = read(table)
    assert result.problem is None
    assert ids_of(result) == table.ids - table.nameless
    assert table.asked[-2:] == [(484, 30), (983, 30)]
    assert len(table.asked) == 4 + 2


@given(st.sets(st.integers(1, 10_000), max_size=200), st.integers(30, 40), st.data())
def test_single_rows_without_an_id_keep_no_list_from_being_read(
    ids: set[int], largest: int, data: st.DataObject
) -> None:
    nameless = (
        data.draw(st.frozensets(st.sampled_from(sorted(ids)), max_size=5))
        if ids
        else frozenset[int]()
    )
    result = read(Table(ids, largest, nameless=nameless))
    assert result.problem is None
    assert ids_of(result) == ids - nameless


def test_an_edge_among_nothing_but_rows_without_an_id_joins_nothing() -> None:
    result = read(Table(set(range(1, 101)), 30, nameless=frozenset(range(15, 60))))
    assert result.problem == "two pages do not join: rows appeared or vanished while they were read"


def test_rows_without_an_id_at_more_edges_than_chance_can_explain_are_not_bridged() -> None:
    table = Table(set(range(1, 1001)), 30, nameless=frozenset(range(30, 1001, 29)))
    result = read(table)
    assert result.problem == "34 pages begin with a row that has no readable id"
    assert len(table.asked) == 2 * 35


def test_a_list_that_moves_under_a_bridge_is_read_once_more() -> None:
    def swap(table: Table) -> None:
        if len(table.asked) == 5:  # the four pages have been read
            table.ids = (table.ids - set(range(1, 26))) | set(range(1001, 1026))

    table = Table(set(range(1, 101)), 30, swap, frozenset({30}))
    result = read(table)
    assert result.problem is None
    assert table.asked.count((0, 500)) == 2
    assert ids_of(result) >= table.always - table.nameless


async def test_a_bridge_that_cannot_be_read_makes_the_reading_partial() -> None:
    nameless = frozenset({30})
    pages = {
        0: ModelPage(tuple(range(1, 31)), 59, 30, nameless),
        29: ModelPage(tuple(range(30, 60)), 59, 30, nameless),
    }
    script = Scripted({**pages, 14: DOWN})
    result = await read_list(script.fetch)
    assert (result.problem, script.asked) == ("the provider is down", [0, 29, 14])


def test_the_plan_never_asks_for_more_than_the_provider_allows() -> None:
    assert plan(ModelPage(tuple(range(500)), 2000, 1000)).limit == paging.PAGE_LIMIT
