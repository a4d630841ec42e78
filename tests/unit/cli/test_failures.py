"""How commands fail: words on stderr, an exit code, and no traceback for what a user can cause."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from monitor.cli.failures import MonitorGroup, report_problems
from monitor.errors import ConfigError, MonitorError, Place, Problem, StoreError, StoreFault
from monitor.logs import mask

Captured = pytest.CaptureFixture[str]


def failing(error: BaseException) -> Result:
    app = typer.Typer(cls=MonitorGroup, rich_markup_mode=None, pretty_exceptions_enable=False)

    @app.command()
    def fail() -> None:
        raise error

    @app.callback()
    def root() -> None: ...

    return CliRunner().invoke(app, ["fail"])


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (MonitorError("the port is in use"), 1, "error: the port is in use\n"),
        (StoreError("the disk is full", reason=StoreFault.FULL, retryable=True), 1, "error: the disk is full\n"),
        (ConfigError([Problem("wrong"), Problem("worse", hint="mend it")]), 2, "error: wrong\nerror: worse (mend it)\n"),
        (KeyboardInterrupt(), 130, ""),
        (BrokenPipeError(), 141, ""),
        (typer.Exit(3), 3, ""),
    ],
)
def test_each_failure_has_its_words_and_its_exit_code(error: BaseException, code: int, said: str) -> None:
    done = failing(error)
    assert (done.exit_code, done.stderr, done.stdout) == (code, said, "")


def test_a_bug_says_that_it_is_one_and_shows_its_traceback_without_secrets() -> None:
    mask("hunter2hunter2")
    done = failing(ZeroDivisionError("hunter2hunter2 \x1b[2J"))
    assert done.exit_code == 70
    assert done.stderr.startswith("error: this is a bug in bsg-monitor ")
    assert "Traceback (most recent call last):\n" in done.stderr
    assert "ZeroDivisionError: *** \\x1b[2J" in done.stderr


def test_wrong_use_is_typers_to_tell() -> None:
    done = failing(typer.BadParameter("no such thing"))
    assert done.exit_code == 2
    assert "no such thing" in done.stderr


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(
        "rules:\n"
        "  - alert: Late\n"
        "\twhen: sennt > 10 and 名前 == 1 and x > 2\n"
        "receivers:\n"
        "  - slack: {url: hooks, foo: 1}\n"
        "  - webhook:\n"
        "      secret:\n"
        "        hunter2\n"
        f"  - note: {'é' * 200} end\n"
    )
    return path


def shown(capsys: Captured, path: Path, line: int | None, column: int | None = None) -> list[str]:
    report_problems([Problem("wrong", Place(str(path), line, column))])
    head, *rest = capsys.readouterr().err.splitlines()
    assert head.endswith(": wrong")
    return rest


def test_the_line_is_shown_with_a_caret_under_the_column(capsys: Captured, rules: Path) -> None:
    assert shown(capsys, rules, 3, 8) == ["   when: sennt > 10 and 名前 == 1 and x > 2", "         ^"]
    assert shown(capsys, rules, 2) == ["    - alert: Late"]


def test_the_caret_stands_right_beyond_wide_characters(capsys: Captured, rules: Path) -> None:
    line, caret = shown(capsys, rules, 3, 37)
    assert line[len("   when: sennt > 10 and 名前 == 1 and ") - 2 + 2] == "x"
    assert caret == " " * (2 + 36 + 2) + "^"  # indent, columns before it, two characters that are twice as wide


@pytest.mark.parametrize("line", [5, 7, 8])
def test_a_line_that_may_hold_a_secret_is_not_shown(capsys: Captured, rules: Path, line: int) -> None:
    assert shown(capsys, rules, line, 3) == []


def test_a_long_line_is_shown_around_the_column(capsys: Captured, rules: Path) -> None:
    line, caret = shown(capsys, rules, 9, 212)
    assert len(line) <= 122
    assert line[caret.index("^")] == "e"


@pytest.mark.parametrize(("name", "line"), [("gone.yaml", 1), ("rules.yaml", 99), ("rules.yaml", 0), (".env", 1)])
def test_what_cannot_be_shown_is_not(capsys: Captured, rules: Path, name: str, line: int) -> None:
    (rules.parent / ".env").write_text("BSG_API_KEY=live_abcdef0123\n")
    assert shown(capsys, rules.parent / name, line, 1) == []


@given(
    st.text(st.characters(exclude_characters="\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029", codec="utf-8"), max_size=300),
    st.integers(1, 400),
)
def test_any_line_and_column_can_be_shown(tmp_path_factory: pytest.TempPathFactory, text: str, column: int) -> None:
    path = tmp_path_factory.mktemp("rules") / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    report_problems([Problem("wrong", Place(str(path), 1, column))])


@pytest.mark.slow
def test_a_reader_that_goes_away_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "monitor", "fields"], stdout=closed, stderr=subprocess.PIPE, timeout=60, check=False
        )
    assert (done.returncode, done.stderr) == (141, b"")
