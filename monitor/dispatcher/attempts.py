"""One receiver's attempts: which are in flight, and how their results are recorded."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import structlog

from monitor.clock import Clock
from monitor.domain.alerting.notification import OutboxState
from monitor.errors import StoreError
from monitor.ports import DeliveryResult, Notifier, OutboxStore

ATTEMPT_SECONDS = 15.0
"""An attempt is cut off after this. Integrations have a shorter limit of their own, whose error
says more."""


@dataclass(slots=True)
class _InFlight:
    task: asyncio.Task[None]
    notifier: Notifier
    begun: float
    overdue: bool = False


class Attempts:
    """The attempts in flight, by the message's id. Times are monotonic, in seconds."""

    def __init__(self) -> None:
        self._active: dict[str, _InFlight] = {}

    def __len__(self) -> int:
        return len(self._active)

    def __iter__(self) -> Iterator[str]:
        return iter(self._active)

    def begin(self, id_: str, task: asyncio.Task[None], notifier: Notifier, now: float) -> None:
        """Note that `task` now attempts this message through `notifier`."""
        self._active[id_] = _InFlight(task, notifier, now)

    def end(self, id_: str) -> None:
        """Forget an attempt that has ended."""
        self._active.pop(id_, None)

    def clear(self) -> None:
        """Forget all attempts."""
        self._active.clear()

    def go_through(self, notifier: Notifier) -> bool:
        """Whether any attempt uses this notifier."""
        return any(attempt.notifier is notifier for attempt in self._active.values())

    def abort(self) -> None:
        """Cancel all attempts."""
        for attempt in self._active.values():
            attempt.task.cancel()

    def cut_off_overdue(self, now: float) -> None:
        """Cancel attempts that take too long: an integration without a limit of its own must not
        block a place for ever."""
        for attempt in self._active.values():
            if not attempt.overdue and now - attempt.begun >= ATTEMPT_SECONDS:
                attempt.overdue = True
                attempt.task.cancel()

    def was_cut_off(self, id_: str) -> bool:
        """Whether this attempt was cancelled for taking too long. If so, its task can go on."""
        attempt = self._active.get(id_)
        if attempt is None or not attempt.overdue:
            return False
        attempt.task.uncancel()
        return True

    def next_overdue(self) -> float | None:
        """When the next attempt will have taken too long; None if there is none. Those already
        cut off end by themselves."""
        begun = [attempt.begun for attempt in self._active.values() if not attempt.overdue]
        return min(begun) + ATTEMPT_SECONDS if begun else None


BATCH_SECONDS = 0.01
"""How long a result waits for others, so that one commit records many under load."""
STORE_RETRY_SECONDS = 5.0

log = structlog.get_logger()


class StoreWatch:
    """Logs the first time that the store refuses a lane, and the recovery. `not_before`: when to
    ask the store again."""

    def __init__(self, receiver: str, clock: Clock) -> None:
        self._receiver = receiver
        self._clock = clock
        self._failed = False
        self.not_before = clock.monotonic()

    def refused(self, error: StoreError) -> None:
        self.not_before = self._clock.monotonic() + STORE_RETRY_SECONDS
        if not self._failed:
            log.error("outbox_failed", receiver=self._receiver, error=str(error))
        self._failed = True

    def answered(self) -> None:
        self.not_before = self._clock.monotonic()
        if self._failed:
            log.info("outbox_recovered", receiver=self._receiver)
        self._failed = False


class Settlement:
    """Collects the results of one receiver and records them in batches.

    `settled` is called with each batch after its commit, `crashed` when a result made the store
    raise. Collected results survive a `run` that raised.
    """

    def __init__(
        self,
        receiver: str,
        store: OutboxStore,
        clock: Clock,
        watch: StoreWatch,
        *,
        settled: Callable[[tuple[DeliveryResult, ...]], None],
        crashed: Callable[[], None],
    ) -> None:
        self._receiver = receiver
        self._store = store
        self._clock = clock
        self._watch = watch
        self._settled = settled
        self._crashed = crashed
        self._results: list[DeliveryResult] = []
        self._woken = asyncio.Event()
        self._hurried = False

    @property
    def ids(self) -> set[str]:
        """The ids of results that are not recorded yet."""
        return {result.id for result in self._results}

    def add(self, *results: DeliveryResult) -> None:
        """Record these results soon."""
        self._results += results
        self._woken.set()

    def hurry(self) -> None:
        """Stop waiting for more results, and check whether `run` can end."""
        self._hurried = True
        self._woken.set()

    async def run(self, *, more: Callable[[], bool], aborting: Callable[[], bool]) -> None:
        """Record until nothing is left and no `more` will come. Retry a store that refuses,
        unless `aborting`."""
        while more() or self._results:
            await self._woken.wait()
            self._woken.clear()
            if not self._results:
                continue
            if not self._hurried:
                await self._clock.sleep(BATCH_SECONDS)
            if not await self._record():
                if aborting():
                    log.error(
                        "deliveries_not_recorded", receiver=self._receiver, count=len(self._results)
                    )
                    return
                self._woken.set()
                await self._clock.sleep(STORE_RETRY_SECONDS)

    async def _record(self) -> bool:
        """Record what was collected so far; False if the store refused, to be tried again."""
        batch = tuple(self._results)
        try:
            await self._store.settle(batch)
        except StoreError as error:
            self._watch.refused(error)
            return False
        except Exception:
            log.exception("settling_failed", receiver=self._receiver)
            await self._record_singly(batch)
        del self._results[: len(batch)]
        self._watch.answered()
        self._settled(batch)
        return True

    async def _record_singly(self, batch: tuple[DeliveryResult, ...]) -> None:
        """Record the results one by one: one of them makes the store raise."""
        for result in batch:
            try:
                await self._store.settle([result])
            except Exception:
                log.exception("result_set_aside", receiver=self._receiver, notification=result.id)
                await self._give_up(result)

    async def _give_up(self, result: DeliveryResult) -> None:
        """Mark the row as dead, so that it is not sent again each time its lease runs out."""
        self._crashed()
        with suppress(StoreError):
            error = "internal error: how it ended could not be recorded (the log has the traceback)"
            await self._store.settle(
                [DeliveryResult(id=result.id, state=OutboxState.DEAD, at=result.at, error=error)]
            )
