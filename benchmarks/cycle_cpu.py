"""CPU of a steady cycle, compared with only fetching the same pages and decoding them with
orjson."""

import asyncio
import math
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import orjson

from benchmarks.provider import KEY, provider
from benchmarks.subject import subject
from benchmarks.table import Row

SIZES = (10_000, 100_000)
ROUNDS = 7
PAUSE_SECONDS = 1.1
LIMIT_NOW = 2.2
LIMIT_GOAL = 1.5
LIMIT_GROWTH = 1.05


async def _token(session: aiohttp.ClientSession, url: str) -> str:
    async with session.post(f"{url}/api/auth/login", json={"api_key": KEY}) as answer:
        return str(orjson.loads(await answer.read())["bearer"])


async def _yardstick(session: aiohttp.ClientSession, url: str, token: str) -> int:
    """Fetch and decode every page of both types, four at a time. Returns the number of rows."""
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}
    now = datetime.now(UTC)
    window = {
        "filter[from]": f"{now - timedelta(days=89):%Y-%m-%d %H:%M:%S}",
        "filter[to]": f"{now + timedelta(hours=26):%Y-%m-%d %H:%M:%S}",
    }
    gate = asyncio.Semaphore(4)

    async def page(kind: str, offset: int) -> tuple[int, int]:
        query = {
            **window,
            "filter[type]": kind,
            "page[limit]": "500",
            "page[offset]": str(offset),
            "sort": "id",
            "way": "asc",
        }
        async with (
            gate,
            session.get(f"{url}/api/campaigns", params=query, headers=headers) as answer,
        ):
            body = orjson.loads(await answer.read())
        return len(body["data"]), body["meta"]["page"]["total"]

    rows = 0
    for kind in ("sms", "rcs"):
        seen, total = await page(kind, 0)
        rows += seen
        async with asyncio.TaskGroup() as tasks:
            pages = [tasks.create_task(page(kind, offset)) for offset in range(499, total - 1, 499)]
        rows += sum(task.result()[0] for task in pages)
    return rows


async def _measure(url: str, folder: Path) -> tuple[float, float, int]:
    cycles: list[float] = []
    yardsticks: list[float] = []
    async with (
        subject(url, folder) as monitor,
        aiohttp.ClientSession(read_bufsize=2**20) as session,
    ):
        token = await _token(session, url)
        await monitor.cycle()
        await monitor.cycle()
        changed = 0
        for _ in range(ROUNDS):
            await asyncio.sleep(PAUSE_SECONDS)
            begun = time.process_time()
            changed = sum(report.changed for report in await monitor.cycle())
            cycles.append(time.process_time() - begun)
            await asyncio.sleep(PAUSE_SECONDS)
            begun = time.process_time()
            await _yardstick(session, url, token)
            yardsticks.append(time.process_time() - begun)
    return statistics.median(cycles), statistics.median(yardsticks), changed


def rows() -> list[Row]:
    """The rows of the table."""
    found: list[Row] = []
    costs: dict[int, float] = {}
    for size in SIZES:
        with provider(size) as url, tempfile.TemporaryDirectory() as folder:
            cycle, yardstick, changed = asyncio.run(_measure(url, Path(folder)))
        costs[size] = cycle
        found.append(
            Row(
                f"CPU of a steady cycle, {size:,} campaigns, {changed:,} changed, 20 rules",
                f"{cycle / yardstick:.2f} × fetch and decode ({cycle * 1e3:.0f} ms against "
                f"{yardstick * 1e3:.0f} ms)",
                f"≤ {LIMIT_NOW} (goal {LIMIT_GOAL})",
                cycle / yardstick <= LIMIT_NOW,
            )
        )
    small, large = SIZES
    growth = math.log(costs[large] / costs[small]) / math.log(large / small)
    found.append(
        Row(
            "growth of that CPU with the number of campaigns",
            f"exponent {growth:.2f}",
            f"≤ {LIMIT_GROWTH}",
            growth <= LIMIT_GROWTH,
        )
    )
    return found
