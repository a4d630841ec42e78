"""The seams. Everything that touches the outside world stands behind one of these Protocols;
read this package first.

`CampaignSource` is how the provider is read, `Store` is what survives a crash, `Notifier` is how
somebody is told. The docstrings are the contract: ordering, units, what is raised, and what a
crash in the middle leaves behind.
"""

from monitor.ports.campaign_source import CampaignSource, Incomplete, RowsSeen, Sweep, SweptRows
from monitor.ports.commits import (
    EVERYTHING,
    CycleCommit,
    DeliveryResult,
    FlushCommit,
    OutboxQuery,
    OutboxSummary,
    SampleExtent,
    Snapshot,
)
from monitor.ports.notifier import Acknowledging, Notifier, Resending
from monitor.ports.people_store import QuietStore
from monitor.ports.store_port import Store

__all__ = [
    "EVERYTHING",
    "Acknowledging",
    "CampaignSource",
    "CycleCommit",
    "DeliveryResult",
    "FlushCommit",
    "Incomplete",
    "Notifier",
    "OutboxQuery",
    "OutboxSummary",
    "QuietStore",
    "Resending",
    "RowsSeen",
    "SampleExtent",
    "Snapshot",
    "Store",
    "Sweep",
    "SweptRows",
]
