"""Cycles and flushes in an embedded database. Every function runs inside the caller's
transaction.

Rows are made one by one while SQLite takes them, which lets the event loop have its turn between
any two of a hundred thousand.
"""

import sqlite3
from collections.abc import Sequence

from monitor.domain.campaign.event import EventKind
from monitor.domain.campaign.feed import FeedState
from monitor.ports import CycleCommit, FlushCommit, Snapshot
from monitor.store import row_codec as rows
from monitor.store import statements
from monitor.store.sqlite import outbox_tables as sqlite_outbox
from monitor.store.sqlite import people_tables as sqlite_quiet
from monitor.store.sqlite import sample_tables as sqlite_samples


def put_cycle(db: sqlite3.Connection, commit: CycleCommit) -> None:
    """See `Store.commit_cycle`."""
    db.executemany(statements.FORGET_CAMPAIGN, ((commit.account, id_) for id_ in commit.forgotten))
    db.executemany(statements.PUT_CAMPAIGN, map(rows.campaign_row, commit.campaigns))
    sqlite_samples.put(db, commit.account, commit.samples)
    # A counter that grew is not recorded: there is one such event for each sending campaign in each
    # cycle, and what they say is in the samples, which are thinned with age as events never are.
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
    """See `Store.commit_flush`."""
    decided_at = max((row.notification.created_at for row in commit.rows), default=None)
    sqlite_outbox.supersede(db, commit.superseded, decided_at)
    sqlite_outbox.insert(db, commit.rows)
    db.executemany(
        statements.DROP_LEDGER, ((group.receiver, group.key) for group in commit.dropped_ledgers)
    )
    db.executemany(statements.PUT_LEDGER, map(rows.ledger_row, commit.ledgers))
    db.executemany(statements.CLOSE_ALERT, ((id_,) for id_ in commit.closed_alerts))
    sqlite_quiet.mark_silences(db, matched=commit.matched_silences, over=commit.over_silences)


def feeds(db: sqlite3.Connection) -> Sequence[FeedState]:
    """See `Store.feeds`."""
    return rows.read_all(rows.read_feed, db.execute(statements.ALL_FEEDS))


def snapshot(db: sqlite3.Connection) -> Snapshot:
    """See `Store.load`."""
    return Snapshot(
        feeds={state.feed: state for state in feeds(db)},
        campaigns=list(rows.read_campaigns(db.execute(statements.ALL_CAMPAIGNS))),
        alerts=rows.read_all(rows.read_alert, db.execute(statements.OPEN_ALERTS)),
        ledgers=rows.read_all(rows.read_ledger, db.execute(statements.ALL_LEDGERS)),
        balances=dict(map(rows.read_balance, db.execute(statements.ALL_BALANCES))),
    )
