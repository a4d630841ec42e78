"""However many alerts there are, the flusher gives the event loop its turn. Work is counted in
calls, so that no machine is too slow for the test."""

import asyncio
import sys
from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from monitor.domain.alerting.alert import Alert, AlertKey, advance, begin
from monitor.domain.routing.matcher import parse_matchers
from monitor.domain.routing.policy import NotificationPolicy
from monitor.domain.routing.route import Route
from monitor.domain.routing.silence import Silence
from monitor.ports import Snapshot
from monitor.store import SqliteStore
from tests.unit.desk import ROUTE, Desk

NOTHING = timedelta(0)

MOST_CALLS = 50_000
"""Some 15 ms of work; without turns it would be several times as many."""


async def longest_stretch(work: Awaitable[object]) -> int:
    """The most calls between two turns of the event loop."""
    loop = asyncio.get_running_loop()
    calls = longest = 0
    going = True

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    def turn() -> None:
        nonlocal calls, longest
        longest, calls = max(longest, calls), 0
        if going:
            loop.call_soon(turn)

    before = sys.getprofile()
    turn()
    sys.setprofile(count)
    try:
        await work
    finally:
        sys.setprofile(before)
        going = False
        turn()
    return longest


def fire(desk: Desk, number: int) -> list[Alert]:
    now = desk.clock.now()
    fired = []
    for subject in map(str, range(number)):
        labels = {
            "alertname": "Spam",
            "account": "default",
            "campaign_id": subject,
            "severity": "warning",
        }
        alert = advance(
            begin(AlertKey("Spam", "default", subject), labels=labels, now=now),
            active=True,
            now=now,
            hold=NOTHING,
            keep_firing=NOTHING,
        )
        assert alert is not None
        fired.append(alert)
    return fired


def ended(desk: Desk, alerts: list[Alert]) -> list[Alert]:
    now = desk.clock.now()
    after = [
        advance(alert, active=False, now=now, hold=NOTHING, keep_firing=NOTHING) for alert in alerts
    ]
    return [alert for alert in after if alert is not None]


async def life(number: int, route: Route) -> dict[str, int]:
    """The longest stretch of each thing that happens to so many alerts."""
    stretches: dict[str, int] = {}
    async with SqliteStore(None) as store:
        desk = Desk(store)
        desk.open(Snapshot(), route)

        async def measured(what: str) -> None:
            stretches[what] = await longest_stretch(desk.flusher.flush_due())

        async def reloaded(telling: NotificationPolicy) -> None:
            desk.flusher.use(telling)
            await desk.flusher.flush_due()

        await desk.flusher.flush_due()
        alerts = fire(desk, number)
        await desk.commit(*alerts)
        await measured("all fire")
        same = NotificationPolicy(route=route, receivers=("ops", "desk"))
        stretches["a reload"] = await longest_stretch(reloaded(same))
        await desk.clock.advance(4 * 3600)
        await measured("all are told again")
        now = desk.clock.now()
        quiet = Silence(
            id="s1",
            matchers=parse_matchers("alertname=Spam"),
            starts_at=now,
            created_at=now,
            author="anna",
        )
        await store.add_silence(msgspec.structs.replace(quiet, ends_at=now + timedelta(minutes=1)))
        desk.flusher.look_outside()
        await measured("all are silenced")
        await desk.clock.advance(60)
        await measured("the silence has ended")
        other = NotificationPolicy(route=replace(route, receiver="desk"), receivers=("ops", "desk"))
        stretches["a reload with another route"] = await longest_stretch(reloaded(other))
        await desk.commit(*ended(desk, alerts[::2]))
        await measured("half have ended")
        await desk.commit(*ended(desk, alerts[1::2]))
        stretches["a reload when all have ended"] = await longest_stretch(reloaded(same))
        await desk.clock.advance(600)
        await measured("nothing is left")
    return stretches


@pytest.mark.slow
@pytest.mark.parametrize(
    ("group_by", "number"),
    [(("alertname",), 10_000), (("campaign_id",), 4000)],
    ids=["one group", "many groups"],
)
async def test_a_flush_of_many_alerts_gives_way_often(group_by: str, number: int) -> None:
    stretches = await life(number, replace(ROUTE, group_by=(group_by,), group_interval=NOTHING))
    assert {what: calls for what, calls in stretches.items() if calls > MOST_CALLS} == {}
