"""The seams. Everything that touches the outside world stands behind one of these Protocols:
read this package first.

`CampaignSource` reads the provider. `Store` survives a crash; it has four parts, and whatever
needs one part takes just that: `CycleStore`, `OutboxStore`, `PeopleStore`, `HistoryStore`.
`Notifier` tells a receiver. The docstrings are the contract: ordering, units, what is raised, and
what a crash in the middle leaves behind.
"""

from monitor.ports.campaign_source import CampaignSource, Incomplete, RowsSeen, Sweep, SweptRows
from monitor.ports.cycle_store import CycleCommit, CycleStore, Snapshot
from monitor.ports.history_store import HistoryStore, SampleExtent
from monitor.ports.notifier import Acknowledging, Notifier, Resending
from monitor.ports.outbox_store import (
    EVERYTHING,
    DeliveryResult,
    FlushCommit,
    OutboxQuery,
    OutboxStore,
    OutboxSummary,
)
from monitor.ports.people_store import PeopleStore
from monitor.ports.store_port import Store

__all__ = [
    "EVERYTHING",
    "Acknowledging",
    "CampaignSource",
    "CycleCommit",
    "CycleStore",
    "DeliveryResult",
    "FlushCommit",
    "HistoryStore",
    "Incomplete",
    "Notifier",
    "OutboxQuery",
    "OutboxStore",
    "OutboxSummary",
    "PeopleStore",
    "Resending",
    "RowsSeen",
    "SampleExtent",
    "Snapshot",
    "Store",
    "Sweep",
    "SweptRows",
]
