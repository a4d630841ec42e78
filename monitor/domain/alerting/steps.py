"""Long passes in steps: whoever makes one may do something else in between. Pure: a pass is a
generator that gives nothing and returns what it has found."""

from collections.abc import Generator, Iterator
from typing import Generic, TypeVar

ROWS_A_STEP = 2000

T = TypeVar("T")
Steps = Generator[None, None, T]


class Pass(Generic[T]):
    """Steps to iterate over, once; `found` is what came of them, once they are through."""

    found: T

    def __init__(self, steps: Steps[T]) -> None:
        self._steps = steps

    def __iter__(self) -> Iterator[None]:
        self.found = yield from self._steps


def at_once(steps: Steps[T]) -> T:
    """What comes of it, for somebody with nothing else to do."""
    whole = Pass(steps)
    for _ in whole:
        pass
    return whole.found


def pause(rows: int) -> Steps[None]:
    """A step of its own after something that took long for so many rows."""
    if rows >= ROWS_A_STEP:
        yield
