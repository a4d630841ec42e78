"""Keeps how long this monitor could try to deliver, through restarts."""

from contextlib import suppress
from datetime import datetime

from monitor.clock import Clock
from monitor.domain.alerting.notification import GIVE_UP_AFTER
from monitor.domain.routing.uptime import Attendance, read, written
from monitor.errors import StoreError
from monitor.ports import OutboxStore

LOOK_EVERY_SECONDS = 60.0
NO_RECEIVER, KEY = "", "attendance"
"""Where the store keeps it."""


class Presence:
    """One for all receivers. While the store does not say what was before, nothing counts as
    tried for long."""

    def __init__(self, store: OutboxStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._attendance: Attendance | None = None

    def long_enough(self, since: datetime) -> bool:
        """Whether what has been tried since then has been tried for as long as anything is."""
        return self._attendance is not None and self._attendance.since(since) >= GIVE_UP_AFTER

    async def run(self) -> None:
        """Look every minute, until cancelled."""
        while True:
            with suppress(StoreError):  # the lanes say so; the next look comes
                await self._look()
            await self._clock.sleep(LOOK_EVERY_SECONDS)

    async def _look(self) -> None:
        now = self._clock.now()
        if self._attendance is None:
            self._attendance = read(await self._store.recall(NO_RECEIVER, KEY))
        self._attendance = self._attendance.seen(now)
        await self._store.remember(NO_RECEIVER, KEY, written(self._attendance), now=now)
