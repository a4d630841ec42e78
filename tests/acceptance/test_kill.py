"""The daemon under kill -9 while things change: nothing is lost, and what is told twice is told
under the same id."""

import asyncio
import random
from collections import defaultdict
from pathlib import Path

import pytest

from monitor.clock import SystemClock
from monitor.simulator.api_server import Simulator
from monitor.simulator.scenario import Scenario
from tests.acceptance.daemon import KEY, Receiver, monitor
from tests.patience import until

pytestmark = pytest.mark.slow
ROUNDS = 8


async def test_kill_at_random_points_loses_no_transition_and_keeps_ids(tmp_path: Path) -> None:
    dice = random.Random(20260302)
    clock = SystemClock()
    simulator = Simulator(Scenario(name="kill"), clock=clock, keys=(KEY,))
    ids = [
        simulator.world.add(
            name=f"Campaign {n}", sender="Shop", status="sending", sent=100, delivered=90
        )
        for n in range(60)
    ]
    stopped: set[int] = set()
    async with (
        simulator.serve() as provider_url,
        Receiver().serve() as receiver,
        monitor(tmp_path, provider_url, receiver) as subject,
    ):
        await until(subject.ready)
        for _ in range(ROUNDS):
            for campaign_id in dice.sample(ids, 6):
                if campaign_id in stopped:
                    continue
                status = dice.choice(["spam", "sending", "stopped"])
                simulator.world.change(campaign_id, status=status)
                if status == "stopped":
                    stopped.add(campaign_id)
                # the point of the kill is what is random
                await asyncio.sleep(dice.uniform(0, 0.25))  # noqa: TID251
            await subject.kill()
            await subject.start()
        for campaign_id in ids:
            if campaign_id not in stopped:
                simulator.world.change(campaign_id, status="sending")
        await until(lambda: stopped <= _stopped(receiver))
        await until(lambda: not _open(receiver))
        assert await subject.stop() == 0
    bodies: dict[str, list[object]] = {}
    for message_id, body in receiver.messages:
        assert bodies.setdefault(message_id, body["alerts"]) == body["alerts"], (
            "a repeat says the same"
        )
    told_under: dict[str, set[str]] = defaultdict(set)
    for message_id, alert in receiver.alerts():
        if "event_id" in alert:
            told_under[alert["event_id"]].add(message_id)
    assert {len(message_ids) for message_ids in told_under.values()} <= {1}
    assert len(told_under) == len(stopped)


def _stopped(receiver: Receiver) -> set[int]:
    return {
        int(alert["labels"]["campaign_id"])
        for _, alert in receiver.alerts()
        if alert["labels"]["alertname"] == "Stopped"
    }


def _open(receiver: Receiver) -> set[tuple[str, str]]:
    """Alerts that the receiver believes to be firing, by fingerprint and start."""
    firing: set[tuple[str, str]] = set()
    for _, alert in receiver.alerts():
        if "event_id" in alert:
            continue
        key = (alert["fingerprint"], alert["startsAt"])
        if alert["status"] == "firing":
            firing.add(key)
        else:
            firing.discard(key)
    return firing
