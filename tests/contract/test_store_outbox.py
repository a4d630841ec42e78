"""What every store promises of the outbox."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from monitor.domain.alerting.notification import OutboxState
from monitor.errors import StoreError, StoreFault
from monitor.ports import DeliveryResult, FlushCommit, OutboxQuery, Store
from tests.contract.stores import (
    KINDS,
    NOW,
    StoreKind,
    after,
    claimed,
    finish,
    group,
    ids,
    ledger,
    one,
    put,
    row,
    states,
)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> StoreKind:
    return request.param


@pytest.fixture
async def store(kind: StoreKind, tmp_path: Path) -> AsyncIterator[Store]:
    async with kind.open(tmp_path) as opened:
        yield opened


# --- deciding -------------------------------------------------------------------------------------


async def test_a_row_comes_back_as_it_was_written_but_for_its_number(store: Store) -> None:
    await put(store, row("a"))
    (found,) = await store.outbox(OutboxQuery())
    assert found.notification == row("a").notification
    assert (found.state, found.attempts, found.next_attempt_at) == (OutboxState.PENDING, 0, NOW)
    assert (found.first_attempt_at, found.finished_at, found.last_error) == (None, None, None)


async def test_the_store_numbers_rows_upwards(store: Store) -> None:
    await put(store, row("a"), row("b", key="h"))
    await put(store, row("c"))
    newest_first = await store.outbox(OutboxQuery())
    assert ids(newest_first) == ["c", "b", "a"]
    numbers = [r.sequence for r in newest_first]
    assert numbers == sorted(set(numbers), reverse=True)


async def test_a_row_written_twice_is_there_once(store: Store) -> None:
    await put(store, row("a"))
    await claimed(store)
    await put(store, row("a"))
    assert (await one(store, "a")).attempts == 1


async def test_only_rows_never_attempted_can_be_replaced_but_all_pending_ones_wait(
    store: Store,
) -> None:
    await put(
        store,
        row("a"),
        row("b"),
        row("c"),
        row("other", key="h"),
        row("elsewhere", receiver="platform"),
    )
    assert await claimed(store, limit=1) == ["a"]
    found = await store.replaceable([group(), group("h"), group("unknown")])
    assert {name.key: ids(rows) for name, rows in found.items()} == {
        "g": ["b", "c"],
        "h": ["other"],
    }
    await claimed(store, limit=1, at=1)
    assert await store.replaceable([group("unknown")]) == {}
    assert await store.replaceable([]) == {}


async def test_superseded_rows_are_finished_and_never_claimed(store: Store) -> None:
    await put(store, row("a"), row("b"))
    await store.commit_flush(
        FlushCommit(rows=[row("c", created=5)], superseded=["a", "b"], ledgers=[ledger()])
    )
    assert await states(store) == {"a": "superseded", "b": "superseded", "c": "pending"}
    assert (await one(store, "a")).finished_at == after(5)
    assert await claimed(store) == ["c"]


@pytest.mark.parametrize("meanwhile", ["attempted", "delivered", "dropped", "pruned"])
async def test_superseding_a_row_that_is_no_longer_untouched_is_a_conflict(
    store: Store, meanwhile: str
) -> None:
    await put(store, row("a"))
    if meanwhile in {"attempted", "delivered"}:
        await claimed(store)
    if meanwhile == "delivered":
        await finish(store, "a")
    if meanwhile in {"dropped", "pruned"}:
        await store.drop(["a"], now=NOW)
    if meanwhile == "pruned":
        await store.prune(before=after(10))
    with pytest.raises(StoreError) as failure:
        await store.commit_flush(FlushCommit(rows=[row("b")], superseded=["a"]))
    assert failure.value.reason is StoreFault.CONFLICT
    assert "b" not in await states(store)


async def test_a_row_whose_attempt_was_cut_short_cannot_be_replaced(store: Store) -> None:
    await put(store, row("a"))
    await claimed(store)
    assert await store.replaceable([group()]) == {group(): []}


# --- claiming -------------------------------------------------------------------------------------


async def test_a_claim_counts_the_attempt_and_remembers_the_first(store: Store) -> None:
    await put(store, row("a"))
    (first,) = await store.claim("ops", now=after(1), lease_until=after(61), limit=10)
    assert (first.attempts, first.first_attempt_at, first.next_attempt_at) == (
        1,
        after(1),
        after(61),
    )
    (second,) = await store.claim("ops", now=after(61), lease_until=after(121), limit=10)
    assert (second.attempts, second.first_attempt_at, second.next_attempt_at) == (
        2,
        after(1),
        after(121),
    )
    assert await one(store, "a") == second


async def test_a_claimed_row_is_due_again_when_its_lease_ends_and_not_before(store: Store) -> None:
    await put(store, row("a"))
    assert await claimed(store, at=0) == ["a"]
    assert await claimed(store, at=59.999) == []
    assert await claimed(store, at=60) == ["a"]


async def test_the_rows_of_a_group_go_out_one_after_the_other(store: Store) -> None:
    await put(store, row("a"), row("b"))
    await put(store, row("c"))
    for expected in ("a", "b", "c"):
        assert await claimed(store) == [expected]
        assert await claimed(store) == []
        await finish(store, expected)
    assert await claimed(store) == []


async def test_a_row_that_waits_for_its_next_attempt_holds_back_its_group_and_no_other(
    store: Store,
) -> None:
    await put(store, row("a"), row("b"), row("x", key="h"))
    assert await claimed(store, limit=1) == ["a"]
    await store.settle(
        [
            DeliveryResult(
                id="a", state=OutboxState.PENDING, at=NOW, next_attempt_at=after(300), error="503"
            )
        ]
    )
    assert await claimed(store, at=100) == ["x"]
    await finish(store, "x")
    assert await claimed(store, at=300) == ["a"]


async def test_what_has_been_due_longest_is_claimed_first_and_the_older_of_equals(
    store: Store,
) -> None:
    await put(
        store,
        row("late", key="a", due=5),
        row("older", key="b", due=1),
        row("younger", key="c", due=1),
        row("not due", key="d", due=50),
    )
    assert await claimed(store, at=10, limit=2) == ["older", "younger"]
    assert await claimed(store, at=10, limit=2) == ["late"]


async def test_receivers_do_not_claim_each_others_rows(store: Store) -> None:
    await put(store, row("a"), row("b", receiver="platform"))
    assert await claimed(store, receiver="platform") == ["b"]
    assert await claimed(store, receiver="unknown") == []


async def test_a_dead_row_lets_the_next_of_its_group_go(store: Store) -> None:
    await put(store, row("a"), row("b"))
    await claimed(store)
    await finish(store, "a", state=OutboxState.DEAD)
    assert await claimed(store) == ["b"]


async def test_the_next_due_time_is_that_of_the_rows_that_may_go(store: Store) -> None:
    assert await store.next_due("ops") is None
    await put(store, row("a", due=30), row("behind it", due=5), row("x", key="h", due=40))
    assert await store.next_due("ops") == after(30)
    await claimed(store, at=30)
    assert await store.next_due("ops") == after(40)
    await claimed(store, at=40)
    assert await store.next_due("ops") == after(90)
    await finish(store, "a", "x")
    assert await store.next_due("ops") == after(5)
    await finish(store, "behind it")
    assert await store.next_due("ops") is None


# --- settling -------------------------------------------------------------------------------------


async def test_settling_records_how_each_attempt_ended(store: Store) -> None:
    await put(store, *(row(name, key=name) for name in ("ok", "dead", "again")))
    await claimed(store)
    await store.settle(
        [
            DeliveryResult(id="ok", state=OutboxState.DELIVERED, at=after(1)),
            DeliveryResult(
                id="dead", state=OutboxState.DEAD, at=after(2), error="400 no such channel"
            ),
            DeliveryResult(
                id="again",
                state=OutboxState.PENDING,
                at=after(3),
                next_attempt_at=after(8),
                error="503",
            ),
            DeliveryResult(id="unknown", state=OutboxState.DELIVERED, at=after(3)),
        ]
    )
    ok, dead, again = [await one(store, name) for name in ("ok", "dead", "again")]
    assert (ok.state, ok.finished_at, ok.last_error) == (OutboxState.DELIVERED, after(1), None)
    assert (dead.state, dead.finished_at, dead.last_error) == (
        OutboxState.DEAD,
        after(2),
        "400 no such channel",
    )
    assert (again.state, again.next_attempt_at, again.finished_at, again.last_error) == (
        OutboxState.PENDING,
        after(8),
        None,
        "503",
    )


async def test_a_delivered_row_keeps_the_error_of_the_attempt_before(store: Store) -> None:
    await put(store, row("a"))
    await store.settle(
        [
            DeliveryResult(
                id="a", state=OutboxState.PENDING, at=NOW, next_attempt_at=NOW, error="503"
            )
        ]
    )
    await finish(store, "a")
    assert (await one(store, "a")).last_error == "503"


async def test_a_finished_row_is_not_settled_again(store: Store) -> None:
    await put(store, row("a"), row("b"))
    await finish(store, "a", at=1)
    late = DeliveryResult(
        id="a", state=OutboxState.DEAD, at=after(9), error="late", replacements=[row("a-1")]
    )
    await store.settle([late])
    kept = await one(store, "a")
    assert (kept.state, kept.finished_at, kept.last_error) == (
        OutboxState.DELIVERED,
        after(1),
        None,
    )
    assert "a-1" not in await states(store)


async def test_the_halves_of_a_message_go_out_in_its_place(store: Store) -> None:
    await put(store, row("a"), row("b"), row("x", key="h"))
    await claimed(store)
    await store.settle(
        [
            DeliveryResult(
                id="a",
                state=OutboxState.DEAD,
                at=NOW,
                error="413",
                replacements=[row("a-1"), row("a-2")],
            )
        ]
    )
    original = await one(store, "a")
    assert (original.state, original.finished_at, original.last_error) == (
        OutboxState.SUPERSEDED,
        NOW,
        "413",
    )
    assert await claimed(store, at=1) == ["a-1"]
    await store.settle(
        [
            DeliveryResult(
                id="a-1", state=OutboxState.DEAD, at=NOW, replacements=[row("a-1-1"), row("a-1-2")]
            )
        ]
    )
    for expected in ("a-1-1", "a-1-2", "a-2", "b"):
        assert await claimed(store, at=1) == [expected]
        await finish(store, expected)
