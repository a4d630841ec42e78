"""Spans of time as scenario files write them: `90s`, `1h30m`, `-2d`, `forever`, or a number of
seconds."""

import math
import re

_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_TEXT = re.compile(r"([+-]?)((?:\d+(?:\.\d+)?(?:ms|[dhms]))+)\Z")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[dhms])")
FOREVER = math.inf


def parse_offset(value: object) -> float:
    """Seconds, negative for the past. ValueError with what was expected when it is no span."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    if value == "forever":
        return FOREVER
    match = _TEXT.match(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(
            f"{value!r} is no span of time: expected seconds, or a text like 90s, 1h30m, -2d, "
            "forever"
        )
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(match[2]))
    return -seconds if match[1] == "-" else seconds
