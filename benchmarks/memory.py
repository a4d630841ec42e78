"""Memory of a daemon, in its own process, with 100,000 tracked campaigns: for one campaign, in the
first sweep, and in the steady state."""

import asyncio
import contextlib
import json
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Self

from benchmarks.provider import provider
from benchmarks.subject import rules_text, settings
from benchmarks.table import Row
from monitor.clock import SystemClock
from monitor.daemon.app import Daemon, running
from monitor.rulefile.parsing import parse_rules

CAMPAIGNS = 100_000
PAGE = 4096
CYCLES = 6
LIMIT_CAMPAIGN = 1200
LIMIT_STEADY = 250
LIMIT_FIRST = 320


class FamilyMemory:
    """The most memory that this process and its children hold during the context, beyond what it
    held before, in MB."""

    def __init__(self) -> None:
        self.grown_mb = 0.0
        self._before = _resident()
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watch.join()

    def _look(self) -> None:
        while not self._over.wait(0.2):
            held = _resident() + sum(
                _resident(child.pid) for child in multiprocessing.active_children()
            )
            self.grown_mb = max(self.grown_mb, (held - self._before) / 2**20)


def _resident(pid: int | None = None) -> int:
    """Bytes of memory of a process (None: this one); 0 if it has ended."""
    try:
        return int(Path(f"/proc/{pid or 'self'}/statm").read_text().split()[1]) * PAGE
    except FileNotFoundError:
        return 0


async def _polled(daemon: Daemon, times: int) -> None:
    """Wait until every feed was read completely so many times."""

    def counted(kind: str) -> float:
        labels = {"account": "default", "message_type": kind, "outcome": "ok"}
        return daemon.metrics.registry.get_sample_value("bsg_monitor_polls_total", labels) or 0.0

    # there is no event for a poll
    while min(counted("sms"), counted("rcs")) < times:  # noqa: ASYNC110
        await asyncio.sleep(0.05)


async def _measure(url: str, folder: Path) -> dict[str, float]:
    rules = parse_rules(rules_text(), source="bench", lookup=lambda _: None)
    async with running(
        settings(url, folder, BSG_POLL_INTERVAL="2s"), rules, clock=SystemClock()
    ) as daemon:
        empty = _resident()
        await _polled(daemon, 1)
        first = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        await _polled(daemon, CYCLES)
        steady = _resident()
        campaigns = sum(len(table.rows) for table in daemon.state.accounts.values())
    return {"empty": empty, "first": first, "steady": steady, "campaigns": campaigns}


def rows() -> list[Row]:
    """The rows of the table."""
    with provider(CAMPAIGNS) as url, tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.memory", url, folder]
        found = json.loads(
            subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[
                -1
            ]
        )
    each = (found["steady"] - found["empty"]) / found["campaigns"]
    steady, first = found["steady"] / 2**20, found["first"] / 2**20
    return [
        Row(
            f"memory per tracked campaign, {CAMPAIGNS:,}",
            f"{each:.0f} bytes",
            f"≤ {LIMIT_CAMPAIGN}",
            each <= LIMIT_CAMPAIGN,
        ),
        Row("process, steady", f"{steady:.0f} MiB", f"≤ {LIMIT_STEADY}", steady <= LIMIT_STEADY),
        Row(
            "process, peak of the first sweep",
            f"{first:.0f} MiB",
            f"≤ {LIMIT_FIRST}",
            first <= LIMIT_FIRST,
        ),
    ]


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        print(json.dumps(asyncio.run(_measure(sys.argv[1], Path(sys.argv[2])))))
