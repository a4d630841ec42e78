"""A zone that is set wrong shifts every time of the provider: what gives it away."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from monitor.doctor.finding import Finding, Level
from monitor.doctor.zone_check import examine_zone
from monitor.domain.campaign.event import CampaignEvent, EventKind
from monitor.domain.campaign.snapshot import Campaign
from monitor.settings import AccountSettings
from tests.clock import START
from tests.sources import campaign

NOW = START.timestamp()
ACCOUNT = AccountSettings(name="default", timezone=ZoneInfo("Asia/Tokyo"))


def created(age: float) -> Campaign:
    return campaign(int(1000 + age), created_at=NOW - age)


def appeared(
    age_when_seen: float, *, days_ago: float = 0, kind: EventKind = EventKind.APPEARED
) -> CampaignEvent:
    at = NOW - days_ago * 86_400
    return CampaignEvent(
        id=f"{age_when_seen}-{days_ago}",
        kind=kind,
        at=at,
        campaign=campaign(1, created_at=at - age_when_seen),
    )


def examined(
    *recent: Campaign, events: list[CampaignEvent] | None = None, poll: float = 60
) -> Finding:
    (finding,) = examine_zone(
        "a", ACCOUNT, recent, events or [], now=START, poll_interval=timedelta(seconds=poll)
    )
    return finding


def test_a_campaign_of_the_future_is_a_problem_with_its_distance() -> None:
    found = examined(created(-3 * 3600), created(-3600), created(3600))
    assert found.level is Level.PROBLEM
    assert (
        "2 campaigns created in the future, by up to 3 h: the zone Asia/Tokyo (BSG_API_TIMEZONE) "
        "is wrong" in found.message
    )
    assert (
        found.advice
        == "set it to the zone of the times on BSG's own page, at least 3 h further east"
    )


def test_clocks_that_are_a_little_apart_are_not_the_zone() -> None:
    assert examined(created(-240)).level is Level.OK


def test_a_date_further_ahead_than_any_zone_says_nothing_of_the_zone() -> None:
    assert examined(created(-27 * 3600), created(60)).level is Level.OK
    assert examined(created(-74 * 365 * 86_400), created(60)).level is Level.OK
    assert examined(created(-26 * 3600), created(60)).level is Level.PROBLEM


def test_campaigns_that_are_all_hours_old_when_first_seen_are_doubtful() -> None:
    found = examined(created(7000), events=[appeared(7200 + n, days_ago=n) for n in range(5)])
    assert found.level is Level.WARNING
    assert (
        "the last 5 campaigns were all at least 2 h old when they were first seen" in found.message
    )
    assert (
        found.advice
        == "set it to the zone of the times on BSG's own page, at most 2 h further west"
    )


def test_the_setting_of_the_account_is_named() -> None:
    shop = ACCOUNT.model_copy(update={"name": "shop"})
    (found,) = examine_zone(
        "a", shop, [created(-3600)], [], now=START, poll_interval=timedelta(minutes=1)
    )
    assert "(BSG_ACCOUNTS__SHOP__API_TIMEZONE)" in found.message


@pytest.mark.parametrize(
    "events",
    [
        [
            appeared(7200, days_ago=1),
            appeared(7200, days_ago=2),
        ],  # too few: the monitor may have been down
        [appeared(7200), appeared(7300), appeared(50)],  # one was seen at once
        [appeared(1700), appeared(1700), appeared(1700)],  # no two zones are so close
        [appeared(7200, days_ago=n, kind=EventKind.STATUS_CHANGED) for n in range(5)],
    ],
)
def test_nothing_is_doubted_without_evidence(events: list[CampaignEvent]) -> None:
    assert examined(created(100), events=events).level is Level.OK


def test_a_monitor_that_polls_seldom_sees_campaigns_late() -> None:
    events = [appeared(7200), appeared(7300), appeared(7400)]
    assert examined(created(100), events=events, poll=3600).level is Level.OK


def test_an_account_in_which_nothing_happens_any_more_is_doubtful() -> None:
    found = examined(events=[appeared(60, days_ago=12)])
    assert found.level is Level.WARNING
    assert "12 d" in found.message
    assert found.advice is not None
    assert "BSG_MESSAGE_TYPES" in found.advice


def test_an_account_without_any_campaign_is_no_evidence() -> None:
    assert "could not be compared" in examined().message
