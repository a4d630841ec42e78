"""Silences and acknowledgements: statements and rows, word for word the same for every store."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from monitor.domain.alerting.alert import Acknowledgement
from monitor.domain.routing.matcher import Matcher
from monitor.domain.routing.silence import Silence
from monitor.errors import StoreError, StoreFault
from monitor.store.row_codec import moment, seconds

_SILENCE = (
    "id, matchers, starts_at, ends_at, until_resolved, author, comment, created_at, matched_at, "
    "ended_at, ended_by"
)

# constants of this module
ADD_SILENCE = f"INSERT INTO silences ({_SILENCE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"  # noqa: E501, S608
ALL_SILENCES = f"SELECT {_SILENCE} FROM silences ORDER BY created_at, id"  # noqa: S608
SILENCES_ENDED_AFTER = (
    f"SELECT {_SILENCE} FROM silences WHERE coalesce(ended_at, ends_at) IS NULL OR coalesce(ended_at, ends_at) > ? "  # noqa: E501, S608
    "ORDER BY created_at, id"
)
MATCH_SILENCE = "UPDATE silences SET matched_at = ? WHERE id = ? AND matched_at IS NULL"
END_SILENCE = (
    "UPDATE silences SET ended_at = ?, ended_by = ? WHERE id = ? AND ended_at IS NULL AND (ends_at "
    "IS NULL OR ends_at > ?)"
)
OPEN_ACKNOWLEDGEMENTS = (
    "SELECT alert_id, author, comment, at FROM acknowledgements "
    "WHERE alert_id IN (SELECT id FROM alerts WHERE closed = 0) ORDER BY alert_id"
)
ACKNOWLEDGE = (
    "INSERT INTO acknowledgements (alert_id, author, comment, at) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (alert_id) DO UPDATE SET author = excluded.author, comment = excluded.comment, at "
    "= excluded.at"
)
FORGET_ACKNOWLEDGEMENT = "DELETE FROM acknowledgements WHERE alert_id = ?"

PRUNE_QUIET = (
    (
        "DELETE FROM silences WHERE id IN (SELECT id FROM silences WHERE coalesce(ended_at, "
        "ends_at) "
        "< ? LIMIT ?)"
    ),
    (
        "DELETE FROM acknowledgements WHERE alert_id IN (SELECT alert_id FROM acknowledgements "
        "WHERE at < ? "
        "AND alert_id NOT IN (SELECT id FROM alerts WHERE closed = 0) LIMIT ?)"
    ),
)
"""As `statements.PRUNE`."""

Row = tuple[Any, ...]
_matchers = msgspec.json.Decoder(tuple[Matcher, ...])


def silence_row(silence: Silence) -> Row:
    """The parameters of `ADD_SILENCE`."""
    return (
        silence.id,
        msgspec.json.encode(silence.matchers).decode(),
        seconds(silence.starts_at),
        seconds(silence.ends_at),
        int(silence.until_resolved),
        silence.author,
        silence.comment,
        seconds(silence.created_at),
        seconds(silence.matched_at),
        seconds(silence.ended_at),
        silence.ended_by,
    )


def read_silence(row: Row) -> Silence:
    """From the columns of `ALL_SILENCES`. StoreError CORRUPT when its matchers cannot be read."""
    (
        id_,
        matchers,
        starts,
        ends,
        until_resolved,
        author,
        comment,
        created,
        matched,
        ended,
        ended_by,
    ) = row
    try:
        decoded = _matchers.decode(matchers)
        for matcher in decoded:
            matcher.matches({})  # ValueError when its pattern is none
    except (msgspec.MsgspecError, UnicodeError, ValueError) as error:
        raise StoreError(
            f"the database's table silences holds a row that cannot be read (id {id_}): {error}. "
            "It was changed by hand or damaged; restore a backup, or delete that row",
            reason=StoreFault.CORRUPT,
            retryable=False,
        ) from error
    return Silence(
        id=id_,
        matchers=decoded,
        starts_at=datetime.fromtimestamp(starts, UTC),
        ends_at=moment(ends),
        until_resolved=bool(until_resolved),
        author=author,
        comment=comment,
        created_at=datetime.fromtimestamp(created, UTC),
        matched_at=moment(matched),
        ended_at=moment(ended),
        ended_by=ended_by,
    )


def acknowledgement_row(acknowledgement: Acknowledgement) -> Row:
    """The parameters of `ACKNOWLEDGE`."""
    return (
        acknowledgement.alert_id,
        acknowledgement.author,
        acknowledgement.comment,
        seconds(acknowledgement.at),
    )


def read_acknowledgement(row: Row) -> Acknowledgement:
    """From the columns of `OPEN_ACKNOWLEDGEMENTS`."""
    alert_id, author, comment, at = row
    return Acknowledgement(
        alert_id=alert_id, author=author, comment=comment, at=datetime.fromtimestamp(at, UTC)
    )
