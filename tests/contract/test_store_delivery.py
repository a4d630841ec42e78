"""What every store promises of what waits, what was given up, and what is copied for a fallback."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from monitor.domain.alerting.notification import OutboxState
from monitor.domain.routing.fallback import copy_for, copy_id
from monitor.ports import DeliveryResult, FlushCommit, OutboxQuery, Store
from tests.contract.stores import (
    KINDS,
    NOW,
    StoreKind,
    after,
    claimed,
    finish,
    ids,
    message,
    one,
    put,
    row,
    states,
)

COPY = copy_id("a", "pager")


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> StoreKind:
    return request.param


@pytest.fixture
async def store(kind: StoreKind, tmp_path: Path) -> AsyncIterator[Store]:
    async with kind.open(tmp_path) as opened:
        yield opened


async def test_the_backlog_is_what_waits_in_the_order_it_came(store: Store) -> None:
    await put(
        store,
        row("a"),
        row("b"),
        row("elsewhere", receiver="pager"),
        row("done", key="x"),
        row("c", key="y", due=500),
    )
    await finish(store, "done")
    rows = await store.backlog("ops", after=0, limit=2)
    assert ids(rows) == ["a", "b"]
    assert ids(await store.backlog("ops", after=rows[-1].sequence, limit=2)) == ["c"]


async def test_a_copy_is_committed_with_the_result_it_belongs_to(store: Store) -> None:
    await put(store, row("a"))
    dead = DeliveryResult(
        id="a",
        state=OutboxState.DEAD,
        at=NOW,
        error="400",
        copies=[copy_for(message("a"), "pager", NOW)],
    )
    await store.settle([dead])
    assert await states(store) == {"a": "dead", COPY: "pending"}
    assert await claimed(store, receiver="pager") == [COPY]
    assert (await one(store, COPY)).notification.fallback_for == ("ops",)


async def test_a_row_that_was_finished_before_makes_no_copy(store: Store) -> None:
    await put(store, row("a"))
    await finish(store, "a")
    await store.settle(
        [
            DeliveryResult(
                id="a",
                state=OutboxState.DEAD,
                at=NOW,
                copies=[copy_for(message("a"), "pager", NOW)],
            )
        ]
    )
    assert await states(store) == {"a": "delivered"}


async def test_a_copy_is_made_once_whatever_became_of_it(store: Store) -> None:
    await put(store, row("a"))
    copy = copy_for(message("a"), "pager", NOW)
    await store.commit_flush(FlushCommit(rows=[copy]))
    await finish(store, COPY)
    await store.commit_flush(FlushCommit(rows=[copy]))
    await store.settle([DeliveryResult(id="a", state=OutboxState.DEAD, at=NOW, copies=[copy])])
    assert await states(store) == {"a": "dead", COPY: "delivered"}


async def test_copies_can_be_listed_apart(store: Store) -> None:
    await put(store, row("own", receiver="pager"))
    await store.commit_flush(FlushCommit(rows=[copy_for(message("a"), "pager", NOW)]))
    assert ids(await store.outbox(OutboxQuery(receiver="pager", copies=True))) == [COPY]


async def test_copies_of_a_group_keep_their_order_and_hold_back_no_other_group(
    store: Store,
) -> None:
    await put(store, row("own", key="g", receiver="pager"))
    first, second = (
        copy_for(msgspec.structs.replace(message(id_), group_key="ops:g"), "pager", NOW)
        for id_ in ("a", "b")
    )
    await store.commit_flush(FlushCommit(rows=[first, second]))
    assert await claimed(store, receiver="pager") == ["own", COPY]


async def test_dead_letters_are_dead_rows_without_a_decision(store: Store) -> None:
    await put(
        store,
        *(row(name, key=name) for name in ("refused", "retried", "dropped")),
        row("gone", receiver="old"),
    )
    await finish(store, "refused", "retried", state=OutboxState.DEAD)
    await store.drop(["dropped"], now=NOW)
    await store.bury(["ops"], now=NOW)
    await store.retry(["retried"], now=NOW)
    assert await store.dead_letters() == {"ops": 1, "old": 1}


async def test_a_dead_letter_that_a_person_put_aside_is_kept_with_its_reason_and_can_be_sent(
    store: Store,
) -> None:
    await put(store, row("a"))
    await store.settle(
        [DeliveryResult(id="a", state=OutboxState.DEAD, at=after(1), error="400 no such channel")]
    )
    assert await store.drop(["a"], now=after(2)) == 1
    assert await store.drop(["a"], now=after(3)) == 0
    assert await store.dead_letters() == {}
    kept = await one(store, "a")
    assert (kept.state, kept.finished_at) == (OutboxState.DEAD, after(1))
    assert kept.last_error == "dropped by hand; it had failed: 400 no such channel"
    assert await store.retry(["a"], now=after(4)) == 1
    assert await claimed(store, at=4) == ["a"]


async def test_a_message_sent_again_that_is_given_up_again_is_a_dead_letter_again(
    store: Store,
) -> None:
    await put(store, row("a"))
    await store.drop(["a"], now=NOW)
    await store.retry(["a"], now=NOW)
    await store.settle([DeliveryResult(id="a", state=OutboxState.DEAD, at=NOW, error="410")])
    assert await store.dead_letters() == {"ops": 1}


async def test_dead_letters_have_a_time_of_their_own_to_be_kept(store: Store) -> None:
    await put(
        store,
        *(
            row(name, key=name)
            for name in ("old dead", "new dead", "old delivered", "older delivered")
        ),
    )
    await finish(store, "older delivered", at=5)
    await finish(store, "old delivered", at=15)
    await finish(store, "old dead", at=25, state=OutboxState.DEAD)
    await finish(store, "new dead", at=35, state=OutboxState.DEAD)
    assert await store.prune(before=after(10), dead_before=after(30)) == 2
    assert await states(store) == {"old delivered": "delivered", "new dead": "dead"}
