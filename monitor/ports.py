"""The seams. Everything that touches the outside world stands behind one of these Protocols; read this file first.

`CampaignSource` is how the provider is read, `Store` is what survives a crash, `Notifier` is how somebody is told.
The docstrings are the contract: ordering, units, what is raised, and what a crash in the middle leaves behind.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from monitor.domain.account import Balance
from monitor.domain.alert import Alert
from monitor.domain.campaign import Campaign
from monitor.domain.event import CampaignEvent
from monitor.domain.feed import Feed, FeedState
from monitor.domain.notification import Notification, NotifiedAlert, OutboxRow, OutboxState
from monitor.domain.routing import GroupId, Ledger
from monitor.domain.tracking import TrackedCampaign
from monitor.quiet_store import QuietStore

# --- the provider ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """One reading of a feed's window.

    `campaigns` are the rows that could be read, each id once, ascending by id. A row whose bytes were the same in the last
    sweep is the *same object* as then. `unreadable` are the ids of rows that could not be decoded; `nameless` counts rows
    whose id could not be read either. `complete` says that every page was read and that they fit together: no campaign that
    was there all along is missing. `reason` says in words why it is not. `requests` counts HTTP requests made.
    """

    campaigns: Sequence[Campaign]
    complete: bool
    unreadable: frozenset[int] = frozenset()
    nameless: int = 0
    reason: str | None = None
    requests: int = 0


class CampaignSource(Protocol):
    """One account at the provider. All methods raise `ProviderError` once their own retries are used up."""

    async def sweep(self, message_type: str, *, since: float, started: float, fresh: bool = False) -> Sweep:
        """Read every campaign of a type created at or after `since` (Unix seconds), as of `started` (now).

        `fresh` decodes every row, also those that look like the last sweep's: for the full sweeps.

        An incomplete reading is returned with `complete=False`, never raised, when at least the first page answered;
        a sweep whose first page failed raises.
        """
        ...

    async def campaign(self, campaign_id: int) -> Campaign | None:
        """One campaign by its id; None only when the provider answered 404 for it."""
        ...

    async def balance(self, *, now: datetime) -> Balance:
        """What can be spent."""
        ...

    async def close(self) -> None:
        """Let go of connections. Never raises."""
        ...


# --- the store ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleCommit:
    """What one cycle decided; one transaction.

    `campaigns` are new or changed ones, `forgotten` ids of `account` no longer tracked. `alerts` are new or changed
    instances of whatever state, `dropped_alerts` ids of pending ones that ended (nothing of them is kept).
    """

    account: str
    campaigns: Sequence[TrackedCampaign] = ()
    forgotten: Sequence[int] = ()
    events: Sequence[CampaignEvent] = ()
    alerts: Sequence[Alert] = ()
    dropped_alerts: Sequence[str] = ()
    feed: FeedState | None = None
    balance: Balance | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlushCommit:
    """What one flush decided; one transaction.

    `superseded` are outbox ids that `rows` replace. `closed_alerts` are ids of ended alerts that everybody concerned has been
    told of: they are kept as history and no longer loaded. `dropped_ledgers` are groups that have nothing left to remember.
    `matched_silences` and `over_silences` (until resolved) have had, or no longer have, a firing alert: id and since when.
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
    """Everything the daemon starts from. `alerts` are those that are pending, firing, or ended and not closed."""

    feeds: Mapping[Feed, FeedState] = field(default_factory=dict)
    campaigns: Sequence[TrackedCampaign] = ()
    alerts: Sequence[Alert] = ()
    ledgers: Sequence[Ledger] = ()
    balances: Mapping[str, Balance] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryResult:
    """How one attempt ended. `state` delivered or dead is final; pending means "again at `next_attempt_at`"."""

    id: str
    state: OutboxState
    at: datetime
    next_attempt_at: datetime | None = None
    error: str | None = None
    replacements: Sequence[OutboxRow] = ()  # halves of a message that was too large; the original becomes superseded
    copies: Sequence[OutboxRow] = ()  # for the receiver's fallback: appended with the result, or not at all


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


class Store(QuietStore, Protocol):
    """What survives a crash. Every method but `prune` and `hasten` is one transaction: after a crash all of it is there or
    nothing.

    All methods raise `StoreError`; nothing of a change that raised is stored. Calls may be made concurrently. A call that is
    cancelled is carried out wholly or not at all. What is passed in must not change before the call has returned.
    """

    async def __aenter__(self) -> Self:
        """Open, migrate, take the daemon's lock. StoreError LOCKED when another daemon has it, NEWER, CORRUPT, UNAVAILABLE."""
        ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def load(self) -> Snapshot:
        """What was committed last."""
        ...

    async def commit_cycle(self, commit: CycleCommit) -> None:
        """Write what a cycle decided. Writing the same commit twice leaves what once leaves."""
        ...

    async def commit_flush(self, commit: FlushCommit) -> None:
        """Write what a flush decided. StoreError CONFLICT when a row to be superseded has been attempted or finished since.

        The store numbers the rows itself, in the order given and after all that are there: their `sequence` is ignored.
        """
        ...

    async def waiting_groups(self) -> Collection[GroupId]:
        """The groups with a pending row."""
        ...

    async def replaceable(self, group: GroupId) -> Sequence[OutboxRow]:
        """The group's pending rows that were never attempted, oldest first."""
        ...

    async def waiting(self, group: GroupId) -> int:
        """How many of the group's rows are pending, attempted ones included."""
        ...

    async def claim(self, receiver: str, *, now: datetime, lease_until: datetime, limit: int) -> Sequence[OutboxRow]:
        """Begin an attempt on up to `limit` due rows and return them with the attempt counted.

        Those that have been due longest come first, among equals the older.
        Only the oldest pending row of a group is eligible, so a group's rows go out in order. A claimed row becomes due
        again at `lease_until` unless it is settled before: that is what a crash in the middle of an attempt leaves.
        """
        ...

    async def settle(self, results: Sequence[DeliveryResult]) -> None:
        """Record how attempts ended. Unknown ids and rows already finished are passed over.

        Replacements take the place of the original in its group: they go out, in their order, before any later row. Copies
        are new rows of another receiver; one whose id is there already is left as it is.
        """
        ...

    async def hasten(self, receiver: str, *, now: datetime) -> int:
        """Make the receiver's pending, unclaimed rows due now (it answered again). Returns how many were not due yet.

        In several short transactions, so that other receivers are not held up.
        """
        ...

    async def release(self, *, now: datetime) -> int:
        """Make due now whatever a daemon that is gone had claimed: it was cut short. For a daemon's start. Returns how many."""
        ...

    async def next_due(self, receiver: str) -> datetime | None:
        """When the next pending row that is the oldest of its group is due; None when there is none."""
        ...

    async def outbox(self, query: OutboxQuery) -> Sequence[OutboxRow]:
        """Rows, newest first."""
        ...

    async def backlog(self, receiver: str, *, after: int, limit: int) -> Sequence[OutboxRow]:
        """The receiver's pending rows whose `sequence` is above `after`, in the order of it, at most `limit`."""
        ...

    async def outbox_summary(self) -> Sequence[OutboxSummary]:
        """Counts by receiver and state, ordered by both."""
        ...

    async def dead_letters(self) -> Mapping[str, int]:
        """By receiver, how many dead rows nobody has dealt with: those dropped by a person's word are left out."""
        ...

    async def bury(self, receivers_in_use: Sequence[str], *, now: datetime) -> int:
        """Make pending rows of receivers that no longer exist dead, with that as their error. Returns how many."""
        ...

    async def retry(self, ids: Sequence[str], *, now: datetime) -> int:
        """Make dead or pending rows due now, attempts kept. Returns how many. Rows under attempt are left alone.

        A dead row takes its old place in its group again, and the time after which it is given up begins anew. Their last
        error is forgotten.
        """
        ...

    async def drop(self, ids: Sequence[str], *, now: datetime) -> int:
        """Put rows aside by a person's word. Returns how many.

        Pending ones become dead; dead ones stay so, but are no dead letters that somebody must look at any more. `retry`
        still sends either.
        """
        ...

    async def remember(self, receiver: str, key: str, value: str, *, now: datetime) -> None:
        """Keep a text for a receiver's integration under `key`, in place of the one that was there."""
        ...

    async def recall(self, receiver: str, key: str) -> str | None:
        """The text last kept there; None when there is none, or none that was kept or renewed since what `prune` deletes."""
        ...

    async def changed_outside(self) -> bool:
        """Whether another process has written since this was last asked."""
        ...

    async def prune(self, *, before: datetime, dead_before: datetime | None = None) -> int:
        """Delete history older than `before`: closed alerts, events, finished outbox rows, what
        integrations kept. Returns how many rows.

        Dead rows go by `dead_before` where it is given. In several short transactions, so that commits are not held up.
        """
        ...

    async def events(
        self, *, campaign_id: int | None = None, account: str | None = None, limit: int = 100
    ) -> Sequence[CampaignEvent]:
        """Recorded events, newest first. `progressed` ones are not recorded."""
        ...

    async def open_alerts(self) -> Sequence[Alert]:
        """The alerts that `load` gives, alone."""
        ...

    async def alert_history(self, *, limit: int = 100) -> Sequence[Alert]:
        """Ended alerts and events, the latest end first."""
        ...

    async def alert(self, alert_id: str) -> Alert | None:
        """One alert of whatever state, as it was committed last; None when there is none (any more) of that id."""
        ...


# --- receivers ------------------------------------------------------------------------------------------------------


class Notifier(Protocol):
    """One receiver's integration. Knows how to say it and how to send it, not when or whether."""

    @property
    def integration(self) -> str:
        """Its kind: `webhook`, `slack`, …"""
        ...

    @property
    def min_interval(self) -> float:
        """The seconds for which one attempt may begin, by the service's own rule; 0 where it has none."""
        ...

    @property
    def burst(self) -> int:
        """How many attempts may begin at once after a pause, as long as `min_interval` holds on average; at least 1."""
        ...

    async def send(self, notification: Notification) -> None:
        """Make one attempt, bounded in time. Returns when the receiver confirmed; raises `DeliveryError` otherwise.

        Sending the same notification again carries the same id, so that a receiver can drop the repeat.
        """
        ...

    async def close(self) -> None:
        """Let go of connections. Never raises."""
        ...


@runtime_checkable
class Resending(Protocol):
    """A notifier whose service forgets what it is not told again, so that it is told apart from the outbox as well."""

    @property
    def resend_interval(self) -> float:
        """Seconds between two tellings; a missed one or two do no harm."""
        ...

    async def resend(self, alerts: Sequence[NotifiedAlert]) -> None:
        """Tell anew that all of these fire, each bounded in time; and, for some minutes, what `send` said is over.

        `alerts` is what the receiver knows to fire; whatever `send` was given since it was gathered counts for more. Does
        nothing that a repetition would make different. Raises `DeliveryError` when nobody took it: it is called again soon.
        """
        ...
