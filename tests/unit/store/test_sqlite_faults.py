"""What happens when the disk is full, the database is locked, or a caller gives up."""

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from monitor.domain.alerting.notification import OutboxState
from monitor.errors import StoreError, StoreFault
from monitor.ports import CycleCommit, FlushCommit, OutboxQuery
from monitor.store import SqliteStore
from monitor.store.sqlite.sqlite_errors import from_sqlite, from_system, translated
from tests.contract.stores import NOW, after, group, ids, row, tracked
from tests.unit.store.test_sqlite_file import by_hand


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "monitor.db"


def cycle(count: int, *, sent: int = 100) -> CycleCommit:
    return CycleCommit(account="default", campaigns=[tracked(n, sent=sent) for n in range(count)])


async def limit_pages(store: SqliteStore, pages: int) -> None:
    """What a full disk is to SQLite: it may not use another page."""
    await store._run(lambda db: db.execute(f"PRAGMA max_page_count = {pages}").fetchone())


async def test_a_full_disk_costs_the_change_and_nothing_else(path: Path) -> None:
    async with SqliteStore(path) as store:
        await store.commit_cycle(cycle(10))
        before = await store.load()
        await limit_pages(store, 1)  # not below what is in use
        with pytest.raises(StoreError, match="no space is left") as failure:
            await store.commit_cycle(cycle(5000, sent=7))
        assert (failure.value.reason, failure.value.retryable) == (StoreFault.FULL, True)
        assert await store.load() == before
        await limit_pages(store, 1_000_000)
        await store.commit_cycle(cycle(5000, sent=7))
    async with SqliteStore(path) as store:
        assert [t.campaign.sent for t in (await store.load()).campaigns] == [7] * 5000


async def test_a_database_locked_by_another_process_can_be_used_once_it_is_free(path: Path) -> None:
    async with SqliteStore(path, busy_timeout=0) as store:
        await store.commit_cycle(cycle(1))
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="is locked: another process") as failure:
            await store.commit_cycle(cycle(2))
        assert (failure.value.reason, failure.value.retryable) == (StoreFault.LOCKED, True)
        assert len((await store.load()).campaigns) == 1
        other.execute("ROLLBACK")
        other.close()
        await store.commit_cycle(cycle(2))
        assert len((await store.load()).campaigns) == 2


async def test_a_message_that_cannot_be_read_is_set_aside_and_holds_nothing_up(path: Path) -> None:
    async with SqliteStore(path) as store:
        await store.commit_flush(
            FlushCommit(rows=[row("broken"), row("next"), row("other", key="h")])
        )
        by_hand(path, "UPDATE outbox SET notification = '{' WHERE id = 'broken'")
        assert ids(await store.claim("ops", now=NOW, lease_until=after(60), limit=9)) == ["other"]
        assert ids(await store.claim("ops", now=NOW, lease_until=after(60), limit=9)) == ["next"]
        assert list(await store.replaceable([group()])) == [group()]
        assert ids(await store.outbox(OutboxQuery(state=OutboxState.PENDING))) == ["other", "next"]


async def test_a_caller_that_gave_up_before_its_turn_changes_nothing(path: Path) -> None:
    async with SqliteStore(path) as store:
        gate = threading.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(store._thread.call(gate.wait))
            waiting = tasks.create_task(store.commit_cycle(cycle(1)))
            await asyncio.sleep(0)  # noqa: TID251 (lets both tasks ask)
            await asyncio.sleep(0)  # noqa: TID251
            waiting.cancel()
            await asyncio.wait([waiting])
            gate.set()
        assert (await store.load()).campaigns == []


async def test_a_transaction_whose_caller_gave_up_is_carried_out_wholly(path: Path) -> None:
    begun, gate = threading.Event(), threading.Event()

    def in_two_steps(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO meta VALUES ('one', '1')")
        begun.set()
        gate.wait()
        db.execute("INSERT INTO meta VALUES ('two', '2')")

    async with SqliteStore(path) as store:
        async with asyncio.TaskGroup() as tasks:
            writing = tasks.create_task(store._write(in_two_steps))
            await asyncio.to_thread(begun.wait)
            writing.cancel()
            await asyncio.wait([writing])
            gate.set()
        written = await store._read(
            lambda db: db.execute("SELECT name FROM meta WHERE name IN ('one', 'two')").fetchall()
        )
    assert len(written) == 2


async def test_closing_waits_for_calls_under_way_even_when_the_close_is_not_awaited(
    path: Path,
) -> None:
    store = await SqliteStore(path).__aenter__()
    gate = threading.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(store._thread.call(gate.wait))
        committing = tasks.create_task(store.commit_cycle(cycle(3)))
        await asyncio.sleep(0)  # noqa: TID251
        await asyncio.sleep(0)  # noqa: TID251
        closing = tasks.create_task(store.__aexit__(None, None, None))
        await asyncio.sleep(0)  # noqa: TID251
        closing.cancel()
        await asyncio.wait([closing])
        gate.set()
        await committing
    await asyncio.to_thread(store._thread._executor.shutdown)
    async with SqliteStore(path) as again:
        assert len((await again.load()).campaigns) == 3


async def test_an_opening_that_is_cancelled_lets_go_of_the_file(path: Path) -> None:
    store = SqliteStore(path)
    gate = threading.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(store._thread.call(gate.wait))
        await asyncio.sleep(0)  # noqa: TID251
        opening = tasks.create_task(store.__aenter__())
        await asyncio.sleep(0)  # noqa: TID251
        opening.cancel()
        gate.set()
    async with SqliteStore(path):
        pass


async def test_a_closed_store_says_so(path: Path) -> None:
    async with SqliteStore(path) as store:
        pass
    await store.__aexit__(None, None, None)
    with pytest.raises(StoreError, match="not open"):
        await store.load()


def error(kind: type[sqlite3.Error], code: int, name: str) -> sqlite3.Error:
    made = kind("text of SQLite")
    made.sqlite_errorcode, made.sqlite_errorname = code, name
    return made


@pytest.mark.parametrize(
    ("code", "reason", "retryable"),
    [
        (sqlite3.SQLITE_BUSY, StoreFault.LOCKED, True),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, StoreFault.LOCKED, True),
        (sqlite3.SQLITE_CORRUPT, StoreFault.CORRUPT, False),
        (sqlite3.SQLITE_NOTADB, StoreFault.CORRUPT, False),
        (sqlite3.SQLITE_READONLY, StoreFault.READ_ONLY, False),
        (sqlite3.SQLITE_FULL, StoreFault.FULL, True),
        (sqlite3.SQLITE_IOERR_SHMSIZE, StoreFault.FULL, True),
        (sqlite3.SQLITE_IOERR_FSYNC, StoreFault.UNAVAILABLE, True),
        (sqlite3.SQLITE_CANTOPEN, StoreFault.UNAVAILABLE, True),
        (sqlite3.SQLITE_ERROR, StoreFault.UNAVAILABLE, False),
    ],
)
def test_each_answer_of_sqlite_has_its_reason_and_names_the_file(
    path: Path, code: int, reason: StoreFault, retryable: bool
) -> None:
    fault = from_sqlite(error(sqlite3.OperationalError, code, "SQLITE_X"), path)
    assert fault is not None
    assert (fault.reason, fault.retryable) == (reason, retryable)
    assert str(path) in str(fault)


def test_a_bug_of_ours_keeps_its_traceback(path: Path) -> None:
    def wrong() -> None:
        raise error(sqlite3.IntegrityError, sqlite3.SQLITE_CONSTRAINT, "SQLITE_CONSTRAINT")

    with pytest.raises(sqlite3.IntegrityError):
        translated(wrong, path)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (28, StoreFault.FULL),
        (30, StoreFault.READ_ONLY),
        (13, StoreFault.READ_ONLY),
        (5, StoreFault.UNAVAILABLE),
    ],
    ids=["ENOSPC", "EROFS", "EACCES", "EIO"],
)
def test_each_answer_of_the_file_system_has_its_reason(
    path: Path, kind: int, reason: StoreFault
) -> None:
    assert from_system(OSError(kind, "what it says"), path).reason is reason
