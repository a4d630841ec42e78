"""Time zones by their IANA names, and which one was probably meant by another name."""

import math
import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from monitor.domain.safetext.did_you_mean import closest

_OF_THE_MACHINE = frozenset({"localtime", "posixrules", "Factory"})
_REVERSED = re.compile(r"Etc/GMT([+-])([1-9][0-9]?)")
_OFFSET = re.compile(r"(?:Etc/)?(?:UTC|GMT|Z)? ?([+-])([0-9]{1,2})(?::?([0-9]{2}))?", re.IGNORECASE)
_ABBREVIATIONS = {
    "MSK": "Europe/Moscow", "BST": "Europe/London", "IST": "Asia/Kolkata", "CEST": "Europe/Berlin",
    "MESZ": "Europe/Berlin",
    "MEZ": "Europe/Berlin", "EEST": "Europe/Athens", "WEST": "Europe/Lisbon",
    "TRT": "Europe/Istanbul", "GST": "Asia/Dubai",
    "PKT": "Asia/Karachi", "ICT": "Asia/Bangkok", "SGT": "Asia/Singapore", "HKT": "Asia/Hong_Kong",
    "JST": "Asia/Tokyo",
    "KST": "Asia/Seoul", "AEST": "Australia/Sydney", "AEDT": "Australia/Sydney",
    "NZST": "Pacific/Auckland",
    "EDT": "America/New_York", "ET": "America/New_York", "CST": "America/Chicago",
    "CDT": "America/Chicago",
    "MDT": "America/Denver", "PST": "America/Los_Angeles", "PDT": "America/Los_Angeles",
    "PT": "America/Los_Angeles",
    "BRT": "America/Sao_Paulo", "SAST": "Africa/Johannesburg", "WAT": "Africa/Lagos",
    "EAT": "Africa/Nairobi",
}  # fmt: skip
_PLACES = {
    -600: "Pacific/Honolulu", -480: "America/Los_Angeles", -420: "America/Denver",
    -360: "America/Chicago",
    -300: "America/New_York", -240: "America/Halifax", -180: "America/Sao_Paulo",
    0: "Europe/London", 60: "Europe/Berlin",
    120: "Europe/Athens", 180: "Europe/Moscow", 240: "Asia/Dubai", 300: "Asia/Tashkent",
    330: "Asia/Kolkata", 360: "Asia/Dhaka",
    420: "Asia/Bangkok", 480: "Asia/Singapore", 540: "Asia/Tokyo", 600: "Australia/Sydney",
    720: "Pacific/Auckland",
}  # fmt: skip
"""A place this many minutes east of Greenwich, in winter if its clocks change."""

_LONGEST_ABBREVIATION = 4
"""Shorter words are not treated as misspelt places: the nearest spelling may be another part of the
world."""
_ANY = "write an IANA name such as UTC or Europe/Berlin"


def time_zone(name: str) -> ZoneInfo | None:
    """The zone; None if there is none of that name, or if the name means something else than people
    think."""
    if (
        name in _OF_THE_MACHINE
        or name.startswith(("right/", "posix/"))
        or _REVERSED.fullmatch(name)
    ):
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def zone_fault(name: str) -> tuple[str, str]:
    """Why `time_zone` gives no zone for that name, as in "… is not a time zone", and what to
    write."""
    if reversed_ := _REVERSED.fullmatch(name):
        sign, hours = reversed_[1], int(reversed_[2])
        side, minutes = ("behind", -60 * hours) if sign == "+" else ("ahead of", 60 * hours)
        return f"means {hours} h {side} UTC, the opposite of what one reads in it", _place(minutes)
    if name in _OF_THE_MACHINE:
        return (
            "depends on the machine, and is no place's zone",
            "name a place, such as Europe/Berlin",
        )
    if name.startswith("right/"):
        return "counts leap seconds, and no clock does", f"write {name.removeprefix('right/')}"
    if name.startswith("posix/"):
        return (
            "is another name of a zone, which not every machine has",
            f"write {name.removeprefix('posix/')}",
        )
    return "is not a time zone", _meant(name)


def _meant(name: str) -> str:
    if place := _ABBREVIATIONS.get(name.upper()):
        return f'did you mean "{place}"?'
    if offset := _OFFSET.fullmatch(name):
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        return _place(-minutes if offset[1] == "-" else minutes)
    if len(name) <= _LONGEST_ABBREVIATION:
        return _ANY
    known = {each for each in available_timezones() if "/" in each and time_zone(each) is not None}
    by_place = {each.rpartition("/")[2]: each for each in sorted(known, reverse=True)}
    found = closest(name, known) or by_place.get(closest(name, by_place) or "")
    return f'did you mean "{found}"?' if found else _ANY


def _place(minutes: int) -> str:
    written = f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    place = _PLACES.get(minutes)
    return f"name the place whose clocks are at {written}" + (f", such as {place}" if place else "")


QUARTER_HOUR = 900.0
"""Zones differ by multiples of this."""

FURTHEST_APART = 26 * 3600.0
"""Seconds: no two zones differ by more (UTC-12 to UTC+14). What lies further ahead is an odd date
and says nothing of a zone."""

CLOCKS_AGREE = 120.0
"""Two clocks that differ by fewer seconds than this do not suggest another zone."""


def at_least_further_east(seconds_ahead: float) -> float:
    """How many seconds further east the right zone must lie at least, if something was created this
    long in the future. It was seen a while after its creation."""
    return max(1, math.ceil((seconds_ahead - CLOCKS_AGREE) / QUARTER_HOUR)) * QUARTER_HOUR


def at_most_further_west(seconds_old: float) -> float:
    """How many seconds further west the right zone may lie at most, if nothing was younger than
    this when it was first seen."""
    return math.floor((seconds_old + CLOCKS_AGREE) / QUARTER_HOUR) * QUARTER_HOUR
