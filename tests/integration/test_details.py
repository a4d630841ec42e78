"""Cycles that read campaigns in detail from a provider that is sometimes slow, wrong or away."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from monitor import __version__
from monitor.domain.alerting.alert import Alert, AlertState
from monitor.domain.alerting.evaluation import RuleSet
from monitor.domain.campaign.feed import Feed, SweepOutcome
from monitor.metrics import Metrics
from monitor.polling.cycle import AccountCycles
from monitor.ports import Snapshot
from monitor.provider.source import Provider, ProviderOptions
from monitor.simulator.api_server import Simulator
from monitor.simulator.fault_orders import FaultKind
from monitor.simulator.plan import CampaignPlan
from monitor.simulator.scenario import Scenario
from monitor.state import State
from monitor.store import SqliteStore
from tests.clock import InstantClock
from tests.rules import state_rule
from tests.told import Told

FEED = Feed("default", "rcs")
BUDGET = 20
SINGLE = "/api/campaigns/"
RULES = RuleSet([state_rule("Low", "sent >= 100 and delivery_ratio < 0.7", summary="{{ why }}")])
POOR = CampaignPlan(
    name="Poor", sender="Agent", size=1000, message_type="rcs", created=-7200, duration=60, delivered_share=0.5,
    not_rcs_share=0.4, validity=1800,
)  # fmt: skip


@dataclass
class Bench:
    simulator: Simulator
    metrics: Metrics
    clock: InstantClock
    cycles: AccountCycles
    state: State
    told: list[Alert]

    async def poll(self) -> int:
        """One cycle; returns how many details it asked for."""
        await self.clock.sleep(60)
        self.simulator.requests.clear()
        report = await self.cycles.run(FEED)
        assert report.outcome is SweepOutcome.OK
        return sum(seen.path.endswith("/detail") for seen in self.simulator.requests)

    def explained(self) -> list[str]:
        return [
            alert.annotations["summary"]
            for alert in self.state.active.values()
            if alert.detail is not None
        ]


@pytest.fixture(params=[1])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    clock, metrics, told = InstantClock(), Metrics(__version__), Told()
    simulator = Simulator(
        Scenario(name="details", campaigns=(POOR,) * request.param), clock=clock, keys=("live_x",)
    )
    async with SqliteStore(None) as store, simulator.serve() as url:
        provider = Provider(
            ProviderOptions(account="default", url=url, api_key="live_x"),
            clock=clock,
            metrics=metrics,
        )
        state = State(Snapshot(), polled=[FEED])
        cycles = AccountCycles(
            account="default",
            source=provider,
            store=store,
            state=state,
            rules=RULES,
            clock=clock,
            metrics=metrics,
            lookback=timedelta(days=3),
            details_per_minute=BUDGET,
            on_alerts=told.tell,
            on_page=told.hold,
            on_swept=told.release,
        )
        yield Bench(simulator, metrics, clock, cycles, state, told)
        await provider.close()


async def test_a_campaign_that_delivers_badly_is_explained_in_the_cycle_that_finds_it(
    bench: Bench,
) -> None:
    assert await bench.poll() == 1
    (alert,) = bench.told
    assert alert.state is AlertState.FIRING
    assert (
        alert.annotations["summary"]
        == "not RCS-capable 40 %, undelivered 5 %, expired 4 %, failed 2 %"
    )
    counted = bench.metrics.registry.get_sample_value(
        "bsg_monitor_api_requests_total", {"account": "default", "code": "200"}
    )
    assert counted == len(bench.simulator.requests), "the detail is counted like any other call"
    assert [await bench.poll() for _ in range(5)] == [0] * 5


@pytest.mark.parametrize("bench", [50], indirect=True)
async def test_fifty_alerts_at_once_are_told_at_once_and_explained_within_the_budget(
    bench: Bench,
) -> None:
    assert await bench.poll() == BUDGET
    assert len(bench.told) == 50
    assert len(bench.explained()) == BUDGET
    assert [await bench.poll() for _ in range(3)] == [BUDGET, 10, 0]
    assert len(bench.explained()) == 50
    assert set(bench.explained()) == {
        "not RCS-capable 40 %, undelivered 5 %, expired 4 %, failed 2 %"
    }


@pytest.mark.parametrize(
    "kind",
    [
        FaultKind.ERROR,
        FaultKind.HTML_ERROR,
        FaultKind.RATE_LIMITED,
        FaultKind.CUT,
        FaultKind.RESET,
        FaultKind.MALFORMED,
        FaultKind.HTML_OK,
        FaultKind.V1_ERROR,
        FaultKind.UNAUTHORIZED,
        FaultKind.HANG,
    ],
)
async def test_whatever_goes_wrong_with_a_detail_the_alert_is_told_and_explained_later(
    bench: Bench, kind: FaultKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "monitor.provider.campaign_detail.REQUEST_SECONDS", 0.1
    )  # a hang costs real time
    bench.simulator.faults.set(kind, path_prefix=SINGLE)
    assert await bench.poll() <= 2
    assert [(alert.state, alert.detail) for alert in bench.told] == [(AlertState.FIRING, None)]
    await bench.poll()
    bench.simulator.faults.clear()
    for _ in range(3):
        await bench.poll()
    assert len(bench.explained()) == 1
