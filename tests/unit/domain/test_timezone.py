"""Names of time zones: which are taken, and what is said of the others."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from monitor.domain.times.zones import time_zone, zone_fault


@pytest.mark.parametrize(
    "name",
    ["UTC", "Etc/UTC", "GMT", "Etc/GMT", "Europe/Berlin", "CET", "America/Argentina/Ushuaia"],
)
def test_a_name_that_means_what_it_says_is_taken(name: str) -> None:
    assert time_zone(name) == ZoneInfo(name)


@pytest.mark.parametrize(
    ("name", "fault", "hint"),
    [
        ("MSK", "is not a time zone", 'did you mean "Europe/Moscow"?'),
        ("msk", "is not a time zone", 'did you mean "Europe/Moscow"?'),
        ("BST", "is not a time zone", 'did you mean "Europe/London"?'),
        (
            "GMT+3",
            "is not a time zone",
            "name the place whose clocks are at UTC+03:00, such as Europe/Moscow",
        ),
        (
            "UTC-05:00",
            "is not a time zone",
            "name the place whose clocks are at UTC-05:00, such as America/New_York",
        ),
        (
            "+0530",
            "is not a time zone",
            "name the place whose clocks are at UTC+05:30, such as Asia/Kolkata",
        ),
        ("GMT+13", "is not a time zone", "name the place whose clocks are at UTC+13:00"),
        ("XYZ", "is not a time zone", "write an IANA name such as UTC or Europe/Berlin"),
        ("Europe/Berln", "is not a time zone", 'did you mean "Europe/Berlin"?'),
        ("Berlin", "is not a time zone", 'did you mean "Europe/Berlin"?'),
        ("../etc/passwd", "is not a time zone", None),
        (
            "Etc/GMT+3",
            "means 3 h behind UTC",
            "name the place whose clocks are at UTC-03:00, such as America/Sao_Paulo",
        ),
        (
            "Etc/GMT-3",
            "means 3 h ahead of UTC",
            "name the place whose clocks are at UTC+03:00, such as Europe/Moscow",
        ),
        ("right/UTC", "counts leap seconds", "write UTC"),
        ("posix/Europe/Berlin", "is another name", "write Europe/Berlin"),
        ("posixrules", "depends on the machine", "name a place, such as Europe/Berlin"),
        ("localtime", "depends on the machine", "name a place, such as Europe/Berlin"),
        ("Factory", "depends on the machine", "name a place, such as Europe/Berlin"),
    ],
)
def test_any_other_name_is_refused_with_what_it_means_and_what_to_write(
    name: str, fault: str, hint: str | None
) -> None:
    assert time_zone(name) is None
    found = zone_fault(name)
    assert found[0].startswith(fault)
    assert hint is None or found[1] == hint


@pytest.mark.parametrize("hours", [h for h in range(-14, 13) if h])
def test_what_a_reversed_name_is_said_to_mean_is_what_it_means(hours: int) -> None:
    name = f"Etc/GMT{hours:+}"
    offset = datetime(2026, 1, 1, tzinfo=UTC).astimezone(ZoneInfo(name)).utcoffset()
    side = "behind" if hours > 0 else "ahead of"
    assert offset == timedelta(hours=-hours)
    assert f"means {abs(hours)} h {side} UTC" in zone_fault(name)[0]


def test_places_that_are_named_for_an_offset_have_it() -> None:
    for minutes in range(-720, 841, 30):
        sign = "-" if minutes < 0 else "+"
        place = zone_fault(f"UTC{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}")[1].partition(
            "such as "
        )[2]
        if place:
            offsets = {
                datetime(2026, month, 1, tzinfo=UTC).astimezone(ZoneInfo(place)).utcoffset()
                for month in (1, 7)
            }
            assert timedelta(minutes=minutes) in offsets
