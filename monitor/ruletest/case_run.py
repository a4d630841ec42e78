"""Plays a test: a reading every interval, and a comparison at the time of each expectation."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TypeVar

from monitor.domain.campaign.account import Balance
from monitor.domain.campaign.feed import ApiError, Feed
from monitor.domain.campaign.snapshot import MessageType
from monitor.replay import Replay, replaying
from monitor.rulefile import RuleFile
from monitor.ruletest.cases import Case
from monitor.ruletest.comparison import Difference, compare

Found = TypeVar("Found")


async def run_case(
    case: Case, rules: RuleFile, *, on_progress: Callable[[float], None] = lambda _: None
) -> list[Difference]:
    """Everything that is not as expected, in the order of the expectations; empty when the test
    passes. `on_progress` is called after each reading with the share that is done, 0 to 1."""
    shown = (campaign for each in case.campaigns for _, campaign in each.snapshots if campaign)
    feeds = sorted({Feed.of(campaign) for campaign in shown})
    feeds = feeds or [Feed(case.account, MessageType.SMS.value)]
    differences: list[Difference] = []
    details = {each.id: each.detail for each in case.campaigns if each.detail}
    before = case.start - case.interval
    async with replaying(rules, feeds, before, details=details) as replay:
        player = _CasePlayer(case, replay, feeds, on_progress)
        for expectation in case.expectations:
            await player.play(case.start + timedelta(seconds=expectation.at))
            differences += compare(
                expectation, replay.active, replay.flushes.messages, start=case.start
            )
            replay.flushes.messages.clear()
    return differences


class _CasePlayer:
    """Plays the readings of one test."""

    def __init__(
        self, case: Case, replay: Replay, feeds: list[Feed], on_progress: Callable[[float], None]
    ) -> None:
        self._case = case
        self._replay = replay
        self._feeds = feeds
        self._next = case.start
        self._known: set[int] = set()
        self._begun: set[Feed] = set()
        self._on_progress = on_progress
        self._span = max([1.0, *(expectation.at for expectation in case.expectations)])

    async def play(self, until: datetime) -> None:
        """Play every reading up to and including that time, and the flushes until then."""
        while self._next <= until:
            await self._replay.flushes.flush_until(self._next)
            await self._read(self._next)
            self._next += self._case.interval
            self._on_progress(
                min(1.0, (self._next - self._case.start).total_seconds() / self._span)
            )
        await self._replay.flushes.flush_until(until)

    async def _read(self, now: datetime) -> None:
        elapsed = (now - self._case.start).total_seconds()
        account = _last(((row.at, row) for row in self._case.accounts), elapsed)
        shown = {each.id: _last(each.snapshots, elapsed) for each in self._case.campaigns}
        balance = None
        if account is not None and account.balance is not None:
            balance = Balance(
                balance=account.balance,
                credit=account.credit or 0.0,
                currency=account.currency,
                read_at=now,
            )
        for feed in self._feeds:
            if account is not None and account.answers != "up":
                await self._replay.fail(
                    feed,
                    partial=account.answers == "partial",
                    api_error=ApiError.CREDENTIALS if account.answers == "refused" else None,
                )
                continue
            listed = [
                campaign for campaign in shown.values() if campaign and Feed.of(campaign) == feed
            ]
            gone = frozenset(
                id_ for id_, campaign in shown.items() if campaign is None and id_ in self._known
            )
            if feed not in self._begun:  # as for the daemon, what is in it is not new
                self._begun.add(feed)
                self._replay.introduce(listed)
            self._known = (self._known | {campaign.id for campaign in listed}) - gone
            rejected = int(account.rejected or 0) if account is not None else 0
            await self._replay.read(feed, listed, gone=gone, balance=balance, rejected=rejected)
        self._replay.survey()


def _last(moments: Iterable[tuple[float, Found]], elapsed: float) -> Found | None:
    """The latest of `moments` (ascending) that is not after `elapsed` seconds; None before the
    first."""
    begun = [found for at, found in moments if at <= elapsed]
    return begun[-1] if begun else None
