"""When a receiver answers again, what waits for it need not wait for its own time."""

from monitor.clock import Clock
from monitor.domain.alerting.notification import OutboxState
from monitor.ports import DeliveryResult, OutboxStore

HASTEN_EVERY_SECONDS = 10.0
"""A row that fails by itself must not be hastened by every other's success."""


class Hastening:
    """One receiver's: knows whether there may be rows that failed before, and makes them due
    after a success."""

    def __init__(self, receiver: str, store: OutboxStore, clock: Clock) -> None:
        self._receiver = receiver
        self._store = store
        self._clock = clock
        self._owed = True  # unknown after a start: there may be rows that failed before
        self._wanted = False
        self._not_before = clock.monotonic()

    def failed(self) -> None:
        """A row will be tried again later."""
        self._owed = True

    def settled(self, results: tuple[DeliveryResult, ...]) -> None:
        """These are committed."""
        self._wanted |= self._owed and any(
            result.state is OutboxState.DELIVERED for result in results
        )

    def want(self) -> None:
        """What waits is worth an attempt now."""
        self._wanted = True
        self._not_before = self._clock.monotonic()

    def due(self) -> float | None:
        """From when on there is something to do, on the monotonic clock; None when there is
        nothing."""
        return self._not_before if self._wanted else None

    async def run(self) -> None:
        """Do it; `due` has said that it is time. Raises `StoreError`; it is done when the next
        success comes, then."""
        self._not_before = self._clock.monotonic() + HASTEN_EVERY_SECONDS
        self._wanted = False
        await self._store.hasten(self._receiver, now=self._clock.now())
        self._owed = False
