"""Files that people write, and what else may stand in their place."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from monitor.errors import ConfigError
from monitor.yamlfile import text_file as textfile
from monitor.yamlfile.text_file import read_text

TEXT = "rules: []\n" * 20_000
"""More than a pipe holds at once."""


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    os.mkfifo(path)
    return path


@contextmanager
def _written(path: Path, text: str) -> Iterator[None]:
    """Another process writes to the pipe as soon as it is read."""
    writer = Thread(target=path.write_text, args=(text,))
    writer.start()
    try:
        yield
    finally:
        writer.join()


def test_a_pipe_is_read_to_its_end(fifo: Path) -> None:
    with _written(fifo, TEXT):
        assert read_text(fifo, what="the rules file") == TEXT


def test_what_a_shell_hands_over_as_a_pipe_is_read_when_its_writer_has_gone() -> None:
    reader, writer = os.pipe()
    try:
        os.write(writer, b"\xef\xbb\xbfrules: []\n")
        os.close(writer)
        assert read_text(Path(f"/dev/fd/{reader}"), what="the rules file") == "rules: []\n"
    finally:
        os.close(reader)


def test_a_pipe_without_a_writer_is_refused_instead_of_waited_for(
    fifo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(textfile, "WRITER_WITHIN_SECONDS", 0.0)
    with pytest.raises(
        ConfigError, match="cannot be read: it is a pipe, and nothing comes out of it"
    ):
        read_text(fifo, what="the rules file")


def test_a_pipe_whose_writer_says_nothing_is_refused(
    fifo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(textfile, "WRITER_WITHIN_SECONDS", 0.0)
    monkeypatch.setattr(textfile, "WRITTEN_WITHIN_SECONDS", 0.0)
    writer = os.open(fifo, os.O_RDWR)
    try:
        with pytest.raises(ConfigError, match="nothing comes out of it"):
            read_text(fifo, what="the rules file")
    finally:
        os.close(writer)


def test_a_pipe_that_never_ends_is_too_large(fifo: Path) -> None:
    with pytest.raises(ConfigError, match="is larger than 8 KiB"), _written(fifo, "x" * 9_000):
        read_text(fifo, what="the rules file", largest=8_192)
