"""Time and memory for a month of 2,000 campaigns a day with the default rules."""

import asyncio
import multiprocessing
import os
import tempfile
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from benchmarks.memory import FamilyMemory
from benchmarks.recorded import DAY, record
from benchmarks.table import Row
from monitor.backtest import backtest, open_recording
from monitor.logs import configure_logs
from monitor.rulefile import load_rules
from monitor.settings import load_settings
from monitor.store import SqliteStore

NOW = 1_772_442_000.0
DAYS, CAMPAIGNS_A_DAY = 30, 2_000
MOST_SECONDS = 60.0
MOST_MB = 500.0


async def _play(path: Path, processes: int) -> tuple[float, int]:
    rules = load_rules(load_settings(environ={}, need_account=False), reaching=False)
    since, until = datetime.fromtimestamp(NOW - DAYS * DAY, UTC), datetime.fromtimestamp(NOW, UTC)
    begun = time.perf_counter()
    recording = await open_recording(
        partial(SqliteStore, path, daemon=False, read_only=True), since=since, until=until
    )
    await backtest(recording, rules, processes=processes)
    return time.perf_counter() - begun, recording.samples


def _record(path: Path) -> None:
    asyncio.run(record(path, now=NOW, days=DAYS, campaigns_a_day=CAMPAIGNS_A_DAY))


def rows() -> list[Row]:
    """Seconds for the month, and the memory of all processes beyond what this one had before."""
    configure_logs("error", "json")
    processes = min(2, len(os.sched_getaffinity(0)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.db"
        recorder = multiprocessing.get_context("spawn").Process(
            target=_record, args=(path,)
        )  # it leaves a gigabyte in fragments
        recorder.start()
        recorder.join()
        with FamilyMemory() as memory:
            seconds, samples = asyncio.run(_play(path, processes))
        alone, _ = asyncio.run(_play(path, 1))
    what = f"backtest of {DAYS} days, {samples / 1e6:.1f} million samples"
    return [
        Row(
            f"{what}, {processes} processes",
            f"{seconds:.1f} s",
            f"{MOST_SECONDS:.0f} s",
            seconds <= MOST_SECONDS,
        ),
        Row(
            f"{what}: memory",
            f"{memory.grown_mb:.0f} MB",
            f"{MOST_MB:.0f} MB",
            memory.grown_mb <= MOST_MB,
        ),
        Row(f"{what}, one process", f"{alone:.1f} s", "", good=True),
    ]
