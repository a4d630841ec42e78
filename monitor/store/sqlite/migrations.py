"""The schema's versions: numbered SQL files, each applied in one transaction, counted in `PRAGMA
user_version`."""

import re
import sqlite3
from functools import cache
from importlib import resources
from pathlib import Path

from monitor import __version__
from monitor.errors import StoreError, StoreFault
from monitor.store import statements
from monitor.store.sqlite.database_file import APPLICATION_ID, foreign
from monitor.store.sqlite.sqlite_errors import corrupt, described, unavailable
from monitor.store.sqlite.transactions import transaction

CHECKED_SIZE = 64 * 1024 * 1024
"""Files up to this many bytes are checked when they are opened: 20 ms for 16 MiB (100,000
campaigns)."""

_NAME = re.compile(r"(\d{4})_\w+\.sql")


@cache
def migrations() -> tuple[str, ...]:
    """The migrations' texts; the first leads from nothing to version 1. RuntimeError when a
    number is missing or doubled."""
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
    """StoreError UNAVAILABLE when the database was made by something else."""
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
    """The version whose daemon used the database last; None when it has not been used."""
    if version(db) == 0:
        return None
    found = db.execute("SELECT value FROM meta WHERE name = 'written_by'").fetchone()
    return None if found is None else str(found[0])


def migrate(db: sqlite3.Connection) -> None:
    """Bring the schema up to date. A migration that fails leaves the version before it."""
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
    """Note which version writes, for the message of an older one; also finds out that the file
    cannot be written."""
    with transaction(db):
        if db.execute("SELECT value FROM meta WHERE name = 'written_by'").fetchone() != (
            __version__,
        ):
            db.execute(statements.PUT_META, ("written_by", __version__))


def check_sound(db: sqlite3.Connection, path: Path) -> None:
    """StoreError CORRUPT when a file that is small enough to be checked at every start does not
    hold together."""
    if path.stat().st_size > CHECKED_SIZE:
        return
    found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise corrupt(path, f"it is damaged ({found})")
