"""Logs: one line per event, no secret in any form, and no character that plays tricks on who
reads them."""

import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from time import process_time
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from monitor import logs
from monitor.domain.safetext.shown_text import visible, without_controls
from monitor.logs import LONGEST, configure_logs, mask, masked

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def no_secrets_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_SECRETS", type(logs._SECRETS)())


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()


def fail(text: str, local: str = "") -> None:
    raise ValueError(f"{text} {len(local)}")


def lines(captured: Captured) -> list[dict[str, Any]]:
    out, err = captured.readouterr()
    assert out == ""
    return [json.loads(line) for line in err.splitlines()]


def test_an_event_is_one_line_of_json_with_time_level_and_name(capsys: Captured) -> None:
    configure_logs("info", "json")
    structlog.get_logger().warning(
        "sweep_incomplete", account="default", pages=7, ratio=0.5, nothing=None
    )
    (event,) = lines(capsys)
    assert list(event)[:3] == ["ts", "level", "event"]
    assert event.pop("ts").endswith("Z")
    assert event == {
        "level": "warning", "event": "sweep_incomplete", "account": "default", "pages": 7, "ratio": 0.5, "nothing": None
    }  # fmt: skip


def test_auto_is_json_where_stderr_is_no_terminal(capsys: Captured) -> None:
    configure_logs("info", "auto")
    structlog.get_logger().info("started")
    assert [event["event"] for event in lines(capsys)] == ["started"]


def test_console_is_for_people(capsys: Captured) -> None:
    configure_logs("info", "console")
    structlog.get_logger().info("started", port=9780)
    err = capsys.readouterr().err
    assert "started" in err
    assert "port=9780" in err
    assert not err.startswith("{")


def test_the_level_holds_for_us_and_for_libraries(capsys: Captured) -> None:
    configure_logs("warning", "json")
    structlog.get_logger().info("unheard")
    logging.getLogger("some.library").info("unheard")
    logging.getLogger("some.library").warning("heard %d", 1)
    (event,) = lines(capsys)
    assert (event["event"], event["logger"], event["level"]) == (
        "heard 1",
        "some.library",
        "warning",
    )


def test_configuring_again_replaces_and_does_not_double(capsys: Captured) -> None:
    log = structlog.get_logger()
    configure_logs("error", "json")
    log.info("unheard")
    configure_logs("info", "json")
    log.info("heard")
    assert [event["event"] for event in lines(capsys)] == ["heard"]


@pytest.mark.parametrize(("level", "format_"), [("loud", "json"), ("info", "xml")])
def test_an_unknown_level_or_format_is_refused(level: str, format_: str) -> None:
    with pytest.raises(ValueError, match=r"loud|xml"):
        configure_logs(level, format_)


def test_a_known_secret_is_masked_in_values_nested_values_and_tracebacks(capsys: Captured) -> None:
    configure_logs("info", "json")
    mask("hunter2/ünique")
    log = structlog.get_logger()
    log.info(
        "told",
        url="http://x/hunter2%2F%C3%BCnique",
        parts=["a", {"k": ("hunter2/ünique",)}],
        error=ValueError("hunter2/ünique"),
    )
    try:
        fail("refused hunter2/ünique")
    except ValueError:
        log.exception("loop_failed")
    logging.getLogger("aiohttp.server").error("failed with %r", "hunter2/ünique")
    err = capsys.readouterr().err
    assert "hunter2" not in err
    assert err.count("\n") == 3
    assert "refused ***" in err


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer ***"),
        ("authorization: basic dXNlcjpwYXNz", "authorization: basic ***"),
        ("key live_0a1B2c3D4e5F refused", "key *** refused"),
        ("key test_0a1B2c3D4e5F refused", "key *** refused"),
        ("test_notification_sent", "test_notification_sent"),
        ("https://bob:pw@example.org/x", "https://***@example.org/x"),
        ("postgresql://u:p%40ss@db:5432/bsg", "postgresql://***@db:5432/bsg"),
        ("GET https://example.org/a?token=1&b=2 failed", "GET https://example.org/a?*** failed"),
        ("eyJhbGciOi.eyJpc3MiOi.c2ln", "***"),
        ("https://hooks.slack.com/services/T0/B0/xyz", "https://hooks.slack.com/***"),
        ("Bearer abcdefgh", "Bearer ***"),
        ("bearer 0123abcd", "bearer ***"),
        (
            "set it to a bearer token, or a bearer token.",
            "set it to a bearer token, or a bearer token.",
        ),
        ("Basic authentication is refused", "Basic authentication is refused"),
        ("what? nothing", "what? nothing"),
    ],
)
def test_what_looks_like_a_secret_is_masked_without_being_registered(
    text: str, expected: str
) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x.eyJhbGci.eyJpc3Mi.c2ln.y", "x.***.y"),
        ("token-eyJhbGci.eyJpc3Mi", "token-***"),
        ("eyJhbGci", "eyJhbGci"),
        ("1://u:p@h/a?b", "1://***@h/a?***"),
        ("https://a.example/?", "https://a.example/?"),
        ("test_case-without_digits", "test_case-without_digits"),
        ("a://b/c://d?e f", "a://b/c://d?*** f"),
    ],
)
def test_what_a_stretch_holds_is_masked_wherever_it_stands_in_it(text: str, expected: str) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize("seed", ["a", "eyJ-", "test_-", "a://", "Bearer ", "\x1b", "=", "eyJa."])
def test_masking_does_not_go_over_the_same_characters_again_and_again(seed: str) -> None:
    """It takes some 10 ms of the processor's time; with patterns that rescan, from 2 to 20
    seconds."""
    text = (seed * LONGEST)[:LONGEST]
    begun = process_time()
    visible(masked(text))
    assert process_time() - begun < 1


def test_a_text_that_is_too_long_to_log_is_cut_behind_its_masked_secrets() -> None:
    mask("secret with spaces 4711")
    text = masked("a" * (LONGEST - 10) + "secret with spaces 4711" + "b" * 1_000_000)
    assert text.startswith("a" * (LONGEST - 10) + "***")
    assert text.endswith("… (1,065,549 characters)")
    assert len(text) < LONGEST + 50


def test_a_text_that_is_too_short_is_not_masked() -> None:
    mask("abc")
    mask("")
    assert masked("abcdef") == "abcdef"


def test_the_longer_of_two_secrets_is_masked_whole() -> None:
    mask("overlap-secret")
    mask("overlap-secret-longer")
    assert masked("overlap-secret-longer!") == "***!"


def test_control_and_bidirectional_characters_are_written_as_escapes(capsys: Captured) -> None:
    configure_logs("info", "console")
    structlog.get_logger().info("seen", name="a\x1b[31mred\r\n\u202egnp.exe\u2069\x9b")
    err = capsys.readouterr().err
    assert "a\\x1b[31mred\\r\\n\\u202egnp.exe\\u2069\\x9b" in err
    assert "\x1b[31m" not in err


def test_a_traceback_keeps_its_lines_and_nothing_else(capsys: Captured) -> None:
    configure_logs("info", "console")
    try:
        fail("evil \x1b[2J")
    except ValueError:
        structlog.get_logger().exception("loop_failed")
    err = capsys.readouterr().err
    assert "\nTraceback (most recent call last):\n" in err
    assert "\x1b[2J" not in err


def test_the_values_of_variables_are_in_no_traceback(capsys: Captured) -> None:
    configure_logs("info", "console")
    try:
        fail("shown", "in" + "visible".lower())
    except ValueError:
        structlog.get_logger().exception("loop_failed")
    assert "invisible" not in capsys.readouterr().err


@pytest.mark.parametrize("value", [float("nan"), float("inf"), b"\xff", object, {1: {2}}])
def test_any_value_makes_valid_json(value: object, capsys: Captured) -> None:
    configure_logs("info", "json")
    structlog.get_logger().info("odd", value=value)
    capsys_line = capsys.readouterr().err
    json.loads(capsys_line, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


@given(st.text())
def test_what_is_visible_has_no_control_characters_left(text: str) -> None:
    for safe in (visible(text), without_controls(text)):
        assert not any(
            ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or c in "\u202a\u202e\u2066\u2069\u200f"
            for c in safe
        )
        safe.encode()


def test_a_stderr_that_cannot_be_written_to_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

        def flush(self) -> None:
            raise OSError(28, "No space left on device")

        def isatty(self) -> bool:
            return False

    configure_logs("info", "json")
    monkeypatch.setattr(sys, "stderr", Full())
    structlog.get_logger().error("lost")


@contextmanager
def journal(path: Path) -> Iterator[None]:
    """Stderr goes to a file that the environment calls the journal."""
    with (
        path.open("w") as stream,
        redirect_stderr(stream),
        pytest.MonkeyPatch.context() as environment,
    ):
        found = os.fstat(stream.fileno())
        environment.setenv("JOURNAL_STREAM", f"{found.st_dev}:{found.st_ino}")
        yield


def test_in_the_journal_each_line_says_its_priority(tmp_path: Path) -> None:
    with journal(tmp_path / "journal"):
        configure_logs("debug", "json")
        for level in ("debug", "info", "warning", "error", "critical"):
            getattr(structlog.get_logger(), level)("said")
        logging.getLogger("other").error("else")
    written = [
        (line[:3], json.loads(line[3:])["level"])
        for line in (tmp_path / "journal").read_text().splitlines()
    ]
    assert written == [
        ("<7>", "debug"), ("<6>", "info"), ("<4>", "warning"), ("<3>", "error"), ("<2>", "critical"), ("<3>", "error")
    ]  # fmt: skip


def test_in_the_journal_every_line_of_a_traceback_has_the_priority(tmp_path: Path) -> None:
    with journal(tmp_path / "journal"):
        configure_logs("info", "console")
        try:
            fail("it broke")
        except ValueError:
            structlog.get_logger().exception("failed")
    written = (tmp_path / "journal").read_text().splitlines()
    assert len(written) > 3
    assert {line[:3] for line in written} == {"<3>"}


def test_a_stream_that_is_not_the_journal_has_no_priorities(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "JOURNAL_STREAM", "8:12345"
    )  # inherited from the process that started us, and redirected since
    configure_logs("info", "json")
    structlog.get_logger().info("started")
    assert [event["event"] for event in lines(capsys)] == ["started"]
