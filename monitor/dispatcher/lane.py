"""One receiver's way out of the outbox: claims due rows, has them sent, and records how it went, in batches."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from monitor.clock import Clock
from monitor.dispatcher import verdict
from monitor.dispatcher.reporting import Reporting
from monitor.domain.notification import LONGEST_RETRY_AFTER, OutboxRow, OutboxState
from monitor.errors import DeliveryError, StoreError
from monitor.metrics import Metrics
from monitor.ports import DeliveryResult, Notifier, Store

BATCH_SECONDS = 0.01
"""How long results wait for others, so that under load one commit records many."""
LEASE = timedelta(seconds=30)
ATTEMPT_SECONDS = 12.0
"""What a lease must still hold for an attempt to begin: an attempt's own limit and a margin."""
STORE_RETRY_SECONDS = 5.0
HASTEN_EVERY_SECONDS = 10.0
"""A row that fails by itself must not be hastened by every other's success."""
LONGEST_WAIT_SECONDS = 60.0
"""Rows are looked for at least this often: the wall clock may jump, and people may write to the outbox."""

log = structlog.get_logger()


class Lane:
    """One receiver. `run` works until `stop`; other lanes never notice how it fares.

    Up to `in_flight` attempts at once, or one at a time where the notifier asks for an interval. Up to four times that is
    claimed ahead, so that claims, too, come in batches. `changed` is called when rows were settled.
    """

    def __init__(
        self,
        receiver: str,
        notifier: Notifier,
        store: Store,
        clock: Clock,
        metrics: Metrics,
        *,
        random: Callable[[], float],
        in_flight: int,
        changed: Callable[[], None],
    ) -> None:
        self.receiver = receiver
        self.reporting = Reporting(receiver, notifier.integration, metrics)
        self._notifier = notifier
        self._store = store
        self._clock = clock
        self._random = random
        self._changed = changed
        self._in_flight = 1 if notifier.min_interval > 0 else in_flight
        self._claims_below = 0 if self._in_flight == 1 else 2 * self._in_flight
        self._most_claimed = 1 if self._in_flight == 1 else 4 * self._in_flight
        self._ready: deque[tuple[OutboxRow, float]] = deque()  # claimed, with the latest moment to begin
        self._active: dict[str, asyncio.Task[None]] = {}
        self._results: list[DeliveryResult] = []
        self._crashes: Counter[str] = Counter()
        self._awake = asyncio.Event()
        self._to_settle = asyncio.Event()
        self._look = True  # the store may have due rows that we do not know of
        self._due: datetime | None = None
        self._not_before = clock.monotonic()  # interval between messages, or the receiver's Retry-After
        self._store_not_before = clock.monotonic()
        self._store_failed = False
        self._hasten_owed = True  # unknown after a start: there may be rows that failed before
        self._hasten_not_before = clock.monotonic()
        self._claiming = False  # `run` may still bring rows into `_ready`
        self._stopping = False
        self._aborting = False

    def wake(self) -> None:
        """There may be something to send."""
        self._look = True
        self._awake.set()

    def stop(self) -> None:
        """Begin nothing new; `run` returns once what is in flight has ended and is settled."""
        self._stopping = True
        self._awake.set()
        self._to_settle.set()

    def abort(self) -> None:
        """After `stop`: cut off what is still in flight. It stays pending, due at the next start."""
        self._aborting = True
        for task in self._active.values():
            task.cancel()
        self._to_settle.set()

    async def run(self) -> None:
        """Deliver until stopped. Results obtained are kept when this raises and is run again."""
        self._look = self._claiming = True
        self._active.clear()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._settle_until_stopped())
            while not self._stopping:
                self._awake.clear()
                await self._claim()
                self._begin(group)
                await self._wait(group)
            self._put_back(self._clock.now())
            self._claiming = False
            self._to_settle.set()

    # --- claiming and sending -----------------------------------------------------------------------------------------

    async def _claim(self) -> None:
        claimed = len(self._ready) + len(self._active)
        held = max(self._not_before, self._store_not_before) > self._clock.monotonic()
        low = self._claims_below if self.reporting.health.healthy else self._in_flight - 1
        if not self._look or held or claimed > low:
            return
        self._look = False  # before the first await: a wake from here on counts
        # ahead only while it goes well: a claim counts as an attempt
        most = self._most_claimed if self.reporting.health.healthy else self._in_flight
        now, limit = self._clock.now(), most - claimed
        begin_by = self._clock.monotonic() + LEASE.total_seconds() - ATTEMPT_SECONDS
        try:
            rows = await self._store.claim(self.receiver, now=now, lease_until=now + LEASE, limit=limit)
            if len(rows) < limit:
                self._due = await self._store.next_due(self.receiver)
            else:
                self._look, self._due = True, None
        except StoreError as error:
            self._store_refused(error)
            self._look = True
            return
        self._store_answered()
        known = {*self._active, *(result.id for result in self._results), *(row.notification.id for row, _ in self._ready)}
        self._ready.extend((row, begin_by) for row in rows if row.notification.id not in known)

    def _begin(self, group: asyncio.TaskGroup) -> None:
        while self._ready and len(self._active) < self._in_flight and not self._stopping:
            if self._not_before > self._clock.monotonic():
                return
            row, begin_by = self._ready.popleft()
            if self._clock.monotonic() > begin_by:
                self.wake()  # its lease runs out first; it will be claimed anew
                continue
            self._not_before = self._clock.monotonic() + self._notifier.min_interval
            self._active[row.notification.id] = group.create_task(self._attempt(row))

    async def _wait(self, group: asyncio.TaskGroup) -> None:
        """Until something happened or is due."""
        now = self._clock.monotonic()
        held = max(self._not_before, self._store_not_before) - now
        wait = LONGEST_WAIT_SECONDS
        if self._look or self._ready:  # and if nothing holds us back, the end of an attempt will wake us
            wait = min(wait, held) if held > 0 else wait
        elif self._due is not None:
            wait = min(wait, max(held, (self._due - self._clock.now()).total_seconds()))
        timer = group.create_task(self._ring(wait))
        await self._awake.wait()
        timer.cancel()

    async def _ring(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self.wake()

    async def _attempt(self, row: OutboxRow) -> None:
        """One attempt; whatever it meets becomes a result."""
        try:
            await self._notifier.send(row.notification)
        except DeliveryError as error:
            result = verdict.after_failure(row, error, now=self._clock.now(), random=self._random())
            self.reporting.failed(row, result, outcome=error.reason.value)
            self._hasten_owed |= error.retryable
            if error.retry_after:
                self._pause(error.retry_after)
        except asyncio.CancelledError:
            if not self._aborting:
                raise
            now = self._clock.now()
            result = verdict.again(row, now=now, at=now, error="cut short when the monitor was stopped")
        except Exception as error:
            log.exception("notification_crashed", receiver=self.receiver, notification=row.notification.id)
            self._crashes[row.notification.id] += 1
            crashes = self._crashes[row.notification.id]
            result = verdict.after_crash(row, error, crashes=crashes, now=self._clock.now(), random=self._random())
            self.reporting.crashed()
            self.reporting.failed(row, result, outcome="internal_error")
        else:
            result = verdict.delivered(row, now=self._clock.now())
            self.reporting.delivered(row, now=result.at)
        finally:
            self._active.pop(row.notification.id, None)
            self._awake.set()
        if result.state is not OutboxState.PENDING:
            self._crashes.pop(row.notification.id, None)
        self._results.append(result)
        self._to_settle.set()

    def _pause(self, seconds: float) -> None:
        """The receiver asked to be left alone: nothing of this lane is sent before."""
        seconds = min(seconds, LONGEST_RETRY_AFTER.total_seconds())
        self._not_before = max(self._not_before, self._clock.monotonic() + seconds)
        self._put_back(self._clock.now() + timedelta(seconds=seconds))

    def _put_back(self, at: datetime) -> None:
        """Give up the claim on rows not begun."""
        now = self._clock.now()
        self._results += [verdict.again(row, now=now, at=at) for row, _ in self._ready]
        self._ready.clear()

    # --- settling -----------------------------------------------------------------------------------------------------

    async def _settle_until_stopped(self) -> None:
        while self._claiming or self._active or self._results:
            await self._to_settle.wait()
            self._to_settle.clear()
            if not self._results:
                continue
            if not self._stopping:
                await self._clock.sleep(BATCH_SECONDS)
            if not await self._settle():
                if self._aborting:
                    log.error("deliveries_not_recorded", receiver=self.receiver, count=len(self._results))
                    return
                self._to_settle.set()
                await self._clock.sleep(STORE_RETRY_SECONDS)

    async def _settle(self) -> bool:
        """Record what is known by now; False when the store refused, and nothing is lost but time."""
        batch = tuple(self._results)
        try:
            await self._store.settle(batch)
        except StoreError as error:
            self._store_refused(error)
            return False
        except Exception:
            log.exception("settling_failed", receiver=self.receiver)
            await self._settle_singly(batch)
        del self._results[: len(batch)]
        self._store_answered()
        self._changed()
        self.wake()  # a group's next row may be due now
        if self._hasten_owed and any(result.state is OutboxState.DELIVERED for result in batch):
            await self._hasten()
        return True

    async def _settle_singly(self, batch: tuple[DeliveryResult, ...]) -> None:
        """Some result makes the store raise; it must not take the others with it."""
        for result in batch:
            try:
                await self._store.settle([result])
            except Exception:
                log.exception("result_set_aside", receiver=self.receiver, notification=result.id)
                await self._give_up(result)

    async def _give_up(self, result: DeliveryResult) -> None:
        """The plainest thing that can be recorded of a row, so that it is not sent again every time its lease runs out."""
        self.reporting.crashed()
        with suppress(StoreError):
            error = "internal error: how it ended could not be recorded (the log has the traceback)"
            await self._store.settle([DeliveryResult(id=result.id, state=OutboxState.DEAD, at=result.at, error=error)])

    async def _hasten(self) -> None:
        """The receiver answers again: what waits for it is due now."""
        if self._clock.monotonic() < self._hasten_not_before:
            return
        self._hasten_not_before = self._clock.monotonic() + HASTEN_EVERY_SECONDS
        try:
            await self._store.hasten(self.receiver, now=self._clock.now())
        except StoreError as error:
            self._store_refused(error)
            return
        self._hasten_owed = False
        self.wake()

    def _store_refused(self, error: StoreError) -> None:
        self._store_not_before = self._clock.monotonic() + STORE_RETRY_SECONDS
        if not self._store_failed:
            log.error("outbox_failed", receiver=self.receiver, error=str(error))
        self._store_failed = True

    def _store_answered(self) -> None:
        self._store_not_before = self._clock.monotonic()
        if self._store_failed:
            log.info("outbox_recovered", receiver=self.receiver)
        self._store_failed = False
