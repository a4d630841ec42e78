"""Runs a lane for each receiver, wakes them when the outbox has news, and drains them at
shutdown."""

import asyncio
import random as random_numbers
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType

import structlog

from monitor.clock import Clock, sleep_or_event
from monitor.dispatcher.backlog import Backlog, Fallback
from monitor.dispatcher.lane import Lane
from monitor.dispatcher.reporting import Reporting
from monitor.dispatcher.uptime import UptimeRecord
from monitor.domain.alerting.notification import OutboxState
from monitor.domain.campaign.receiver_view import ReceiverHealth
from monitor.errors import StoreError
from monitor.metrics import Metrics
from monitor.ports import Notifier, OutboxStore, OutboxSummary

RESTART_SECONDS = 5.0
GAUGES_EVERY_SECONDS = 1.0
GAUGES_AT_LEAST_EVERY_SECONDS = 15.0
ABORT_GRACE_SECONDS = 1.0

log = structlog.get_logger()


class Dispatcher:
    """Delivers the outbox at least once, each receiver apart from the others.

    A row is marked delivered only after its receiver confirmed it. After a crash in between, it is
    sent again under the same id. `random` gives numbers in [0, 1). `in_flight` limits the attempts
    at once for each receiver. `fallbacks` gives, by receiver, the one that is told instead.
    Notifiers are closed once no attempt uses them.
    """

    def __init__(
        self,
        store: OutboxStore,
        notifiers: Mapping[str, Notifier],
        clock: Clock,
        metrics: Metrics,
        *,
        random: Callable[[], float] = random_numbers.random,
        in_flight: int = 32,
        fallbacks: Mapping[str, Fallback] = MappingProxyType({}),
    ) -> None:
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._random = random
        self._in_flight = in_flight
        self._uptime = UptimeRecord(store, clock)
        self._lanes: dict[str, Lane] = {}
        # includes lanes of removed receivers until they have ended
        self._serving: dict[Lane, asyncio.Task[None]] = {}
        self._group: asyncio.TaskGroup | None = None
        self._gauges_stale = False
        self._stop = asyncio.Event()
        self._finished = asyncio.Event()
        self._finished.set()
        self.use(notifiers, fallbacks)

    @property
    def health(self) -> Mapping[str, ReceiverHealth]:
        """The health of each receiver. After a start, receivers not known yet are left out."""
        return {
            receiver: lane.reporting.health
            for receiver, lane in self._lanes.items()
            if lane.backlog.restored
        }

    def use(
        self,
        notifiers: Mapping[str, Notifier],
        fallbacks: Mapping[str, Fallback] = MappingProxyType({}),
    ) -> None:
        """Switch to these receivers. Those with the same notifier are not affected.

        A receiver with another notifier keeps its lane, and its waiting messages are due at once.
        Attempts to a removed receiver end normally; then its other messages are given up.
        """
        before, self._lanes = self._lanes, {}
        for receiver, notifier in notifiers.items():
            fallback = fallbacks.get(receiver)
            lane = before.pop(receiver, None)
            if lane is None:
                lane = self._open(receiver, notifier, fallback)
                if self._group is not None:
                    self._serve(lane, self._group)
            else:
                lane.use(notifier, fallback)
            self._lanes[receiver] = lane
        for gone in before.values():
            gone.stop()
        self._outbox_changed()

    async def bury(self) -> None:
        """Give up messages for receivers that do not exist. Raises `StoreError`."""
        buried = await self._store.bury(tuple(self._lanes), now=self._clock.now())
        if buried:
            log.warning("notifications_of_unknown_receivers_given_up", count=buried)
            self._outbox_changed()

    def wake(self, receiver: str | None = None) -> None:
        """Look for rows now: some were committed for `receiver` (None: for any). Names without a
        lane are ignored."""
        self._outbox_changed()
        for name, lane in self._lanes.items():
            if receiver is None or receiver == name:
                lane.wake()

    async def run(self) -> None:
        """Deliver until drained or cancelled. A lane that raises is logged, counted and run
        again; the others go on."""
        self._finished.clear()
        try:
            async with asyncio.TaskGroup() as background:
                gauges = background.create_task(self._keep("outbox_gauges", self._show))
                uptime = background.create_task(self._keep("presence", self._uptime.run))
                async with asyncio.TaskGroup() as self._group:
                    for lane in self._lanes.values():
                        self._serve(lane, self._group)
                    await self._stop.wait()
                gauges.cancel()
                uptime.cancel()
        finally:
            self._group = None
            self._finished.set()

    async def drain(self, timeout: float) -> None:
        """Begin nothing new, wait up to `timeout` seconds for attempts in flight, and settle them.
        Then `run` returns.

        Attempts that have not ended by then are cut off. Their rows stay pending, due at once at
        the next start. This takes at most a second longer than `timeout`.
        """
        self._stop.set()
        for lane in self._serving:
            lane.stop()
        async with asyncio.TaskGroup() as group:
            cut_off = group.create_task(self._cut_off(timeout))
            await self._finished.wait()
            cut_off.cancel()

    async def _cut_off(self, timeout: float) -> None:
        await self._clock.sleep(timeout)
        for lane in self._serving:
            lane.abort()
        await self._clock.sleep(ABORT_GRACE_SECONDS)
        for task in self._serving.values():
            task.cancel()

    # --- lanes ------------------------------------------------------------------------------------

    def _open(self, receiver: str, notifier: Notifier, fallback: Fallback | None) -> Lane:
        reporting = Reporting(receiver, notifier.integration, self._metrics)
        backlog = Backlog(
            receiver,
            self._store,
            self._clock,
            reporting,
            uptime=self._uptime,
            fallback=fallback,
            copied=self.wake,
            receivers=lambda: self._lanes,
        )
        return Lane(
            receiver,
            notifier,
            self._store,
            self._clock,
            reporting,
            backlog,
            self._uptime,
            random=self._random,
            in_flight=self._in_flight,
            changed=self._outbox_changed,
        )

    def _serve(self, lane: Lane, group: asyncio.TaskGroup) -> None:
        self._serving[lane] = group.create_task(self._live(lane))

    async def _live(self, lane: Lane) -> None:
        """Run a lane until it has ended. Then give up the messages of a removed receiver."""
        try:
            async with asyncio.TaskGroup() as group:
                backlog = group.create_task(
                    self._keep("backlog", lane.backlog.run, receiver=lane.receiver)
                )
                await self._keep("dispatcher", lane.run, receiver=lane.receiver)
                backlog.cancel()
        finally:
            del self._serving[lane]
            await lane.close()
        self.wake(lane.receiver)  # if it is back already, its new lane can take over the rows
        while not self._stop.is_set():
            with suppress(StoreError):
                await self.bury()
                return
            await sleep_or_event(self._clock, RESTART_SECONDS, self._stop)

    async def _keep(self, loop: str, work: Callable[[], Awaitable[None]], **facts: str) -> None:
        """Run `work` until it returns; one bug does not end the daemon."""
        while True:
            try:
                await work()
                return
            except Exception:
                log.exception("loop_failed", loop=loop, **facts)
                self._metrics.loop_failures.labels(loop).inc()
            await self._clock.sleep(RESTART_SECONDS)

    # --- gauges -----------------------------------------------------------------------------------

    def _outbox_changed(self) -> None:
        self._gauges_stale = True

    async def _show(self) -> None:
        """Update the outbox gauges: after changes, at most once a second, and every 15 s for the
        ages.

        Counting reads the whole outbox, so it may use at most a twentieth of the time.
        """
        self._gauges_stale = True
        shown = self._clock.monotonic()
        while True:
            if (
                self._gauges_stale
                or self._clock.monotonic() - shown >= GAUGES_AT_LEAST_EVERY_SECONDS
            ):
                self._gauges_stale = False
                begun = self._clock.monotonic()
                try:
                    self._set_gauges(await self._store.outbox_summary())
                except StoreError:  # the lanes say so
                    self._gauges_stale = True
                shown = self._clock.monotonic()
                await self._clock.sleep(max(GAUGES_EVERY_SECONDS, 20 * (shown - begun)))
            else:
                await self._clock.sleep(GAUGES_EVERY_SECONDS)

    def _set_gauges(self, summary: Sequence[OutboxSummary]) -> None:
        counts = {(receiver, state): 0 for receiver in self._lanes for state in OutboxState}
        counts |= {(line.receiver, line.state): line.count for line in summary}
        now = self._clock.now()
        waiting = {
            line.receiver: line.oldest
            for line in summary
            if line.state is OutboxState.PENDING and line.count
        }
        ages = {
            receiver: max(0.0, (now - oldest).total_seconds())
            for receiver, oldest in waiting.items()
            if oldest
        }
        self._metrics.set_outbox(counts, dict.fromkeys(self._lanes, 0.0) | ages)
