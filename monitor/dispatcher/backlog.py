"""What waits while a receiver fails: its fallback is told in its place, and what has waited too
long is given up.

Neither can be left to attempts: while a circuit is open most messages are not attempted for a
long time.
"""

from collections.abc import Callable, Container, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from monitor.clock import Clock
from monitor.dispatcher import verdict
from monitor.dispatcher.reporting import Reporting
from monitor.dispatcher.uptime_record import Presence
from monitor.domain.alerting.notification import Notification, OutboxRow, OutboxState
from monitor.domain.campaign.receiver_view import ReceiverHealth
from monitor.domain.routing.fallback import ToldInstead, copy_for
from monitor.errors import StoreError
from monitor.ports import DeliveryResult, FlushCommit, OutboxQuery, OutboxStore

LOOK_EVERY_SECONDS = 5.0
AT_ONCE = 100
"""Rows in one transaction: more would hold up what other receivers have to record."""
REMEMBERED_COPIES = 10_000
"""How many of the newest copies are looked through at start for what somebody must hear the end
of."""
HEALTH = "health"
"""The key under which the store remembers it: since when the receiver fails, a space, its last
error; or nothing."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Fallback:
    """Who takes over, and for how long the receiver must have failed."""

    receiver: str
    after: timedelta


class Backlog:
    """One receiver's. `reporting` says since when it fails; `copied` is called with the name of
    whoever has news in its place. `receivers` are those that there are now."""

    def __init__(
        self,
        receiver: str,
        store: OutboxStore,
        clock: Clock,
        reporting: Reporting,
        *,
        presence: Presence,
        fallback: Fallback | None,
        copied: Callable[[str], None],
        receivers: Callable[[], Container[str]],
    ) -> None:
        self._receiver = receiver
        self._store = store
        self._clock = clock
        self._reporting = reporting
        self._presence = presence
        self._fallback = fallback
        self._copied = copied
        self._receivers = receivers
        self._told = ToldInstead(receiver)
        self._restored = False
        self._kept = ReceiverHealth()
        self._copied_to = 0  # the sequence up to which what waits has been copied
        self._ended_to = (
            0  # and up to which the ends in it have been told to those that were told before
        )
        self._taken_over = False

    @property
    def restored(self) -> bool:
        """Whether what was known before a restart is known again."""
        return self._restored

    def use(self, fallback: Fallback | None) -> None:
        """Another fallback, or another time, from now on; what waits is copied to it when that
        is due. Whoever was told before hears the end of it all the same."""
        if fallback != self._fallback:
            self._fallback = fallback
            self._copied_to, self._ended_to, self._taken_over = 0, 0, False

    async def restore(self) -> None:
        """Once: what the store knows from before a restart. Raises `StoreError`."""
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
        """Do what is to be done now. Raises `StoreError`; what was done until then stays done."""
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
            self._presence.long_enough(health.failing_since) and self._reporting.attempted
        ):  # after a start the receiver is asked first
            await self._give_up(now, health.last_error or "no reason known")

    def with_copy(self, row: OutboxRow, result: DeliveryResult) -> DeliveryResult:
        """The result, with what others are to be told of it: a message that is dead, or the end
        of what they were told."""
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
        """These are committed."""
        for to in dict.fromkeys(
            copy.notification.receiver for result in results for copy in result.copies
        ):
            self._copied(to)

    def _everything(self, message: Notification) -> Mapping[str, Notification]:
        """Who is to be told of a message that the receiver does not get, and what of it."""
        own = {} if self._fallback is None else {self._fallback.receiver: message}
        return {**self._ends(message), **own}

    def _ends(self, message: Notification) -> Mapping[str, Notification]:
        """Who has to hear of the end of something, and what of it. The fallback is told the
        whole message."""
        own = None if self._fallback is None else self._fallback.receiver
        whole = {own: message} if own is not None and own in self._told.must_hear(message) else {}
        return {**self._ends_elsewhere(message), **whole}

    def _ends_elsewhere(self, message: Notification) -> Mapping[str, Notification]:
        """The same of those that were told before another became the fallback, as far as they
        are still receivers."""
        own = None if self._fallback is None else self._fallback.receiver
        there = self._receivers()
        return {
            to: ends
            for to, ends in self._told.must_hear(message).items()
            if to != own and to in there
        }

    async def _take_over(self, fallback: Fallback, now: datetime, failing: timedelta) -> None:
        """Copy what waits and has not been copied. A copy that is there already is left as it
        is, so nothing comes twice."""
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
        """Copy what is chosen of the messages behind that sequence. Returns the sequence of the
        last one."""
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
        """What has waited so long that it would be dead, had it been attempted all the time that
        there was."""
        while True:
            rows = await self._store.backlog(self._receiver, after=0, limit=AT_ONCE)
            old = [
                row
                for row in rows
                if self._presence.long_enough(row.notification.created_at)
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
        """Perhaps: a claimed row is due when its lease ends. Its attempt decides, or the next
        look."""
        return row.attempts > 0 and timedelta(0) < row.next_attempt_at - now <= verdict.LEASE


def _written_health(health: ReceiverHealth) -> str:
    return (
        ""
        if health.failing_since is None
        else f"{health.failing_since.isoformat()} {health.last_error or ''}"
    )


def read_health(text: str | None) -> ReceiverHealth:
    """What the store remembers under `HEALTH` of how a receiver fares."""
    if not text:
        return ReceiverHealth()
    since, _, error = text.partition(" ")
    try:
        return ReceiverHealth(datetime.fromisoformat(since), error or None)
    except ValueError:  # somebody's doing; the next attempt will tell
        return ReceiverHealth()
