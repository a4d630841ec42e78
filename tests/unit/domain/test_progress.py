"""How long the rest of a campaign takes, at its pace."""

from typing import Any

import pytest

from monitor.domain.campaign.detail import CampaignDetail
from monitor.domain.campaign.figures import remaining
from monitor.domain.campaign.sample import Sample
from monitor.domain.campaign.tracking import TrackedCampaign
from tests.unit.domain.builders import HOUR, NOW, a_campaign, tracked


def row(
    *,
    sent: int | None = 600,
    seen: list[tuple[float, int]] | None = None,
    status: str = "sending",
    **known: Any,
) -> TrackedCampaign:
    """`seen`: how long ago it first showed how many."""
    samples = tuple(Sample(NOW - ago, status, shown) for ago, shown in seen or [])
    return tracked(a_campaign(status=status, sent=sent), samples=samples, **known)


def total(messages: int | None) -> CampaignDetail:
    return CampaignDetail(read_at=NOW - HOUR, total_messages=messages)


def test_the_rest_takes_as_long_as_the_pace_of_the_last_ten_minutes_says() -> None:
    sending = row(sent=700, seen=[(3000, 0), (900, 100), (0, 700)])
    assert remaining(sending, total(1300), NOW) == 600
    assert remaining(sending, total(760), NOW) == 60


def test_a_campaign_that_has_just_begun_is_judged_by_what_it_did_since() -> None:
    sending = row(sent=100, seen=[(HOUR, 0), (0, 100)], status_since=NOW - 50)
    assert remaining(sending, total(300), NOW) == 100


def test_one_that_was_first_seen_under_way_is_judged_by_what_was_seen() -> None:
    sending = row(sent=600, seen=[(120, 500), (0, 600)], first_seen=NOW - 120)
    assert remaining(sending, total(1200), NOW) == 720


def test_nothing_is_left_once_all_is_handed_over() -> None:
    assert remaining(row(sent=600), total(600), NOW) == 0
    assert remaining(row(sent=601), total(600), NOW) == 0


@pytest.mark.parametrize(
    ("sending", "size"),
    [
        (row(seen=[(900, 600), (0, 600)]), 1000),  # stands still
        (row(seen=[(900, 700), (0, 600)]), 1000),  # was corrected downwards
        (row(first_seen=NOW, status_since=NOW), 1000),  # only just seen
        (row(status="paused", seen=[(900, 0), (0, 600)]), 1000),
        (row(status="done"), 1000),
        (row(sent=None), 1000),
        (row(seen=[(900, 0), (0, 600)]), None),
    ],
)
def test_without_a_pace_or_a_size_nothing_can_be_said(
    sending: TrackedCampaign, size: int | None
) -> None:
    assert remaining(sending, total(size), NOW) is None
    assert remaining(sending, None, NOW) is None
