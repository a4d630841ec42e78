"""A flusher over the real store in memory, and hands to make alerts with."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import count

from monitor import __version__
from monitor.domain.alerting.alert import Alert, AlertKey, advance, begin, happened
from monitor.domain.alerting.notification import NotifyReason, OutboxRow, OutboxState
from monitor.domain.routing.flush import Route
from monitor.domain.routing.inhibition import InhibitRule
from monitor.domain.routing.policy import NotificationPolicy
from monitor.flusher import Flusher
from monitor.metrics import Metrics
from monitor.ports import CycleCommit, DeliveryResult, OutboxQuery, Snapshot
from monitor.state import State
from monitor.store import SqliteStore
from tests.clock import FakeClock

ROUTE = Route(receiver="ops", group_by=("alertname",), group_interval=timedelta(minutes=5))


class Desk:
    """A flusher over a store, and hands to make alerts with."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.clock = FakeClock()
        self.ids = (f"msg_{number}" for number in count(1))
        self.woken: list[str] = []
        self.metrics = Metrics(__version__)
        self.open(Snapshot())

    def open(
        self,
        snapshot: Snapshot,
        route: Route | None = ROUTE,
        silent: frozenset[str] = frozenset(),
        rules: Sequence[InhibitRule] = (),
        receivers: Sequence[str] = ("ops", "desk", "night"),
        acknowledging: frozenset[str] = frozenset(),
    ) -> None:
        self.state = State(snapshot, polled=())
        self.policy = NotificationPolicy(
            route=route,
            silent_on_resolve=silent,
            inhibit_rules=rules,
            acknowledging=acknowledging,
            receivers=receivers,
        )
        self.flusher = Flusher(
            store=self.store,
            people=self.store,
            state=self.state,
            policy=self.policy,
            clock=self.clock,
            metrics=self.metrics,
            new_id=lambda: next(self.ids),
            on_rows=self.woken.append,
        )

    async def commit(self, *alerts: Alert, found_by: str | None = None) -> None:
        commit = CycleCommit(account="default", alerts=alerts)
        await self.store.commit_cycle(commit)
        self.state.apply_cycle(commit)
        if found_by is None:
            self.flusher.note(alerts)
        else:
            self.flusher.hold(found_by, alerts)

    async def fire(
        self, subject: str, rule: str = "Spam", found_by: str | None = None, **more: str
    ) -> Alert:
        """`found_by` names a sweep that goes on."""
        now = self.clock.now()
        labels = {
            "alertname": rule,
            "account": "default",
            "campaign_id": subject,
            "severity": "warning",
            **more,
        }
        pending = begin(AlertKey(rule, "default", subject), labels=labels, now=now)
        alert = advance(pending, active=True, now=now, hold=timedelta(0), keep_firing=timedelta(0))
        assert alert is not None
        await self.commit(alert, found_by=found_by)
        return alert

    async def resolve(self, alert: Alert) -> Alert:
        ended = advance(
            alert, active=False, now=self.clock.now(), hold=timedelta(0), keep_firing=timedelta(0)
        )
        assert ended is not None
        await self.commit(ended)
        return ended

    async def happen(self, subject: str, event_id: str) -> Alert:
        key = AlertKey("Stopped", "default", subject)
        alert = happened(
            key,
            event_id,
            labels={"alertname": "Stopped"},
            annotations={},
            now=self.clock.now(),
            campaign=None,
        )
        await self.commit(alert)
        return alert

    async def rows(self, state: OutboxState | None = OutboxState.PENDING) -> list[OutboxRow]:
        return list(reversed(await self.store.outbox(OutboxQuery(state=state))))

    async def deliver(self, receiver: str = "ops") -> list[str]:
        now = self.clock.now()
        claimed = await self.store.claim(
            receiver, now=now, lease_until=now + timedelta(minutes=1), limit=10
        )
        ids = [row.notification.id for row in claimed]
        await self.store.settle(
            [DeliveryResult(id=id_, state=OutboxState.DELIVERED, at=now) for id_ in ids]
        )
        return ids


def facts(row: OutboxRow) -> tuple[NotifyReason, list[tuple[str, str]]]:
    notification = row.notification
    return notification.reason, [
        (alert.labels["campaign_id"], alert.status) for alert in notification.alerts
    ]
