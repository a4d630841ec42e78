import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.campaign.feed import RejectReason
from monitor.domain.campaign.snapshot import Campaign, PartlyRead
from monitor.provider.lenient_values import LONGEST_FOUND
from monitor.provider.naive_times import LocalTimes
from monitor.provider.row import RowDecoder, RowError, row_id, undocumented
from tests.unit.provider.scripted import row


def raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(value if isinstance(value, bytes) else json.dumps(value).encode())


def decoded(value: Any) -> Campaign:
    return RowDecoder("default", LocalTimes(UTC)).decode(raw(value))


def at(hour: int, minute: int, second: int = 0) -> float:
    return datetime(2026, 3, 2, hour, minute, second, tzinfo=UTC).timestamp()


def test_a_documented_row_is_read_whole() -> None:
    assert decoded(row(53651994, calculated_price="5.6000000", currency="EUR")) == Campaign(
        account="default",
        id=53651994,
        name="campaign 53651994",
        sender="ShopAgent",
        status="sending",
        message_type="rcs",
        created_at=at(7, 59),
        start_at=at(8, 0),
        real_start_at=at(8, 0, 5),
        finished_at=None,
        sent=500,
        delivered=412,
        fallback_sent=70,
        fallback_delivered=61,
        calculated_price=5.6,
        currency="EUR",
    )


@pytest.mark.parametrize(
    ("statistics", "expected"),
    [
        ({"sent": 5, "delivered": 7}, (5, 7)),  # delivered above sent is data
        ({"sent": "5", "delivered": "7"}, (5, 7)),
        ({"sent": 5.0, "delivered": "7.0"}, (5, 7)),
        ({"sent": 5}, (5, None)),
        ({}, (None, None)),
        ([], (None, None)),
        (None, (None, None)),
        ([{"sent": 5, "delivered": 7}], (5, 7)),
        ([{"sent": 5, "delivered": 7}, {"sent": 1}, {"sent": "", "delivered": None}], (6, 7)),
        ({"sent": 5, "delivered": 7, "read": {"new": []}}, (5, 7)),
    ],
)
@pytest.mark.parametrize("spelling", ["statistics", "statistic"])
def test_statistics_come_in_many_shapes(
    statistics: Any, expected: tuple[int | None, int | None], spelling: str
) -> None:
    value = row()
    del value["statistics"]
    campaign = decoded(
        {**value, spelling: statistics, "alternative_channels": {"sms": {spelling: statistics}}}
    )
    assert (campaign.sent, campaign.delivered) == expected
    assert (campaign.fallback_sent, campaign.fallback_delivered) == expected


@pytest.mark.parametrize(
    "channels",
    [
        [{"sms": {"statistic": {"sent": 5, "delivered": 7}}}],
        {"sms": [{"statistics": {"sent": 5, "delivered": 7}}]},
        [{"sms": [{"statistic": [{"sent": 2}, {"sent": 3, "delivered": 7}]}]}],
        [
            {"viber": {}},
            {"sms": [{"statistics": {"sent": 1}}, {"statistics": {"sent": 4}}]},
            {"sms": {"statistic": {"delivered": 7}}},
        ],
        [None, 1, {"sms": {"statistics": [], "statistic": {"sent": 5, "delivered": 7}}}],
    ],
)
def test_a_fallback_may_come_in_arrays(channels: Any) -> None:
    campaign = decoded(row(alternative_channels=channels))
    assert (campaign.fallback_sent, campaign.fallback_delivered) == (5, 7)


@pytest.mark.parametrize(
    "channels", [[{"sms": {"statistics": "x"}}], {"sms": [{"statistics": {"sent": []}}]}]
)
def test_a_fallback_in_an_array_that_cannot_be_read_costs_the_fallback(channels: Any) -> None:
    found = decoded(row(alternative_channels=channels))
    assert isinstance(found, PartlyRead)
    assert [mark.field for mark in found.unreadable] == ["fallback_sent", "fallback_delivered"]


@pytest.mark.parametrize(
    ("written", "name"),
    [(b"caf\xe9 sale", "caf\ufffd sale"), (b"cut \xf0\x9f", "cut \ufffd"), (b"\xc3", "\ufffd")],
)
def test_bytes_that_are_not_utf_8_cost_themselves_and_not_the_row(
    written: bytes, name: str
) -> None:
    campaign = decoded(json.dumps(row(7, name="NAME")).encode().replace(b"NAME", written))
    assert (campaign.id, campaign.name, campaign.sent) == (7, name, 500)


@pytest.mark.parametrize("channels", [{}, [], None, {"sms": None}, {"sms": []}, {"viber": {}}, [1]])
def test_no_fallback_comes_in_many_shapes(channels: Any) -> None:
    campaign = decoded(row(alternative_channels=channels))
    assert (campaign.fallback_sent, campaign.fallback_delivered) == (None, None)


@pytest.mark.parametrize(
    ("value", "expected"), [(0, 0.0), ("0.10", 0.1), ("", None), (None, None), (-2.5, -2.5)]
)
def test_a_price_may_be_a_text_or_missing(value: Any, expected: float | None) -> None:
    assert decoded(row(calculated_price=value)).calculated_price == expected


@pytest.mark.parametrize("value", [7, "7", 7.0])
def test_an_id_may_be_a_text(value: Any) -> None:
    assert decoded(row(value)).id == 7
    assert row_id(raw({"id": value, "name": 3})) == 7


BERLIN = ZoneInfo("Europe/Berlin")


def utc(*clock: int) -> float:
    """A time of the night in which Berlin's clocks are set from 03:00 to 02:00, at 01:00 UTC."""
    return datetime(2025, 10, 26, *clock, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("created", "start", "real_start", "finished", "expected"),
    [
        (
            "02:45",
            "02:15",
            None,
            None,
            (utc(0, 45), utc(1, 15), None, None),
        ),  # planned for the second pass
        (
            "02:15",
            "02:45",
            "02:46",
            "02:50",
            (utc(0, 15), utc(0, 45), utc(0, 46), utc(0, 50)),
        ),  # nothing speaks against
        (
            "01:15",
            "02:45",
            "02:10",
            "02:20",
            (utc(23, 15) - 86400, utc(0, 45), utc(1, 10), utc(1, 20)),
        ),
        ("01:15", None, "02:45", "02:15", (utc(23, 15) - 86400, None, utc(0, 45), utc(1, 15))),
        ("02:45", None, "02:15", None, (utc(0, 45), None, utc(1, 15), None)),
        ("02:45", None, None, "02:15", (utc(0, 45), None, None, utc(1, 15))),
        (
            "03:30",
            "02:15",
            None,
            None,
            (utc(2, 30), utc(0, 15), None, None),
        ),  # neither reading fits
        (
            "02:45:30",
            "02:45:00",
            None,
            None,
            (utc(0, 45, 30), utc(0, 45), None, None),
        ),  # clocks that differ by seconds
    ],
)
def test_of_an_hour_that_occurs_twice_the_reading_that_fits_the_order_of_things_is_taken(
    created: str,
    start: str | None,
    real_start: str | None,
    finished: str | None,
    expected: tuple[float | None, ...],
) -> None:
    written = {
        "created_at": created,
        "start_at": start,
        "real_start_at": real_start,
        "finished_at": finished,
    }
    texts = {name: clock and f"2025-10-26 {clock}" for name, clock in written.items()}
    decoder = RowDecoder("default", LocalTimes(BERLIN))
    for _ in range(2):  # the second time some hours are remembered
        read = decoder.decode(raw(row(**texts)))
        assert (read.created_at, read.start_at, read.real_start_at, read.finished_at) == expected


def test_empty_and_zero_dates_are_null_and_unknown_fields_are_ignored() -> None:
    campaign = decoded(row(start_at="", finished_at="0000-00-00 00:00:00", something={"new": [1]}))
    assert (campaign.start_at, campaign.finished_at) == (None, None)


def test_names_that_are_numbers_or_null_are_texts() -> None:
    campaign = decoded(row(name=None, sender=12345))
    assert (campaign.name, campaign.sender) == ("", "12345")


def test_what_is_not_documented_is_kept_and_named() -> None:
    campaign = decoded(row(status="teleporting", message_type="fax"))
    assert (campaign.status, campaign.message_type) == ("teleporting", "fax")
    assert undocumented(campaign) == ["status", "message_type"]
    assert undocumented(decoded(row())) == []


def test_short_texts_are_shared_between_campaigns() -> None:
    decoder = RowDecoder("default", LocalTimes(UTC))
    first, second = (decoder.decode(raw(row(n, currency="EUR"))) for n in (1, 2))
    for name in ("account", "status", "message_type", "sender", "currency"):
        assert getattr(first, name) is getattr(second, name)


def test_absurdly_long_texts_are_cut_and_nul_is_replaced() -> None:
    campaign = decoded(row(name="x" * 1_000_000, sender="a\0b", status="s" * 5000))
    assert (len(campaign.name), campaign.sender, len(campaign.status)) == (1000, "a\ufffdb", 64)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": None}, RejectReason.MISSING_FIELD),
        ({"status": ""}, RejectReason.MISSING_FIELD),
        ({"status": ["sent"]}, RejectReason.MALFORMED),
        ({"id": 0}, RejectReason.BAD_ID),
        ({"id": -5}, RejectReason.BAD_ID),
        ({"id": 2**63}, RejectReason.BAD_ID),
        ({"id": 1.5}, RejectReason.BAD_ID),
        ({"id": "abc"}, RejectReason.BAD_ID),
        ({"id": "9" * 5000}, RejectReason.BAD_ID),
        ({"id": True}, RejectReason.BAD_ID),
    ],
)
def test_a_row_is_lost_only_without_a_readable_id_or_status(
    change: dict[str, Any], reason: RejectReason
) -> None:
    with pytest.raises(RowError) as caught:
        decoded(row(**change))
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"message_type": None}, {"message_type"}),
        ({"created_at": "0000-00-00 00:00:00"}, {"created_at"}),
        ({"created_at": "30.11.2026 12:00"}, {"created_at"}),
        ({"name": ["x"]}, {"name"}),
        ({"sender": {}}, {"sender"}),
        ({"statistics": 5}, {"sent", "delivered"}),
        ({"statistics": {"sent": -1}}, {"sent", "delivered"}),
        ({"statistics": {"sent": 1.5}}, {"sent", "delivered"}),
        ({"statistics": {"sent": "NaN"}}, {"sent", "delivered"}),
        ({"statistics": {"delivered": 10**30}}, {"sent", "delivered"}),
        (
            {"alternative_channels": {"sms": {"statistic": {"sent": -1}}}},
            {"fallback_sent", "fallback_delivered"},
        ),
        ({"calculated_price": "5.60 EUR"}, {"calculated_price"}),
        ({"calculated_price": 10**400}, {"calculated_price"}),
        ({"currency": 978}, {"currency"}),
        ({"start_at": "tomorrow"}, {"start_at"}),
        ({"start_at": 1712139289}, {"start_at"}),
        ({"finished_at": "9999-12-31 23:59:59"}, {"finished_at"}),
        ({"start_at": 5, "calculated_price": "free"}, {"start_at", "calculated_price"}),
    ],
)
def test_a_field_that_cannot_be_read_costs_that_field_alone(
    change: dict[str, Any], fields: set[str]
) -> None:
    found, whole = decoded(row(**change)), decoded(row())
    assert isinstance(found, PartlyRead)
    assert {mark.field for mark in found.unreadable} == fields
    for name in Campaign.__struct_fields__:
        if name not in fields:
            assert getattr(found, name) == getattr(whole, name)


def test_what_stood_there_is_told_short_and_harmless() -> None:
    found = decoded(row(calculated_price="5.60\u202e EUR" + "x" * 500))
    assert isinstance(found, PartlyRead)
    (mark,) = found.unreadable
    assert mark.found.startswith('"5.60')
    assert len(mark.found) <= LONGEST_FOUND
    assert "\u202e" not in mark.found


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"1",
        b"null",
        b'"x"',
        b'{"id":5,"name":"\xff\xfe"}',
        b'{"id":5,"name":"\\ud800"}',
        b'{"id":1' + b"0" * 5000 + b"}",
    ],
)
def test_rows_that_are_no_rows_are_malformed(body: bytes) -> None:
    with pytest.raises(RowError):
        decoded(body)


def test_the_id_of_an_unreadable_row_is_still_read() -> None:
    assert row_id(msgspec.Raw(b'{"id":5,"name":"\xff\xfe"}')) == 5
    assert row_id(raw(row(5, status=None))) == 5
    for nameless in (
        b"[]",
        b"null",
        b'{"id":"x"}',
        b'{"id":-1}',
        b'{"id":true}',
        b"{}",
        b"[" * 5000 + b"]" * 5000,
    ):
        assert row_id(msgspec.Raw(nameless)) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(st.sampled_from(sorted(row())), JSON)
def test_no_value_in_any_field_does_worse_than_cost_the_row(name: str, value: Any) -> None:
    try:
        campaign = decoded(row(**{name: value}))
    except RowError:
        return
    for counter in (
        campaign.sent,
        campaign.delivered,
        campaign.fallback_sent,
        campaign.fallback_delivered,
    ):
        assert counter is None or 0 <= counter < 2**63
    msgspec.json.encode(campaign)
