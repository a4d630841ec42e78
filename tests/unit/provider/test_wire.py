import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.provider.wire import (
    BodyError,
    failure_text,
    is_token,
    read_balance,
    read_bearer,
    read_page,
    read_single,
)
from tests.clock import START
from tests.unit.provider.scripted import jwt, page, row


def encoded(value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def test_a_page_gives_its_rows_undecoded_and_its_total() -> None:
    read = read_page(encoded(page(row(1), {"anything": 1}, 5, total=70, limit=30)))
    assert (len(read.rows), read.total) == (3, 70)
    assert json.loads(bytes(read.rows[0])) == row(1)


@pytest.mark.parametrize(
    "envelope",
    [
        {"data": [], "page": {"total": 7}},
        {"data": [], "meta": [], "page": {"total": "7"}},
        {"data": [], "meta": {"page": {"total": 7.0}}, "links": {}},
        {"data": [], "meta": {"page": {"total": 7}}, "error": 0},
        {"data": [], "meta": {"page": {"total": 7}}, "error": None},
    ],
)
def test_the_total_may_stand_at_either_level_and_be_a_text(envelope: dict[str, Any]) -> None:
    assert read_page(encoded(envelope)).total == 7


@pytest.mark.parametrize(
    "envelope",
    [
        {"data": [1, 2]},
        {"data": [1, 2], "meta": None, "page": 5},
        {"data": [1, 2], "meta": {"page": [], "limit": 5}},
        {"data": [1, 2], "meta": {"page": {"limit": 5}}},
        {"data": [1, 2], "meta": {"page": {"total": -1}}},
        {"data": [1, 2], "meta": {"page": {"total": "many"}}},
        {"data": [1, 2], "meta": "none", "page": {"total": None}},
    ],
)
def test_a_page_that_does_not_say_the_total_is_read_without(envelope: dict[str, Any]) -> None:
    read = read_page(encoded(envelope))
    assert (len(read.rows), read.total) == (2, None)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (r"cut \ud83d", "cut \ufffd"),
        (r"\uDE00 cut", "\ufffd cut"),
        (r"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
        (r"\ud83d\u0041", "\ufffdA"),
        (r"\\ud83d \ud83d", "\\ud83d \ufffd"),
        (r"\"\\\ud83d", '"\\\ufffd'),
    ],
)
def test_a_character_that_was_cut_in_two_costs_itself_and_not_the_page(
    written: str, name: str
) -> None:
    body = encoded(page(row(1, name="NAME"), row(2, name="whole \U0001f600"))).replace(
        b"NAME", written.encode()
    )
    first, second = (json.loads(bytes(raw))["name"] for raw in read_page(body).rows)
    assert (first, second) == (name, "whole \U0001f600")


def test_a_byte_order_mark_is_passed_over() -> None:
    assert read_page(b"\xef\xbb\xbf" + encoded(page(row(1)))).total == 1


@given(
    st.lists(st.text(st.characters(categories=["Cs", "Lu", "So", "Po"]), max_size=6), max_size=5)
)
def test_whatever_the_names_hold_a_list_in_json_is_read(names: list[str]) -> None:
    read = read_page(
        encoded(page(*(row(number, name=name) for number, name in enumerate(names, 1))))
    )
    expected = [
        name.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for name in names
    ]
    assert [json.loads(bytes(raw))["name"] for raw in read.rows] == expected


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"error": "40", "errorDescription": "Unknown error"}, "error 40: Unknown error"),
        ({"error": 40, "data": [], "meta": {"page": {"total": 0}}}, "error 40"),
        ({"error": {"code": 1}, "data": [], "meta": {"page": {"total": 0}}}, "error"),
        ({"message": "Under maintenance"}, "Under maintenance"),
        ({"data": None, "meta": {"page": {"total": 0}}}, "$.data"),
        ({"data": {}, "meta": {"page": {"total": 0}}}, "$.data"),
        ([], "object"),
        (b"", "JSON"),
        (b"<html>Bad gateway</html>", "JSON"),
        (b'{"data":[{"id":1}', "JSON"),
        (b'{"data":' + b"[" * 100_000, "JSON"),
    ],
)
def test_anything_but_a_page_is_refused_with_what_it_said(body: Any, says: str) -> None:
    with pytest.raises(BodyError, match=says.replace("$", r"\$")):
        read_page(encoded(body))


@given(st.binary(max_size=60))
def test_no_bytes_do_worse_than_a_body_error(body: bytes) -> None:
    for read in (read_page, read_single, read_bearer, lambda b: read_balance(b, now=START)):
        with pytest.raises(BodyError):
            read(body)
    failure_text(body)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"balance": -50.25, "currency": "USD", "credit": 125}, (-50.25, 125.0, "USD")),
        ({"balance": "-50.25", "currency": None, "credit": None}, (-50.25, 0.0, None)),
        ({"balance": 0}, (0.0, 0.0, None)),
    ],
)
def test_a_balance_may_be_texts_and_have_no_credit(
    data: Any, expected: tuple[float, float, str | None]
) -> None:
    balance = read_balance(encoded({"data": data}), now=START)
    assert (balance.balance, balance.credit, balance.currency) == expected
    assert balance.read_at == START


@pytest.mark.parametrize(
    "data", [{}, {"balance": None}, {"balance": "much"}, {"balance": 1e300}, [], 5]
)
def test_a_balance_is_never_guessed(data: Any) -> None:
    with pytest.raises(BodyError):
        read_balance(encoded({"data": data}), now=START)


ODD_MONEY = [
    ({"credit": "125 USD"}, "credit"),
    ({"credit": [125]}, "credit"),
    ({"credit": 1e300}, "credit"),
    ({"currency": {"code": "USD"}}, "currency"),
]


@pytest.mark.parametrize(("odd", "field"), ODD_MONEY)
def test_a_credit_or_currency_that_cannot_be_read_is_as_it_was(odd: Any, field: str) -> None:
    whole = {"balance": 10, "credit": 125, "currency": "USD"}
    last = read_balance(encoded({"data": whole}), now=START)
    body = encoded({"data": whole | {"balance": -20} | odd})
    found = read_balance(body, now=START, last=last)
    assert (found.balance, found.credit, found.currency) == (-20.0, 125.0, "USD")
    assert found.unreadable == (field,)
    with pytest.raises(BodyError, match=field):  # what can be spent is not known: not nothing
        read_balance(body, now=START)


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "ünïcode", "x" * 20_000])
def test_what_cannot_stand_in_a_header_is_no_token(token: str) -> None:
    assert not is_token(token)
    with pytest.raises(BodyError) as caught:
        read_bearer(encoded({"bearer": token}))
    assert not token or token not in str(caught.value)


def test_a_token_is_taken_as_it_is() -> None:
    assert read_bearer(encoded({"bearer": jwt(), "more": 1})) == jwt()
