"""Every check, in the order in which one depends on another."""

import asyncio
import os
import platform
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from monitor import __version__
from monitor.clock import Clock
from monitor.daemon.assembly import build_notifiers, build_sources, feeds_of
from monitor.doctor.account_checks import examine_account
from monitor.doctor.daemon_checks import examine_daemon
from monitor.doctor.database_checks import examine_content, examine_database
from monitor.doctor.file_checks import examine_disk, examine_files
from monitor.doctor.finding import Finding, ok
from monitor.doctor.receiver_checks import examine_receiver
from monitor.domain.campaign.event import CampaignEvent
from monitor.errors import StoreError
from monitor.metrics import Metrics
from monitor.notify import open_session
from monitor.rulefile import RuleFile
from monitor.settings import LoadedSettings
from monitor.store import Inspection, SqliteStore

LATEST_EVENTS = 500
"""Per account; newest first."""


async def examine(
    loaded: LoadedSettings, rules: RuleFile | None, *, online: bool, clock: Clock
) -> list[Finding]:
    """Check this installation. Without rules (they are wrong) receivers are not checked; without
    `online` neither is anything that needs the network, except the daemon."""
    found = [_program(), *examine_files(loaded)]
    path = loaded.settings.database_url.path
    inspection: Inspection | None = None
    events: Mapping[str, Sequence[CampaignEvent]] = {}
    if path is not None:
        about_database, inspection = await asyncio.to_thread(examine_database, path)
        found += about_database
        if path.parent.is_dir():
            found.append(examine_disk(path))
        if (
            inspection is not None
            and inspection.damage is None
            and inspection.schema == inspection.newest
        ):
            try:
                found += await examine_content(path, clock=clock, polled=feeds_of(loaded.settings))
                events = await _events(loaded, path)
            except StoreError:  # found above
                events = {}
    if online:
        found += await _online(loaded, rules, events, clock)
    found.append(
        await examine_daemon(
            loaded.settings.listen, None if inspection is None else inspection.holder
        )
    )
    return found


def _program() -> Finding:
    parts = (
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"{platform.system()}, uid {os.geteuid()}"
    )
    return ok("program", f"bsg-monitor {__version__} ({parts})")


async def _events(loaded: LoadedSettings, path: Path) -> dict[str, Sequence[CampaignEvent]]:
    """The latest events of each account."""
    async with SqliteStore(path, daemon=False, read_only=True) as store:
        return {
            name: await store.events(account=name, limit=LATEST_EVENTS)
            for name in loaded.settings.accounts
        }


async def _online(
    loaded: LoadedSettings,
    rules: RuleFile | None,
    events: Mapping[str, Sequence[CampaignEvent]],
    clock: Clock,
) -> list[Finding]:
    """Check accounts and receivers, all at once."""
    settings = loaded.settings
    async with AsyncExitStack() as stack:
        sources = build_sources(settings, clock=clock, metrics=Metrics(__version__))
        for source in sources.values():
            stack.push_async_callback(source.close)
        session = await stack.enter_async_context(open_session())
        receivers = () if rules is None else rules.receivers
        notifiers = (
            {}
            if rules is None
            else build_notifiers(settings, rules, session=session, clock=clock, console=sys.stderr)
        )
        for notifier in notifiers.values():
            stack.push_async_callback(notifier.close)
        async with asyncio.TaskGroup() as tasks:
            asked = [
                tasks.create_task(
                    examine_account(
                        account,
                        sources[name],
                        events=events.get(name, ()),
                        poll_interval=settings.poll_interval,
                        clock=clock,
                    )
                )
                for name, account in settings.accounts.items()
            ] + [
                tasks.create_task(
                    examine_receiver(receiver, notifiers[receiver.name], session, now=clock.now())
                )
                for receiver in receivers
            ]
    return [finding for task in asked for finding in task.result()]
