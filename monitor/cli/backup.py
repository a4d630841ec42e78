"""`backup`: a copy of the database of a running or stopped monitor."""

from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.arguments import AsJson
from monitor.cli.invocation import load_settings_of
from monitor.cli.tables.printing import print_json, print_line
from monitor.cli.terminal import progress


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
    with progress("copying") as tell:
        made = back_up(
            source, file, overwrite=force, progress=lambda done, pages: tell(done / max(pages, 1))
        )
    if as_json:
        print_json({"file": str(made.path), "bytes": made.size, "schema": made.schema})
        return
    print_line(
        f"wrote {made.path} ({made.size:,} bytes, schema {made.schema}): complete and checked"
    )
