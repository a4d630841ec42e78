"""`backup`: a copy of the database of a running or stopped monitor."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.arguments import AsJson
from monitor.cli.invocation import load_settings_of
from monitor.cli.tables.printing import print_json, print_line

if TYPE_CHECKING:
    from monitor.store import BackupProgress


def backup(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="Where the copy goes.", metavar="FILE")],
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Copy the database to FILE, whole and checked, while the monitor runs or not.

    To restore it, stop the monitor, remove the database with its -wal and -shm, put the copy in
    its place and start again.
    """
    from monitor.errors import MonitorError
    from monitor.store import back_up

    source = load_settings_of(ctx).settings.database_url.path
    if source is None:
        raise MonitorError(
            "this database is not an SQLite file: back it up with the tools of its own server"
        )
    with _progress() as progress:
        made = back_up(source, file, overwrite=force, progress=progress)
    if as_json:
        print_json({"file": str(made.path), "bytes": made.size, "schema": made.schema})
        return
    print_line(
        f"wrote {made.path} ({made.size:,} bytes, schema {made.schema}): complete and checked"
    )


@contextmanager
def _progress() -> "Iterator[BackupProgress]":
    """A progress bar on stderr, if that is a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    bar = Progress(
        console=Console(file=sys.stderr), transient=True, disable=not sys.stderr.isatty()
    )
    with bar:
        task = bar.add_task("copying", total=None)
        yield lambda done, pages: bar.update(task, completed=done, total=pages)
