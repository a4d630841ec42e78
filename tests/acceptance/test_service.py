"""The daemon as a service: what its manager is told, and what a hang or a stop looks like from
there."""

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest

from monitor.simulator.api_server import Simulator
from tests.acceptance.daemon import Receiver, monitor
from tests.acceptance.listening import listening
from tests.patience import until

pytestmark = pytest.mark.slow

HANGING = """\
import signal, time
signal.signal(signal.SIGUSR1, lambda *_: time.sleep(3600))
"""
"""A `sitecustomize` that lets a test hang the thread of the event loop, and no other."""


@pytest.mark.parametrize("abstract", [False, True], ids=["path", "abstract"])
async def test_it_is_ready_while_the_provider_is_down_and_says_when_it_stops(
    tmp_path: Path, simulator: Simulator, provider_url: str, receiver: Receiver, abstract: bool
) -> None:
    simulator.faults.set("error")
    with listening(tmp_path, abstract=abstract) as manager:
        async with monitor(
            tmp_path, provider_url, receiver, NOTIFY_SOCKET=manager.address
        ) as subject:
            await until(lambda: manager.states == ["READY=1"])
            assert await subject.get("/healthz") is not None
            await until(lambda: "2 feeds failing (default/sms, default/rcs)" in manager.status)
            simulator.faults.clear()
            simulator.world.add(name="Waits", sender="Shop", status="spam")
            await until(lambda: manager.status == "2 feeds fresh; 1 alert firing")
            assert await subject.stop() == 0
        assert manager.states == ["READY=1", "STOPPING=1"]


async def test_nothing_is_ready_when_the_listener_cannot_be_opened(
    tmp_path: Path, provider_url: str, receiver: Receiver
) -> None:
    with listening(tmp_path) as manager:
        async with monitor(tmp_path, provider_url, receiver) as running:
            folder = tmp_path / "second"
            folder.mkdir()
            (folder / "rules.yaml").write_text((tmp_path / "rules.yaml").read_text())
            running.environment = {**running.environment, "NOTIFY_SOCKET": manager.address}
            running.folder = folder
            code, _, err = await running.command("run")
        assert code == 1
        assert str(running.port) in err
        assert manager.states == []


async def test_signs_of_life_stop_when_the_event_loop_hangs(
    tmp_path: Path, provider_url: str, receiver: Receiver
) -> None:
    (tmp_path / "sitecustomize.py").write_text(HANGING)
    more = {"WATCHDOG_USEC": "300000", "PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[2]}"}
    with listening(tmp_path) as manager:
        async with monitor(
            tmp_path, provider_url, receiver, NOTIFY_SOCKET=manager.address, **more
        ) as subject:
            await until(lambda: manager.signs_of_life >= 5)
            assert subject.process is not None
            subject.process.send_signal(signal.SIGUSR1)

            async def silent() -> bool:
                before = manager.signs_of_life
                await asyncio.sleep(1)  # noqa: TID251 (three of the watchdog's periods)
                return manager.signs_of_life == before

            await until(silent)
            assert subject.process.returncode is None
            await subject.kill()


async def test_signs_of_life_go_on_while_a_stop_waits_for_a_delivery(
    tmp_path: Path, simulator: Simulator, provider_url: str, receiver: Receiver
) -> None:
    receiver.hang = asyncio.Event()
    simulator.world.add(name="First", sender="Shop", status="spam")
    with listening(tmp_path) as manager:
        more = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "300000"}
        async with monitor(tmp_path, provider_url, receiver, **more) as subject:
            await until(lambda: len(receiver.attempts) == 1)
            assert subject.process is not None
            subject.process.terminate()
            await until(lambda: "STOPPING=1" in manager.states)
            before = manager.signs_of_life
            await until(lambda: manager.signs_of_life >= before + 3)
            receiver.hang.set()
            assert await asyncio.wait_for(subject.process.wait(), 15) == 0


async def test_a_stop_during_a_slow_delivery_waits_for_it_and_nothing_is_told_twice(
    tmp_path: Path, simulator: Simulator, provider_url: str, receiver: Receiver
) -> None:
    receiver.hang = asyncio.Event()
    simulator.world.add(name="First", sender="Shop", status="spam")
    async with monitor(tmp_path, provider_url, receiver) as subject:
        await until(lambda: len(receiver.attempts) == 1)
        assert subject.process is not None
        subject.process.terminate()
        await until(lambda: "monitor_stopping" in subject.log.read_text())
        receiver.hang.set()
        assert await asyncio.wait_for(subject.process.wait(), 15) == 0
        receiver.hang = None
        await subject.start()
        await until(subject.ready)
        _, out, _ = await subject.command("outbox", "list", "--json")
        assert [row["state"] for row in json.loads(out)] == ["delivered"]
        assert len(receiver.attempts) == len(receiver.messages) == 1


async def test_in_the_journal_the_log_has_priorities_and_each_cycle_a_line(
    tmp_path: Path, simulator: Simulator, provider_url: str, receiver: Receiver
) -> None:
    log = tmp_path / "monitor.log"
    log.touch()
    found = log.stat()
    async with monitor(
        tmp_path, provider_url, receiver, JOURNAL_STREAM=f"{found.st_dev}:{found.st_ino}"
    ) as subject:
        await until(lambda: log.read_text().count("poll_completed") >= 4)
        simulator.faults.set("error")
        await until(lambda: log.read_text().count("poll_failed") >= 2)
        assert await subject.stop() == 0
    entries = [(line[:3], json.loads(line[3:])) for line in log.read_text().splitlines()]
    levels = {"<6>": "info", "<4>": "warning", "<3>": "error"}
    assert all(entry["level"] == levels[prefix] for prefix, entry in entries)
    assert {prefix for prefix, entry in entries if entry["event"] == "poll_failed"} == {"<4>"}


async def test_what_stops_a_start_is_an_error_in_the_journal(
    tmp_path: Path, provider_url: str, receiver: Receiver
) -> None:
    async with monitor(tmp_path, provider_url, receiver) as subject:
        await subject.stop()
        with subject.log.open("ab") as log:
            found = os.fstat(log.fileno())
            subject.environment = {
                **subject.environment,
                "JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}",
            }
        (tmp_path / "rules.yaml").write_text(
            "rules: [{alert: Bad, when: nonsense == 1, summary: x}]"
        )
        before = len(subject.log.read_text())
        with pytest.raises(AssertionError):
            await subject.start()
    written = subject.log.read_text()[before:].splitlines()
    assert written[0].startswith("<3>rules.yaml:1:28: error: ")
    assert {line[:3] for line in written} <= {"<3>", "<4>"}
