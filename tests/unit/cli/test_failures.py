"""How commands fail: words on stderr, an exit code, and no traceback for what a user can cause."""

import os
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner, Result

from monitor.cli.failures import MonitorGroup, report_problems
from monitor.errors import (
    ConfigError,
    Excerpt,
    MonitorError,
    Place,
    Problem,
    StoreError,
    StoreFault,
)
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
        (
            StoreError("the disk is full", reason=StoreFault.FULL, retryable=True),
            1,
            "error: the disk is full\n",
        ),
        (
            ConfigError([Problem("wrong"), Problem("worse", hint="mend it")]),
            2,
            "error: wrong\nerror: worse (mend it)\n",
        ),
        (KeyboardInterrupt(), 130, ""),
        (BrokenPipeError(), 141, ""),
        (typer.Exit(3), 3, ""),
    ],
)
def test_each_failure_has_its_words_and_its_exit_code(
    error: BaseException, code: int, said: str
) -> None:
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


def shown(capsys: Captured, problem: Problem) -> list[str]:
    report_problems([problem])
    return capsys.readouterr().err.splitlines()


def test_a_problem_with_a_line_begins_with_its_place_and_shows_it(capsys: Captured) -> None:
    place = Place("rules.yaml", 3, 11, 16)
    problem = Problem("wrong", place, "mend it", Excerpt.of("    when: sennt > 10", place))
    assert shown(capsys, problem) == [
        "rules.yaml:3:11: error: wrong (mend it)",
        "      when: sennt > 10",
        "            ^^^^^",
    ]


def test_a_problem_without_a_line_begins_with_what_it_is(capsys: Captured) -> None:
    assert shown(capsys, Problem("wrong")) == ["error: wrong"]
    assert shown(capsys, Problem("wrong", Place("BSG_LISTEN"))) == ["error: BSG_LISTEN: wrong"]
    assert shown(capsys, Problem("wrong", Place("rules.yaml", 3))) == ["rules.yaml:3: error: wrong"]


def test_a_line_that_looks_like_a_secret_is_not_shown(capsys: Captured) -> None:
    mask("hunter2hunter2")
    for line in (
        "when: hunter2hunter2",
        "url: https://user:pw@example.org",
        "key: live_0123456789abcdef",
    ):
        place = Place("rules.yaml", 1, 1)
        assert shown(capsys, Problem("wrong", place, None, Excerpt.of(line, place))) == [
            "rules.yaml:1:1: error: wrong"
        ]


@pytest.mark.slow
def test_a_reader_that_goes_away_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "monitor", "fields"],
            stdout=closed,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stderr) == (141, b"")
