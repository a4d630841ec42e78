"""What survives a crash."""

from types import TracebackType
from typing import Protocol, Self

from monitor.ports.cycle_store import CycleStore
from monitor.ports.history_store import HistoryStore
from monitor.ports.outbox_store import OutboxStore
from monitor.ports.people_store import PeopleStore


class Store(CycleStore, OutboxStore, PeopleStore, HistoryStore, Protocol):
    """All four parts of the store over one database, as the composition root opens it. What needs
    only one part takes only that one.

    Every method but `prune`, `thin` and `hasten` is one transaction: after a crash all of it is
    there or none of it. All methods raise `StoreError`; nothing of a change that raised is
    stored. Calls may run concurrently. A call that is cancelled is carried out completely or not
    at all. What you pass in must not change before the call returns.
    """

    async def __aenter__(self) -> Self:
        """Open, migrate and take the daemon's lock. StoreError LOCKED when another daemon has it;
        NEWER, CORRUPT or UNAVAILABLE when the database cannot be used."""

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
