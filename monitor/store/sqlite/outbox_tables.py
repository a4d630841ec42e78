"""The outbox in an embedded database. Every function runs inside the caller's transaction.

All of them keep this true: in each group the oldest pending row, and no other, is marked `head`.
"""

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

import structlog

from monitor.domain.alerting.notification import OutboxRow, OutboxState
from monitor.domain.routing.flush import GroupId
from monitor.errors import StoreError, StoreFault
from monitor.ports import DeliveryResult
from monitor.store import statements
from monitor.store.row_codec import outbox_row, read_outbox, readable, seconds

DROPPED = "dropped by hand"
RECEIVER_GONE = "the receiver no longer exists in the rules"

Group = tuple[str, str]
"""Receiver and group key."""

log = structlog.get_logger()


def insert(db: sqlite3.Connection, rows: Sequence[OutboxRow]) -> None:
    """Append rows to their groups, in the order given. A row whose id exists is left unchanged."""
    if not rows:
        return
    last = db.execute(statements.LAST_SEQUENCE).fetchone()[0]
    db.executemany(
        statements.PUT_OUTBOX,
        (outbox_row(row, sequence=last + place) for place, row in enumerate(rows, start=1)),
    )
    _promote(db, {(row.notification.receiver, row.notification.group_key) for row in rows})


def supersede(db: sqlite3.Connection, ids: Sequence[str], at: datetime | None) -> None:
    """Finish rows that newer ones replace. StoreError CONFLICT when one has been attempted or
    finished."""
    groups: set[Group] = set()
    for id_ in ids:
        if db.execute(statements.SUPERSEDE, (seconds(at), id_)).rowcount != 1:
            raise StoreError(
                f"message {id_} was to be replaced, but it has been attempted or finished "
                "meanwhile",
                reason=StoreFault.CONFLICT,
                retryable=True,
            )
        groups.add(_group(db, id_))
    _promote(db, groups)


def replaceable(
    db: sqlite3.Connection, groups: Collection[GroupId]
) -> Mapping[GroupId, Sequence[OutboxRow]]:
    """See `OutboxStore.replaceable`."""
    found: dict[GroupId, Sequence[OutboxRow]] = {}
    for group in groups:
        key = (group.receiver, group.key)
        if db.execute(statements.WAITING, key).fetchone() is not None:
            rows = db.execute(statements.REPLACEABLE, key)
            found[group] = readable(read_outbox, rows, "outbox_row_unreadable")
    return found


def claim(
    db: sqlite3.Connection, receiver: str, *, now: datetime, lease_until: datetime, limit: int
) -> Sequence[OutboxRow]:
    """See `OutboxStore.claim`."""
    ids = [row[0] for row in db.execute(statements.CLAIMABLE, (receiver, seconds(now), limit))]
    start, end = seconds(now), seconds(lease_until)
    db.executemany(statements.CLAIM, ((start, end, end, id_) for id_ in ids))
    claimed: list[OutboxRow] = []
    for id_ in ids:
        try:
            claimed.append(read_outbox(db.execute(statements.OUTBOX_ROW, (id_,)).fetchone()))
        except StoreError as error:  # set aside, so that it does not hold up other messages
            log.error("outbox_row_unreadable", id=id_, receiver=receiver, error=str(error))  # noqa: TRY400
            drop(db, [id_], now, str(error))
    return claimed


def settle(db: sqlite3.Connection, results: Sequence[DeliveryResult]) -> None:
    """See `OutboxStore.settle`."""
    groups: set[Group] = set()
    for result in results:
        found = db.execute(statements.PENDING_GROUP_OF, (result.id,)).fetchone()
        if found is None:
            continue
        receiver, group_key, sequence = found
        groups.add((receiver, group_key))
        if result.replacements:
            _finish(db, result.id, OutboxState.SUPERSEDED, result.at, result.error)
            _replace(db, result.replacements, (receiver, group_key), sequence)
        elif result.state is OutboxState.PENDING:
            db.execute(
                statements.POSTPONE,
                (seconds(result.next_attempt_at or result.at), result.error, result.id),
            )
        else:
            _finish(db, result.id, result.state, result.at, result.error)
        insert(db, result.copies)
    _promote(db, groups)


def retry(db: sqlite3.Connection, ids: Iterable[str], now: datetime) -> int:
    """See `OutboxStore.retry`."""
    count = 0
    groups: set[Group] = set()
    for id_ in dict.fromkeys(ids):
        if db.execute(statements.RETRY, (seconds(now), id_, seconds(now))).rowcount:
            count += 1
            groups.add(_group(db, id_))
    db.executemany(
        statements.DEMOTE, groups
    )  # a row that was dead may be older than the current head
    _promote(db, groups)
    return count


def drop(db: sqlite3.Connection, ids: Iterable[str], now: datetime, why: str = DROPPED) -> int:
    """See `OutboxStore.drop`."""
    each = dict.fromkeys(ids)
    dropped = {id_ for id_ in each if _finish(db, id_, OutboxState.DEAD, now, why)}
    _promote(db, {_group(db, id_) for id_ in dropped})
    seen = [
        id_
        for id_ in each
        if id_ not in dropped and db.execute(statements.PUT_ASIDE, (id_,)).rowcount
    ]
    return len(dropped) + len(seen)


def bury(db: sqlite3.Connection, receivers_in_use: Collection[str], now: datetime) -> int:
    """See `OutboxStore.bury`."""
    gone = [
        row[0] for row in db.execute(statements.PENDING_RECEIVERS) if row[0] not in receivers_in_use
    ]
    return sum(
        db.execute(statements.BURY, (seconds(now), RECEIVER_GONE, receiver)).rowcount
        for receiver in gone
    )


def _finish(
    db: sqlite3.Connection, id_: str, state: OutboxState, at: datetime, error: str | None
) -> bool:
    return db.execute(statements.FINISH, (state.value, seconds(at), error, id_)).rowcount == 1


def _replace(
    db: sqlite3.Connection, rows: Sequence[OutboxRow], group: Group, sequence: int
) -> None:
    """Put rows in the place of a finished one: before every later row of the group."""
    db.execute(statements.SHIFT, (len(rows) - 1, *group, sequence))
    db.executemany(
        statements.PUT_OUTBOX,
        (outbox_row(row, sequence=sequence + place) for place, row in enumerate(rows)),
    )


def _group(db: sqlite3.Connection, id_: str) -> Group:
    receiver, group_key = db.execute(statements.GROUP_OF, (id_,)).fetchone()
    return receiver, group_key


def _promote(db: sqlite3.Connection, groups: Collection[Group]) -> None:
    db.executemany(statements.PROMOTE, groups)
