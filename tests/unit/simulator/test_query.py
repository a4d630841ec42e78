from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.simulator.dialect import Dialect
from monitor.simulator.http_answers import Refusal
from monitor.simulator.query import ListQuery, read_query

NOW = datetime(2026, 5, 31, 12, 0, tzinfo=UTC)


def read(zone: str = "UTC", now: datetime = NOW, **parameters: str) -> ListQuery:
    names = {
        "from_": "filter[from]",
        "to": "filter[to]",
        "type_": "filter[type]",
        "limit": "page[limit]",
        "offset": "page[offset]",
    }
    given_ = {names.get(name, name): value for name, value in parameters.items()}
    return read_query(given_, now=now, zone=ZoneInfo(zone), dialect=Dialect())


def test_the_documented_defaults_hold() -> None:
    query = read()
    assert (query.message_type, query.offset, query.limit, query.sort, query.way, query.search) == (
        "sms",
        0,
        50,
        "id",
        "asc",
        None,
    )
    assert query.last == int(NOW.timestamp())
    assert datetime.fromtimestamp(query.first, UTC) == datetime(2026, 2, 28, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "wrong",
    [
        {"limit": "29"}, {"limit": "501"}, {"limit": "x"}, {"limit": "-50"}, {"offset": "-1"}, {"offset": "1.0"},
        {"type_": "viber"}, {"type_": ""}, {"sort": "name"}, {"way": "up"},
        {"from_": "2026-05-31"}, {"from_": "2026-05-31T10:00:00"}, {"from_": "2026-02-30 00:00:00"}, {"from_": ""},
        {"from_": "2026-05-31 10:00:00Z"},
        {"from_": "2026-05-31 12:00:01"}, {"from_": "2026-02-28 11:59:59"}, {"to": "2026-06-30 12:00:01"},
        {"from_": "2026-05-02 00:00:00", "to": "2026-05-01 00:00:00"},
        {"filter[field]": "name", "filter[value]": "x"}, {"filter[field]": "sender"}, {"filter[value]": "x"},
        {"search[field]": "sender", "search[value]": ""}, {"search[field]": "sender", "search[value]": "x" * 256},
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_a_422_that_names_it(wrong: dict[str, str]) -> None:
    with pytest.raises(Refusal) as caught:
        read(**wrong)
    assert caught.value.status == 422
    assert caught.value.errors


@pytest.mark.parametrize("word", ["filter", "search"])
def test_both_search_spellings_are_understood(word: str) -> None:
    assert read(**{f"{word}[field]": "taskname", f"{word}[value]": "5"}).search == ("taskname", "5")


def test_a_window_may_reach_30_days_ahead() -> None:
    assert read(to="2026-06-30 12:00:00", from_="2026-05-01 00:00:00").last == int(
        (NOW + timedelta(days=30)).timestamp()
    )


# naive, as the provider's are
@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)))  # noqa: DTZ001
def test_89_days_always_fit_and_93_never_do(last: datetime) -> None:
    last = last.replace(microsecond=0)
    now = last.replace(tzinfo=UTC)
    assert read(now=now, to=str(last), from_=str(last - timedelta(days=89)))
    with pytest.raises(Refusal):
        read(now=now, to=str(last), from_=str(last - timedelta(days=93)))


def test_times_are_read_in_the_providers_zone_and_ambiguous_ones_as_the_first() -> None:
    query = read(
        zone="Europe/Berlin",
        now=datetime(2026, 11, 1, tzinfo=UTC),
        from_="2026-10-25 02:30:00",
        to="2026-10-26 00:00:00",
    )
    assert datetime.fromtimestamp(query.first, UTC) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert datetime.fromtimestamp(query.last, UTC) == datetime(2026, 10, 25, 23, 0, tzinfo=UTC)
