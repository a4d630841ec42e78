"""Several routes, silences, a mute, an inhibition, acknowledgements, failing receivers, reloads
and restarts, against a model.

The model knows what is true and what a person has said, and looks at nothing but the messages:
receivers end up knowing the truth, no receiver is told the same news twice, nothing is told while
mute, and what was told to no receiver ended in silence.
"""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain.alerting.alert import Acknowledgement, Alert
from monitor.domain.alerting.notification import NotifyReason, OutboxState
from monitor.domain.routing.inhibition import InhibitRule
from monitor.domain.routing.matcher import parse_matchers
from monitor.domain.routing.policy import NotificationPolicy
from monitor.domain.routing.silence import Silence
from monitor.domain.times.intervals import NamedIntervals, TimeInterval
from monitor.ports import DeliveryResult, OutboxQuery, Snapshot
from monitor.store import SqliteStore
from tests.examples import examples
from tests.unit.desk import ROUTE, Desk

MUTE = NamedIntervals(name="mute", intervals=(TimeInterval(times=((9 * 60 + 5, 9 * 60 + 30),)),))
TREE = replace(
    ROUTE,
    routes=(
        replace(
            ROUTE,
            receiver="desk",
            matchers=parse_matchers("severity=critical"),
            continue_=True,
            group_by=("...",),
        ),
        replace(
            ROUTE,
            receiver="night",
            matchers=parse_matchers("severity=critical"),
            mute_time_intervals=(MUTE,),
            group_wait=timedelta(minutes=1),
        ),
    ),
)
HIDES = InhibitRule(
    source=parse_matchers("alertname=ApiDown"),
    target=parse_matchers("alertname=Spam"),
    equal=("account",),
)

ACKNOWLEDGING = frozenset({"desk"})
"""Receivers that are told at once that an alert was acknowledged."""


def receivers_of(alert: Alert) -> set[str]:
    return {"desk", "night"} if alert.labels.get("severity") == "critical" else {"ops"}


@dataclass
class Model:
    desk: Desk
    alerts: dict[str, Alert] = field(default_factory=dict)
    silences: list[Silence] = field(default_factory=list)
    hushed: set[tuple[str, str]] = field(
        default_factory=set
    )  # receiver, alert: ended in silence before it was told
    decided: set[tuple[str, str]] = field(default_factory=set)
    heard: list[tuple[str, str, str]] = field(default_factory=list)
    belief: dict[tuple[str, str], str] = field(default_factory=dict)
    looked_after: dict[str, datetime | None] = field(
        default_factory=dict
    )  # as "desk" knows of what it knows to fire
    number: int = 0

    @property
    def now(self) -> datetime:
        return self.desk.clock.now()

    def firing(self) -> list[Alert]:
        return [alert for _, alert in sorted(self.alerts.items()) if alert.resolved_at is None]

    def suppressed(self, alert: Alert) -> bool:
        """By a silence or by an account's alert, at this moment."""
        silenced = any(
            silence.starts_at <= self.now < (silence.ends_at or self.now + timedelta(1))
            and all(matcher.value == alert.labels.get(matcher.name) for matcher in silence.matchers)
            for silence in self.silences
        )
        down = any(each.key.rule == "ApiDown" for each in self.firing())
        return silenced or (down and alert.key.rule == "Spam")

    def note_end(self, alert: Alert) -> None:
        if self.suppressed(alert):
            self.hushed |= {
                (r, alert.id) for r in receivers_of(alert) if (r, alert.id) not in self.decided
            }

    async def step(self, operation: str, choice: int) -> None:
        await self.desk.clock.advance(1)
        match operation:
            case "fire":
                self.number += 1
                severity = ("critical", "warning")[choice % 2]
                alert = await self.desk.fire(
                    str(self.number), severity=severity, team=str(choice % 3)
                )
                self.alerts[alert.id] = alert
            case "down" if not any(each.key.rule == "ApiDown" for each in self.firing()):
                alert = await self.desk.fire("", rule="ApiDown")
                self.alerts[alert.id] = alert
            case "event":
                self.number += 1
                alert = await self.desk.happen(str(self.number), f"e{self.number}")
                self.alerts[alert.id] = alert
                self.note_end(alert)
            case "resolve" if self.firing():
                alert = self.firing()[choice % len(self.firing())]
                self.note_end(alert)
                self.alerts[alert.id] = await self.desk.resolve(alert)
            case "silence":
                label = ("team=0", "severity=critical", "alertname=Stopped")[choice % 3]
                await self.silence(
                    label, timedelta(minutes=choice * 3), timedelta(minutes=3 + choice * 4)
                )
            case "ack" if self.firing():
                alert = self.firing()[choice % len(self.firing())]
                await self.desk.store.acknowledge(
                    [Acknowledgement(alert_id=alert.id, author="anna", at=self.now)]
                )
                self.desk.flusher.look_outside()
            case "restart":
                self.desk.open(
                    await self.desk.store.load(), TREE, rules=(HIDES,), acknowledging=ACKNOWLEDGING
                )
            case "reload":
                receivers = ("ops", "desk", "night")
                told = NotificationPolicy(
                    route=TREE,
                    inhibit_rules=(HIDES,),
                    receivers=receivers,
                    acknowledging=ACKNOWLEDGING,
                )
                self.desk.flusher.use(told)
            case "pass":
                await self.desk.clock.advance((20, 120, 400, 2000)[choice % 4])
            case "deliver" | "fail":
                await self.deliver(
                    ("ops", "desk", "night")[choice % 3], succeeds=operation == "deliver"
                )
        await self.flush()

    async def silence(self, matcher: str, wait: timedelta, span: timedelta) -> None:
        self.number += 1
        start = self.now + wait
        made = Silence(
            id=f"s{self.number}",
            matchers=parse_matchers(matcher),
            starts_at=start,
            ends_at=start + span,
            author="anna",
            created_at=self.now,
        )
        self.silences.append(made)
        await self.desk.store.add_silence(made)
        self.desk.flusher.look_outside()

    async def flush(self) -> None:
        before = {row.notification.id for row in await self.desk.rows(None)}
        firing = {alert.id for alert in self.firing()}
        await self.desk.flusher.flush_due()
        for row in await self.desk.rows(None):
            message = row.notification
            if message.id in before:
                continue
            assert message.receiver != "night" or not MUTE.contains(self.now), "told while mute"
            without_news = message.reason in (NotifyReason.REPEAT, NotifyReason.ACKNOWLEDGED)
            assert without_news == (not any(alert.changed for alert in message.alerts))
            assert (
                message.reason is not NotifyReason.ACKNOWLEDGED or message.receiver in ACKNOWLEDGING
            )
            for told in message.alerts:
                assert message.receiver in receivers_of(self.alerts[told.id])
                assert (message.receiver, told.id) not in self.hushed, (
                    "told of what ended in silence"
                )
                assert told.event_id or (told.status == "firing") == (told.id in firing), (
                    "a message tells the truth"
                )
                known = (message.receiver, told.id) in self.decided
                if told.changed and not known and told.status == "firing":
                    assert told.event_id or not self.suppressed(self.alerts[told.id]), (
                        "told of what is silenced"
                    )
                self.decided.add((message.receiver, told.id))
        fresh = [row.notification.group_key for row in await self.desk.rows() if not row.attempts]
        assert len(fresh) == len(set(fresh)), (
            "a message was not replaced by the next one of its group"
        )

    async def deliver(self, receiver: str, *, succeeds: bool) -> None:
        now = self.now
        rows = await self.desk.store.claim(receiver, now=now, lease_until=now, limit=50)
        if not succeeds:
            return
        for message in (row.notification for row in rows):
            for told in message.alerts:
                status = "event" if told.event_id else told.status
                if told.changed:
                    assert (receiver, told.id, status) not in self.heard, "the same news twice"
                    self.heard.append((receiver, told.id, status))
                self.belief[receiver, told.id] = status
                if receiver in ACKNOWLEDGING and status == "firing" and not told.changed:
                    self.looked_after[told.id] = told.acknowledged_at
        done = [
            DeliveryResult(id=row.notification.id, state=OutboxState.DELIVERED, at=now)
            for row in rows
        ]
        await self.desk.store.settle(done)

    async def finish(self) -> None:
        """All that is quiet ends, and every receiver can be reached."""
        for alert in self.firing():
            if alert.key.rule == "ApiDown":
                self.note_end(alert)
                self.alerts[alert.id] = await self.desk.resolve(alert)
        for _ in range(4):
            await self.desk.clock.advance(3600)
            await self.flush()
            while await self.desk.store.outbox(OutboxQuery(state=OutboxState.PENDING, limit=1)):
                for receiver in ("ops", "desk", "night"):
                    await self.deliver(receiver, succeeds=True)
        expected = {
            (receiver, alert.id): "event"
            if alert.is_event
            else "firing"
            if alert.resolved_at is None
            else "resolved"
            for alert in self.alerts.values()
            for receiver in receivers_of(alert)
            if (receiver, alert.id) not in self.hushed
        }
        assert self.belief == expected
        said = {each.alert_id: each.at for each in await self.desk.store.acknowledgements()}
        known = {alert.id for alert in self.firing() if ACKNOWLEDGING & receivers_of(alert)}
        assert {id_: at for id_, at in self.looked_after.items() if id_ in known and at} == {
            id_: at for id_, at in said.items() if id_ in known
        }
        firing = {alert.id for alert in self.firing()}
        left = await self.desk.store.load()
        assert {alert.id for alert in left.alerts} == firing
        assert {alert_id for ledger in left.ledgers for alert_id in ledger.told} == firing


operations = st.sampled_from(
    [
        "fire",
        "fire",
        "resolve",
        "resolve",
        "down",
        "event",
        "silence",
        "ack",
        "restart",
        "reload",
        "pass",
        "pass",
        "deliver",
        "fail",
    ]
)


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.tuples(operations, st.integers(0, 5)), max_size=30))
def test_receivers_end_up_knowing_the_truth(steps: list[tuple[str, int]]) -> None:
    async def play() -> None:
        async with SqliteStore(None) as store:
            desk = Desk(store)
            desk.open(Snapshot(), TREE, rules=(HIDES,), acknowledging=ACKNOWLEDGING)
            model = Model(desk)
            for operation, choice in steps:
                await model.step(operation, choice)
            await model.finish()

    asyncio.run(play())
