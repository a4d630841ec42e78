"""Long passes in steps, so that the caller can do something else in between. Pure: a pass is a
generator that yields nothing and returns its result."""

from collections.abc import Generator
from typing import TypeVar

ROWS_A_STEP = 2000

T = TypeVar("T")
Steps = Generator[None, None, T]


def at_once(steps: Steps[T]) -> T:
    """The result of a pass, without stopping in between."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: T = end.value
            return found


def pause(rows: int) -> Steps[None]:
    """A step of its own after something that took long for this many rows."""
    if rows >= ROWS_A_STEP:
        yield
