"""The answers around the rows: what the provider's JSON envelopes must look like, and what its
errors say.

What can be read without guessing is read (numbers as texts, the page at either level); the rest
is a `BodyError`.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, NoReturn, TypeVar

import msgspec

from monitor.domain.campaign.account import Balance
from monitor.provider.lenient_values import Number, amount, count, text

_NO_ERROR = frozenset({b"", b"null", b"0", b'"0"', b'""', b"false", b"[]"})
_LONGEST_CURRENCY = 64
_MOST_SENTENCES = 3
_LONGEST_TOKEN = 16_384
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SURROGATES = re.compile(
    rb"\\(?:\\|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2}))"
)
"""Escaped halves of characters; what is escaped before them is matched too, so that no backslash
is read twice."""

UNREADABLE = (msgspec.DecodeError, ValueError, RecursionError)
"""What msgspec raises: malformed or mistyped, not UTF-8 or a number of 5,000 digits, nested
absurdly deep."""


class BodyError(Exception):
    """An answer is not what the documentation describes. The text is for a person; parts of it
    may be the provider's."""


class _Answer(msgspec.Struct, gc=False, kw_only=True):
    error: msgspec.Raw = msgspec.Raw(b"")  # version 1 of the API puts its errors into a success


_AnswerT = TypeVar("_AnswerT", bound=_Answer)
T = TypeVar("T")


class _PageInfo(msgspec.Struct, gc=False):
    total: Number = None


class _Meta(msgspec.Struct, gc=False):
    page: _PageInfo | None = None


class _List(_Answer, gc=False, kw_only=True):
    data: list[msgspec.Raw]
    meta: msgspec.Raw = msgspec.Raw(b"null")
    page: msgspec.Raw = msgspec.Raw(b"null")


class _Single(_Answer, gc=False, kw_only=True):
    data: msgspec.Raw


class _Money(msgspec.Struct, gc=False):
    balance: msgspec.Raw = msgspec.Raw(b"null")
    credit: msgspec.Raw = msgspec.Raw(b"null")
    currency: msgspec.Raw = msgspec.Raw(b"null")


class _BalanceAnswer(_Answer, gc=False, kw_only=True):
    data: _Money


class _Bearer(_Answer, gc=False, kw_only=True):
    bearer: str


class _Failure(msgspec.Struct, gc=False):
    message: str | None = None
    error: str | int | None = None
    description: str | None = msgspec.field(name="errorDescription", default=None)
    errors: Any = None


class Page(msgspec.Struct, gc=False):
    """One page of a list: its rows undecoded, and how many rows the list has if the page says
    it."""

    rows: list[msgspec.Raw]
    total: int | None


_LIST = msgspec.json.Decoder(_List)
_META = msgspec.json.Decoder(_Meta)
_SINGLE = msgspec.json.Decoder(_Single)
_BALANCE = msgspec.json.Decoder(_BalanceAnswer)
_NUMBER: msgspec.json.Decoder[Number] = msgspec.json.Decoder(Number)
_TEXT: msgspec.json.Decoder[str | None] = msgspec.json.Decoder(str | None)
_BEARER = msgspec.json.Decoder(_Bearer)
_FAILURE = msgspec.json.Decoder(_Failure)


def read_page(body: bytes) -> Page:
    """A list's envelope. The rows keep `body` alive: decode them and let go. BodyError.

    The total is null where it is missing or no number: the list can be read without it.
    """
    answer = _decode(_LIST, body)
    total = _total(answer.meta)
    if total is None:
        total = _total(b'{"page":' + bytes(answer.page) + b"}")
    return Page(rows=answer.data, total=total)


def _total(meta: msgspec.Raw | bytes) -> int | None:
    try:
        page = _META.decode(meta).page
        return None if page is None else count(page.total)
    except UNREADABLE:
        return None


def read_single(body: bytes) -> msgspec.Raw:
    """The row under `data` of a single campaign's answer. BodyError."""
    return _decode(_SINGLE, body).data


def read_balance(body: bytes, *, now: datetime, last: Balance | None = None) -> Balance:
    """The account's balance; a credit that is missing or null is none.

    A credit or currency that cannot be read is as in `last`, the balance read before. BodyError
    without one: then it is not known what can be spent.
    """
    money = _decode(_BALANCE, body).data
    try:
        balance = _sum_of_money(money.balance)
    except UNREADABLE as error:
        raise BodyError(f"the balance is wrong: {error}") from error
    if balance is None:
        raise BodyError("the balance is missing")
    unreadable: list[str] = []

    def read(field: str, decode: Callable[[], T], before: Callable[[Balance], T]) -> T:
        try:
            return decode()
        except UNREADABLE as error:
            if last is None:
                raise BodyError(f"the {field} is wrong: {error}") from error
            unreadable.append(field)
            return before(last)

    credit = read(
        "credit", lambda: _sum_of_money(money.credit) or 0.0, lambda before: before.credit
    )
    currency = read("currency", lambda: _currency(money.currency), lambda before: before.currency)
    return Balance(
        balance=balance,
        credit=credit,
        currency=currency,
        read_at=now,
        unreadable=tuple(unreadable),
    )


def _sum_of_money(raw: msgspec.Raw) -> float | None:
    return amount(_NUMBER.decode(raw))


def _currency(raw: msgspec.Raw) -> str | None:
    return text(_TEXT.decode(raw), _LONGEST_CURRENCY) or None


def read_bearer(body: bytes) -> str:
    """The token of a log-in or refresh. BodyError, which never quotes a token."""
    bearer = _decode(_BEARER, body).bearer
    if not is_token(bearer):
        raise BodyError("the answer's `bearer` is not a token")
    return bearer


def is_token(value: str) -> bool:
    """Whether a text can stand in an Authorization header."""
    return (
        1 <= len(value) <= _LONGEST_TOKEN
        and value.isascii()
        and value.isprintable()
        and " " not in value
    )


def failure_text(body: bytes) -> str | None:
    """What an error's body says, untrusted and uncut; null when it is not the provider's JSON (an
    HTML page, say)."""
    try:
        failure = _FAILURE.decode(body)
    except UNREADABLE:
        return None
    if failure.error not in (None, 0, "0", ""):
        return f"error {failure.error}: {failure.description or 'no description'}"
    refused = _told(failure.errors)
    return (
        failure.message
        if failure.message is None or not refused
        else f"{failure.message} {refused}"
    )


def _told(errors: object, levels: int = 2) -> str:
    """The sentences in a refusal's `errors`: lists by field, as documented, or less deep."""
    if isinstance(errors, str):
        return errors
    parts = list(errors.values()) if isinstance(errors, dict) else errors
    if not isinstance(parts, list) or not levels:
        return ""
    return " ".join(filter(None, (_told(part, levels - 1) for part in parts[:_MOST_SENTENCES])))


def _decode(decoder: "msgspec.json.Decoder[_AnswerT]", body: bytes) -> _AnswerT:
    try:
        answer = decoder.decode(body)
    except UNREADABLE:
        body = _readable(body)
        try:
            answer = decoder.decode(body)
        except UNREADABLE as error:
            _refuse(body, error)
    if bytes(answer.error) not in _NO_ERROR:
        raise BodyError(failure_text(body) or "an error without a description")
    return answer


def _readable(body: bytes) -> bytes:
    """The body without what is legal in JSON and still refused by the decoder: half a character,
    as of an emoji that was cut in two, becomes U+FFFD; a byte order mark goes. One such name in a
    list must not cost the list.
    """
    return _SURROGATES.sub(
        lambda found: rb"\ufffd" if found["lone"] else found[0], body
    ).removeprefix(_BYTE_ORDER_MARK)


def _refuse(body: bytes, error: Exception) -> NoReturn:
    said = failure_text(body)
    if said:
        raise BodyError(said) from error
    if isinstance(error, msgspec.ValidationError):  # its text names types and fields, never values
        raise BodyError(f"not the documented shape: {error}") from error
    raise BodyError("not JSON, or cut short") from error
