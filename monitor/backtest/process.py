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

from monitor.backtest.parts import Part
from monitor.backtest.play import Step, play
from monitor.backtest.recording import Recording
from monitor.domain.times.intervals import TimeInterval
from monitor.errors import MonitorError, StoreError, StoreFault
from monitor.logs import configure_logs

SENT_AT_ONCE = 100
"""Steps in one message: some four hours of two feeds."""


class _Job(NamedTuple):
    """Everything the process needs; pickled."""

    recording: Recording
    part: Part
    quiet_hours: Sequence[TimeInterval]


class _Refused(NamedTuple):
    """What a `StoreError` says: an exception that wants arguments by name cannot be pickled."""

    message: str
    reason: StoreFault
    retryable: bool


class PartProcess:
    """One part's steps, from another process. `stop` it whatever happens."""

    def __init__(
        self, recording: Recording, part: Part, quiet_hours: Sequence[TimeInterval]
    ) -> None:
        self._job = _Job(recording, part, quiet_hours)
        context = multiprocessing.get_context(
            "spawn"
        )  # forking would take the locks of the database's thread along
        self._connection, self._theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(self._theirs,), daemon=True)

    @property
    def pid(self) -> int | None:
        """Its number; None before it is started."""
        return self._process.pid

    def start(self) -> None:
        """Start it; it waits for its work. Ctrl-C never reaches it, nor while it is loaded: who
        started it ends it.

        Raises `MonitorError` where the system lets no more be started.
        """
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        try:
            # otherwise starting a process starts this too, which lets signals through again
            resource_tracker.ensure_running()
            signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
            self._process.start()
        except OSError as error:
            raise MonitorError(
                f"no process to play history in could be started ({error}): with one job there is "
                "none"
            ) from error
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        self._theirs.close()

    async def set_to_work(self) -> None:
        """Give it its work, which takes until it can listen."""
        with suppress(ConnectionError):  # `steps` will find out
            await asyncio.to_thread(self._connection.send, self._job)

    async def steps(self) -> AsyncGenerator[Step]:
        """See `play`. Raises `StoreError`; `MonitorError` when the process ended before its
        time."""
        while True:
            try:
                found = await asyncio.to_thread(received, self._connection)
            except EOFError:
                await asyncio.to_thread(self._process.join)
                how = f"exit code {self._process.exitcode}; -9 may mean that memory ran out"
                raise MonitorError(
                    f"a process that played history has ended ({how}): with one job there is none"
                ) from None
            if found is None:
                return
            if isinstance(found, _Refused):
                raise StoreError(found.message, reason=found.reason, retryable=found.retryable)
            for step in found:
                yield step

    def stop(self) -> None:
        """End it, if it has not ended. Nothing is lost: it has only read."""
        if self.pid is not None:
            self._process.kill()
            self._process.join()
        self._connection.close()
        self._theirs.close()


def received(connection: Connection) -> Any:
    """The next message of the process at the other end. EOFError when that has ended, in the
    middle of a message too."""
    try:
        return connection.recv()
    except OSError as error:
        raise EOFError from error


def _serve(connection: Connection) -> None:
    configure_logs("error")
    # what is played makes no circles, and looking for some took a twentieth of the time
    gc.disable()
    with suppress(EOFError, ConnectionError):  # whoever wanted to know is gone
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
