"""Backup beside a running monitor, and restore as docs/operations.md says: nothing is told
twice, nothing is lost."""

from pathlib import Path

import pytest

from monitor.clock import SystemClock
from monitor.simulator.api_server import Simulator
from monitor.simulator.scenario import Scenario
from tests.acceptance.daemon import KEY, Receiver, monitor
from tests.patience import until

pytestmark = pytest.mark.slow


async def test_a_restored_monitor_goes_on_where_the_backup_was_made(tmp_path: Path) -> None:
    simulator = Simulator(Scenario(name="backup"), clock=SystemClock(), keys=(KEY,))
    held = simulator.world.add(name="Held", sender="Shop", status="spam")
    running = simulator.world.add(
        name="Runs", sender="Shop", status="sending", sent=10, delivered=9
    )
    async with (
        simulator.serve() as provider_url,
        Receiver().serve() as receiver,
        monitor(tmp_path, provider_url, receiver) as subject,
    ):
        await until(lambda: len(receiver.messages) == 1)
        await until(subject.ready)
        receiver.up = False
        simulator.world.change(running, status="stopped")
        await until(lambda: len(receiver.attempts) > 1)
        waiting = receiver.attempts[-1]
        code, out, err = await subject.command("backup", "monitor.backup")
        assert (code, err) == (0, ""), out

        await (
            subject.kill()
        )  # the worst way to end: what was not yet folded into the file is in -wal, and stays there
        assert (tmp_path / "monitor.db-wal").exists()
        for end in ("", "-wal", "-shm"):
            (tmp_path / f"monitor.db{end}").unlink(missing_ok=True)
        (tmp_path / "monitor.backup").rename(tmp_path / "monitor.db")

        receiver.up = True
        await subject.start()
        await until(lambda: len(receiver.messages) == 2)
        assert receiver.messages[1][0] == waiting
        simulator.world.change(held, status="sending")
        await until(lambda: len(receiver.messages) == 3)
        assert await subject.stop() == 0
    told = [
        (body["notification_reason"], body["alerts"][0]["labels"]["alertname"])
        for _, body in receiver.messages
    ]
    assert told == [("firing", "Spam"), ("event", "Stopped"), ("resolved", "Spam")]
