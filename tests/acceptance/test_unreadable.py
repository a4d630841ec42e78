"""A provider that writes fields oddly, and what a user sees of it: the monitor does not report
health while it is blind, and what can be read is told."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from monitor.simulator.api_server import Simulator
from tests.acceptance.daemon import RULES, Receiver, monitor
from tests.patience import until

pytestmark = pytest.mark.slow

UNREADABLE = """  - alert: DataUnreadable
    scope: account
    when: rejected_rows >= 1 or unreadable_fields >= 1
    summary: "{{ rejected_rows }} rows, {{ unreadable_fields }} fields"
  - alert: Cheap
    when: calculated_price < 5
    summary: "{{ campaign.name }} is cheap"
"""
WATCHFUL = RULES.replace("receivers:\n", f"{UNREADABLE}receivers:\n", 1)


@asynccontextmanager
async def heartbeats() -> AsyncIterator[tuple[str, list[str]]]:
    """A dead man's switch: its URL, and the calls that it got."""
    calls: list[str] = []

    async def beat(request: web.Request) -> web.Response:
        calls.append(request.path)
        return web.Response()

    app = web.Application()
    app.router.add_get("/beat", beat)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/beat", calls
    finally:
        await runner.cleanup()


def told(receiver: Receiver) -> list[tuple[str, str]]:
    """Status and name of every alert that was sent."""
    return [(alert["status"], alert["labels"]["alertname"]) for _, alert in receiver.alerts()]


async def test_a_monitor_whose_every_row_is_odd_says_so_and_does_not_report_health(
    tmp_path: Path, simulator: Simulator, provider_url: str, receiver: Receiver
) -> None:
    for number in range(36):
        simulator.world.add(name=f"Campaign {number}", sender="Shop", status="sending")
    simulator.world.add(name="Waits", sender="Shop", status="spam")
    simulator.faults.set("odd_field", rate=1, field="finished_at", value="30.11.2026 12:00")
    async with (
        heartbeats() as (url, calls),
        monitor(tmp_path, provider_url, receiver, rules=WATCHFUL, BSG_HEARTBEAT_URL=url) as subject,
    ):
        await until(lambda: ("firing", "DataUnreadable") in told(receiver))
        assert ("firing", "Spam") in told(receiver)  # what was read is told all the same
        summaries = [alert["annotations"]["summary"] for _, alert in receiver.alerts()]
        assert "0 rows, 37 fields" in summaries

        async def polled_often() -> bool:
            metrics = await subject.get("/metrics") or ""
            found = re.search(r'bsg_monitor_polls_total\{.*outcome="ok"\} (\S+)', metrics)
            return found is not None and float(found[1]) >= 5

        await until(polled_often)
        shown = await subject.get("/metrics") or ""
        assert 'bsg_monitor_read_ratio{account="default",message_type="sms"} 0.0' in shown
        assert 'bsg_monitor_incomplete_seconds{account="default",message_type="sms"} 0.0' in shown
        assert calls == []
        assert await subject.get("/readyz") is None  # not ready
        page = await subject.get("/") or ""
        assert "37 of 37 rows could not be read" in page
        code, _, complaint = await subject.command("once")
        assert code == 2
        assert "37 of 37 rows could not be read" in complaint
        assert "30.11.2026 12:00" in complaint
        assert subject.logged("field_unreadable") == 1
        simulator.faults.clear()
        await until(lambda: ("resolved", "DataUnreadable") in told(receiver))
        await until(lambda: len(calls) > 0)


async def test_a_stop_is_told_in_a_poll_in_which_the_price_is_odd(
    tmp_path: Path, simulator: Simulator, provider_url: str, receiver: Receiver
) -> None:
    running = simulator.world.add(name="Runs", sender="Shop", status="sending")
    async with monitor(tmp_path, provider_url, receiver, rules=WATCHFUL) as subject:
        await until(lambda: ("firing", "Cheap") in told(receiver))
        simulator.faults.set("odd_field", rate=1, field="calculated_price", value="5.60 EUR")
        simulator.world.change(running, status="stopped")
        await until(lambda: "Stopped" in [name for _, name in told(receiver)])
        await until(lambda: ("firing", "DataUnreadable") in told(receiver))
        assert ("resolved", "Cheap") not in told(receiver)
        code, out, _ = await subject.command("explain", "Cheap", str(running))
        assert code == 0
        assert "calculated_price" in out
        assert "5.60 EUR" in out
        _, out, _ = await subject.command("campaigns", "show", str(running))
        assert "calculated_price not readable since" in out
        _, out, _ = await subject.command("alerts", "--json")
        (cheap,) = (each["id"] for each in json.loads(out) if each["alertname"] == "Cheap")
        page = await subject.get(f"/alerts/{cheap}")
        assert page is not None
        assert "5.60 EUR" in page
