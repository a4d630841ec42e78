"""The bar of what takes long: on a terminal alone, and only when it does."""

import sys

import pytest

from monitor.cli.terminal import progress
from tests.unit.cli.test_printing import Terminal


def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """What stderr is from now on. Called by the test itself: between a fixture and its test
    pytest puts its own stream back."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm-256color")
    return stream


def test_what_is_over_before_its_time_shows_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = terminal(monkeypatch)
    with progress("playing", after=1e9) as on_progress:
        on_progress(0.5)
    assert stream.text == ""


def test_a_bar_shows_its_name_as_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = terminal(monkeypatch)
    with progress("a [red]test[/red]") as on_progress:
        on_progress(0.5)
    assert "a [red]test[/red]" in stream.text


def test_without_a_terminal_there_is_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("playing") as on_progress:
        on_progress(0.5)
    assert capsys.readouterr().err == ""
