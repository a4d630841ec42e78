"""The embedded store: one SQLite file, one thread, one transaction per call."""

import os
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from monitor.domain.alerting.alert import Acknowledgement, Alert
from monitor.domain.alerting.notification import OutboxRow, OutboxState
from monitor.domain.campaign.event import CampaignEvent
from monitor.domain.campaign.feed import BlindSpell, FeedState
from monitor.domain.campaign.sample import Sample
from monitor.domain.campaign.snapshot import CampaignKey
from monitor.domain.routing.flush import GroupId
from monitor.domain.routing.silence import Silence
from monitor.ports import (
    CycleCommit,
    DeliveryResult,
    FlushCommit,
    OutboxQuery,
    OutboxSummary,
    SampleExtent,
    Snapshot,
)
from monitor.store import statements
from monitor.store.row_codec import (
    Row,
    acknowledgement_row,
    moment,
    read_acknowledgement,
    read_alert,
    read_all,
    read_blind_spell,
    read_event,
    read_feed,
    read_outbox,
    read_sample,
    read_silence,
    readable,
    seconds,
    silence_row,
)
from monitor.store.sqlite import cycle_tables as sqlite_cycle
from monitor.store.sqlite import database_schema as schema
from monitor.store.sqlite import outbox_tables as sqlite_outbox
from monitor.store.sqlite.connection import DatabaseThread, reading, transaction
from monitor.store.sqlite.database_file import (
    DaemonLock,
    Identity,
    check_place,
    check_unmoved,
    identity,
)
from monitor.store.sqlite.sqlite_errors import ForeignFileError, translated, unavailable

T = TypeVar("T")
HASTENED_AT_ONCE = 500
"""Rows that `hasten` moves in one transaction: other receivers write in between."""
PRUNED_AT_ONCE = 2_000
"""Rows that `prune` deletes in one transaction."""


class SqliteStore:
    """`ports.Store` in the SQLite file `path`, or in memory, leaving nothing behind, when that is
    None or `:memory:`.

    With `daemon` it creates the file if necessary (mode 0600), migrates it, and keeps other
    daemons out with a lock on `<path>.lock`. Without, it is for a command beside a daemon that
    may be running: the file must exist and have the right schema, and no lock is taken;
    `read_only` refuses every change with READ_ONLY. `busy_timeout` is how many seconds to wait
    for another process's transaction before LOCKED. Use it once: it cannot be opened again.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        daemon: bool = True,
        read_only: bool = False,
        busy_timeout: float = 5.0,
    ) -> None:
        if daemon and read_only:
            raise ValueError("a daemon's store cannot be read-only")
        self._path = (
            None if path is None or str(path) == ":memory:" else Path(os.path.realpath(path))
        )
        self._daemon = daemon
        self._read_only = read_only
        self._busy_timeout = busy_timeout
        self._thread = DatabaseThread("store")
        self._lock: DaemonLock | None = None
        self._db: sqlite3.Connection | None = None
        self._identity: Identity = {}
        self._seen_version = 0
        self._closing = False

    async def __aenter__(self) -> Self:
        try:
            await self._thread.call(lambda: translated(self._open, self._path))
        except BaseException:  # also when cancelled: the file may be open by now
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._closing:
            self._closing = True
            await self._thread.finish(self._close)

    # --- cycles and flushes -----------------------------------------------------------------------

    async def load(self) -> Snapshot:
        return await self._read(sqlite_cycle.snapshot)

    async def feeds(self) -> Sequence[FeedState]:
        return await self._all(read_feed, statements.ALL_FEEDS)

    async def commit_cycle(self, commit: CycleCommit) -> None:
        await self._write(lambda db: sqlite_cycle.put_cycle(db, commit))

    async def commit_flush(self, commit: FlushCommit) -> None:
        await self._write(lambda db: sqlite_cycle.put_flush(db, commit))

    async def samples(self, *, since: datetime) -> Mapping[CampaignKey, tuple[Sample, ...]]:
        return await self._read(lambda db: sqlite_cycle.samples_since(db, since.timestamp()))

    # --- outbox -----------------------------------------------------------------------------------

    async def replaceable(
        self, groups: Collection[GroupId]
    ) -> Mapping[GroupId, Sequence[OutboxRow]]:
        return await self._read(lambda db: sqlite_outbox.replaceable(db, groups))

    async def claim(
        self, receiver: str, *, now: datetime, lease_until: datetime, limit: int
    ) -> Sequence[OutboxRow]:
        return await self._write(
            lambda db: sqlite_outbox.claim(
                db, receiver, now=now, lease_until=lease_until, limit=limit
            )
        )

    async def settle(self, results: Sequence[DeliveryResult]) -> None:
        await self._write(lambda db: sqlite_outbox.settle(db, results))

    async def hasten(self, receiver: str, *, now: datetime) -> int:
        at, total, hastened = seconds(now), 0, HASTENED_AT_ONCE
        while hastened == HASTENED_AT_ONCE:
            hastened = await self._change(
                statements.HASTEN, [(at, receiver, at, at, HASTENED_AT_ONCE)]
            )
            total += hastened
        return total

    async def release(self, *, now: datetime) -> int:
        return await self._change(statements.RELEASE, [(seconds(now),)])

    async def next_due(self, receiver: str) -> datetime | None:
        return await self._read(
            lambda db: moment(db.execute(statements.NEXT_DUE, (receiver,)).fetchone()[0])
        )

    async def outbox(self, query: OutboxQuery) -> Sequence[OutboxRow]:
        statement, parameters = statements.outbox_query(query)
        return await self._all(read_outbox, statement, parameters)

    async def backlog(self, receiver: str, *, after: int, limit: int) -> Sequence[OutboxRow]:
        return await self._all(read_outbox, statements.BACKLOG, (receiver, after, limit))

    async def dead_letters(self) -> Mapping[str, int]:
        return await self._read(lambda db: dict(db.execute(statements.DEAD_LETTERS).fetchall()))

    async def outbox_summary(self) -> Sequence[OutboxSummary]:
        return await self._read(
            lambda db: [
                OutboxSummary(
                    receiver=receiver, state=OutboxState(state), count=count, oldest=moment(oldest)
                )
                for receiver, state, count, oldest in db.execute(statements.SUMMARY)
            ]
        )

    async def bury(self, receivers_in_use: Sequence[str], *, now: datetime) -> int:
        return await self._write(lambda db: sqlite_outbox.bury(db, receivers_in_use, now))

    async def retry(self, ids: Sequence[str], *, now: datetime) -> int:
        return await self._write(lambda db: sqlite_outbox.retry(db, ids, now))

    async def drop(self, ids: Sequence[str], *, now: datetime) -> int:
        return await self._write(lambda db: sqlite_outbox.drop(db, ids, now))

    # --- people -----------------------------------------------------------------------------------

    async def silences(self, *, ended_after: datetime | None = None) -> Sequence[Silence]:
        # One that cannot be read is left out: it must not hold back everything else.
        every = ended_after is None
        statement = statements.ALL_SILENCES if every else statements.SILENCES_ENDED_AFTER
        limits = () if every else (seconds(ended_after),)
        return await self._read(
            lambda db: readable(read_silence, db.execute(statement, limits), "silence_unreadable")
        )

    async def add_silence(self, silence: Silence) -> None:
        await self._write(lambda db: db.execute(statements.ADD_SILENCE, silence_row(silence)))

    async def expire_silences(self, ids: Sequence[str], *, at: datetime, by: str) -> int:
        end = seconds(at)
        rows = [(end, by, id_, end) for id_ in dict.fromkeys(ids)]
        return await self._change(statements.END_SILENCE, rows)

    async def acknowledgements(self) -> Sequence[Acknowledgement]:
        return await self._all(read_acknowledgement, statements.OPEN_ACKNOWLEDGEMENTS)

    async def acknowledge(self, acknowledgements: Sequence[Acknowledgement]) -> None:
        said = map(acknowledgement_row, acknowledgements)
        await self._write(lambda db: db.executemany(statements.ACKNOWLEDGE, said))

    async def forget_acknowledgements(self, alert_ids: Sequence[str]) -> int:
        rows = [(id_,) for id_ in dict.fromkeys(alert_ids)]
        return await self._change(statements.FORGET_ACKNOWLEDGEMENT, rows)

    # --- integrations -----------------------------------------------------------------------------

    async def remember(self, receiver: str, key: str, value: str, *, now: datetime) -> None:
        row = (receiver, key, value, seconds(now))
        await self._write(lambda db: db.execute(statements.REMEMBER, row))

    async def recall(self, receiver: str, key: str) -> str | None:
        found = await self._read(
            lambda db: db.execute(statements.RECALL, (receiver, key)).fetchone()
        )
        return None if found is None else str(found[0])

    # --- history ----------------------------------------------------------------------------------

    async def changed_outside(self) -> bool:
        before, self._seen_version = self._seen_version, await self._run(_data_version)
        return before != self._seen_version

    async def prune(self, *, before: datetime, dead_before: datetime | None = None) -> int:
        total = 0
        limits = [
            *((statement, before) for statement in statements.PRUNE),
            (statements.PRUNE_DEAD, dead_before or before),
        ]
        for statement, limit in limits:
            deleted = PRUNED_AT_ONCE
            while deleted == PRUNED_AT_ONCE:
                deleted = await self._change(statement, [(seconds(limit), PRUNED_AT_ONCE)])
                total += deleted
        return total

    async def recorded_extent(self, *, since: datetime, until: datetime) -> SampleExtent:
        return await self._read(
            lambda db: sqlite_cycle.extent(db, since.timestamp(), until.timestamp())
        )

    async def recorded(
        self, *, after: tuple[float, str, int], limit: int
    ) -> Sequence[tuple[str, int, Sample]]:
        return await self._read(lambda db: sqlite_cycle.recorded(db, after, limit))

    async def course(self, key: CampaignKey) -> Sequence[Sample]:
        found = await self._all(read_sample, statements.COURSE, (key.account, key.id))
        return [sample for _, sample in found]

    async def vanished(self, *, since: datetime, until: datetime) -> Sequence[CampaignEvent]:
        span = (since.timestamp(), until.timestamp())
        return await self._all(read_event, statements.VANISHED, span)

    async def blind_spells(self, *, since: datetime, until: datetime) -> Sequence[BlindSpell]:
        span = (since.timestamp(), until.timestamp())
        return await self._all(read_blind_spell, statements.BLIND_SPELLS, span)

    async def thin(self, *, before: datetime) -> int:
        total, over = 0, False
        while not over:
            deleted, over = await self._write(lambda db: sqlite_cycle.thin(db, before.timestamp()))
            total += deleted
        return total

    async def events(
        self, *, campaign_id: int | None = None, account: str | None = None, limit: int = 100
    ) -> Sequence[CampaignEvent]:
        statement, parameters = statements.events_query(campaign_id, account, limit)
        return await self._all(read_event, statement, parameters)

    async def open_alerts(self) -> Sequence[Alert]:
        return await self._all(read_alert, statements.OPEN_ALERTS)

    async def alert_history(self, *, limit: int = 100) -> Sequence[Alert]:
        return await self._all(read_alert, statements.ENDED_ALERTS, (limit,))

    async def alert(self, alert_id: str) -> Alert | None:
        found = await self._read(
            lambda db: db.execute(statements.ONE_ALERT, (alert_id,)).fetchone()
        )
        return None if found is None else read_alert(found)

    # --- the thread -------------------------------------------------------------------------------

    async def _all(
        self, read: Callable[[Row], T], statement: str, parameters: Sequence[object] = ()
    ) -> Sequence[T]:
        return await self._read(lambda db: read_all(read, db.execute(statement, parameters)))

    async def _change(self, statement: str, rows: Sequence[Row]) -> int:
        """How many rows of the table `statement` changed, run for each of `rows`."""
        return await self._write(
            lambda db: sum(db.execute(statement, row).rowcount for row in rows)
        )

    async def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        def consistently(db: sqlite3.Connection) -> T:
            with reading(db):
                return work(db)

        return await self._run(consistently)

    async def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        def in_transaction(db: sqlite3.Connection) -> T:
            if self._path is not None:
                check_unmoved(self._path, self._identity)
            with transaction(db):
                return work(db)

        return await self._run(in_transaction)

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        db = self._db
        if db is None or self._closing:
            raise unavailable("the store is not open")
        return await self._thread.call(lambda: translated(lambda: work(db), self._path))

    def _open(self) -> None:
        if self._path is None:
            self._db = schema.open_memory()
        elif self._daemon:
            check_place(self._path)
            self._lock = DaemonLock.take(self._path)
            try:
                self._db = schema.open_daemon(self._path, busy_timeout=self._busy_timeout)
            except ForeignFileError:
                self._lock.withdraw()
                raise
        else:
            self._db = schema.open_beside(
                self._path, read_only=self._read_only, busy_timeout=self._busy_timeout
            )
        if self._path is not None:
            self._identity = identity(self._path)
        self._seen_version = _data_version(self._db)

    def _close(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            db.close()
        if self._lock is not None:
            self._lock.release()


def _data_version(db: sqlite3.Connection) -> int:
    """A number that changes whenever another connection commits."""
    return int(db.execute("PRAGMA data_version").fetchone()[0])
