"""Silences and acknowledgements in an embedded database. Every function runs inside the caller's
transaction."""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog

from monitor.domain.alerting.alert import Acknowledgement
from monitor.domain.routing.silence import Silence
from monitor.errors import StoreError
from monitor.store import people_rows as quiet
from monitor.store.row_codec import read_all, seconds

log = structlog.get_logger()


def silences(db: sqlite3.Connection, ended_after: datetime | None) -> Sequence[Silence]:
    """See `PeopleStore.silences`."""
    if ended_after is None:
        rows = db.execute(quiet.ALL_SILENCES)
    else:
        rows = db.execute(quiet.SILENCES_ENDED_AFTER, (seconds(ended_after),))
    found: list[Silence] = []
    for row in rows:
        try:
            found.append(quiet.read_silence(row))
        except (
            StoreError
        ) as error:  # set aside: it must not keep everything else from being told for ever
            # a person's doing
            log.error("silence_unreadable", id=row[0], error=str(error))  # noqa: TRY400
    return found


def add_silence(db: sqlite3.Connection, silence: Silence) -> None:
    """See `PeopleStore.add_silence`."""
    db.execute(quiet.ADD_SILENCE, quiet.silence_row(silence))


def expire_silences(db: sqlite3.Connection, ids: Sequence[str], at: datetime, by: str) -> int:
    """See `PeopleStore.expire_silences`."""
    return sum(
        db.execute(quiet.END_SILENCE, (seconds(at), by, id_, seconds(at))).rowcount
        for id_ in dict.fromkeys(ids)
    )


def mark_silences(
    db: sqlite3.Connection, *, matched: Mapping[str, datetime], over: Mapping[str, datetime]
) -> None:
    """See `FlushCommit`. What a person has ended meanwhile stays as it is."""
    db.executemany(quiet.MATCH_SILENCE, ((seconds(at), id_) for id_, at in matched.items()))
    db.executemany(
        quiet.END_SILENCE, ((seconds(at), None, id_, seconds(at)) for id_, at in over.items())
    )


def acknowledgements(db: sqlite3.Connection) -> Sequence[Acknowledgement]:
    """See `PeopleStore.acknowledgements`."""
    return read_all(quiet.read_acknowledgement, db.execute(quiet.OPEN_ACKNOWLEDGEMENTS))


def acknowledge(db: sqlite3.Connection, said: Sequence[Acknowledgement]) -> None:
    """See `PeopleStore.acknowledge`."""
    db.executemany(quiet.ACKNOWLEDGE, map(quiet.acknowledgement_row, said))


def forget_acknowledgements(db: sqlite3.Connection, alert_ids: Sequence[str]) -> int:
    """See `PeopleStore.forget_acknowledgements`."""
    return sum(
        db.execute(quiet.FORGET_ACKNOWLEDGEMENT, (id_,)).rowcount
        for id_ in dict.fromkeys(alert_ids)
    )
