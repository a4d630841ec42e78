"""Lag of the event loop during cycles over 100,000 campaigns, with 20 requests a second each for
`/metrics` and `/healthz`: when no alert fires, and when many fire in one cycle and all end in
another.

The two feeds are polled as often as possible, so that there are hardly any ticks between cycles,
which would make the result look better.
"""

import asyncio
import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.provider import provider
from benchmarks.subject import rules_text, settings
from benchmarks.table import Row
from monitor.clock import SystemClock
from monitor.daemon.app import Daemon, running
from monitor.daemon.service import collect_rarely
from monitor.rulefile.parsing import parse_rules
from monitor.simulator.scenario import FIRST_ID

CAMPAIGNS = 100_000
SECONDS = 40.0
TICK = 0.002
LIMIT_MS = 50.0

PER_SECOND = 20

FIRING = (100_000, 2_000)
"""How many alerts fire at once; there are always 100,000 campaigns."""

WITHIN = 300.0
"""The most seconds for a first sweep, or for sending all that fires."""

BURST = """
  - alert: Burst
    when: id < {below}
    summary: "{{{{ campaign.name }}}}: {{{{ sent | number }}}} sent"
receivers: [{{name: ops, console: {{}}}}]
route: {{receiver: ops, group_interval: 1s}}
"""

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
"""Requests each path on its own schedule until standard input ends, then prints how many requests a
second the slower one got."""


async def _ticks(lags: list[float]) -> None:
    while True:
        before = time.perf_counter()
        await asyncio.sleep(TICK)
        lags.append(time.perf_counter() - before - TICK)


def _rules(alerts: int) -> str:
    """Rules that make so many alerts fire."""
    return rules_text() + BURST.format(below=FIRST_ID + alerts)


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN):
        while not holds():  # noqa: ASYNC110 (the daemon has no event for it)
            await asyncio.sleep(0.1)


async def _fire_and_end(daemon: Daemon, file: Path, alerts: int) -> None:
    """Make so many alerts fire at once, and end when all of them were sent."""
    state = daemon.state
    await _until(lambda: sum(len(table.rows) for table in state.accounts.values()) == CAMPAIGNS)
    file.write_text(_rules(alerts))  # noqa: ASYNC240 (a few lines)
    daemon.reload()
    await _until(lambda: sum(len(ledger.told) for ledger in state.ledgers.values()) == alerts)
    file.write_text(_rules(0))  # noqa: ASYNC240
    daemon.reload()
    await _until(lambda: not state.active and not state.ended)


async def _measure(url: str, folder: Path, alerts: int) -> dict[str, float]:
    file = folder / "rules.yaml"
    file.write_text(_rules(0))
    loaded = settings(url, folder, BSG_POLL_INTERVAL="1s", BSG_RULES_FILE=str(file))
    rules = parse_rules(file.read_text(), source=str(file), lookup=lambda _: None)
    lags: list[float] = []
    async with running(loaded, rules, clock=SystemClock(), console=io.StringIO()) as daemon:
        collect_rarely()
        asker = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            ASK,
            daemon.url,
            str(PER_SECOND),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        async with asyncio.TaskGroup() as tasks:
            ticking = tasks.create_task(_ticks(lags))
            if alerts:
                await _fire_and_end(daemon, file, alerts)
            else:
                await asyncio.sleep(SECONDS)
            ticking.cancel()
        asked, _ = await asker.communicate(b"")
        campaigns = sum(len(table.rows) for table in daemon.state.accounts.values())
    lags.sort()
    return {
        "p999": lags[int(len(lags) * 0.999)],
        "worst": lags[-1],
        "asked": float(asked),
        "campaigns": campaigns,
    }


def _row(what: str, url: str, alerts: int) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.loop_lag", url, folder, str(alerts)]
        found = json.loads(
            subprocess.run(
                command, check=True, stdout=subprocess.PIPE, text=True
            ).stdout.splitlines()[-1]
        )
    assert found["campaigns"] == CAMPAIGNS, found
    assert found["asked"] > 0.95 * PER_SECOND, found
    lag = found["p999"] * 1e3
    measured = f"{lag:.0f} ms (worst {found['worst'] * 1e3:.0f} ms)"
    return Row(
        f"event-loop lag, 99.9th percentile, {what}",
        measured,
        f"≤ {LIMIT_MS:.0f} ms",
        lag <= LIMIT_MS,
    )


def rows() -> list[Row]:
    """The rows of the table."""
    with provider(CAMPAIGNS) as url:
        return [
            _row(f"first sweep and cycles of {CAMPAIGNS:,} campaigns", url, 0),
            *(
                _row(f"likewise, {alerts:,} alerts fire and end at once", url, alerts)
                for alerts in FIRING
            ),
        ]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_measure(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))))
