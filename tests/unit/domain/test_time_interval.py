"""Time intervals: which moments they contain, and when that may change."""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.times.intervals import NamedIntervals, TimeInterval, muted_by, next_boundary

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = TimeInterval(times=((22 * 60, 1440),), location=BERLIN)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("interval", "moment", "inside"),
    [
        (TimeInterval(), "2026-03-02 09:00", True),
        (TimeInterval(times=((540, 600),)), "2026-03-02 09:00", True),
        (TimeInterval(times=((540, 600),)), "2026-03-02 10:00", False),  # the end is not in it
        (TimeInterval(times=((540, 600),)), "2026-03-02 09:59:59", True),
        (NIGHT, "2026-03-02 21:00", True),  # 22:00 in Berlin
        (NIGHT, "2026-03-02 20:59", False),
        (NIGHT, "2026-07-02 20:00", True),  # summer time
        (TimeInterval(weekdays=((1, 5),)), "2026-03-02 09:00", True),  # a Monday
        (TimeInterval(weekdays=((0, 0), (6, 6))), "2026-03-01 09:00", True),  # a Sunday
        (TimeInterval(weekdays=((6, 6),)), "2026-03-02 09:00", False),
        (TimeInterval(days_of_month=((-1, -1),)), "2026-02-28 09:00", True),
        (TimeInterval(days_of_month=((-1, -1),)), "2024-02-28 09:00", False),
        (TimeInterval(days_of_month=((29, 31),)), "2026-02-28 09:00", False),
        (TimeInterval(days_of_month=((1, -3),)), "2026-02-26 09:00", True),
        (TimeInterval(days_of_month=((1, -3),)), "2026-02-27 09:00", False),
        (TimeInterval(days_of_month=((-31, -30),)), "2026-02-01 09:00", False),
        (TimeInterval(months=((1, 3),), years=((2025, 2026),)), "2026-03-31 23:59", True),
        (TimeInterval(months=((1, 3),), years=((2025, 2025),)), "2026-03-31 23:59", False),
        (
            TimeInterval(times=((0, 60),), weekdays=((2, 2),)),
            "2026-03-02 00:30",
            False,
        ),  # every part must hold
    ],
)
def test_what_an_interval_contains(interval: TimeInterval, moment: str, inside: bool) -> None:
    assert interval.contains(at(moment)) is inside


spans = (
    st.tuples(st.integers(0, 1439), st.integers(1, 1440))
    .map(sorted)
    .filter(lambda s: s[0] < s[1])
    .map(tuple)
)
zones = st.sampled_from(
    [
        UTC,
        BERLIN,
        ZoneInfo("America/St_Johns"),
        ZoneInfo("Australia/Lord_Howe"),
        ZoneInfo("America/Havana"),
    ]
)


@st.composite
def intervals(draw: st.DrawFn) -> TimeInterval:
    zone: tzinfo = draw(zones)
    return TimeInterval(
        times=tuple(draw(st.lists(spans, max_size=2))),
        weekdays=draw(st.sampled_from([(), ((1, 5),), ((0, 0),)])),
        days_of_month=draw(st.sampled_from([(), ((-1, -1),), ((1, 1), (29, 31))])),
        location=zone,
    )


starts = st.sampled_from(
    [
        "2026-03-29 00:00",
        "2026-10-25 00:00",
        "2026-03-08 03:00",
        "2026-11-01 03:00",
        "2026-04-04 14:00",
        "2026-10-03 15:00",
    ]
)


@given(intervals(), starts, st.integers(0, 2000))
def test_nothing_changes_before_the_next_boundary(
    interval: TimeInterval, start: str, minutes: int
) -> None:
    now = at(start) + timedelta(minutes=minutes)
    boundary = interval.next_boundary(now)
    assert now < boundary <= now + timedelta(hours=26)
    inside = interval.contains(now)
    moment = now
    while moment < boundary:
        assert interval.contains(moment) is inside
        moment += timedelta(minutes=7)
    assert (
        interval.contains(boundary - timedelta(seconds=1)) is inside
        or boundary - timedelta(seconds=1) < now
    )


def test_a_window_begins_and_ends_at_its_boundaries() -> None:
    assert NIGHT.next_boundary(at("2026-03-02 12:00")) == at("2026-03-02 21:00")
    assert NIGHT.next_boundary(at("2026-03-02 21:00")) == at("2026-03-02 23:00")


def test_the_night_that_clocks_are_changed_ends_when_they_are() -> None:
    skipped = TimeInterval(times=((150, 240),), location=BERLIN)  # 02:30, which does not come
    assert not skipped.contains(at("2026-03-29 00:59"))
    assert skipped.next_boundary(at("2026-03-29 00:30")) == at("2026-03-29 01:00")
    assert skipped.contains(at("2026-03-29 01:00"))


def test_mute_intervals_mute_and_active_ones_mute_the_rest() -> None:
    night = NamedIntervals(name="night", intervals=(NIGHT,))
    assert muted_by([night], [], at("2026-03-02 21:30")) == "mute time interval night"
    assert muted_by([night], [], at("2026-03-02 12:00")) is None
    assert muted_by([], [night], at("2026-03-02 12:00")) == "outside of active time interval night"
    assert muted_by([], [night], at("2026-03-02 21:30")) is None
    assert muted_by([], [], at("2026-03-02 21:30")) is None
    assert next_boundary([night], at("2026-03-02 12:00")) == at("2026-03-02 21:00")
    assert next_boundary([], at("2026-03-02 12:00")) is None
