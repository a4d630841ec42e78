"""Looking at an embedded database from outside. It changes nothing, waits for no lock, and reads
even databases that cannot be used."""

import fcntl
import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from monitor.store.sqlite import database_schema as schema
from monitor.store.sqlite.connection import opened
from monitor.store.sqlite.database_file import check_existing
from monitor.store.sqlite.sqlite_errors import translated


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """The state of a database file. Sizes are bytes; `schema` is its version, `newest` the version
    of this program.

    `written_by` is the version of the daemon that used it last. `damage` says what is damaged;
    None if nothing was found. `holder` is the process id of the daemon that uses it, "unknown" if
    that is not recorded; None if no daemon does.
    """

    size: int
    wal_size: int
    schema: int
    newest: int
    written_by: str | None
    damage: str | None
    holder: str | None


def inspect(path: Path, *, busy_timeout: float = 5.0) -> Inspection:
    """Read the whole file once. StoreError when it is missing, not ours, or cannot be read."""
    path = Path(os.path.realpath(path))
    return translated(lambda: _inspected(path, busy_timeout), path)


def check_writable(path: Path, *, busy_timeout: float = 5.0) -> None:
    """StoreError READ_ONLY when this user may not write to the database, LOCKED when another
    process is in the middle of a change."""
    path = Path(os.path.realpath(path))
    translated(lambda: _begin(path, busy_timeout), path)


def _inspected(path: Path, busy_timeout: float) -> Inspection:
    check_existing(path)
    with opened(path, "ro", busy_timeout) as db, closing(db):
        schema.check_owner(db, path)
        wal = path.with_name(path.name + "-wal")
        return Inspection(
            size=path.stat().st_size,
            wal_size=wal.stat().st_size if wal.exists() else 0,
            schema=schema.version(db),
            newest=len(schema.migrations()),
            written_by=schema.writer(db),
            damage=_damage(db),
            holder=_holder(path.with_name(path.name + ".lock")),
        )


def _damage(db: sqlite3.Connection) -> str | None:
    try:
        found = str(db.execute("PRAGMA integrity_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_CORRUPT:
            raise
        return str(error)
    return None if found == "ok" else found


def _holder(lock: Path) -> str | None:
    """Which process holds the daemon's lock. The only way to find out is to take a shared lock for
    an instant."""
    try:
        descriptor = os.open(lock, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
    finally:
        os.close(descriptor)
    return None


def _begin(path: Path, busy_timeout: float) -> None:
    with opened(path, "rw", busy_timeout) as db, closing(db):
        db.execute("BEGIN IMMEDIATE")
        db.execute("ROLLBACK")
