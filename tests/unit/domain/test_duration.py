from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.times.duration import format_duration, humanize_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("0s", 0),
        ("90s", 90),
        ("5m", 300),
        ("1h30m", 5_400),
        ("1d", 86_400),
        ("1w", 604_800),
        ("1y", 31_536_000),
        ("500ms", 0.5),
        ("1y2w3d4h5m6s7ms", 31_536_000 + 2 * 604_800 + 3 * 86_400 + 4 * 3_600 + 5 * 60 + 6.007),
        ("48h", 172_800),
    ],
)
def test_durations_are_read_as_prometheus_reads_them(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("", "empty"),
        ("90", "write 90s for seconds"),
        ("1m1h", "largest unit comes first"),
        ("5m5m", "a unit stands twice"),
        ("-5m", "cannot be negative"),
        ("1.5h", "write 1h30m instead of 1.5h"),
        ("1 h", "without spaces"),
        ("5min", "y, w, d, h, m, s, ms"),
        ("٣m", "whole numbers"),
        ("1h\n", "without spaces"),
        ("293y", "292 years"),
        ("9" * 200 + "s", "292 years"),
    ],
)
def test_what_is_no_duration_is_refused_with_advice(text: str, advice: str) -> None:
    with pytest.raises(ValueError, match="duration") as caught:
        parse_duration(text)
    assert advice in str(caught.value)
    assert len(str(caught.value)) < 200


@given(st.integers(0, 292 * 365 * 86_400_000))
def test_what_is_formatted_is_read_back_as_it_was(milliseconds: int) -> None:
    duration = timedelta(milliseconds=milliseconds)
    assert parse_duration(format_duration(duration)) == duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (90, "1m30s"),
        (86_400 * 90, "90d"),
        (604_800, "1w"),
        (129_600, "1d12h"),
        (31_536_000, "1y"),
        (0.25, "250ms"),
    ],
)
def test_durations_are_formatted_as_prometheus_formats_them(seconds: float, text: str) -> None:
    assert format_duration(timedelta(seconds=seconds)) == text


def test_a_negative_duration_is_not_formatted() -> None:
    with pytest.raises(ValueError, match="negative"):
        format_duration(timedelta(seconds=-1))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.0004, "less than a second"),
        (0.999, "less than a second"),
        (-0.25, "less than a second"),
        (1, "1 s"),
        (45.9, "45 s"),
        (5_400, "1 h 30 min"),
        (5_399, "1 h 29 min"),
        (3_600, "1 h"),
        (3_605, "1 h"),
        (86_400 * 3 + 4 * 3_600 + 59, "3 d 4 h"),
        (-300, "-5 min"),
        (float("inf"), "–"),
        (float("nan"), "–"),
    ],
)
def test_people_read_the_two_largest_units(seconds: float, text: str) -> None:
    assert humanize_duration(seconds) == text


def test_a_timedelta_is_humanized_like_its_seconds() -> None:
    assert humanize_duration(timedelta(minutes=20)) == "20 min"


@given(st.floats())
def test_no_number_of_seconds_makes_humanizing_fail(seconds: float) -> None:
    assert humanize_duration(seconds)
