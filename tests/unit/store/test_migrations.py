"""A database of every schema there has been becomes one of the newest, with everything that was
in it."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.domain.alerting.notification import OutboxState
from monitor.ports import CycleCommit, OutboxQuery
from monitor.store import SqliteStore
from monitor.store.sqlite import database_schema as sqlite_schema
from tests.schemas.record import dump_of, restore

LATEST = len(sqlite_schema.migrations())
DUMPED = [number for number in range(1, LATEST + 1) if dump_of(number).exists()]
ALL = 1_000_000
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

Row = dict[str, Any]
Tables = dict[str, list[Row]]

every_dump = pytest.mark.parametrize("number", DUMPED)


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(path)
    db.row_factory = sqlite3.Row
    try:
        yield db
    finally:
        db.close()


def schema_of(db: sqlite3.Connection) -> dict[str, str]:
    """The statement that made each table and index."""
    rows = db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {row["name"]: row["sql"] for row in rows}


def content_of(path: Path) -> Tables:
    """Every row of every table."""
    with opened(path) as db:
        names = [name for name, sql in schema_of(db).items() if sql.startswith("CREATE TABLE")]
        return {name: [dict(row) for row in db.execute(f"SELECT * FROM {name}")] for name in names}


@pytest.fixture
def path(tmp_path: Path, number: int) -> Path:
    """The database that was dumped."""
    path = tmp_path / "monitor.db"
    restore(dump_of(number), path)
    return path


def test_every_schema_but_the_newest_has_a_dump_of_its_own() -> None:
    missing = sorted(set(range(1, LATEST)) - set(DUMPED))
    assert not missing, (
        f"python -m tests.schemas.record NUMBER records one, see tests/schemas/README.md: {missing}"
    )


@every_dump
def test_a_migration_that_made_a_database_has_not_been_changed_since(
    path: Path, number: int
) -> None:
    fresh = path.with_name("fresh.db")
    with opened(fresh) as db:
        for script in sqlite_schema.migrations()[:number]:
            db.executescript(script)
    with opened(path) as old, opened(fresh) as new:
        assert sqlite_schema.version(old) == number
        assert schema_of(old) == schema_of(new)


@every_dump
def test_a_dump_holds_something_of_everything_its_schema_has(path: Path, number: int) -> None:
    content = content_of(path)
    # Nothing wrote the first before schema 3; the second takes ten minutes without a reading.
    blind = {schema: {"blind_spells"} for schema in (6, 7, 8)}
    not_there = {2: {"receiver_memory"}, **blind}.get(number, set())
    assert {name for name, rows in content.items() if not rows} == not_there
    assert {row["state"] for row in content["outbox"]} >= {"delivered", "pending", "dead"}
    assert {row["state"] for row in content["alerts"]} == {"pending", "firing", "resolved"}


@every_dump
async def test_every_row_of_an_older_database_is_there_in_the_newest(path: Path) -> None:
    before = content_of(path)
    async with SqliteStore(path):
        pass
    after = content_of(path)
    with opened(path) as db:
        assert sqlite_schema.version(db) == LATEST
    for table in before.keys() - {"meta"}:  # who wrote it has changed, of course
        columns = before[table][0].keys() if before[table] else ()
        assert [{column: row[column] for column in columns} for row in after[table]] == before[
            table
        ], table


@every_dump
async def test_what_an_older_version_wrote_can_be_read(path: Path) -> None:
    was = content_of(path)
    async with SqliteStore(path) as store:
        snapshot = await store.load()
        rows = await store.outbox(OutboxQuery(limit=ALL))
        ended = await store.alert_history(limit=ALL)
        events = await store.events(limit=ALL)
        silences = await store.silences(ended_after=LONG_AGO)
        acknowledgements = await store.acknowledgements()
        samples = await store.recorded(after=(0.0, "", 0), limit=ALL)
        kept = {
            (row["receiver"], row["key"]): await store.recall(row["receiver"], row["key"])
            for row in was.get("receiver_memory", ())
        }
    assert {
        (row.campaign.id, row.campaign.name, row.campaign.sent, row.settled)
        for row in snapshot.campaigns
    } == {(row["id"], row["name"], row["sent"], bool(row["settled"])) for row in was["campaigns"]}
    assert {row.campaign.id: row.detail and row.detail.delivered for row in snapshot.campaigns} == {
        row["id"]: json.loads(row["detail"])["delivered"] if row.get("detail") else None
        for row in was["campaigns"]
    }
    assert {alert.id: alert.state for alert in snapshot.alerts} == {
        row["id"]: row["state"] for row in was["alerts"] if not row["closed"]
    }
    assert {alert.id for alert in ended} == {
        row["id"] for row in was["alerts"] if row["resolved_at"] is not None
    }
    assert {
        ledger.group.key: {id_: told.value for id_, told in ledger.told.items()}
        for ledger in snapshot.ledgers
    } == {row["group_key"]: json.loads(row["ledger"])["told"] for row in was["ledgers"]}
    assert {(feed.account, feed.message_type) for feed in snapshot.feeds} == {
        (row["account"], row["message_type"]) for row in was["feeds"]
    }
    assert {name: (each.balance, each.credit) for name, each in snapshot.balances.items()} == {
        row["account"]: (row["balance"], row["credit"]) for row in was["balances"]
    }
    assert {
        (row.notification.id, row.state.value, row.attempts, row.last_error) for row in rows
    } == {(row["id"], row["state"], row["attempts"], row["last_error"]) for row in was["outbox"]}
    assert {event.id: event.kind.value for event in events} == {
        row["id"]: row["kind"] for row in was["events"]
    }
    assert {each.id: (each.author, each.ended_by) for each in silences} == {
        row["id"]: (row["author"], row["ended_by"]) for row in was.get("silences", ())
    }
    assert {each.alert_id: each.comment for each in acknowledgements} == {
        row["alert_id"]: row["comment"] for row in was.get("acknowledgements", ())
    }
    assert kept == {
        (row["receiver"], row["key"]): row["value"] for row in was.get("receiver_memory", ())
    }
    assert {id_ for _, id_, _ in samples} >= {
        row["id"] for row in was["campaigns"] if not row["settled"]
    }


@every_dump
async def test_what_was_waiting_goes_out_under_its_id_and_nothing_else_does(path: Path) -> None:
    was = content_of(path)["outbox"]
    now = datetime.fromtimestamp(max(row["created_at"] for row in was), UTC) + timedelta(hours=1)
    async with SqliteStore(path) as store:
        await store.release(now=now)
        claimed = [
            row.notification.id
            for receiver in {row["receiver"] for row in was}
            for row in await store.claim(
                receiver, now=now, lease_until=now + timedelta(minutes=1), limit=ALL
            )
        ]
        assert sorted(claimed) == sorted(
            row["id"] for row in was if row["state"] == OutboxState.PENDING
        )


@every_dump
async def test_a_migrated_database_is_written_on(path: Path) -> None:
    async with SqliteStore(path) as store:
        before = await store.load()
        await store.commit_cycle(
            CycleCommit(account="default", campaigns=before.campaigns, alerts=before.alerts)
        )
        assert await store.load() == before
