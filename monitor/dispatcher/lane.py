"""One receiver's loop: claims due rows from the outbox, attempts them, and hands on the results."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from monitor.clock import Clock
from monitor.dispatcher import verdict
from monitor.dispatcher.attempts import ATTEMPT_SECONDS, Attempts, Settlement, StoreWatch
from monitor.dispatcher.backlog import Backlog, Fallback, Recovery
from monitor.dispatcher.pace import Pace
from monitor.dispatcher.reporting import Reporting
from monitor.dispatcher.uptime import UptimeRecord
from monitor.domain.alerting.notification import OutboxRow, OutboxState
from monitor.errors import DeliveryError, DeliveryFault, StoreError
from monitor.ports import DeliveryResult, Notifier, OutboxStore

LONGEST_WAIT_SECONDS = 60.0
"""How often to look for rows at the latest: the wall clock may jump, and commands may write to
the outbox."""

log = structlog.get_logger()


class Lane:
    """One receiver. `run` works until `stop`; no other lane is affected.

    It makes up to `in_flight` attempts at once, but one at a time if the notifier asks for an
    interval or the circuit is open. It claims up to four times as many rows ahead, so that claims
    come in batches, too. `changed` is called when rows were settled.
    """

    def __init__(
        self,
        receiver: str,
        notifier: Notifier,
        store: OutboxStore,
        clock: Clock,
        reporting: Reporting,
        backlog: Backlog,
        uptime: UptimeRecord,
        *,
        random: Callable[[], float],
        in_flight: int,
        changed: Callable[[], None],
    ) -> None:
        self.receiver = receiver
        self.reporting = reporting
        self.backlog = backlog
        self.notifier = notifier
        self._store = store
        self._clock = clock
        self._uptime = uptime
        self._random = random
        self._changed = changed
        self._watch = StoreWatch(receiver, clock)
        self._settlement = Settlement(
            receiver,
            store,
            clock,
            self._watch,
            settled=self._settled,
            crashed=self.reporting.crashed,
        )
        self._in_flight = in_flight
        self._pace = Pace(notifier.min_interval, notifier.burst, in_flight, now=clock.monotonic())
        self._recovery = Recovery(receiver, store, clock)
        # claimed rows, with the latest moment to begin
        self._ready: deque[tuple[OutboxRow, float]] = deque()
        self._active = Attempts()
        self._former: list[Notifier] = []  # attempts in flight may still use them
        self._crashes: Counter[str] = Counter()
        self._awake = asyncio.Event()
        self._look = True  # the store may have due rows that we do not know of
        self._due: datetime | None = None
        self._claiming = False  # `run` may still bring rows into `_ready`
        self._stopping = False
        self._aborting = False

    def wake(self) -> None:
        """There may be something to send."""
        self._look = True
        self._awake.set()

    def stop(self) -> None:
        """Begin nothing new. `run` returns once attempts in flight have ended and are settled."""
        self._stopping = True
        self._awake.set()
        self._settlement.hurry()

    def abort(self) -> None:
        """After `stop`: cut off attempts in flight. Their rows stay pending, due at the next
        start."""
        self._aborting = True
        self._active.abort()
        self._settlement.hurry()

    def use(self, notifier: Notifier, fallback: Fallback | None) -> None:
        """Use this notifier from now on. Attempts in flight end with the old one. Waiting rows
        are due at once, since the reason for a failure may be gone. With the same notifier,
        nothing changes."""
        self.backlog.use(fallback)
        if notifier is not self.notifier:
            self._former.append(self.notifier)
            self.notifier = notifier
            self.reporting.integration = notifier.integration
            self._pace = Pace(
                notifier.min_interval, notifier.burst, self._in_flight, now=self._clock.monotonic()
            )
            self._recovery.request()
        self.wake()

    async def close(self) -> None:
        """After `run`: close all notifiers."""
        for notifier in (*self._former, self.notifier):
            await notifier.close()

    async def run(self) -> None:
        """Deliver until stopped. If this raises and is run again, no result is lost."""
        self._look = self._claiming = True
        self._active.clear()
        with suppress(StoreError):  # it is tried again
            await self.backlog.restore()
        async with asyncio.TaskGroup() as group:
            group.create_task(
                self._settlement.run(
                    more=lambda: self._claiming or bool(self._active),
                    aborting=lambda: self._aborting,
                )
            )
            while not self._stopping:
                self._awake.clear()
                await self._hasten()
                await self._claim()
                now = self._clock.monotonic()
                self._begin(group, now)
                self._active.cut_off_overdue(now)
                # by the same `now`: what ends between two readings would be missed by both
                wait = self._until_something_is_due(now)
                await self._let_go()
                await self._wait(group, wait)
            self._put_back(self._clock.now())
            self._claiming = False
            self._settlement.hurry()

    # --- claiming ---------------------------------------------------------------------------------

    async def _claim(self) -> None:
        limit, begun = self._room(), self._clock.monotonic()
        if not self._look or not limit or self._held_until() > begun:
            return
        self._look = False  # before the first await: a wake from here on counts
        now = self._clock.now()
        begin_by = begun + verdict.LEASE.total_seconds() - ATTEMPT_SECONDS
        try:
            rows = await self._store.claim(
                self.receiver, now=now, lease_until=now + verdict.LEASE, limit=limit
            )
            if len(rows) < limit:
                self._due = await self._store.next_due(self.receiver)
            else:
                self._look, self._due = True, None
        except StoreError as error:
            self._watch.refused(error)
            self._look = True
            return
        self._watch.answered()
        known = {
            *self._active,
            *self._settlement.ids,
            *(row.notification.id for row, _ in self._ready),
        }
        self._ready.extend((row, begin_by) for row in rows if row.notification.id not in known)

    def _held_until(self) -> float:
        """Nothing is claimed before this moment."""
        return max(self._pace.held_until(), self._watch.not_before)

    def _room(self) -> int:
        """How many rows to claim; 0 while there are enough. It claims ahead only while deliveries
        succeed, because a claim counts as an attempt."""
        claimed = len(self._ready) + len(self._active)
        most = self._pace.in_flight
        if most > 1 and self.reporting.health.healthy and not self._pace.open:
            return 4 * most - claimed if claimed <= 2 * most else 0
        return max(0, self._pace.at_once - claimed)

    def _put_back(self, at: datetime) -> None:
        """Release rows that were claimed but not begun; they are due at `at`."""
        now = self._clock.now()
        self._settlement.add(*(verdict.again(row, now=now, at=at) for row, _ in self._ready))
        self._ready.clear()

    async def _hasten(self) -> None:
        due = self._recovery.due()
        if due is None or due > self._clock.monotonic():
            return
        try:
            await self._recovery.run()
            self._look = True
        except StoreError as error:
            self._watch.refused(error)

    def _settled(self, results: tuple[DeliveryResult, ...]) -> None:
        self.reporting.recorded()
        self.backlog.settled(results)
        self._recovery.settled(results)
        self._changed()
        self.wake()  # a group's next row may be due now

    # --- sending ----------------------------------------------------------------------------------

    def _begin(self, group: asyncio.TaskGroup, now: float) -> None:
        while len(self._active) < self._pace.at_once and (row := self._next(now)) is not None:
            self._active.begin(
                row.notification.id, group.create_task(self._work(row)), self.notifier, now
            )

    def _next(self, now: float) -> OutboxRow | None:
        """The next row to attempt now, with its token taken; None if there is none or it must
        wait."""
        while self._ready and not self._stopping and self._pace.held_until() <= now:
            row, begin_by = self._ready.popleft()
            if now <= begin_by:
                self._pace.begin(now)
                return row
            self.wake()  # its lease would run out first; claim it again
        return None

    async def _work(self, row: OutboxRow) -> None:
        """Attempt one row after another while there are any: a task for each would cost more."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 (for the type checker: this is a coroutine)
        following: OutboxRow | None = row
        while following is not None:
            row = following
            try:
                result = await self._attempt(row)
            finally:
                self._active.end(row.notification.id)
            if result.state is not OutboxState.PENDING:
                self._crashes.pop(row.notification.id, None)
            self._settlement.add(self.backlog.with_copy(row, result))
            now = self._clock.monotonic()
            following = self._next(now) if len(self._active) < self._pace.at_once else None
            if following is not None:
                self._active.begin(following.notification.id, task, self.notifier, now)
            if following is None or (self._look and self._room()):
                self._awake.set()

    async def _attempt(self, row: OutboxRow) -> DeliveryResult:
        """Make one attempt. Any error becomes a result."""
        notifier = self.notifier
        try:
            await notifier.send(row.notification)
        except DeliveryError as error:
            return self._failed(row, error, notifier)
        except asyncio.CancelledError:
            if self._active.was_cut_off(row.notification.id):
                text = f"no answer within {ATTEMPT_SECONDS:g} s; the attempt was cut off"
                return self._failed(
                    row, DeliveryError(text, reason=DeliveryFault.TIMEOUT, retryable=True), notifier
                )
            if not self._aborting:
                raise
            return verdict.again(
                row,
                now=(now := self._clock.now()),
                at=now,
                error="cut short when the monitor was stopped",
            )
        except Exception as error:
            log.exception(
                "notification_crashed", receiver=self.receiver, notification=row.notification.id
            )
            self._crashes[row.notification.id] += 1
            crashes = self._crashes[row.notification.id]
            result = verdict.after_crash(
                row, error, crashes=crashes, now=self._clock.now(), random=self._random()
            )
            self.reporting.crashed()
            self.reporting.failed(row, result, outcome="internal_error")
            return result
        self._pace.succeeded()
        result = verdict.delivered(row, now=self._clock.now())
        self.reporting.delivered(row, now=result.at)
        return result

    def _failed(self, row: OutboxRow, error: DeliveryError, notifier: Notifier) -> DeliveryResult:
        if notifier is not self.notifier:  # reconfigured meanwhile: try the new notifier at once
            result = verdict.again(row, now=(now := self._clock.now()), at=now, error=str(error))
            self.reporting.failed(row, result, outcome=error.reason.value)
            return result
        long_enough = self._uptime.long_enough
        result = verdict.after_failure(
            row, error, now=self._clock.now(), random=self._random(), long_enough=long_enough
        )
        self.reporting.failed(row, result, outcome=error.reason.value, said=str(error))
        if error.retryable:
            self._recovery.failed()
            self._pace.failed(self._clock.monotonic())
            if self._pace.open:  # rows claimed ahead go back and wait for their turn
                self._put_back(self._clock.now())
        if error.retry_after:
            self._pause(error.retry_after)
        return result

    def _pause(self, seconds: float) -> None:
        """Send nothing for this long, as the receiver asked."""
        seconds = self._pace.pause(seconds, self._clock.monotonic())
        self._put_back(self._clock.now() + timedelta(seconds=seconds))

    async def _let_go(self) -> None:
        """Close former notifiers that no attempt uses any more."""
        for former in [each for each in self._former if not self._active.go_through(each)]:
            self._former.remove(former)
            await former.close()

    # --- waiting ----------------------------------------------------------------------------------

    async def _wait(self, group: asyncio.TaskGroup, seconds: float) -> None:
        """Wait until something happens, at most this long."""
        if self._awake.is_set():
            return
        timer = group.create_task(self._ring(seconds))
        await self._awake.wait()
        timer.cancel()

    def _until_something_is_due(self, now: float) -> float:
        """Seconds from `now`, when attempts were last begun. The end of an attempt wakes the loop
        by itself."""
        moments = [now + LONGEST_WAIT_SECONDS]
        if self._look and self._room():
            moments.append(self._held_until())
        if self._ready and len(self._active) < self._pace.at_once:
            moments.append(self._pace.held_until())
        if self._due is not None and not self._look:
            moments.append(
                max(self._held_until(), now + (self._due - self._clock.now()).total_seconds())
            )
        others = (self._active.next_overdue(), self._recovery.due())
        return max(0.0, min([*moments, *(each for each in others if each is not None)]) - now)

    async def _ring(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self.wake()
