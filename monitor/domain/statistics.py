"""Confidence bounds: how much of what is seen may be chance."""

from math import sqrt

Z = 1.959963984540054
"""The standard normal distribution's 97.5 % quantile: two-sided bounds at 95 %."""


def wilson_lower(hits: float, trials: float) -> float:
    """The lower Wilson bound of `hits / trials` at 95 % confidence; see `wilson_upper`."""
    centre, half = _wilson(hits, trials)
    return max(0.0, centre - half)


def wilson_upper(hits: float, trials: float) -> float:
    """The upper Wilson score bound of `hits / trials` at 95 % confidence, 0 to 1. `0 <= hits <= trials`, `trials > 0`.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American Statistical
    Association 22 (1927), 209-212. Good for small numbers too, where the normal approximation is not (Brown, Cai and DasGupta,
    "Interval estimation for a binomial proportion", Statistical Science 16 (2001), 101-133).
    """
    centre, half = _wilson(hits, trials)
    return min(1.0, centre + half)


def _wilson(hits: float, trials: float) -> tuple[float, float]:
    ratio = hits / trials
    square = Z * Z
    scale = 1.0 + square / trials
    centre = (ratio + square / (2.0 * trials)) / scale
    half = Z / scale * sqrt(max(0.0, ratio * (1.0 - ratio)) / trials + square / (4.0 * trials * trials))
    return centre, half
