"""What waits while a receiver fails: its fallback is told instead, messages that have waited too
long are given up, and after a recovery everything is due at once.

Attempts alone cannot do this: while a circuit is open, most messages are not attempted.
"""

from collections.abc import Callable, Container, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from monitor.clock import Clock
from monitor.dispatcher import verdict
from monitor.dispatcher.reporting import Reporting
from monitor.dispatcher.uptime import UptimeRecord
from monitor.domain.alerting.notification import Notification, OutboxRow, OutboxState
from monitor.domain.campaign.receiver_view import ReceiverHealth
from monitor.domain.routing.fallback import ToldInstead, copy_for
from monitor.errors import StoreError
from monitor.ports import DeliveryResult, FlushCommit, OutboxQuery, OutboxStore

HASTEN_EVERY_SECONDS = 10.0
"""The shortest time between two: a row that keeps failing by itself must not be tried again after
every other row's success."""


class Recovery:
    """Makes one receiver's failed rows due at once after a success."""

    def __init__(self, receiver: str, store: OutboxStore, clock: Clock) -> None:
        self._receiver = receiver
        self._store = store
        self._clock = clock
        self._may_wait = True  # after a start, there may be rows that failed before it
        self._requested = False
        self._not_before = clock.monotonic()

    def failed(self) -> None:
        """A row will be tried again later."""
        self._may_wait = True

    def settled(self, results: tuple[DeliveryResult, ...]) -> None:
        """These results are committed."""
        self._requested |= self._may_wait and any(
            result.state is OutboxState.DELIVERED for result in results
        )

    def request(self) -> None:
        """Make waiting rows due as soon as possible."""
        self._requested = True
        self._not_before = self._clock.monotonic()

    def due(self) -> float | None:
        """When to call `run`, on the monotonic clock; None if there is nothing to do."""
        return self._not_before if self._requested else None

    async def run(self) -> None:
        """Make the rows due. Raises `StoreError`; the next success tries again then."""
        self._not_before = self._clock.monotonic() + HASTEN_EVERY_SECONDS
        self._requested = False
        await self._store.hasten(self._receiver, now=self._clock.now())
        self._may_wait = False


LOOK_EVERY_SECONDS = 5.0
AT_ONCE = 100
"""Rows in one transaction. More would delay the results of other receivers."""
REMEMBERED_COPIES = 10_000
"""How many of the newest copies are read at start, to find receivers that must still hear the end
of something."""
HEALTH = "health"
"""The store's key for a receiver's health. The value is the time of the first failure, a space and
the last error; empty while it is healthy."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Fallback:
    """The receiver that takes over, and how long the other must have failed before."""

    receiver: str
    after: timedelta


class Backlog:
    """The waiting messages of one receiver. `reporting` says since when it fails. `copied` is
    called with the name of each receiver that is told instead. `receivers` gives the current
    receivers."""

    def __init__(
        self,
        receiver: str,
        store: OutboxStore,
        clock: Clock,
        reporting: Reporting,
        *,
        uptime: UptimeRecord,
        fallback: Fallback | None,
        copied: Callable[[str], None],
        receivers: Callable[[], Container[str]],
    ) -> None:
        self._receiver = receiver
        self._store = store
        self._clock = clock
        self._reporting = reporting
        self._uptime = uptime
        self._fallback = fallback
        self._copied = copied
        self._receivers = receivers
        self._told = ToldInstead(receiver)
        self._restored = False
        self._kept = ReceiverHealth()
        self._copied_to = 0  # the sequence up to which what waits has been copied
        self._ended_to = 0  # the same for ends, copied to earlier fallbacks
        self._taken_over = False

    @property
    def restored(self) -> bool:
        """Whether the state from before a restart has been read."""
        return self._restored

    def use(self, fallback: Fallback | None) -> None:
        """Use this fallback from now on; waiting messages are copied to it when that is due. An
        earlier fallback still hears the end of what it was told."""
        if fallback != self._fallback:
            self._fallback = fallback
            self._copied_to, self._ended_to, self._taken_over = 0, 0, False

    async def restore(self) -> None:
        """Read the state from before a restart, once. Raises `StoreError`."""
        if self._restored:
            return
        self._kept = read_health(await self._store.recall(self._receiver, HEALTH))
        self._reporting.restore(self._kept)
        copies = await self._store.outbox(OutboxQuery(copies=True, limit=REMEMBERED_COPIES))
        self._told = ToldInstead(self._receiver, [row.notification for row in reversed(copies)])
        self._restored = True

    async def run(self) -> None:
        """Look every few seconds, until cancelled."""
        while True:
            await self._clock.sleep(LOOK_EVERY_SECONDS)
            with suppress(StoreError):  # the lane says so; the next look comes
                await self.look()

    async def look(self) -> None:
        """Do whatever is due now. Raises `StoreError`; steps already done stay done."""
        await self.restore()
        health, now = self._reporting.health, self._clock.now()
        if health.failing_since != self._kept.failing_since:
            await self._store.remember(self._receiver, HEALTH, _written_health(health), now=now)
            self._kept = health
        if health.failing_since is None:
            self._copied_to, self._ended_to, self._taken_over = 0, 0, False
            return
        failing = now - health.failing_since
        if self._fallback is not None and failing >= self._fallback.after:
            await self._take_over(self._fallback, now, failing)
        self._ended_to = await self._copy_what_waits(
            self._ends_elsewhere, now, after=max(self._ended_to, self._copied_to)
        )
        if (
            self._uptime.long_enough(health.failing_since) and self._reporting.attempted
        ):  # after a start the receiver is asked first
            await self._give_up(now, health.last_error or "no reason known")

    def with_copy(self, row: OutboxRow, result: DeliveryResult) -> DeliveryResult:
        """The result, with copies for other receivers: of a message that is dead, or of the end
        of something that they were told."""
        message = row.notification
        if result.state is OutboxState.DELIVERED:
            copies = self._ends(message)
        elif result.state is OutboxState.DEAD:
            copies = self._everything(message)
        else:
            return result
        for to, copied in copies.items():
            self._told.told(to, copied)
        return replace(
            result, copies=tuple(copy_for(copied, to, result.at) for to, copied in copies.items())
        )

    def settled(self, results: tuple[DeliveryResult, ...]) -> None:
        """These results are committed."""
        for to in dict.fromkeys(
            copy.notification.receiver for result in results for copy in result.copies
        ):
            self._copied(to)

    def _everything(self, message: Notification) -> Mapping[str, Notification]:
        """By receiver, what to tell instead of a message that this receiver does not get."""
        own = {} if self._fallback is None else {self._fallback.receiver: message}
        return {**self._ends(message), **own}

    def _ends(self, message: Notification) -> Mapping[str, Notification]:
        """By receiver, the ends that it must hear of. The fallback gets the whole message."""
        own = None if self._fallback is None else self._fallback.receiver
        whole = {own: message} if own is not None and own in self._told.must_hear(message) else {}
        return {**self._ends_elsewhere(message), **whole}

    def _ends_elsewhere(self, message: Notification) -> Mapping[str, Notification]:
        """The same for earlier fallbacks, if they are still receivers."""
        own = None if self._fallback is None else self._fallback.receiver
        there = self._receivers()
        return {
            to: ends
            for to, ends in self._told.must_hear(message).items()
            if to != own and to in there
        }

    async def _take_over(self, fallback: Fallback, now: datetime, failing: timedelta) -> None:
        """Copy waiting messages that have not been copied. Existing copies stay as they are, so
        nothing arrives twice."""
        if not self._taken_over:
            self._taken_over = True
            seconds = round(failing.total_seconds())
            log.warning(
                "fallback_takes_over",
                receiver=self._receiver,
                fallback=fallback.receiver,
                failing_for_seconds=seconds,
            )
        self._copied_to = await self._copy_what_waits(self._everything, now, after=self._copied_to)

    async def _copy_what_waits(
        self,
        choose: Callable[[Notification], Mapping[str, Notification]],
        now: datetime,
        *,
        after: int,
    ) -> int:
        """Copy what `choose` selects from waiting messages after this sequence number. Returns
        the number of the last one."""
        while rows := await self._store.backlog(self._receiver, after=after, limit=AT_ONCE):
            chosen = [
                (to, copied) for row in rows for to, copied in choose(row.notification).items()
            ]
            if chosen:
                await self._store.commit_flush(
                    FlushCommit(rows=[copy_for(copied, to, now) for to, copied in chosen])
                )
            for to, copied in chosen:
                self._told.told(to, copied)
            after = rows[-1].sequence
            for to in dict.fromkeys(to for to, _ in chosen):
                self._copied(to)
        return after

    async def _give_up(self, now: datetime, error: str) -> None:
        """Give up messages that have waited so long that attempts would have ended by now."""
        while True:
            rows = await self._store.backlog(self._receiver, after=0, limit=AT_ONCE)
            old = [
                row
                for row in rows
                if self._uptime.long_enough(row.notification.created_at)
                and not self._being_tried(row, now)
            ]
            if not old:
                return
            results = tuple(
                self.with_copy(row, verdict.given_up(row, now=now, error=error)) for row in old
            )
            await self._store.settle(results)
            self.settled(results)
            log.error(
                "notifications_given_up", receiver=self._receiver, count=len(old), error=error
            )

    @staticmethod
    def _being_tried(row: OutboxRow, now: datetime) -> bool:
        """Whether an attempt may be under way: a claimed row is due when its lease ends. Then the
        attempt decides, or the next look."""
        return row.attempts > 0 and timedelta(0) < row.next_attempt_at - now <= verdict.LEASE


def _written_health(health: ReceiverHealth) -> str:
    return (
        ""
        if health.failing_since is None
        else f"{health.failing_since.isoformat()} {health.last_error or ''}"
    )


def read_health(text: str | None) -> ReceiverHealth:
    """A receiver's health from what the store keeps under `HEALTH`; healthy for unreadable
    text."""
    if not text:
        return ReceiverHealth()
    since, _, error = text.partition(" ")
    try:
        return ReceiverHealth(datetime.fromisoformat(since), error or None)
    except ValueError:  # edited by hand; the next attempt will tell
        return ReceiverHealth()
