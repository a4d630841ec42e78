"""How attempts ended, on its way into the outbox: in batches, kept until the store has taken it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog

from monitor.clock import Clock
from monitor.domain.alerting.notification import OutboxState
from monitor.errors import StoreError
from monitor.ports import DeliveryResult, OutboxStore

BATCH_SECONDS = 0.01
"""How long results wait for others, so that under load one commit records many."""
STORE_RETRY_SECONDS = 5.0

log = structlog.get_logger()


class StoreWatch:
    """What a lane says of a store that refuses: the first time and the recovery. `not_before`:
    when to ask it again."""

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
    """Collects results of one receiver and records them. `settled` is called with each batch
    once it is committed, `crashed` when a result made the store raise. What is collected
    outlives a `run` that raised.
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
        """Of what is not recorded yet."""
        return {result.id for result in self._results}

    def add(self, *results: DeliveryResult) -> None:
        """Record these soon."""
        self._results += results
        self._woken.set()

    def hurry(self) -> None:
        """There is nothing to wait for any more; look whether it is over."""
        self._hurried = True
        self._woken.set()

    async def run(self, *, more: Callable[[], bool], aborting: Callable[[], bool]) -> None:
        """Record until there is nothing left and no `more` to come. A store that refuses is
        asked again, unless `aborting`."""
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
        """Record what is known by now; False when the store refused, and nothing is lost but
        time."""
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
        """Some result makes the store raise; it must not take the others with it."""
        for result in batch:
            try:
                await self._store.settle([result])
            except Exception:
                log.exception("result_set_aside", receiver=self._receiver, notification=result.id)
                await self._give_up(result)

    async def _give_up(self, result: DeliveryResult) -> None:
        """The plainest thing that can be recorded of a row, so that it is not sent again every
        time its lease runs out."""
        self._crashed()
        with suppress(StoreError):
            error = "internal error: how it ended could not be recorded (the log has the traceback)"
            await self._store.settle(
                [DeliveryResult(id=result.id, state=OutboxState.DEAD, at=result.at, error=error)]
            )
