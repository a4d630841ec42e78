"""Confidence bounds: how much of what is seen may be chance."""

from math import sqrt

Z = 1.959963984540054
"""The standard normal distribution's 97.5 % quantile: two-sided bounds at 95 %."""


_SQUARE = Z * Z
_HALF, _QUARTER = _SQUARE / 2.0, _SQUARE / 4.0


def wilson_lower(hits: float, trials: float) -> float:
    """The lower Wilson bound of `hits / trials` at 95 % confidence; see `wilson_upper`."""
    if hits == 0:
        return 0.0  # exactly, as the formula says; computed, it may be a rounding error away
    bound = (hits + _HALF - Z * sqrt(hits * (1.0 - hits / trials) + _QUARTER)) / (trials + _SQUARE)
    return max(0.0, bound)


def wilson_upper(hits: float, trials: float) -> float:
    """The upper Wilson score bound of `hits / trials` at 95 % confidence, 0 to 1. `0 <= hits <=
    trials`, `trials > 0`.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal
    of the American Statistical Association 22 (1927), 209-212, with numerator and denominator
    multiplied by `trials`. Good for small numbers too, where the normal approximation is not
    (Brown, Cai and DasGupta, "Interval estimation for a binomial proportion", Statistical
    Science 16 (2001), 101-133).
    """
    if hits == trials:
        return 1.0
    bound = (hits + _HALF + Z * sqrt(hits * (1.0 - hits / trials) + _QUARTER)) / (trials + _SQUARE)
    return min(1.0, bound)
