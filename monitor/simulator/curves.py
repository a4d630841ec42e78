"""How delivery reports arrive: most within seconds, some within minutes, a few within hours,
none after the validity.

The share reported at age `a` is a mix of exponentials, scaled to reach exactly one at the
validity. What matters for a campaign that hands messages over at a steady pace is the integral
of it, which has a closed form: that is what makes any moment computable without simulating those
before it.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple, Protocol

MIX = ((0.80, 1.0), (0.15, 8.0), (0.05, 60.0))
"""Weight, and mean as a multiple of the prompt report's time."""


class Segment(NamedTuple):
    """Even handing-over from `begin` to `end` (seconds since creation), from share `low` to
    share `high` of the campaign."""

    begin: float
    end: float
    low: float
    high: float


class Curve(Protocol):
    """Reports by age of a message."""

    def area(self, age: float) -> float:
        """The integral of the reported share from 0 to `age`; 0 for a negative age."""
        ...


class ReportCurve:
    """Reports with a prompt time of `mean` seconds, all in by `validity`."""

    __slots__ = ("_full", "_parts", "_scale", "_validity")

    def __init__(self, mean: float, validity: float) -> None:
        self._validity = max(validity, 1e-6)
        self._parts = tuple((weight, max(mean, 1e-6) * factor) for weight, factor in MIX)
        self._scale = 1.0 - sum(weight * math.exp(-self._validity / m) for weight, m in self._parts)
        self._full = self._raw(self._validity) / self._scale

    def _raw(self, age: float) -> float:
        total = age
        for weight, mean in self._parts:
            total += weight * mean * math.expm1(-age / mean)
        return total

    def area(self, age: float) -> float:
        if age <= 0.0:
            return 0.0
        if age >= self._validity:
            return self._full + age - self._validity
        return self._raw(age) / self._scale


class ExpiryCurve:
    """What is never reported expires exactly at the validity. With 0: handed over is done, the
    curve of sending itself."""

    __slots__ = ("_validity",)

    def __init__(self, validity: float) -> None:
        self._validity = validity

    def area(self, age: float) -> float:
        return max(0.0, age - self._validity)


def handed_over(segments: Sequence[Segment], at: float) -> float:
    """The share of the campaign handed over by `at`, in 0..1."""
    share = 0.0
    for segment in segments:
        if at >= segment.end:
            share = segment.high
        elif at > segment.begin:
            return segment.low + (segment.high - segment.low) * (at - segment.begin) / (
                segment.end - segment.begin
            )
        else:
            break
    return share


def reported(segments: Sequence[Segment], at: float, curve: Curve) -> float:
    """The share of the campaign that is reported by `at`; never more than what is handed over."""
    share = 0.0
    for begin, end, low, high in segments:
        if at <= begin:
            break
        share += (
            (high - low) / (end - begin) * (curve.area(at - begin) - curve.area(at - min(at, end)))
        )
    return min(share, 1.0)
