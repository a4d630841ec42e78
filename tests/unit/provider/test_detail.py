"""A campaign's detail as the provider may write it."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.campaign.detail import COUNTERS, CampaignDetail, Split, breakdown, filled_from
from monitor.provider.campaign_detail import read_detail
from monitor.provider.wire import BodyError

DOCUMENTED: dict[str, Any] = {
    "id": 7, "name": "RCS api campaign", "sender": "ShopAgent", "status": "done", "type": "rcs",
    "started_at": "2024-04-03 12:14:49", "actual_start_at": "2024-04-03 12:15:06", "finished_at": "2024-04-03 12:40:07",
    "created_at": "2024-04-03 12:14:49",
    "statistics": {
        "delivered": 380, "sent": 2, "scheduled": 1, "moderation": 0, "accepted": 11, "sending": 12, "expired": 9, "failed": 3,
        "undelivered": 6, "unknown": 4, "read": 90, "not_viber_user": 5, "not_rcs_user": 70,
    },
    "total_messages": 593, "total_phones": 590, "total_price": "5.6000000", "currency": "EUR",
    "alternative_channels": {"sms": {"statistics": {"delivered": 61, "sent": 4, "expired": 5, "failed": 0}}},
}  # fmt: skip


def read(data: Any) -> CampaignDetail:
    body = data if isinstance(data, bytes) else json.dumps({"data": data}).encode()
    return read_detail(body, campaign_id=7, read_at=1000.5)


def changed(**changes: Any) -> CampaignDetail:
    return read(DOCUMENTED | changes)


def test_a_documented_detail_is_read_whole() -> None:
    assert read(DOCUMENTED) == CampaignDetail(
        read_at=1000.5, total_messages=593, total_phones=590, total_price=5.6, currency="EUR", delivered=380, awaiting_report=2,
        scheduled=1, moderation=0, accepted=11, sending=12, expired=9, failed=3, undelivered=6, unknown=4, read=90,
        not_viber_user=5, not_rcs_user=70, fallback=Split(delivered=61, awaiting_report=4, expired=5, failed=0),
    )  # fmt: skip


@pytest.mark.parametrize(
    "channels",
    [
        [{"sms": {"statistics": {"delivered": 61, "sent": 4}}}],
        {"sms": [{"statistic": {"delivered": 61}}, {"statistics": {"sent": 4}}]},
        [
            1,
            {"viber": {}},
            {"sms": [[{}], {"statistics": [], "statistic": {"delivered": 61, "sent": 4}}]},
        ],
    ],
)
def test_a_fallback_may_come_in_arrays(channels: Any) -> None:
    assert changed(alternative_channels=channels).fallback == Split(delivered=61, awaiting_report=4)


@pytest.mark.parametrize("spelling", ["statistics", "statistic"])
@pytest.mark.parametrize(
    ("statistics", "expired"),
    [
        ({"expired": 3}, 3),
        ({"expired": "3"}, 3),
        ({"expired": 3.0, "new": {"a": 1}}, 3),
        ([{"expired": 3}], 3),
        ([{"expired": 3}, {"expired": "4"}, {"failed": 1}], 7),
        ({"expired": ""}, None),
        ({"expired": None}, None),
        ({}, None),
        ([], None),
        (None, None),
    ],
)
def test_statistics_come_in_many_shapes(
    spelling: str, statistics: Any, expired: int | None
) -> None:
    bare = {name: value for name, value in DOCUMENTED.items() if name != "statistics"}
    found = read(
        {**bare, spelling: statistics, "alternative_channels": {"sms": {spelling: statistics}}}
    )
    assert found.expired == expired
    assert (found.fallback and found.fallback.expired) == expired


@pytest.mark.parametrize(
    "channels", [{}, [], None, {"sms": None}, {"sms": []}, {"sms": {}}, {"viber": {}}, [1]]
)
def test_no_fallback_comes_in_many_shapes(channels: Any) -> None:
    assert changed(alternative_channels=channels).fallback is None


def test_numbers_may_be_texts_and_what_is_missing_is_null() -> None:
    found = changed(id="7", total_messages="593", total_phones="", total_price=5.6, currency=None)
    assert (found.total_messages, found.total_phones, found.total_price, found.currency) == (
        593,
        None,
        5.6,
        None,
    )
    assert read({}) == CampaignDetail(read_at=1000.5)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": 8},
        {"id": "x"},
        {"id": [7]},
    ],
)
def test_a_detail_that_may_be_of_another_campaign_is_refused(changes: Any) -> None:
    with pytest.raises(BodyError):
        changed(**changes)


def with_expired(value: Any) -> dict[str, Any]:
    return {"statistics": DOCUMENTED["statistics"] | {"expired": value}}


@pytest.mark.parametrize(
    ("changes", "odd"),
    [
        (with_expired(-1), {"expired"}),
        (with_expired(1.5), {"expired"}),
        (with_expired(True), {"expired"}),
        (with_expired("NaN"), {"expired"}),
        (with_expired({"a": 1}), {"expired"}),
        ({"statistics": [{"expired": 3}, {"expired": -1}]}, {"expired"}),
        ({"statistics": 5}, set(COUNTERS)),
        ({"total_messages": 10**30}, {"total_messages"}),
        ({"total_phones": []}, {"total_phones"}),
        ({"total_price": "free"}, {"total_price"}),
        ({"currency": 5}, {"currency"}),
        ({"alternative_channels": 5}, {"fallback"}),
        (
            {"alternative_channels": {"sms": [{"statistics": {"sent": -4, "expired": 5}}, {}]}},
            {"fallback.awaiting_report"},
        ),
    ],
)
def test_an_odd_field_costs_that_field_and_is_marked(changes: Any, odd: set[str]) -> None:
    whole, found = read(DOCUMENTED), changed(**changes)
    assert {mark.field for mark in found.unreadable} == {f"detail.{name}" for name in odd}
    assert all(mark.found and mark.since == 1000.5 for mark in found.unreadable)
    first, again = filled_from(None, found), filled_from(whole, found)
    assert not any(mark.known for mark in first.unreadable)
    assert all(mark.known for mark in again.unreadable)
    for name in odd:
        part, _, counter = name.partition(".")
        if counter:
            assert getattr(found.fallback, counter) is None
            assert getattr(again.fallback, counter) == getattr(whole.fallback, counter)
        else:
            assert getattr(found, part) is None
            assert getattr(again, part) == getattr(whole, part)
    if "alternative_channels" in changes and "fallback" not in odd:
        assert found.fallback == Split(expired=5)
    elif "statistics" not in changes:
        assert (again.expired, again.failed) == (9, 3)


def test_a_field_of_a_detail_is_unreadable_since_it_was_first_found_so() -> None:
    odd = changed(**with_expired("many"))
    later = msgspec.structs.replace(
        odd,
        unreadable=tuple(msgspec.structs.replace(each, since=2000.0) for each in odd.unreadable),
    )
    found = filled_from(filled_from(read(DOCUMENTED), odd), later)
    assert [(each.since, each.known) for each in found.unreadable] == [(1000.5, True)]
    assert filled_from(found, read(DOCUMENTED)) == read(DOCUMENTED)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"data": 5}',
        b'{"data": null}',
        b"<html>",
        b'{"error": "40", "data": {}}',
        b"\xff",
    ],
)
def test_an_answer_of_another_kind_is_refused(body: bytes) -> None:
    with pytest.raises(BodyError):
        read(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.sampled_from(COUNTERS), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.sampled_from(sorted(DOCUMENTED)), JSON)
def test_no_value_in_any_field_does_worse_than_cost_the_detail(name: str, value: Any) -> None:
    try:
        found = changed(**{name: value})
    except BodyError:
        return
    for split in (found, found.fallback or Split()):
        assert all(
            value is None or 0 <= value < 2**63
            for value in (getattr(split, counter) for counter in COUNTERS)
        )
    assert msgspec.json.decode(msgspec.json.encode(found), type=CampaignDetail) == found
    breakdown(found)


@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_body_does_worse_than_be_refused(body: bytes) -> None:
    try:
        read(body)
    except BodyError:
        return
    assert isinstance(json.loads(body), dict)
