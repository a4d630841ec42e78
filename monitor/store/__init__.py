"""What survives a crash: the implementations of `ports.Store`.

`statements.py` and `rows.py` belong to every store; what begins with `sqlite` to the embedded
one. Nothing outside this package knows a table or a column. Choosing a store is the composition
root's business.
"""

from pathlib import Path

from monitor.ports import Store
from monitor.store.sqlite.copying import Backup, BackupError, BackupProgress, back_up
from monitor.store.sqlite.inspection import Inspection, check_writable, inspect
from monitor.store.sqlite.sqlite_store import SqliteStore

__all__ = [
    "Backup",
    "BackupError",
    "BackupProgress",
    "Inspection",
    "SqliteStore",
    "back_up",
    "check_writable",
    "inspect",
    "sqlite_store",
]


def sqlite_store(path: Path | None, *, daemon: bool = True, read_only: bool = False) -> Store:
    """A store in the SQLite file `path`, or one in memory that leaves nothing behind (None). See
    `SqliteStore`."""
    return SqliteStore(path, daemon=daemon, read_only=read_only)
