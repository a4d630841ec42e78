"""Routes, silences, mutes, inhibition and acknowledgements in the flusher, with the real store
in memory."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from monitor.domain.alerting.alert import Acknowledgement, Alert
from monitor.domain.alerting.notification import NotifyReason, OutboxRow, OutboxState
from monitor.domain.routing.flush import GroupId
from monitor.domain.routing.inhibition import InhibitRule
from monitor.domain.routing.matcher import parse_matchers
from monitor.domain.routing.silence import Silence
from monitor.domain.times.intervals import NamedIntervals, TimeInterval
from monitor.ports import Snapshot
from monitor.store import SqliteStore
from tests.unit.desk import ROUTE, Desk, facts

NIGHT = NamedIntervals(name="night", intervals=(TimeInterval(times=((9 * 60, 10 * 60),)),))
"""From when a test's clock begins, for an hour."""

HIDES = InhibitRule(
    source=parse_matchers("alertname=ApiDown"),
    target=parse_matchers("alertname!=ApiDown"),
    equal=("account",),
)
TREE = replace(
    ROUTE,
    routes=(
        replace(
            ROUTE, receiver="desk", matchers=parse_matchers("severity=critical"), continue_=True
        ),
        replace(
            ROUTE,
            receiver="night",
            matchers=parse_matchers("severity=critical"),
            mute_time_intervals=(NIGHT,),
        ),
    ),
)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with SqliteStore(None) as store:
        yield Desk(store)


async def silence(desk: Desk, matchers: str = "alertname=Spam", **values: Any) -> Silence:
    now = desk.clock.now()
    known: dict[str, Any] = {"id": "s1", "starts_at": now, "created_at": now, "author": "anna"}
    made = Silence(matchers=parse_matchers(matchers), **{**known, **values})
    await desk.store.add_silence(made)
    desk.flusher.look_outside()
    return made


async def told(
    desk: Desk, receiver: str = "ops"
) -> list[tuple[NotifyReason, list[tuple[str, str]]]]:
    """Flush, deliver what a receiver is told, and say what that was."""
    await desk.flusher.flush_due()
    rows = [facts(row) for row in await desk.rows() if row.notification.receiver == receiver]
    await desk.deliver(receiver)
    return rows


# --- routes ---------------------------------------------------------------------------------------


async def test_an_alert_is_told_to_every_receiver_it_is_routed_to(desk: Desk) -> None:
    desk.open(
        Snapshot(),
        replace(TREE, routes=(TREE.routes[0], replace(TREE.routes[1], mute_time_intervals=()))),
    )
    await desk.fire("1", severity="critical")
    await desk.fire("2")
    await desk.flusher.flush_due()
    assert sorted((row.notification.receiver, facts(row)[1]) for row in await desk.rows()) == [
        ("desk", [("1", "firing")]),
        ("night", [("1", "firing")]),
        ("ops", [("2", "firing")]),
    ]


async def test_the_end_goes_to_those_who_were_told_though_the_routes_have_changed(
    desk: Desk,
) -> None:
    desk.open(Snapshot(), TREE)
    alert = await desk.fire("1", severity="critical")
    assert await told(desk, "desk") == [(NotifyReason.FIRING, [("1", "firing")])]
    desk.open(await desk.store.load(), ROUTE)
    await desk.clock.advance(300)
    assert await told(desk, "ops") == [(NotifyReason.FIRING, [("1", "firing")])]
    await desk.clock.advance(300)
    await desk.resolve(alert)
    await desk.flusher.flush_due()
    assert {row.notification.receiver for row in await desk.rows()} == {"ops", "desk"}
    assert desk.state.ended == {}


async def test_many_groups_that_are_due_together_are_all_told_and_repeat_nothing_that_waits(
    desk: Desk,
) -> None:
    desk.open(Snapshot(), replace(ROUTE, group_by=("...",)))
    for number in range(50):
        await desk.fire(str(number))
    assert await desk.flusher.flush_due() == 50
    await desk.clock.advance(4 * 3600)
    assert await desk.flusher.flush_due() == 0
    assert len(await desk.rows()) == 50


# --- silences -------------------------------------------------------------------------------------


async def test_a_silenced_alert_is_told_once_the_silence_ends_if_it_still_fires(desk: Desk) -> None:
    await silence(desk, ends_at=desk.clock.now() + timedelta(hours=1))
    await desk.fire("1")
    assert await told(desk) == []
    await desk.clock.advance(3600)
    assert await told(desk) == [(NotifyReason.FIRING, [("1", "firing")])]


async def test_what_came_and_went_in_silence_is_never_told_and_is_closed(desk: Desk) -> None:
    await silence(desk, "alertname=~Spam|Stopped", ends_at=desk.clock.now() + timedelta(hours=1))
    alert = await desk.fire("1")
    await told(desk)
    await desk.clock.advance(60)
    await desk.resolve(alert)
    await desk.happen("1", "e1")
    assert await told(desk) == []
    assert desk.state.ended == {}
    await desk.clock.advance(7200)
    assert await told(desk) == []


async def test_an_alert_that_was_told_is_told_to_have_ended_at_once_through_a_silence(
    desk: Desk,
) -> None:
    alert = await desk.fire("1")
    await told(desk)
    await silence(desk, until_resolved=True)
    await desk.clock.advance(5 * 3600)
    assert await told(desk) == []  # not repeated
    await desk.resolve(alert)
    assert await told(desk) == [(NotifyReason.RESOLVED, [("1", "resolved")])]


async def test_a_silence_until_resolved_ends_with_the_problem_and_says_so_in_the_store(
    desk: Desk,
) -> None:
    await silence(desk, until_resolved=True)
    alert = await desk.fire("1")
    await told(desk)
    (known,) = await desk.store.silences()
    assert (known.matched_at, known.ended_at) == (desk.clock.now(), None)
    await desk.clock.advance(60)
    await desk.resolve(alert)
    assert await told(desk) == []
    (known,) = await desk.store.silences()
    assert (known.ended_at, known.ended_by) == (desk.clock.now(), None)
    await desk.fire("2")
    assert await told(desk) == [(NotifyReason.FIRING, [("2", "firing")])]


async def test_a_silence_that_is_there_at_the_start_holds_from_the_first_flush(desk: Desk) -> None:
    await desk.fire("1")
    await silence(desk)
    desk.open(await desk.store.load())
    assert await told(desk) == []


async def test_what_ended_in_a_silence_that_has_ended_since_is_not_told_after_a_restart(
    desk: Desk,
) -> None:
    await silence(desk, ends_at=desk.clock.now() + timedelta(minutes=2))
    alert = await desk.fire("1")
    await desk.clock.advance(60)
    await desk.resolve(alert)  # and the daemon dies before its next flush
    await desk.clock.advance(3600)
    desk.open(await desk.store.load())
    assert await told(desk) == []
    assert desk.state.ended == {}


async def test_a_message_about_others_shows_what_the_receiver_knows_and_hides_what_it_does_not(
    desk: Desk,
) -> None:
    await desk.fire("1")
    await told(desk)
    await silence(desk, "campaign_id=~1|2")
    await desk.fire("2")
    await desk.fire("3")
    await desk.clock.advance(300)
    assert await told(desk) == [(NotifyReason.NEW_ALERTS, [("3", "firing"), ("1", "firing")])]
    await desk.clock.advance(4 * 3600)
    assert await told(desk) == [(NotifyReason.REPEAT, [("3", "firing")])]


class Interrupted(SqliteStore):
    """Lets something happen while a flush is being decided."""

    meanwhile: Callable[[], Awaitable[object]] | None = None

    async def replaceable(
        self, groups: Collection[GroupId]
    ) -> Mapping[GroupId, Sequence[OutboxRow]]:
        happens, self.meanwhile = self.meanwhile, None
        if happens is not None:
            await happens()
        return await super().replaceable(groups)


async def test_what_ends_in_silence_while_others_are_decided_is_left_to_the_next_flush() -> None:
    async with Interrupted(None) as store:
        desk = Desk(store)
        await silence(desk)
        hidden = await desk.fire("1")
        await desk.flusher.flush_due()
        await desk.fire("2", rule="Stalled")
        store.meanwhile = lambda: desk.resolve(hidden)
        await desk.flusher.flush_due()
        assert hidden.id in {alert.id for alert in (await store.load()).alerts}
        await desk.flusher.flush_due()
        assert hidden.id not in {alert.id for alert in (await store.load()).alerts}


async def test_a_silence_from_outside_takes_effect_in_the_loop_without_a_cycle(desk: Desk) -> None:
    async with asyncio.TaskGroup() as tasks:
        await silence(desk)
        loop = tasks.create_task(desk.flusher.run())
        await desk.fire("1")
        await desk.clock.settle(200)
        assert await desk.rows() == []
        await desk.store.expire_silences(["s1"], at=desk.clock.now(), by="anna")
        desk.flusher.look_outside()
        await until_there_are(desk, 1)
        loop.cancel()


async def test_a_silence_ends_by_the_clock_in_the_loop(desk: Desk) -> None:
    async with asyncio.TaskGroup() as tasks:
        await silence(desk, ends_at=desk.clock.now() + timedelta(minutes=7))
        loop = tasks.create_task(desk.flusher.run())
        await desk.fire("1")
        while not desk.clock.sleeping:
            await desk.clock.settle(5)
        await desk.clock.advance(7 * 60)
        await until_there_are(desk, 1)
        loop.cancel()


@pytest.mark.parametrize("pair", range(12))
async def test_a_silence_that_ends_between_two_readings_of_the_clock_is_over(
    desk: Desk, pair: int
) -> None:
    desk.clock.creep, desk.clock.early = 0.001, (pair + 0.5) * 0.001
    async with asyncio.TaskGroup() as tasks:
        await silence(desk, ends_at=desk.clock.now() + timedelta(minutes=1))
        loop = tasks.create_task(desk.flusher.run())
        await desk.fire("1")
        while not desk.clock.sleeping:
            await desk.clock.settle(5)
        for _ in range(4):  # the first wait may end early
            await desk.clock.advance(30)
            await desk.store.open_alerts()  # what the loop asked of the store is answered before
        await until_there_are(desk, 1)
        loop.cancel()


async def test_a_silence_ends_in_time_though_the_machine_slept_meanwhile(desk: Desk) -> None:
    async with asyncio.TaskGroup() as tasks:
        await silence(desk, ends_at=desk.clock.now() + timedelta(hours=10))
        loop = tasks.create_task(desk.flusher.run())
        await desk.fire("1")
        while not desk.clock.sleeping:
            await desk.clock.settle(5)
        desk.clock.suspend(12 * 3600)
        await desk.clock.advance(60)
        await until_there_are(desk, 1)
        loop.cancel()


async def until_there_are(desk: Desk, rows: int) -> None:
    for _ in range(1000):
        if len(await desk.rows()) == rows:
            return
        await desk.clock.settle(5)
    pytest.fail(f"no {rows} rows")


# --- mutes ----------------------------------------------------------------------------------------


async def test_a_mute_puts_off_to_its_end_and_loses_nothing(desk: Desk) -> None:
    desk.open(Snapshot(), replace(ROUTE, mute_time_intervals=(NIGHT,)))
    gone = await desk.fire("1")
    await desk.fire("2")
    assert await told(desk) == []
    await desk.clock.advance(60)
    await desk.resolve(gone)
    assert await told(desk) == []
    await desk.clock.advance(3539)
    assert await told(desk) == []
    await desk.clock.advance(1)
    assert await told(desk) == [(NotifyReason.FIRING, [("2", "firing"), ("1", "resolved")])]


async def test_an_active_interval_mutes_what_is_outside_of_it(desk: Desk) -> None:
    later = NamedIntervals(name="day", intervals=(TimeInterval(times=((10 * 60, 11 * 60),)),))
    desk.open(Snapshot(), replace(ROUTE, active_time_intervals=(later,)))
    await desk.fire("1")
    assert await told(desk) == []
    await desk.clock.advance(3600)
    assert await told(desk) == [(NotifyReason.FIRING, [("1", "firing")])]


async def test_a_mute_ends_by_the_clock_in_the_loop(desk: Desk) -> None:
    desk.open(Snapshot(), replace(ROUTE, mute_time_intervals=(NIGHT,)))
    async with asyncio.TaskGroup() as tasks:
        loop = tasks.create_task(desk.flusher.run())
        await desk.fire("1")
        while not desk.clock.sleeping:
            await desk.clock.settle(5)
        await desk.clock.advance(3600)
        await until_there_are(desk, 1)
        loop.cancel()


async def test_one_routes_mute_keeps_no_other_quiet(desk: Desk) -> None:
    desk.open(Snapshot(), TREE)
    await desk.fire("1", severity="critical")
    await desk.flusher.flush_due()
    assert [row.notification.receiver for row in await desk.rows()] == ["desk"]


# --- inhibition -----------------------------------------------------------------------------------


async def test_what_an_accounts_alert_hides_is_told_when_that_ends(desk: Desk) -> None:
    desk.open(Snapshot(), rules=(HIDES,))
    down = await desk.fire("", rule="ApiDown")
    await desk.fire("1")
    assert await told(desk) == [(NotifyReason.FIRING, [("", "firing")])]
    await desk.clock.advance(300)
    await desk.resolve(down)
    assert sorted(await told(desk)) == [
        (NotifyReason.FIRING, [("1", "firing")]),
        (NotifyReason.RESOLVED, [("", "resolved")]),
    ]


async def test_what_ends_together_with_what_hid_it_is_not_told(desk: Desk) -> None:
    desk.open(Snapshot(), rules=(HIDES,))
    down = await desk.fire("", rule="ApiDown")
    alert = await desk.fire("1")
    await told(desk)
    await desk.clock.advance(300)
    await desk.resolve(alert)
    await desk.resolve(down)
    assert await told(desk) == [(NotifyReason.RESOLVED, [("", "resolved")])]
    assert desk.state.ended == {}


async def test_what_was_told_before_it_was_hidden_is_not_repeated_and_its_end_is_told(
    desk: Desk,
) -> None:
    desk.open(Snapshot(), rules=(HIDES,))
    alert = await desk.fire("1")
    assert len(await told(desk)) == 1
    await desk.fire("", rule="ApiDown")
    await told(desk)
    await desk.clock.advance(3 * 3600 + 3600)
    assert await told(desk) == [(NotifyReason.REPEAT, [("", "firing")])]
    await desk.resolve(alert)
    assert await told(desk) == [(NotifyReason.RESOLVED, [("1", "resolved")])]


# --- acknowledgements -----------------------------------------------------------------------------


async def ack(desk: Desk, alert: Alert) -> None:
    await desk.store.acknowledge(
        [Acknowledgement(alert_id=alert.id, author="anna", at=desk.clock.now())]
    )
    desk.flusher.look_outside()


async def test_an_acknowledged_group_is_not_repeated_until_there_is_news(desk: Desk) -> None:
    first = await desk.fire("1")
    await told(desk)
    await desk.clock.advance(60)
    await ack(desk, first)
    await desk.clock.advance(24 * 3600)
    assert await told(desk) == []
    await desk.fire("2")
    ((reason, shown),) = await told(desk)
    assert (reason, shown) == (NotifyReason.NEW_ALERTS, [("2", "firing"), ("1", "firing")])
    await desk.clock.advance(4 * 3600)
    assert [reason for reason, _ in await told(desk)] == [NotifyReason.REPEAT]


async def test_the_next_message_says_who_is_handling_it_and_since_when(desk: Desk) -> None:
    first = await desk.fire("1")
    await told(desk)
    await ack(desk, first)
    at = desk.clock.now()
    await desk.fire("2")
    await desk.clock.advance(300)
    await desk.flusher.flush_due()
    (row,) = await desk.rows()
    assert [(a.acknowledged_by, a.acknowledged_at) for a in row.notification.alerts] == [
        (None, None),
        ("anna", at),
    ]


async def test_an_acknowledged_alert_that_ends_is_told_and_the_others_are_repeated_again(
    desk: Desk,
) -> None:
    first = await desk.fire("1")
    await desk.fire("2")
    await told(desk)
    await ack(desk, first)
    await desk.clock.advance(300)
    await desk.resolve(first)
    assert await told(desk) == [(NotifyReason.RESOLVED, [("1", "resolved"), ("2", "firing")])]
    await desk.clock.advance(4 * 3600)
    assert [reason for reason, _ in await told(desk)] == [NotifyReason.REPEAT]


async def test_a_receiver_whose_service_shows_it_is_told_at_once_who_is_handling_it(
    desk: Desk,
) -> None:
    desk.open(Snapshot(), TREE, acknowledging=frozenset({"desk"}))
    first = await desk.fire("1", severity="critical")
    second = await desk.fire("2", severity="critical")
    await told(desk, "desk")
    await told(desk, "night")
    await desk.clock.advance(1)
    await ack(desk, second)
    await desk.flusher.flush_due()
    (row,) = await desk.rows()
    assert row.notification.receiver == "desk"
    assert facts(row) == (NotifyReason.ACKNOWLEDGED, [("2", "firing"), ("1", "firing")])
    assert row.notification.alerts[0].acknowledged_by == "anna"
    desk.open(await desk.store.load(), TREE, acknowledging=frozenset({"desk"}))
    await desk.clock.advance(5 * 3600)
    assert await told(desk, "desk") == [
        (NotifyReason.ACKNOWLEDGED, [("2", "firing"), ("1", "firing")])
    ]  # still the same one
    assert await told(desk, "desk") == []
    await ack(desk, first)
    assert await told(desk, "desk") == [
        (NotifyReason.ACKNOWLEDGED, [("1", "firing"), ("2", "firing")])
    ]


async def test_news_replace_a_message_that_only_says_who_is_handling_it(desk: Desk) -> None:
    desk.open(Snapshot(), acknowledging=frozenset({"ops"}))
    first = await desk.fire("1")
    await told(desk)
    await ack(desk, first)
    await desk.flusher.flush_due()
    await desk.clock.advance(300)
    await desk.fire("2")
    assert await told(desk) == [(NotifyReason.NEW_ALERTS, [("2", "firing"), ("1", "firing")])]
    await desk.clock.advance(60)
    assert await told(desk) == []


async def test_it_is_told_after_the_news_that_an_alert_fires_and_not_in_its_place(
    desk: Desk,
) -> None:
    desk.open(Snapshot(), acknowledging=frozenset({"ops"}))
    first = await desk.fire("1")
    await desk.flusher.flush_due()
    await ack(desk, first)
    assert await told(desk) == [(NotifyReason.FIRING, [("1", "firing")])]
    await desk.clock.advance(60)
    assert await told(desk) == [(NotifyReason.ACKNOWLEDGED, [("1", "firing")])]


async def test_an_acknowledgement_survives_a_restart_and_can_be_taken_back(desk: Desk) -> None:
    alert = await desk.fire("1")
    await told(desk)
    await ack(desk, alert)
    desk.open(await desk.store.load())
    await desk.clock.advance(5 * 3600)
    assert await told(desk) == []
    assert await desk.store.forget_acknowledgements([alert.id]) == 1
    desk.flusher.look_outside()
    assert [reason for reason, _ in await told(desk)] == [NotifyReason.REPEAT]


async def test_a_closed_alert_leaves_nothing_behind(desk: Desk) -> None:
    await silence(desk, "campaign_id=2")
    one, two = await desk.fire("1"), await desk.fire("2")
    await told(desk)
    await ack(desk, one)
    await desk.clock.advance(300)
    await desk.resolve(one)
    await desk.resolve(two)
    await told(desk)
    await desk.clock.advance(300)
    await desk.flusher.flush_due()
    assert await desk.store.open_alerts() == []
    assert (await desk.store.load()).ledgers == []
    assert await desk.store.acknowledgements() == []
    assert [row.state for row in await desk.rows(None)] == [OutboxState.DELIVERED] * 2
