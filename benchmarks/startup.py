"""Time from the start of the command until it answers, with 100,000 campaigns and their history in
the store."""

import asyncio
import contextlib
import os
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from benchmarks.provider import KEY, provider
from benchmarks.subject import rules_text, subject
from benchmarks.table import Row

CAMPAIGNS = 100_000
DAYS = 10
"""Old samples of every campaign, one a day, which a start must not read."""
ROUNDS = 5
LIMIT_SECONDS = 1.5


async def _fill(url: str, folder: Path) -> None:
    async with subject(url, folder) as monitor:
        await monitor.cycle()
    with contextlib.closing(sqlite3.connect(folder / "bench.db")) as store, store:
        for day in range(1, DAYS + 1):
            store.execute(
                "INSERT INTO samples SELECT at - 86400 * ?, account, campaign_id, status, sent, "
                "delivered, fallback_sent, "
                "fallback_delivered FROM samples s WHERE at = (SELECT max(at) FROM samples n "
                "WHERE n.account = s.account AND n.campaign_id = s.campaign_id)",
                (day,),
            )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(url: str, folder: Path) -> float:
    port = _free_port()
    environment = os.environ | {
        "BSG_API_KEY": KEY,
        "BSG_API_URL": url,
        "BSG_DATABASE_URL": f"sqlite:///{folder / 'bench.db'}",
        "BSG_RULES_FILE": str(folder / "rules.yaml"),
        "BSG_LISTEN": f"127.0.0.1:{port}",
    }
    begun = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "monitor", "run"],
        env=environment,
        cwd=folder,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            while True:
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                        return time.perf_counter() - begun
                except (urllib.error.URLError, ConnectionError):
                    if process.poll() is not None:
                        raise RuntimeError(f"the monitor ended with {process.returncode}") from None
                    time.sleep(0.01)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(15)


def rows() -> list[Row]:
    """The rows of the table."""
    with provider(CAMPAIGNS) as url, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asyncio.run(_fill(url, folder))
        (folder / "rules.yaml").write_text(rules_text())
        seconds = statistics.median(_start(url, folder) for _ in range(ROUNDS))
    what = (
        f"start with {CAMPAIGNS:,} campaigns and {CAMPAIGNS * (DAYS + 1):,} samples in the store, "
        "until it answers"
    )
    return [Row(what, f"{seconds:.2f} s", f"< {LIMIT_SECONDS} s", seconds < LIMIT_SECONDS)]
