# ruff: noqa: ASYNC240 (nothing else waits for the loop of a test)
"""Versions of the schema, and commands beside the daemon."""

import sqlite3
from pathlib import Path

import pytest

from monitor import __version__
from monitor.domain.alerting.notification import OutboxState
from monitor.errors import StoreError, StoreFault
from monitor.ports import CycleCommit, FlushCommit, OutboxQuery
from monitor.store import SqliteStore
from monitor.store.sqlite import database_schema as sqlite_schema
from tests.contract.stores import NOW, ids, row, tracked
from tests.unit.store.test_sqlite_file import by_hand, refusal, written

LATEST = len(sqlite_schema.migrations())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "monitor.db"


def asked(path: Path, statement: str) -> list[tuple[object, ...]]:
    db = sqlite3.connect(path)
    try:
        return db.execute(statement).fetchall()
    finally:
        db.close()


async def test_a_new_file_has_the_latest_version_and_says_who_wrote_it(path: Path) -> None:
    await written(path)
    assert asked(path, "PRAGMA user_version") == [(LATEST,)]
    assert asked(path, "SELECT value FROM meta WHERE name = 'written_by'") == [(__version__,)]


@pytest.mark.parametrize("daemon", [True, False])
async def test_a_file_from_a_newer_version_is_refused_with_its_name(
    path: Path, daemon: bool
) -> None:
    await written(path)
    by_hand(
        path,
        f"PRAGMA user_version = {LATEST + 3}",
        "UPDATE meta SET value = '9.8.7' WHERE name = 'written_by'",
    )
    refused = await refusal(SqliteStore(path, daemon=daemon))
    assert refused.reason is StoreFault.NEWER
    assert f"9.8.7, schema {LATEST + 3}" in str(refused)
    assert f"this is {__version__}" in str(refused)
    assert asked(path, "SELECT count(*) FROM campaigns") == [(1,)]


async def test_a_migration_is_applied_wholly_or_not_at_all(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await written(path)
    known = sqlite_schema.migrations()
    broken = (
        "CREATE TABLE added (id); INSERT INTO added VALUES (1); INSERT INTO nowhere VALUES (1);"
    )
    monkeypatch.setattr(
        sqlite_schema, "migrations", lambda: (*known, "CREATE TABLE fine (id);", broken)
    )
    assert "no such table: nowhere" in str(await refusal(SqliteStore(path)))
    assert asked(path, "PRAGMA user_version") == [(LATEST + 1,)]
    assert asked(path, "SELECT name FROM sqlite_master WHERE name IN ('fine', 'added')") == [
        ("fine",)
    ]
    monkeypatch.setattr(
        sqlite_schema,
        "migrations",
        lambda: (*known, "CREATE TABLE fine (id);", "CREATE TABLE added (id);"),
    )
    async with SqliteStore(path) as store:
        assert len((await store.load()).campaigns) == 1
    assert asked(path, "PRAGMA user_version") == [(LATEST + 2,)]


SINCE_8 = (
    "last_complete",
    "incomplete_since",
    "api_error",
    "rejected",
    "nameless",
    "unreadable_fields",
    "read_ratio",
    "counts",
)


async def test_campaigns_from_before_details_have_none(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = sqlite_schema.migrations()
    await written(path)
    by_hand(
        path,
        "ALTER TABLE campaigns DROP COLUMN detail",
        "ALTER TABLE campaigns DROP COLUMN unreadable",
        "DROP TABLE blind_spells",
        *(f"ALTER TABLE feeds DROP COLUMN {name}" for name in SINCE_8),
        "PRAGMA user_version = 4",
    )
    async with SqliteStore(path) as store:
        (campaign,) = (await store.load()).campaigns
    assert campaign.detail is None
    assert campaign.unreadable == ()
    assert asked(path, "PRAGMA user_version") == [(len(known),)]


async def test_a_command_does_not_migrate(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await written(path)
    known = sqlite_schema.migrations()
    monkeypatch.setattr(sqlite_schema, "migrations", lambda: (*known, "CREATE TABLE added (id);"))
    refused = await refusal(SqliteStore(path, daemon=False))
    assert refused.reason is StoreFault.UNAVAILABLE
    assert (
        f"older bsg-monitor ({__version__}, schema {LATEST}); this is {__version__} (schema "
        f"{LATEST + 1})" in str(refused)
    )
    assert "restart `bsg-monitor run` with this version" in str(refused)
    assert asked(path, "PRAGMA user_version") == [(LATEST,)]


@pytest.mark.parametrize("read_only", [True, False])
async def test_a_command_does_not_make_a_database(path: Path, read_only: bool) -> None:
    refused = await refusal(SqliteStore(path, daemon=False, read_only=read_only))
    assert refused.reason is StoreFault.UNAVAILABLE
    assert f"there is no database {path}" in str(refused)
    path.touch()
    assert "`bsg-monitor run` has not used it yet" in str(
        await refusal(SqliteStore(path, daemon=False, read_only=read_only))
    )


async def test_a_command_works_beside_the_daemon_which_notices_what_it_changed(path: Path) -> None:
    async with SqliteStore(path) as daemon:
        await daemon.commit_flush(FlushCommit(rows=[row("a"), row("b")]))
        assert not await daemon.changed_outside()
        async with SqliteStore(path, daemon=False) as command:
            assert ids(await command.outbox(OutboxQuery())) == ["b", "a"]
            assert not await daemon.changed_outside()
            assert await command.drop(["a"], now=NOW) == 1
        assert await daemon.changed_outside()
        assert not await daemon.changed_outside()
        assert ids(await daemon.outbox(OutboxQuery(state=OutboxState.DEAD))) == ["a"]


async def test_a_command_works_when_no_daemon_runs(path: Path) -> None:
    await written(path)
    async with SqliteStore(path, daemon=False) as command:
        assert len((await command.load()).campaigns) == 1


async def test_a_command_that_only_reads_cannot_change_anything(path: Path) -> None:
    async with SqliteStore(path), SqliteStore(path, daemon=False, read_only=True) as command:
        assert (await command.load()).campaigns == []
        with pytest.raises(StoreError) as failure:
            await command.commit_cycle(CycleCommit(account="default", campaigns=[tracked()]))
        assert failure.value.reason is StoreFault.READ_ONLY


def test_a_daemon_cannot_be_read_only(path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read-only"):
        SqliteStore(path, read_only=True)


def test_the_migrations_are_numbered_from_one_without_gaps() -> None:
    assert sqlite_schema.migrations.__wrapped__()
