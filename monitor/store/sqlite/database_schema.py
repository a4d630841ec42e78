"""Opening an embedded database with the right schema. The schema's versions are numbered SQL
files, each applied in one transaction and counted in `PRAGMA user_version`."""

import re
import sqlite3
from functools import cache
from importlib import resources
from pathlib import Path

from monitor import __version__
from monitor.errors import StoreError, StoreFault
from monitor.store import statements
from monitor.store.sqlite.connection import opened, transaction
from monitor.store.sqlite.database_file import (
    APPLICATION_ID,
    check_existing,
    check_header,
    check_place,
    foreign,
    prepare,
)
from monitor.store.sqlite.sqlite_errors import corrupt, described, unavailable

CHECKED_SIZE = 64 * 1024 * 1024
"""Files up to this many bytes are checked when they are opened: 20 ms for 16 MiB (100,000
campaigns)."""

LARGEST_IDLE_WAL = 32 * 1024 * 1024
"""The -wal file is cut back to this many bytes after a large commit."""

OLDEST_SQLITE = (3, 24, 0)
"""The first version with `ON CONFLICT … DO UPDATE`."""

_NAME = re.compile(r"(\d{4})_\w+\.sql")


def open_memory() -> sqlite3.Connection:
    """An empty database in this process's memory."""
    _check_library()
    db = sqlite3.connect(":memory:", isolation_level=None)
    migrate(db)
    sign(db)
    return db


def open_daemon(path: Path, *, busy_timeout: float) -> sqlite3.Connection:
    """The daemon's connection: creates, migrates and checks. The caller holds the daemon's lock."""
    _check_library()
    check_place(path)
    prepare(path)
    check_header(path)
    with opened(path, "rw", busy_timeout) as db:
        check_owner(db, path)
        check_not_newer(db, path)
        check_sound(db, path)
        migrate(db)
        mode = db.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode != "wal":
            raise unavailable(
                f"the file system that holds {path} cannot share memory (SQLite stays in mode "
                f"{mode}): use a local disk"
            )
        db.execute(f"PRAGMA journal_size_limit = {LARGEST_IDLE_WAL}")
        sign(db)
    return db


def open_beside(path: Path, *, read_only: bool, busy_timeout: float) -> sqlite3.Connection:
    """A command's connection, beside a daemon that may be running. Creates and migrates nothing."""
    _check_library()
    check_existing(path)
    with opened(path, "ro" if read_only else "rw", busy_timeout) as db:
        check_owner(db, path)
        check_not_newer(db, path)
        check_current(db, path)
    return db


@cache
def migrations() -> tuple[str, ...]:
    """The migrations' texts; the first one creates version 1. RuntimeError when a number is missing
    or occurs twice."""
    folder = resources.files("monitor.store.sqlite") / "migrations_sql"
    found = sorted(
        (int(match[1]), entry)
        for entry in folder.iterdir()
        if (match := _NAME.fullmatch(entry.name))
    )
    if [number for number, _ in found] != list(range(1, len(found) + 1)):
        raise RuntimeError(
            f"migrations are not numbered without gaps: {[entry.name for _, entry in found]}"
        )
    return tuple(entry.read_text("utf-8") for _, entry in found)


def version(db: sqlite3.Connection) -> int:
    """The schema's version; 0 for an empty database."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def check_owner(db: sqlite3.Connection, path: Path | None) -> None:
    """StoreError UNAVAILABLE when another application made the database."""
    owner = db.execute("PRAGMA application_id").fetchone()[0]
    if owner == APPLICATION_ID or path is None:
        return
    empty = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if owner != 0 or not empty or version(db) != 0:
        raise foreign(path)


def check_not_newer(db: sqlite3.Connection, path: Path | None) -> None:
    """StoreError NEWER when a later version of the monitor has changed the schema."""
    found, known = version(db), len(migrations())
    if found <= known:
        return
    raise StoreError(
        f"{described(path)} was written by a newer bsg-monitor ({writer(db) or 'unknown version'}, "
        f"schema {found}); "
        f"this is {__version__} (schema {known}): use the newer one, or a backup from before the "
        "upgrade",
        reason=StoreFault.NEWER,
        retryable=False,
    )


def check_current(db: sqlite3.Connection, path: Path | None) -> None:
    """StoreError UNAVAILABLE when the schema is older than this code: only the daemon migrates."""
    found, known = version(db), len(migrations())
    if found == 0:
        raise unavailable(f"{described(path)} is empty: `bsg-monitor run` has not used it yet")
    if found < known:
        raise unavailable(
            f"{described(path)} was written by an older bsg-monitor "
            f"({writer(db) or 'unknown version'}, schema {found}); "
            f"this is {__version__} (schema {known}): restart `bsg-monitor run` with this version, "
            "it upgrades the database"
        )


def writer(db: sqlite3.Connection) -> str | None:
    """The version of the daemon that used the database last; None if none has."""
    if version(db) == 0:
        return None
    found = db.execute("SELECT value FROM meta WHERE name = 'written_by'").fetchone()
    return None if found is None else str(found[0])


def migrate(db: sqlite3.Connection) -> None:
    """Bring the schema up to date. A failed migration leaves the version before it."""
    for number, script in enumerate(migrations()[version(db) :], start=version(db) + 1):
        try:
            db.executescript(
                f"BEGIN IMMEDIATE;\n{script}\nPRAGMA application_id = {APPLICATION_ID};\nPRAGMA "
                f"user_version = {number};\nCOMMIT;"
            )
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise


def sign(db: sqlite3.Connection) -> None:
    """Record this version, for an older one's error message. Fails if the file is not writable."""
    with transaction(db):
        if db.execute("SELECT value FROM meta WHERE name = 'written_by'").fetchone() != (
            __version__,
        ):
            db.execute(statements.PUT_META, ("written_by", __version__))


def check_sound(db: sqlite3.Connection, path: Path) -> None:
    """StoreError CORRUPT when the file is damaged. Above `CHECKED_SIZE` bytes it is not checked."""
    if path.stat().st_size > CHECKED_SIZE:
        return
    found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise corrupt(path, f"it is damaged ({found})")


def _check_library() -> None:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE))
        raise unavailable(
            f"this Python comes with SQLite {sqlite3.sqlite_version}; {oldest} or newer is needed"
        )
