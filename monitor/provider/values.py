"""Numbers and texts as the provider may write them → what the rest computes with."""

import math
from collections.abc import Sequence

Number = int | float | str | None
"""How a number arrives: as one, as a text, or not at all."""

LARGEST = 2**63 - 1
_LARGEST_AMOUNT = 1e15


def count(value: Number) -> int | None:
    """A whole number from 0, null for null and ""; ValueError for a negative, broken or absurd one."""
    if value is None or value == "":
        return None
    if type(value) is not int:
        try:
            exact = int(value) if isinstance(value, str) and value.strip().isdecimal() else float(value)
        except OverflowError as error:
            raise ValueError("too large a number") from error
        if not math.isfinite(exact) or exact != int(exact):
            raise ValueError("not a whole number")
        value = int(exact)
    if not 0 <= value <= LARGEST:
        raise ValueError("a count cannot be negative or that large")
    return value


def added(counts: Sequence[int | None]) -> int | None:
    """The sum of those that are known; null when none is."""
    known = [number for number in counts if number is not None]
    return min(sum(known), LARGEST) if known else None


def amount(value: Number) -> float | None:
    """A sum of money, null for null and ""; ValueError for what is no number or absurd."""
    if value is None or value == "":
        return None
    try:
        number = float(value)
    except OverflowError as error:
        raise ValueError("too large a number") from error
    if not -_LARGEST_AMOUNT <= number <= _LARGEST_AMOUNT:  # NaN too
        raise ValueError("not a sum of money")
    return number


def text(value: str | int | None, longest: int) -> str:
    """A text cut to `longest` characters, without NUL (PostgreSQL stores none); "" for null."""
    if value is None:
        return ""
    string = value if isinstance(value, str) else str(value)
    if len(string) > longest:
        string = string[:longest]
    return string.replace("\0", "\ufffd") if "\0" in string else string
