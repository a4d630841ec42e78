"""Connections to an embedded database: opening one, the thread it lives in, and transactions."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

T = TypeVar("T")


@contextmanager
def opened(path: Path, mode: str, busy_timeout: float) -> Iterator[sqlite3.Connection]:
    """A connection that is closed again if the first use of it, in the context, fails."""
    db = sqlite3.connect(
        f"file:{quote(str(path))}?mode={mode}", uri=True, isolation_level=None, timeout=busy_timeout
    )
    try:
        db.execute("PRAGMA synchronous = FULL")  # a commit is on the disk before it is acted on
        yield db
    except BaseException:
        db.close()
        raise


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All of it or nothing, whatever is raised. The connection stays usable."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # SQLite has rolled back by itself after some errors
            db.execute("ROLLBACK")
        raise


@contextmanager
def reading(db: sqlite3.Connection) -> Iterator[None]:
    """Several reads of the same state of the database."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


class DatabaseThread:
    """The one thread in which a connection lives. It carries out blocking calls for the event loop,
    one after the other in the order they were made.

    A caller that is cancelled stops waiting at once. Its call is dropped if it has not begun;
    otherwise it runs to its end, so a transaction is never left in the middle.
    """

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def call(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises. RuntimeError after `finish`."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    async def finish(self, last: Callable[[], None]) -> None:
        """Carry out the calls made so far and then `last`, which must not raise; this happens even
        if the wait is cancelled."""
        done = asyncio.get_running_loop().run_in_executor(self._executor, last)
        self._executor.shutdown(wait=False)
        await asyncio.shield(done)
