"""Changes of files as people, editors and Kubernetes make them."""

import os
from pathlib import Path

import pytest

from monitor.daemon.filewatch import FileWatch


def seen(watch: FileWatch) -> list[bool]:
    """Three looks."""
    return [watch.changed() for _ in range(3)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text("one")
    return path


def test_nothing_is_seen_while_nothing_changes(file: Path) -> None:
    assert seen(FileWatch([file, file.with_name("missing")])) == [False] * 3


def test_a_change_is_seen_at_the_second_look_and_until_it_is_noted(file: Path) -> None:
    watch = FileWatch([file])
    file.write_text("three")
    assert seen(watch) == [False, True, True]
    watch.note()
    assert seen(watch) == [False] * 3


def test_what_is_being_written_is_let_finish(file: Path) -> None:
    watch = FileWatch([file])
    for text in ("three", "three, ", "three, four"):
        file.write_text(text)
        assert not watch.changed()
    assert watch.changed()


def test_a_file_that_is_replaced_goes_or_comes_has_changed(file: Path) -> None:
    other = file.with_name("other")
    other.write_text("two")
    at = file.stat()
    os.utime(other, ns=(at.st_atime_ns, at.st_mtime_ns))
    watch = FileWatch([file])
    other.replace(file)  # same size and time, as `cp -p` and `mv` leave them
    assert seen(watch)[-1]
    watch.note()
    file.unlink()
    assert seen(watch)[-1]
    watch.note()
    file.write_text("two")
    assert seen(watch)[-1]


def test_a_change_and_back_again_is_none(file: Path) -> None:
    watch = FileWatch([file, file.with_name("missing")])
    file.with_name("missing").write_text("")
    assert not watch.changed()
    file.with_name("missing").unlink()
    assert seen(watch) == [False] * 3


def test_kubernetes_swaps_a_link_to_a_folder(tmp_path: Path) -> None:
    mounted = tmp_path / "etc"
    for version in ("..1", "..2"):
        (mounted / version).mkdir(parents=True)
        (mounted / version / "rules.yaml").write_text(version)
        os.utime(mounted / version / "rules.yaml", (0, 0))
    (mounted / "..data").symlink_to("..1")
    (mounted / "rules.yaml").symlink_to("..data/rules.yaml")
    watches = [FileWatch([mounted / "rules.yaml"]), FileWatch([mounted])]
    assert [seen(watch) for watch in watches] == [[False] * 3] * 2
    (mounted / "..data_tmp").symlink_to("..2")
    (mounted / "..data_tmp").rename(mounted / "..data")
    assert [seen(watch) for watch in watches] == [[False, True, True]] * 2


def test_in_a_folder_files_come_change_and_go(tmp_path: Path) -> None:
    watch = FileWatch([tmp_path])
    for change in (
        lambda: (tmp_path / "token").write_text("a"),
        lambda: (tmp_path / "token").write_text("bb"),
        (tmp_path / "token").unlink,
    ):
        change()
        assert seen(watch) == [False, True, True]
        watch.note()


def test_other_files_to_watch_hide_no_change_of_those_that_stay(file: Path, tmp_path: Path) -> None:
    watch = FileWatch([file])
    file.write_text("three")
    watch.use([file, tmp_path / "secret"])
    assert seen(watch)[-1]
    watch.note()
    (tmp_path / "secret").write_text("x")
    assert seen(watch)[-1]
    watch.note()
    watch.use([file])
    (tmp_path / "secret").write_text("yy")
    assert seen(watch) == [False] * 3
