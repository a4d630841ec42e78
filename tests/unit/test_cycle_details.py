"""Details within cycles: read only for what has news, in the decision and the commit of the
cycle that asked."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest

from monitor.domain.alerting.alert import Alert, AlertState
from monitor.domain.alerting.evaluation import RuleSet
from monitor.domain.alerting.rule import Rule
from monitor.domain.campaign.account import Balance
from monitor.domain.campaign.detail import CampaignDetail, Split
from monitor.domain.campaign.event import EventKind
from monitor.domain.campaign.feed import Feed, SweepOutcome
from monitor.domain.campaign.snapshot import Unreadable
from monitor.errors import StoreError, StoreFault
from monitor.ports import CycleCommit, Snapshot
from monitor.store import SqliteStore
from tests.rules import event_rule, state_rule
from tests.sources import campaign, outage
from tests.unit.test_cycle import FEED, Bench, unpriced

LOW = state_rule("Low", "sent >= 100 and delivered < 500", summary="{{ name }}: {{ why }}")
EXPIRED = state_rule(
    "Expired", "sent >= 100 and expired > 10", summary="{{ expired }}", detail=True
)
STOPPED = event_rule("Stopped", EventKind.STATUS_CHANGED, when='status == "stopped"')
MINUTE = 60.0


class DetailBench(Bench):
    """A bench whose provider knows details, as of when it is asked."""

    def __init__(
        self, store: SqliteStore, rules: Sequence[Rule], *, details_per_minute: int = 20
    ) -> None:
        super().__init__(store, rules, details_per_minute=details_per_minute)
        self.source.clock = self.clock

    def knows(self, campaign_id: int, **counters: int) -> None:
        self.source.details[campaign_id] = CampaignDetail(read_at=0.0, **counters)

    def asked(self) -> list[int]:
        """What was read since the last time."""
        asked, self.source.detail_calls = self.source.detail_calls, []
        return asked

    async def committed(self) -> dict[int, CampaignDetail | None]:
        return {row.campaign.id: row.detail for row in (await self.store.load()).campaigns}

    def alert(self, rule: str = "Low") -> Alert:
        return next(alert for alert in self.state.active.values() if alert.key.rule == rule)


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    async with SqliteStore(None) as store:
        yield store


@pytest.fixture
def bench(store: SqliteStore) -> DetailBench:
    return DetailBench(store, [LOW, EXPIRED, STOPPED])


async def test_nothing_is_read_while_nothing_fires_and_nothing_starts(bench: DetailBench) -> None:
    bench.source.put(
        campaign(1, status="scheduled", sent=0),
        campaign(2, status="done", sent=99),
        campaign(3, status="paused", sent=50),
    )
    for sent in range(5):
        bench.source.put(campaign(4, status="paused", sent=sent))
        await bench.poll()
    assert bench.asked() == []


async def test_a_campaign_that_starts_is_read_once(bench: DetailBench) -> None:
    bench.knows(1, total_messages=5000)
    bench.source.put(campaign(1, status="scheduled", sent=0))
    await bench.poll()
    assert bench.asked() == []
    for sent in (10, 20, 30):
        bench.source.put(campaign(1, sent=sent))
        await bench.poll(10 * MINUTE)
    bench.source.put(campaign(1, status="paused", sent=30))
    await bench.poll()
    bench.source.put(campaign(1, sent=40))
    await bench.poll()
    assert bench.asked() == [1]
    held = bench.state.table("default").rows[1]
    assert held.detail is not None
    assert held.detail.total_messages == 5000
    assert (await bench.committed())[1] == held.detail


async def test_an_alert_that_fires_says_why_in_the_cycle_in_which_it_fires(
    bench: DetailBench,
) -> None:
    bench.knows(1, delivered=400, not_rcs_user=600)
    bench.source.put(campaign(1, status="done", sent=1000, delivered=400))
    await bench.poll()
    (told,) = bench.told
    assert told.state is AlertState.FIRING
    assert told.annotations["summary"] == "Campaign 1: not RCS-capable 60 %"
    assert told.detail is not None
    assert told.detail.not_rcs_user == 600
    assert await bench.store.open_alerts() == [told]
    assert (await bench.committed())[1] == told.detail
    bench.asked()
    for _ in range(10):
        await bench.poll()
    assert bench.asked() == [], "once is enough while it only goes on firing"


async def test_an_event_says_why_too(bench: DetailBench) -> None:
    bench.source.put(campaign(1, status="paused", sent=10))
    await bench.poll()
    bench.knows(1, delivered=1, failed=9)
    bench.source.put(campaign(1, status="stopped", sent=10))
    await bench.poll()
    (told,) = bench.told
    assert told.is_event
    assert told.detail is not None
    assert told.detail.failed == 9


async def test_an_alert_waits_for_no_detail_that_cannot_be_read_and_gets_it_later(
    bench: DetailBench,
) -> None:
    bench.source.details[1] = outage()
    bench.source.put(campaign(1, status="done", sent=1000, delivered=400))
    await bench.poll()
    assert (bench.told[0].state, bench.told[0].detail) == (AlertState.FIRING, None)
    await bench.poll()
    bench.knows(1, delivered=400, expired=600)
    await bench.poll()
    assert bench.alert().annotations["summary"] == "Campaign 1: expired 60 %"
    bench.asked()
    await bench.poll()
    assert bench.asked() == []


async def test_what_an_alert_no_longer_needs_is_not_read_later(store: SqliteStore) -> None:
    bench = DetailBench(store, [LOW])
    bench.source.details[1] = outage()
    bench.source.put(campaign(1, status="done", sent=1000, delivered=400))
    await bench.poll()
    bench.source.put(campaign(1, status="done", sent=1000, delivered=900))
    await bench.poll()
    bench.asked()
    await bench.poll()
    assert bench.asked() == []


@pytest.mark.parametrize(("minutes", "again"), [(4, []), (6, [1])])
async def test_what_was_read_some_minutes_ago_is_read_again_for_an_alert(
    bench: DetailBench, minutes: int, again: list[int]
) -> None:
    bench.knows(1, total_messages=5000)
    bench.source.put(campaign(1, sent=10, delivered=10))
    await bench.poll()
    assert bench.asked() == [1]
    bench.source.put(campaign(1, sent=1000, delivered=400))
    await bench.poll(minutes * MINUTE)
    assert bench.firing() == {"Low 1"}
    assert bench.asked() == again


async def test_a_rule_that_asks_for_details_has_them_read_for_what_the_rest_of_it_selects(
    store: SqliteStore,
) -> None:
    bench = DetailBench(store, [EXPIRED])
    bench.knows(1, expired=11)
    bench.knows(2, expired=11)
    bench.source.put(campaign(1, status="done", sent=100), campaign(2, status="done", sent=99))
    await bench.poll()
    assert bench.asked() == [1]
    assert bench.firing() == {"Expired 1"}
    assert (await bench.committed())[1] == bench.alert("Expired").detail


async def test_it_is_read_again_once_its_figures_have_moved_and_some_minutes_have_passed(
    store: SqliteStore,
) -> None:
    bench = DetailBench(store, [EXPIRED])
    bench.knows(1, expired=3)
    bench.source.put(campaign(1, status="paused", sent=100))
    await bench.poll()
    assert bench.asked() == [1]
    await bench.poll(10 * MINUTE)
    assert bench.asked() == [], "nothing has moved"
    bench.source.put(campaign(1, status="paused", sent=120))
    await bench.poll()
    assert bench.asked() == [1]
    bench.source.put(campaign(1, status="paused", sent=130))
    await bench.poll()
    assert bench.asked() == [], "it was read a minute ago"
    bench.knows(1, expired=20)
    await bench.poll(5 * MINUTE)
    assert bench.asked() == [1]
    assert bench.firing() == {"Expired 1"}


async def test_a_detail_that_could_not_be_read_again_decides_nothing(store: SqliteStore) -> None:
    bench = DetailBench(store, [EXPIRED])
    bench.knows(1, expired=20)
    bench.source.put(campaign(1, status="paused", sent=100))
    await bench.poll()
    assert bench.firing() == {"Expired 1"}
    fired = bench.alert("Expired")
    bench.source.details[1] = outage()
    bench.source.put(campaign(1, status="paused", sent=200))
    for _ in range(3):
        await bench.poll(10 * MINUTE)
    assert bench.alert("Expired") == fired
    bench.knows(1, expired=0)
    await bench.poll()
    assert bench.firing() == set()


async def test_alerts_come_first_then_what_rules_ask_for_then_what_starts(
    store: SqliteStore,
) -> None:
    bench = DetailBench(
        store, [state_rule("None", "final and delivered == 0"), EXPIRED], details_per_minute=2
    )
    starts = [campaign(id_, sent=1) for id_ in (1, 2, 3)]
    asked_for = [campaign(id_, status="paused", sent=100, delivered=500) for id_ in (4, 5, 6)]
    fires = [campaign(id_, status="done", sent=99, delivered=0) for id_ in (7, 8, 9)]
    bench.source.put(*starts, *asked_for, *fires)
    for id_ in range(1, 10):
        bench.knows(id_, total_messages=1)
    order = []
    for _ in range(5):
        await bench.poll(61)
        order.append(bench.asked())
    assert order == [[7, 8], [9, 4], [5, 6], [1, 2], [3]]


async def test_a_partial_sweep_reads_what_it_saw_in_detail_and_a_failed_one_nothing(
    bench: DetailBench,
) -> None:
    bench.source.details[1] = outage()
    bench.source.put(campaign(1, sent=1000, delivered=400))
    await bench.poll()
    bench.asked()
    bench.source.complete = False
    assert (await bench.poll()).outcome is SweepOutcome.PARTIAL
    assert bench.asked() == [1]
    bench.source.error = outage()
    assert (await bench.poll()).outcome is SweepOutcome.FAILED
    assert bench.asked() == []


async def test_a_campaign_whose_row_could_not_be_read_is_frozen_and_read_later(
    store: SqliteStore,
) -> None:
    bench = DetailBench(store, [LOW, state_rule("Large", "total_messages >= 5000")])
    bench.source.details[1] = outage()
    bench.source.put(
        campaign(1, status="done", sent=1000, delivered=400), campaign(2, status="done")
    )
    await bench.poll()
    assert bench.asked() == [1]
    bench.knows(1, total_messages=5000)
    bench.source.unreadable = {1}
    before = dict(bench.state.active)
    assert (await bench.poll()).outcome is SweepOutcome.OK
    assert bench.asked() == []
    assert bench.state.active == before
    bench.source.unreadable = set()
    await bench.poll()
    assert bench.asked() == [1]
    assert bench.firing() == {"Low 1", "Large 1"}


async def test_an_odd_field_freezes_only_the_detail_rules_that_ask_for_it(
    store: SqliteStore,
) -> None:
    costly = state_rule("Costly", "calculated_price > 5 and expired > 10", detail=True)
    bench = DetailBench(store, [costly, EXPIRED])
    for id_ in (1, 2, 3):
        bench.knows(id_, expired=20)
    paused = [campaign(id_, status="paused", calculated_price=9.0) for id_ in (1, 2, 3)]
    bench.source.put(*paused)
    await bench.poll()
    assert bench.firing() == {
        f"{name} {id_}" for name in ("Costly", "Expired") for id_ in (1, 2, 3)
    }
    bench.knows(2, expired=0)  # false, whatever the price is
    bench.source.put(
        unpriced(1, status="paused", sent=99),
        unpriced(2, status="paused", sent=1001),
        campaign(3, status="paused", sent=99, calculated_price=1.0),
    )
    await bench.poll(10 * MINUTE)
    assert bench.firing() == {"Costly 1"}
    assert bench.alert("Costly").frozen.startswith("calculated_price not readable since ")
    bench.source.put(campaign(1, status="paused", sent=99, calculated_price=1.0))
    await bench.poll()
    assert bench.firing() == set()


async def test_a_detail_rule_that_does_not_ask_for_the_odd_field_fires(
    store: SqliteStore,
) -> None:
    bench = DetailBench(store, [EXPIRED, state_rule("Large", "total_messages >= 5000")])
    bench.knows(1, expired=20, total_messages=5000)
    bench.source.put(unpriced(1, status="paused", sent=100))
    await bench.poll()
    assert bench.firing() == {"Expired 1", "Large 1"}


async def test_an_odd_counter_of_a_detail_freezes_only_the_rules_that_ask_for_it(
    store: SqliteStore,
) -> None:
    failing = state_rule("Failing", "failed > 10")
    fallback = state_rule("Fallback", "fallback_expired > 10")
    told = event_rule("Stopped", EventKind.STATUS_CHANGED, when="expired > 50")
    bench = DetailBench(store, [EXPIRED, failing, fallback, told])
    bench.source.details[1] = CampaignDetail(
        read_at=0.0, expired=20, failed=20, fallback=Split(expired=20)
    )
    bench.source.put(campaign(1, status="paused", sent=100))
    await bench.poll()
    await bench.poll()
    every = {"Expired 1", "Failing 1", "Fallback 1"}
    assert bench.firing() == every
    since = bench.clock.now() + timedelta(minutes=10)
    marks = (
        Unreadable(field="detail.expired", found='"20 %"', since=since.timestamp()),
        Unreadable(field="detail.fallback.expired", found="-1", since=since.timestamp()),
    )
    bench.source.details[1] = CampaignDetail(read_at=0.0, failed=0, unreadable=marks)
    bench.source.put(campaign(1, status="paused", sent=200))
    await bench.poll(10 * MINUTE)
    assert bench.firing() == every - {"Failing 1"}
    bench.restart(await bench.store.load())
    bench.source.put(campaign(1, status="stopped", sent=200))
    await bench.poll()
    notes = {alert.key.rule: alert.frozen for alert in bench.state.active.values()}
    at = f"{since:%Y-%m-%d %H:%M} UTC, so this is as it was then."
    assert notes == {
        "Expired": f"expired not readable since {at}",
        "Fallback": f"fallback_expired not readable since {at}",
    }
    (event,) = [alert for alert in bench.told if alert.is_event]
    assert event.annotations["description"] == "expired could not be read"
    bench.knows(1, expired=0, failed=0)
    bench.source.put(campaign(1, status="stopped", sent=300))
    await bench.poll(10 * MINUTE)
    assert bench.firing() == set()


async def test_a_restart_knows_what_was_read_and_what_is_still_owed(bench: DetailBench) -> None:
    bench.knows(1, delivered=400, expired=600)
    bench.source.details[2] = outage()
    bench.source.put(*(campaign(id_, status="done", sent=1000, delivered=400) for id_ in (1, 2)))
    await bench.poll()
    bench.restart(await bench.store.load())
    bench.asked()
    bench.knows(2, delivered=400, failed=600)
    await bench.poll()
    assert bench.asked() == [2]
    details = {
        alert.key.subject: alert.detail
        for alert in bench.state.active.values()
        if alert.key.rule == "Low"
    }
    assert {
        subject: detail and (detail.expired, detail.failed) for subject, detail in details.items()
    } == {
        "1": (600, None),
        "2": (None, 600),
    }


async def test_a_cycle_touches_no_campaign_of_another_feed(store: SqliteStore) -> None:
    bench = DetailBench(store, [LOW])
    other = Feed("default", "rcs")
    bench.source.details[1] = outage()
    bench.source.put(
        campaign(1, message_type="rcs", sent=1000, delivered=400), campaign(2, status="paused")
    )
    bench.restart(Snapshot(), polled=(FEED, other))
    await bench.cycles.run(other)
    assert bench.asked() == [1]
    bench.restart(await bench.store.load(), polled=(FEED, other))
    assert bench.firing() == {"Low 1"}
    await bench.poll()
    assert bench.asked() == []
    await bench.cycles.run(other)
    assert bench.asked() == [1]


async def test_what_was_read_in_a_cycle_that_was_not_committed_is_not_known(
    bench: DetailBench,
) -> None:
    bench.knows(1, delivered=400, expired=600)
    bench.source.put(campaign(1, status="done", sent=1000, delivered=400))

    async def full(_: CycleCommit) -> None:
        raise StoreError("no space left", reason=StoreFault.FULL, retryable=True)

    commit, bench.store.commit_cycle = bench.store.commit_cycle, full  # type: ignore[method-assign]
    with pytest.raises(StoreError):
        await bench.poll()
    assert bench.told == []
    assert bench.state.table("default").rows == {}
    bench.store.commit_cycle = commit  # type: ignore[method-assign]
    await bench.poll()
    assert bench.alert().detail is not None


async def test_a_campaign_that_is_gone_is_not_read(bench: DetailBench) -> None:
    bench.cycles.use(RuleSet([event_rule("Gone", EventKind.VANISHED)]))
    bench.source.put(campaign(1, status="paused"), campaign(2, status="paused"))
    await bench.poll()
    del bench.source.campaigns[1]
    await bench.poll()
    assert [alert.key.rule for alert in bench.told] == ["Gone"]
    assert bench.asked() == []


async def test_a_detail_counts_as_a_change_of_the_campaign_for_other_rules(
    store: SqliteStore,
) -> None:
    bench = DetailBench(
        store, [state_rule("Large", "total_messages >= 5000"), state_rule("Ends", 'eta < "1h"')]
    )
    bench.knows(1, total_messages=5000)
    bench.source.put(campaign(1, sent=10))
    await bench.poll()
    assert bench.firing() == {"Large 1"}
    bench.source.put(campaign(1, sent=1010))
    await bench.poll(10 * MINUTE)
    assert bench.firing() == {"Large 1", "Ends 1"}


async def test_a_provider_that_fails_costs_a_few_calls_however_many_alerts_fire(
    bench: DetailBench,
) -> None:
    began = bench.clock.monotonic()
    bench.source.put(
        *(campaign(id_, status="done", sent=1000, delivered=400) for id_ in range(1, 300))
    )
    for id_ in range(1, 300):
        bench.source.details[id_] = outage()
    await bench.poll(0)
    assert len(bench.firing()) == 299
    assert len(bench.asked()) <= 5
    assert bench.clock.monotonic() == began


async def test_without_a_budget_alerts_are_told_without_details(store: SqliteStore) -> None:
    bench = DetailBench(store, [LOW, EXPIRED], details_per_minute=0)
    bench.knows(1, expired=600)
    bench.source.put(campaign(1, sent=1000, delivered=400))
    await bench.poll()
    assert bench.firing() == {"Low 1"}
    assert bench.asked() == []


async def test_what_a_campaign_has_cost_is_read_once_it_has_ended_where_a_rule_asks(
    bench: DetailBench,
) -> None:
    bench.cycles.use(RuleSet([state_rule("Short", 'runway < "12h"', scope="account")]))
    bench.source.put(campaign(1, sent=10), campaign(2, sent=10, calculated_price=5.0))
    bench.source.details[1] = CampaignDetail(
        read_at=0.0, total_messages=1000, total_price=0.3, currency="EUR"
    )
    await bench.poll()
    assert bench.asked() == [1, 2]
    bench.cycles.balance = Balance(
        balance=10.0, credit=0.0, currency="EUR", read_at=bench.clock.now()
    )
    bench.source.details[1] = CampaignDetail(
        read_at=0.0, total_messages=1000, total_price=30.0, currency="EUR"
    )
    bench.source.put(
        campaign(1, status="done", sent=1000),
        campaign(2, status="done", sent=1000, calculated_price=5.0),
    )
    await bench.poll()
    assert bench.asked() == [1], "of the other the list says it"
    await bench.poll()
    assert bench.firing() == {"Short"}
    bench.source.put(campaign(1, status="done", sent=1000, delivered=950))
    await bench.poll()
    assert bench.asked() == []


async def test_what_a_campaign_costs_is_followed_while_it_is_sent(store: SqliteStore) -> None:
    bench = DetailBench(store, [state_rule("Short", 'runway < "12h"', scope="account")])
    for minute in range(40):
        bench.source.details[1] = CampaignDetail(
            read_at=0.0, total_messages=1000, total_price=1.0 + minute, currency="EUR"
        )
        bench.source.put(campaign(1, sent=10 + minute))
        await bench.poll()
        assert bench.asked() == ([1] if minute in (0, 16, 32) else [])


async def test_what_has_ended_is_not_read_while_no_rule_asks_for_prices(store: SqliteStore) -> None:
    bench = DetailBench(store, [LOW])
    bench.source.put(campaign(1, status="done", sent=1000, delivered=950))
    await bench.poll()
    assert bench.asked() == []


async def test_what_starts_goes_before_what_has_ended(store: SqliteStore) -> None:
    bench = DetailBench(
        store, [state_rule("Short", 'runway < "12h"', scope="account")], details_per_minute=4
    )
    bench.source.put(*(campaign(id_, status="done", sent=1000) for id_ in (1, 2, 3)))
    await bench.poll()
    assert bench.asked() == [1, 2]
    bench.source.put(campaign(4, sent=1), campaign(5, sent=1))
    await bench.poll()
    assert bench.asked() == [4, 5]
    await bench.poll()
    assert bench.asked() == [3]


async def test_prices_leave_half_of_the_budget_to_what_may_fire_in_the_same_minute(
    store: SqliteStore,
) -> None:
    bench = DetailBench(
        store, [LOW, state_rule("Short", 'runway < "12h"', scope="account")], details_per_minute=4
    )
    bench.source.put(*(campaign(id_, status="done", sent=1000) for id_ in range(1, 10)))
    await bench.poll()
    assert bench.asked() == [1, 2]
    bench.source.put(
        campaign(20, status="paused", sent=1000, delivered=1),
        campaign(21, status="paused", sent=1000, delivered=1),
    )
    await bench.poll(10.0)
    assert bench.asked() == [20, 21]
    await bench.poll(10.0)
    assert bench.asked() == []
    await bench.poll()
    assert bench.asked() == [3, 4]


async def test_after_a_restart_what_moved_since_it_was_read_is_still_to_be_read_again(
    bench: DetailBench,
) -> None:
    bench.knows(1, expired=1)
    bench.source.put(campaign(1, status="paused", sent=1000, delivered=900))
    await bench.poll()
    bench.source.put(campaign(1, status="paused", sent=1000, delivered=910))
    await bench.poll()
    assert bench.asked() == [1]
    await bench.clock.sleep(60 * MINUTE)
    bench.restart(await bench.store.load())
    await bench.remember()
    bench.knows(1, expired=90)
    await bench.poll()
    assert bench.asked() == [1]
    assert bench.firing() == {"Expired 1"}
    await bench.poll(10 * MINUTE)
    assert bench.asked() == [], "it has not moved since"
