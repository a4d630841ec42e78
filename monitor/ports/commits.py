"""What is handed to the store and comes back from it."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitor.domain.alerting.alert import Alert
from monitor.domain.alerting.notification import OutboxRow, OutboxState
from monitor.domain.campaign.account import Balance
from monitor.domain.campaign.event import CampaignEvent
from monitor.domain.campaign.feed import BlindSpell, Feed, FeedState
from monitor.domain.campaign.sample import Sample
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.routing.flush import GroupId, Ledger

EVERYTHING = sys.maxsize
"""A `limit` that leaves nothing out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleCommit:
    """What one cycle decided; one transaction.

    `campaigns` are new or changed ones, `forgotten` ids of `account` no longer tracked.
    `samples` are what campaigns show from now on, by id. `alerts` are new or changed instances
    of whatever state, `dropped_alerts` ids of pending ones that ended (nothing of them is kept).
    `blind` is the time before it in which its feed was not read.
    """

    account: str
    campaigns: Sequence[TrackedCampaign] = ()
    forgotten: Sequence[int] = ()
    events: Sequence[CampaignEvent] = ()
    samples: Mapping[int, Sample] = field(default_factory=dict)
    alerts: Sequence[Alert] = ()
    dropped_alerts: Sequence[str] = ()
    feed: FeedState | None = None
    blind: BlindSpell | None = None
    balance: Balance | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlushCommit:
    """What one flush decided; one transaction.

    `superseded` are outbox ids that `rows` replace. `closed_alerts` are ids of ended alerts that
    everybody concerned has been told of: they are kept as history and no longer loaded.
    `dropped_ledgers` are groups that have nothing left to remember. `matched_silences` and
    `over_silences` (until resolved) have had, or no longer have, a firing alert: id and since
    when.
    """

    rows: Sequence[OutboxRow] = ()
    superseded: Sequence[str] = ()
    ledgers: Sequence[Ledger] = ()
    dropped_ledgers: Sequence[GroupId] = ()
    closed_alerts: Sequence[str] = ()
    matched_silences: Mapping[str, datetime] = field(default_factory=dict)
    over_silences: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything the daemon starts from. `alerts` are those that are pending, firing, or ended
    and not closed."""

    feeds: Mapping[Feed, FeedState] = field(default_factory=dict)
    campaigns: Sequence[TrackedCampaign] = ()
    alerts: Sequence[Alert] = ()
    ledgers: Sequence[Ledger] = ()
    balances: Mapping[str, Balance] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryResult:
    """How one attempt ended. `state` delivered or dead is final; pending means "again at
    `next_attempt_at`"."""

    id: str
    state: OutboxState
    at: datetime
    next_attempt_at: datetime | None = None
    error: str | None = None
    replacements: Sequence[
        OutboxRow
    ] = ()  # halves of a message that was too large; the original becomes superseded
    copies: Sequence[
        OutboxRow
    ] = ()  # for the receiver's fallback: appended with the result, or not at all


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxQuery:
    """Which rows to list; None means any. `limit` newest rows."""

    receiver: str | None = None
    state: OutboxState | None = None
    older_than: datetime | None = None
    copies: bool = False  # only what was copied for a fallback
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxSummary:
    """How many rows a receiver has in a state, and when the oldest of them was created."""

    receiver: str
    state: OutboxState
    count: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleExtent:
    """How many samples there are of a time, and when the first and the last were taken (Unix
    seconds); before `thinned_until` there is one an hour."""

    count: int
    first: float | None
    last: float | None
    thinned_until: float | None
