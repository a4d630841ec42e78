"""Who may read and change an installation's files."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from monitor.doctor.file_checks import examine_disk, examine_files
from monitor.doctor.finding import Finding, Level
from monitor.settings import LoadedSettings, load_settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules.yaml").write_text("rules: []\n")
    (tmp_path / "bsg-monitor.db").touch(mode=0o600)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "bsg_api_key").touch(mode=0o400)
    (tmp_path / "secrets" / "..data").touch(mode=0o644)
    return tmp_path


def loaded(folder: Path, **more: str) -> LoadedSettings:
    return load_settings(
        environ={"BSG_SECRETS_DIR": "secrets", **more}, directory=folder, need_account=False
    )


def examined(folder: Path) -> list[Finding]:
    return examine_files(loaded(folder))


def test_nothing_is_wrong_with_files_that_are_kept_as_they_should(folder: Path) -> None:
    (finding,) = examined(folder)
    assert finding.level is Level.OK


@pytest.mark.parametrize(
    ("change", "level", "message"),
    [
        (
            lambda f: (f / "rules.yaml").chmod(0o666),
            Level.PROBLEM,
            "every user of this machine can change the rules file",
        ),
        (
            lambda f: f.chmod(0o777),
            Level.PROBLEM,
            "every user of this machine can change the folder of the rules file",
        ),
        (lambda f: (f / "bsg-monitor.db").chmod(0o640), Level.WARNING, "other users may read"),
        (
            lambda f: (f / "bsg-monitor.db-wal").touch(mode=0o644),
            Level.WARNING,
            "bsg-monitor.db-wal (mode 0644)",
        ),
        (
            lambda f: (f / "secrets" / "bsg_api_key").chmod(0o444),
            Level.WARNING,
            "can read the secret",
        ),
    ],
)
def test_a_file_that_is_open_to_others_is_told_with_what_closes_it(
    folder: Path, change: Callable[[Path], None], level: Level, message: str
) -> None:
    before = os.umask(0o022)
    change(folder)
    os.umask(before)
    (finding,) = examined(folder)
    assert finding.level is level
    assert message in finding.message
    assert finding.advice is not None
    assert finding.advice.startswith("chmod ")


def test_a_folder_that_all_users_share_is_fine_where_none_can_take_anothers_files(
    folder: Path,
) -> None:
    folder.chmod(0o1777)
    (finding,) = examined(folder)
    assert finding.level is Level.OK


def test_the_settings_file_is_looked_at_too(folder: Path) -> None:
    (folder / "settings.yaml").write_text("poll_interval: 30s\n")
    (folder / "settings.yaml").chmod(0o646)
    (finding,) = examine_files(loaded(folder, BSG_CONFIG="settings.yaml"))
    assert "can change the settings file" in finding.message


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_database_of_another_user_is_told_to_who_is_not_root(folder: Path) -> None:
    os.chown(folder / "bsg-monitor.db", 12345, -1)
    assert [each.level for each in examined(folder)] == [Level.OK]
    for reached in (folder, *folder.parents):
        if reached.stat().st_mode & 0o005 != 0o005:
            reached.chmod(0o755)
    os.chown(folder / "secrets" / "bsg_api_key", 65534, -1)
    os.seteuid(65534)
    try:
        (finding,) = examined(folder)
    finally:
        os.seteuid(0)
    assert (finding.level, "belongs to another user (uid 12345)" in finding.message) == (
        Level.WARNING,
        True,
    )


@pytest.mark.parametrize(
    ("free", "level"), [(2**33, Level.OK), (50 * 2**20, Level.WARNING), (2**20, Level.PROBLEM)]
)
def test_room_is_looked_at_where_the_database_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: Level
) -> None:
    asked: list[Path] = []
    monkeypatch.setattr(
        shutil, "disk_usage", lambda path: asked.append(path) or SimpleNamespace(free=free)
    )
    assert examine_disk(folder / "bsg-monitor.db").level is level
    assert asked == [folder]


def test_a_database_larger_than_what_is_free_is_doubtful(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.truncate(folder / "bsg-monitor.db", 2**30)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=2**29))
    assert examine_disk(folder / "bsg-monitor.db").level is Level.WARNING
