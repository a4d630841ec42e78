"""Plays a recording through the daemon's own cycles and flushes.

Campaigns that moved are evaluated when they did. What time alone moves is looked at in steps: campaigns that are live every
`LIVE_STEP_SECONDS`, those whose reports still arrive, senders and spending every `SETTLING_STEP_SECONDS`. So an alert may begin
that much later than it did with a poll a minute; that is what makes a month a matter of a minute.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median

from monitor.backtest.recording import Moment, Recording
from monitor.backtest.report import Ledgers, Report
from monitor.config import RuleFile
from monitor.domain.baseline import Baselines, BaselineSurvey
from monitor.domain.campaign import FINAL_STATUSES, Campaign
from monitor.domain.feed import Feed
from monitor.replay import Replay, replaying

LIVE_STEP_SECONDS = 300.0
SETTLING_STEP_SECONDS = 3600.0
SURVEY_STEP_SECONDS = 86_400.0
"""What is usual is a median over weeks: a day changes little of it, and the daemon's hour would cost more than all the rest."""

GAPS_KEPT = 10_000
"""Gaps between readings of which the usual one is taken."""


async def backtest(recording: Recording, rules: RuleFile, *, on_progress: Callable[[float], None] = lambda _: None) -> Report:
    """What the rules would have done. `on_progress` is called with the share of the time that is done, 0 to 1, now and then."""
    names = [(rule.name, rule.severity) for rule in rules.rules]
    ledgers = Ledgers(names, since=recording.since, until=recording.until)
    feeds = recording.feeds
    gaps: list[float] = []
    async with replaying(rules, feeds, _moment(recording.since), on_alerts=ledgers.note) as replay:
        player = _Player(replay, feeds, recording.since, ledgers)
        before = recording.since
        span = max(1e-9, recording.until - recording.since)
        async for moment in recording.moments():
            if moment.at > before:
                if len(gaps) < GAPS_KEPT:
                    gaps.append(moment.at - before)
                before = moment.at
                on_progress((moment.at - recording.since) / span)
            await player.read(moment)
        await player.advance(recording.until)
        ledgers.tell(replay.messages)
    on_progress(1.0)
    return Report(
        since=recording.since,
        until=recording.until,
        samples=recording.samples,
        campaigns=len(recording.campaigns),
        interval_seconds=median(gaps) if gaps else None,
        thinned_until=recording.thinned_until,
        rules=ledgers.finish(),
        messages={name: ledgers.messages[name] for name in (receiver.name for receiver in rules.receivers)},
    )


class _Player:
    """Readings, and steps between them."""

    def __init__(self, replay: Replay, feeds: tuple[Feed, ...], start: float, ledgers: Ledgers) -> None:
        self._replay = replay
        self._feeds = feeds
        self._ledgers = ledgers
        self._live: dict[Feed, dict[int, Campaign]] = {feed: {} for feed in feeds}
        self._next_live = start + LIVE_STEP_SECONDS
        self._next_settling = start + SETTLING_STEP_SECONDS
        self._next_survey = start + SURVEY_STEP_SECONDS

    async def read(self, moment: Moment) -> None:
        """One reading, after every step before it."""
        await self.advance(moment.at)
        await self._replay.flush_until(_moment(moment.at))
        await self._replay.read(moment.feed, moment.campaigns, sums=False)
        live = self._live[moment.feed]
        for campaign in moment.campaigns:
            if campaign.status in FINAL_STATUSES:
                live.pop(campaign.id, None)
            else:
                live[campaign.id] = campaign

    async def advance(self, until: float) -> None:
        """Every step that lies before that time."""
        while self._next_live <= until:
            at = self._next_live
            self._next_live += LIVE_STEP_SECONDS
            settling = at >= self._next_settling
            if settling:
                self._next_settling += SETTLING_STEP_SECONDS
            if at >= self._next_survey:
                self._next_survey += SURVEY_STEP_SECONDS
                self._survey(at)
            await self._replay.flush_until(_moment(at))
            for feed in self._feeds:
                await self._replay.read(feed, self._watched(feed, settling=settling), sums=settling)
            self._ledgers.tell(self._replay.messages)
            self._replay.messages.clear()

    def _watched(self, feed: Feed, *, settling: bool) -> list[Campaign]:
        if not settling:
            return list(self._live[feed].values())
        table = self._replay.table(feed.account)
        return [row.campaign for row in table.of_feed(table.watched.values(), feed.message_type)]

    def _survey(self, now: float) -> None:
        """What is usual by now."""
        wanted = self._replay.rules.baselines
        if not wanted:
            return
        for account in {feed.account for feed in self._feeds}:
            survey = BaselineSurvey(wanted, now)
            survey.add(self._replay.table(account).rows.values())
            self._replay.use_baselines(account, Baselines(dict(survey.medians())))


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
