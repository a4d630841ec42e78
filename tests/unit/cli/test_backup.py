"""`backup` as a user calls it."""

import json
from pathlib import Path

import pytest

from monitor.store.sqlite import database_schema as sqlite_schema
from tests.schemas.record import dump_of, restore
from tests.unit.cli.conftest import Invoke


@pytest.mark.usefixtures("filled")
def test_a_backup_says_where_it_is_and_that_it_was_checked(invoke: Invoke, folder: Path) -> None:
    done = invoke("backup", "copy.db")
    size = (folder / "copy.db").stat().st_size
    schema = len(sqlite_schema.migrations())
    assert (
        done.stdout
        == f"wrote {folder / 'copy.db'} ({size:,} bytes, schema {schema}): complete and checked\n"
    )
    assert (done.exit_code, done.stderr) == (0, "")


@pytest.mark.usefixtures("filled")
def test_a_backup_replaces_a_file_only_with_force(invoke: Invoke, folder: Path) -> None:
    assert invoke("backup", "copy.db").exit_code == 0
    again = invoke("backup", "copy.db")
    assert (again.exit_code, again.stdout) == (1, "")
    assert "already exists: name another file, or add --force to replace it" in again.stderr
    made = json.loads(invoke("backup", "copy.db", "--force", "--json").stdout)
    assert (made["file"], made["bytes"]) == (
        str(folder / "copy.db"),
        (folder / "copy.db").stat().st_size,
    )


@pytest.mark.usefixtures("filled")
def test_a_backup_can_be_read_by_every_command(
    invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = invoke("campaigns", "--all", "--json").stdout
    invoke("backup", "copy.db")
    monkeypatch.setenv("BSG_DATABASE_URL", "sqlite:///copy.db")
    assert invoke("campaigns", "--all", "--json").stdout == before


def test_a_database_that_was_not_upgraded_yet_can_be_backed_up_and_other_commands_say_why_not(
    invoke: Invoke, folder: Path
) -> None:
    restore(dump_of(1), folder / "bsg-monitor.db")
    assert ", schema 1)" in invoke("backup", "before-upgrade.db").stdout
    refused = invoke("campaigns")
    assert refused.exit_code == 1
    assert "restart `bsg-monitor run` with this version" in refused.stderr


def test_a_database_on_a_server_is_refused_in_words(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BSG_DATABASE_URL", "postgresql://monitor:s3cr3t@db/monitor")
    done = invoke("backup", "copy.db")
    assert done.exit_code == 2
    assert "PostgreSQL" in done.stderr
    assert "s3cr3t" not in done.stderr
