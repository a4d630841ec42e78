"""What every store promises of the outbox when people and recoveries change it, and of listing
it."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from monitor.domain.alerting.notification import OutboxState
from monitor.ports import DeliveryResult, OutboxQuery, OutboxSummary, Store
from tests.contract.stores import KINDS, NOW, StoreKind, after, claimed, finish, ids, one, put, row


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> StoreKind:
    return request.param


@pytest.fixture
async def store(kind: StoreKind, tmp_path: Path) -> AsyncIterator[Store]:
    async with kind.open(tmp_path) as opened:
        yield opened


async def test_a_receiver_that_answers_again_is_sent_the_rest_at_once(store: Store) -> None:
    await put(
        store,
        row("later", key="a", due=100),
        row("behind", key="a", due=100),
        row("now", key="b"),
        row("under way", key="c"),
    )
    await put(store, row("elsewhere", receiver="platform", due=100))
    await claimed(store, at=0, limit=1)
    assert await claimed(store, at=0) == ["under way"]
    assert await store.hasten("ops", now=after(1)) == 2
    assert await store.hasten("ops", now=after(1)) == 0
    assert await claimed(store, at=1) == ["later"]
    assert await store.next_due("platform") == after(100)


async def test_a_row_whose_lease_ended_is_hastened_like_any_other(store: Store) -> None:
    await put(store, row("a"))
    await claimed(store, at=0)
    await store.settle(
        [DeliveryResult(id="a", state=OutboxState.PENDING, at=NOW, next_attempt_at=after(300))]
    )
    assert await store.hasten("ops", now=after(2)) == 1
    assert await claimed(store, at=2) == ["a"]


async def test_what_a_daemon_that_is_gone_had_claimed_is_due_at_once_and_still_counts_as_attempted(
    store: Store,
) -> None:
    await put(store, row("cut short", key="a"), row("later", key="b", due=100))
    assert await claimed(store, at=0) == ["cut short"]
    assert await store.release(now=after(1)) == 1
    assert await store.release(now=after(1)) == 0
    assert (await one(store, "cut short")).attempts == 1
    assert await claimed(store, at=1) == ["cut short"]


async def test_a_dead_row_can_be_sent_again_with_its_attempts_kept(store: Store) -> None:
    await put(store, row("a"))
    await claimed(store)
    await finish(store, "a", state=OutboxState.DEAD)
    assert await store.retry(["a", "a", "unknown"], now=after(5)) == 1
    again = await one(store, "a")
    assert (again.state, again.attempts, again.next_attempt_at, again.finished_at) == (
        OutboxState.PENDING,
        1,
        after(5),
        None,
    )
    (sent,) = await store.claim("ops", now=after(5), lease_until=after(65), limit=1)
    assert (sent.attempts, sent.first_attempt_at) == (2, after(5))


async def test_a_waiting_row_can_be_sent_at_once_but_not_one_under_attempt_or_delivered(
    store: Store,
) -> None:
    await put(
        store, row("waiting", key="a", due=100), row("under way", key="b"), row("done", key="c")
    )
    await claimed(store)
    await finish(store, "done")
    assert await store.retry(["waiting", "under way", "done"], now=after(1)) == 1
    assert await claimed(store, at=1) == ["waiting"]


async def test_a_dead_row_sent_again_goes_before_the_younger_ones_of_its_group(
    store: Store,
) -> None:
    await put(store, row("old"), row("young"))
    await store.drop(["old"], now=NOW)
    assert await store.next_due("ops") == NOW
    await store.retry(["old"], now=after(1))
    assert await claimed(store, at=1) == ["old"]
    await finish(store, "old")
    assert await claimed(store, at=1) == ["young"]


async def test_dropping_makes_pending_rows_dead_with_the_reason(store: Store) -> None:
    await put(store, row("a"), row("b"))
    await finish(store, "b")
    assert await store.drop(["a", "b", "unknown"], now=after(3)) == 1
    dropped = await one(store, "a")
    assert (dropped.state, dropped.finished_at, dropped.last_error) == (
        OutboxState.DEAD,
        after(3),
        "dropped by hand",
    )


async def test_a_row_sent_again_forgets_why_it_was_given_up(store: Store) -> None:
    await put(store, row("a"))
    await store.drop(["a"], now=NOW)
    await store.retry(["a"], now=after(1))
    again = await one(store, "a")
    assert (again.state, again.finished_at, again.last_error) == (OutboxState.PENDING, None, None)


async def test_rows_of_receivers_that_no_longer_exist_are_buried(store: Store) -> None:
    await put(
        store,
        row("kept"),
        row("gone", receiver="pager"),
        row("gone too", receiver="pager"),
        row("x", receiver="mail"),
    )
    assert await store.bury(["ops", "mail"], now=after(3)) == 2
    assert await store.bury(["ops", "mail"], now=after(4)) == 0
    buried = await one(store, "gone")
    assert (buried.state, buried.finished_at) == (OutboxState.DEAD, after(3))
    assert "no longer exists" in (buried.last_error or "")
    assert await store.next_due("pager") is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (OutboxQuery(), ["d", "c", "b", "a"]),
        (OutboxQuery(limit=2), ["d", "c"]),
        (OutboxQuery(receiver="ops"), ["c", "b", "a"]),
        (OutboxQuery(receiver="ops", state=OutboxState.DEAD), ["b"]),
        (OutboxQuery(state=OutboxState.PENDING, limit=1), ["d"]),
        (OutboxQuery(older_than=after(2)), ["b", "a"]),
    ],
)
async def test_rows_are_listed_newest_first_and_can_be_narrowed(
    store: Store, query: OutboxQuery, expected: list[str]
) -> None:
    await put(
        store,
        row("a", created=0),
        row("b", created=1),
        row("c", created=2),
        row("d", created=3, receiver="platform"),
    )
    await store.drop(["b"], now=NOW)
    assert ids(await store.outbox(query)) == expected


async def test_the_summary_counts_by_receiver_and_state(store: Store) -> None:
    await put(
        store,
        row("a", created=2),
        row("b", created=1),
        row("c", created=0),
        row("d", created=3, receiver="mail"),
    )
    await store.drop(["c"], now=NOW)

    def line(receiver: str, state: OutboxState, count: int, oldest: datetime) -> OutboxSummary:
        return OutboxSummary(receiver=receiver, state=state, count=count, oldest=oldest)

    assert await store.outbox_summary() == [
        line("mail", OutboxState.PENDING, 1, after(3)),
        line("ops", OutboxState.DEAD, 1, after(0)),
        line("ops", OutboxState.PENDING, 2, after(1)),
    ]
