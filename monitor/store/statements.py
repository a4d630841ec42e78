"""The statements that every store runs, word for word: SQLite takes them as they are, PostgreSQL
with `?` numbered.

They use only what both understand (`ON CONFLICT`, partial indexes, no `RETURNING`). Every `?` is a
parameter. States are literals where a partial index depends on them. The column lists give the
order of the tuples in `row_codec.py`.
"""

from monitor.domain.alerting.notification import OutboxState
from monitor.domain.routing.fallback import SUFFIX
from monitor.ports import OutboxQuery

FEED_COLUMNS = (
    "account",
    "message_type",
    "first_tried",
    "last_success",
    "last_full",
    "last_outcome",
    "answered",
    "consecutive_failures",
    "failing_since",
    "last_complete",
    "incomplete_since",
    "api_error",
    "rejected",
    "nameless",
    "unreadable_fields",
    "read_ratio",
    "counts",
)
CAMPAIGN_COLUMNS = (
    "account",
    "id",
    "name",
    "sender",
    "status",
    "message_type",
    "created_at",
    "start_at",
    "real_start_at",
    "finished_at",
    "sent",
    "delivered",
    "fallback_sent",
    "fallback_delivered",
    "calculated_price",
    "currency",
    "first_seen",
    "status_since",
    "progress_since",
    "settled",
    "revision",
    "detail",
    "unreadable",
)
SAMPLE_COLUMNS = (
    "at",
    "account",
    "campaign_id",
    "status",
    "sent",
    "delivered",
    "fallback_sent",
    "fallback_delivered",
)
BLIND_SPELL_COLUMNS = ("until", "account", "message_type", "since")
BALANCE_COLUMNS = ("account", "balance", "credit", "currency", "read_at")
EVENT_COLUMNS = ("id", "kind", "account", "campaign_id", "at", "event")
ALERT_COLUMNS = ("id", "state", "rule", "account", "subject", "fired_at", "resolved_at", "alert")
SILENCE_COLUMNS = (
    "id",
    "matchers",
    "starts_at",
    "ends_at",
    "until_resolved",
    "author",
    "comment",
    "created_at",
    "matched_at",
    "ended_at",
    "ended_by",
)
ACKNOWLEDGEMENT_COLUMNS = ("alert_id", "author", "comment", "at")
LEDGER_COLUMNS = ("receiver", "group_key", "ledger")
OUTBOX_COLUMNS = (
    "id",
    "receiver",
    "group_key",
    "sequence",
    "state",
    "attempts",
    "created_at",
    "first_attempt_at",
    "next_attempt_at",
    "finished_at",
    "last_error",
    "reason",
    "notification",
)


def _insert(table: str, columns: tuple[str, ...], *, key: tuple[str, ...], replace: bool) -> str:
    """An insert of one row. A row whose `key` exists is replaced or left unchanged; columns that
    are not listed keep their values."""
    values = ", ".join("?" for _ in columns)
    changes = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in key)
    action = f"UPDATE SET {changes}" if replace else "NOTHING"
    # constants of this module
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values}) ON CONFLICT ({', '.join(key)}) DO {action}"  # noqa: E501, S608


def _select(table: str, columns: tuple[str, ...], rest: str) -> str:
    # constants of this module
    return f"SELECT {', '.join(columns)} FROM {table} {rest}"  # noqa: S608


# --- cycles ---------------------------------------------------------------------------------------

PUT_META = _insert("meta", ("name", "value"), key=("name",), replace=True)
PUT_FEED = _insert("feeds", FEED_COLUMNS, key=("account", "message_type"), replace=True)
PUT_CAMPAIGN = _insert("campaigns", CAMPAIGN_COLUMNS, key=("account", "id"), replace=True)
PUT_SAMPLE = _insert("samples", SAMPLE_COLUMNS, key=("at", "account", "campaign_id"), replace=True)
PUT_BLIND_SPELL = _insert(
    "blind_spells", BLIND_SPELL_COLUMNS, key=("until", "account", "message_type"), replace=True
)
PUT_BALANCE = _insert("balances", BALANCE_COLUMNS, key=("account",), replace=True)
PUT_EVENT = _insert("events", EVENT_COLUMNS, key=("id",), replace=False)
PUT_ALERT = _insert("alerts", ALERT_COLUMNS, key=("id",), replace=True)
PUT_LEDGER = _insert("ledgers", LEDGER_COLUMNS, key=("receiver", "group_key"), replace=True)
FORGET_CAMPAIGN = "DELETE FROM campaigns WHERE account = ? AND id = ?"
DROP_ALERT = "DELETE FROM alerts WHERE id = ?"
DROP_LEDGER = "DELETE FROM ledgers WHERE receiver = ? AND group_key = ?"
CLOSE_ALERT = "UPDATE alerts SET closed = 1 WHERE id = ?"

ALL_FEEDS = _select("feeds", FEED_COLUMNS, "ORDER BY account, message_type")
ALL_CAMPAIGNS = _select("campaigns", CAMPAIGN_COLUMNS, "ORDER BY account, id")
ALL_BALANCES = _select("balances", BALANCE_COLUMNS, "ORDER BY account")
ALL_LEDGERS = _select("ledgers", LEDGER_COLUMNS, "ORDER BY receiver, group_key")
OPEN_ALERTS = _select("alerts", ("id", "alert"), "WHERE closed = 0 ORDER BY id")
ENDED_ALERTS = _select(
    "alerts",
    ("id", "alert"),
    "WHERE resolved_at IS NOT NULL ORDER BY resolved_at DESC, id DESC LIMIT ?",
)
ONE_ALERT = _select("alerts", ("id", "alert"), "WHERE id = ?")

# --- samples --------------------------------------------------------------------------------------

SAMPLES_SINCE = (
    # constants
    "WITH recent AS (SELECT at, account, campaign_id FROM samples WHERE at > ? ORDER BY at LIMIT 9000000000), "  # noqa: E501, S608
    "moved AS (SELECT DISTINCT n.account, n.campaign_id FROM recent n JOIN campaigns c "
    "ON c.account = n.account AND c.id = n.campaign_id WHERE n.at > c.first_seen AND c.settled = "
    "0), "
    "bounded AS (SELECT m.account, m.campaign_id, coalesce((SELECT max(p.at) FROM samples p "
    "WHERE p.account = m.account AND p.campaign_id = m.campaign_id AND p.at <= ?), 0) AS first "
    "FROM moved m) "
    f"SELECT {', '.join(f's.{column}' for column in SAMPLE_COLUMNS)} FROM bounded b CROSS JOIN "
    "samples s "
    "WHERE s.account = b.account AND s.campaign_id = b.campaign_id AND s.at >= b.first "
    "ORDER BY s.account, s.campaign_id, s.at"
)
"""What unsettled campaigns that changed after a time showed then and since. Give the time twice.

It starts with the recent samples, found by the primary key: ORDER BY and LIMIT keep SQLite from
reading three months of samples in the order of campaigns.
"""

RECORDED = _select(
    "samples",
    SAMPLE_COLUMNS,
    "WHERE (at, account, campaign_id) > (?, ?, ?) ORDER BY at, account, campaign_id LIMIT ?",
)
COURSE = _select("samples", SAMPLE_COLUMNS, "WHERE account = ? AND campaign_id = ? ORDER BY at")
BLIND_SPELLS = _select(
    "blind_spells",
    BLIND_SPELL_COLUMNS,
    "WHERE until > ? AND since < ? ORDER BY until, account, message_type",
)
VANISHED = _select(
    "events",
    ("id", "event"),
    "WHERE at >= ? AND at <= ? AND kind = 'vanished' ORDER BY at, sequence",
)
RECORDED_EXTENT = "SELECT count(*), min(at), max(at) FROM samples WHERE at >= ? AND at <= ?"
THINNED_UNTIL = "SELECT value FROM meta WHERE name = 'samples_thinned_until'"
FIRST_SAMPLE = "SELECT min(at) FROM samples WHERE at >= ?"
THIN_SAMPLES = (
    "DELETE FROM samples WHERE at >= ? AND at < ? AND EXISTS (SELECT 1 FROM samples n WHERE "
    "n.account = samples.account "
    "AND n.campaign_id = samples.campaign_id AND n.at > samples.at AND n.at < ?)"
)
"""Keeps each campaign's last sample of that time."""

# --- outbox: writing ------------------------------------------------------------------------------

LAST_SEQUENCE = "SELECT coalesce(max(sequence), 0) FROM outbox"
PUT_OUTBOX = _insert("outbox", OUTBOX_COLUMNS, key=("id",), replace=False)
SUPERSEDE = (
    "UPDATE outbox SET state = 'superseded', head = 0, finished_at = coalesce(?, created_at) "
    "WHERE id = ? AND state = 'pending' AND attempts = 0"
)
FINISH = (
    "UPDATE outbox SET state = ?, head = 0, claimed_until = NULL, finished_at = ?, last_error = "
    "coalesce(?, last_error) "
    "WHERE id = ? AND state = 'pending'"
)
POSTPONE = (
    "UPDATE outbox SET claimed_until = NULL, next_attempt_at = ?, last_error = coalesce(?, "
    "last_error) "
    "WHERE id = ? AND state = 'pending'"
)
CLAIM = (
    "UPDATE outbox SET attempts = attempts + 1, first_attempt_at = coalesce(first_attempt_at, ?), "
    "next_attempt_at = ?, claimed_until = ? WHERE id = ?"
)
HASTEN = (
    "UPDATE outbox SET next_attempt_at = ? WHERE id IN (SELECT id FROM outbox WHERE receiver = ? "
    "AND state = 'pending' "
    "AND head IN (0, 1) AND next_attempt_at > ? AND (claimed_until IS NULL OR claimed_until <= ?) "
    "LIMIT ?)"
)
RETRY = (
    "UPDATE outbox SET state = 'pending', head = 0, next_attempt_at = ?, claimed_until = NULL, "
    "finished_at = NULL, "
    "last_error = NULL, "
    "first_attempt_at = CASE WHEN state = 'dead' THEN NULL ELSE first_attempt_at END "
    "WHERE id = ? AND (state = 'dead' OR (state = 'pending' AND (claimed_until IS NULL OR "
    "claimed_until <= ?)))"
)
RELEASE = (
    "UPDATE outbox SET next_attempt_at = ?, claimed_until = NULL "
    "WHERE state = 'pending' AND head IN (0, 1) AND claimed_until IS NOT NULL"
)
PUT_ASIDE = (
    "UPDATE outbox SET last_error = 'dropped by hand; it had failed: ' || coalesce(last_error, 'no "
    "reason known') "
    "WHERE id = ? AND state = 'dead' AND coalesce(last_error, '') NOT LIKE 'dropped by hand%'"
)
"""A person has seen a dead row. The text begins like the one that `drop` writes into a pending
row."""

BURY = (
    "UPDATE outbox SET state = 'dead', head = 0, claimed_until = NULL, finished_at = ?, last_error "
    "= ? "
    "WHERE receiver = ? AND state = 'pending'"
)
SHIFT = (
    "UPDATE outbox SET sequence = sequence + ? WHERE receiver = ? AND group_key = ? AND sequence > "
    "?"
)
"""Make room behind a row for its replacements."""

PROMOTE = (
    "UPDATE outbox SET head = 1 WHERE head = 0 AND id = "
    "(SELECT id FROM outbox WHERE receiver = ? AND group_key = ? AND state = 'pending' ORDER BY "
    "sequence LIMIT 1)"
)
"""Mark the oldest pending row of a group, after rows were added to it or finished."""

DEMOTE = (
    "UPDATE outbox SET head = 0 WHERE receiver = ? AND group_key = ? AND state = 'pending' AND "
    "head = 1"
)
"""Needed before `PROMOTE` only if a row may now stand before the marked one."""

# --- outbox: reading ------------------------------------------------------------------------------

GROUP_OF = "SELECT receiver, group_key FROM outbox WHERE id = ?"
PENDING_GROUP_OF = (
    "SELECT receiver, group_key, sequence FROM outbox WHERE id = ? AND state = 'pending'"
)
PENDING_RECEIVERS = "SELECT DISTINCT receiver FROM outbox WHERE state = 'pending'"
CLAIMABLE = (
    "SELECT id FROM outbox WHERE receiver = ? AND state = 'pending' AND head = 1 AND "
    "next_attempt_at <= ? "
    "ORDER BY next_attempt_at, sequence LIMIT ?"
)
OUTBOX_ROW = _select("outbox", OUTBOX_COLUMNS, "WHERE id = ?")
REPLACEABLE = _select(
    "outbox",
    OUTBOX_COLUMNS,
    "WHERE receiver = ? AND group_key = ? AND state = 'pending' AND attempts = 0 ORDER BY sequence",
)
WAITING = "SELECT 1 FROM outbox WHERE receiver = ? AND group_key = ? AND state = 'pending' LIMIT 1"
NEXT_DUE = (
    "SELECT min(next_attempt_at) FROM outbox WHERE receiver = ? AND state = 'pending' AND head = 1"
)
BACKLOG = _select(
    "outbox",
    OUTBOX_COLUMNS,
    "WHERE receiver = ? AND state = 'pending' AND sequence > ? ORDER BY sequence LIMIT ?",
)
SUMMARY = (
    "SELECT receiver, state, count(*), min(created_at) FROM outbox GROUP BY receiver, state ORDER "
    "BY receiver, state"
)
DEAD_LETTERS = (
    "SELECT receiver, count(*) FROM outbox WHERE state = 'dead' AND coalesce(last_error, '') NOT "
    "LIKE 'dropped by hand%' "
    "GROUP BY receiver ORDER BY receiver"
)

# --- integrations ---------------------------------------------------------------------------------

REMEMBER = _insert(
    "receiver_memory", ("receiver", "key", "value", "at"), key=("receiver", "key"), replace=True
)
RECALL = "SELECT value FROM receiver_memory WHERE receiver = ? AND key = ?"

# --- people ---------------------------------------------------------------------------------------

ADD_SILENCE = _insert("silences", SILENCE_COLUMNS, key=("id",), replace=False)
ALL_SILENCES = _select("silences", SILENCE_COLUMNS, "ORDER BY created_at, id")
SILENCES_ENDED_AFTER = _select(
    "silences",
    SILENCE_COLUMNS,
    "WHERE coalesce(ended_at, ends_at) IS NULL OR coalesce(ended_at, ends_at) > ? "
    "ORDER BY created_at, id",
)
MATCH_SILENCE = "UPDATE silences SET matched_at = ? WHERE id = ? AND matched_at IS NULL"
END_SILENCE = (
    "UPDATE silences SET ended_at = ?, ended_by = ? WHERE id = ? AND ended_at IS NULL AND (ends_at "
    "IS NULL OR ends_at > ?)"
)
OPEN_ACKNOWLEDGEMENTS = _select(
    "acknowledgements",
    ACKNOWLEDGEMENT_COLUMNS,
    "WHERE alert_id IN (SELECT id FROM alerts WHERE closed = 0) ORDER BY alert_id",
)
ACKNOWLEDGE = _insert("acknowledgements", ACKNOWLEDGEMENT_COLUMNS, key=("alert_id",), replace=True)
FORGET_ACKNOWLEDGEMENT = "DELETE FROM acknowledgements WHERE alert_id = ?"

# --- history --------------------------------------------------------------------------------------

PRUNE = (
    "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE at < ? LIMIT ?)",
    (
        "DELETE FROM alerts WHERE id IN (SELECT id FROM alerts WHERE closed = 1 AND resolved_at "
        "< ? "
        "LIMIT ?)"
    ),
    (
        "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE finished_at < ? AND state <> "
        "'dead' LIMIT ?)"
    ),
    (
        "DELETE FROM samples WHERE (at, account, campaign_id) IN (SELECT at, account, campaign_id "
        "FROM samples WHERE at < ? LIMIT ?)"
    ),
    (
        "DELETE FROM blind_spells WHERE (until, account, message_type) IN "
        "(SELECT until, account, message_type FROM blind_spells WHERE until < ? LIMIT ?)"
    ),
    (
        "DELETE FROM receiver_memory WHERE (receiver, key) IN (SELECT receiver, key FROM "
        "receiver_memory WHERE at < ? LIMIT ?)"
    ),
    (
        "DELETE FROM silences WHERE id IN (SELECT id FROM silences WHERE coalesce(ended_at, "
        "ends_at) < ? LIMIT ?)"
    ),
    (
        "DELETE FROM acknowledgements WHERE alert_id IN (SELECT alert_id FROM acknowledgements "
        "WHERE at < ? AND alert_id NOT IN (SELECT id FROM alerts WHERE closed = 0) LIMIT ?)"
    ),
)
PRUNE_DEAD = (
    "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE finished_at < ? AND state = "
    "'dead' LIMIT ?)"
)
"""Parameters of each: the time before which to delete, and how many rows at most."""


def outbox_query(query: OutboxQuery) -> tuple[str, list[object]]:
    """The statement for a list of outbox rows, newest first, and its parameters."""
    conditions: list[tuple[str, object]] = []
    if query.receiver is not None:
        conditions.append(("receiver = ?", query.receiver))
    if query.state is not None:
        conditions.append(("state = ?", OutboxState(query.state).value))
    if query.older_than is not None:
        conditions.append(("created_at < ?", query.older_than.timestamp()))
    if query.copies:
        conditions.append(("id LIKE ?", f"%{SUFFIX}%"))
    where = _where(conditions)
    # Rows are chosen by their ids alone: sorting them with their messages would take five times as
    # long.
    # constants of this module
    chosen = f"SELECT id FROM outbox {where}ORDER BY sequence DESC, id DESC LIMIT ?"  # noqa: S608
    statement = _select(
        "outbox", OUTBOX_COLUMNS, f"WHERE id IN ({chosen}) ORDER BY sequence DESC, id DESC"
    )
    return statement, [*(value for _, value in conditions), query.limit]


def events_query(
    campaign_id: int | None, account: str | None, limit: int
) -> tuple[str, list[object]]:
    """The statement for a list of events, newest first, and its parameters."""
    conditions: list[tuple[str, object]] = []
    if campaign_id is not None:
        conditions.append(("campaign_id = ?", campaign_id))
    if account is not None:
        conditions.append(("account = ?", account))
    statement = _select(
        "events", ("id", "event"), f"{_where(conditions)}ORDER BY at DESC, sequence DESC LIMIT ?"
    )
    return statement, [*(value for _, value in conditions), limit]


def _where(conditions: list[tuple[str, object]]) -> str:
    return f"WHERE {' AND '.join(condition for condition, _ in conditions)} " if conditions else ""
