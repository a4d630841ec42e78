"""Other routes and receivers in a running flusher: what follows is what would follow from a
restart with them."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.domain.alerting.alert import Alert
from monitor.domain.routing.inhibition import InhibitRule
from monitor.domain.routing.matcher import parse_matchers
from monitor.domain.routing.policy import NotificationPolicy
from monitor.domain.routing.route import Route
from monitor.ports import Snapshot
from monitor.store import SqliteStore
from tests.examples import examples
from tests.unit.desk import ROUTE, Desk

RECEIVERS = ("ops", "desk", "night")
ROUTES: tuple[tuple[Route, tuple[str, ...]], ...] = (
    (ROUTE, RECEIVERS),
    (replace(ROUTE, group_by=("campaign_id",)), RECEIVERS),
    (replace(ROUTE, receiver="desk"), ("desk", "night")),
    (
        replace(
            ROUTE,
            routes=(
                replace(ROUTE, receiver="night", matchers=parse_matchers("severity=critical")),
            ),
        ),
        RECEIVERS,
    ),
)
RULES = (
    (),
    (
        InhibitRule(
            source=parse_matchers("severity=critical"),
            target=parse_matchers("severity=warning"),
            equal=(),
        ),
    ),
)


async def play(steps: list[tuple[str, int]], *, restarts: bool) -> list[object]:
    """What is told, to whom and why, message by message."""
    async with SqliteStore(None) as store:
        desk = Desk(store)
        desk.open(Snapshot(), ROUTE)
        firing: list[Alert] = []
        for number, (step, choice) in enumerate(steps):
            await desk.clock.advance(1)
            if step == "fire":
                firing.append(
                    await desk.fire(str(number), severity=("critical", "warning")[choice % 2])
                )
            elif step == "resolve" and firing:
                await desk.resolve(firing.pop(choice % len(firing)))
            elif step == "event":
                await desk.happen(str(number), f"e{number}")
            elif step == "other":
                (route, receivers), rules = (
                    ROUTES[choice % len(ROUTES)],
                    RULES[choice // len(ROUTES) % 2],
                )
                if restarts:
                    desk.open(await store.load(), route, rules=rules, receivers=receivers)
                else:
                    desk.flusher.use(
                        NotificationPolicy(route=route, inhibit_rules=rules, receivers=receivers)
                    )
            elif step == "deliver":
                await desk.deliver(RECEIVERS[choice % 3])
            elif step == "pass":
                await desk.clock.advance(400)
            if choice % 3:
                await desk.flusher.flush_due()
        for _ in range(3):
            await desk.clock.advance(400)
            await desk.flusher.flush_due()
        rows = [
            (
                message.receiver,
                message.group_key,
                message.reason,
                sorted((each.fingerprint, each.status, each.changed) for each in message.alerts),
            )
            for message in (row.notification for row in await desk.rows(None))
        ]
        left = await store.load()
        rows.sort(key=str)  # several of one moment
        return [
            rows,
            sorted(alert.id for alert in left.alerts),
            sorted((each.group.key, sorted(each.told.items())) for each in left.ledgers),
        ]


steps = st.sampled_from(["fire", "fire", "resolve", "event", "other", "other", "deliver", "pass"])


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.tuples(steps, st.integers(0, 7)), max_size=25))
@example(
    [("fire", 2), ("other", 2), ("fire", 1), ("resolve", 0), ("other", 3)]
)  # a receiver that comes back
def test_a_reload_leads_to_what_a_restart_would(plan: list[tuple[str, int]]) -> None:
    reloaded = asyncio.run(play(plan, restarts=False))
    restarted = asyncio.run(play(plan, restarts=True))
    assert reloaded == restarted


async def test_those_who_were_told_hear_the_end_though_another_is_told_now() -> None:
    async with SqliteStore(None) as store:
        desk = Desk(store)
        alert = await desk.fire("1")
        await desk.flusher.flush_due()
        desk.flusher.use(
            NotificationPolicy(route=replace(ROUTE, receiver="desk"), receivers=RECEIVERS)
        )
        await desk.flusher.flush_due()
        await desk.clock.advance(timedelta(minutes=6).total_seconds())
        await desk.resolve(alert)
        await desk.flusher.flush_due()
        told = [
            (row.notification.receiver, row.notification.reason.value)
            for row in await desk.rows(None)
        ]
    assert sorted(told[:2]) == [("desk", "firing"), ("ops", "firing")]
    assert sorted(told[2:]) == [("desk", "resolved"), ("ops", "resolved")]
