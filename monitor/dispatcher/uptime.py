"""How long this monitor could try to deliver, kept through restarts. Time while the monitor was
stopped or the machine slept does not count."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.clock import Clock
from monitor.domain.alerting.notification import GIVE_UP_AFTER
from monitor.errors import StoreError
from monitor.ports import OutboxStore

LONGEST_STEP = timedelta(minutes=5)
"""Two sightings at most this far apart mean that it ran all the time between them. No message is
retried less often than this."""

MOST_SPELLS = 500
"""How many of the newest spells are kept. Dropping older ones only makes retries last longer."""


@dataclass(frozen=True, slots=True)
class Uptime:
    """The spells in which it ran, as (first, last) moment seen, in order."""

    spells: tuple[tuple[datetime, datetime], ...] = ()

    def seen(self, now: datetime) -> "Uptime":
        """The uptime including `now`. Spells in the future are dropped: the clock was wrong."""
        past = [(begun, min(last, now)) for begun, last in self.spells if begun <= now]
        if past and now - past[-1][1] <= LONGEST_STEP:
            past[-1] = past[-1][0], now
        else:
            past.append((now, now))
        return Uptime(tuple(past[-MOST_SPELLS:]))

    def since(self, moment: datetime) -> timedelta:
        """How long it has run since `moment`."""
        return sum(
            (last - max(begun, moment) for begun, last in self.spells if last > moment), timedelta()
        )


def written(uptime: Uptime) -> str:
    """The text to keep in the store; `read` gives the value back."""
    return " ".join(moment.isoformat() for spell in uptime.spells for moment in spell)


def read(text: str | None) -> Uptime:
    """The uptime from a text of `written`; an empty one for any other text."""
    try:
        moments: Sequence[datetime] = [
            datetime.fromisoformat(each) for each in (text or "").split()
        ]
        return Uptime(tuple(zip(moments[::2], moments[1::2], strict=True)))
    except ValueError:
        return Uptime()


LOOK_EVERY_SECONDS = 60.0
NO_RECEIVER, KEY = "", "attendance"
"""The receiver and key under which the store keeps it."""


class UptimeRecord:
    """The uptime, shared by all receivers. Until the store has answered, nothing counts as tried
    for long."""

    def __init__(self, store: OutboxStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._uptime: Uptime | None = None

    def long_enough(self, since: datetime) -> bool:
        """Whether a message tried since then has been tried for `GIVE_UP_AFTER`."""
        return self._uptime is not None and self._uptime.since(since) >= GIVE_UP_AFTER

    async def run(self) -> None:
        """Note every minute that the monitor runs, until cancelled."""
        while True:
            with suppress(StoreError):  # the lanes say so; the next look comes
                await self._look()
            await self._clock.sleep(LOOK_EVERY_SECONDS)

    async def _look(self) -> None:
        now = self._clock.now()
        if self._uptime is None:
            self._uptime = read(await self._store.recall(NO_RECEIVER, KEY))
        self._uptime = self._uptime.seen(now)
        await self._store.remember(NO_RECEIVER, KEY, written(self._uptime), now=now)
