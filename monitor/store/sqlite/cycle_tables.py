"""Cycles, flushes and samples in an embedded database. Every function runs inside the caller's
transaction.

Rows are made one by one while SQLite takes them, so that the event loop gets its turn between any
two of a hundred thousand.
"""

import sqlite3

from monitor.domain.campaign.event import EventKind
from monitor.domain.campaign.sample import Sample
from monitor.domain.campaign.snapshot import CampaignKey
from monitor.ports import CycleCommit, FlushCommit, SampleExtent, Snapshot
from monitor.store import row_codec as rows
from monitor.store import statements
from monitor.store.sqlite import outbox_tables as sqlite_outbox

THINNED_TO_SECONDS = 3600.0


def put_cycle(db: sqlite3.Connection, commit: CycleCommit) -> None:
    """See `CycleStore.commit_cycle`."""
    db.executemany(statements.FORGET_CAMPAIGN, ((commit.account, id_) for id_ in commit.forgotten))
    db.executemany(statements.PUT_CAMPAIGN, map(rows.campaign_row, commit.campaigns))
    db.executemany(
        statements.PUT_SAMPLE,
        (rows.sample_row(commit.account, id_, sample) for id_, sample in commit.samples.items()),
    )
    # A counter that grew is not recorded: there is one such event for each sending campaign in each
    # cycle. The samples say the same, and unlike events they are thinned with age.
    recorded = (event for event in commit.events if event.kind is not EventKind.PROGRESSED)
    db.executemany(statements.PUT_EVENT, map(rows.event_row, recorded))
    db.executemany(statements.DROP_ALERT, ((id_,) for id_ in commit.dropped_alerts))
    db.executemany(statements.PUT_ALERT, map(rows.alert_row, commit.alerts))
    if commit.feed is not None:
        db.execute(statements.PUT_FEED, rows.feed_row(commit.feed))
    if commit.blind is not None:
        db.execute(statements.PUT_BLIND_SPELL, rows.blind_spell_row(commit.blind))
    if commit.balance is not None:
        db.execute(statements.PUT_BALANCE, rows.balance_row(commit.account, commit.balance))


def put_flush(db: sqlite3.Connection, commit: FlushCommit) -> None:
    """See `OutboxStore.commit_flush`."""
    decided_at = max((row.notification.created_at for row in commit.rows), default=None)
    sqlite_outbox.supersede(db, commit.superseded, decided_at)
    sqlite_outbox.insert(db, commit.rows)
    db.executemany(
        statements.DROP_LEDGER, ((group.receiver, group.key) for group in commit.dropped_ledgers)
    )
    db.executemany(statements.PUT_LEDGER, map(rows.ledger_row, commit.ledgers))
    db.executemany(statements.CLOSE_ALERT, ((id_,) for id_ in commit.closed_alerts))
    matched, over = commit.matched_silences.items(), commit.over_silences.items()
    db.executemany(statements.MATCH_SILENCE, ((rows.seconds(at), id_) for id_, at in matched))
    db.executemany(  # one that a person has ended meanwhile stays as it is
        statements.END_SILENCE,
        ((rows.seconds(at), None, id_, rows.seconds(at)) for id_, at in over),
    )


def snapshot(db: sqlite3.Connection) -> Snapshot:
    """See `CycleStore.load`."""
    return Snapshot(
        feeds={
            state.feed: state
            for state in rows.read_all(rows.read_feed, db.execute(statements.ALL_FEEDS))
        },
        campaigns=list(rows.read_campaigns(db.execute(statements.ALL_CAMPAIGNS))),
        alerts=rows.read_all(rows.read_alert, db.execute(statements.OPEN_ALERTS)),
        ledgers=rows.read_all(rows.read_ledger, db.execute(statements.ALL_LEDGERS)),
        balances=dict(map(rows.read_balance, db.execute(statements.ALL_BALANCES))),
    )


def samples_since(db: sqlite3.Connection, instant: float) -> dict[CampaignKey, tuple[Sample, ...]]:
    """See `CycleStore.samples`."""
    found: dict[CampaignKey, list[Sample]] = {}
    for key, sample in map(
        rows.read_sample, db.execute(statements.SAMPLES_SINCE, (instant, instant))
    ):
        found.setdefault(key, []).append(sample)
    return {key: tuple(samples) for key, samples in found.items()}


def extent(db: sqlite3.Connection, first: float, last: float) -> SampleExtent:
    """See `HistoryStore.recorded_extent`."""
    count, least, most = db.execute(statements.RECORDED_EXTENT, (first, last)).fetchone()
    thinned = db.execute(statements.THINNED_UNTIL).fetchone()
    return SampleExtent(
        count=count,
        first=least,
        last=most,
        thinned_until=None if thinned is None else float(thinned[0]),
    )


def recorded(
    db: sqlite3.Connection, after: tuple[float, str, int], limit: int
) -> list[tuple[str, int, Sample]]:
    """See `HistoryStore.recorded`."""
    found = db.execute(statements.RECORDED, (*after, limit))
    return [
        (account, id_, Sample(at, status, sent, delivered, fallback_sent, fallback_delivered))
        for at, account, id_, status, sent, delivered, fallback_sent, fallback_delivered in found
    ]


def thin(db: sqlite3.Connection, before: float) -> tuple[int, bool]:
    """Thin the oldest hour that is not yet thinned and ends by `before`. Return how many rows were
    deleted, and whether that was the last such hour."""
    done = db.execute(statements.THINNED_UNTIL).fetchone()
    first = db.execute(
        statements.FIRST_SAMPLE, (0.0 if done is None else float(done[0]),)
    ).fetchone()[0]
    if first is None:
        return 0, True
    start = first - first % THINNED_TO_SECONDS
    end = start + THINNED_TO_SECONDS
    if end > before:
        return 0, True
    deleted = db.execute(statements.THIN_SAMPLES, (start, end, end)).rowcount
    db.execute(statements.PUT_META, ("samples_thinned_until", repr(end)))
    return deleted, False
