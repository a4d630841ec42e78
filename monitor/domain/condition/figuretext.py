"""Values as an explanation writes them: near to how a condition writes them, and never so
rounded that two look alike."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from monitor.domain.condition.nodes import (
    Arithmetic,
    FieldUse,
    FunctionCall,
    Negation,
    Node,
    Past,
    Usual,
    children,
)
from monitor.domain.fields.catalogue import FieldType, FieldValue
from monitor.domain.times.duration import humanize_duration

NULL = "null"
LONGEST_TEXT = 60
_COUNTED = frozenset({"messages", "campaigns", "phones", "polls"})
_MOST_DIGITS = 17


def unit_of(node: Node) -> str:
    """The unit of what a node comes to, "" where it has none or several."""
    match node:
        case FieldUse() | Past() | Usual():
            return node.field.unit
        case Arithmetic(operator="+" | "-") | Negation() | FunctionCall():
            units = {unit_of(child) for child in children(node)} - {""}
            return units.pop() if len(units) == 1 else ""
    return ""


def value_text(value: FieldValue, kind: FieldType | None, unit: str = "") -> str:
    """`4,180`, `0.9412`, `12 min`, `2026-03-02 09:00:05 UTC`, `"done"`, `true`, `null`."""
    return _written(value, kind, unit, 4)


def told_apart(values: Sequence[FieldValue], kind: FieldType | None, unit: str = "") -> list[str]:
    """The same of several values of one type, with as many digits as it takes to tell different
    ones apart."""
    texts: list[str] = []
    for digits in range(4, _MOST_DIGITS + 1):
        texts = [_written(value, kind, unit, digits) for value in values]
        if len(set(texts)) >= len(set(values)):
            break
    return texts


def _written(value: FieldValue, kind: FieldType | None, unit: str, digits: int) -> str:
    if value is None:
        return NULL
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= LONGEST_TEXT else f'"{value[: LONGEST_TEXT - 1]}…"'
    write: Callable[[float, int], str] = _number
    if kind is FieldType.DURATION:
        write = _duration
    elif kind is FieldType.TIME:
        write = _time
    elif unit in _COUNTED and float(value).is_integer():
        return f"{value:,.0f}"
    return write(value, digits)


def _number(value: float, digits: int) -> str:
    """With so many digits behind the point, or as many significant ones where that leaves
    nothing."""
    if isinstance(value, int):
        return str(value)
    text = (
        f"{value:.{digits}f}"
        if 10**-digits <= abs(value) < 1e15 or value == 0
        else f"{value:.{digits}g}"
    )
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def _duration(value: float, digits: int) -> str:
    """`1 h 12 min`; more exactly, in seconds."""
    return humanize_duration(value) if digits <= 4 else f"{_number(float(value), digits - 4)} s"


def _time(value: float, digits: int) -> str:
    try:
        moment = datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return str(value)
    fraction = f"{moment:%f}"[: min(6, digits - 4)]
    return f"{moment:%Y-%m-%d %H:%M:%S}{'.' if fraction else ''}{fraction} UTC"
