# ruff: noqa: ASYNC221, ASYNC240 (nothing else waits for the loop of a test)
"""Which files an embedded database makes, which it refuses, and in what words."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from monitor.errors import StoreError, StoreFault
from monitor.ports import CycleCommit
from monitor.store import SqliteStore
from monitor.store.sqlite import database_schema as sqlite_schema
from monitor.store.sqlite.database_file import APPLICATION_ID
from tests.contract.stores import tracked

UNPRIVILEGED = 65534


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "monitor.db"


@pytest.fixture
def locked_folder() -> Iterator[Path]:
    """A folder that this process may not write into, also when the tests are run by root."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    user = os.geteuid()
    try:
        if user == 0:
            os.seteuid(UNPRIVILEGED)
        else:
            folder.chmod(0o555)
        yield folder
    finally:
        if user == 0:
            os.seteuid(user)
        folder.chmod(0o755)
        shutil.rmtree(folder)


async def refusal(store: SqliteStore) -> StoreError:
    with pytest.raises(StoreError) as failure:
        async with store:
            pass
    return failure.value


async def written(path: Path, campaigns: int = 1) -> None:
    async with SqliteStore(path) as store:
        await store.commit_cycle(
            CycleCommit(account="default", campaigns=[tracked(n) for n in range(campaigns)])
        )


def by_hand(path: Path, *statements: str) -> None:
    """Change the file as a person with a shell would."""
    with sqlite3.connect(path) as db:
        for statement in statements:
            db.execute(statement)
    db.close()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("umask", [0o000, 0o777])
async def test_all_files_are_private_whatever_the_umask(path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        async with SqliteStore(path) as store:
            await store.commit_cycle(CycleCommit(account="default", campaigns=[tracked()]))
            files = {file.name: mode(file) for file in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert files == {f"monitor.db{end}": 0o600 for end in ("", "-wal", "-shm", ".lock")}


async def test_a_file_that_others_can_read_is_left_alone_with_a_warning(path: Path) -> None:
    await written(path)
    path.chmod(0o644)
    with structlog.testing.capture_logs() as logs:
        await written(path)
    assert mode(path) == 0o644
    assert [(entry["event"], entry["mode"]) for entry in logs] == [
        ("database_open_to_others", "0644")
    ]


async def test_a_private_file_needs_no_warning(path: Path) -> None:
    with structlog.testing.capture_logs() as logs:
        await written(path)
        await written(path)
    assert logs == []


async def test_nothing_but_the_database_and_its_lock_is_left_after_closing(path: Path) -> None:
    await written(path)
    assert {file.name for file in path.parent.iterdir()} == {"monitor.db", "monitor.db.lock"}


async def test_a_store_in_memory_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for memory in (SqliteStore(None), SqliteStore(Path(":memory:"))):
        async with memory as store:
            await store.commit_cycle(CycleCommit(account="default", campaigns=[tracked()]))
            assert len((await store.load()).campaigns) == 1
    assert list(tmp_path.iterdir()) == []


async def test_a_name_with_signs_that_mean_something_in_a_url_is_a_name(tmp_path: Path) -> None:
    odd = tmp_path / "100% sure? #1 ☀.db"
    await written(odd)
    assert odd.exists()


async def test_a_second_daemon_is_refused_and_told_who_the_first_is(path: Path) -> None:
    async with SqliteStore(path) as first:
        refused = await refusal(SqliteStore(path))
        await first.commit_cycle(CycleCommit(account="default", campaigns=[tracked()]))
    assert (refused.reason, refused.retryable) == (StoreFault.LOCKED, False)
    assert f"another bsg-monitor (pid {os.getpid()}) already uses the database {path}" in str(
        refused
    )


async def test_a_second_daemon_is_refused_also_by_another_name_of_the_file(path: Path) -> None:
    other = path.with_name("other.db")
    async with SqliteStore(path):
        other.symlink_to(path)
        assert (await refusal(SqliteStore(other))).reason is StoreFault.LOCKED


@pytest.mark.parametrize("daemon", [True, False])
async def test_a_hard_link_is_refused_because_lock_and_wal_go_by_the_name(
    path: Path, daemon: bool
) -> None:
    other = path.with_name("other.db")
    async with SqliteStore(path) as store:
        os.link(path, other)
        refused = await refusal(SqliteStore(other, daemon=daemon))
        assert refused.reason is StoreFault.UNAVAILABLE
        assert f"the database {other} has 2 names (hard links)" in str(refused)
        assert not other.with_name("other.db.lock").exists()
        await store.commit_cycle(CycleCommit(account="default", campaigns=[tracked()]))
    other.unlink()
    await written(path)


async def test_the_lock_is_free_after_closing_and_after_a_refusal(path: Path) -> None:
    path.write_bytes(b"this is not a database, and long enough to have a header" * 10)
    assert (await refusal(SqliteStore(path))).reason is StoreFault.CORRUPT
    path.unlink()
    await written(path)
    await written(path)


@pytest.mark.parametrize("kind", ["text", "another application's", "unsigned"])
async def test_a_file_that_is_no_database_of_ours_is_left_without_a_lock_beside_it(
    path: Path, kind: str
) -> None:
    if kind == "text":
        path.write_text("rules: []\n" * 50)
    else:
        by_hand(
            path,
            "CREATE TABLE mine (id INTEGER)",
            *(["PRAGMA application_id = 7"] if kind != "unsigned" else []),
        )
    before = path.read_bytes()
    await refusal(SqliteStore(path))
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["monitor.db"]
    lock = path.with_name("monitor.db.lock")
    lock.write_text("another's")
    await refusal(SqliteStore(path))
    assert lock.exists()


@pytest.mark.parametrize("replaced", [True, False])
async def test_a_file_that_is_deleted_under_the_daemon_is_missed_at_the_next_commit(
    path: Path, replaced: bool
) -> None:
    async with SqliteStore(path) as store:
        path.unlink()
        if replaced:
            path.touch()
        with pytest.raises(StoreError, match="was moved or deleted while in use"):
            await store.commit_cycle(CycleCommit(account="default", campaigns=[tracked()]))


@pytest.mark.parametrize("suffix", ["-wal", "-shm"])
@pytest.mark.parametrize("replaced", [True, False])
async def test_what_sqlite_keeps_beside_the_database_is_missed_too_and_nothing_is_lost(
    path: Path, suffix: str, replaced: bool
) -> None:
    beside = path.with_name(path.name + suffix)
    async with SqliteStore(path) as store:
        await store.commit_cycle(CycleCommit(account="default", campaigns=[tracked()]))
        beside.unlink()
        if replaced:
            beside.touch()
        with pytest.raises(
            StoreError,
            match=rf"{suffix} was moved or deleted while the database was in use: restart",
        ):
            await store.commit_cycle(CycleCommit(account="default", campaigns=[tracked(2)]))
    async with SqliteStore(path) as store:
        assert [row.campaign.id for row in (await store.load()).campaigns] == [
            tracked().campaign.id
        ]


async def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    refused = await refusal(SqliteStore(tmp_path / "no" / "monitor.db"))
    assert refused.reason is StoreFault.UNAVAILABLE
    assert f"there is no folder {tmp_path / 'no'}" in str(refused)


@pytest.mark.parametrize("daemon", [True, False])
async def test_a_folder_is_not_a_database(tmp_path: Path, daemon: bool) -> None:
    refused = await refusal(SqliteStore(tmp_path, daemon=daemon))
    assert refused.reason is StoreFault.UNAVAILABLE
    assert f"{tmp_path} is not a file" in str(refused)


async def test_a_folder_that_cannot_be_written_is_read_only(locked_folder: Path) -> None:
    refused = await refusal(SqliteStore(locked_folder / "monitor.db"))
    assert refused.reason is StoreFault.READ_ONLY
    assert "must be writable" in str(refused)


async def test_a_folder_that_cannot_even_be_entered_is_refused_without_a_traceback(
    locked_folder: Path,
) -> None:
    user = os.geteuid()
    if user == UNPRIVILEGED:
        os.seteuid(0)
    locked_folder.chmod(0o700 if user == UNPRIVILEGED else 0o000)
    if user == UNPRIVILEGED:
        os.seteuid(user)
    assert (await refusal(SqliteStore(locked_folder / "monitor.db"))).reason is StoreFault.READ_ONLY


@pytest.mark.parametrize("daemon", [True, False])
async def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(
    path: Path, daemon: bool
) -> None:
    content = b"dear diary\n" * 100
    path.write_bytes(content)
    refused = await refusal(SqliteStore(path, daemon=daemon))
    assert refused.reason is StoreFault.CORRUPT
    assert str(path) in str(refused)
    assert path.read_bytes() == content


@pytest.mark.parametrize("daemon", [True, False])
@pytest.mark.parametrize(
    "statement",
    ["PRAGMA application_id = 252006673", "PRAGMA user_version = 3", "CREATE TABLE photos (id)"],
)
async def test_another_applications_database_is_refused_and_left_as_it_is(
    path: Path, daemon: bool, statement: str
) -> None:
    by_hand(path, statement)
    content = path.read_bytes()
    refused = await refusal(SqliteStore(path, daemon=daemon))
    assert "another application's database" in str(refused)
    assert path.read_bytes() == content


async def test_an_empty_file_is_a_new_database(path: Path) -> None:
    path.touch(mode=0o600)
    await written(path)


async def test_the_file_says_whose_it_is(path: Path) -> None:
    await written(path)
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    db.close()


async def test_a_damaged_file_is_refused_by_daemon_and_at_the_latest_when_read_by_commands(
    path: Path,
) -> None:
    await written(path, campaigns=500)
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    assert (await refusal(SqliteStore(path))).reason is StoreFault.CORRUPT
    with pytest.raises(StoreError, match=r"Restore a backup") as failure:
        async with SqliteStore(path, daemon=False) as store:
            await store.load()
    assert failure.value.reason is StoreFault.CORRUPT
    assert path.read_bytes() == bytes(content)


async def test_damage_that_would_not_show_at_once_is_found_at_the_start(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await written(path, campaigns=500)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size - size % 4096 - 4096)
        file.write(b"\x00" * 100)
    refused = await refusal(SqliteStore(path))
    assert refused.reason is StoreFault.CORRUPT
    assert "it is damaged" in str(refused)
    monkeypatch.setattr(sqlite_schema, "CHECKED_SIZE", size - 1)
    async with SqliteStore(path) as store:  # too large to be checked at every start
        with pytest.raises(StoreError) as failure:
            await store.load()
    assert failure.value.reason is StoreFault.CORRUPT


async def test_a_file_that_was_cut_short_is_refused(path: Path) -> None:
    await written(path, campaigns=500)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    assert (await refusal(SqliteStore(path))).reason is StoreFault.CORRUPT


async def test_a_file_that_is_mounted_by_itself_is_refused_because_its_wal_would_stay_behind(
    path: Path,
) -> None:
    away = Path("/dev/shm") / f"{os.getpid()}-{path.parent.name}.db"
    if not away.parent.is_dir() or away.parent.stat().st_dev == path.parent.stat().st_dev:
        pytest.skip("there is no second file system")
    path.touch()
    await written(away)
    command = f'mount --bind {away} {path} && exec "$@"'
    try:
        ran = subprocess.run(
            [
                "unshare",
                "-rm",
                "sh",
                "-c",
                command,
                "sh",
                sys.executable,
                "-m",
                "monitor",
                "alerts",
            ],
            env=os.environ | {"BSG_DATABASE_URL": f"sqlite:///{path}", "BSG_API_KEY": "live_x"},
            cwd=path.parent,
            check=False,
            capture_output=True,
            text=True,
        )
    finally:
        away.unlink()
        away.with_name(away.name + ".lock").unlink()
    if "unshare" in ran.stderr or "mount:" in ran.stderr:
        pytest.skip(f"nothing can be mounted here: {ran.stderr}")
    assert ran.returncode == 1, ran
    assert "is mounted as a single file" in " ".join(ran.stderr.split())
