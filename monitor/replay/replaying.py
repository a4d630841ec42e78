"""Cycles, and the flushes of what they decide."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from monitor.clock import SteppedClock
from monitor.domain.alerting.alert import Alert
from monitor.domain.alerting.notification import Notification
from monitor.domain.campaign.account import Balance
from monitor.domain.campaign.detail import CampaignDetail
from monitor.domain.campaign.feed import Feed
from monitor.domain.campaign.snapshot import Campaign
from monitor.replay.replayed_cycles import ReplayedCycles, start_cycles
from monitor.replay.replayed_flushes import ReplayedFlushes, replaying_flushes
from monitor.rulefile import RuleFile


class Replay:
    """A monitor without a provider, receivers and a memory."""

    def __init__(self, cycles: ReplayedCycles, flushes: ReplayedFlushes) -> None:
        self._cycles = cycles
        self._flushes = flushes

    @property
    def active(self) -> Sequence[Alert]:
        """The alerts that are pending or firing."""
        return tuple(self._cycles.state.active.values())

    @property
    def messages(self) -> list[Notification]:
        """What was sent, until somebody clears it."""
        return self._flushes.messages

    async def read(
        self,
        feed: Feed,
        campaigns: Sequence[Campaign],
        *,
        gone: frozenset[int] = frozenset(),
        balance: Balance | None = None,
    ) -> Sequence[Alert]:
        """See `ReplayedCycles.read`."""
        return self._note(await self._cycles.read(feed, campaigns, gone=gone, balance=balance))

    def introduce(self, campaigns: Sequence[Campaign]) -> None:
        """See `ReplayedCycles.introduce`."""
        self._cycles.introduce(campaigns)

    async def fail(self, feed: Feed, *, partial: bool = False) -> Sequence[Alert]:
        """See `ReplayedCycles.fail`."""
        return self._note(await self._cycles.fail(feed, partial=partial))

    def survey(self) -> None:
        """See `ReplayedCycles.survey`."""
        self._cycles.survey()

    async def flush_until(self, until: datetime) -> None:
        """See `ReplayedFlushes.flush_until`. Readings come after it, at that time."""
        await self._flushes.flush_until(until)

    def _note(self, alerts: Sequence[Alert]) -> Sequence[Alert]:
        self._flushes.note(alerts)
        return alerts


@asynccontextmanager
async def replaying(
    rules: RuleFile,
    feeds: Sequence[Feed],
    start: datetime,
    *,
    details: Mapping[int, CampaignDetail] | None = None,
) -> AsyncIterator[Replay]:
    """A replay that begins at `start`, with an empty first reading of each feed; `details` as of
    `start_cycles`."""
    clock = SteppedClock(start)
    cycles = await start_cycles(rules.compiled(), feeds, clock, details=details)
    async with replaying_flushes(rules, clock) as flushes:
        yield Replay(cycles, flushes)
