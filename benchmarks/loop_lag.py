"""Lag of the event loop during cycles over 100,000 campaigns, while `/metrics` and `/healthz` are each asked 20 times a second.

The two feeds are polled as often as the monitor will, so that hardly a tick falls between cycles: those would flatter the result.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.provider import provider
from benchmarks.subject import rules_text, settings
from benchmarks.table import Row
from monitor.app import running
from monitor.clock import SystemClock
from monitor.config.rulefile import parse_rules

CAMPAIGNS = 100_000
SECONDS = 40.0
TICK = 0.002
LIMIT_MS = 50.0

PER_SECOND = 20

ASK = """
import sys, threading, time, urllib.request
begun, asked = time.monotonic(), [0, 0]
def ask(number, path):
    while True:
        urllib.request.urlopen(sys.argv[1] + path, timeout=30).read()
        asked[number] += 1
        time.sleep(max(0, begun + asked[number] / float(sys.argv[2]) - time.monotonic()))
for number, path in enumerate(("/metrics", "/healthz")):
    threading.Thread(target=ask, args=(number, path), daemon=True).start()
sys.stdin.read()
print(min(asked) / (time.monotonic() - begun))
"""
"""Each path on a schedule of its own, until standard input ends; then prints how often a second the slower one was asked."""


async def _ticks(lags: list[float]) -> None:
    while True:
        before = time.perf_counter()
        await asyncio.sleep(TICK)
        lags.append(time.perf_counter() - before - TICK)


async def _measure(url: str, folder: Path) -> dict[str, float]:
    loaded = settings(url, folder, BSG_POLL_INTERVAL="1s")
    rules = parse_rules(rules_text(), source="bench", lookup=lambda _: None)
    lags: list[float] = []
    async with running(loaded, rules, clock=SystemClock()) as daemon:
        asker = await asyncio.create_subprocess_exec(
            sys.executable, "-c", ASK, daemon.url, str(PER_SECOND), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        async with asyncio.TaskGroup() as tasks:
            ticking = tasks.create_task(_ticks(lags))
            await asyncio.sleep(SECONDS)
            ticking.cancel()
        asked, _ = await asker.communicate(b"")
        campaigns = sum(len(table.rows) for table in daemon.state.accounts.values())
    lags.sort()
    return {"p999": lags[int(len(lags) * 0.999)], "worst": lags[-1], "asked": float(asked), "campaigns": campaigns}


def rows() -> list[Row]:
    """The rows of the table."""
    with provider(CAMPAIGNS) as url, tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.loop_lag", url, folder]
        found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1])
    assert found["campaigns"] == CAMPAIGNS, found
    assert found["asked"] > 0.95 * PER_SECOND, found
    lag = found["p999"] * 1e3
    what = f"event-loop lag, 99.9th percentile, first sweep and cycles of {CAMPAIGNS:,} campaigns"
    return [Row(what, f"{lag:.0f} ms (worst {found['worst'] * 1e3:.0f} ms)", f"≤ {LIMIT_MS:.0f} ms", lag <= LIMIT_MS)]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_measure(sys.argv[1], Path(sys.argv[2])))))
