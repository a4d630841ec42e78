"""By how much the zone that the provider's times are read in is off, from campaigns of the
future or late ones."""

import math

QUARTER_HOUR = 900.0
"""Zones differ by multiples of this."""

CLOCKS_AGREE = 120.0
"""Seconds by which two clocks may differ without being taken for another quarter of an hour."""


def at_least_further_east(seconds_ahead: float) -> float:
    """The right zone lies at least so many seconds further east, when something was created that
    long in the future: it was seen a while after."""
    return max(1, math.ceil((seconds_ahead - CLOCKS_AGREE) / QUARTER_HOUR)) * QUARTER_HOUR


def at_most_further_west(seconds_old: float) -> float:
    """The right zone lies at most so many seconds further west, when nothing was younger when it
    was first seen."""
    return math.floor((seconds_old + CLOCKS_AGREE) / QUARTER_HOUR) * QUARTER_HOUR
