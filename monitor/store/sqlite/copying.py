"""A consistent copy of an embedded database, even while it is being written."""

import os
import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from monitor.errors import MonitorError
from monitor.store.sqlite import database_schema as schema
from monitor.store.sqlite.connection import opened, reading
from monitor.store.sqlite.database_file import (
    check_existing,
    create_private,
)
from monitor.store.sqlite.sqlite_errors import from_sqlite, translated, unavailable

PAGES_AT_ONCE = 4096
"""Pages between two reports of progress: 16 MiB."""

_READ_FAILURES = {sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ}

BackupProgress = Callable[[int, int], None]
"""Called with the number of copied pages and of all pages."""


class BackupError(MonitorError):
    """A backup could not be made. Its target is as it was before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A finished backup: one file of `size` bytes with a database of this schema."""

    path: Path
    size: int
    schema: int


def back_up(
    source: Path,
    target: Path,
    *,
    overwrite: bool = False,
    progress: BackupProgress = lambda _done, _all: None,
    busy_timeout: float = 5.0,
) -> Backup:
    """Copy the database at `source`, beside a daemon that may be running, to the new file
    `target` (mode 0600).

    The copy is the database at one moment, with any schema version, in one file without a -wal.
    It gets its name once it is complete, checked and on the disk; until then it is a hidden file
    beside the target. `overwrite` replaces an existing file. BackupError when the copy cannot be
    written or is damaged, StoreError when the source cannot be read.
    """
    source, target = Path(os.path.realpath(source)), Path(os.path.realpath(target))
    _check_target(source, target, overwrite=overwrite)
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        os.close(create_private(part))
        number = translated(lambda: _copied(source, part, target, progress, busy_timeout), source)
        _synchronised(part)
        size = part.stat().st_size
        _named(part, target, overwrite=overwrite)
    except OSError as error:
        raise BackupError(f"cannot write the backup {target}: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            part.unlink()
    return Backup(path=target, size=size, schema=number)


def _check_target(source: Path, target: Path, *, overwrite: bool) -> None:
    own = {source.with_name(source.name + end) for end in ("", "-wal", "-shm", ".lock")}
    if target in own or (target.exists() and source.exists() and target.samefile(source)):
        raise BackupError(f"{target} belongs to the database itself: name another file")
    if target.is_dir():
        raise BackupError(f"{target} is a folder: name a file in it")
    if target.exists() and not target.is_file():
        raise BackupError(f"{target} is not a file: name one")
    if not target.parent.is_dir():
        raise BackupError(f"there is no folder {target.parent}: create it, or name another place")
    if target.exists() and not overwrite:
        raise _there(target)


def _there(target: Path) -> BackupError:
    return BackupError(f"{target} already exists: name another file, or add --force to replace it")


def _copied(
    source: Path, part: Path, target: Path, progress: BackupProgress, busy_timeout: float
) -> int:
    """Copy, and return the schema's version."""
    check_existing(source)
    with opened(source, "ro", busy_timeout) as db, closing(db), reading(db):
        schema.check_owner(db, source)
        number = schema.version(
            db
        )  # starts the read transaction: later commits are not in the copy
        if number == 0:
            raise unavailable(f"the database {source} is empty: there is nothing to back up yet")
        with closing(sqlite3.connect(part, isolation_level=None)) as copy:
            try:
                db.backup(
                    copy,
                    pages=PAGES_AT_ONCE,
                    progress=lambda _, left, pages: progress(pages - left, pages),
                )
                copy.execute(
                    "PRAGMA journal_mode = DELETE"
                )  # the source's mode was copied too; the copy must be one file
                found = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
            except sqlite3.Error as error:
                raise _failed(error, source, target) from error
    if found != "ok":
        raise BackupError(
            f"the copy of {source} is damaged ({found}) and was not kept; is the database itself "
            "damaged?"
        )
    return number


def _failed(error: sqlite3.Error, source: Path, target: Path) -> MonitorError:
    """The error for a failed copy. The source is only read, so any other failure concerns the
    copy."""
    code = getattr(error, "sqlite_errorcode", 0)
    if code & 0xFF == sqlite3.SQLITE_FULL:
        return BackupError(
            f"no space is left in {target.parent} for the backup: free some, or name another place"
        )
    if code & 0xFF == sqlite3.SQLITE_IOERR and code not in _READ_FAILURES:
        return BackupError(
            f"cannot write the backup {target} ({error.sqlite_errorname}): check the disk"
        )
    return from_sqlite(error, source) or BackupError(f"the backup failed: {error}")


def _synchronised(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _named(part: Path, target: Path, *, overwrite: bool) -> None:
    """Give the copy its name, atomically."""
    if overwrite:
        part.replace(target)
    else:
        try:
            target.hardlink_to(
                part
            )  # unlike a rename, it does not replace a file that appeared meanwhile
        except FileExistsError:
            raise _there(target) from None
        except OSError:  # a file system without hard links
            if target.exists():
                raise _there(target) from None
            part.rename(target)
    _synchronised(target.parent)
