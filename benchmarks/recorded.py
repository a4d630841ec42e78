"""A made-up month of recorded history: campaigns that are sent for an hour, with reports for some
hours more."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from monitor.store import SqliteStore

DAY = 86_400.0
SENDING_SAMPLES, SETTLING_SAMPLES = 60, 23
"""One a minute while the campaign is sent, then fewer and fewer."""


def _samples(start: float, size: int, ratio: float) -> Iterator[tuple[float, str, int, int]]:
    yield start - 120, "scheduled", 0, 0
    for minute in range(1, SENDING_SAMPLES):
        sent = size * minute // (SENDING_SAMPLES - 1)
        yield start + 60 * minute, "sending", sent, int(sent * ratio * (1 - 1 / (minute + 1)))
    gap = 60.0
    at = start + 60 * SENDING_SAMPLES
    for number in range(SETTLING_SAMPLES):
        yield at, "done", size, int(size * ratio * (1 - 0.1 / (number + 1)))
        gap *= 1.25
        at = start + 60 * SENDING_SAMPLES + 60 * int(gap * (number + 1) / 60)


async def record(path: Path, *, now: float, days: int, campaigns_a_day: int, seed: int = 1) -> int:
    """Write a database at `path` with that much history before `now`; returns the number of
    samples."""
    async with SqliteStore(path):
        pass
    rng = random.Random(seed)
    campaigns: list[tuple[object, ...]] = []
    samples: list[tuple[object, ...]] = []
    for number in range(days * campaigns_a_day):
        start = 60.0 * int((now - days * DAY + number / campaigns_a_day * DAY) / 60)
        size = max(20, min(200_000, round(rng.lognormvariate(7.0, 1.4))))
        kind, sender = ("rcs", "Agent") if rng.random() < 0.3 else ("sms", "Shop")
        ratio = 0.66 if kind == "rcs" else 0.955 + 0.03 * rng.random()
        if rng.random() < 0.02:  # one in fifty goes wrong
            ratio *= 0.7
        sender = f"{sender} {rng.randrange(20)}"
        rows = list(_samples(start, size, ratio))
        settled = rows[-1][0] < now - 3 * DAY
        fallback = int(size * 0.3) if kind == "rcs" else None
        first, ended = rows[0][0], start + 60 * SENDING_SAMPLES
        known = (
            "default",
            number,
            f"Campaign {number}",
            sender,
            "done",
            kind,
            start - 300,
            start,
            start,
            ended,
            size,
        )
        learnt = (
            int(size * ratio),
            fallback,
            fallback,
            None,
            None,
            first,
            ended,
            ended,
            int(settled),
            5,
        )
        campaigns.append((*known, *learnt))
        for at, status, sent, delivered in rows:
            if at <= now:
                share = None if fallback is None else min(fallback, sent * 3 // 10)
                samples.append((at, "default", number, status, sent, delivered, share, share))
    samples.sort()
    with closing(sqlite3.connect(path)) as db, db:
        columns = [row[1] for row in db.execute("PRAGMA table_info(campaigns)")][:21]
        marks = ", ".join("?" * len(columns))
        db.executemany(f"INSERT INTO campaigns ({', '.join(columns)}) VALUES ({marks})", campaigns)
        db.executemany("INSERT OR IGNORE INTO samples VALUES (?, ?, ?, ?, ?, ?, ?, ?)", samples)
        return int(db.execute("SELECT count(*) FROM samples").fetchone()[0])
