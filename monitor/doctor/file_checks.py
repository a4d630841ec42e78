"""Who may read and change the files of an installation, and how much disk space is left."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from monitor.doctor.finding import Finding, ok, problem, warning
from monitor.settings import LoadedSettings

LEAST_FREE = 100 * 1024 * 1024
"""In bytes: a day of a large account's history, and what the database needs to write at all."""

SUBJECT = "files"


def examine_files(loaded: LoadedSettings) -> list[Finding]:
    """Check every file that settings name. Loading the settings already warns of files with secrets
    that others can read."""
    settings = loaded.settings
    found: list[Finding] = []
    for what, path in (
        ("the rules file", settings.rules_file),
        ("the settings file", loaded.settings.config),
    ):
        if path is not None and path.is_file():
            found += _changeable(what, path)
    if loaded.settings.secrets_dir is not None and loaded.settings.secrets_dir.is_dir():
        found += _secrets(loaded.settings.secrets_dir)
    database = settings.database_url.path
    if database is not None and database.exists():
        found += _database_files(database)
    return found or [
        ok(
            SUBJECT,
            "other users can neither read secrets nor change settings, rules and database",
        )
    ]


def _changeable(what: str, path: Path) -> Iterator[Finding]:
    """A user who can write it decides who gets which message, and where secrets go."""
    for each, place in ((path, what), (path.resolve().parent, f"the folder of {what}")):
        mode = each.stat().st_mode
        if mode & stat.S_IWOTH and not (stat.S_ISDIR(mode) and mode & stat.S_ISVTX):
            yield problem(
                SUBJECT,
                f"every user of this machine can change {place} {each}",
                f"chmod o-w {each}",
            )


def _secrets(folder: Path) -> Iterator[Finding]:
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.name.startswith(".") and path.stat().st_mode & stat.S_IROTH:
            yield warning(
                SUBJECT,
                f"every user of this machine can read the secret {path}",
                f"chmod o-r {path}",
            )


def _database_files(database: Path) -> Iterator[Finding]:
    for path in (database, *(database.with_name(database.name + end) for end in ("-wal", "-shm"))):
        if path.exists() and (mode := stat.S_IMODE(path.stat().st_mode)) & 0o077:
            message = (
                f"other users may read {path} (mode {mode:04o}), which holds the names and figures "
                "of your campaigns"
            )
            yield warning(SUBJECT, message, f"chmod 600 {path}")
    owner, user = database.stat().st_uid, os.geteuid()
    if user not in (owner, 0):
        message = f"{database} belongs to another user (uid {owner}) than yours (uid {user})"
        yield warning(
            SUBJECT,
            message,
            "run doctor as the user that the monitor runs as",
        )


def examine_disk(database: Path) -> Finding:
    """Check the disk space where the database is."""
    folder = database.parent.resolve()
    room = shutil.disk_usage(folder)
    size = database.stat().st_size if database.exists() else 0
    free = f"{room.free / 2**20:,.0f} MiB free where the database is ({folder})"
    if os.statvfs(folder).f_files and not os.statvfs(folder).f_favail:
        return problem(
            "disk",
            f"no file can be created where the database is ({folder}): no inode is free",
            "remove files",
        )
    if room.free < LEAST_FREE / 10:
        return problem(
            "disk",
            free,
            "free some: without it the monitor can store nothing new, and sends no alerts",
        )
    if room.free < max(LEAST_FREE, size):
        return warning(
            "disk",
            free,
            "free some: a backup or an upgrade may need as much as the database has",
        )
    return ok("disk", free)
