"""The one place that reads a clock. Everything else is given a `Clock`, so that tests decide
what time it is."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Wall time for records, monotonic time for durations, and a way to wait."""

    def now(self) -> datetime:
        """The present, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never goes back, unlike `now`."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; zero or less gives other tasks one turn."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class SteppedClock:
    """A time that is set from outside; waiting takes none of it. For what happened, or might."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._now.timestamp()

    async def sleep(self, seconds: float) -> None:  # noqa: ARG002 (no time passes)
        return

    def set(self, now: datetime) -> None:
        """Go to that time."""
        self._now = now


async def sleep_or_event(clock: Clock, seconds: float, event: asyncio.Event) -> bool:
    """Wait until `event` is set or `seconds` have passed; returns whether it is set."""
    if event.is_set():
        return True
    async with asyncio.TaskGroup() as tasks:
        timer = tasks.create_task(clock.sleep(max(0.0, seconds)))
        waker = tasks.create_task(event.wait())
        await asyncio.wait({timer, waker}, return_when=asyncio.FIRST_COMPLETED)
        timer.cancel()
        waker.cancel()
    return event.is_set()
