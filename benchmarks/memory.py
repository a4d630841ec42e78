"""Memory with 100,000 tracked campaigns: a campaign, the first sweep, the steady state. In a process of its own."""

import asyncio
import contextlib
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.provider import provider
from benchmarks.subject import subject
from benchmarks.table import Row

CAMPAIGNS = 100_000
PAGE = 4096
LIMIT_CAMPAIGN = 1200
LIMIT_STEADY = 250
LIMIT_FIRST = 320


def resident_mb() -> float:
    """What this process holds in memory."""
    return _resident() / 2**20


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


async def _measure(url: str, folder: Path) -> dict[str, float]:
    async with subject(url, folder) as monitor:
        empty = _resident()
        await monitor.cycle()
        first = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        for _ in range(5):
            await asyncio.sleep(1.1)
            await monitor.cycle()
        steady = _resident()
        campaigns = sum(len(table.rows) for table in monitor.state.accounts.values())
    return {"empty": empty, "first": first, "steady": steady, "campaigns": campaigns}


def rows() -> list[Row]:
    """The rows of the table."""
    with provider(CAMPAIGNS) as url, tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.memory", url, folder]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    each = (found["steady"] - found["empty"]) / found["campaigns"]
    steady, first = found["steady"] / 2**20, found["first"] / 2**20
    return [
        Row(f"memory per tracked campaign, {CAMPAIGNS:,}", f"{each:.0f} bytes", f"≤ {LIMIT_CAMPAIGN}", each <= LIMIT_CAMPAIGN),
        Row("process, steady", f"{steady:.0f} MiB", f"≤ {LIMIT_STEADY}", steady <= LIMIT_STEADY),
        Row("process, peak of the first sweep", f"{first:.0f} MiB", f"≤ {LIMIT_FIRST}", first <= LIMIT_FIRST),
    ]


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        print(json.dumps(asyncio.run(_measure(sys.argv[1], Path(sys.argv[2])))))
