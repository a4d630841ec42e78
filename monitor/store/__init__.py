"""The implementations of `ports.Store`.

`statements.py` and the `…_rows` and `…_codec` modules belong to every store, `sqlite/` to the
embedded one. Nothing outside this package knows a table or a column. The composition root chooses
the store.
"""

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
]
