"""The store as the delivering side needs it: messages, ledgers and what receivers remember."""

import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from monitor.domain.alerting.notification import OutboxRow, OutboxState
from monitor.domain.routing.flush import GroupId, Ledger

EVERYTHING = sys.maxsize
"""A `limit` that leaves nothing out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlushCommit:
    """What one flush decided; one transaction.

    `superseded` are outbox ids that `rows` replace. `dropped_ledgers` are groups that have
    nothing left to remember. `closed_alerts` are ids of ended alerts of which every receiver
    concerned has been told: they stay as history and are no longer loaded. `matched_silences`
    and `over_silences` are silences "until resolved" that have had, or no longer have, a firing
    alert: since when, by id.
    """

    rows: Sequence[OutboxRow] = ()
    superseded: Sequence[str] = ()
    ledgers: Sequence[Ledger] = ()
    dropped_ledgers: Sequence[GroupId] = ()
    closed_alerts: Sequence[str] = ()
    matched_silences: Mapping[str, datetime] = field(default_factory=dict)
    over_silences: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryResult:
    """How one attempt ended.

    `state` delivered or dead is final; pending means "again at `next_attempt_at`". `replacements`
    are the halves of a message that was too large: the original becomes superseded. `copies` are
    for the receiver's fallback; they are appended together with the result, or not at all.
    """

    id: str
    state: OutboxState
    at: datetime
    next_attempt_at: datetime | None = None
    error: str | None = None
    replacements: Sequence[OutboxRow] = ()
    copies: Sequence[OutboxRow] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxQuery:
    """Which rows to list: the `limit` newest; None means any. `copies`: only those copied for a
    fallback."""

    receiver: str | None = None
    state: OutboxState | None = None
    older_than: datetime | None = None
    copies: bool = False
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxSummary:
    """How many rows a receiver has in a state, and when the oldest of them was created."""

    receiver: str
    state: OutboxState
    count: int
    oldest: datetime | None


class OutboxStore(Protocol):
    """Messages on their way to receivers. Transactions and errors: see `Store`.

    A group's messages go out in order: only the oldest pending row of a group may be claimed.
    """

    async def commit_flush(self, commit: FlushCommit) -> None:
        """Write what a flush decided. StoreError CONFLICT when a row to be superseded has been
        attempted or finished since.

        The store numbers the rows itself, in the order given and after all existing ones; their
        own `sequence` is ignored.
        """

    async def replaceable(
        self, groups: Collection[GroupId]
    ) -> Mapping[GroupId, Sequence[OutboxRow]]:
        """Return, for each of these groups that has a pending row, its rows that were never
        attempted, oldest first."""

    async def claim(
        self, receiver: str, *, now: datetime, lease_until: datetime, limit: int
    ) -> Sequence[OutboxRow]:
        """Begin an attempt on up to `limit` due rows. Return them with the attempt counted.

        Rows that have been due longest come first, and among equals the older. A claimed row
        becomes due again at `lease_until` unless it is settled before then, so a crash in the
        middle of an attempt delays the message and does not lose it.
        """

    async def settle(self, results: Sequence[DeliveryResult]) -> None:
        """Record how attempts ended. Unknown ids and finished rows are skipped.

        Replacements take the original's place in its group: they go out, in their order, before
        any later row. Copies are new rows of another receiver; a copy whose id already exists is
        left unchanged.
        """

    async def hasten(self, receiver: str, *, now: datetime) -> int:
        """Make the receiver's pending, unclaimed rows due now (it answered again). Return how
        many were not due yet.

        Runs in several short transactions so that other receivers do not have to wait.
        """

    async def release(self, *, now: datetime) -> int:
        """Make every claimed row due now. Return how many.

        For a daemon's start: an earlier daemon was cut off in the middle of these attempts.
        """

    async def next_due(self, receiver: str) -> datetime | None:
        """Return when the receiver's next claimable row is due; None when there is none."""

    async def outbox(self, query: OutboxQuery) -> Sequence[OutboxRow]:
        """Return rows, newest first."""

    async def backlog(self, receiver: str, *, after: int, limit: int) -> Sequence[OutboxRow]:
        """Return up to `limit` of the receiver's pending rows whose `sequence` is above `after`,
        ascending by it."""

    async def outbox_summary(self) -> Sequence[OutboxSummary]:
        """Return counts by receiver and state, ordered by both."""

    async def dead_letters(self) -> Mapping[str, int]:
        """Return by receiver how many dead rows still need a decision. Rows that a person dropped
        do not count."""

    async def bury(self, receivers_in_use: Sequence[str], *, now: datetime) -> int:
        """Make pending rows of receivers that no longer exist dead, with that as their error.
        Return how many."""

    async def retry(self, ids: Sequence[str], *, now: datetime) -> int:
        """Make dead or pending rows due now, with their attempts kept and their last error
        cleared. Return how many.

        Rows under attempt are skipped. A dead row gets its old place in its group back, and the
        time after which it is given up starts again.
        """

    async def drop(self, ids: Sequence[str], *, now: datetime) -> int:
        """Set rows aside because a person said so. Return how many.

        Pending rows become dead; dead ones stay dead but no longer count as dead letters. `retry`
        still sends either.
        """

    async def remember(self, receiver: str, key: str, value: str, *, now: datetime) -> None:
        """Store a text for a receiver under `key`, replacing the one before. The empty name is
        for texts that belong to no receiver."""

    async def recall(self, receiver: str, key: str) -> str | None:
        """Return the text last stored there; None when there is none or `prune` deleted it."""
