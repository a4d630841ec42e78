"""The daemon's flushes of alerts that are given. A message is taken as delivered the moment it
was decided."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import count

from monitor import __version__
from monitor.clock import SteppedClock
from monitor.domain.alerting.alert import Alert
from monitor.domain.alerting.notification import Notification, OutboxState
from monitor.flusher import Flusher
from monitor.metrics import Metrics
from monitor.ports import CycleCommit, DeliveryResult, Snapshot, Store
from monitor.rulefile import RuleFile
from monitor.state import State
from monitor.store import SqliteStore

TAKEN_AT_ONCE = 500
LEASE = timedelta(minutes=1)


class ReplayedFlushes:
    """Who is told of what, by a rules file: `messages` has what was sent, until somebody clears
    it."""

    def __init__(self, store: Store, rules: RuleFile, clock: SteppedClock) -> None:
        self.clock = clock
        self.messages: list[Notification] = []
        self._store = store
        self._state = State(Snapshot(), polled=())
        self._receivers = tuple(receiver.name for receiver in rules.receivers)
        self._noted = True
        ids = count(1)
        self._flusher = Flusher(
            store=store,
            people=store,
            state=self._state,
            telling=rules.policy(),
            clock=clock,
            metrics=Metrics(__version__),
            new_id=lambda: f"msg_{next(ids)}",
        )

    def note(self, alerts: Sequence[Alert]) -> None:
        """These alerts are new or have changed, at the clock's time."""
        if alerts:
            self._noted = True
            self._state.apply_cycle(CycleCommit(account="", alerts=alerts))
            self._flusher.note(alerts)

    async def flush_until(self, until: datetime) -> None:
        """Decide every message that is due up to that time (an aware one, not in the past), each
        at its own."""
        while True:
            now = self.clock.now()
            due = self._flusher.next_due()
            if not self._noted:
                if due is None or due > until:
                    break
                self.clock.set(max(due, now))
            self._noted = False
            if await self._flusher.flush_due():
                await self._deliver()
        self.clock.set(until)

    async def _deliver(self) -> None:
        """Take every message. The store forgets those of before: a month of a loud rule has more
        of them than memory."""
        now = self.clock.now()
        await self._store.prune(before=now)
        for receiver in self._receivers:
            while claimed := await self._store.claim(
                receiver, now=now, lease_until=now + LEASE, limit=TAKEN_AT_ONCE
            ):
                self.messages.extend(row.notification for row in claimed)
                await self._store.settle(
                    [
                        DeliveryResult(id=row.notification.id, state=OutboxState.DELIVERED, at=now)
                        for row in claimed
                    ]
                )


@asynccontextmanager
async def replaying_flushes(rules: RuleFile, clock: SteppedClock) -> AsyncIterator[ReplayedFlushes]:
    """Flushes that begin at the clock's time, with nothing told so far."""
    async with SqliteStore(None) as store:
        yield ReplayedFlushes(store, rules, clock)
