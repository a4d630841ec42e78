"""Tables for people, tab-separated lines for pipes, JSON for programs."""

import io
import json
import re
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.cli.tables.printing import identifier, plain, print_json, readable, share
from monitor.cli.tables.record_table import Column, print_records

Captured = pytest.CaptureFixture[str]
AT = datetime(2026, 3, 2, 9, 0, 5, tzinfo=UTC)
COLUMNS = (
    Column("Id", "id", identifier, right=True),
    Column("Account", "account", dull=True),
    Column("Since", "since", spare=1),
    Column("Until", "until", spare=2),
    Column("Ratio", "ratio", share, right=True, style=lambda _: "red"),
    Column("Name", "name", text=True),
)


def record(
    name: str = "Sale", account: str = "default", until: datetime | None = None
) -> dict[str, object]:
    return {
        "id": 1234567,
        "account": account,
        "since": AT,
        "until": until,
        "ratio": 0.84,
        "name": name,
        "hidden": None,
    }


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True

    @property
    def text(self) -> str:
        """What is read on it, without colours."""
        return re.sub(r"\x1b\[[0-9;]*m", "", self.getvalue())


Show = Callable[..., Terminal]


@pytest.fixture
def on_terminal(monkeypatch: pytest.MonkeyPatch) -> Show:
    """Prints records on a terminal of 100 columns."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)

    def show(*records: dict[str, object], **options: str) -> Terminal:
        with redirect_stdout(Terminal()) as stream:
            print_records(records, COLUMNS, **options)
        return stream

    return show


@pytest.mark.parametrize(
    ("value", "piped", "seen"),
    [
        (None, "", "–"),
        ("", "", "–"),
        (True, "yes", "yes"),
        (1234567, "1234567", "1,234,567"),
        (0.84, "0.84", "0.84"),
        (AT, "2026-03-02T09:00:05Z", "2026-03-02 09:00"),
        (["a", None, 1], "a,,1", "a,,1"),
        ({"k": "v\t\n"}, "k=v ", "k=v "),
        ("a\x1b[0m\tb\u202e", "a[0m b", "a[0m b"),
    ],
)
def test_values_are_written_for_programs_and_for_people(
    value: object, piped: str, seen: str
) -> None:
    assert plain(value) == piped
    assert readable(value) == seen


def test_a_pipe_gets_a_line_of_keys_and_a_line_for_each_record(capsys: Captured) -> None:
    print_records([record()], COLUMNS)
    assert capsys.readouterr().out == (
        "id\taccount\tsince\tuntil\tratio\tname\n1234567\tdefault\t2026-03-02T09:00:05Z\t\t0.84\tSale\n"
    )


def test_json_has_every_key(capsys: Captured) -> None:
    print_records([record("Größe \x1b")], COLUMNS, as_json=True)
    out = capsys.readouterr().out
    assert out.isascii()
    assert json.loads(out) == [{**record("Größe \x1b"), "since": "2026-03-02T09:00:05Z"}]


def test_json_refuses_what_is_no_json() -> None:
    with pytest.raises(ValueError, match="JSON"):
        print_json({"x": float("nan")})


def test_a_terminal_gets_a_table_without_what_all_rows_agree_on(on_terminal: Show) -> None:
    text = on_terminal(record(), record("Other")).text
    assert "1234567" in text
    assert "84.0 %" in text
    assert "Account" not in text
    assert "Account" in on_terminal(record(), record(account="shop")).text


def test_a_spare_column_without_a_value_is_left_out(on_terminal: Show) -> None:
    assert "Until" not in on_terminal(record()).text
    assert "Until" in on_terminal(record(), record(until=AT)).text


@pytest.mark.parametrize(
    ("width", "titles"),
    [
        (120, ["Id", "Since", "Until", "Ratio", "Name"]),
        (60, ["Id", "Since", "Ratio", "Name"]),
        (40, ["Id", "Ratio", "Name"]),
    ],
)
def test_a_narrow_terminal_gets_fewer_columns_and_cuts_none_of_the_others(
    on_terminal: Show, monkeypatch: pytest.MonkeyPatch, width: int, titles: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    text = on_terminal(record("A name that is as long as any", until=AT), record(until=AT)).text
    lines = text.splitlines()
    assert max(map(len, lines)) <= width
    assert next(line for line in lines if "Id" in line).split() == titles
    assert all(
        value in text
        for value in ("1234567", "84.0 %", *(["2026-03-02 09:00"] if "Since" in titles else []))
    )


def test_markup_and_emoji_in_a_name_are_shown_as_they_are(on_terminal: Show) -> None:
    name = "[bold red]x[/] :smile: [link=https://evil.test]y[/link]"
    shown = on_terminal(record(name))
    assert name in shown.text
    assert "\x1b]8" not in shown.getvalue()


def test_a_name_cannot_move_the_cursor_of_a_terminal(on_terminal: Show) -> None:
    text = on_terminal(record("a\x1b]0;owned\x07b\x9b2Jc\r\u2066")).text
    assert "a]0;ownedb2Jc" in text
    assert not any(character in text for character in "\x1b\x07\x9b\r\u2066")


def test_no_color_is_honoured(on_terminal: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[31m" in on_terminal(record()).getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[31m" not in on_terminal(record()).getvalue()


def test_an_empty_table_says_so_beside_the_data(on_terminal: Show, capsys: Captured) -> None:
    assert on_terminal(empty="nothing there", more="3 more").text == ""
    assert capsys.readouterr().err == "nothing there\n3 more; --limit 0 shows all\n"


@given(st.text())
def test_any_text_is_one_field_of_one_line(text: str) -> None:
    for shown in (plain(text), readable(text)):
        assert len(shown.splitlines()) <= 1
        assert "\t" not in shown
        shown.encode()
