"""One cycle at a time: what is decided, what is frozen, and what is remembered when the store
fails."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from monitor import __version__
from monitor.daemon.assembly import compile_ignore
from monitor.domain.alerting.alert import AlertState, ResolveReason
from monitor.domain.alerting.evaluation import RuleSet
from monitor.domain.alerting.notified import notified
from monitor.domain.alerting.rule import Rule
from monitor.domain.campaign.account import AccountView, Balance
from monitor.domain.campaign.diff import first_sight
from monitor.domain.campaign.event import EventKind
from monitor.domain.campaign.feed import Feed, SweepOutcome
from monitor.domain.campaign.snapshot import Campaign, PartlyRead, Unreadable
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.campaign.window import LONGEST_WINDOW
from monitor.domain.condition import parse_condition
from monitor.domain.fields.field_values import field_values
from monitor.errors import ProviderFault, StoreError, StoreFault
from monitor.metrics import Metrics
from monitor.polling.baselines import BaselineLoop
from monitor.polling.cycle import AccountCycles, CycleReport
from monitor.ports import CycleCommit, Snapshot, Sweep
from monitor.state import State
from monitor.store import SqliteStore
from tests.clock import START, InstantClock
from tests.rules import event_rule, state_rule
from tests.sources import ScriptedSource, campaign, outage
from tests.told import Told

FEED = Feed("default", "sms")
SPAM = state_rule("Spam", 'status == "spam"')
STOPPED = event_rule("Stopped", EventKind.STATUS_CHANGED, when='status == "stopped"')
DOWN = state_rule("Down", "api_up == false", scope="account")
POOR = state_rule("Poor", "spendable < 50", scope="account")


class Bench:
    """One account, its cycles, and a store in memory."""

    def __init__(
        self,
        store: SqliteStore,
        rules: Sequence[Rule],
        *,
        details_per_minute: int = 0,
        ignored: Callable[[TrackedCampaign, float], bool] | None = None,
    ) -> None:
        self.store = store
        self.ignored = ignored
        self.token_ends: float | None = None
        self.details_per_minute = details_per_minute
        self.clock = InstantClock()
        self.source = ScriptedSource()
        self.source.clock = self.clock
        self.told = Told()
        self.metrics = Metrics(__version__)
        self.rules = RuleSet(rules)
        self.restart(Snapshot())

    def restart(self, snapshot: Snapshot, polled: Sequence[Feed] = (FEED,)) -> None:
        self.state = State(snapshot, polled=polled)
        self.cycles = AccountCycles(
            account="default",
            source=self.source,
            store=self.store,
            state=self.state,
            rules=self.rules,
            clock=self.clock,
            metrics=self.metrics,
            lookback=timedelta(days=3),
            details_per_minute=self.details_per_minute,
            ignored=self.ignored,
            token_ends=self.token_ends,
            on_alerts=self.told.tell,
            on_page=self.told.hold,
            on_swept=self.told.release,
        )

    async def remember(self) -> None:
        """As a daemon does when it starts."""
        self.state.remember(
            await self.store.samples(
                since=self.clock.now() - timedelta(seconds=self.rules.look_back)
            )
        )

    async def poll(self, after: float = 60.0) -> CycleReport:
        await self.clock.sleep(after)
        return await self.cycles.run(FEED)

    def firing(self) -> set[str]:
        return {
            f"{a.key.rule} {a.key.subject}".strip()
            for a in self.state.active.values()
            if a.state is AlertState.FIRING
        }


@pytest.fixture
async def store_in_memory() -> AsyncIterator[SqliteStore]:
    async with SqliteStore(None) as store:
        yield store


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with SqliteStore(None) as store:
        yield Bench(store, [SPAM, STOPPED, DOWN, POOR])


async def test_the_first_complete_sweep_is_a_baseline_without_events_but_state_rules_apply(
    bench: Bench,
) -> None:
    bench.source.put(campaign(1, status="spam"), campaign(2, status="stopped"))
    report = await bench.poll()
    assert (report.outcome, report.full, report.events) == (SweepOutcome.OK, True, 0)
    assert bench.firing() == {"Spam 1"}
    assert await bench.store.events() == []


async def test_a_change_is_told_as_an_event_once(bench: Bench) -> None:
    bench.source.put(campaign(1))
    await bench.poll()
    bench.source.put(campaign(1, status="stopped"))
    await bench.poll()
    await bench.poll()
    events = [alert for alert in bench.told if alert.is_event]
    assert [(alert.key.rule, alert.key.subject) for alert in events] == [("Stopped", "1")]


async def test_a_condition_that_no_longer_holds_resolves(bench: Bench) -> None:
    bench.source.put(campaign(1, status="spam"))
    await bench.poll()
    bench.source.put(campaign(1, status="sending"))
    await bench.poll()
    assert bench.firing() == set()
    assert bench.told[-1].resolve_reason is ResolveReason.CONDITION


async def test_what_became_of_alerts_is_in_the_log_by_name(bench: Bench) -> None:
    bench.source.put(*(campaign(id_, status="spam") for id_ in range(1, 26)))
    with capture_logs() as logs:
        await bench.poll()
        bench.source.put(campaign(1), campaign(2, status="stopped"))
        await bench.poll()
    fired = [entry for entry in logs if entry["event"] == "alert_fired"]
    assert len(fired) == 20
    assert (fired[0]["alertname"], fired[0]["subject"], fired[0]["summary"]) == (
        "Spam",
        "1",
        "Campaign 1: 1000 sent",
    )
    assert [entry["count"] for entry in logs if entry["event"] == "more_alerts_changed"] == [5]
    rest = sorted(
        entry["event"] for entry in logs if entry["event"] in ("alert_resolved", "event_observed")
    )
    assert rest == ["alert_resolved", "alert_resolved", "event_observed"]


async def test_a_failed_sweep_changes_nothing_but_the_account(bench: Bench) -> None:
    bench.source.put(campaign(1, status="spam"))
    await bench.poll()
    before = bench.state.table("default").rows[1]
    bench.source.put(campaign(1, status="sending"))
    bench.source.error = outage()
    report = await bench.poll()
    assert report.outcome is SweepOutcome.FAILED
    assert bench.firing() == {"Spam 1", "Down"}
    assert bench.state.table("default").rows[1] is before
    bench.source.error = None
    await bench.poll()
    assert bench.firing() == set()


async def test_what_a_partial_sweep_read_decides_and_what_it_did_not_read_stays(
    bench: Bench,
) -> None:
    bench.source.put(campaign(1, status="spam"), campaign(2), campaign(3, status="spam"))
    await bench.poll()
    bench.source.complete = False
    bench.source.campaigns.clear()
    bench.source.put(campaign(1), campaign(2, status="stopped"))
    report = await bench.poll()
    assert (report.outcome, report.events) == (SweepOutcome.PARTIAL, 2)
    assert bench.firing() == {"Spam 3"}  # 1 was read well, 3 was not read
    assert [alert.key.rule for alert in bench.told if alert.is_event] == ["Stopped"]
    assert bench.state.feeds[FEED].consecutive_failures == 1
    assert bench.source.lookups == []  # that 3 is not there says nothing
    bench.restart(await bench.store.load())
    assert bench.state.table("default").rows[2].campaign.status == "stopped"


async def test_until_a_feed_was_read_whole_only_what_was_created_since_is_news(
    bench: Bench,
) -> None:
    bench.source.complete = False
    before = bench.clock.now().timestamp()
    bench.source.put(campaign(1, created_at=before - 60), campaign(2, created_at=before - 60))
    assert (await bench.poll()).events == 0
    bench.source.put(
        campaign(2, status="stopped", created_at=before - 60),
        campaign(3, created_at=bench.clock.now().timestamp() + 30),
        campaign(4, created_at=before - 60),
    )
    assert (await bench.poll()).events == 2
    found = sorted((event.campaign.id, event.kind) for event in await bench.store.events(limit=10))
    assert found == [(2, EventKind.STATUS_CHANGED), (3, EventKind.APPEARED)]


async def test_a_404_counts_only_beside_a_complete_list(bench: Bench) -> None:
    old = campaign(1, status="spam", created_at=START.timestamp() - 40 * 86_400)
    bench.source.put(old, *(campaign(id_) for id_ in range(2, 5)))
    await bench.poll()
    bench.source.campaigns.pop(1)
    bench.source.complete = False
    assert (await bench.poll()).outcome is SweepOutcome.PARTIAL
    assert bench.firing() == {"Spam 1"}
    bench.source.complete = True
    assert (await bench.poll()).outcome is SweepOutcome.OK
    assert bench.firing() == set()


async def test_rules_of_the_whole_account_do_not_move_with_a_partial_sweep(
    store_in_memory: SqliteStore,
) -> None:
    many = state_rule("Many", "campaigns >= 2", scope="account")
    lost = state_rule("Lost", "consecutive_failures >= 1", scope="account")
    bench = Bench(store_in_memory, [many, lost])
    bench.source.put(campaign(1))
    await bench.poll()
    bench.source.complete = False
    bench.source.put(campaign(2))
    await bench.poll()
    assert bench.firing() == {"Lost"}
    bench.source.complete = True
    await bench.poll()
    assert bench.firing() == {"Many"}


async def test_an_empty_list_resolves_nothing_until_each_campaign_was_looked_up(
    bench: Bench,
) -> None:
    bench.source.put(*(campaign(id_, status="spam") for id_ in range(1, 46)))
    await bench.poll()
    bench.source.campaigns.clear()
    outcomes = [(await bench.poll()).outcome for _ in range(2)]
    assert outcomes == [SweepOutcome.PARTIAL, SweepOutcome.PARTIAL]
    assert len(bench.firing()) == 45
    assert len(bench.source.lookups) == 40
    report = await bench.poll()
    assert report.outcome is SweepOutcome.OK
    assert bench.firing() == set()
    assert sorted(bench.source.lookups) == list(range(1, 46))
    assert {alert.resolve_reason for alert in bench.told[-45:]} == {ResolveReason.VANISHED}
    assert {event.kind for event in await bench.store.events()} == {EventKind.VANISHED}


async def test_a_campaign_that_the_list_leaves_out_is_followed_by_id(bench: Bench) -> None:
    bench.source.put(campaign(1, status="spam"), campaign(2))
    await bench.poll()
    bench.source.hidden = {1}
    assert (await bench.poll()).outcome is SweepOutcome.OK
    assert bench.firing() == {"Spam 1"}
    bench.source.put(campaign(1, status="sending"))
    await bench.poll()
    assert bench.firing() == set()


async def test_a_look_up_that_fails_freezes_the_alert_and_makes_the_sweep_partial(
    bench: Bench,
) -> None:
    bench.source.put(campaign(1, status="spam"), campaign(2))
    await bench.poll()
    bench.source.hidden = {1}
    bench.source.lookup_errors = {1: outage()}
    assert (await bench.poll()).outcome is SweepOutcome.PARTIAL
    assert "Spam 1" in bench.firing()


async def test_a_row_that_could_not_be_read_freezes_its_campaign_only(bench: Bench) -> None:
    bench.source.put(campaign(1, status="spam"), campaign(2, status="spam"))
    await bench.poll()
    bench.source.unreadable = {1}
    bench.source.put(campaign(2, status="sending"))
    assert (await bench.poll()).outcome is SweepOutcome.OK
    assert bench.firing() == {"Spam 1"}
    assert bench.source.lookups == []


async def test_a_row_without_a_readable_id_forbids_vanished_in_that_sweep(bench: Bench) -> None:
    bench.source.put(campaign(1, status="spam"), campaign(2))
    await bench.poll()
    del bench.source.campaigns[1]
    bench.source.nameless = 1
    assert (await bench.poll()).outcome is SweepOutcome.OK
    assert bench.firing() == {"Spam 1"}
    bench.source.nameless = 0
    await bench.poll()
    assert bench.firing() == set()


async def test_what_is_in_memory_advances_only_after_the_commit(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.source.put(campaign(1))
    await bench.poll()

    async def refuse(_: CycleCommit) -> None:
        raise StoreError("no space left", reason=StoreFault.FULL, retryable=True)

    with monkeypatch.context() as broken:
        broken.setattr(bench.store, "commit_cycle", refuse)
        bench.source.put(campaign(1, status="stopped"))
        with pytest.raises(StoreError):
            await bench.poll()
        assert bench.told == []
    await bench.poll()
    assert [alert.key.rule for alert in bench.told] == ["Stopped"]


async def test_a_restart_finds_what_changed_meanwhile_and_reaches_back_to_the_last_success(
    bench: Bench,
) -> None:
    bench.source.put(campaign(1), campaign(2, status="spam"))
    await bench.poll()
    last = bench.state.feeds[FEED].last_success
    assert last is not None
    bench.source.put(campaign(1, status="stopped"))
    await bench.clock.sleep(5 * 86400)
    bench.restart(await bench.store.load())
    assert bench.firing() == {"Spam 2"}
    await bench.poll()
    assert [alert.key.rule for alert in bench.told if alert.is_event] == ["Stopped"]
    assert bench.source.sweeps[-1][1] <= last.timestamp() - 3600


async def test_a_campaign_settles_72_hours_after_its_end_and_its_alerts_with_it(
    bench: Bench,
) -> None:
    rules = RuleSet([state_rule("Low", "final and delivery_ratio < 0.95")])
    bench.rules = rules
    bench.restart(Snapshot())
    now = bench.clock.now().timestamp()
    bench.source.put(campaign(1, status="done", finished_at=now))
    await bench.poll()
    assert bench.firing() == {"Low 1"}
    await bench.poll(72 * 3600)
    assert bench.told[-1].resolve_reason is ResolveReason.SETTLED
    assert [event.kind for event in await bench.store.events()] == [EventKind.SETTLED]
    before = len(bench.told)
    await bench.poll()
    assert len(bench.told) == before
    assert bench.firing() == set()


async def test_a_campaign_older_than_three_months_is_forgotten_and_its_alerts_end(
    bench: Bench,
) -> None:
    bench.source.put(campaign(1, status="spam"))
    await bench.poll()
    await bench.poll(93 * 86400)
    assert bench.told[-1].resolve_reason is ResolveReason.LEFT_WINDOW
    assert bench.state.table("default").rows == {}
    assert (await bench.store.load()).campaigns == []


async def test_unchanged_campaigns_are_not_written_again(bench: Bench) -> None:
    bench.source.put(campaign(1, status="spam"), campaign(2))
    await bench.poll()
    report = await bench.poll()
    assert (report.changed, report.alerts) == (0, 0)
    bench.source.put(campaign(2, sent=1001))
    assert (await bench.poll()).changed == 1


async def test_account_rules_see_the_balance_and_frozen_fields_do_not_advance_on_failures(
    bench: Bench,
) -> None:
    bench.source.put(campaign(1))
    await bench.poll()
    bench.cycles.balance = await bench.source.balance(now=bench.clock.now())
    await bench.poll()
    assert bench.firing() == set()
    bench.source.money = (10.0, 0.0)
    bench.cycles.balance = await bench.source.balance(now=bench.clock.now())
    bench.source.error = outage()
    await bench.poll()
    assert bench.firing() == {"Down"}
    bench.source.error = None
    await bench.poll()
    assert bench.firing() == {"Poor"}


async def test_for_how_long_the_monitor_was_stopped_is_no_age_of_a_feed_that_was_not_asked_yet(
    bench: Bench,
) -> None:
    feeds = (FEED, Feed("default", "rcs"))
    bench.rules = RuleSet([state_rule("Stale", 'last_success_age > "30m"', scope="account"), POOR])
    bench.restart(Snapshot(), polled=feeds)
    bench.source.money = (10.0, 0.0)
    for feed in feeds:
        await bench.cycles.run(feed)
    await bench.clock.sleep(7200)
    bench.restart(await bench.store.load(), polled=feeds)
    bench.cycles.balance = await bench.source.balance(now=bench.clock.now())
    await bench.cycles.run(FEED)
    assert bench.firing() == {"Poor"}
    bench.source.error = outage()
    await bench.cycles.run(feeds[1])
    assert bench.firing() == {"Poor", "Stale"}
    bench.restart(await bench.store.load(), polled=feeds)
    bench.source.error = None
    await bench.cycles.run(FEED)
    assert bench.firing() == {"Poor", "Stale"}, "nor does it resolve"
    await bench.cycles.run(feeds[1])
    assert bench.firing() == {"Poor"}


async def test_the_state_counts_watched_campaigns_by_status(bench: Bench) -> None:
    bench.source.put(campaign(1), campaign(2, status="spam"), campaign(3, status="spam"))
    await bench.poll()
    assert bench.state.table("default").counts_of("sms") == {"sending": 1, "spam": 2}
    bench.source.put(campaign(2))
    del bench.source.campaigns[3]
    await bench.poll()
    assert bench.state.table("default").counts_of("sms") == {"sending": 2, "spam": 0}


async def test_a_campaign_of_a_type_that_is_not_polled_vanishes_and_settles_like_any_other(
    bench: Bench,
) -> None:
    odd = campaign(1, message_type="SMS", status="spam")
    bench.source.put(odd, campaign(2))
    bench.source.listed_as[1] = "sms"
    await bench.poll()
    assert bench.firing() == {"Spam 1"}
    bench.restart(await bench.store.load())
    await bench.poll()
    assert bench.firing() == {"Spam 1"}
    assert bench.state.table("default").counts_of("sms") == {"spam": 1, "sending": 1}
    del bench.source.campaigns[1]
    await bench.poll()
    assert bench.firing() == set()
    assert bench.told[-1].resolve_reason is ResolveReason.VANISHED


async def test_campaigns_of_feeds_that_are_no_longer_polled_do_not_count(bench: Bench) -> None:
    other = campaign(1, message_type="rcs", status="spam")
    await bench.store.commit_cycle(
        CycleCommit(account="default", campaigns=[first_sight(other, now=START.timestamp())])
    )
    bench.source.put(campaign(2))
    bench.restart(await bench.store.load())
    await bench.poll()
    assert bench.state.table("default").counts_with(()) == {"sending": 1}


async def test_a_slow_feed_does_not_take_the_accounts_alerts_back_in_time(bench: Bench) -> None:
    other = Feed("default", "rcs")
    sweep = bench.source.sweep
    released = asyncio.Event()

    async def slow(message_type: str, *, since: float, started: float, **options: Any) -> Sweep:
        if message_type == "sms" and not released.is_set():
            await released.wait()
        return await sweep(message_type, since=since, started=started, **options)

    bench.source.sweep = slow  # type: ignore[method-assign]
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(bench.cycles.run(FEED))
        await bench.clock.settle()
        await bench.clock.sleep(30)
        bench.source.error = outage()
        await bench.cycles.run(other)
        assert bench.firing() == {"Down"}
        bench.source.error = None
        await bench.clock.sleep(30)
        await bench.cycles.run(other)
        released.set()
    (fired, resolved) = (alert for alert in bench.told if alert.key.rule == "Down")
    assert fired.fired_at is not None
    assert resolved.resolved_at is not None
    assert fired.fired_at < resolved.resolved_at


async def test_what_a_watched_campaign_shows_is_recorded_whenever_it_moves(bench: Bench) -> None:
    bench.source.put(campaign(1, sent=10), campaign(2, status="done", finished_at=1.0, sent=7))
    await bench.poll()
    first = bench.clock.now()
    await bench.poll()  # nothing moved
    bench.source.put(campaign(1, sent=30), campaign(2, status="done", finished_at=1.0, sent=7))
    await bench.poll()
    moved = bench.clock.now()
    bench.source.put(
        campaign(1, sent=30, name="renamed"), campaign(2, status="done", finished_at=1.0, sent=7)
    )
    await bench.poll()
    recorded = await bench.store.samples(since=START)
    assert {key.id for key in recorded} == {1}
    (samples,) = recorded.values()
    assert [(sample.at, sample.sent) for sample in samples] == [
        (first.timestamp(), 10),
        (moved.timestamp(), 30),
    ]


async def test_after_a_restart_rules_know_what_was_shown_before_it(bench: Bench) -> None:
    bench.rules = RuleSet([state_rule("Slow", 'increase(sent, "5m") < 50')])
    bench.restart(Snapshot())
    bench.source.put(campaign(1, sent=100))
    await bench.poll()
    for sent in (200, 300, 400, 420, 421):
        bench.source.put(campaign(1, sent=sent))
        await bench.poll()
    bench.restart(await bench.store.load())
    await bench.remember()
    bench.source.put(campaign(1, sent=430))
    await bench.poll()  # 430 now, 200 five minutes ago
    assert bench.firing() == set()
    for _ in range(3):
        await bench.poll()  # 430 now, 420 five minutes ago
    assert bench.firing() == {"Slow 1"}


async def test_other_rules_are_asked_about_every_watched_campaign_once(bench: Bench) -> None:
    bench.source.put(campaign(1, status="paused"))
    await bench.poll()
    await bench.poll()
    bench.cycles.use(RuleSet([state_rule("Paused", 'status == "paused"')]))
    await bench.poll()
    assert bench.firing() == {"Paused 1"}


async def test_a_cycle_that_was_not_committed_is_asked_again_of_what_it_had_found(
    bench: Bench,
) -> None:
    bench.source.put(campaign(1))
    await bench.poll()
    bench.cycles.use(RuleSet([state_rule("Sends", 'status == "sending"')]))

    async def full(commit: CycleCommit) -> None:
        raise StoreError("full", reason=StoreFault.UNAVAILABLE, retryable=True)

    commit, bench.store.commit_cycle = bench.store.commit_cycle, full  # type: ignore[method-assign]
    with pytest.raises(StoreError):
        await bench.poll()
    bench.store.commit_cycle = commit  # type: ignore[method-assign]
    await bench.poll()
    assert bench.firing() == {"Sends 1"}


async def test_sender_rules_look_at_all_its_campaigns_whether_they_changed_or_not(
    bench: Bench,
) -> None:
    bench.cycles.use(RuleSet([state_rule("Bad", "delivery_ratio < 0.9", scope="sender")]))
    bench.source.put(
        campaign(1, sent=100, delivered=95), campaign(2, sent=100, delivered=40, message_type="sms")
    )
    await bench.poll()
    assert bench.firing() == {"Bad sms:Shop"}
    bench.source.put(campaign(1, sent=100, delivered=95), campaign(2, sent=100, delivered=90))
    await bench.poll()
    assert bench.firing() == set()


async def test_a_sender_of_a_type_that_is_not_polled_is_let_go_with_its_last_campaign(
    bench: Bench,
) -> None:
    bench.cycles.use(RuleSet([state_rule("Bad", "delivery_ratio < 0.9", scope="sender")]))
    bench.source.put(campaign(1, sent=100, delivered=40, message_type="viber"))
    bench.source.listed_as[1] = "sms"
    await bench.poll()
    assert bench.firing() == {"Bad viber:Shop"}
    del bench.source.campaigns[1]
    await bench.poll()
    assert bench.firing() == set()


async def test_the_runway_is_what_can_be_spent_by_the_pace_of_a_day(bench: Bench) -> None:
    bench.cycles.use(RuleSet([state_rule("Short", 'runway < "12h"', scope="account")]))
    started = bench.clock.now().timestamp()
    prices = {1: (started - 3600, 30.0), 2: (started - 90_000, 1000.0), 3: (started - 60, 0.0)}
    bench.source.put(
        *(
            campaign(id_, real_start_at=at, calculated_price=price)
            for id_, (at, price) in prices.items()
        )
    )
    bench.cycles.balance = Balance(
        balance=10.0, credit=4.9, currency="EUR", read_at=bench.clock.now()
    )
    await bench.poll()
    assert bench.firing() == {"Short"}
    bench.cycles.balance = Balance(
        balance=10.0, credit=5.1, currency="EUR", read_at=bench.clock.now()
    )
    await bench.poll()
    assert bench.firing() == set()


async def test_baselines_are_worked_out_hourly_and_after_a_full_sweep(bench: Bench) -> None:
    bench.cycles.use(
        RuleSet([state_rule("Odd", 'delivery_ratio < baseline(delivery_ratio, "28d") - 0.2')])
    )
    loop = BaselineLoop(
        {"default": bench.cycles},
        state=bench.state,
        clock=bench.clock,
        metrics=Metrics(__version__),
    )
    await loop.survey("default")
    now = bench.clock.now().timestamp()
    week = 7 * 86400.0
    ended = {"status": "done", "finished_at": now - 6 * 86400.0, "sent": 100, "delivered": 95}
    old = [
        campaign(weeks, created_at=now - weeks * week, real_start_at=None, **ended)
        for weeks in (1, 2, 3)
    ]
    bench.source.put(*old, campaign(9, created_at=now, real_start_at=None, sent=100, delivered=60))
    await bench.poll()
    assert bench.firing() == set()
    await loop.survey("default")
    await bench.poll()
    assert bench.firing() == {"Odd 9"}


async def test_a_campaign_that_changes_in_the_reading_in_which_it_leaves_the_window_does_not_come_back(
    bench: Bench,
) -> None:
    old = START.timestamp() - LONGEST_WINDOW + 3600
    bench.source.put(campaign(1, status="spam", created_at=old), campaign(2, created_at=old))
    await bench.poll()
    assert bench.firing() == {"Spam 1"}
    bench.source.put(campaign(1, status="paused", created_at=old))
    bench.source.listed_since = old
    report = await bench.poll(7 * 3600)
    assert (report.full, sorted(report.forgotten)) == (True, [1, 2])
    assert bench.firing() == set()
    assert dict(bench.state.table("default").rows) == {}
    restarted = await bench.store.load()
    assert list(restarted.campaigns) == []
    bench.restart(restarted)
    assert dict(bench.state.table("default").rows) == {}


@pytest.fixture
async def ignoring() -> AsyncIterator[Bench]:
    """`BSG_IGNORE` is `matches(name, "^test")`."""
    ignore = compile_ignore(parse_condition('matches(name, "^test")', scope="campaign"))
    async with SqliteStore(None) as store:
        yield Bench(store, [SPAM, event_rule("New", EventKind.APPEARED)], ignored=ignore)


@pytest.mark.parametrize("first", [True, False])
async def test_a_new_campaign_that_is_ignored_is_neither_tracked_nor_told(
    ignoring: Bench, first: bool
) -> None:
    if not first:
        await ignoring.poll()
    ignoring.source.put(
        campaign(1, status="spam", name="test 1"), campaign(2, status="spam", name="a test")
    )
    report = await ignoring.poll()
    assert ignoring.firing() == {"Spam 2"}
    assert {alert.key.subject for alert in ignoring.told} == {"2"}
    assert ignoring.state.table("default").rows.keys() == {2}
    assert [row.campaign.id for row in (await ignoring.store.load()).campaigns] == [2]
    assert report.forgotten == ()


async def test_a_campaign_that_becomes_ignored_ends_its_alerts_for_that_reason_and_is_forgotten(
    ignoring: Bench,
) -> None:
    ignoring.source.put(campaign(1, status="spam"), campaign(2, status="spam"))
    await ignoring.poll()
    ignoring.source.put(campaign(1, status="spam", name="test 1"))
    report = await ignoring.poll()
    assert (report.forgotten, ignoring.firing()) == ((1,), {"Spam 2"})
    ended = ignoring.told[-1]
    assert (ended.key.subject, ended.state, ended.resolve_reason) == (
        "1",
        AlertState.RESOLVED,
        ResolveReason.IGNORED,
    )
    assert ignoring.state.table("default").rows.keys() == {2}
    assert [row.campaign.id for row in (await ignoring.store.load()).campaigns] == [2]
    assert not [event for event in await ignoring.store.events() if event.campaign.id == 1]


async def test_a_new_campaign_older_than_the_window_is_not_tracked(bench: Bench) -> None:
    await bench.poll()
    bench.source.put(
        campaign(1, status="spam", created_at=START.timestamp() - LONGEST_WINDOW - 60),
        campaign(2, status="spam"),
    )
    bench.source.listed_since = START.timestamp() - LONGEST_WINDOW - 60
    await bench.poll()
    assert bench.firing() == {"Spam 2"}
    assert bench.state.table("default").rows.keys() == {2}
    assert [row.campaign.id for row in (await bench.store.load()).campaigns] == [2]


PRICEY = state_rule("Pricey", "calculated_price > 5")
CHEAP = event_rule(
    "StoppedCheap", EventKind.STATUS_CHANGED, when='status == "stopped" and calculated_price < 5'
)


def unpriced(id_: int, **more: Any) -> PartlyRead:
    """A row whose price could not be read."""
    known = campaign(id_, **more)
    values = {name: getattr(known, name) for name in Campaign.__struct_fields__}
    mark = Unreadable(field="calculated_price", found='"5.60 EUR"')
    return PartlyRead(**values | {"calculated_price": None}, unreadable=(mark,))


async def test_an_odd_field_freezes_only_the_rules_that_ask_for_it(
    store_in_memory: SqliteStore,
) -> None:
    bench = Bench(store_in_memory, [PRICEY, SPAM, STOPPED, CHEAP])
    bench.source.put(campaign(1, calculated_price=9.0), campaign(2, calculated_price=1.0))
    await bench.poll()
    assert bench.firing() == {"Pricey 1"}
    bench.source.put(unpriced(1, status="spam"), unpriced(2, status="stopped"))
    report = await bench.poll()
    assert (report.outcome, report.events) == (SweepOutcome.OK, 2)
    assert bench.firing() == {"Pricey 1", "Spam 1"}
    told = {alert.key.rule: alert for alert in bench.told if alert.is_event}
    assert set(told) == {"Stopped", "StoppedCheap"}  # it cannot be asked again: better told
    assert "calculated_price could not be read" in told["StoppedCheap"].annotations["description"]
    assert "could not be read" not in told["Stopped"].annotations.get("description", "")
    bench.restart(await bench.store.load())  # what is known of it survives
    bench.source.put(campaign(1, status="spam", calculated_price=2.0))
    assert (await bench.poll()).events == 1  # an edited price
    assert bench.firing() == {"Spam 1"}


async def test_a_frozen_alert_says_since_when_until_its_rule_has_an_answer_again(
    store_in_memory: SqliteStore,
) -> None:
    bench = Bench(store_in_memory, [PRICEY, SPAM])
    bench.source.put(campaign(1, status="spam", calculated_price=9.0))
    await bench.poll()
    bench.source.put(unpriced(1, status="spam"))
    await bench.poll()
    since = f"{bench.clock.now():%Y-%m-%d %H:%M} UTC"
    await bench.poll(3600)
    bench.restart(await bench.store.load())
    await bench.poll(3600)
    notes = {
        alert.key.rule: notified(alert, changed=False).note for alert in bench.state.active.values()
    }
    assert notes == {
        "Pricey": f"calculated_price not readable since {since}, so this is as it was then.",
        "Spam": "",
    }
    bench.source.put(campaign(1, status="spam", calculated_price=9.0))
    await bench.poll()
    assert [alert.frozen for alert in bench.state.active.values()] == ["", ""]
    bench.source.put(unpriced(1, status="spam"))
    await bench.poll()
    del bench.source.campaigns[1]
    await bench.poll()
    ended = [alert for alert in bench.told if alert.state is AlertState.RESOLVED]
    assert {alert.resolve_reason for alert in ended} == {ResolveReason.VANISHED}
    assert [alert.frozen for alert in ended] == ["", ""]


async def test_time_alone_neither_fires_nor_ends_what_is_frozen(
    store_in_memory: SqliteStore,
) -> None:
    waits = state_rule("Waits", "calculated_price > 5", hold=timedelta(minutes=10))
    stays = state_rule("Stays", "calculated_price > 5", keep_firing=timedelta(minutes=10))
    bench = Bench(store_in_memory, [waits, stays])
    bench.source.put(campaign(1, calculated_price=9.0), campaign(2, calculated_price=9.0))
    await bench.poll()
    bench.source.put(campaign(1, calculated_price=1.0))
    await bench.poll()
    bench.source.put(unpriced(1), unpriced(2))
    for _ in range(5):
        await bench.poll(600)
    assert bench.firing() == {"Stays 1", "Stays 2"}
    bench.source.put(campaign(1, calculated_price=1.0), campaign(2, calculated_price=9.0))
    await bench.poll()
    assert bench.firing() == {"Waits 2", "Stays 2"}


async def test_where_bsg_ignore_cannot_be_asked_its_last_answer_stands(
    store_in_memory: SqliteStore,
) -> None:
    ignored = compile_ignore(parse_condition("calculated_price > 5", scope="campaign"))
    bench = Bench(store_in_memory, [SPAM], ignored=ignored)
    bench.source.put(campaign(1, calculated_price=9.0), campaign(2, calculated_price=1.0))
    await bench.poll()
    bench.source.put(*(unpriced(id_, status="spam") for id_ in (1, 2, 3)))
    await bench.poll()
    assert bench.firing() == {"Spam 2", "Spam 3"}  # 3 was never asked about: it is tracked


def account_says(bench: Bench, *names: str) -> tuple[object, ...]:
    """Fields of the account, as its rules see them now."""
    feeds = tuple(bench.state.feeds.values())
    view = AccountView(
        account="default", feeds=feeds, balance=None, counts={}, now=bench.clock.now()
    )
    values = field_values("account", view)
    return tuple(values[name] for name in names)


async def test_a_rejected_row_is_counted_until_it_is_read_well_or_no_longer_listed(
    store_in_memory: SqliteStore,
) -> None:
    bench = Bench(store_in_memory, [state_rule("Odd", "rejected_rows >= 1", scope="account")])
    bench.source.put(campaign(1), campaign(2), campaign(3))
    bench.source.unreadable = {1, 2}
    bench.source.nameless = 1
    await bench.poll()
    assert account_says(bench, "rejected_rows", "read_ratio") == (3, 0.25)
    assert bench.firing() == {"Odd"}
    bench.restart(await bench.store.load())
    bench.source.nameless = 0
    bench.source.complete = False
    bench.source.unreadable = {3}
    bench.source.hidden = {2}
    await bench.poll()
    assert account_says(bench, "rejected_rows") == (2,)  # 2 was not listed, 1 was read
    bench.source.error = outage()
    await bench.poll()
    assert account_says(bench, "rejected_rows", "read_ratio") == (2, 0.5)
    bench.source.error = None
    bench.source.complete = True
    bench.source.unreadable = set()
    await bench.poll()
    assert account_says(bench, "rejected_rows", "read_ratio") == (0, 1.0)
    assert bench.firing() == set()


async def test_only_unreadable_fields_that_something_asks_for_count(
    store_in_memory: SqliteStore,
) -> None:
    bench = Bench(store_in_memory, [SPAM])
    bench.source.put(unpriced(1), unpriced(2), campaign(3), campaign(4))
    await bench.poll()
    assert account_says(bench, "unreadable_fields", "read_ratio") == (0, 1.0)
    for more in ([PRICEY], [state_rule("Poor", 'runway < "2d"', scope="account")]):
        bench.rules = RuleSet([SPAM, *more])
        bench.cycles.use(bench.rules)
        await bench.poll()
        assert account_says(bench, "unreadable_fields", "read_ratio") == (2, 0.5)
    bench.restart(await bench.store.load())
    bench.source.put(campaign(1), campaign(2))
    await bench.poll()
    assert account_says(bench, "unreadable_fields", "read_ratio") == (0, 1.0)


async def test_where_most_rows_are_unreadable_the_list_is_complete_but_no_success(
    store_in_memory: SqliteStore,
) -> None:
    bench = Bench(store_in_memory, [PRICEY, SPAM])
    bench.source.put(campaign(1), campaign(2), campaign(3))
    await bench.poll()
    success = bench.state.feeds[FEED].last_success
    bench.source.put(unpriced(1, status="spam"), unpriced(2))
    report = await bench.poll()
    assert (report.outcome, report.legible) == (SweepOutcome.OK, False)
    assert report.unread is not None
    assert "2 of 3 rows" in report.unread
    assert 'calculated_price of 2 rows, as "5.60 EUR"' in report.unread
    assert bench.firing() == {"Spam 1"}  # what was read counts all the same
    feed = bench.state.feeds[FEED]
    assert (feed.last_success, feed.last_complete) == (success, bench.clock.now())
    assert account_says(bench, "api_up", "incomplete_for", "api_error") == (True, 0.0, None)
    assert bench.source.sweeps[-1][2] is False  # not a full sweep again and again


async def test_why_and_how_long_a_feed_was_not_read_completely_survives_a_restart(
    bench: Bench,
) -> None:
    bench.source.put(campaign(1))
    await bench.poll()
    bench.source.error = outage(ProviderFault.UNAUTHORIZED)
    await bench.poll()
    bench.restart(await bench.store.load())
    await bench.poll(after=90.0)
    assert account_says(bench, "api_error", "incomplete_for") == ("credentials", 90.0)
    bench.source.error = None
    await bench.poll()
    assert account_says(bench, "api_error", "incomplete_for") == (None, 0.0)


async def test_what_all_feeds_are_asked_for_is_unknown_until_each_was_tried(
    store_in_memory: SqliteStore,
) -> None:
    bench = Bench(
        store_in_memory,
        [
            state_rule(
                "Unknown", "rejected_rows == null and incomplete_for == null", scope="account"
            )
        ],
    )
    bench.restart(Snapshot(), polled=(FEED, Feed("default", "rcs")))
    await bench.poll()
    await bench.poll()
    assert bench.firing() == {"Unknown"}
    await bench.cycles.run(Feed("default", "rcs"))
    await bench.poll()
    assert bench.firing() == set()


async def test_an_account_knows_when_its_token_ends(store_in_memory: SqliteStore) -> None:
    rules = [state_rule("Ends", 'token_expires_in < "12h"', scope="account")]
    bench = Bench(store_in_memory, rules)
    bench.token_ends = START.timestamp() + 12.5 * 3600
    bench.restart(Snapshot())
    bench.source.error = outage()
    await bench.poll()
    assert bench.firing() == set()
    await bench.poll(after=3600)
    assert bench.firing() == {"Ends"}
