"""Gives the event loop its turn while many alerts or groups are gone through."""

from typing import TypeVar

from monitor.clock import Clock
from monitor.domain.alerting.steps import ROWS_A_STEP, Pass, Steps

T = TypeVar("T")

ROWS_A_GROUP = 4
"""A group costs as much as so many alerts, beside those it has."""

ROWS_AN_END = 4
"""So does an alert that has ended: it is held against every ledger that may know of it, and
taken out of every table."""


class Turns:
    """Counts rows over whatever is done one after another."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rows = 0

    async def after(self, rows: int) -> None:
        """So many rows more have been gone through."""
        self._rows += rows
        if self._rows >= ROWS_A_STEP:
            self._rows = 0
            await self._clock.sleep(0)

    async def through(self, steps: Steps[T]) -> T:
        """What comes of a pass in steps."""
        whole = Pass(steps)
        for _ in whole:
            self._rows = 0
            await self._clock.sleep(0)
        return whole.found
