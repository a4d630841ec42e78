"""Rules that ask for more than the list shows: what they select, when they are asked, and what
freezes them."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain.alerting.alert import AlertState, ResolveReason
from monitor.domain.alerting.detail_rules import GOOD_FOR_SECONDS, outdated
from monitor.domain.alerting.evaluation import Changes
from monitor.domain.campaign.detail import CampaignDetail
from monitor.domain.campaign.event import CampaignEvent, EventKind
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.condition import compile_batch, parse_condition
from tests.clock import START
from tests.unit.domain.builders import NOW, a_campaign, tracked
from tests.unit.domain.expressions import conditions, rows
from tests.unit.domain.life import MINUTE, Life, row, rule

EXPIRED = rule(
    "Expired", "sent >= 100 and expired > 10", detail=True, summary="{{ expired }} expired"
)


def detail(age: float = 0.0, **counters: int) -> CampaignDetail:
    return CampaignDetail(read_at=START.timestamp() - age, **counters)


def read(row: TrackedCampaign, **counters: int) -> TrackedCampaign:
    return msgspec.structs.replace(row, detail=detail(**counters))


def pass_over(
    life: Life, row: TrackedCampaign, *fresh: TrackedCampaign, minutes: float = 0, unknown: Any = ()
) -> Changes:
    """One cycle: the row as the list shows it, then what was read of it in detail."""
    evaluation = life.begin(minutes=minutes)
    evaluation.campaigns([row])
    evaluation.detail.read(fresh)
    evaluation.detail.decide([id_ for id_ in evaluation.detail.postponed if id_ not in unknown])
    return life.finish(evaluation)


def summaries(life: Life) -> dict[str, str]:
    return {alert.key.rule: alert.annotations.get("summary", "") for alert in life.active.values()}


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("sent > 5 and expired > 1", "sent > 5"),
        ("sent > 5 and expired > 1 and final", "sent > 5 and final"),
        ("(sent > 5 and expired > 1) and final", "sent > 5 and final"),
        ("1 < expired / sent < 3 and final", "final"),
        ("sent > 5 and (expired > 1 or final)", "sent > 5"),
        ("progress < 0.5 and not final", "not final"),
        ("expired > 1", "true"),
        ("expired > 1 or final", "true"),
        ("sent > 5", "sent > 5"),
    ],
)
@given(subjects=st.lists(rows(), max_size=8))
@settings(max_examples=20, deadline=None)
def test_the_rest_of_a_condition_is_what_needs_no_detail(
    text: str, rest: str, subjects: list[TrackedCampaign]
) -> None:
    found = parse_condition(text, scope="campaign").without("_d")
    assert not found.uses("_d")
    expected = compile_batch([parse_condition(rest, scope="campaign")])(subjects, NOW)
    assert compile_batch([found])(subjects, NOW) == expected


@given(text=conditions(), subjects=st.lists(rows(), min_size=1, max_size=6))
@settings(max_examples=150, deadline=None)
def test_the_rest_holds_wherever_the_whole_does(text: str, subjects: list[TrackedCampaign]) -> None:
    whole = parse_condition(text, scope="campaign")
    held = {id(row) for _, row in compile_batch([whole])(subjects, NOW)}
    assert held <= {id(row) for _, row in compile_batch([whole.without("_d")])(subjects, NOW)}


def test_a_detail_is_outdated_after_some_minutes_if_something_has_changed_since() -> None:
    def known(age: float, revision: int | None) -> TrackedCampaign:
        return tracked(
            a_campaign(), detail=CampaignDetail(read_at=NOW - age, revision=revision), revision=7
        )

    late, fresh = GOOD_FOR_SECONDS + 1, GOOD_FOR_SECONDS - 1
    assert outdated(tracked(), NOW)
    assert outdated(known(late, 6), NOW)
    assert not outdated(known(late, 7), NOW)
    assert not outdated(known(fresh, 6), NOW)
    assert outdated(known(late, None), NOW)  # read before the revision was noted
    assert not outdated(known(fresh, None), NOW)


def test_a_rule_is_asked_once_the_detail_was_read_in_the_same_evaluation() -> None:
    life = Life(EXPIRED)
    seen = row(sent=100)
    pass_over(life, seen, read(seen, expired=11))
    assert summaries(life) == {"Expired": "11 expired"}
    (alert,) = life.active.values()
    assert alert.state is AlertState.FIRING
    assert alert.detail == detail(expired=11)


def test_only_campaigns_that_the_rest_of_the_condition_selects_are_needed() -> None:
    life = Life(EXPIRED, rule("Low", "delivered < 10"))
    evaluation = life.begin()
    evaluation.campaigns([row(1, sent=100), row(2, sent=99), row(3, sent=500, settled=True)])
    evaluation.unchanged([row(4, sent=100), row(5, sent=1)])
    assert set(evaluation.detail.postponed) == {1, 4}


def test_what_could_not_be_read_freezes_the_alert_and_starts_none() -> None:
    life = Life(EXPIRED)
    seen = read(row(sent=100), expired=11)
    pass_over(life, row(sent=100), unknown={1})
    assert life.active == {}
    pass_over(life, seen)
    before = dict(life.active)
    assert len(before) == 1
    assert pass_over(life, read(row(sent=200), expired=3), unknown={1}, minutes=1) == Changes()
    assert life.active == before
    pass_over(life, read(row(sent=200), expired=3), minutes=1)
    assert life.active == {}


def test_a_frozen_alert_still_ends_when_the_rest_of_its_condition_no_longer_holds() -> None:
    life = Life(EXPIRED)
    pass_over(life, read(row(sent=100), expired=11))
    pass_over(life, read(row(sent=50), expired=11), unknown={1}, minutes=1)
    assert life.active == {}


def test_for_counts_through_a_time_without_details() -> None:
    life = Life(rule("Expired", "sent >= 100 and expired > 10", detail=True, hold=10 * MINUTE))
    seen = read(row(sent=100), expired=11)
    pass_over(life, seen)
    assert {alert.state for alert in life.active.values()} == {AlertState.PENDING}
    pass_over(life, seen, minutes=9, unknown={1})
    pass_over(life, seen, minutes=9, unknown={1})
    assert {alert.state for alert in life.active.values()} == {AlertState.PENDING}
    pass_over(life, seen, minutes=1)
    assert {alert.state for alert in life.active.values()} == {AlertState.FIRING}


def test_a_campaign_that_is_gone_is_decided_on_no_more() -> None:
    life = Life(EXPIRED)
    evaluation = life.begin()
    evaluation.campaigns([read(row(sent=100), expired=11)])
    evaluation.gone(1, ResolveReason.VANISHED)
    evaluation.detail.decide(evaluation.detail.postponed)
    assert life.finish(evaluation) == Changes()


def test_the_texts_of_an_alert_that_fires_are_made_with_what_was_read() -> None:
    life = Life(rule("Low", "delivered < 10", summary="{{ name }}: {{ why }}"))
    seen = row(delivered=5)
    fresh = read(seen, delivered=5, not_rcs_user=5)
    changes = pass_over(life, seen, fresh)
    (alert,) = changes.alerts
    assert alert.annotations["summary"] == "Spring sale: not RCS-capable 50 %"
    assert alert.detail == fresh.detail
    assert pass_over(life, fresh, minutes=1) == Changes(), "nothing new is known"


def test_the_texts_of_an_event_are_made_with_what_was_read() -> None:
    told = rule(
        "Stopped",
        'status == "stopped"',
        on=frozenset({EventKind.STATUS_CHANGED}),
        summary="{{ why }}",
    )
    life = Life(told)
    seen = row(status="stopped")
    evaluation = life.begin()
    evaluation.campaigns([seen])
    happened = CampaignEvent(
        id="e1", kind=EventKind.STATUS_CHANGED, at=START.timestamp(), campaign=seen.campaign
    )
    evaluation.events([(happened, seen)])
    assert evaluation.detail.fired() == [1]
    evaluation.detail.read([read(seen, delivered=1, failed=1)])
    (alert,) = life.finish(evaluation).alerts
    assert alert.annotations["summary"] == "failed 50 %"
    assert alert.detail is not None


def test_other_rules_that_name_the_detail_are_asked_again_when_it_was_read() -> None:
    life = Life(
        rule("Large", "total_messages > 1000"),
        rule("Unknown", "total_messages == null", hold=5 * MINUTE),
    )
    pass_over(life, row())
    assert summaries(life) == {"Unknown": ""}
    seen = row()
    pass_over(life, seen, read(seen, total_messages=5000), minutes=1)
    assert set(summaries(life)) == {"Large"}


def test_reading_a_detail_changes_nothing_about_other_alerts_but_their_texts() -> None:
    keeps = rule("Low", "delivered < 10", keep_firing=10 * MINUTE)
    life = Life(keeps)
    pass_over(life, row(delivered=5))
    seen = row(delivered=50)
    pass_over(life, seen, read(seen, expired=1), minutes=1)
    (alert,) = life.active.values()
    assert alert.inactive_since == life.now
    pass_over(life, read(seen, expired=1), read(seen, expired=2), minutes=10)
    assert life.active == {}


def test_the_most_severe_of_what_fires_comes_first_and_what_fired_before_is_no_news() -> None:
    life = Life(
        rule("Low", "delivered < 10"),
        rule("Bad", "delivered < 5", severity="critical"),
        rule("Odd", "delivered < 7", severity="odd"),
    )
    life.see(row(4, delivered=0))
    evaluation = life.begin(minutes=1)
    evaluation.campaigns(
        [row(1, delivered=8), row(2, delivered=6), row(3, delivered=1), row(4, delivered=0)]
    )
    assert evaluation.detail.fired() == [3, 1, 2]
    assert sorted(evaluation.detail.unexplained()) == [1, 2, 3, 4]


def test_pending_alerts_are_no_news_until_they_fire() -> None:
    life = Life(rule("Low", "delivered < 10", hold=timedelta(minutes=2)))
    evaluation = life.begin()
    evaluation.campaigns([row()])
    assert evaluation.detail.fired() == []
    life.finish(evaluation)
    evaluation = life.begin(minutes=2)
    evaluation.campaigns([row()])
    assert evaluation.detail.fired() == [1]
