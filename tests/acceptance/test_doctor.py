"""`doctor` beside a running monitor."""

import json
from pathlib import Path

import pytest

from monitor.clock import SystemClock
from monitor.simulator.api_server import Simulator
from monitor.simulator.scenario import Scenario
from tests.acceptance.daemon import KEY, WEBHOOK_SECRET, Receiver, monitor
from tests.patience import until

pytestmark = pytest.mark.slow


async def test_doctor_finds_nothing_wrong_with_a_monitor_in_order_and_what_is_wrong_with_one_that_hangs(
    tmp_path: Path,
) -> None:
    simulator = Simulator(Scenario(name="doctor"), clock=SystemClock(), keys=(KEY,))
    simulator.world.add(name="Runs", sender="Shop", status="sending", sent=10, delivered=9)
    async with (
        simulator.serve() as provider_url,
        Receiver().serve() as receiver,
        monitor(tmp_path, provider_url, receiver) as subject,
    ):
        await until(subject.ready)
        code, out, err = await subject.command("doctor", "--json")
        found = json.loads(out)
        assert {each["level"] for each in found} == {"ok"}, out
        assert code == 0
        assert {"database", "disk", "account default", "receiver hook", "daemon"} <= {
            each["subject"] for each in found
        }
        assert receiver.attempts == []
        assert not any(secret in out + err for secret in (KEY, WEBHOOK_SECRET))
