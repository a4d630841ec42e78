"""Size of the database on disk, by content, and the time of a backup."""

import asyncio
import contextlib
import sqlite3
import tempfile
import time
from pathlib import Path

import msgspec

from benchmarks.provider import provider
from benchmarks.subject import subject
from benchmarks.table import Row
from monitor.clock import SystemClock
from monitor.domain.alerting.notification import OutboxRow, test_notification
from monitor.domain.campaign.event import CampaignEvent, Change, EventKind
from monitor.domain.campaign.snapshot import Campaign
from monitor.ports import CycleCommit, FlushCommit
from monitor.store import SqliteStore, back_up

CAMPAIGNS = 100_000
MORE = 20_000
"""How many events and notifications are written to find the size of one."""

LIMIT_CAMPAIGN = 400
LIMIT_SAMPLE = 250
LIMIT_EVENT = 1200
LIMIT_NOTIFICATION = 3000
LIMIT_BACKUP = 2.0


def _used(path: Path) -> int:
    """Bytes of all pages in use."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        pages, free, size = (
            db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
    return int((pages - free) * size)


async def _fill(url: str, folder: Path) -> Campaign:
    """Fill the database with one complete sweep; returns one of its campaigns."""
    async with subject(url, folder) as monitor:
        await monitor.cycle()
        return next(iter(monitor.state.table("default").rows.values())).campaign


def _samples(path: Path) -> int:
    """Write two for each campaign; returns how many were written."""
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        return sum(
            db.execute(
                "INSERT OR IGNORE INTO samples SELECT created_at - 60 * ?, account, id, status, "
                "sent, delivered, "
                "fallback_sent, fallback_delivered FROM campaigns",
                (minutes,),
            ).rowcount
            for minutes in (1, 2)
        )


async def _events(path: Path, campaign: Campaign) -> None:
    changes = (
        Change("status", "scheduled", "sending"),
        Change("real_start_at", None, campaign.created_at),
    )
    found = [
        CampaignEvent(
            id=f"{n:020x}",
            kind=EventKind.STATUS_CHANGED,
            at=campaign.created_at + n,
            campaign=campaign,
            changes=changes,
        )
        for n in range(MORE)
    ]
    async with SqliteStore(path) as store:
        await store.commit_cycle(CycleCommit(account="default", events=found))


async def _notifications(path: Path, campaign: Campaign) -> None:
    now = SystemClock().now()
    one = test_notification("ops", id="msg_0", now=now)
    told = msgspec.structs.replace(one.alerts[0], campaign=campaign)
    rows = [
        OutboxRow(
            notification=msgspec.structs.replace(one, id=f"msg_{n:032x}", alerts=(told,)),
            sequence=n,
            next_attempt_at=now,
        )
        for n in range(MORE)
    ]
    async with SqliteStore(path) as store:
        await store.commit_flush(FlushCommit(rows=rows))


def rows() -> list[Row]:
    """The rows of the table."""
    with provider(CAMPAIGNS) as url, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "bench.db"
        campaign = asyncio.run(_fill(url, folder))
        sizes = [_used(path)]
        written = _samples(path)
        sizes.append(_used(path))
        asyncio.run(_events(path, campaign))
        sizes.append(_used(path))
        asyncio.run(_notifications(path, campaign))
        sizes.append(_used(path))
        begun = time.perf_counter()
        size = back_up(path, folder / "copy.db").size / 2**20
        seconds = time.perf_counter() - begun
    each = [
        ("a campaign with its first sample", sizes[0] / CAMPAIGNS, LIMIT_CAMPAIGN),
        ("a sample", (sizes[1] - sizes[0]) / written, LIMIT_SAMPLE),
        ("an event", (sizes[2] - sizes[1]) / MORE, LIMIT_EVENT),
        ("a notification of one alert", (sizes[3] - sizes[2]) / MORE, LIMIT_NOTIFICATION),
    ]
    return [
        *(
            Row(f"disk for {what}", f"{found:.0f} bytes", f"≤ {limit}", found <= limit)
            for what, found, limit in each
        ),
        Row(
            f"backup of {size:.0f} MiB",
            f"{seconds:.2f} s",
            f"< {LIMIT_BACKUP:g} s",
            seconds < LIMIT_BACKUP,
        ),
    ]
