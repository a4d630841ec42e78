"""Silences and acknowledgements in an embedded database. Every function runs inside the caller's
transaction."""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog

from monitor.domain.routing.silence import Silence
from monitor.store import statements
from monitor.store.row_codec import read_silence, readable, seconds

log = structlog.get_logger()


def silences(db: sqlite3.Connection, ended_after: datetime | None) -> Sequence[Silence]:
    """See `PeopleStore.silences`. One unreadable silence must not hold back everything else."""
    if ended_after is None:
        rows = db.execute(statements.ALL_SILENCES)
    else:
        rows = db.execute(statements.SILENCES_ENDED_AFTER, (seconds(ended_after),))
    return readable(read_silence, rows, "silence_unreadable")


def expire_silences(db: sqlite3.Connection, ids: Sequence[str], at: datetime, by: str) -> int:
    """See `PeopleStore.expire_silences`."""
    return sum(
        db.execute(statements.END_SILENCE, (seconds(at), by, id_, seconds(at))).rowcount
        for id_ in dict.fromkeys(ids)
    )


def mark_silences(
    db: sqlite3.Connection, *, matched: Mapping[str, datetime], over: Mapping[str, datetime]
) -> None:
    """See `FlushCommit`. A silence that a person has ended meanwhile stays as it is."""
    db.executemany(statements.MATCH_SILENCE, ((seconds(at), id_) for id_, at in matched.items()))
    db.executemany(
        statements.END_SILENCE, ((seconds(at), None, id_, seconds(at)) for id_, at in over.items())
    )


def forget_acknowledgements(db: sqlite3.Connection, alert_ids: Sequence[str]) -> int:
    """See `PeopleStore.forget_acknowledgements`."""
    return sum(
        db.execute(statements.FORGET_ACKNOWLEDGEMENT, (id_,)).rowcount
        for id_ in dict.fromkeys(alert_ids)
    )
