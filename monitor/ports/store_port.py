"""What survives a crash."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from monitor.domain.alerting.alert import Alert
from monitor.domain.alerting.notification import OutboxRow
from monitor.domain.campaign.event import CampaignEvent
from monitor.domain.campaign.feed import BlindSpell, FeedState
from monitor.domain.campaign.sample import Sample
from monitor.domain.campaign.snapshot import CampaignKey
from monitor.domain.routing.flush import GroupId
from monitor.ports.commits import (
    CycleCommit,
    DeliveryResult,
    FlushCommit,
    OutboxQuery,
    OutboxSummary,
    SampleExtent,
    Snapshot,
)
from monitor.ports.people_store import QuietStore


class Store(QuietStore, Protocol):
    """What survives a crash. Every method but `prune`, `thin` and `hasten` is one transaction:
    after a crash all of it is there or nothing.

    All methods raise `StoreError`; nothing of a change that raised is stored. Calls may be made
    concurrently. A call that is cancelled is carried out wholly or not at all. What is passed in
    must not change before the call has returned.
    """

    async def __aenter__(self) -> Self:
        """Open, migrate, take the daemon's lock. StoreError LOCKED when another daemon has it,
        NEWER, CORRUPT, UNAVAILABLE."""
        ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    async def load(self) -> Snapshot:
        """What was committed last."""
        ...

    async def feeds(self) -> Sequence[FeedState]:
        """What is remembered of every feed that was ever polled."""
        ...

    async def samples(self, *, since: datetime) -> Mapping[CampaignKey, tuple[Sample, ...]]:
        """What campaigns that are not settled showed at that time and since: ascending by time,
        the first one what it showed then, where that is known. Campaigns that have shown the
        same since then, or since they were first seen, are left out: they show it still. So are
        those of which nothing is known."""
        ...

    async def commit_cycle(self, commit: CycleCommit) -> None:
        """Write what a cycle decided. Writing the same commit twice leaves what once leaves."""
        ...

    async def commit_flush(self, commit: FlushCommit) -> None:
        """Write what a flush decided. StoreError CONFLICT when a row to be superseded has been
        attempted or finished since.

        The store numbers the rows itself, in the order given and after all that are there: their
        `sequence` is ignored.
        """
        ...

    async def replaceable(
        self, groups: Collection[GroupId]
    ) -> Mapping[GroupId, Sequence[OutboxRow]]:
        """For each of these groups that has a pending row: its rows that were never attempted,
        oldest first."""
        ...

    async def claim(
        self, receiver: str, *, now: datetime, lease_until: datetime, limit: int
    ) -> Sequence[OutboxRow]:
        """Begin an attempt on up to `limit` due rows and return them with the attempt counted.

        Those that have been due longest come first, among equals the older. Only the oldest
        pending row of a group is eligible, so a group's rows go out in order. A claimed row
        becomes due again at `lease_until` unless it is settled before: that is what a crash in
        the middle of an attempt leaves.
        """
        ...

    async def settle(self, results: Sequence[DeliveryResult]) -> None:
        """Record how attempts ended. Unknown ids and rows already finished are passed over.

        Replacements take the place of the original in its group: they go out, in their order,
        before any later row. Copies are new rows of another receiver; one whose id is there
        already is left as it is.
        """
        ...

    async def hasten(self, receiver: str, *, now: datetime) -> int:
        """Make the receiver's pending, unclaimed rows due now (it answered again). Returns how
        many were not due yet.

        In several short transactions, so that other receivers are not held up.
        """
        ...

    async def release(self, *, now: datetime) -> int:
        """Make due now whatever a daemon that is gone had claimed: it was cut short. For a
        daemon's start. Returns how many."""
        ...

    async def next_due(self, receiver: str) -> datetime | None:
        """When the next pending row that is the oldest of its group is due; None when there is
        none."""
        ...

    async def outbox(self, query: OutboxQuery) -> Sequence[OutboxRow]:
        """Rows, newest first."""
        ...

    async def backlog(self, receiver: str, *, after: int, limit: int) -> Sequence[OutboxRow]:
        """The receiver's pending rows whose `sequence` is above `after`, in the order of it, at
        most `limit`."""
        ...

    async def outbox_summary(self) -> Sequence[OutboxSummary]:
        """Counts by receiver and state, ordered by both."""
        ...

    async def dead_letters(self) -> Mapping[str, int]:
        """By receiver, how many dead rows nobody has dealt with: those dropped by a person's
        word are left out."""
        ...

    async def bury(self, receivers_in_use: Sequence[str], *, now: datetime) -> int:
        """Make pending rows of receivers that no longer exist dead, with that as their error.
        Returns how many."""
        ...

    async def retry(self, ids: Sequence[str], *, now: datetime) -> int:
        """Make dead or pending rows due now, attempts kept. Returns how many. Rows under attempt
        are left alone.

        A dead row takes its old place in its group again, and the time after which it is given
        up begins anew. Their last error is forgotten.
        """
        ...

    async def drop(self, ids: Sequence[str], *, now: datetime) -> int:
        """Put rows aside by a person's word. Returns how many.

        Pending ones become dead; dead ones stay so, but are no dead letters that somebody must
        look at any more. `retry` still sends either.
        """
        ...

    async def remember(self, receiver: str, key: str, value: str, *, now: datetime) -> None:
        """Keep a text for a receiver (the empty name: for none) under `key`, in place of the one
        that was there."""
        ...

    async def recall(self, receiver: str, key: str) -> str | None:
        """The text last kept there; None when there is none, or none that was kept or renewed
        since what `prune` deletes."""
        ...

    async def changed_outside(self) -> bool:
        """Whether another process has written since this was last asked."""
        ...

    async def prune(self, *, before: datetime, dead_before: datetime | None = None) -> int:
        """Delete history older than `before`: closed alerts, events, samples, blind spells,
        finished outbox rows, what integrations kept. Returns how many rows.

        Dead rows go by `dead_before` where it is given. In several short transactions, so that
        commits are not held up.
        """
        ...

    async def recorded_extent(self, *, since: datetime, until: datetime) -> SampleExtent:
        """What there is of samples between two times, both included."""
        ...

    async def recorded(
        self, *, after: tuple[float, str, int], limit: int
    ) -> Sequence[tuple[str, int, Sample]]:
        """Samples with their account and campaign id, in the order of (time, account, id), at
        most `limit` that come after such a place."""
        ...

    async def course(self, key: CampaignKey) -> Sequence[Sample]:
        """All that was recorded of one campaign, ascending by time, settled or forgotten ones
        too."""
        ...

    async def vanished(self, *, since: datetime, until: datetime) -> Sequence[CampaignEvent]:
        """The campaigns that vanished between two times, both included, ascending by time: each
        as it was last."""
        ...

    async def blind_spells(self, *, since: datetime, until: datetime) -> Sequence[BlindSpell]:
        """The times in which feeds were not read that overlap this one, in the order of their
        ends."""
        ...

    async def thin(self, *, before: datetime) -> int:
        """Leave of samples older than that each campaign's last of every hour. Returns how many
        rows went.

        In several short transactions, an hour in each; what is thinned is not looked at again.
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
        """One alert of whatever state, as it was committed last; None when there is none (any
        more) of that id."""
        ...
