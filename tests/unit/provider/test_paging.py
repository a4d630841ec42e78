"""Paging against an independent model: a list that changes between any two requests."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from monitor.errors import ProviderError, ProviderFault
from monitor.ports import Incomplete
from monitor.provider import paging
from monitor.provider.paging import ListRead, read_list
from tests.clock import InstantClock


@dataclass(frozen=True)
class ModelPage:
    """Rows in the list's order, of which those in `hidden` have no readable id."""

    rows: tuple[int, ...]
    total: int | None
    hidden: frozenset[int] = frozenset()

    @property
    def count(self) -> int:
        return len(self.rows)

    @property
    def ids(self) -> list[int]:
        return [id_ for id_ in self.rows if id_ not in self.hidden]

    @property
    def nameless(self) -> Counter[int]:
        return Counter(id_ for id_ in self.rows if id_ in self.hidden)

    @property
    def first_id(self) -> int | None:
        return self.rows[0] if self.rows and self.rows[0] not in self.hidden else None

    @property
    def last_id(self) -> int | None:
        return self.rows[-1] if self.rows and self.rows[-1] not in self.hidden else None

    @property
    def last_key(self) -> int | None:
        return self.rows[-1] if self.rows else None

    @property
    def ascending(self) -> bool:
        return self.ids == sorted(self.ids)


def down(reason: ProviderFault = ProviderFault.SERVER_ERROR) -> ProviderError:
    return ProviderError("it is down", reason=reason, retryable=True)


@dataclass
class Table:
    """The provider's list: ids in order, the largest page, and what happens before each answer."""

    ids: set[int]
    largest: int = 500
    before: Callable[["Table"], None] = lambda _: None
    hidden: frozenset[int] = frozenset()
    says: Callable[[int], int | None] = lambda total: total
    fails: Callable[[int, int], bool] = lambda _number, _offset: False
    asked: list[tuple[int, int]] = field(default_factory=list)
    served: set[int] = field(default_factory=set)
    clock: InstantClock = field(default_factory=InstantClock)
    seconds: float = 0.0
    in_flight: int = 0
    most_in_flight: int = 0

    def __post_init__(self) -> None:
        self.throughout = set(self.ids)

    async def fetch(self, offset: int, limit: int) -> ModelPage:
        self.asked.append((offset, limit))
        number = len(self.asked)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        await self.clock.sleep(self.seconds)
        self.in_flight -= 1
        self.before(self)
        self.throughout &= self.ids
        if self.fails(number, offset):
            raise down()
        rows = sorted(self.ids)[offset : offset + min(limit, self.largest)]
        self.served.update(rows)
        return ModelPage(tuple(rows), self.says(len(self.ids)), self.hidden)

    def read(self, **options: object) -> ListRead[ModelPage]:
        return asyncio.run(read_list(self.fetch, clock=self.clock, **options))  # type: ignore[arg-type]


def ids_of(result: ListRead[ModelPage]) -> set[int]:
    return {id_ for page in result.pages for id_ in page.ids}


@dataclass(frozen=True)
class Change:
    """`vanish` rows go, from position `at` on; `appear` come in at the end, one at `between`."""

    at: int = 0
    vanish: int = 0
    appear: int = 0
    between: int | None = None

    def make(self, table: Table) -> None:
        gone = sorted(table.ids)[self.at : self.at + self.vanish]
        top = max(table.ids, default=0)
        table.ids -= set(gone)
        table.ids |= set(range(top + 1, top + 1 + self.appear))
        if self.between is not None:
            table.ids.add(self.between)


CHANGES = st.lists(
    st.builds(Change)
    | st.builds(Change, appear=st.integers(1, 3))
    | st.builds(Change, at=st.integers(0, 12), vanish=st.integers(1, 4), appear=st.integers(0, 4))
    | st.builds(Change, between=st.integers(1, 100)),
    max_size=20,
)
IDS = st.sets(st.integers(1, 100), min_size=1, max_size=40)
TOTALS = st.one_of(
    st.just(lambda total: total),
    st.just(lambda _: None),
    st.integers(-30, 30).map(lambda off: lambda total: max(0, total + off)),
    st.integers(0, 60).map(lambda cached: lambda _: cached),
)


def playing(changes: list[Change]) -> Callable[[Table], None]:
    script = iter(changes)
    return lambda table: next(script, Change()).make(table)


@settings(max_examples=1500, deadline=None)
@given(
    ids=IDS,
    largest=st.integers(2, 7),
    changes=CHANGES,
    hidden=st.frozensets(st.integers(1, 100), max_size=8),
    says=TOTALS,
    failing=st.frozensets(st.integers(1, 25), max_size=6),
    full=st.booleans(),
    known=st.booleans(),
)
def test_a_complete_reading_misses_nothing_that_was_there_throughout(
    ids: set[int],
    largest: int,
    changes: list[Change],
    hidden: frozenset[int],
    says: Callable[[int], int | None],
    failing: frozenset[int],
    full: bool,
    known: bool,
) -> None:
    table = Table(
        ids,
        largest,
        playing(changes),
        hidden,
        says,
        fails=lambda number, _: number > 1 and number in failing,
    )
    result = table.read(full=full, page_size=largest if known else 0)
    if result.problem is None:
        assert table.throughout - hidden <= ids_of(result)
    assert ids_of(result) == table.served - hidden, "everything that was given is in the result"
    assert table.most_in_flight <= 3
    assert len(table.asked) == len(set(table.asked)), "no request is made twice"


@settings(max_examples=300, deadline=None)
@given(
    ids=st.sets(st.integers(1, 10_000), max_size=200),
    largest=st.integers(2, 40),
    says=TOTALS,
    full=st.booleans(),
)
def test_a_list_that_holds_still_is_read_whole_whatever_its_total_and_page_size(
    ids: set[int], largest: int, says: Callable[[int], int | None], full: bool
) -> None:
    assume(ids or not says(0))  # a list that claims rows and gives none is another matter
    table = Table(ids, largest, says=says)
    result = table.read(full=full)
    assert result.problem is None
    assert ids_of(result) == ids
    assert len(table.asked) == len(set(table.asked))


@settings(max_examples=300, deadline=None)
@given(
    size=st.integers(1, 150),
    largest=st.integers(30, 40),
    says=st.sampled_from([lambda total: total, lambda _: None, lambda total: total + 1]),
    rate=st.sampled_from([0.3, 0.6, 1.0, 3.0]),
    full=st.booleans(),
)
def test_a_list_that_grows_all_the_time_is_read_whole_in_few_requests(
    size: int, largest: int, says: Callable[[int], int | None], rate: float, full: bool
) -> None:
    def grow(table: Table) -> None:
        due = size + int(rate * len(table.asked))
        table.ids |= set(range(1, due + 1))

    table = Table(set(range(1, size + 1)), largest, grow, says=says, seconds=3.0)
    result = table.read(full=full)
    if size >= 15 or says(0) == 0 or rate < 1:
        assert result.problem is None
        assert len(table.asked) <= 2 + size // 10 + 8
    assert set(range(1, size + 1)) <= ids_of(result)


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize(("size", "a_second"), [(3000, 2), (400, 5), (600, 5), (3000, 20)])
def test_a_list_is_read_whole_at_every_poll_while_campaigns_are_created_every_second(
    size: int, a_second: int, full: bool
) -> None:
    clock = InstantClock()
    begun = clock.monotonic()

    def grow(table: Table) -> None:
        there = size + int(a_second * (clock.monotonic() - begun))
        table.ids |= set(range(len(table.ids) + 1, there + 1))

    table = Table(set(range(1, size + 1)), before=grow, clock=clock, seconds=0.3)
    known = 0
    for _ in range(12):
        asked, table.throughout = len(table.asked), set(table.ids)
        result = table.read(full=full, page_size=known)
        assert result.problem is None
        assert table.throughout <= ids_of(result)
        assert len(table.asked) - asked <= len(table.ids) / 499 + 12
        known = result.page_size
        asyncio.run(clock.sleep(60))


@settings(max_examples=300, deadline=None)
@given(st.integers(60, 300), st.integers(30, 60), st.integers(1, 12), st.integers(1, 40))
def test_rows_that_vanish_while_it_is_read_leave_a_list_complete(
    size: int, largest: int, when: int, many: int
) -> None:
    def vanish(table: Table) -> None:
        if len(table.asked) == when:
            table.ids -= set(range(5, 5 + many))

    table = Table(set(range(1, size + 1)), largest, vanish)
    result = table.read()
    assert result.problem is None
    assert ids_of(result) >= table.throughout


@settings(max_examples=200, deadline=None)
@given(st.integers(100, 400), st.integers(30, 60), st.integers(2, 8), st.booleans())
def test_one_page_that_fails_costs_only_another_request(
    size: int, largest: int, which: int, always: bool
) -> None:
    broken: set[int] = set()

    def fails(number: int, offset: int) -> bool:
        if number == which and offset < size - 1:
            broken.add(offset)
            return True
        return always and offset in broken

    table = Table(set(range(1, size + 1)), largest, fails=fails)
    result = table.read()
    assert result.problem is None
    assert ids_of(result) == table.ids


@given(st.lists(st.integers(1, 30), min_size=1, max_size=80), st.integers(3, 8))
def test_rows_that_are_there_twice_do_not_keep_a_list_from_being_read(
    ids: list[int], largest: int
) -> None:
    ordered = sorted(ids)
    assume(max(Counter(ordered).values()) < largest)

    async def fetch(offset: int, limit: int) -> ModelPage:
        return ModelPage(tuple(ordered[offset : offset + min(limit, largest)]), len(ordered))

    result = asyncio.run(read_list(fetch, clock=InstantClock()))
    assert result.problem is None
    assert ids_of(result) == set(ids)


# --- how many requests, and in which order ---


def test_a_list_whose_size_is_known_costs_one_request_a_page_and_the_newest_comes_second() -> None:
    table = Table(set(range(1, 1601)))
    assert table.read().problem is None
    assert table.asked == [(0, 500), (1497, 500), (998, 500), (499, 500)]


def test_the_end_is_proved_by_the_last_row_alone_until_the_page_size_is_known() -> None:
    table = Table(set(range(1, 41)))
    result = table.read()
    assert (result.problem, table.asked, result.page_size) == (None, [(0, 500), (39, 500)], 40)
    shorter = Table(set(range(1, 40)))
    shorter.read(page_size=result.page_size)
    assert shorter.asked == [(0, 500)]


def test_a_full_reading_always_proves_the_end() -> None:
    table = Table(set(range(1, 1601)))
    table.read(full=True, page_size=500)
    assert table.asked[-1] == (1599, 500)


def test_a_page_size_that_the_provider_lowers_is_learnt() -> None:
    result = Table(set(range(1, 101)), 30).read(page_size=500)
    assert result.page_size == 30


def test_a_single_campaign_is_the_whole_list_at_once() -> None:
    for says in (lambda total: total, lambda _: None):
        table = Table({7}, says=says)
        assert (table.read(full=True).problem, table.asked) == (None, [(0, 500)])


def test_a_single_campaign_under_a_total_of_two_is_the_whole_list() -> None:
    table = Table({7}, says=lambda _: 2)
    result = table.read()
    assert (result.problem, table.asked) == (None, [(0, 500), (1, 500)])
    assert result.total_off == (2, 1)


def test_pages_of_one_row_cannot_overlap_and_end_the_reading() -> None:
    table = Table(set(range(10, 2000, 10)), 1)
    result = table.read()
    assert result.problem is not None
    assert len(table.asked) < 12


def test_a_total_that_is_far_too_high_costs_few_requests() -> None:
    table = Table(set(range(1, 1601)), says=lambda _: 900_000)
    result = table.read()
    assert result.problem is None
    assert len(table.asked) < 25
    assert result.total_off == (900_000, 1600)


@pytest.mark.parametrize(
    ("says", "off"), [(1600, None), (1601, (1601, 1600)), (1599, (1599, 1600))]
)
def test_a_wrong_total_is_noticed(says: int, off: tuple[int, int] | None) -> None:
    result = Table(set(range(1, 1601)), says=lambda _: says).read(full=True)
    assert (result.problem, result.total_off) == (None, off)


def test_rows_that_vanish_meanwhile_are_not_a_wrong_total() -> None:
    def vanish(table: Table) -> None:
        if len(table.asked) == 2:
            table.ids -= set(range(1, 10))

    assert Table(set(range(1, 1601)), before=vanish).read(full=True).total_off is None


def test_what_vanished_under_the_last_row_is_no_proof_of_the_end() -> None:
    def vanish(table: Table) -> None:
        if len(table.asked) == 2:  # before the proof: the index of the last row has become empty
            table.ids -= set(range(1, 6))
            table.ids |= {500, 501}

    table = Table(set(range(1, 41)), before=vanish)
    result = table.read(full=True)
    assert result.problem is None
    assert {500, 501} <= ids_of(result)


@pytest.mark.parametrize(
    ("rows", "total", "off"),
    [((7, 7), 1, (1, 2)), ((7, 8, 9), 3, None), ((7, 8, 9), None, None), ((7,), 1, None)],
)
def test_a_list_that_comes_whole_whatever_the_offset_is_whole(
    rows: tuple[int, ...], total: int | None, off: tuple[int, int] | None
) -> None:
    """The provider's published example has two rows of one id under a total of 1."""
    asked: list[int] = []

    async def fetch(offset: int, _limit: int) -> ModelPage:
        asked.append(offset)
        return ModelPage(rows, total)

    result = asyncio.run(read_list(fetch, clock=InstantClock(), full=True))
    assert (result.problem, result.total_off) == (None, off)
    assert len(asked) <= 3


@pytest.mark.parametrize("total", [5000, None])
def test_the_same_page_again_and_again_is_no_whole_list_where_there_may_be_more(
    total: int | None,
) -> None:
    async def fetch(_offset: int, _limit: int) -> ModelPage:
        return ModelPage(tuple(range(100)), total)

    problem = asyncio.run(read_list(fetch, clock=InstantClock())).problem
    assert problem is not None
    assert problem.kind in (Incomplete.NO_END, Incomplete.APART)


def test_an_empty_list_is_whole_and_one_that_claims_rows_is_not() -> None:
    assert Table(set()).read(full=True).problem is None
    assert Table(set(), says=lambda _: None).read().problem is None
    problem = Table(set(), says=lambda _: 5).read().problem
    assert problem is not None
    assert problem.kind is Incomplete.NO_END


@pytest.mark.parametrize("size", [10, 700])
def test_an_unsorted_list_is_whole_only_on_one_page(size: int) -> None:
    ordered = list(range(size, 0, -1))

    async def fetch(offset: int, limit: int) -> ModelPage:
        return ModelPage(tuple(ordered[offset : offset + limit]), size)

    result = asyncio.run(read_list(fetch, clock=InstantClock()))
    assert ids_of(result) == set(ordered)
    assert (None if result.problem is None else result.problem.kind) == (
        None if size == 10 else Incomplete.UNSORTED
    )


# --- rows without an id ---


def test_a_row_without_an_id_at_the_edge_of_two_pages_costs_one_more() -> None:
    table = Table(set(range(1, 1601)), hidden=frozenset({500, 999}))
    result = table.read()
    assert result.problem is None
    assert ids_of(result) == table.ids - table.hidden
    assert len(table.asked) == 4 + 2


@pytest.mark.parametrize("hidden", [{1}, {40}, {1, 40}, {39, 40}])
def test_rows_without_an_id_at_the_ends_of_a_list_keep_it_whole(hidden: set[int]) -> None:
    table = Table(set(range(1, 41)), hidden=frozenset(hidden))
    assert table.read(full=True).problem is None


def test_an_edge_among_nothing_but_rows_without_an_id_joins_nothing() -> None:
    problem = Table(set(range(1, 101)), 30, hidden=frozenset(range(15, 60))).read().problem
    assert problem is not None
    assert problem.kind is Incomplete.APART


# --- failures ---


async def test_a_first_page_that_fails_raises() -> None:
    async def fetch(_offset: int, _limit: int) -> ModelPage:
        raise down()

    with pytest.raises(ProviderError):
        await read_list(fetch, clock=InstantClock())


def test_three_failures_with_no_success_between_end_the_reading() -> None:
    table = Table(set(range(1, 2001)), 30, fails=lambda _, offset: offset > 0)
    result = table.read()
    assert result.problem is not None
    assert (result.problem.kind, result.problem.fault) == (
        Incomplete.FAILED,
        ProviderFault.SERVER_ERROR,
    )
    assert (result.problem.words, result.over) == ("it is down", True)
    assert ids_of(result) == set(range(1, 31))
    assert len(table.asked) <= 1 + 3 + 2  # two may be under way when the third fails


def test_failures_with_successes_between_do_not_end_the_reading() -> None:
    table = Table(set(range(1, 1001)), 30, fails=lambda number, _: number % 3 == 0)
    result = table.read()
    assert result.problem is None
    assert ids_of(result) == table.ids


@pytest.mark.parametrize("reason", [ProviderFault.UNAUTHORIZED, ProviderFault.RATE_LIMITED])
async def test_a_refusal_ends_the_reading_at_once(reason: ProviderFault) -> None:
    asked: list[int] = []

    async def fetch(offset: int, _limit: int) -> ModelPage:
        asked.append(offset)
        if offset:
            raise down(reason)
        return ModelPage(tuple(range(1, 31)), 3000)

    result = await read_list(fetch, clock=InstantClock())
    assert (result.over, len(result.pages), len(asked)) == (True, 1, 2)


async def test_what_the_caller_of_a_page_raises_ends_the_reading_as_it_is() -> None:
    async def fetch(offset: int, _limit: int) -> ModelPage:
        if offset == 58:
            raise ZeroDivisionError
        return ModelPage(tuple(range(offset + 1, offset + 31)), 300)

    with pytest.raises(ZeroDivisionError):
        await read_list(fetch, clock=InstantClock())


# --- readings that are cut ---


@pytest.mark.parametrize("says", [lambda total: total, lambda _: None])
def test_a_long_reading_is_cut_and_the_next_begins_where_it_stopped(
    says: Callable[[int], int | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "READERS", 1)
    table = Table(set(range(1, 1001)), 101, says=says, seconds=60.0)
    first = table.read()
    assert first.problem is not None
    assert first.problem.kind is Incomplete.CUT
    assert first.resume is not None
    assert len(first.pages) == 5
    asked = len(table.asked)
    second = table.read(resume=first.resume, page_size=first.page_size)
    assert (first.resume, 500) in table.asked[asked:]
    assert first.resume + 2 in ids_of(second) - ids_of(first)
    assert len(ids_of(first) | ids_of(second)) >= 800
    table.seconds = 0.0
    assert table.read(resume=second.resume).problem is None


def test_a_list_of_too_many_rows_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "MOST_ROWS", 200)
    result = Table(set(range(1, 1001)), 50).read()
    assert result.problem is not None
    assert result.problem.kind is Incomplete.CUT
    assert max(ids_of(result)) < 1000
    assert 200 <= sum(page.count for page in result.pages) <= 300
