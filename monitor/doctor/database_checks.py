"""The database: is it whole, can it be written, does it fit this program, and what has piled up in
it?"""

from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path

from monitor import __version__
from monitor.clock import Clock
from monitor.doctor.finding import Finding, ok, problem, warning
from monitor.domain.alerting.notification import OutboxState
from monitor.domain.campaign.feed import Feed, FeedState
from monitor.domain.safetext.shown_text import counted
from monitor.domain.times.duration import humanize_duration
from monitor.errors import StoreError
from monitor.store import Inspection, SqliteStore, check_writable, inspect

LONGEST_WAIT = timedelta(minutes=15)
"""Six attempts have failed by then. `ReceiverFailing` of the default rules uses the same time."""

LARGEST_WAL = 256 * 1024 * 1024

SUBJECT = "database"


def examine_database(path: Path) -> tuple[list[Finding], Inspection | None]:
    """Check the file. Returns the findings, and what was read of it; None when it could not be
    opened."""
    if not path.exists():
        return [_missing(path)], None
    try:
        inspection = inspect(path)
    except StoreError as error:
        return [problem(SUBJECT, str(error))], None
    if inspection.schema == 0:
        return [warning(SUBJECT, f"{path} is empty", "`bsg-monitor run` sets it up")], inspection
    found = [_soundness(path, inspection), *_fitness(inspection), *_writability(path)]
    if inspection.wal_size > LARGEST_WAL:
        found.append(
            warning(
                SUBJECT,
                f"its -wal file has grown to {inspection.wal_size / 2**20:,.0f} MiB",
                "something has been reading the database for very long: a shell, a backup?",
            )
        )
    return found, inspection


def _missing(path: Path) -> Finding:
    if not path.parent.is_dir():
        return problem(
            SUBJECT,
            f"there is no folder {path.parent} for it",
            "create it, or set BSG_DATABASE_URL",
        )
    return warning(
        SUBJECT,
        f"there is no {path} yet",
        "`bsg-monitor run` creates it; if you already have one, check BSG_DATABASE_URL",
    )


def _soundness(path: Path, inspection: Inspection) -> Finding:
    if inspection.damage is not None:
        return problem(
            SUBJECT,
            f"{path} is damaged: {inspection.damage}",
            "stop the monitor and restore a backup, or move the file with its -wal and -shm away: "
            "the monitor then starts with an empty one",
        )
    size = (inspection.size + inspection.wal_size) / 2**20
    return ok(SUBJECT, f"{path} is whole ({size:,.1f} MiB, schema {inspection.schema})")


def _fitness(inspection: Inspection) -> list[Finding]:
    writer = inspection.written_by or "unknown version"
    running = inspection.holder is not None
    if inspection.schema > inspection.newest:
        message = f"it was written by a newer bsg-monitor ({writer}); this is {__version__}"
        return [
            problem(
                SUBJECT, message, "use the newer one, or restore a backup from before the upgrade"
            )
        ]
    if inspection.schema < inspection.newest:
        message = (
            f"it was written by an older bsg-monitor ({writer}, schema {inspection.schema}); this "
            f"is {__version__}"
        )
        again = "restart `bsg-monitor run`" if running else "start `bsg-monitor run`"
        return [
            warning(
                SUBJECT,
                message,
                f"run `bsg-monitor backup`, then {again} with this version to upgrade",
            )
        ]
    if running and writer != __version__:
        message = f"the running daemon is bsg-monitor {writer}, this command is {__version__}"
        return [warning(SUBJECT, message, "restart the daemon to run the installed version")]
    return []


def _writability(path: Path) -> list[Finding]:
    try:
        check_writable(path)
    except StoreError as error:
        return [problem(SUBJECT, str(error))]
    return []


def _failing(state: FeedState, now: datetime) -> Finding:
    polls = counted(state.consecutive_failures, "poll")
    since = (
        ""
        if state.failing_since is None
        else f", since {humanize_duration(now - state.failing_since)} ago"
    )
    message = f"the daemon's last {polls} failed or were incomplete{since}"
    advice = (
        "its page and its log say why: `poll_failed`, and `cycle_failed` where the fault is the "
        "monitor's own"
    )
    return warning(f"feed {state.feed.account}/{state.feed.message_type}", message, advice)


async def examine_content(
    path: Path, *, clock: Clock, polled: Collection[Feed] = ()
) -> list[Finding]:
    """Find the `polled` feeds whose last polls failed, messages that have waited too long, and
    messages that were given up. The database must have this program's schema."""
    async with SqliteStore(path, daemon=False, read_only=True) as store:
        feeds = await store.feeds()
        summary = await store.outbox_summary()
        given_up = await store.dead_letters()
    now = clock.now()
    found = [
        _failing(feed, now) for feed in feeds if feed.consecutive_failures and feed.feed in polled
    ]
    found += [
        warning(
            f"feed {feed.feed.account}/{feed.feed.message_type}",
            f"the daemon could read only {feed.legibility.read_ratio:.0%} of its rows in full",
            "`bsg-monitor once` says which fields, and the log `field_unreadable`",
        )
        for feed in feeds
        if feed.feed in polled and not feed.legibility.enough
    ]
    for row in summary:
        if (
            row.state is OutboxState.PENDING
            and row.oldest is not None
            and now - row.oldest > LONGEST_WAIT
        ):
            message = (
                f"{counted(row.count, 'notification')} waiting, the oldest for "
                f"{humanize_duration(now - row.oldest)}"
            )
            advice = (
                f"`bsg-monitor outbox list --state pending --receiver '{row.receiver}'` says why; "
                "it is tried again until then"
            )
            found.append(warning(f"receiver {row.receiver}", message, advice))
    for receiver, count in given_up.items():
        if count:
            message = f"{counted(count, 'notification')} given up"
            advice = (
                "`bsg-monitor outbox list --state dead`; `outbox retry` sends them again, `outbox "
                "drop` puts them aside"
            )
            found.append(warning(f"receiver {receiver}", message, advice))
    return found
