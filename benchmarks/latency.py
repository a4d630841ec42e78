"""Time from a change at the provider to the webhook, without the wait for the next poll, with
1,000 campaigns."""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from aiohttp import web

from benchmarks.provider import KEY
from benchmarks.subject import settings
from benchmarks.table import Row
from monitor.clock import SystemClock
from monitor.daemon.app import running
from monitor.rulefile.parsing import parse_rules
from monitor.simulator.api_server import Simulator
from monitor.simulator.scenario import bulk_scenario

CAMPAIGNS = 1_000
ROUNDS = 15
LIMIT_MS = 100.0

RULES = """
rules:
  - alert: Paused
    when: status == "paused"
    summary: "{{ campaign.name }} is paused"
receivers:
  - name: hook
    webhook: {url: "${HOOK}"}
route: {receiver: hook, group_by: [campaign_id]}
"""


async def _measure(folder: Path) -> list[float]:
    received = asyncio.Event()

    async def receive(request: web.Request) -> web.Response:
        await request.read()
        received.set()
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/", receive)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    simulator = Simulator(
        bulk_scenario(CAMPAIGNS, days=2.5, live_share=0.05), clock=SystemClock(), keys=(KEY,)
    )
    waits: list[float] = []
    async with simulator.serve() as url:
        loaded = settings(url, folder, BSG_POLL_INTERVAL="1d", BSG_MESSAGE_TYPES="sms")
        rules = parse_rules(RULES, source="bench", lookup={"HOOK": hook}.get)
        async with running(loaded, rules, clock=SystemClock()) as daemon:
            while not daemon.state.feeds:  # noqa: ASYNC110 (there is no event for the first poll)
                await asyncio.sleep(0.05)
            live = [
                row.campaign.id
                for row in daemon.state.table("default").rows.values()
                if row.campaign.status == "sending" and row.campaign.message_type == "sms"
            ]
            for campaign_id in live[:ROUNDS]:
                await asyncio.sleep(1.2)
                received.clear()
                simulator.world.change(campaign_id, status="paused")
                begun = time.perf_counter()
                await daemon.poller.once(list(daemon.state.feeds))
                await received.wait()
                waits.append(time.perf_counter() - begun)
    await runner.cleanup()
    return waits


def rows() -> list[Row]:
    """The rows of the table."""
    with tempfile.TemporaryDirectory() as folder:
        waits = asyncio.run(_measure(Path(folder)))
    median = statistics.median(waits) * 1e3
    what = (
        f"change at the provider → webhook received, {CAMPAIGNS:,} campaigns, provider in the same "
        "process"
    )
    return [
        Row(
            what,
            f"{median:.0f} ms (worst {max(waits) * 1e3:.0f} ms)",
            f"< {LIMIT_MS:.0f} ms",
            median < LIMIT_MS,
        )
    ]
