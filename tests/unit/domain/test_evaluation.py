"""Rules over readings: which alerts begin, fire, change and end, and what is left alone."""

from collections.abc import Sequence

import msgspec
import pytest

from monitor.domain.alerting.alert import Alert, AlertKey, AlertState, ResolveReason
from monitor.domain.alerting.evaluation import Changes, RuleSet
from monitor.domain.alerting.rule import Rule, Scope
from monitor.domain.campaign.diff import observe, vanish
from monitor.domain.campaign.event import CampaignEvent, EventKind
from monitor.domain.campaign.feed import Feed
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.texts.template import Template
from tests.clock import START
from tests.unit.domain.builders import a_campaign, tracked
from tests.unit.domain.life import ACCOUNT, MINUTE, POOR, Life, on, row, rule, view

# --- state rules ----------------------------------------------------------------------------------


FEED = Feed(ACCOUNT, "sms")


def test_a_rule_without_for_fires_at_once_with_labels_texts_and_snapshot() -> None:
    life = Life(
        rule(labels={"team": "sales"}, severity="critical", runbook_url="https://example.org/low")
    )
    (alert,) = life.see(row(7), row(8, delivered=20)).alerts
    assert (alert.state, alert.fired_at, alert.active_since) == (AlertState.FIRING, START, START)
    assert alert.key == AlertKey("Low", ACCOUNT, "7")
    assert alert.labels == {
        "alertname": "Low",
        "account": "default",
        "campaign_id": "7",
        "sender": "Shop",
        "message_type": "sms",
        "severity": "critical",
        "team": "sales",
    }
    assert alert.annotations == {
        "summary": "Spring sale 5",
        "runbook_url": "https://example.org/low",
    }
    assert alert.campaign == row(7).campaign


def test_a_firing_alert_is_reported_again_only_when_its_campaign_looks_different() -> None:
    life = Life(rule())
    life.see(row())
    assert life.see(row(), minutes=1) == Changes()
    (alert,) = life.see(row(delivered=6), minutes=1).alerts
    assert (alert.state, alert.fired_at) == (AlertState.FIRING, START)
    assert alert.annotations["summary"] == "Spring sale 6"


def test_a_pending_alert_is_written_once_and_fires_when_its_time_has_come() -> None:
    life = Life(rule(hold=5 * MINUTE))
    (pending,) = life.see(row()).alerts
    assert (pending.state, pending.annotations) == (AlertState.PENDING, {})
    assert life.see(row(delivered=6), minutes=4) == Changes()
    (fired,) = life.see(row(delivered=7), minutes=1).alerts
    assert (fired.id, fired.state, fired.active_since, fired.fired_at) == (
        pending.id,
        AlertState.FIRING,
        START,
        life.now,
    )
    assert fired.annotations["summary"] == "Spring sale 7"


def test_a_pending_alert_whose_condition_fails_is_dropped() -> None:
    life = Life(rule(hold=5 * MINUTE))
    (pending,) = life.see(row()).alerts
    assert life.see(row(delivered=20), minutes=1) == Changes(dropped=(pending.id,))
    assert life.active == {}


def test_labels_stay_as_they_were_when_the_sender_is_edited() -> None:
    life = Life(rule(hold=MINUTE))
    life.see(row())
    (fired,) = life.see(row(sender="New name"), minutes=1).alerts
    (resolved,) = life.see(row(sender="New name", delivered=20), minutes=1).alerts
    assert fired.labels["sender"] == resolved.labels["sender"] == "Shop"
    assert resolved.campaign is not None
    assert resolved.campaign.sender == "New name"


def test_texts_follow_the_time_though_the_campaign_looks_the_same() -> None:
    life = Life(rule())
    (fired,) = life.see(row()).alerts
    assert life.see(row(), minutes=4) == Changes()
    (again,) = life.see(row(), minutes=1).alerts
    assert (again.id, again.described_at) == (
        fired.id,
        fired.described_at and fired.described_at + 5 * MINUTE,
    )


def test_a_resolved_alert_has_its_last_texts_and_the_next_one_is_another() -> None:
    life = Life(rule())
    (first,) = life.see(row()).alerts
    (resolved,) = life.see(row(delivered=20), minutes=1).alerts
    assert (resolved.id, resolved.state, resolved.resolve_reason) == (
        first.id,
        AlertState.RESOLVED,
        ResolveReason.CONDITION,
    )
    assert resolved.annotations["summary"] == "Spring sale 5"
    assert resolved.campaign is not None
    assert resolved.campaign.delivered == 20
    (second,) = life.see(row(), minutes=1).alerts
    assert second.id != first.id
    assert second.fingerprint == first.fingerprint


def test_keep_firing_for_bridges_a_lapse() -> None:
    life = Life(rule(keep_firing=5 * MINUTE))
    life.see(row())
    (kept,) = life.see(row(delivered=20), minutes=1).alerts
    assert (kept.state, kept.inactive_since) == (AlertState.FIRING, life.now)
    assert life.see(row(delivered=20), minutes=4) == Changes()
    (back,) = life.see(row(), minutes=0.5).alerts
    assert back.inactive_since is None


def test_campaigns_that_are_not_given_keep_their_alerts_as_they_are() -> None:
    life = Life(rule(), rule("Slow", hold=5 * MINUTE))
    life.see(row(1), row(2))
    before = dict(life.active)
    assert life.see(row(2), minutes=60).alerts  # Slow fires for 2
    assert {key: alert for key, alert in life.active.items() if key.subject == "1"} == {
        key: alert for key, alert in before.items() if key.subject == "1"
    }


def test_a_blind_spell_counts_for_for_but_only_an_evaluation_decides() -> None:
    life = Life(rule(hold=5 * MINUTE))
    life.see(row())
    assert life.see(minutes=60) == Changes()
    (fired,) = life.see(row(), minutes=1).alerts
    assert fired.fired_at == START + 61 * MINUTE


def test_a_settled_campaign_ends_its_alerts_with_that_reason_and_begins_none() -> None:
    life = Life(rule(keep_firing=60 * MINUTE), rule("Slow", hold=60 * MINUTE))
    life.see(row())
    changes = life.see(row(settled=True), minutes=1)
    (ended,) = changes.alerts
    assert (ended.state, ended.resolve_reason) == (AlertState.RESOLVED, ResolveReason.SETTLED)
    assert len(changes.dropped) == 1
    assert life.see(row(settled=True), row(2, settled=True), minutes=1) == Changes()


@pytest.mark.parametrize(
    "reason", [ResolveReason.VANISHED, ResolveReason.LEFT_WINDOW, ResolveReason.IGNORED]
)
def test_a_campaign_that_is_gone_ends_its_alerts_with_that_reason(reason: ResolveReason) -> None:
    life = Life(rule(keep_firing=60 * MINUTE), rule("Slow", hold=60 * MINUTE))
    life.see(row(1), row(2))
    changes = life.end(1, reason)
    (ended,) = changes.alerts
    assert (ended.key, ended.resolve_reason) == (AlertKey("Low", ACCOUNT, "1"), reason)
    assert ended.annotations["summary"] == "Spring sale 5"
    assert len(changes.dropped) == 1
    assert {key.subject for key in life.active} == {"2"}


def test_what_a_cycle_found_of_a_campaign_does_not_count_when_it_is_gone_in_the_same_cycle() -> (
    None
):
    life = Life(rule(), rule("Slow", hold=5 * MINUTE), rule("Later", "delivered > 7"))
    life.see(row())
    evaluation = life.begin(minutes=10)
    evaluation.campaigns([row(1, delivered=8), row(2)])  # Low stays, Slow fires, Later begins
    evaluation.gone(1, ResolveReason.IGNORED)
    evaluation.gone(2, ResolveReason.IGNORED)
    evaluation.gone(3, ResolveReason.IGNORED)
    changes = life.finish(evaluation)
    assert [(alert.key.rule, alert.resolve_reason) for alert in changes.alerts] == [
        ("Low", ResolveReason.IGNORED)
    ]
    assert len(changes.dropped) == 1
    assert life.active == {}


def test_alerts_of_another_account_are_left_alone() -> None:
    life = Life(rule())
    life.see(row())
    other = life.rules.begin("other", life.now + MINUTE, life.active)
    other.campaigns([tracked(a_campaign(1, account="other", delivered=20))])
    other.gone(1, ResolveReason.VANISHED)
    assert other.finish() == Changes()


def test_an_evaluation_that_is_given_up_leaves_nothing_behind() -> None:
    life = Life(rule(), rule("Slow", hold=5 * MINUTE))
    life.see(row(1))
    before = dict(life.active)
    rows = [row(1, delivered=20), row(2)]
    abandoned = life.begin(minutes=10)
    abandoned.campaigns(rows)
    assert abandoned.finish().alerts
    assert life.active == before
    again = life.begin()
    again.campaigns(rows)
    assert again.finish() == abandoned.finish()


# --- event rules ----------------------------------------------------------------------------------


def stopped(campaign_id: int = 1) -> tuple[CampaignEvent, TrackedCampaign]:
    before = row(campaign_id)
    after, (event,) = observe(
        before, msgspec.structs.replace(before.campaign, status="stopped"), now=START.timestamp()
    )
    return event, after


def told(life: Life, *pairs: tuple[CampaignEvent, TrackedCampaign]) -> Sequence[Alert]:
    evaluation = life.begin()
    evaluation.events(pairs)
    return life.finish(evaluation).alerts


def test_an_event_that_a_rule_waits_for_is_told() -> None:
    watch = rule(
        "Stopped",
        'status == "stopped" and old_status == "sending"',
        on=on(EventKind.STATUS_CHANGED),
    )
    pair = stopped()
    (alert,) = told(Life(watch), pair)
    assert (alert.event_id, alert.state) == (pair[0].id, AlertState.FIRING)
    assert alert.fired_at == alert.resolved_at == START
    assert alert.id == f"{alert.fingerprint}-{pair[0].id}"
    assert alert.labels["campaign_id"] == "1"
    assert alert.annotations["summary"] == "Spring sale 5"
    assert (
        told(Life(rule("Stopped", 'status == "done"', on=on(EventKind.STATUS_CHANGED))), pair) == ()
    )


def test_several_kinds_at_once_are_one_alert_each_and_no_condition_means_always() -> None:
    before = row()
    edited = msgspec.structs.replace(before.campaign, status="stopped", name="New", delivered=9)
    after, events = observe(before, edited, now=START.timestamp())
    watch = rule("Changed", None, on=on(EventKind.STATUS_CHANGED, EventKind.EDITED))
    alerts = told(Life(watch), *((event, after) for event in events))
    assert len(alerts) == 2
    assert len({alert.id for alert in alerts}) == 2
    assert len({alert.fingerprint for alert in alerts}) == 1


def test_a_vanished_campaign_can_be_told_as_an_event() -> None:
    (alert,) = told(
        Life(rule("Gone", None, on=on(EventKind.VANISHED))),
        (vanish(row(), now=START.timestamp()), row()),
    )
    assert alert.key.rule == "Gone"


def test_events_leave_no_alert_behind() -> None:
    life = Life(rule("Stopped", None, on=on(EventKind.STATUS_CHANGED)))
    told(life, stopped())
    assert life.active == {}
    assert life.see(stopped()[1], minutes=1) == Changes()


# --- rules that change ----------------------------------------------------------------------------


def test_alerts_of_rules_that_are_gone_or_look_elsewhere_end() -> None:
    life = Life(rule(), rule("Slow", hold=60 * MINUTE), rule("Moved"), rule("Kept"), POOR)
    life.see(row())
    life.poll(view(balance=5.0))
    after = RuleSet(
        [rule("Kept"), POOR, rule("Moved", "spendable < 1", scope=Scope.ACCOUNT, summary="x")]
    )
    changes = after.orphans(life.active.values(), START + MINUTE, feeds=[FEED])
    assert {(alert.key.rule, alert.resolve_reason) for alert in changes.alerts} == {
        ("Low", ResolveReason.RULE_REMOVED),
        ("Moved", ResolveReason.RULE_REMOVED),
    }
    assert changes.dropped == (life.active[AlertKey("Slow", ACCOUNT, "1")].id,)


@pytest.mark.parametrize("feed", [Feed("other", "sms"), Feed(ACCOUNT, "rcs")])
def test_alerts_of_accounts_and_types_that_are_no_longer_polled_end(feed: Feed) -> None:
    life = Life(rule())
    life.see(row())
    assert life.rules.orphans(life.active.values(), START, feeds=[FEED]) == Changes()
    (ended,) = life.rules.orphans(life.active.values(), START, feeds=[feed]).alerts
    assert ended.resolve_reason is ResolveReason.NOT_WATCHED


def test_an_alert_whose_rule_is_gone_does_not_disturb_an_evaluation() -> None:
    life = Life(rule())
    life.see(row())
    evaluation = RuleSet([POOR]).begin(ACCOUNT, START + MINUTE, life.active)
    evaluation.campaigns([row(delivered=20)])
    evaluation.account(view(1), failed=False)
    assert evaluation.finish() == Changes()


def test_a_state_rule_without_a_condition_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a condition"):
        RuleSet([rule(when=None)])
    with pytest.raises(ValueError, match="needs a condition"):
        RuleSet([Rule(name="x", scope=Scope.SENDER, summary=Template.parse("", scope="sender"))])
