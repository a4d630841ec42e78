"""What raises in a cycle costs the campaign or the rule that it is about, and no more; a cycle
that raises has failed."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from monitor.domain.alerting.evaluation import RuleSet
from monitor.domain.alerting.rule import Rule
from monitor.domain.campaign.detail import CampaignDetail
from monitor.domain.campaign.event import EventKind
from monitor.domain.campaign.feed import SweepOutcome
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.texts.template import Template
from monitor.store import SqliteStore
from tests.rules import event_rule, state_rule
from tests.sources import campaign
from tests.unit.test_cycle import DOWN, FEED, POOR, SPAM, Bench

BAD = 7


class Breaking:
    """A text that cannot be made of one campaign, or of anything."""

    fields: frozenset[str] = frozenset()

    def __init__(self, campaign_id: int | None = BAD) -> None:
        self.breaks_on = campaign_id
        self.about = Template.parse("{{ labels.campaign_id }}", scope="campaign")

    def render(self, context: Mapping[str, object]) -> str:
        if self.breaks_on is None or self.about.render(context) == str(self.breaks_on):
            raise OverflowError("cannot convert")
        return "fine"


def breaking(rule: Rule, campaign_id: int | None = BAD) -> Rule:
    return replace(rule, summary=Breaking(campaign_id))  # type: ignore[arg-type]


SENDING = breaking(state_rule("Sending", 'status == "sending"'))
MOVING = breaking(state_rule("Old", 'age > "35m"'))
STOPPED = breaking(event_rule("Stopped", EventKind.STATUS_CHANGED))
VANISHED = breaking(event_rule("Vanished", EventKind.VANISHED))
DETAILED = breaking(state_rule("Expired", 'status == "sending" and expired > 5', detail=True))


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    async with SqliteStore(None) as store:
        yield store


def rejected(bench: Bench) -> float:
    labels = {"account": "default", "reason": "unexpected"}
    return bench.metrics.registry.get_sample_value("bsg_monitor_rows_rejected_total", labels) or 0.0


def known(bench: Bench) -> dict[int, TrackedCampaign]:
    return dict(bench.state.table("default").rows)


async def test_a_campaign_on_which_a_rule_raises_stays_as_it_was_and_the_others_are_decided_on(
    store: SqliteStore,
) -> None:
    bench = Bench(store, [SENDING, SPAM])
    bench.source.put(campaign(BAD, status="spam"), campaign(8), campaign(9))
    await bench.poll()
    assert bench.firing() == {f"Spam {BAD}", "Sending 8", "Sending 9"}
    before = known(bench)[BAD]
    bench.source.put(campaign(BAD, status="sending"), campaign(9, status="spam"))
    report = await bench.poll()
    assert (report.outcome, report.rejected) == (SweepOutcome.OK, 1)
    assert bench.firing() == {f"Spam {BAD}", "Sending 8", "Spam 9"}
    assert known(bench)[BAD] == before
    stored = {row.campaign.id: row.campaign.status for row in (await store.load()).campaigns}
    assert stored == {BAD: "spam", 8: "sending", 9: "spam"}
    assert [event.campaign.id for event in await store.events()] == [9]


async def test_a_new_campaign_on_which_a_rule_raises_is_not_tracked_and_appears_when_none_does(
    store: SqliteStore,
) -> None:
    bench = Bench(store, [SENDING, event_rule("New", EventKind.APPEARED)])
    bench.source.put(campaign(8), campaign(9))
    await bench.poll()
    bench.source.put(campaign(BAD))
    await bench.poll()
    assert BAD not in known(bench)
    assert bench.firing() == {"Sending 8", "Sending 9"}
    bench.source.put(campaign(BAD, status="spam"))
    await bench.poll()
    assert known(bench)[BAD].campaign.status == "spam"
    assert [alert.key.subject for alert in bench.told if alert.is_event] == [str(BAD)]


async def test_a_campaign_that_cannot_be_compared_costs_itself(store: SqliteStore) -> None:
    bench = Bench(store, [SPAM])
    bench.source.put(campaign(BAD), campaign(8))
    await bench.poll()
    bench.source.put(campaign(BAD, account="other"), campaign(8, status="spam"))
    report = await bench.poll()
    assert (report.outcome, report.rejected) == (SweepOutcome.OK, 1)
    assert bench.firing() == {"Spam 8"}
    assert known(bench)[BAD].campaign == campaign(BAD)


async def test_a_rule_that_raises_as_time_passes_leaves_the_alert_and_the_campaign_alone(
    store: SqliteStore,
) -> None:
    bench = Bench(store, [MOVING])
    bench.source.put(campaign(BAD), campaign(8))
    assert (await bench.poll()).rejected == 0
    report = await bench.poll(600)
    assert (report.outcome, report.rejected, bench.firing()) == (SweepOutcome.OK, 1, {"Old 8"})


async def test_an_event_that_cannot_be_told_is_found_again_until_it_can(store: SqliteStore) -> None:
    bench = Bench(store, [STOPPED])
    bench.source.put(campaign(BAD), campaign(8))
    await bench.poll()
    bench.source.put(campaign(BAD, status="stopped"), campaign(8, status="stopped"))
    for _ in range(2):
        assert (await bench.poll()).rejected == 1
    assert [alert.key.subject for alert in bench.told] == ["8"]
    assert known(bench)[BAD].campaign.status == "sending"
    bench.restart(await store.load())
    bench.cycles.use(RuleSet([event_rule("Stopped", EventKind.STATUS_CHANGED)]))
    await bench.poll()
    assert [alert.key.subject for alert in bench.told] == ["8", str(BAD)]


async def test_a_campaign_whose_end_cannot_be_told_is_still_followed(store: SqliteStore) -> None:
    bench = Bench(store, [VANISHED])
    bench.source.put(campaign(BAD), campaign(8), campaign(9))
    await bench.poll()
    del bench.source.campaigns[BAD], bench.source.campaigns[8]
    report = await bench.poll()
    assert (report.outcome, report.rejected, report.forgotten) == (SweepOutcome.OK, 1, (8,))
    assert known(bench).keys() == {BAD, 9}


async def test_a_rule_that_raises_once_the_detail_is_there_costs_the_campaign(
    store: SqliteStore,
) -> None:
    bench = Bench(store, [DETAILED, SPAM], details_per_minute=20)
    bench.source.clock = bench.clock
    bench.source.details = {id_: CampaignDetail(read_at=0.0, expired=9) for id_ in (BAD, 8)}
    bench.source.put(campaign(BAD), campaign(8), campaign(9, status="spam"))
    report = await bench.poll()
    assert (report.outcome, report.rejected) == (SweepOutcome.OK, 1)
    assert bench.firing() == {"Expired 8", "Spam 9"}
    assert [row.campaign.id for row in known(bench).values() if row.detail] == [8]


async def test_a_condition_of_bsg_ignore_that_raises_costs_the_campaign(store: SqliteStore) -> None:
    def ignored(row: TrackedCampaign, _now: float) -> bool:
        return row.campaign.id == BAD and bool(1 // 0)

    bench = Bench(store, [SPAM], ignored=ignored)
    bench.source.put(campaign(BAD, status="spam"), campaign(8, status="spam"))
    report = await bench.poll()
    assert (report.outcome, report.rejected, bench.firing()) == (SweepOutcome.OK, 1, {"Spam 8"})


async def test_a_pending_alert_that_ended_before_its_campaign_was_set_aside_is_still_pending(
    store: SqliteStore,
) -> None:
    bench = Bench(
        store, [state_rule("Waiting", 'status == "sending"', hold=timedelta(hours=1)), STOPPED]
    )
    bench.source.put(campaign(BAD), campaign(8))
    await bench.poll()
    before = dict(bench.state.active)
    bench.source.put(campaign(BAD, status="stopped"))
    assert (await bench.poll()).rejected == 1
    assert bench.state.active == before
    assert {alert.key: alert for alert in (await store.load()).alerts} == before


async def test_a_campaign_that_is_set_aside_counts_with_its_sender_as_it_was(
    store: SqliteStore,
) -> None:
    low = state_rule("Low", "delivery_ratio < 0.7", scope="sender", summary="low")
    bench = Bench(store, [low, STOPPED])
    bench.source.put(campaign(BAD), campaign(8))
    await bench.poll()
    bench.source.put(campaign(BAD, status="stopped", delivered=0))
    assert (await bench.poll()).rejected == 1
    assert bench.firing() == set()


async def test_what_is_set_aside_is_counted_each_time_and_logged_once_with_its_cause(
    store: SqliteStore,
) -> None:
    bench = Bench(store, [SENDING])
    bench.source.put(campaign(BAD), campaign(8), campaign(9))
    with capture_logs() as logs:
        for _ in range(3):
            await bench.poll()
    assert rejected(bench) == 3
    (told,) = [entry for entry in logs if entry["event"] == "rows_rejected"]
    assert (told["reason"], told["rows"], told["example_campaign_id"]) == ("unexpected", 1, BAD)
    assert told["detail"].startswith("OverflowError in test_cycle_faults.py:")
    assert isinstance(told["exc_info"], OverflowError)


async def test_where_most_campaigns_would_be_set_aside_the_cycle_raises(store: SqliteStore) -> None:
    bench = Bench(store, [breaking(state_rule("Sending", "sent > 0"), None), SPAM])
    bench.cycles.rules.batch = _never  # type: ignore[assignment]
    bench.source.put(*(campaign(id_) for id_ in range(1, 5)))
    with pytest.raises(OverflowError):
        await bench.poll()
    assert known(bench) == {}


def _never(*_: object) -> list[tuple[int, TrackedCampaign]]:
    raise OverflowError


@pytest.mark.parametrize("fails", [False, True])
async def test_an_account_rule_that_raises_keeps_no_other_from_deciding(
    store: SqliteStore, fails: bool
) -> None:
    broken = breaking(state_rule("Broken", "consecutive_failures >= 0", scope="account"), None)
    bench = Bench(
        store, [broken, DOWN, state_rule("Up", "consecutive_failures == 0", scope="account"), SPAM]
    )
    bench.source.put(campaign(1, status="spam"))
    if fails:
        bench.source.complete = False
        bench.state.feeds.clear()
    with capture_logs() as logs:
        first, second = await bench.poll(), await bench.poll()
    assert first.outcome is second.outcome is (SweepOutcome.PARTIAL if fails else SweepOutcome.OK)
    assert bench.firing() == ({"Spam 1"} if fails else {"Up", "Spam 1"})
    assert not any(alert.key.rule == "Broken" for alert in bench.state.active.values())
    told = [(entry["rule"], entry["account"]) for entry in logs if entry["event"] == "rule_failed"]
    assert told == [("Broken", "default")]
    assert (
        bench.metrics.registry.get_sample_value(
            "bsg_monitor_loop_failures_total", {"loop": "rules"}
        )
        == 2
    )


async def test_a_sender_rule_that_raises_keeps_its_alert_and_the_campaign_rules_decide(
    store: SqliteStore,
) -> None:
    low = state_rule("Low", "delivery_ratio < 0.95", scope="sender", summary="{{ sender }}")
    bench = Bench(store, [low, SPAM])
    bench.source.put(campaign(1))
    await bench.poll()
    assert bench.firing() == {"Low sms:Shop"}
    (alert,) = bench.state.active.values()
    bench.cycles.use(RuleSet([breaking(low, None), SPAM]))
    bench.source.put(campaign(2, status="spam", delivered=800))
    assert (await bench.poll()).outcome is SweepOutcome.OK
    assert bench.firing() == {"Low sms:Shop", "Spam 2"}
    assert bench.state.active[alert.key] == alert


async def test_a_cycle_that_raises_is_a_failed_poll_with_all_that_follows(
    store: SqliteStore,
) -> None:
    stale = state_rule("Stale", "consecutive_failures >= 2", scope="account")
    bench = Bench(store, [DOWN, stale, POOR, SPAM])
    bench.source.put(campaign(1, status="spam"))
    await bench.poll()
    for failures in (1, 2):
        await bench.clock.sleep(60)
        with pytest.raises(KeyError) as caught:
            {}["secret value"]
        report = await bench.cycles.failed(FEED, caught.value)
        assert report.outcome is SweepOutcome.FAILED
        assert report.reason is not None
        assert "KeyError in test_cycle_faults.py" in report.reason
        assert "secret" not in report.reason
        state = (await store.load()).feeds[FEED]
        assert (state.consecutive_failures, state.answered) == (failures, False)
    assert bench.firing() == {"Down", "Stale", "Spam 1"}
    failed = {"account": "default", "message_type": "sms", "outcome": "failed"}
    assert bench.metrics.registry.get_sample_value("bsg_monitor_polls_total", failed) == 2
    await bench.poll()
    assert bench.firing() == {"Spam 1"}


async def test_what_was_decided_of_a_campaign_before_it_was_set_aside_does_not_count(
    store: SqliteStore,
) -> None:
    """Its first rule resolves and its second begins to hold before the third raises."""
    first, second = (
        state_rule("First", "sent < 2000"),
        state_rule("Second", "sent >= 2000", hold=timedelta(minutes=5)),
    )
    waiting = state_rule("Waiting", "sent < 2000", hold=timedelta(hours=1))
    bench = Bench(store, [first, second, waiting, breaking(state_rule("Third", "sent >= 2000"))])
    bench.source.put(campaign(BAD), campaign(8))
    await bench.poll()
    before = dict(bench.state.active)
    bench.source.put(campaign(BAD, sent=3000), campaign(8))
    assert (await bench.poll()).rejected == 1
    assert {key: alert for key, alert in bench.state.active.items() if key.subject == str(BAD)} == {
        key: alert for key, alert in before.items() if key.subject == str(BAD)
    }
    assert {alert.key.rule for alert in bench.state.active.values()} == {"First", "Waiting"}
    restarted = await store.load()
    assert {alert.key: alert for alert in restarted.alerts} == bench.state.active
