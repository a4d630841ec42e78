"""A breakdown in words: what explains that messages did not arrive, biggest first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.campaign.detail import (
    COUNTERS,
    NOT_HANDED_OVER,
    CampaignDetail,
    Split,
    breakdown,
)


def detail(
    *, fallback: Split | None = None, total_messages: int | None = None, **counters: int
) -> CampaignDetail:
    return CampaignDetail(read_at=0.0, fallback=fallback, total_messages=total_messages, **counters)


def test_the_biggest_reason_comes_first_and_what_arrived_is_no_reason() -> None:
    assert breakdown(detail(delivered=40, read=10, expired=9, failed=3, not_rcs_user=38)) == (
        "not RCS-capable 38 %, expired 9 %, failed 3 %"
    )


def test_shares_are_of_what_was_handed_over_not_of_what_still_waits() -> None:
    told = breakdown(
        detail(delivered=90, failed=10, scheduled=400, moderation=500, total_messages=1000)
    )
    assert told == "failed 10 %"


def test_what_is_still_to_be_reported_is_a_reason_too_and_one_of_three_states() -> None:
    assert (
        breakdown(detail(delivered=10, awaiting_report=20, accepted=5, sending=5, expired=10))
        == "no report yet 60 %, expired 20 %"
    )


def test_the_documented_example() -> None:
    example = detail(
        delivered=380, awaiting_report=2, expired=9, failed=3, undelivered=6, read=90, not_rcs_user=70, total_messages=560,
        fallback=Split(delivered=61, awaiting_report=4, expired=5, failed=0),
    )  # fmt: skip
    assert (
        breakdown(example)
        == "not RCS-capable 13 %, expired 2 %, undelivered 1 %, failed 1 %; SMS fallback: expired 7 %, no report yet 6 %"
    )


@pytest.mark.parametrize(
    "nothing",
    [
        None,
        detail(),
        detail(delivered=5),
        detail(scheduled=100),
        detail(expired=0, failed=0),
        detail(delivered=1000, failed=4),
    ],
)
def test_nothing_is_said_where_nothing_is_known_or_nothing_is_worth_naming(
    nothing: CampaignDetail | None,
) -> None:
    assert breakdown(nothing) is None


def test_halves_are_rounded_up_and_a_hundred_percent_means_all() -> None:
    assert breakdown(detail(delivered=199, failed=1)) == "failed 1 %"
    assert breakdown(detail(delivered=1, failed=999)) == "failed 99 %"
    assert breakdown(detail(failed=999)) == "failed 100 %"


def test_of_equals_the_order_is_always_the_same() -> None:
    assert breakdown(detail(unknown=5, failed=5, expired=5, undelivered=5)) == (
        "undelivered 25 %, expired 25 %, failed 25 %, outcome unknown 25 %"
    )


def test_a_fallback_alone_is_told_alone() -> None:
    assert (
        breakdown(detail(delivered=10, fallback=Split(undelivered=1, delivered=1)))
        == "SMS fallback: undelivered 50 %"
    )


counts = st.none() | st.integers(0, 2**62)


@given(st.fixed_dictionaries(dict.fromkeys(COUNTERS, counts)))
def test_whatever_is_counted_the_shares_are_shares_and_fall(
    counters: dict[str, int | None],
) -> None:
    told = breakdown(CampaignDetail(read_at=0.0, **counters))
    handed_over = sum(value or 0 for name, value in counters.items() if name not in NOT_HANDED_OVER)
    if told is None:
        arrived = (counters["delivered"] or 0) + (counters["read"] or 0)
        assert handed_over == 0 or arrived / handed_over >= 1 - 0.005 * 7
        return
    percents = [int(part.split()[-2]) for part in told.split(", ")]
    assert percents == sorted(percents, reverse=True)
    assert all(1 <= percent <= 100 for percent in percents)
    assert sum(percents) <= 100 + len(percents) / 2
