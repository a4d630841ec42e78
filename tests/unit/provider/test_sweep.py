import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from monitor.ports import Incomplete
from monitor.provider.naive_times import LocalTimes
from monitor.provider.sweep import windows
from tests.unit.provider.scripted import LIST, ok, page, reader, row, scripted

HOUR, DAY = 3600.0, 86400.0
STARTED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC).timestamp()


def parsed(text: str) -> datetime:
    # naive is what the provider gets
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007


def test_a_window_begins_two_hours_early_and_ends_26_hours_ahead() -> None:
    (only,) = windows(since=STARTED - 3 * DAY, started=STARTED, times=LocalTimes(UTC))
    assert (only.start, only.end) == ("2026-02-27 07:00:00", "2026-03-03 11:00:00")


def test_a_window_is_in_the_providers_zone() -> None:
    (only,) = windows(since=STARTED, started=STARTED, times=LocalTimes(ZoneInfo("Asia/Tokyo")))
    assert (only.start, only.end) == ("2026-03-02 16:00:00", "2026-03-03 20:00:00")


@given(
    st.floats(0, 400 * DAY),
    st.integers(0, 700).map(lambda days: STARTED - days * DAY),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
)
def test_windows_are_short_enough_overlap_and_cover_every_creation_time(
    back: float, started: float, name: str
) -> None:
    times = LocalTimes(ZoneInfo(name))
    asked = [
        (parsed(w.start), parsed(w.end))
        for w in windows(since=started - back, started=started, times=times)
    ]
    assert all(timedelta(0) < end - start <= timedelta(days=89) for start, end in asked)
    for (_, end), (start, _) in itertools.pairwise(asked):
        assert end - start >= timedelta(hours=2)
    assert asked[0][0] <= times.local(started - back)
    assert asked[-1][1] >= times.local(started + 24 * HOUR)


def test_a_full_sweep_of_three_months_takes_two_windows() -> None:
    assert len(windows(since=STARTED - 92 * DAY, started=STARTED, times=LocalTimes(UTC))) == 2


@pytest.mark.parametrize("broken", [0, 1])
async def test_a_sweep_over_two_windows_of_which_one_does_not_join_is_not_complete(
    broken: int,
) -> None:
    windows_seen: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        start = request.query["filter[from]"]
        if start not in windows_seen:
            windows_seen.append(start)
        wrong = windows_seen.index(start) == broken
        return ok(
            page(row(1 + windows_seen.index(start), message_type="sms"), total=5 if wrong else None)
        )

    async with scripted({LIST: answer}) as server, reader(server.url) as provider:
        sweep = await provider.sweep("sms", since=STARTED - 92 * DAY, started=STARTED)
    assert len(windows_seen) == 2
    assert windows_seen[0] > windows_seen[1], "the newest window comes first"
    assert (sweep.complete, sweep.incomplete) == (False, Incomplete.NO_END)
    assert [campaign.id for campaign in sweep.campaigns] == [1, 2]
