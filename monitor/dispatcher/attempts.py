"""What is under way to one receiver, and when it has taken too long."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

from monitor.ports import Notifier

ATTEMPT_SECONDS = 15.0
"""An attempt is cut off after that. Integrations keep a shorter limit of their own, which tells
more."""


@dataclass(slots=True)
class _Attempt:
    task: asyncio.Task[None]
    notifier: Notifier
    begun: float
    overdue: bool = False


class Attempts:
    """By the message's id. Times are monotonic, in seconds."""

    def __init__(self) -> None:
        self._active: dict[str, _Attempt] = {}

    def __len__(self) -> int:
        return len(self._active)

    def __iter__(self) -> Iterator[str]:
        return iter(self._active)

    def begin(self, id_: str, task: asyncio.Task[None], notifier: Notifier, now: float) -> None:
        """`task` attempts this message now, through `notifier`."""
        self._active[id_] = _Attempt(task, notifier, now)

    def end(self, id_: str) -> None:
        """It has ended, however it did."""
        self._active.pop(id_, None)

    def clear(self) -> None:
        """There are none any more."""
        self._active.clear()

    def go_through(self, notifier: Notifier) -> bool:
        """Whether any needs this notifier."""
        return any(attempt.notifier is notifier for attempt in self._active.values())

    def abort(self) -> None:
        """Cancel all."""
        for attempt in self._active.values():
            attempt.task.cancel()

    def cut_off_overdue(self, now: float) -> None:
        """Cancel those that take too long: an integration that forgot its own limit must not
        keep a place for ever."""
        for attempt in self._active.values():
            if not attempt.overdue and now - attempt.begun >= ATTEMPT_SECONDS:
                attempt.overdue = True
                attempt.task.cancel()

    def was_cut_off(self, id_: str) -> bool:
        """Whether that is why its task has been cancelled; the task then goes on."""
        attempt = self._active.get(id_)
        if attempt is None or not attempt.overdue:
            return False
        attempt.task.uncancel()
        return True

    def next_overdue(self) -> float | None:
        """When the next will have taken too long; None when there is none. Those that are cut
        off already end by themselves."""
        begun = [attempt.begun for attempt in self._active.values() if not attempt.overdue]
        return min(begun) + ATTEMPT_SECONDS if begun else None
