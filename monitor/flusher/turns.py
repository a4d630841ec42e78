"""Gives the event loop its turn during passes over many alerts or groups."""

from typing import TypeVar

from monitor.clock import Clock
from monitor.domain.alerting.steps import ROWS_A_STEP, Steps

T = TypeVar("T")

ROWS_A_GROUP = 4
"""A group costs as much time as this many alerts, besides its own."""

ROWS_AN_END = 4
"""The same for an alert that has ended: it is compared with every ledger that may contain it, and
removed from every table."""


class Turns:
    """Counts the rows of consecutive steps, and yields after every `ROWS_A_STEP`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rows = 0

    async def after(self, rows: int) -> None:
        """Note that this many more rows have been processed."""
        self._rows += rows
        if self._rows >= ROWS_A_STEP:
            self._rows = 0
            await self._clock.sleep(0)

    async def through(self, steps: Steps[T]) -> T:
        """Run a pass in steps; returns its result."""
        while True:
            try:
                next(steps)
            except StopIteration as end:
                found: T = end.value
                return found
            self._rows = 0
            await self._clock.sleep(0)
