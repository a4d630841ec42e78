# ruff: noqa: ASYNC240 (nothing else waits for the loop of a test)
"""What is wrong with a database, and what has piled up in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from monitor import __version__
from monitor.doctor.database_checks import examine_content, examine_database
from monitor.doctor.finding import Finding, Level
from monitor.domain.alerting.notification import OutboxState
from monitor.ports import CycleCommit
from monitor.store import SqliteStore
from monitor.store.sqlite.database_file import DaemonLock
from tests.clock import FakeClock
from tests.contract.stores import after, feed_state, finish, put, row
from tests.schemas.record import dump_of, restore
from tests.unit.store.test_sqlite_file import by_hand, written


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "monitor.db"


def worst(path: Path) -> Finding:
    """The one thing that is wrong; the fine ones left out."""
    found, _ = examine_database(path)
    (finding,) = [each for each in found if each.level is not Level.OK]
    return finding


async def test_a_whole_database_is_fine_beside_its_daemon_and_without(path: Path) -> None:
    async with SqliteStore(path):
        found, inspection = examine_database(path)
        assert [each.level for each in found] == [Level.OK]
        assert inspection is not None
        assert inspection.holder is not None
        assert inspection.holder.isdecimal()
    found, inspection = examine_database(path)
    assert [each.level for each in found] == [Level.OK]
    assert inspection is not None
    assert inspection.holder is None


async def test_looking_keeps_no_daemon_from_starting(path: Path) -> None:
    await written(path)
    examine_database(path)
    async with SqliteStore(path):
        pass


def test_a_database_that_is_not_there_yet_is_no_problem(path: Path) -> None:
    assert worst(path).level is Level.WARNING
    assert not path.exists()


def test_a_database_that_cannot_be_there_is_one(tmp_path: Path) -> None:
    found = worst(tmp_path / "no" / "monitor.db")
    assert (found.level, "there is no folder" in found.message) == (Level.PROBLEM, True)


def test_an_empty_file_is_told(path: Path) -> None:
    path.touch()
    assert "is empty" in worst(path).message


async def test_a_damaged_database_is_told_with_what_to_do(path: Path) -> None:
    await written(path, campaigns=500)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size - size % 4096 - 4096)
        file.write(b"\x00" * 100)
    found = worst(path)
    assert (found.level, "is damaged" in found.message) == (Level.PROBLEM, True)
    assert found.advice is not None
    assert "restore a backup" in found.advice


def test_another_applications_file_is_told(path: Path) -> None:
    path.write_text("dear diary")
    assert "is not an SQLite database" in worst(path).message


def test_a_database_of_an_older_version_waits_for_its_upgrade(path: Path) -> None:
    restore(dump_of(1), path)
    found = worst(path)
    assert (
        found.level,
        "it was written by an older bsg-monitor (0.1.0, schema 1)" in found.message,
    ) == (
        Level.WARNING,
        True,
    )
    assert found.advice is not None
    assert "start `bsg-monitor run` with this version" in found.advice


async def test_a_database_of_a_newer_version_is_a_problem(path: Path) -> None:
    await written(path)
    by_hand(
        path,
        "PRAGMA user_version = 4711",
        "UPDATE meta SET value = '9.8.7' WHERE name = 'written_by'",
    )
    found = worst(path)
    assert (found.level, "newer bsg-monitor (9.8.7)" in found.message) == (Level.PROBLEM, True)


@contextmanager
def held(path: Path) -> Iterator[None]:
    lock = DaemonLock.take(path)
    try:
        yield
    finally:
        lock.release()


async def test_a_daemon_of_another_version_is_told_while_it_runs(path: Path) -> None:
    await written(path)
    by_hand(path, "UPDATE meta SET value = '0.0.9' WHERE name = 'written_by'")
    assert [each.level for each in examine_database(path)[0]] == [Level.OK]
    with held(path):
        found = worst(path)
    assert (
        found.message == f"the running daemon is bsg-monitor 0.0.9, this command is {__version__}"
    )


async def test_a_daemon_that_left_no_number_is_a_daemon(path: Path) -> None:
    await written(path)
    with held(path):
        path.with_name("monitor.db.lock").write_text("")
        _, inspection = examine_database(path)
    assert inspection is not None
    assert inspection.holder == "unknown"


async def test_a_database_in_the_middle_of_a_change_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlite3

    from monitor.doctor import database_checks as database
    from monitor.store import check_writable

    await written(path)
    monkeypatch.setattr(
        database, "check_writable", lambda path: check_writable(path, busy_timeout=0)
    )
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    found = worst(path)
    other.close()
    assert (found.level, "another process has started a change" in found.message) == (
        Level.PROBLEM,
        True,
    )


async def test_what_waits_too_long_and_what_was_given_up_is_told(path: Path) -> None:
    async with SqliteStore(path) as store:
        await put(
            store,
            row("late", receiver="ops"),
            row("fresh", receiver="desk", created=1000),
            row("lost", receiver="pager"),
        )
        await finish(store, "lost", state=OutboxState.DEAD)
    found = await examine_content(path, clock=FakeClock(after(1200)))
    assert [(each.level, each.subject, each.message) for each in found] == [
        (Level.WARNING, "receiver ops", "1 notification waiting, the oldest for 20 min"),
        (Level.WARNING, "receiver pager", "1 notification given up"),
    ]


async def test_an_outbox_in_order_needs_no_word(path: Path) -> None:
    await written(path)
    assert await examine_content(path, clock=FakeClock()) == []


async def test_a_feed_of_which_most_rows_cannot_be_read_is_told(path: Path) -> None:
    state = feed_state()
    async with SqliteStore(path) as store:
        await store.commit_cycle(CycleCommit(account="default", feed=state))
    found = await examine_content(path, clock=FakeClock(), polled=[state.feed])
    assert [(each.subject, each.message) for each in found] == [
        ("feed default/rcs", "the daemon could read only 25% of its rows in full")
    ]
    assert await examine_content(path, clock=FakeClock()) == []  # it is not polled any more
