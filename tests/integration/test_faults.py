"""Whatever the provider does wrong: no false alarm, no false all-clear, nothing vanishes, and
the truth is found after."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import pytest

from monitor import __version__
from monitor.domain.alerting.alert import Alert, AlertState
from monitor.domain.alerting.evaluation import RuleSet
from monitor.domain.campaign.event import EventKind
from monitor.domain.campaign.feed import Feed, SweepOutcome
from monitor.metrics import Metrics
from monitor.polling.cycle import AccountCycles
from monitor.ports import Snapshot
from monitor.provider import source
from monitor.provider.client import Client
from monitor.provider.source import Provider, ProviderOptions
from monitor.simulator.api_server import Simulator
from monitor.simulator.fault_orders import FaultKind
from monitor.simulator.scenario import Scenario
from monitor.state import State
from monitor.store import SqliteStore
from tests.clock import InstantClock
from tests.rules import event_rule, state_rule

FEED = Feed("default", "sms")
CAMPAIGNS = 1_200
RULES = RuleSet(
    [
        state_rule("Spam", 'status == "spam"'),
        state_rule("Low", "sent >= 100 and delivery_ratio < 0.5"),
        event_rule("Stopped", EventKind.STATUS_CHANGED, when='status == "stopped"'),
        event_rule("Vanished", EventKind.VANISHED),
    ]
)


@dataclass
class Bench:
    simulator: Simulator
    cycles: AccountCycles
    state: State
    told: list[Alert]
    clock: InstantClock
    ids: list[int]

    async def poll(self) -> SweepOutcome:
        await self.clock.sleep(60)
        return (await self.cycles.run(FEED)).outcome

    async def poll_well(self) -> None:
        """Until one poll succeeds: the provider's own wish to wait, a log-in's back-off or a
        busy machine may cost some."""
        for _ in range(20):
            if await self.poll() is SweepOutcome.OK:
                return
        pytest.fail("no poll succeeds")

    def firing(self) -> set[tuple[str, int]]:
        return {
            (key.rule, int(key.subject))
            for key, alert in self.state.active.items()
            if alert.state is AlertState.FIRING
        }


@pytest.fixture
async def bench(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> AsyncIterator[Bench]:
    kind = request.node.callspec.params["kind"]
    if kind is FaultKind.HANG:  # costs real time
        monkeypatch.setattr(source, "Client", partial(Client, timeout=0.2))
    clock = InstantClock()
    simulator = Simulator(Scenario(name="faults"), clock=clock, keys=("live_x",))
    ids = [
        simulator.world.add(name=f"C{n}", sender="Shop", status="sending", sent=200, delivered=190)
        for n in range(CAMPAIGNS)
    ]
    told: list[Alert] = []
    async with SqliteStore(None) as store, simulator.serve() as url:
        provider = Provider(
            ProviderOptions(account="default", url=url, api_key="live_x"),
            clock=clock,
            metrics=Metrics(__version__),
        )
        state = State(Snapshot(), polled=[FEED])
        cycles = AccountCycles(
            account="default",
            source=provider,
            store=store,
            state=state,
            rules=RULES,
            clock=clock,
            metrics=Metrics(__version__),
            lookback=timedelta(days=3),
            on_alerts=told.extend,
        )
        yield Bench(simulator, cycles, state, told, clock, ids)
        await provider.close()


@pytest.mark.parametrize("kind", list(FaultKind))
async def test_a_fault_neither_fires_nor_resolves_and_the_truth_is_found_after(
    bench: Bench, kind: FaultKind
) -> None:
    spam, stopped, steady = bench.ids[0], bench.ids[600], bench.ids[1199]
    bench.simulator.world.change(spam, status="spam")
    await bench.poll_well()
    assert bench.firing() == {("Spam", spam)}
    told = len(bench.told)
    bench.simulator.faults.set(
        kind, seconds=0.01 if kind is FaultKind.LATENCY else None, field="statistics.sent"
    )
    outcomes = {await bench.poll() for _ in range(2)}
    assert bench.firing() == {("Spam", spam)}
    gone = {int(alert.key.subject) for alert in bench.told[told:]}
    assert {alert.key.rule for alert in bench.told[told:]} <= {"Vanished"}
    assert all(bench.simulator.world.row(id_) is None for id_ in gone), "only what was deleted"
    assert not gone or kind is FaultKind.SHIFT
    bench.simulator.faults.clear()
    bench.simulator.world.change(spam, status="sending")
    bench.simulator.world.change(stopped, status="stopped")
    assert outcomes
    await bench.poll_well()
    assert bench.firing() == set()
    events = {(alert.key.rule, int(alert.key.subject)) for alert in bench.told if alert.is_event}
    assert ("Stopped", stopped) in events
    assert ("Vanished", steady) not in events
    assert {rule for rule, _ in events} <= (
        {"Stopped", "Vanished"} if kind is FaultKind.SHIFT else {"Stopped"}
    )


@pytest.mark.parametrize(
    "kind",
    [
        FaultKind.ERROR,
        FaultKind.CUT,
        FaultKind.RATE_LIMITED,
        FaultKind.MALFORMED,
        FaultKind.V1_ERROR,
    ],
)
async def test_a_share_of_faults_delays_and_falsifies_nothing(
    bench: Bench, kind: FaultKind
) -> None:
    assert await bench.poll() is SweepOutcome.OK
    bench.simulator.faults.set(kind, rate=0.3)
    bench.simulator.world.change(bench.ids[5], status="spam")
    outcomes = [await bench.poll() for _ in range(12)]
    assert SweepOutcome.OK in outcomes
    assert bench.firing() == {("Spam", bench.ids[5])}
    assert {(alert.key.rule, alert.state) for alert in bench.told} == {("Spam", AlertState.FIRING)}
    assert len({alert.id for alert in bench.told}) == 1
