"""Numbers and texts as the provider may write them → what the rest computes with."""

import re
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from monitor.domain.safetext.shown_text import clipped

Number = int | float | str | None
"""How a number arrives: as one, as a text, or not at all."""

LARGEST = 2**63 - 1
_LARGEST_AMOUNT = 1e15
LONGEST_FOUND = 60
"""Characters shown of a value that could not be read."""
_LONGEST_NUMBER = 100
"""Characters of a number written as a text."""
_WRITTEN = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WRITTEN_BROKEN = re.compile(r"[.eE]")

T = TypeVar("T")


def count(value: Number) -> int | None:
    """A whole number from 0, null for null and ""; ValueError for a negative, broken or absurd
    one."""
    number = _number(value)
    if number is None:
        return None
    if isinstance(number, float) and not number.is_integer():  # neither infinity nor NaN is
        raise ValueError("not a whole number")
    if not 0 <= number <= LARGEST:
        raise ValueError("a count cannot be negative or that large")
    return int(number)


def added(counts: Sequence[int | None]) -> int | None:
    """The sum of those that are known; null when none is."""
    known = [number for number in counts if number is not None]
    return min(sum(known), LARGEST) if known else None


def amount(value: Number) -> float | None:
    """A sum of money, null for null and ""; ValueError for what is absurd or not a number."""
    number = _number(value)
    if number is None:
        return None
    if not -_LARGEST_AMOUNT <= number <= _LARGEST_AMOUNT:  # NaN too
        raise ValueError("not a sum of money")
    return float(number)


def _number(value: Number) -> int | float | None:
    """A number of whatever size, null for null and ""; ValueError for a text that is not one as
    JSON writes them."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        return value
    if len(value) > _LONGEST_NUMBER or not _WRITTEN.fullmatch(value):
        raise ValueError("not a number in plain digits")
    return float(value) if _WRITTEN_BROKEN.search(value) else int(value)


def text(value: str | int | None, longest: int) -> str:
    """A text cut to `longest` characters, without NUL (PostgreSQL stores none); "" for null."""
    if value is None:
        return ""
    string = value if isinstance(value, str) else str(value)
    if len(string) > longest:
        string = string[:longest]
    return string.replace("\0", "\ufffd") if "\0" in string else string


def shown(value: bytes) -> str:
    """What stands in a field that cannot be read, short, and without what could move a cursor."""
    return clipped(value.decode(errors="replace"), LONGEST_FOUND)


def objects(value: T | list[msgspec.Raw] | None, kind: type[T]) -> list[T]:
    """The objects of an array, or the one object that stands in its place.

    Whatever else is in the array is passed over; `msgspec.ValidationError` for an object that is
    not of the `kind`.
    """
    if value is None:
        return []
    if isinstance(value, list):
        found = [raw for raw in map(bytes, value) if raw.startswith(b"{")]
        return [msgspec.json.decode(raw, type=kind) for raw in found]
    return [value]
