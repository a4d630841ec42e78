"""The one thread in which a connection lives: calls are carried out one after the other, in the
order they were made."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class DatabaseThread:
    """Carries out blocking calls for the event loop.

    A caller that is cancelled stops waiting at once. Its call is dropped if it has not begun,
    and otherwise carried out to its end: a transaction is never left in the middle.
    """

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def call(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises. RuntimeError after `finish`."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    async def finish(self, last: Callable[[], None]) -> None:
        """Carry out what was asked for and then `last`, which must not raise; it happens even
        when the wait is cancelled."""
        done = asyncio.get_running_loop().run_in_executor(self._executor, last)
        self._executor.shutdown(wait=False)
        await asyncio.shield(done)
