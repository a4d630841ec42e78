"""A receiver that is down for a day, from alert to message: real flusher, store and dispatcher,
on a clock moved by hand."""

from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import count

import pytest

from monitor.domain.alerting.alert import Alert, AlertKey, advance, begin, happened
from monitor.domain.alerting.notification import Notification, OutboxState
from monitor.domain.routing.policy import NotificationPolicy
from monitor.domain.routing.route import Route
from monitor.flusher import Flusher
from monitor.ports import CycleCommit, Snapshot
from monitor.state import State
from tests.integration.dispatching import Bench, ScriptedNotifier, bench, fault

RULES = ("Spam", "Stalled", "LateStart")
HOUR = 3600.0
NOTHING = timedelta(0)


class Recorder(ScriptedNotifier):
    """Keeps what was delivered, whole."""

    async def send(self, notification: Notification) -> None:
        await super().send(notification)
        self.messages.append(notification)

    @property
    def messages(self) -> list[Notification]:
        return self.__dict__.setdefault("_messages", [])


class World:
    """Alerts that begin and end, and what each receiver has been told of them."""

    def __init__(self, at: Bench) -> None:
        self.at = at
        self.ids = (f"msg_{number}" for number in count(1))
        self.state = State(Snapshot(), polled=())
        self.flusher = Flusher(
            store=at.store,  # type: ignore[arg-type]
            people=at.store,  # type: ignore[arg-type]
            state=self.state,
            policy=NotificationPolicy(
                route=Route(
                    receiver="ops", group_by=("alertname",), group_interval=timedelta(minutes=5)
                ),
                receivers=("ops",),
            ),
            clock=at.clock,
            metrics=at.metrics,
            new_id=lambda: next(self.ids),
            on_rows=at.dispatcher.wake,
        )
        self.firing: dict[AlertKey, Alert] = {}
        self.ended: list[Alert] = []
        self.events: list[Alert] = []

    async def commit(self, *alerts: Alert) -> None:
        commit = CycleCommit(account="default", alerts=alerts)
        await self.at.store.commit_cycle(commit)
        self.state.apply_cycle(commit)
        self.flusher.note(alerts)
        await self.flusher.flush_due()

    async def fire(self, rule: str, subject: int) -> None:
        now = self.at.clock.now()
        labels = {
            "alertname": rule,
            "account": "default",
            "campaign_id": str(subject),
            "severity": "warning",
        }
        pending = begin(AlertKey(rule, "default", str(subject)), labels=labels, now=now)
        alert = advance(pending, active=True, now=now, hold=NOTHING, keep_firing=NOTHING)
        assert alert is not None
        self.firing[alert.key] = alert
        await self.commit(alert)

    async def end(self, rule: str, subject: int) -> None:
        alert = self.firing.pop(AlertKey(rule, "default", str(subject)))
        ended = advance(
            alert, active=False, now=self.at.clock.now(), hold=NOTHING, keep_firing=NOTHING
        )
        assert ended is not None
        self.ended.append(ended)
        await self.commit(ended)

    async def happen(self, number: int) -> None:
        key = AlertKey("Stopped", "default", str(number))
        labels = {"alertname": "Stopped", "campaign_id": str(number)}
        event = happened(
            key, f"e{number}", labels=labels, annotations={}, now=self.at.clock.now(), campaign=None
        )
        self.events.append(event)
        await self.commit(event)

    async def minutes(self, number: int) -> None:
        """Time passes; what is due is flushed once a minute."""
        for _ in range(number):
            await self.at.pass_time(60)
            await self.flusher.flush_due()


@pytest.fixture
async def at() -> AsyncIterator[Bench]:
    async with bench() as prepared:
        yield prepared


def believes(messages: list[Notification]) -> dict[str, str]:
    """The state of each alert, according to these messages and nothing else."""
    known: dict[str, str] = {}
    for message in messages:
        for alert in message.alerts:
            known[alert.id] = "event" if alert.event_id else alert.status
    return known


@pytest.mark.slow
async def test_after_a_day_away_a_receiver_is_told_all_there_is_to_know_in_a_few_messages(
    at: Bench,
) -> None:
    ops = Recorder(at.clock, otherwise=fault())
    at.notifiers["ops"] = ops
    async with at.running():
        world = World(at)
        for hour in range(24):
            await world.fire(RULES[hour % 3], hour)
            await world.happen(hour)
            await world.minutes(30)
            if hour % 2:
                await world.end(RULES[hour % 3], hour)
            await world.minutes(30)
        assert ops.messages == []
        ops.otherwise = None
        await world.minutes(20)
    rows = await at.rows()
    assert not [row for row in rows.values() if row.state is OutboxState.DEAD]
    assert not [row for row in rows.values() if row.state is OutboxState.PENDING]
    by_group = defaultdict(list)
    for message in ops.messages:
        by_group[message.group_key].append(message)
    assert len(by_group) == 4
    assert (
        max(map(len, by_group.values())) <= 2
    )  # the one that was attempted keeps its id, and the current state
    known = believes(ops.messages)
    assert {id_ for id_, state in known.items() if state == "event"} == {
        event.id for event in world.events
    }
    assert {id_ for id_, state in known.items() if state == "firing"} == {
        alert.id for alert in world.firing.values()
    }
    assert {id_ for id_, state in known.items() if state == "resolved"} == {
        alert.id for alert in world.ended
    }


async def test_no_end_arrives_before_its_beginning_whatever_the_receiver_does(at: Bench) -> None:
    ops = Recorder(at.clock)
    at.notifiers["ops"] = ops
    async with at.running():
        world = World(at)
        for turn in range(40):
            ops.otherwise = fault() if turn % 3 else None
            if turn % 2:
                await world.end("Spam", turn - 1)
            else:
                await world.fire("Spam", turn)
            await world.minutes(7)
        ops.otherwise = None
        await world.minutes(15)
    state: dict[str, str] = {}
    for message in ops.messages:
        for alert in message.alerts:
            assert not (state.get(alert.id) == "resolved" and alert.status == "firing"), (
                "an end was told before its beginning"
            )
            state[alert.id] = alert.status
    assert set(state.values()) == {"resolved"}
    assert len(state) == 20


@pytest.mark.slow
async def test_another_receiver_is_told_at_once_all_day(at: Bench) -> None:
    at.receiver("down", otherwise=fault())
    ops = at.receiver("ops")
    await at.put(*(f"d{n}" for n in range(500)), receiver="down")
    async with at.running() as dispatcher:
        for hour in range(24):
            await at.put(f"n{hour}")
            begun = (at.clock.now(), len(ops.seen))
            dispatcher.wake("ops")
            await at.pass_time(0.01)
            assert ops.seen[begun[1] :], "not sent within 10 ms"
            await at.pass_time(HOUR)
    assert len(ops.delivered) == 24
