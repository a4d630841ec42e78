"""Every decoder of the provider's answers, fuzzed: whatever it is given, it raises nothing but
its own error."""

import base64
import json
import math
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.domain.campaign.feed import RejectReason
from monitor.net import retry_after, seconds_of_date
from monitor.provider.answer_errors import error_of_status
from monitor.provider.campaign_detail import read_detail
from monitor.provider.lenient_values import amount, count
from monitor.provider.naive_times import LocalTimes
from monitor.provider.row import RowDecoder, RowError, row_id
from monitor.provider.token import expiry_of, life_of
from monitor.provider.wire import (
    BodyError,
    failure_text,
    read_balance,
    read_bearer,
    read_page,
    read_single,
)
from tests.clock import START
from tests.unit.provider.scripted import jwt, page, row
from tests.unit.provider.test_detail import DOCUMENTED

HUGE = "9" * 309
"""More than a float can hold."""

DIGITS = st.builds(
    lambda sign, digit, length, rest: sign + digit * length + rest,
    st.sampled_from(["", "-", "+", " ", "0"]),
    st.sampled_from(["1", "9", "0", "\u0663", "\uff13", "\u00b2"]),
    st.sampled_from([1, 2, 18, 19, 20, 40, 101, 308, 309, 4300, 4301]),
    st.sampled_from(["", ".0", ".5", "e5", "E400", "e-400", "_000", "\n", ".", "e", "\0"]),
)
TIMES = st.builds(
    "{}-{}-{}{}{}:{}:{}{}".format,
    st.sampled_from(
        ["0000", "0001", "1969", "1970", "2026", "2100", "2101", "9999", "99999", "２０２６"]
    ),
    st.sampled_from(["00", "01", "02", "12", "13"]),
    st.sampled_from(["00", "01", "29", "31", "32"]),
    st.sampled_from([" ", "T", "t", "  "]),
    st.sampled_from(["00", "02", "23", "24", "25"]),
    st.sampled_from(["00", "30", "59", "60"]),
    st.sampled_from(["00", "59", "60", "61", "30.123456789", "30,5"]),
    st.sampled_from(["", "Z", "z", "+00:00", "-23:59", "+24:00", "+99:99", "-0000", " UTC"]),
)
SCALARS = (
    DIGITS.map(json.dumps)
    | DIGITS.filter(lambda text: text.isascii())  # as a number; some are none, as JSON has it
    | TIMES.map(json.dumps)
    | st.text(max_size=8).map(json.dumps)
    | st.sampled_from(
        [
            "null",
            "true",
            "[]",
            "{}",
            '""',
            "NaN",
            "Infinity",
            "-0",
            "1e308",
            "[[]]",
            '"\\ud800"',
            "[" * 3000,
        ]
    )
)
"""Values as they stand in JSON text; most are legal."""


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where in an answer a value can be replaced."""
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [path, *(each for key, child in inner for each in places(child, (*path, key)))]


def spoilt(answer: Any) -> st.SearchStrategy[bytes]:
    """The answer with up to three of its values replaced."""

    def replaced(changes: list[tuple[tuple[Any, ...], str]]) -> bytes:
        whole: Any = {"": deepcopy(answer)}
        for number, (path, _) in enumerate(changes):
            target, keys = whole, ("", *path)
            try:
                for key in keys[:-1]:
                    target = target[key]
                target[keys[-1]] = f"<{number}>"
            except (TypeError, KeyError, IndexError):
                continue  # inside something that is replaced already
        text = json.dumps(whole[""])
        for number, (_, written) in enumerate(changes):
            text = text.replace(f'"<{number}>"', written)
        return text.encode("utf-8", "surrogatepass")

    return st.lists(
        st.tuples(st.sampled_from(places(answer)), SCALARS), min_size=1, max_size=3
    ).map(replaced)


def mutated(answer: Any) -> st.SearchStrategy[bytes]:
    """The answer's bytes with some of them replaced, doubled or gone."""
    body = json.dumps(answer).encode()
    cuts = st.tuples(st.integers(0, len(body)), st.integers(0, 12), st.binary(max_size=6))

    def changed(edits: list[tuple[int, int, bytes]]) -> bytes:
        result = body
        for at, length, put in edits:
            result = result[:at] + put + result[at + length :]
        return result

    return st.lists(cuts, min_size=1, max_size=3).map(changed)


def attempt(read: Callable[[], object], error: type[Exception]) -> None:
    try:
        read()
    except error as caught:
        str(caught).encode()


LIST = page(row(1), row(2, statistics=[{"sent": 5, "delivered": "4"}]), total=2)


@given(spoilt(LIST) | mutated(LIST))
@example(json.dumps(page(row(1), total=1)).replace('"total": 1', f'"total": "{HUGE}"').encode())
def test_a_list_is_read_or_refused_and_so_is_each_of_its_rows(body: bytes) -> None:
    try:
        rows = read_page(body).rows
    except BodyError:
        return
    decoder = RowDecoder("default", LocalTimes(ZoneInfo("Europe/Berlin")))
    for raw in rows:
        attempt(lambda raw=raw: msgspec.json.encode(decoder.decode(raw)), RowError)  # type: ignore[misc]
        row_id(raw)


@given(spoilt(row()) | mutated(row()))
@example(json.dumps(row(statistics={"sent": HUGE})).encode())
@example(json.dumps(row(id=HUGE)).encode())
def test_a_row_is_read_or_refused(body: bytes) -> None:
    decoder = RowDecoder("default", LocalTimes(UTC))
    attempt(lambda: msgspec.json.encode(decoder.decode(msgspec.Raw(body))), RowError)
    row_id(msgspec.Raw(body))
    attempt(lambda: decoder.decode(read_single(b'{"data":' + body + b"}")), (BodyError, RowError))  # type: ignore[arg-type]


@given(spoilt({"data": DOCUMENTED}) | mutated({"data": DOCUMENTED}))
@example(json.dumps({"data": {"total_phones": HUGE}}).encode())
def test_a_detail_is_read_or_refused(body: bytes) -> None:
    attempt(lambda: msgspec.json.encode(read_detail(body, campaign_id=7, read_at=0.0)), BodyError)


MONEY = {"data": {"balance": -50.25, "currency": "USD", "credit": "125"}}


@given(spoilt(MONEY) | mutated(MONEY))
@example(json.dumps({"data": {"balance": HUGE}}).encode())
def test_a_balance_is_read_or_refused(body: bytes) -> None:
    def read() -> None:
        assert math.isfinite(read_balance(body, now=START).spendable)

    attempt(read, BodyError)


@given(spoilt({"iat": 1, "exp": 2}) | mutated({"iat": 1, "exp": 2}))
@example(json.dumps({"iat": 0, "exp": int(HUGE)}).encode())
@example(b'{"iat": 0, "exp": 1e300}')
@example(b'{"iat": -1e308, "exp": 1.7e308}')
def test_the_life_of_a_token_is_a_time_that_exists_or_not_told(claims: bytes) -> None:
    token = f"a.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.c"
    assert (life_of(token) or 1.0) > 0
    ends = expiry_of(token)
    if ends is not None:
        datetime.fromtimestamp(ends, UTC)


@given(st.text(max_size=40), spoilt({"bearer": jwt()}) | mutated({"bearer": jwt()}))
def test_a_log_in_is_read_or_refused(token: str, body: bytes) -> None:
    life_of(token)
    expiry_of(token)
    attempt(lambda: life_of(read_bearer(body)), BodyError)


@given(
    spoilt({"message": "no", "error": "40", "errorDescription": "bad"}) | st.binary(max_size=40),
    st.integers(100, 999),
)
def test_an_error_is_told_whatever_it_says(body: bytes, status: int) -> None:
    failure_text(body)
    str(
        error_of_status(status, body, what="GET /x", retry_after=None, secrets=("live_x",))
    ).encode()


DATES = st.builds(
    "{} {} {} {}:{}:{} {}".format,
    st.sampled_from(["Mon,", "Mon, 01", "", "Xyz, 31"]),
    st.sampled_from(["Jan", "Feb", "Foo", "13"]),
    st.sampled_from(["0", "1", "1970", "2026", "9999", "10000", "99", "9" * 5000]),
    st.sampled_from(["00", "23", "24", "99", "-1"]),
    st.sampled_from(["00", "59", "60"]),
    st.sampled_from(["00", "59", "60"]),
    st.sampled_from(
        ["GMT", "", "+0000", "-2359", "+2400", "+9999", "+99999999999", "-0000", "EST"]
    ),
)


@given(DIGITS | DATES | TIMES | st.text(max_size=40), DATES | st.just(""))
@example("Fri, 31 Dec 9999 23:59:59 GMT", "")
@example("Mon, 01 Jan 0001 00:00:00 +1400", "")
def test_a_header_gives_seconds_that_time_can_hold_or_none(header: str, date: str) -> None:
    wish = retry_after({"Retry-After": header, "Date": date}, now=START)
    assert wish is None or 0 <= wish < math.inf
    moment = seconds_of_date(header)
    if moment is not None:
        assert datetime.fromtimestamp(moment + 86_400, UTC) > datetime.fromtimestamp(
            moment - 86_400, UTC
        )


@given(
    TIMES | DIGITS | st.text(max_size=30),
    st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Kiritimati", "Etc/GMT+12"]),
)
def test_a_time_is_read_or_refused(text: str, zone: str) -> None:
    times = LocalTimes(ZoneInfo(zone))

    def read() -> None:
        found = times.unix(text)
        assert found is None or times.local(found)

    attempt(read, ValueError)
    attempt(read, ValueError)  # what is remembered of it too


@pytest.mark.parametrize(
    "text",
    [
        "1_000",
        "３０００",
        "٣",
        "²",
        " 1000 ",
        "1000\n",
        "+5",
        "0x10",
        "1,000",
        "1 000",
        ".5",
        "5.",
        "1e",
        "--1",
        "infinity",
        "nan",
    ],
)
def test_a_number_as_a_text_is_ascii_digits(text: str) -> None:
    with pytest.raises(ValueError, match="not a number in plain digits"):
        count(text)
    with pytest.raises(ValueError, match="not a number in plain digits"):
        amount(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [("1000", 1000), ("007", 7), ("7.0", 7), ("1.0E+2", 100), ("9223372036854775807", 2**63 - 1)],
)
def test_a_number_as_a_text_is_exact(text: str, number: int) -> None:
    assert count(text) == number
    assert amount(text.replace("9223372036854775807", "-0.25")) == (
        number if number < 2**60 else -0.25
    )


class Broken(LocalTimes):
    """Stands for what was not foreseen."""

    def unix(self, text: str, *, after: float | None = None) -> float | None:
        raise ZeroDivisionError(text, after)


def test_a_row_on_which_the_decoder_fails_costs_the_row_and_says_where_and_no_value() -> None:
    with pytest.raises(RowError) as caught:
        RowDecoder("default", Broken(UTC)).decode(msgspec.Raw(json.dumps(row()).encode()))
    assert caught.value.reason is RejectReason.UNEXPECTED
    assert str(caught.value).startswith("ZeroDivisionError in test_hostile_answers.py:")
    assert "2026" not in str(caught.value)
