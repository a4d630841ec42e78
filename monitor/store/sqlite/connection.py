"""Opening an embedded database."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from monitor.store.sqlite import migrations as schema
from monitor.store.sqlite.database_file import check_header, check_place, check_present, prepare
from monitor.store.sqlite.sqlite_errors import unavailable

LARGEST_IDLE_WAL = 32 * 1024 * 1024
"""The -wal file is cut back to this many bytes after a large commit."""

OLDEST_SQLITE = (3, 24, 0)
"""The first with `ON CONFLICT … DO UPDATE`."""


def open_memory() -> sqlite3.Connection:
    """An empty database of this process alone."""
    _check_library()
    db = sqlite3.connect(":memory:", isolation_level=None)
    schema.migrate(db)
    schema.sign(db)
    return db


def open_daemon(path: Path, *, busy_timeout: float) -> sqlite3.Connection:
    """The daemon's connection: creates, migrates and checks. The caller holds the daemon's lock."""
    _check_library()
    check_place(path)
    prepare(path)
    check_header(path)
    with opened(path, "rw", busy_timeout) as db:
        schema.check_owner(db, path)
        schema.check_not_newer(db, path)
        schema.check_sound(db, path)
        schema.migrate(db)
        mode = db.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode != "wal":
            raise unavailable(
                f"the file system that holds {path} cannot share memory (SQLite stays in mode "
                f"{mode}): use a local disk"
            )
        db.execute(f"PRAGMA journal_size_limit = {LARGEST_IDLE_WAL}")
        schema.sign(db)
    return db


def open_beside(path: Path, *, read_only: bool, busy_timeout: float) -> sqlite3.Connection:
    """A command's connection, beside a daemon that may be running: creates and migrates nothing."""
    _check_library()
    check_place(path)
    check_present(path)
    check_header(path)
    with opened(path, "ro" if read_only else "rw", busy_timeout) as db:
        schema.check_owner(db, path)
        schema.check_not_newer(db, path)
        schema.check_current(db, path)
    return db


@contextmanager
def opened(path: Path, mode: str, busy_timeout: float) -> Iterator[sqlite3.Connection]:
    """A connection that is closed again when what is done first with it fails."""
    db = sqlite3.connect(
        f"file:{quote(str(path))}?mode={mode}", uri=True, isolation_level=None, timeout=busy_timeout
    )
    try:
        db.execute("PRAGMA synchronous = FULL")  # a commit is on the disk before it is acted on
        yield db
    except BaseException:
        db.close()
        raise


def _check_library() -> None:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE))
        raise unavailable(
            f"this Python comes with SQLite {sqlite3.sqlite_version}; {oldest} or newer is needed"
        )
