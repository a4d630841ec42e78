"""What is known of a campaign at first sight."""

import pytest
from hypothesis import given

from monitor.domain.campaign.snapshot import Campaign
from monitor.domain.campaign.tracking import first_sight
from tests.unit.domain.builders import DAY, HOUR, NOW, a_campaign, campaigns, tracked

CREATED, PLANNED, STARTED, FINISHED = NOW - 4 * HOUR, NOW - 3 * HOUR, NOW - 2 * HOUR, NOW - HOUR


@pytest.mark.parametrize(
    ("status", "since"),
    [
        ("creation", CREATED),
        ("moderation", CREATED),
        ("spam", CREATED),
        ("scheduled", CREATED),
        ("sending", STARTED),
        ("paused", NOW),
        ("stopped", FINISHED),
        ("done", FINISHED),
        ("frozen", NOW),
    ],
)
def test_the_status_is_known_since_the_providers_time_for_it(status: str, since: float) -> None:
    campaign = a_campaign(
        status=status,
        created_at=CREATED,
        start_at=PLANNED,
        real_start_at=STARTED,
        finished_at=FINISHED,
    )
    assert first_sight(campaign, now=NOW).status_since == since


def test_a_sending_campaign_without_a_real_start_counts_from_its_planned_one() -> None:
    assert first_sight(a_campaign(start_at=PLANNED), now=NOW).status_since == PLANNED
    assert first_sight(a_campaign(start_at=NOW + HOUR), now=NOW).status_since == NOW
    assert first_sight(a_campaign(), now=NOW).status_since == NOW


def test_an_ended_campaign_without_an_end_counts_from_now() -> None:
    seen = first_sight(a_campaign(status="done", created_at=NOW - 30 * DAY), now=NOW)
    assert seen.status_since == NOW
    assert not seen.settled


@given(campaigns())
def test_nothing_is_known_from_the_future(campaign: Campaign) -> None:
    seen = first_sight(campaign, now=NOW)
    assert seen.status_since <= NOW
    assert (seen.first_seen, seen.progress_since, seen.revision) == (NOW, NOW, 0)


def test_only_what_ended_72_hours_ago_is_settled_at_first_sight() -> None:
    old, recent = NOW - 72 * HOUR, NOW - 72 * HOUR + 1
    assert first_sight(a_campaign(status="stopped", finished_at=old), now=NOW).settled
    assert not first_sight(a_campaign(status="stopped", finished_at=recent), now=NOW).settled
    assert not first_sight(a_campaign(status="sending", finished_at=old), now=NOW).settled


def test_the_end_is_the_providers_word_else_when_the_status_was_seen() -> None:
    assert tracked(a_campaign(status="sending")).final_since is None
    assert tracked(a_campaign(status="done"), status_since=NOW - 9).final_since == NOW - 9
    assert tracked(a_campaign(status="done", finished_at=FINISHED)).final_since == FINISHED


def test_rules_look_at_live_and_settling_campaigns() -> None:
    assert tracked().watched
    assert not tracked(settled=True).watched
