# ruff: noqa: ASYNC240 (nothing else waits for the loop of a test)
"""Copies of a database: whole, private, checked, and under their name only when they are
complete."""

import os
import resource
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from monitor.errors import MonitorError, StoreError, StoreFault
from monitor.ports import CycleCommit, OutboxQuery
from monitor.store import BackupError, SqliteStore, back_up
from monitor.store.sqlite import copying as sqlite_backup
from monitor.store.sqlite import database_schema as sqlite_schema
from tests.contract.stores import ids, put, row, tracked
from tests.schemas.record import dump_of, restore
from tests.unit.store.test_sqlite_file import by_hand, written


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "monitor.db"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder / "monitor.backup.db"


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


async def test_a_running_monitor_is_backed_up_whole(path: Path, target: Path) -> None:
    async with SqliteStore(path) as store:
        await store.commit_cycle(
            CycleCommit(account="default", campaigns=[tracked(n) for n in range(500)])
        )
        await put(store, row("a"))
        before = await store.load()
        made = back_up(path, target)
        await put(store, row("b"))  # it goes on as if nothing had happened
        assert ids(await store.outbox(OutboxQuery())) == ["b", "a"]
    assert (made.path, made.size, made.schema) == (
        target,
        target.stat().st_size,
        len(sqlite_schema.migrations()),
    )
    async with SqliteStore(target, daemon=False, read_only=True) as copy:
        assert await copy.load() == before
        assert ids(await copy.outbox(OutboxQuery())) == ["a"]


async def test_a_stopped_monitor_is_backed_up_too(path: Path, target: Path) -> None:
    await written(path, campaigns=3)
    back_up(path, target)
    async with SqliteStore(target) as copy:
        assert len((await copy.load()).campaigns) == 3


async def test_a_copy_is_one_private_file(path: Path, target: Path) -> None:
    before = os.umask(0)
    try:
        async with SqliteStore(path):
            back_up(path, target)
    finally:
        os.umask(before)
    assert names(target.parent) == {target.name}
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert (
        target.read_bytes()[18:20] == b"\x01\x01"
    )  # no WAL: https://www.sqlite.org/fileformat.html#file_format_version_numbers


async def test_what_is_committed_while_it_is_copied_is_not_in_it(
    path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_backup, "PAGES_AT_ONCE", 8)
    await written(path, campaigns=500)
    seen: list[tuple[int, int]] = []

    def interfere(done: int, pages: int) -> None:
        seen.append((done, pages))
        by_hand(
            path, f"UPDATE campaigns SET sent = {len(seen)}", "DELETE FROM campaigns WHERE id = 0"
        )

    back_up(path, target, progress=interfere)
    assert len(seen) > 3
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1]
    async with SqliteStore(target) as copy:
        assert {
            (each.campaign.id, each.campaign.sent) for each in (await copy.load()).campaigns
        } == {(n, 100) for n in range(500)}


async def test_a_file_that_is_there_is_kept_unless_told_otherwise(path: Path, target: Path) -> None:
    await written(path)
    target.write_text("last year's")
    with pytest.raises(BackupError, match="already exists: name another file, or add --force"):
        back_up(path, target)
    assert target.read_text() == "last year's"
    back_up(path, target, overwrite=True)
    assert target.read_bytes().startswith(b"SQLite format 3\0")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


async def test_a_file_that_comes_while_it_is_copied_is_kept(path: Path, target: Path) -> None:
    await written(path)
    with pytest.raises(BackupError, match="already exists"):
        back_up(
            path,
            target,
            progress=lambda _done, _pages: target.write_text("someone else's") and None,
        )
    assert target.read_text() == "someone else's"
    assert names(target.parent) == {target.name}


@pytest.mark.parametrize("end", ["", "-wal", "-shm", ".lock"])
async def test_the_database_is_not_overwritten_with_itself(path: Path, end: str) -> None:
    await written(path)
    with pytest.raises(BackupError, match="belongs to the database itself"):
        back_up(path, path.with_name(path.name + end), overwrite=True)


async def test_the_database_is_recognised_under_another_name(path: Path, target: Path) -> None:
    await written(path)
    target.hardlink_to(path)
    with pytest.raises(BackupError, match="belongs to the database itself"):
        back_up(path, target, overwrite=True)


async def test_a_place_that_cannot_be_is_refused(path: Path, target: Path) -> None:
    await written(path)
    with pytest.raises(BackupError, match="is a folder: name a file in it"):
        back_up(path, target.parent)
    with pytest.raises(BackupError, match=r"there is no folder .*/nowhere"):
        back_up(path, target.parent / "nowhere" / "b.db")
    fifo = target.parent / "pipe"
    os.mkfifo(fifo)
    with pytest.raises(BackupError, match="is not a file"):
        back_up(path, fifo, overwrite=True)


def test_what_is_not_our_database_is_refused(path: Path, target: Path) -> None:
    with pytest.raises(StoreError, match="there is no database"):
        back_up(path, target)
    path.touch()
    with pytest.raises(StoreError, match="there is nothing to back up yet"):
        back_up(path, target)
    by_hand(path, "CREATE TABLE photos (id)")
    with pytest.raises(StoreError, match="another application's database"):
        back_up(path, target)
    assert names(target.parent) == set()


@pytest.mark.parametrize("number", [1, 3])
def test_a_database_of_another_schema_is_copied_as_it_is(
    path: Path, target: Path, number: int
) -> None:
    restore(dump_of(number), path)
    assert back_up(path, target).schema == number


def test_a_database_of_a_newer_version_is_copied_as_it_is(path: Path, target: Path) -> None:
    restore(dump_of(1), path)
    by_hand(path, "PRAGMA user_version = 4711")
    assert back_up(path, target).schema == 4711


async def test_a_copy_that_does_not_hold_together_is_not_kept(path: Path, target: Path) -> None:
    await written(path, campaigns=500)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size - size % 4096 - 4096)
        file.write(b"\x00" * 100)
    with pytest.raises(MonitorError, match="is damaged") as failure:
        back_up(path, target)
    assert "is the database itself damaged?" in str(failure.value)
    assert names(target.parent) == set()


async def test_a_source_that_cannot_be_read_leaves_nothing_behind(path: Path, target: Path) -> None:
    await written(path, campaigns=500)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    with pytest.raises(StoreError) as failure:
        back_up(path, target)
    assert failure.value.reason is StoreFault.CORRUPT
    assert names(target.parent) == set()


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """No file of this process may grow beyond that: the nearest thing to a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_copy_that_finds_no_room_leaves_nothing_behind(path: Path, target: Path) -> None:
    await written(path, campaigns=2000)
    with files_of_at_most(64 * 1024), pytest.raises(BackupError, match="cannot write the backup"):
        back_up(path, target)
    assert names(target.parent) == set()


async def test_a_copy_that_is_cut_short_leaves_nothing_behind(path: Path, target: Path) -> None:
    await written(path)

    def interrupted(_done: int, _pages: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(path, target, progress=interrupted)
    assert names(target.parent) == set()
    with sqlite3.connect(path) as db:
        db.execute("BEGIN IMMEDIATE")  # and no lock on the source
    db.close()
