"""Share of a cycle for rules that look back: 20 rules, 100,000 campaigns, 2,000 of which change."""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.provider import provider
from benchmarks.subject import subject
from benchmarks.table import Row

CAMPAIGNS = 100_000
DAYS = 85.0
ROUNDS = 5
PAUSE_SECONDS = 1.1
LIMIT_SHARE = 0.10
LIVE = 'status == "sending" and '
CONDITIONS = (
    LIVE + 'increase(sent, "10m") == 0',
    LIVE + 'increase(sent, "30m") < 10 and progress < 0.9',
    LIVE + 'rate(delivered, "10m") < 0.001 and sent > 100000000',
    LIVE + 'ago(delivery_ratio, "30m") > 0.9 and delivery_ratio < 0.3',
    LIVE + 'eta > "30d"',
    'stalled_for > "15m"',
    'message_type == "sms" and settled_sent >= 100 and delivery_ratio_upper < 0.6',
    'message_type == "sms" and settled_sent >= 100 and 0.6 <= delivery_ratio_upper < 0.65',
    'message_type == "rcs" and settled_sent >= 100 and delivery_ratio_upper < 0.3',
    "settled_sent >= 1000 and delivery_ratio_lower > 0.9999",
    "settled_sent >= 1000 and settled_ratio < 0.2",
    'message_type == "rcs" and final and status_age > "1h" and fallback_sent > 0 and reach < 0.5',
    'status in ["spam", "moderation"] and status_age > "2h"',
    'status == "scheduled" and start_delay > "10m"',
    'status == "paused" and status_age > "2h" and not in_quiet_hours',
    'ago(status, "10m") == "paused" and status == "stopped"',
    'delivery_ratio < baseline(delivery_ratio, "28d") - 0.5',
    "delivered > sent * 2",
    'sender in ["No one", "Nothing"] and sent > 10000000',
    'matches(name, "(?i)urgent") and status == "paused"',
)


async def _measure(url: str, folder: Path) -> tuple[float, float, int, int]:
    async with subject(url, folder, CONDITIONS) as monitor:
        for _ in range(3):
            await asyncio.sleep(PAUSE_SECONDS)
            reports = await monitor.cycle()
        watched = sum(len(table.watched) for table in monitor.state.accounts.values())
        shares: list[float] = []
        evaluations: list[float] = []
        for _ in range(ROUNDS):
            await asyncio.sleep(PAUSE_SECONDS)
            before, begun = monitor.evaluation_seconds, time.process_time()
            reports = await monitor.cycle()
            spent = time.process_time() - begun
            evaluations.append(monitor.evaluation_seconds - before)
            shares.append(evaluations[-1] / spent)
        return (
            statistics.median(shares),
            statistics.median(evaluations),
            watched,
            sum(report.changed for report in reports),
        )


def rows() -> list[Row]:
    """The row of the table."""
    with provider(CAMPAIGNS, days=DAYS) as url, tempfile.TemporaryDirectory() as folder:
        share, seconds, watched, changed = asyncio.run(_measure(url, Path(folder)))
    return [
        Row(
            f"evaluation of 20 rules with history, {CAMPAIGNS:,} campaigns, {watched:,} watched, "
            f"{changed:,} changed",
            f"{share * 100:.1f} % of the cycle's CPU ({seconds * 1e3:.0f} ms)",
            f"≤ {LIMIT_SHARE * 100:.0f} %",
            share <= LIMIT_SHARE,
        )
    ]
