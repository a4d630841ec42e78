"""A clock that tests move by hand. Sleepers wake in the order of their times; nothing really
waits."""

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class FakeClock:
    """Satisfies `monitor.clock.Clock`. `advance` moves both clocks together and wakes those who are
    due.

    Real clocks go on between two readings, by `creep` seconds here, and a real loop may end a
    wait early (uvloop rounds to milliseconds), by `early` seconds here.
    """

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._monotonic = 1000.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self.slept: list[float] = []
        self.creep = 0.0
        self.early = 0.0

    def now(self) -> datetime:
        self._move(self._monotonic + self.creep)
        return self._now

    def monotonic(self) -> float:
        self._move(self._monotonic + self.creep)
        return self._monotonic

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if seconds <= 0:
            await asyncio.sleep(0)  # noqa: TID251 (a turn of the loop, not a wait)
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(
            self._sleepers,
            (self._monotonic + max(0.0, seconds - self.early), next(self._order), waiter),
        )
        await waiter

    def suspend(self, seconds: float) -> None:
        """The machine slept: to a timer, and on the monotonic clock, that was no time."""
        self._now += timedelta(seconds=seconds)

    @property
    def sleeping(self) -> int:
        """How many tasks wait."""
        return sum(not waiter.done() for _, _, waiter in self._sleepers)

    async def settle(self, turns: int = 50) -> None:
        """Let ready tasks run."""
        for _ in range(turns):
            await asyncio.sleep(0)  # noqa: TID251

    async def advance(self, seconds: float) -> None:
        """Move time, stopping at every sleeper on the way."""
        target = self._monotonic + seconds
        await self.settle()
        while self._sleepers and self._sleepers[0][0] <= target:
            due, _, waiter = heapq.heappop(self._sleepers)
            self._move(due)
            if not waiter.done():
                waiter.set_result(None)
            await self.settle()
        self._move(target)
        await self.settle()

    def _move(self, target: float) -> None:
        if target > self._monotonic:
            self._now += timedelta(seconds=target - self._monotonic)
            self._monotonic = target


class InstantClock(FakeClock):
    """A clock on which every wait is over at once: time jumps by what was slept."""

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._move(self._monotonic + max(0.0, seconds))
        await asyncio.sleep(0)  # noqa: TID251
