"""The files of an embedded database: where they may be, who may read them, and the lock that lets
one daemon at a time use them.

File system errors are raised as `OSError`; the store translates them.
"""

import fcntl
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

import structlog

from monitor.errors import StoreError, StoreFault
from monitor.store.sqlite.sqlite_errors import ForeignFileError, corrupt, unavailable

APPLICATION_ID = 0x4253474D
"""`BSGM` in the file's header (`PRAGMA application_id`): this file is ours."""

_BESIDE = ("-wal", "-shm")
"""SQLite keeps these beside the database while it is open; the latest commits are only there."""

_MAGIC = b"SQLite format 3\0"
_APPLICATION_ID_AT = slice(68, 72)
PRIVATE = 0o600

log = structlog.get_logger()


def check_place(path: Path) -> None:
    """StoreError UNAVAILABLE unless `path` is, or can become, a file without another name."""
    if not path.parent.is_dir():
        raise unavailable(
            f"there is no folder {path.parent} for the database {path.name}: create it, or set "
            "BSG_DATABASE_URL"
        )
    if not path.exists():
        return
    if not path.is_file():
        raise unavailable(
            f"{path} is not a file: set BSG_DATABASE_URL to where the database may be kept"
        )
    _check_single(path)


def _check_single(path: Path) -> None:
    """SQLite keeps -wal, and a daemon its lock, beside the path that it was given. Another path to
    the same file has another -wal and another lock: two daemons would run, and a command would
    damage the database."""
    found = path.stat()
    if found.st_nlink > 1:
        raise unavailable(
            f"the database {path} has {found.st_nlink} names (hard links), and using it by two of "
            "them damages it: remove the others (`find / -xdev -inum "
            f"{found.st_ino}` lists them), or make them copies"
        )
    if found.st_dev != path.parent.stat().st_dev:
        raise unavailable(
            f"the database {path} is mounted as a single file, and what SQLite keeps beside it "
            "would be lost: mount its folder"
        )


def check_existing(path: Path) -> None:
    """StoreError unless there is a file at `path` that may be opened as a database of ours."""
    check_place(path)
    if not path.exists():
        raise unavailable(
            f"there is no database {path}: set BSG_DATABASE_URL to the one that `bsg-monitor run` "
            "uses"
        )
    check_header(path)


def create_private(path: Path) -> int:
    """A descriptor of the file. A missing file is created, with mode 0600 whatever the umask.

    SQLite gives its -wal and -shm files the mode of the database.
    """
    return _open_private(path)[0]


def _open_private(path: Path) -> tuple[int, bool]:
    """The descriptor, and whether the file was made."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
    except FileExistsError:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC), False
    os.fchmod(descriptor, PRIVATE)
    return descriptor, True


def prepare(path: Path) -> None:
    """Create the database file if it is missing; warn if other users can read an existing one."""
    os.close(create_private(path))
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        log.warning(
            "database_open_to_others", path=str(path), mode=f"{mode:04o}", expected=f"{PRIVATE:04o}"
        )


def check_header(path: Path) -> None:
    """StoreError CORRUPT when the file is not an SQLite database, UNAVAILABLE when it is another
    application's. It is only read.

    Another application's file must not even be opened with SQLite, which may merge its -wal file
    into it.
    """
    with path.open("rb") as file:
        header = file.read(100)
    if not header:
        return
    if not header.startswith(_MAGIC):
        raise corrupt(path, "the file is not an SQLite database", kind=ForeignFileError)
    owner = int.from_bytes(header[_APPLICATION_ID_AT], "big")
    if owner not in {0, APPLICATION_ID}:
        raise foreign(path)


Identity = Mapping[Path, tuple[int, int]]


def identity(path: Path) -> Identity:
    """Device and inode of the database and of the files that SQLite keeps beside it."""
    return {file: _inode(file) for file in (path, *(Path(f"{path}{suffix}") for suffix in _BESIDE))}


def check_unmoved(path: Path, opened: Identity) -> None:
    """StoreError UNAVAILABLE when the files are no longer those that were opened.

    SQLite silently goes on writing into deleted files, and after a restart everything is gone.
    """
    changed = [file for file, inode in opened.items() if _inode(file) != inode]
    if path in changed:
        raise unavailable(
            f"the database {path} was moved or deleted while in use: put it back if you can, and "
            "restart"
        )
    if changed:
        raise unavailable(
            f"{changed[0]} was moved or deleted while the database was in use: restart "
            "bsg-monitor, which saves what it holds"
        )


def _inode(file: Path) -> tuple[int, int]:
    """Device and inode; zeros if there is no file."""
    try:
        status = file.stat()
    except FileNotFoundError:
        return 0, 0
    return status.st_dev, status.st_ino


def foreign(path: Path) -> StoreError:
    """The error for a database that is not ours."""
    return ForeignFileError(
        f"{path} is another application's database: it was left as it is; set BSG_DATABASE_URL to "
        "another file",
        reason=StoreFault.UNAVAILABLE,
        retryable=False,
    )


class DaemonLock:
    """An exclusive lock on `<database>.lock`, held for as long as the process lives or until
    `release`.

    The file contains the holder's process id, for people. It is not removed afterwards: otherwise
    two daemons could lock two files.
    """

    def __init__(self, descriptor: int, path: Path, *, made: bool) -> None:
        self._descriptor: int | None = descriptor
        self._path = path
        self._made = made

    @classmethod
    def take(cls, path: Path) -> Self:
        """Lock the database at `path`. StoreError LOCKED when another daemon has it."""
        file = path.with_name(path.name + ".lock")
        descriptor, made = _open_private(file)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            if not isinstance(error, BlockingIOError):
                raise
            raise StoreError(
                f"another bsg-monitor (pid {holder}) already uses the database {path}: stop it, "
                "or set BSG_DATABASE_URL",
                reason=StoreFault.LOCKED,
                retryable=False,
            ) from error
        with suppress(OSError):  # a full disk: the lock holds without the number
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        return cls(descriptor, file, made=made)

    def withdraw(self) -> None:
        """Release it, and remove its file if `take` created it: for a file that is not a database
        of ours."""
        if self._descriptor is not None and self._made:
            with suppress(OSError):
                self._path.unlink()
        self.release()

    def release(self) -> None:
        """Let another daemon take it. Calling it again does nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
