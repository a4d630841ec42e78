"""The database: is it whole, can it be written, does it fit this program, and what has piled up
in it."""

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
"""Six attempts have failed by then: `ReceiverFailing` of the default rules goes by the same."""

LARGEST_WAL = 256 * 1024 * 1024

SUBJECT = "database"


def examine_database(path: Path) -> tuple[list[Finding], Inspection | None]:
    """The file itself; with what was learnt of it where it could be opened."""
    if not path.exists():
        return [_missing(path)], None
    try:
        inspection = inspect(path)
    except StoreError as error:
        return [problem(SUBJECT, str(error))], None
    if inspection.schema == 0:
        return [
            warning(SUBJECT, f"{path} is empty", "`bsg-monitor run` makes it a database")
        ], inspection
    found = [_soundness(path, inspection), *_fitness(inspection), *_writability(path)]
    if inspection.wal_size > LARGEST_WAL:
        message = f"its -wal file has grown to {inspection.wal_size / 2**20:,.0f} MiB"
        found.append(
            warning(
                SUBJECT,
                message,
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
    advice = "`bsg-monitor run` makes it; if it should be there, look at BSG_DATABASE_URL"
    return warning(SUBJECT, f"there is no {path} yet", advice)


def _soundness(path: Path, inspection: Inspection) -> Finding:
    if inspection.damage is not None:
        advice = (
            "stop the monitor and restore a backup, or move the file with its -wal and -shm away: "
            "it then begins anew"
        )
        return problem(SUBJECT, f"{path} is damaged: {inspection.damage}", advice)
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
            f"it is of an older bsg-monitor ({writer}, schema {inspection.schema}); this is "
            f"{__version__}"
        )
        again = "restart `bsg-monitor run`" if running else "start `bsg-monitor run`"
        return [
            warning(
                SUBJECT,
                message,
                f"{again} with this version, it upgrades the database; `bsg-monitor backup` before",
            )
        ]
    if running and writer != __version__:
        message = f"the daemon that runs is bsg-monitor {writer}, this command is {__version__}"
        return [warning(SUBJECT, message, "restart the daemon to run what is installed")]
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
    """Which of the feeds that are `polled` could not be read lately, what waits in the outbox,
    and what was given up. Wants a database of this program's schema."""
    async with SqliteStore(path, daemon=False, read_only=True) as store:
        feeds = await store.feeds()
        summary = await store.outbox_summary()
        given_up = await store.dead_letters()
    now = clock.now()
    found = [
        _failing(feed, now) for feed in feeds if feed.consecutive_failures and feed.feed in polled
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
            message = f"{counted(count, 'notification')} given up, and nobody has dealt with it"
            advice = (
                "`bsg-monitor outbox list --state dead`; `outbox retry` sends them again, `outbox "
                "drop` puts them aside"
            )
            found.append(warning(f"receiver {receiver}", message, advice))
    return found
