"""Durations as Prometheus writes them (`90s`, `5m`, `1h30m`, `1d`, `500ms`), and as people read
them (`1 h 30 min`)."""

import math
import re
from datetime import timedelta

from monitor.domain.safetext.possible_secrets import quoted

_SECOND = 1_000
_UNITS = (
    ("y", 365 * 86_400 * _SECOND),
    ("w", 7 * 86_400 * _SECOND),
    ("d", 86_400 * _SECOND),
    ("h", 3_600 * _SECOND),
    ("m", 60 * _SECOND),
    ("s", _SECOND),
    ("ms", 1),
)
"""In milliseconds, from the largest: the order in which Prometheus wants them (a year is 365
days)."""

_EXACT_ONLY = frozenset(
    {"y", "w"}
)  # 90d is easier to read than 12w6d: Prometheus writes these only when nothing remains
_SHAPE = re.compile("".join(f"(?:([0-9]+){unit})?" for unit, _ in _UNITS))
DURATION_PATTERN = rf"(?:0|(?=[0-9]){''.join(f'(?:[0-9]+{unit})?' for unit, _ in _UNITS)})"
"""The shape of what `parse_duration` reads, as a regular expression that other languages read
too."""
_PART = re.compile(r"([0-9]+)(ms|[ywdhms])")
_LONGEST = 292 * 365 * 86_400 * _SECOND  # what Prometheus can hold: 2^63 nanoseconds

_READABLE = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def parse_duration(text: str) -> timedelta:
    """The duration that `text` writes, as Prometheus reads it: whole numbers with units, largest
    first, each unit once.

    `0` needs no unit. ValueError says what is wrong and what to write instead.
    """
    if text == "0":
        return timedelta(0)
    match = _SHAPE.fullmatch(text)
    if match is None or not text:
        raise ValueError(_complaint(text))
    total = sum(
        int(count) * size
        for count, (_, size) in zip(match.groups(), _UNITS, strict=True)
        if count and len(count) < 20
    )
    if total > _LONGEST or any(count and len(count) >= 20 for count in match.groups()):
        raise ValueError(f'"{quoted(text)}" is too long a duration: 292 years is the most')
    return timedelta(milliseconds=total)


def format_duration(duration: timedelta) -> str:
    """How Prometheus writes it: `parse_duration` reads it back, to the millisecond. ValueError
    for a negative one."""
    rest = round(duration / timedelta(milliseconds=1))
    if rest < 0:
        raise ValueError("a duration cannot be negative")
    parts = []
    for unit, size in _UNITS:
        if rest < size or (unit in _EXACT_ONLY and rest % size):
            continue
        count, rest = divmod(rest, size)
        parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def humanize_duration(duration: timedelta | float) -> str:
    """For messages: the two largest units, rounded down (`1 h 30 min`, `45 s`, `3 d 4 h`). A number
    is seconds. Less than a second, but not zero, is "less than a second". A float that is not
    finite gives "–"."""
    seconds = duration.total_seconds() if isinstance(duration, timedelta) else duration
    if not math.isfinite(seconds):
        return "–"
    if 0 < abs(seconds) < 1:
        return "less than a second"
    rest = int(abs(seconds))
    parts: list[str] = []
    for unit, size in _READABLE:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}")
        elif parts:
            break  # "2 d", not "2 d 5 s": what follows a gap is noise
        if len(parts) == 2:
            break
    if not parts:
        return "0 s"
    return ("-" if seconds < 0 else "") + " ".join(parts)


def _complaint(text: str) -> str:
    shown = f'"{quoted(text)}" is not a duration'
    if not text:
        return "an empty text is not a duration: write something like 90s, 5m or 1h30m"
    if re.fullmatch(r"[0-9]+", text):
        return (
            f"{shown}: the unit is missing, write {quoted(text)}s for seconds or {quoted(text)}m "
            "for minutes"
        )
    if text.startswith("-"):
        return f"{shown}: it cannot be negative"
    if re.search(r"\s", text):
        return f"{shown}: write it without spaces, like 1h30m"
    if re.search(r"[0-9][.,][0-9]", text):
        return f"{shown}: only whole numbers, write 1h30m instead of 1.5h"
    units = [unit for _, unit in _PART.findall(text)]
    if _PART.sub("", text) == "":
        problem = (
            "a unit stands twice"
            if len(set(units)) < len(units)
            else "the largest unit comes first"
        )
        return f"{shown}: {problem}, as in 1d2h30m"
    return (
        f"{shown}: write whole numbers with the units y, w, d, h, m, s, ms, like 90s, 5m or 1h30m"
    )
