"""Plays a recording, or the part of some senders, through the daemon's own cycles.

Campaigns that moved are evaluated when they moved. What changes with time alone is evaluated in
steps: campaigns that are live, or have an alert that waits for its `for` or its end, every
`LIVE_STEP_SECONDS`; campaigns whose reports still arrive, and senders, every
`SETTLING_STEP_SECONDS`, or twice that in a long history. An alert may start that much later than
with a poll every minute. In return a month takes about a minute. While a feed was not read,
nothing of it is evaluated.
"""

from collections import Counter, deque
from collections.abc import AsyncGenerator, Collection, Iterable, Sequence
from contextlib import aclosing
from datetime import timedelta
from typing import NamedTuple

from monitor.backtest.recording import (
    Moment,
    Recording,
    SenderKey,
    cannot_be_tried,
    time_of,
)
from monitor.clock import SteppedClock
from monitor.domain.alerting.alert import Alert, AlertState
from monitor.domain.alerting.evaluation import RuleSet
from monitor.domain.alerting.rule import Rule, Scope
from monitor.domain.campaign.detail import CampaignDetail
from monitor.domain.campaign.feed import BlindSpell, Feed
from monitor.domain.campaign.snapshot import FINAL_STATUSES, Campaign
from monitor.domain.times.intervals import TimeInterval
from monitor.replay import ReplayedCycles, start_cycles
from monitor.rulefile import RuleFile

LIVE_STEP_SECONDS = 300.0
SETTLING_STEP_SECONDS = 3600.0
LONG_SECONDS = 14 * 86_400.0
"""In a history longer than this, settling steps are twice as far apart."""

STEP_WITH_READING_SECONDS = 60.0
"""A step that is due this soon after a reading is taken together with it. With a reading every
minute that halves the work."""

SURVEY_STEP_SECONDS = 86_400.0
"""How often baselines are computed. They are medians over weeks, so a day changes little, and
the daemon's hour would cost more than everything else."""


class HistoryPart(NamedTuple):
    """Rules, and the senders whose campaigns they are evaluated on; all senders when None."""

    rules: tuple[Rule, ...]
    senders: frozenset[SenderKey] | None = None


def divide(recording: Recording, rules: RuleFile, most: int) -> list[HistoryPart]:
    """At most `most` parts with about as many campaigns each. Rules look at one campaign or at
    the campaigns of one sender, so parts can be played apart; a rule that counts the campaigns of
    an account makes it one part.

    Rules that history says nothing about are left out.
    """
    tried = tuple(rule for rule in rules.rules if not cannot_be_tried(rule))
    sizes = Counter(SenderKey.of(campaign) for campaign in recording.campaigns.values())
    if min(most, len(sizes)) <= 1 or any(rule.scope is Scope.ACCOUNT for rule in tried):
        return [HistoryPart(tried)]
    shares: list[list[SenderKey]] = [[] for _ in range(min(most, len(sizes)))]
    filled = [0] * len(shares)
    for sender, size in sizes.most_common():
        least = filled.index(min(filled))
        shares[least].append(sender)
        filled[least] += size
    return [HistoryPart(tried, frozenset(share)) for share in shares]


class Step(NamedTuple):
    """What one cycle of a feed decided at a time (Unix seconds): the alerts that started firing
    and those that ended."""

    at: float
    feed: Feed
    alerts: Sequence[Alert]


async def play(
    recording: Recording, part: HistoryPart, quiet_hours: Sequence[TimeInterval] = ()
) -> AsyncGenerator[Step]:
    """The cycles that decided something and every step, by time, then by feed.

    The times of the steps do not depend on the part. Raises `StoreError`.
    """
    clock = SteppedClock(time_of(recording.since))
    # A report shows no texts of alerts, so they are not rendered again.
    rules = RuleSet(part.rules, quiet_hours=quiet_hours, describe_again=timedelta.max)
    cycles = await start_cycles(rules, recording.feeds, clock)
    player = _HistoryPlayer(cycles, recording)
    async with aclosing(recording.moments(part.senders)) as moments:
        async for moment in moments:
            for step in await player.read(moment):
                yield step
    for step in await player.advance((recording.until,)):
        yield step


class _HistoryPlayer:
    """Plays readings and the steps between them."""

    def __init__(self, cycles: ReplayedCycles, recording: Recording) -> None:
        feeds, start = recording.feeds, recording.since
        self._cycles = cycles
        self._totals = recording.totals
        self._earlier = set(recording.earlier)
        self._live: dict[Feed, dict[int, Campaign]] = {feed: {} for feed in feeds}
        self._next_live = dict.fromkeys(feeds, start + LIVE_STEP_SECONDS)
        self._settling_step = SETTLING_STEP_SECONDS * (
            2 if recording.until - start > LONG_SECONDS else 1
        )
        self._next_settling = dict.fromkeys(feeds, start + self._settling_step)
        self._next_survey = start + SURVEY_STEP_SECONDS
        self._blind: dict[Feed, deque[BlindSpell]] = {feed: deque() for feed in feeds}
        for spell in recording.blind:
            if spell.feed in self._blind:
                self._blind[spell.feed].append(spell)

    async def read(self, moment: Moment) -> list[Step]:
        """Play one reading, after every step that is due before it."""
        at, feed, campaigns, gone = moment
        steps = await self.advance((at, feed))
        live = self._live[feed]
        new: list[int] = []
        for campaign in campaigns:
            if campaign.status in FINAL_STATUSES:
                live.pop(campaign.id, None)
            else:
                if campaign.id not in live:
                    new.append(campaign.id)
                live[campaign.id] = campaign
        for campaign_id in gone:
            live.pop(campaign_id, None)
        if at > self._next_live[feed] - STEP_WITH_READING_SECONDS:
            steps.append(await self._step(feed, at, campaigns, gone))
        elif campaigns or gone:
            alerts = await self._look(feed, at, campaigns, gone)
            if alerts:
                steps.append(Step(at, feed, alerts))
        if new:
            self._know_totals(feed.account, new)
        return steps

    async def advance(self, until: tuple[float] | tuple[float, Feed]) -> list[Step]:
        """Play every step before `until`: a time, and of that time the feeds before a feed."""
        steps: list[Step] = []
        while self._next_live:
            at, feed = min((at, feed) for feed, at in self._next_live.items())
            if (at, feed) >= until:
                break
            if (sees_again := self._sees_again(feed, at)) > at:
                self._next_live[feed] = sees_again
                continue
            steps.append(await self._step(feed, at))
        return steps

    def _sees_again(self, feed: Feed, at: float) -> float:
        """When the feed was next read, if it was not being read at `at`; else `at`. Call it with
        ascending times."""
        spells = self._blind[feed]
        while spells and spells[0].until <= at:
            spells.popleft()
        return spells[0].until if spells and spells[0].since < at else at

    async def _step(
        self, feed: Feed, at: float, read: Sequence[Campaign] = (), gone: Sequence[int] = ()
    ) -> Step:
        """Evaluate what was read and what may have changed with time."""
        self._next_live[feed] = at + LIVE_STEP_SECONDS
        settling = at > self._next_settling[feed] - STEP_WITH_READING_SECONDS
        if settling:
            self._next_settling[feed] = at + self._settling_step
        if at >= self._next_survey:
            self._next_survey += SURVEY_STEP_SECONDS
            self._cycles.clock.set(time_of(at))
            self._cycles.survey()
        shown = {*(campaign.id for campaign in read), *gone}
        campaigns = [*read, *self._unread(feed, shown, settling=settling)]
        return Step(at, feed, await self._look(feed, at, campaigns, gone, sums=settling))

    async def _look(
        self,
        feed: Feed,
        at: float,
        campaigns: Sequence[Campaign],
        gone: Sequence[int],
        *,
        sums: bool = False,
    ) -> list[Alert]:
        now = time_of(at)
        self._cycles.clock.set(now)
        earlier = [
            campaign for campaign in campaigns if (campaign.account, campaign.id) in self._earlier
        ]
        if earlier:
            self._cycles.introduce(earlier)
            self._earlier.difference_update((campaign.account, campaign.id) for campaign in earlier)
        alerts = await self._cycles.read(feed, campaigns, gone=frozenset(gone), sums=sums)
        # Alerts that became pending or whose campaign changed are not reported; a loud rule has
        # many of them.
        return [alert for alert in alerts if now in (alert.fired_at, alert.resolved_at)]

    def _know_totals(self, account: str, ids: Sequence[int]) -> None:
        """Set the sizes of campaigns, which are read when they start and do not change."""
        now = self._cycles.clock.now().timestamp()
        self._cycles.know(
            account,
            {
                id_: CampaignDetail(read_at=now, total_messages=total)
                for id_ in ids
                if (total := self._totals.get((account, id_))) is not None
            },
        )

    def _unread(self, feed: Feed, shown: Collection[int], *, settling: bool) -> Iterable[Campaign]:
        """The campaigns to evaluate in a step, without those in `shown`."""
        if not settling:
            live = self._live[feed]
            also = [campaign for campaign in self._undecided(feed) if campaign.id not in live]
            return (campaign for campaign in (*live.values(), *also) if campaign.id not in shown)
        table = self._cycles.table(feed.account)
        watched = table.of_feed(table.watched.values(), feed.message_type)
        return (row.campaign for row in watched if row.campaign.id not in shown)

    def _undecided(self, feed: Feed) -> Iterable[Campaign]:
        """Campaigns with an alert that waits to fire or to end: the next settling step would be
        too late for it."""
        alerts = self._cycles.state.alerts_of(feed.account).values()
        waiting = {
            a.campaign.id
            for a in alerts
            if a.campaign and (a.state is AlertState.PENDING or a.inactive_since)
        }
        table = self._cycles.table(feed.account)
        rows = [row for id_ in sorted(waiting) if (row := table.watched.get(id_)) is not None]
        return [row.campaign for row in table.of_feed(rows, feed.message_type)]
