"""Groups that are due → outbox rows, with the real store in memory."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from monitor.domain.alerting.notification import NotifyReason, OutboxState
from monitor.domain.routing.flush import Route
from monitor.ports import Snapshot
from monitor.store import SqliteStore
from tests.unit.desk import Desk, facts


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with SqliteStore(None) as store:
        yield Desk(store)


async def test_what_fires_together_is_one_message_and_its_receiver_is_woken(desk: Desk) -> None:
    await desk.fire("1")
    await desk.fire("2")
    assert await desk.flusher.flush_due() == 1
    (row,) = await desk.rows()
    assert facts(row) == (NotifyReason.FIRING, [("1", "firing"), ("2", "firing")])
    assert desk.woken == ["ops"]
    assert await desk.flusher.flush_due() == 0


async def test_more_news_waits_for_the_groups_interval(desk: Desk) -> None:
    await desk.fire("1")
    await desk.flusher.flush_due()
    await desk.deliver()
    await desk.clock.advance(60)
    await desk.fire("2")
    assert await desk.flusher.flush_due() == 0
    await desk.clock.advance(240)
    assert await desk.flusher.flush_due() == 1
    (row,) = await desk.rows()
    assert facts(row) == (NotifyReason.NEW_ALERTS, [("2", "firing"), ("1", "firing")])


async def test_a_message_never_attempted_is_replaced_by_the_next_one(desk: Desk) -> None:
    first = await desk.fire("1")
    await desk.flusher.flush_due()
    await desk.clock.advance(300)
    await desk.resolve(first)
    await desk.fire("2")
    await desk.flusher.flush_due()
    (row,) = await desk.rows()
    assert facts(row) == (NotifyReason.FIRING, [("2", "firing"), ("1", "resolved")])
    assert [old.notification.id for old in await desk.rows(OutboxState.SUPERSEDED)] == ["msg_1"]


async def test_a_message_that_was_attempted_keeps_its_id_and_goes_first(desk: Desk) -> None:
    first = await desk.fire("1")
    await desk.flusher.flush_due()
    now = desk.clock.now()
    await desk.store.claim("ops", now=now, lease_until=now + timedelta(seconds=30), limit=1)
    await desk.clock.advance(300)
    await desk.resolve(first)
    await desk.flusher.flush_due()
    assert [row.notification.id for row in await desk.rows()] == ["msg_1", "msg_2"]
    assert await desk.deliver() == ["msg_1"]
    assert await desk.deliver() == ["msg_2"]


async def test_a_message_attempted_while_its_replacement_is_decided_makes_the_flusher_decide_again(
    desk: Desk,
) -> None:
    first = await desk.fire("1")
    await desk.flusher.flush_due()
    await desk.clock.advance(300)
    await desk.resolve(first)
    replaceable = desk.store.replaceable

    async def raced(groups: object) -> object:
        found = await replaceable(groups)  # type: ignore[arg-type]
        now = desk.clock.now()
        await desk.store.claim("ops", now=now, lease_until=now + timedelta(seconds=30), limit=1)
        return found

    desk.store.replaceable = raced  # type: ignore[method-assign, assignment]
    assert await desk.flusher.flush_due() == 1
    assert next(row.notification.id for row in await desk.rows()) == "msg_1"
    assert await desk.rows(OutboxState.SUPERSEDED) == []


async def test_an_alert_that_fired_and_resolved_between_two_flushes_is_told_as_resolved(
    desk: Desk,
) -> None:
    await desk.fire("1")
    await desk.flusher.flush_due()
    await desk.deliver()
    await desk.clock.advance(10)
    await desk.resolve(await desk.fire("2"))
    await desk.clock.advance(290)
    await desk.flusher.flush_due()
    (row,) = await desk.rows()
    assert facts(row) == (NotifyReason.RESOLVED, [("2", "resolved"), ("1", "firing")])


async def test_told_endings_and_events_are_closed_and_not_loaded_again(desk: Desk) -> None:
    first = await desk.fire("1")
    await desk.happen("7", "aa")
    await desk.flusher.flush_due()
    await desk.clock.advance(300)
    await desk.resolve(first)
    await desk.flusher.flush_due()
    assert desk.state.ended == {}
    assert (await desk.store.load()).alerts == []
    history = await desk.store.alert_history()
    assert {alert.key.rule for alert in history} == {"Spam", "Stopped"}


async def test_a_restart_neither_repeats_nor_forgets(desk: Desk) -> None:
    first = await desk.fire("1")
    await desk.flusher.flush_due()
    await desk.deliver()
    second = await desk.fire("2")
    desk.open(await desk.store.load())
    assert await desk.flusher.flush_due() == 0
    await desk.clock.advance(300)
    await desk.resolve(first)
    await desk.flusher.flush_due()
    (row,) = await desk.rows()
    assert facts(row) == (NotifyReason.NEW_ALERTS, [("2", "firing"), ("1", "resolved")])
    assert row.notification.alerts[0].id == second.id


async def test_a_firing_group_is_repeated_but_not_while_a_message_waits(desk: Desk) -> None:
    await desk.fire("1")
    await desk.flusher.flush_due()
    await desk.clock.advance(4 * 3600)
    assert await desk.flusher.flush_due() == 0
    await desk.deliver()
    await desk.clock.advance(60)
    assert await desk.flusher.flush_due() == 1
    (row,) = await desk.rows()
    assert row.notification.reason is NotifyReason.REPEAT


async def test_a_resolve_goes_to_the_group_that_was_told_of_the_firing_though_grouping_changed(
    desk: Desk,
) -> None:
    first = await desk.fire("1")
    await desk.flusher.flush_due()
    (old,) = await desk.rows()
    await desk.deliver()
    desk.open(await desk.store.load(), Route(receiver="ops", group_by=("campaign_id",)))
    await desk.flusher.flush_due()
    await desk.deliver()
    await desk.clock.advance(300)
    await desk.resolve(first)
    await desk.flusher.flush_due()
    rows = await desk.rows()
    assert old.notification.group_key in {row.notification.group_key for row in rows}
    assert {row.notification.reason for row in rows} == {NotifyReason.RESOLVED}
    assert desk.state.ended == {}


async def test_who_does_not_want_resolves_gets_none_and_the_alert_is_closed(desk: Desk) -> None:
    desk.open(Snapshot(), silent=frozenset({"ops"}))
    first = await desk.fire("1")
    await desk.flusher.flush_due()
    await desk.deliver()
    await desk.clock.advance(300)
    await desk.resolve(first)
    await desk.flusher.flush_due()
    assert await desk.rows() == []
    assert desk.state.ended == {}


async def test_without_receivers_ended_alerts_are_closed_and_nothing_is_written(desk: Desk) -> None:
    desk.open(Snapshot(), route=None)
    await desk.resolve(await desk.fire("1"))
    assert await desk.flusher.flush_due() == 0
    assert await desk.rows(None) == []
    assert desk.state.ended == {}


async def test_the_loop_flushes_at_once_and_by_timer(desk: Desk) -> None:
    async with asyncio.TaskGroup() as tasks:
        loop = tasks.create_task(desk.flusher.run())
        await desk.fire("1")
        await _until(desk, 1)
        await desk.fire("2")
        await _until(desk, 1)
        await desk.deliver()
        await desk.clock.advance(300)
        await _until(desk, 1)
        loop.cancel()
    (row,) = await desk.rows()
    assert row.notification.reason is NotifyReason.NEW_ALERTS


async def _until(desk: Desk, rows: int) -> None:
    """The store works in a thread: give it real turns until it has."""
    for _ in range(1000):
        if len(await desk.rows()) == rows:
            return
        await desk.clock.settle(5)
    pytest.fail(f"no {rows} rows")


async def test_a_damaged_row_keeps_no_other_group_from_being_told(desk: Desk) -> None:
    await desk.fire("1")
    await desk.flusher.flush_due()
    (damaged,) = await desk.rows()
    await desk.store._write(  # what no code of ours writes
        lambda db: db.execute(
            "UPDATE outbox SET notification = '{' WHERE id = ?", (damaged.notification.id,)
        )
    )
    await desk.clock.advance(300)
    await desk.fire("2")
    await desk.fire("3", rule="Stalled")
    assert await desk.flusher.flush_due() == 2


async def test_a_clock_that_was_set_back_silences_no_receiver(desk: Desk) -> None:
    await desk.clock.advance(30 * 86400)
    await desk.fire("1")
    await desk.flusher.flush_due()
    await desk.deliver()
    desk.clock._now -= timedelta(days=30)
    await desk.fire("2")
    await desk.flusher.flush_due()
    assert len(await desk.rows()) == 1
    await desk.fire("3")
    assert await desk.flusher.flush_due() == 0
    await desk.clock.advance(300)
    assert await desk.flusher.flush_due() == 1


async def test_what_a_sweep_finds_waits_for_its_end_and_is_one_message(desk: Desk) -> None:
    await desk.fire("1", found_by="sms")
    assert await desk.flusher.flush_due() == 0
    await desk.clock.advance(2)
    await desk.fire("2", found_by="sms")
    assert await desk.flusher.flush_due() == 0
    desk.flusher.release("sms")
    assert await desk.flusher.flush_due() == 1
    (row,) = await desk.rows()
    assert facts(row) == (NotifyReason.FIRING, [("1", "firing"), ("2", "firing")])


async def test_what_a_long_sweep_finds_waits_five_seconds_at_most_by_itself(desk: Desk) -> None:
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(desk.flusher.run())
        await desk.clock.advance(1)
        await desk.fire("1", found_by="sms")
        await desk.clock.advance(4.9)
        assert await desk.rows() == []
        await desk.fire("2", found_by="sms")
        for _ in range(20):
            await desk.clock.advance(0.01)
            await desk.store.next_due("ops")  # the store works in a thread
        running.cancel()
    (row,) = await desk.rows()
    assert facts(row) == (NotifyReason.FIRING, [("1", "firing"), ("2", "firing")])


async def test_a_sweep_holds_up_neither_other_sweeps_nor_what_is_newer(desk: Desk) -> None:
    first = await desk.fire("1", found_by="sms")
    await desk.fire("2", rule="Odd")
    assert await desk.flusher.flush_due() == 1
    await desk.resolve(first)  # as another feed's poll found: what is held is older
    desk.flusher.release("sms")
    assert await desk.flusher.flush_due() == 1
    assert [facts(row) for row in await desk.rows()] == [
        (NotifyReason.FIRING, [("2", "firing")]),
        (NotifyReason.RESOLVED, [("1", "resolved")]),
    ]


async def test_what_is_held_is_not_lost_when_the_rules_change(desk: Desk) -> None:
    await desk.fire("1", found_by="sms")
    desk.flusher.use(desk.policy)
    assert await desk.flusher.flush_due() == 1
    desk.flusher.release("sms")
    assert await desk.flusher.flush_due() == 0
