"""The daemon as a user runs it: start, stop, restart, a receiver that is away, a second daemon,
secrets."""

import asyncio
import os
import sqlite3
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from monitor.daemon.app import DRAIN_SECONDS
from monitor.dispatcher.lanes import ABORT_GRACE_SECONDS
from monitor.simulator.api_server import Simulator
from tests.acceptance.daemon import KEY, WEBHOOK_SECRET, Receiver, monitor
from tests.patience import BOUND_SECONDS, until

pytestmark = pytest.mark.slow


async def test_the_main_job(
    tmp_path: Path, simulator: Simulator, provider_url: str, receiver: Receiver
) -> None:
    waiting = simulator.world.add(name="Waits", sender="Shop", status="spam")
    running = simulator.world.add(
        name="Runs", sender="Shop", status="sending", sent=10, delivered=9
    )
    async with monitor(tmp_path, provider_url, receiver) as subject:
        await until(lambda: len(receiver.messages) == 1)
        _, body = receiver.messages[0]
        assert (body["version"], body["status"], body["notification_reason"]) == (
            "4",
            "firing",
            "firing",
        )
        assert body["alerts"][0]["labels"]["campaign_id"] == str(waiting)
        assert body["alerts"][0]["campaign"]["name"] == "Waits"
        simulator.world.change(waiting, status="sending")
        simulator.world.change(running, status="stopped")
        await until(lambda: len(receiver.messages) == 3)
        told = {
            (body["notification_reason"], body["alerts"][0]["labels"]["alertname"])
            for _, body in receiver.messages[1:]
        }
        assert told == {("resolved", "Spam"), ("event", "Stopped")}
        metrics = await subject.get("/metrics")
        assert metrics is not None
        assert 'bsg_campaigns{account="default",message_type="sms",status="sending"} 1.0' in metrics
        page = await subject.get("/")
        assert page is not None
        code, out, _ = await subject.command("campaigns", "--json")
        assert code == 0
        assert "Waits" in out
        code, out, _ = await subject.command("events", "--json")
        assert code == 0
        assert "status_changed" in out
        assert await subject.stop() == 0


async def test_a_receiver_that_was_down_across_a_restart_gets_the_present_state_once(
    tmp_path: Path, simulator: Simulator, provider_url: str, receiver: Receiver
) -> None:
    receiver.up = False
    first = simulator.world.add(name="First", sender="Shop", status="spam")
    async with monitor(tmp_path, provider_url, receiver) as subject:
        await until(lambda: len(receiver.attempts) >= 1)
        simulator.world.change(first, status="sending")
        second = simulator.world.add(name="Second", sender="Shop", status="spam")

        async def waits() -> bool:
            newest = (await subject.pending())[0]
            found = {alert["labels"]["campaign_id"]: alert["status"] for alert in newest["alerts"]}
            return found == {str(first): "resolved", str(second): "firing"}

        await until(waits)
        await subject.kill()
        receiver.up = True
        await subject.start()
        code, _, err = await subject.command("outbox", "retry", "--receiver", "hook", "--yes")
        assert code == 0, err
        await until(
            lambda: any(a["labels"]["campaign_id"] == str(second) for _, a in receiver.alerts())
        )
        assert receiver.messages[0][0] == receiver.attempts[0], (
            "the message that was attempted keeps its id"
        )
        last = {alert["labels"]["campaign_id"]: alert["status"] for _, alert in receiver.alerts()}
        assert last == {str(first): "resolved", str(second): "firing"}
        assert len(receiver.messages) == 2


async def test_sigterm_drains_and_a_second_signal_ends_at_once(
    tmp_path: Path, simulator: Simulator, provider_url: str, receiver: Receiver
) -> None:
    receiver.hang = asyncio.Event()
    simulator.world.add(name="First", sender="Shop", status="spam")
    async with monitor(tmp_path, provider_url, receiver) as subject:
        await until(lambda: len(receiver.attempts) == 1)
        assert subject.process is not None
        subject.process.terminate()
        await asyncio.sleep(0.5)  # noqa: TID251 (it must still be there: it drains)
        assert subject.process.returncode is None
        subject.process.terminate()
        assert (
            await asyncio.wait_for(subject.process.wait(), BOUND_SECONDS) == 143
        )  # a drain that goes on ends with 0


def test_a_stop_takes_less_than_ten_seconds_of_waiting() -> None:
    assert DRAIN_SECONDS + ABORT_GRACE_SECONDS < 10


async def test_a_stop_waits_for_no_hanging_receiver_or_provider(
    tmp_path: Path, simulator: Simulator, provider_url: str, receiver: Receiver
) -> None:
    receiver.hang = asyncio.Event()
    simulator.world.add(name="First", sender="Shop", status="spam")
    async with monitor(tmp_path, provider_url, receiver) as subject:
        await until(lambda: len(receiver.attempts) == 1)
        simulator.faults.set("hang")
        begun = time.monotonic()  # noqa: TID251
        assert await subject.stop() == 0
        # a hanging provider alone would take 30
        assert time.monotonic() - begun < 20  # noqa: TID251
        receiver.hang.set()
        receiver.hang = None
        simulator.faults.clear()
        await subject.start()
        code, _, err = await subject.command("outbox", "retry", "--receiver", "hook", "--yes")
        assert code == 0, err
        await until(lambda: len(receiver.messages) >= 1)
        assert set(receiver.attempts) == {receiver.attempts[0]}


async def test_a_second_daemon_on_the_same_file_is_refused(
    tmp_path: Path, provider_url: str, receiver: Receiver
) -> None:
    async with monitor(tmp_path, provider_url, receiver) as subject:
        code, out, err = await subject.command("run")
        assert code not in (0, None)
        assert "already" in err
        assert "Traceback" not in out + err


async def test_a_provider_that_is_down_at_start_is_waited_for(
    tmp_path: Path, simulator: Simulator, provider_url: str, receiver: Receiver
) -> None:
    simulator.faults.set("error")
    simulator.world.add(name="First", sender="Shop", status="spam")
    async with monitor(tmp_path, provider_url, receiver) as subject:
        await until(
            lambda: any(a["labels"]["alertname"] == "ApiDown" for _, a in receiver.alerts()),
            bound=60,
        )
        assert not await subject.ready()
        simulator.faults.clear()
        await until(subject.ready)
        await until(lambda: any(a["labels"]["alertname"] == "Spam" for _, a in receiver.alerts()))


async def test_no_secret_is_in_any_output(
    tmp_path: Path, simulator: Simulator, provider_url: str, receiver: Receiver
) -> None:
    simulator.world.add(name="First", sender="Shop", status="spam")
    receiver.up = False
    async with monitor(
        tmp_path, provider_url, receiver, BSG_LOG_LEVEL="debug", BSG_READ_TOKEN="read-token-5150"
    ) as subject:
        await until(lambda: len(receiver.attempts) >= 1)
        simulator.faults.set("unauthorized")
        await asyncio.sleep(2)  # noqa: TID251 (a poll that meets the 401s)
        shown = [subject.log.read_text()]
        for arguments in (
            ["config"],
            ["config", "--json"],
            ["outbox", "list", "--json"],
            ["check"],
            ["notify-test", "hook"],
        ):
            _, out, err = await subject.command(*arguments)
            shown += [out, err]
        assert subject.process is not None
        shown.append(
            await asyncio.to_thread(Path(f"/proc/{subject.process.pid}/cmdline").read_text)
        )
    with sqlite3.connect(tmp_path / "monitor.db") as database:
        shown += list(database.iterdump())
    text = "\n".join(shown)
    assert "First" in text
    for secret in (KEY, WEBHOOK_SECRET, "read-token-5150", receiver.url, "eyJ"):
        assert secret not in text


async def test_connections_to_the_page_leave_files_for_the_receivers_where_few_may_be_open(
    tmp_path: Path, simulator: Simulator, provider_url: str, receiver: Receiver
) -> None:
    few = ("sh", "-c", 'ulimit -n 40 && exec "$@"', "sh")
    async with (
        monitor(tmp_path, provider_url, receiver, under=few) as subject,
        AsyncExitStack() as stack,
    ):
        for _ in range(30):
            _, writer = await asyncio.open_connection("127.0.0.1", subject.port)
            stack.callback(writer.close)
            writer.write(b"GET / HTTP/1.1\r\nHost: local")
        assert await subject.get("/healthz") is not None
        simulator.world.add(name="Waits", sender="Shop", status="spam")
        await until(lambda: len(receiver.messages) == 1)
        assert "Too many open files" not in subject.log.read_text()


async def test_what_is_no_http_costs_one_line_in_the_log_and_no_traceback(
    tmp_path: Path, simulator: Simulator, provider_url: str, receiver: Receiver
) -> None:
    host = b"Host: localhost\r\n"
    bad = (
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + 2 * host + b"\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + host + b"\r\n",
    )
    async with monitor(tmp_path, provider_url, receiver) as subject:
        for request in bad:
            reader, writer = await asyncio.open_connection("127.0.0.1", subject.port)
            writer.write(request)
            await reader.read()
            writer.close()
        assert "bsg_monitor_bad_http_requests_total 3.0" in (await subject.get("/metrics") or "")
        assert subject.logged("bad_http_request") == 1
        assert "Traceback" not in subject.log.read_text()


async def test_a_database_that_has_a_second_name_is_refused_at_the_start(
    tmp_path: Path, simulator: Simulator, provider_url: str, receiver: Receiver
) -> None:
    async with monitor(tmp_path, provider_url, receiver) as subject:
        assert await subject.stop() == 0
        os.link(tmp_path / "monitor.db", tmp_path / "other.db")
        code, _, err = await subject.command("run")
        assert code != 0
        assert "has 2 names (hard links)" in err
        assert "Traceback" not in err


@pytest.mark.parametrize("suffix", ["-wal", "-shm"])
async def test_a_deleted_file_of_the_database_is_said_in_the_log_and_by_readyz(
    tmp_path: Path, simulator: Simulator, provider_url: str, receiver: Receiver, suffix: str
) -> None:
    async with monitor(tmp_path, provider_url, receiver) as subject:
        await until(subject.ready)
        (tmp_path / f"monitor.db{suffix}").unlink()
        simulator.world.add(name="Waits", sender="Shop", status="spam")
        await until(
            lambda: "was moved or deleted while the database was in use" in subject.log.read_text()
        )

        async def unready() -> bool:
            return not await subject.ready()

        await until(unready)
