"""SQLite's errors → `StoreError`: what happened to which file, and what to do about it."""

import errno
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from monitor.errors import StoreError, StoreFault

T = TypeVar("T")

_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_CORRUPT = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_DENIED = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}
_IOERR_SHMSIZE = 10 | (19 << 8)  # sqlite3.SQLITE_IOERR_SHMSIZE is only in Python 3.11.1 and later
_MISUSE = (sqlite3.ProgrammingError, sqlite3.InterfaceError, sqlite3.IntegrityError)


def described(path: Path | None) -> str:
    """The database's name in messages."""
    return "the database in memory" if path is None else f"the database {path}"


def corrupt(path: Path | None, what: str, *, kind: type[StoreError] = StoreError) -> StoreError:
    return kind(
        f"{described(path)} cannot be used: {what}. Restore a backup, or move the file and its "
        "-wal and -shm away; the monitor then starts again with an empty database",
        reason=StoreFault.CORRUPT,
        retryable=False,
    )


class ForeignFileError(StoreError):
    """The file is not, and never was, a database of this monitor."""


def unavailable(message: str, *, retryable: bool = False) -> StoreError:
    return StoreError(message, reason=StoreFault.UNAVAILABLE, retryable=retryable)


def read_only(path: Path | None) -> StoreError:
    return StoreError(
        f"{described(path)} cannot be written: the file, its -wal, -shm and .lock, and the folder "
        "that holds them must be writable for the user who runs this",
        reason=StoreFault.READ_ONLY,
        retryable=False,
    )


def full(path: Path | None) -> StoreError:
    return StoreError(
        f"no space is left for {described(path)}: nothing of this change was written; free some "
        "space, and the monitor goes on",
        reason=StoreFault.FULL,
        retryable=True,
    )


def from_sqlite(error: sqlite3.Error, path: Path | None) -> StoreError | None:
    """The fault that SQLite reports; None for wrong use of SQLite, which is our bug and keeps its
    traceback."""
    if isinstance(error, _MISUSE):
        return None
    code = getattr(error, "sqlite_errorcode", None)
    name = getattr(error, "sqlite_errorname", "unknown error")
    primary = None if code is None else code & 0xFF
    if primary in _LOCKED:
        return StoreError(
            f"{described(path)} is locked: another process has started a change and not finished "
            "it (a shell, a backup?)",
            reason=StoreFault.LOCKED,
            retryable=True,
        )
    if primary in _CORRUPT:
        return corrupt(path, str(error))
    if primary in _DENIED:
        return read_only(path)
    if primary == sqlite3.SQLITE_FULL or code == _IOERR_SHMSIZE:
        return full(path)
    if primary == sqlite3.SQLITE_IOERR:
        return unavailable(
            f"reading or writing {described(path)} failed ({name}): check the disk", retryable=True
        )
    if primary == sqlite3.SQLITE_CANTOPEN:
        return unavailable(
            f"{described(path)} cannot be opened: it and its folder must be there, readable and "
            "writable",
            retryable=True,
        )
    return unavailable(
        f"{described(path)} refused a statement: {error} ({name}); was it changed by hand?"
    )


def from_system(error: OSError, path: Path | None) -> StoreError:
    """The fault that the operating system reports for the database's files."""
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return read_only(path)
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return full(path)
    return unavailable(f"{described(path)} cannot be opened: {error.strerror or error}")


def translated(work: Callable[[], T], path: Path | None) -> T:
    """What `work` returns. Errors of SQLite and of the file system become `StoreError`."""
    try:
        return work()
    except OSError as error:
        raise from_system(error, path) from error
    except sqlite3.Error as error:
        fault = from_sqlite(error, path)
        if fault is None:
            raise
        raise fault from error
