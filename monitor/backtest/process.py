"""A part of a recording, played in a process of its own."""

import asyncio
import gc
import multiprocessing
import signal
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from monitor.backtest.play import HistoryPart, Step, play
from monitor.backtest.recording import Recording
from monitor.domain.times.intervals import TimeInterval
from monitor.errors import MonitorError, StoreError, StoreFault
from monitor.logs import configure_logs

SENT_AT_ONCE = 100
"""Steps in one message: about four hours of two feeds."""


class _Job(NamedTuple):
    """Everything the process needs; pickled."""

    recording: Recording
    part: HistoryPart
    quiet_hours: Sequence[TimeInterval]


class _Refused(NamedTuple):
    """What a `StoreError` says: an exception with keyword-only arguments cannot be pickled."""

    message: str
    reason: StoreFault
    retryable: bool


class PartProcess:
    """Plays one part in another process. Always `stop` it."""

    def __init__(
        self, recording: Recording, part: HistoryPart, quiet_hours: Sequence[TimeInterval]
    ) -> None:
        self._job = _Job(recording, part, quiet_hours)
        context = multiprocessing.get_context(
            "spawn"
        )  # forking would take the locks of the database's thread along
        self._connection, self._theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(self._theirs,), daemon=True)

    @property
    def pid(self) -> int | None:
        """The process id; None before it is started."""
        return self._process.pid

    def start(self) -> None:
        """Start it; it waits for `set_to_work`. Ctrl-C never reaches it: `stop` ends it.

        Raises `MonitorError` when the system cannot start another process.
        """
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        try:
            # starting a process starts the tracker too, which would unblock signals again
            resource_tracker.ensure_running()
            signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
            self._process.start()
        except OSError as error:
            raise MonitorError(
                f"cannot start a process to play history in ({error}); --jobs 1 needs none"
            ) from error
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        self._theirs.close()

    async def set_to_work(self) -> None:
        """Send the work, which waits until the process can receive it."""
        with suppress(ConnectionError):  # `steps` will find out
            await asyncio.to_thread(self._connection.send, self._job)

    async def steps(self) -> AsyncGenerator[Step]:
        """See `play`. Raises `StoreError`; `MonitorError` when the process died."""
        while True:
            try:
                found = await asyncio.to_thread(received, self._connection)
            except EOFError:
                await asyncio.to_thread(self._process.join)
                how = f"exit code {self._process.exitcode}; -9 may mean that memory ran out"
                raise MonitorError(
                    f"a process that played history died ({how}); --jobs 1 needs none"
                ) from None
            if found is None:
                return
            if isinstance(found, _Refused):
                raise StoreError(found.message, reason=found.reason, retryable=found.retryable)
            for step in found:
                yield step

    def stop(self) -> None:
        """Kill it if it runs. Nothing is lost: it only reads."""
        if self.pid is not None:
            self._process.kill()
            self._process.join()
        self._connection.close()
        self._theirs.close()


def received(connection: Connection) -> Any:
    """The next message from the other process. EOFError when that process has ended, even in the
    middle of a message."""
    try:
        return connection.recv()
    except OSError as error:
        raise EOFError from error


def _serve(connection: Connection) -> None:
    configure_logs("error")
    # playing makes no reference cycles, and looking for them took a twentieth of the time
    gc.disable()
    with suppress(EOFError, ConnectionError):  # the backtest is gone
        job = received(connection)
        try:
            asyncio.run(_play(connection, job))
            connection.send(None)
        except StoreError as error:
            connection.send(_Refused(str(error), error.reason, error.retryable))


async def _play(connection: Connection, job: _Job) -> None:
    steps: list[Step] = []
    async with aclosing(play(job.recording, job.part, job.quiet_hours)) as played:
        async for step in played:
            steps.append(step)
            if len(steps) == SENT_AT_ONCE:
                connection.send(steps)
                steps = []
    connection.send(steps)
