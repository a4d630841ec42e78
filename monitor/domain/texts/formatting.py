"""How values look in messages, and how templates calculate: null is "–", stays null, and equals
nothing but null.

A filter never raises for a value of another type than its own: it shows it as it is.
"""

import math
import operator
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from monitor.domain.fields.catalogue import FieldType, FieldValue
from monitor.domain.times.duration import humanize_duration

DASH = "–"


class Null:
    """A missing value in a template: it is false, prints as "–", and every comparison except with
    null is false."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return DASH

    def __eq__(self, other: object) -> bool:
        return other is None or isinstance(other, Null)

    def __ne__(self, other: object) -> bool:
        return False

    def __hash__(self) -> int:
        return hash(None)

    def _never(self, _other: object) -> bool:
        return False

    __lt__ = __le__ = __gt__ = __ge__ = _never


NULL: Final = Null()


class Number(float):
    """A number that is not a count; prints with at most four decimals."""

    __slots__ = ()

    def __str__(self) -> str:
        return number_text(float(self))


class Instant(float):
    """A time in Unix seconds."""

    __slots__ = ()

    def __str__(self) -> str:
        return time_text(float(self))


class Lasting(float):
    """A duration in seconds."""

    __slots__ = ()

    def __str__(self) -> str:
        return humanize_duration(float(self))


def figure(value: FieldValue, kind: FieldType) -> object:
    """A field's value as a template sees it."""
    if value is None:
        return NULL
    if isinstance(value, (int, float)) and kind in (FieldType.TIME, FieldType.DURATION):
        return Instant(value) if kind is FieldType.TIME else Lasting(value)
    return Number(value) if isinstance(value, float) else value


def printed(value: object) -> object:
    """What `{{ value }}` shows."""
    if value is None:
        return DASH
    if isinstance(value, bool):
        return "true" if value else "false"
    if type(value) is float:
        return number_text(value)
    return value


_OPERATIONS: dict[str, Callable[[float, float], object]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


def calculate(sign: str, left: object, right: object) -> object:
    """`left sign right` as conditions calculate: null stays null, and x / 0 is null. Raises
    TypeError for what is not a number."""
    if isinstance(left, Null) or isinstance(right, Null) or left is None or right is None:
        return NULL
    if not isinstance(left, (int, float)) or not isinstance(right, (int, float)):
        raise TypeError(f"{sign} needs numbers")
    if sign == "/" and right == 0:
        return NULL
    # integers would grow without end
    result = _OPERATIONS[sign](left, float(right) if sign == "*" else right)
    return _dimension(sign, left, right)(result) if isinstance(result, float) else result


def _dimension(sign: str, left: object, right: object) -> type[float]:
    """The type of the result, as in conditions: time − time is a duration, duration / duration a
    number, …"""
    if sign in "+-" and (isinstance(left, Instant) or isinstance(right, Instant)):
        return Lasting if isinstance(left, Instant) and isinstance(right, Instant) else Instant
    if isinstance(left, Lasting) or isinstance(right, Lasting):
        return (
            Number
            if isinstance(left, Lasting) and isinstance(right, Lasting) and sign == "/"
            else Lasting
        )
    return Number


def number_text(value: float) -> str:
    """At most four decimals, without zeros at the end: 0.8342, 1234.5, 12."""
    if not math.isfinite(value):
        return DASH
    return f"{value:.4f}".rstrip("0").rstrip(".")


def time_text(value: float) -> str:
    """Unix seconds to the minute, in UTC: 2026-03-02 09:00 UTC."""
    try:
        return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return DASH


def _shown(value: object, show: Callable[[float], str]) -> str:
    if value is None or isinstance(value, Null):
        return DASH
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return show(float(value)) if math.isfinite(value) else DASH
        except OverflowError:
            return DASH
    return str(value)


def money(value: object, currency: object = None) -> str:
    """With two decimals, and the currency if there is one: "1,234.50 EUR"."""
    unit = f" {currency}" if currency else ""
    return _shown(value, lambda amount: f"{amount:,.2f}{unit}")


def default(value: object, fallback: object = DASH) -> object:
    """The value, or `fallback` when it is null."""
    return fallback if value is None or isinstance(value, Null) else value


def truncate(value: object, length: int = 80) -> str:
    """At most `length` characters; the last one is "…" if the text was cut."""
    text = str(value)
    return text if len(text) <= length else text[: max(0, length - 1)] + "…"


FILTERS: Mapping[str, Callable[..., object]] = {
    # a ratio in percent: 0.834 is "83.4 %"
    "percent": lambda value: _shown(value, lambda ratio: f"{ratio * 100:.1f} %"),
    # seconds as "1 h 30 min"
    "duration": lambda value: _shown(value, humanize_duration),
    # with thousands separators and at most four decimals: "1,234,567"
    "number": lambda value: _shown(value, lambda count: f"{count:,.4f}".rstrip("0").rstrip(".")),
    # Unix seconds as "2026-03-02 09:00 UTC"
    "time": lambda value: _shown(value, time_text),
    "money": money,
    "default": default,
    "truncate": truncate,
    # with so many decimals (0 to 10)
    "round": lambda value, digits=0: _shown(
        value, lambda rounded: f"{rounded:.{min(max(digits, 0), 10)}f}"
    ),
    "upper": lambda value: str(value).upper(),
    "lower": lambda value: str(value).lower(),
}
"""What stands after `|` in a template."""


def is_null(value: object) -> bool:
    """`is null`, `is none`."""
    return value is None or isinstance(value, Null)


TESTS: Mapping[str, Callable[..., bool]] = {"null": is_null, "none": is_null}
"""What stands after `is` in a template."""
