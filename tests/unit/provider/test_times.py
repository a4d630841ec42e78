import contextlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.provider.naive_times import LocalTimes

BERLIN = ZoneInfo("Europe/Berlin")


def seconds(*fields: int, zone: ZoneInfo | None = None) -> float:
    return datetime(*fields, tzinfo=zone or UTC).timestamp()


@given(
    st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2100, 12, 30)),  # noqa: DTZ001
    st.sampled_from(
        ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns"]
    ),
)
def test_a_naive_time_is_read_in_the_providers_zone_the_first_and_the_second_time(
    moment: datetime, name: str
) -> None:
    zone = ZoneInfo(name)
    times = LocalTimes(zone)
    moment = moment.replace(microsecond=0, fold=0)
    for near in (
        moment,
        moment.replace(minute=0, second=0),
        moment.replace(minute=59, second=59),
        moment,
    ):
        assert (
            times.unix(near.strftime("%Y-%m-%d %H:%M:%S").rjust(19, "0"))
            == near.replace(tzinfo=zone).timestamp()
        )


@pytest.mark.parametrize(
    "text",
    ["", "  ", "0000-00-00 00:00:00", "0000-00-00", "-0001-11-30 00:00:00", "0000-00-00T00:00:00Z"],
)
def test_zero_dates_and_empty_texts_are_null(text: str) -> None:
    assert LocalTimes(UTC).unix(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-04-27T19:44:06Z", seconds(2021, 4, 27, 19, 44, 6)),
        ("2021-04-27T19:44:06+02:00", seconds(2021, 4, 27, 17, 44, 6)),
        ("2021-04-27 19:44:06.000000+0200", seconds(2021, 4, 27, 17, 44, 6)),
        ("2021-04-27t19:44:06z", seconds(2021, 4, 27, 19, 44, 6)),
        ("2021-04-27T19:44:06", seconds(2021, 4, 27, 17, 44, 6)),  # no zone of its own: Berlin's
        ("2021-04-27 19:44", seconds(2021, 4, 27, 17, 44)),
        ("2021-04-27 19:44:06+00", seconds(2021, 4, 27, 19, 44, 6)),
        ("2021-04-27T19:44:06.5-03", seconds(2021, 4, 27, 22, 44, 6) + 0.5),
        ("2021-04-27 24:00:00", seconds(2021, 4, 27, 22)),
        ("2021-12-31 24:00", seconds(2021, 12, 31, 23)),
        ("2021-04-27T24:00:00+00", seconds(2021, 4, 28)),
        ("2016-12-31 23:59:60", seconds(2016, 12, 31, 23)),
        ("2016-12-31T23:59:60Z", seconds(2017, 1, 1)),
    ],
)
def test_iso_8601_is_read_as_it_is(text: str, expected: float) -> None:
    assert LocalTimes(BERLIN).unix(text) == expected


@pytest.mark.parametrize(
    "text", ["2021-04-27 24:00:01", "2021-04-27 24:30:00", "2021-04-27 23:59:61"]
)
def test_only_midnight_is_24_and_only_one_second_leaps(text: str) -> None:
    times = LocalTimes(BERLIN)
    for before in (text[:11] + "24:00:00", "2021-04-28 00:00:00", text[:11] + "23:59:60"):
        times.unix(before)
    with pytest.raises(ValueError, match=r"2024-04-03|hour|second"):
        times.unix(text)


def test_an_ambiguous_time_is_its_first_occurrence_and_a_skipped_one_is_read_as_if_the_clock_had_not_changed() -> (
    None
):
    times = LocalTimes(BERLIN)
    assert times.unix("2025-10-26 02:30:00") == seconds(2025, 10, 26, 0, 30)  # still summer time
    assert times.unix("2025-03-30 02:30:00") == seconds(2025, 3, 30, 1, 30)


def test_an_hour_in_which_the_clock_changes_is_never_remembered() -> None:
    zone = ZoneInfo("America/St_Johns")  # changed its clocks at 00:01 until 2011
    times = LocalTimes(zone)
    before, after = "2010-03-14 00:00:30", "2010-03-14 00:01:30"
    for text in (before, after, before):
        expected = datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()
        assert times.unix(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "soon",
        "2021-04-27",
        "2021-13-01 00:00:00",
        "2021-04-27 25:00:00",
        "0001-01-01 00:00:00",
        "9999-12-31 23:59:59",
        "2021-04-27 19:44:61",
        "20210427T194406",
        "2021-W17-2 10:00:00",
        "２０２１-04-27 19:44:06",
        "1" * 1_000_000,
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        LocalTimes(UTC).unix(text)


@given(st.text(max_size=30))
def test_no_text_does_worse_than_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        LocalTimes(BERLIN).unix(text)


def test_local_is_the_zones_wall_time() -> None:
    assert LocalTimes(BERLIN).local(seconds(2026, 7, 1, 10)) == datetime(2026, 7, 1, 12)  # noqa: DTZ001


def test_what_is_remembered_stays_bounded() -> None:
    times = LocalTimes(UTC)
    start = datetime(2000, 1, 1, tzinfo=UTC)
    for hour in range(20_000):
        times.unix((start + timedelta(hours=hour)).strftime("%Y-%m-%d %H:%M:%S"))
    assert len(times._hours) <= 8192
