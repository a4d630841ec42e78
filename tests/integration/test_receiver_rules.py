"""Rules about receivers, over the real store and dispatcher."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from monitor.daemon.orphans import end_orphans
from monitor.domain.alerting.alert import Alert, AlertState, ResolveReason
from monitor.domain.alerting.evaluation import RuleSet
from monitor.errors import DeliveryFault, StoreError, StoreFault
from monitor.polling.receiver_rules import ReceiverRules
from monitor.state import State
from tests.integration.dispatching import Bench, bench, fault
from tests.rules import state_rule

RULES = RuleSet(
    [
        replace(
            state_rule(
                "ReceiverFailing",
                'failing_for > "15m"',
                scope="receiver",
                severity="critical",
                summary="{{ receiver }} ({{ integration }}) for {{ failing_for | duration }}, {{ "
                "waiting }} waiting",
            ),
            labels={"team": "ops"},
        ),
        state_rule(
            "GivenUp", "dead_letters > 0", scope="receiver", summary="{{ dead_letters }} given up"
        ),
        state_rule(
            "Backlog",
            'waiting >= 3 and oldest_waiting > "10m"',
            scope="receiver",
            summary="{{ waiting }} wait, the oldest for {{ oldest_waiting | duration }}",
        ),
    ]
)


class Watch:
    """Receiver rules over a bench."""

    def __init__(self, at: Bench, state: State) -> None:
        self.at = at
        self.state = state
        self.told: list[Alert] = []
        self.rules = ReceiverRules(
            RULES,
            state=state,
            store=at.store,  # type: ignore[arg-type]
            outbox=at.store,  # type: ignore[arg-type]
            receivers={name: notifier.integration for name, notifier in at.notifiers.items()},
            health=lambda: at.dispatcher.health,
            clock=at.clock,
            metrics=at.metrics,
            on_alerts=self.told.extend,
        )

    def firing(self) -> dict[str, str]:
        """Summaries of firing alerts, by rule and receiver."""
        active = self.state.active.values()
        return {
            f"{a.key.rule} {a.key.subject}": a.annotations["summary"]
            for a in active
            if a.state is AlertState.FIRING
        }


@pytest.fixture
async def at() -> AsyncIterator[Bench]:
    async with bench() as prepared:
        yield prepared


async def started(at: Bench) -> Watch:
    return Watch(at, State(await at.store.load(), polled=()))


async def test_a_receiver_that_fails_fires_and_resolves_when_it_takes_a_message(at: Bench) -> None:
    ops = at.receiver(otherwise=fault())
    at.receiver("other")
    await at.put("n1", "n2")
    watch = await started(at)
    async with at.running():
        await at.pass_time(890)
        await watch.rules.evaluate()
        assert watch.firing() == {}
        await at.pass_time(30)
        await watch.rules.evaluate()
        assert watch.firing() == {"ReceiverFailing ops": "ops (webhook) for 15 min 20 s, 2 waiting"}
        [alert] = watch.told
        assert alert.labels == {
            "alertname": "ReceiverFailing",
            "receiver": "ops",
            "severity": "critical",
            "team": "ops",
        }
        assert alert.key.account == ""
        ops.otherwise = None
        await at.pass_time(400)
        await watch.rules.evaluate()
    assert watch.firing() == {}
    assert watch.told[-1].resolve_reason is ResolveReason.CONDITION
    assert watch.state.accounts == {}


async def test_dead_letters_fire_until_they_have_been_dealt_with(at: Bench) -> None:
    at.receiver(otherwise=fault(DeliveryFault.REJECTED, final=True))
    await at.put("n1", "n2")
    watch = await started(at)
    async with at.running():
        await at.pass_time(1)
        await watch.rules.evaluate()
        assert watch.firing() == {"GivenUp ops": "2 given up"}
        await at.store.drop(["n1", "n2"], now=at.clock.now())
        await watch.rules.evaluate()
    assert watch.firing() == {}


async def test_what_waits_and_for_how_long_can_be_a_rule(at: Bench) -> None:
    at.receiver(otherwise=fault())
    await at.put("n1", "n2", "n3", group="one")
    watch = await started(at)
    async with at.running():
        await at.pass_time(700)
        await watch.rules.evaluate()
    assert watch.firing() == {"Backlog ops": "3 wait, the oldest for 11 min 40 s"}


async def test_a_restart_neither_ends_nor_repeats_the_alert(at: Bench) -> None:
    at.receiver(otherwise=fault())
    await at.put("n1")
    watch = await started(at)
    async with at.running():
        await at.pass_time(1000)
        await watch.rules.evaluate()
    before = dict(watch.state.active)
    assert before
    watch = await started(at)
    assert watch.state.active == before
    await end_orphans(
        RULES, watch.state, at.store.inner, feeds=[], receivers=["ops"], now=at.clock.now()
    )
    async with at.running():
        await watch.rules.evaluate()
    assert [alert.id for alert in watch.state.active.values()] == [
        alert.id for alert in before.values()
    ]


@pytest.mark.parametrize(
    ("receivers", "remaining", "reason"),
    [
        (["other"], RULES, ResolveReason.NOT_WATCHED),
        (["ops"], RuleSet([]), ResolveReason.RULE_REMOVED),
    ],
    ids=["receiver gone", "rule gone"],
)
async def test_an_alert_about_what_is_no_longer_there_ends(
    at: Bench, receivers: list[str], remaining: RuleSet, reason: ResolveReason
) -> None:
    at.receiver(otherwise=fault())
    await at.put("n1")
    watch = await started(at)
    async with at.running():
        await at.pass_time(1000)
        await watch.rules.evaluate()
    await end_orphans(
        remaining, watch.state, at.store.inner, feeds=[], receivers=receivers, now=at.clock.now()
    )
    assert not watch.state.active
    assert {alert.resolve_reason for alert in watch.state.ended.values()} == {reason}


async def test_a_receiver_of_unknown_health_keeps_its_alerts_as_they_are(at: Bench) -> None:
    at.receiver(otherwise=fault())
    await at.put("n1")
    watch = await started(at)
    async with at.running():
        await at.pass_time(1000)
        await watch.rules.evaluate()
        before = dict(watch.state.active)
    at.store.faults["recall"] = [StoreError("busy", reason=StoreFault.LOCKED, retryable=True)]
    async with at.running():
        await watch.rules.evaluate()
        assert watch.state.active == before


async def test_the_loop_outlives_a_store_that_refuses_and_a_bug(at: Bench) -> None:
    at.receiver(otherwise=fault())
    await at.put("n1")
    watch = await started(at)
    at.store.faults["dead_letters"] = [
        StoreError("busy", reason=StoreFault.LOCKED, retryable=True),
        ValueError("bug"),
    ]
    async with at.running(), at.loop(watch.rules.run()):
        await at.pass_time(1000)
    assert watch.firing()
    assert at.sample("bsg_monitor_loop_failures_total", loop="receiver_rules") == 2


async def test_without_such_rules_nothing_is_asked(at: Bench) -> None:
    at.receiver()
    watch = await started(at)
    watch.rules = ReceiverRules(
        RuleSet([]),
        state=watch.state,
        store=at.store,  # type: ignore[arg-type]
        outbox=at.store,  # type: ignore[arg-type]
        receivers={"ops": "webhook"},
        health=dict,
        clock=at.clock,
        metrics=at.metrics,
        on_alerts=watch.told.extend,
    )
    async with at.loop(watch.rules.run()):
        await at.pass_time(60)
        assert at.store.calls["dead_letters"] == 0
        watch.rules.use(RULES, {"ops": "webhook"})
        await at.pass_time(20)
        assert at.store.calls["dead_letters"] == 1
