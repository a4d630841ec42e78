"""One cycle of one feed: sweep → diff → evaluate → commit. What is in memory advances only after the commit."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.clock import Clock
from monitor.detail import DetailReader, FeedDetails
from monitor.domain.account import AccountView, Balance
from monitor.domain.alert import Alert, ResolveReason
from monitor.domain.baseline import NO_BASELINES
from monitor.domain.campaign import FINAL_STATUSES, Campaign
from monitor.domain.diff import observe, settle, vanish
from monitor.domain.evaluation import Evaluation, RuleSet
from monitor.domain.event import CampaignEvent, EventKind
from monitor.domain.feed import Feed, FeedState, SweepOutcome
from monitor.domain.sample import Sample
from monitor.domain.sender import SenderTally
from monitor.domain.spending import Spending
from monitor.domain.tracking import SETTLING_SECONDS, TrackedCampaign
from monitor.domain.window import left_window
from monitor.journal import note_alerts
from monitor.metrics import Metrics
from monitor.ports import CampaignSource, CycleCommit, Store
from monitor.reading import CHUNK, FeedReader, Reading
from monitor.state import AccountTable, State

HITS_CHUNK = 500
"""Rows evaluated between two turns: if all of them fire at once, their texts take some 25 ms."""

CLOCK_TOLERANCE = timedelta(minutes=10)
"""The provider's clock and ours may differ by so much; a wrong zone is off by half an hour at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleReport:
    """How a cycle ended, for the log's one line per cycle and for `once`.

    `forgotten` are ids no longer tracked. `created_ahead` counts new or changed campaigns that were created in the future: the
    provider's zone is set wrong.
    """

    feed: Feed
    outcome: SweepOutcome
    full: bool
    campaigns: int = 0
    changed: int = 0
    events: int = 0
    alerts: int = 0
    forgotten: tuple[int, ...] = ()
    created_ahead: int = 0
    reason: str | None = None


@dataclass(slots=True)
class Work:
    """What a cycle has found so far."""

    changed: list[TrackedCampaign] = field(default_factory=list)
    adopted: list[TrackedCampaign] = field(default_factory=list)
    events: list[tuple[CampaignEvent, TrackedCampaign]] = field(default_factory=list)
    samples: dict[int, Sample] = field(default_factory=dict)
    forgotten: list[int] = field(default_factory=list)

    def put(self, rows: Sequence[TrackedCampaign]) -> None:
        """More is known of these, whatever was found of them before."""
        if rows:
            ids = {row.campaign.id for row in rows}
            self.adopted = [row for row in self.adopted if row.campaign.id not in ids]
            self.changed = [*(row for row in self.changed if row.campaign.id not in ids), *rows]


class AccountCycles:
    """Runs the cycles of one account's feeds. Sweeps of different feeds overlap; decisions and commits do not."""

    def __init__(
        self,
        *,
        account: str,
        source: CampaignSource,
        store: Store,
        state: State,
        rules: RuleSet,
        clock: Clock,
        metrics: Metrics,
        lookback: timedelta,
        details_per_minute: int = 0,
        ignored: Callable[[TrackedCampaign, float], bool] | None = None,
        on_alerts: Callable[[Sequence[Alert]], None] = lambda _: None,
    ) -> None:
        """`details_per_minute`: how many campaigns may be read in detail in any minute."""
        self.account = account
        self.rules = rules
        self._asked: dict[Feed, RuleSet] = {}
        self._keep = rules.look_back
        self._progress = EventKind.PROGRESSED in rules.event_rules
        self.balance: Balance | None = None
        self.baselines = NO_BASELINES
        self._spent: float | None = None
        self._source = source
        self._store = store
        self._state = state
        self._clock = clock
        self._metrics = metrics
        self._lookback = lookback
        self._ignored = ignored
        self._on_alerts = on_alerts
        self._readers: dict[Feed, FeedReader] = {}
        self._detail_reader = DetailReader(account, source, per_minute=details_per_minute, clock=clock, metrics=metrics)
        self._details: dict[Feed, FeedDetails] = {}
        self._deciding = asyncio.Lock()

    def use(self, rules: RuleSet) -> None:
        """Go on with other rules; each feed's next cycle asks them about every watched campaign."""
        self.rules = rules
        self._keep = rules.look_back
        self._progress = EventKind.PROGRESSED in rules.event_rules

    async def run(self, feed: Feed) -> CycleReport:
        """Poll `feed` once and commit what follows from it.

        A provider that fails is an outcome, not an error. Raises `StoreError` when the commit failed: nothing of the cycle
        is remembered then, and the next one finds the same differences again.
        """
        started = self._clock.now()
        begun = self._clock.monotonic()
        before = self._before(feed, started)
        reader = self._readers.setdefault(feed, FeedReader(feed, self._source, clock=self._clock, lookback=self._lookback))
        reading = await reader.read(self._state.table(self.account), before, started)
        report = await self.conclude(feed, reading, started)
        self._readers[feed].forget(report.forgotten)
        self._metrics.polls.labels(feed.account, feed.message_type, report.outcome.value).inc()
        self._metrics.poll_duration.observe(self._clock.monotonic() - begun)
        return report

    async def conclude(self, feed: Feed, reading: Reading, started: datetime) -> CycleReport:
        """Decide on what was read of `feed` at `started`, and commit it. Raises `StoreError`, like `run`."""
        async with self._deciding:
            before = self._before(feed, started)
            if reading.outcome is SweepOutcome.OK:
                return await self._decide(feed, before, reading, started)
            return await self._note_failure(feed, before, reading, started)

    def _before(self, feed: Feed, started: datetime) -> FeedState:
        return self._state.feeds.get(feed) or FeedState(feed=feed, first_tried=started)

    # --- deciding ---------------------------------------------------------------------------------------------------

    async def _decide(self, feed: Feed, before: FeedState, reading: Reading, started: datetime) -> CycleReport:
        now = started.timestamp()
        decided = self._clock.now()  # of two feeds, the one that began first may be the last to decide
        baseline = before.last_success is None
        rules = self.rules
        known_to_rules = self._asked.get(feed) is rules
        table = self._state.table(self.account)
        work = Work()
        evaluation = rules.begin(self.account, decided, self._state.alerts_of(self.account), baselines=self.baselines)
        details = self._details.setdefault(feed, FeedDetails(self._detail_reader, self._clock))
        spent = 0.0
        for start in range(0, len(reading.campaigns), CHUNK):
            rows, same = self._observe(
                reading.campaigns[start : start + CHUNK], table, evaluation, work, now=now, baseline=baseline
            )
            details.started(rows)
            spent += await self._ask(evaluation.campaigns, rows)
            spent += await self._ask(evaluation.unchanged if known_to_rules else evaluation.campaigns, same)
        self._end(reading.gone, ResolveReason.VANISHED, table, evaluation, work, now)
        if reading.full:
            await self._forget_old(feed, table, evaluation, work, now)
        if reading.sums:
            await self._sum_up(feed, rules, table, evaluation, work, decided)
        for first in range(0, len(work.events), HITS_CHUNK):
            evaluation.events(work.events[first : first + HITS_CHUNK])
            await self._clock.sleep(0)
        work.put(await details.add(evaluation.detail, self._finder(feed, table, work), decided.timestamp()))
        begun = self._clock.monotonic()
        after = before.after(SweepOutcome.OK, started=started, full=reading.full)
        balance = self._take_balance()
        counts = table.counts_with(work.changed, work.forgotten)
        evaluation.account(self._view(after, counts, balance, decided), failed=False)
        changes = evaluation.finish()
        self._metrics.evaluation_duration.observe(spent + self._clock.monotonic() - begun)
        commit = CycleCommit(
            account=self.account,
            campaigns=work.changed,
            forgotten=work.forgotten,
            events=[event for event, _ in work.events],
            samples=work.samples,
            alerts=changes.alerts,
            dropped_alerts=changes.dropped,
            feed=after,
            balance=balance,
        )
        await self._commit(commit, decided, adopted=work.adopted)
        self._asked[feed] = rules
        ahead = (self._clock.now() + CLOCK_TOLERANCE).timestamp()
        return CycleReport(
            feed=feed,
            outcome=SweepOutcome.OK,
            full=reading.full,
            campaigns=len(reading.campaigns),
            changed=len(work.changed),
            events=len(work.events),
            alerts=len(changes.alerts),
            forgotten=tuple(work.forgotten),
            created_ahead=sum(row.campaign.created_at > ahead for row in work.changed),
        )

    async def _ask(self, ask: Callable[[Sequence[TrackedCampaign]], None], rows: Sequence[TrackedCampaign]) -> float:
        """Have rows evaluated, few at a time. Returns how many seconds that took."""
        spent = 0.0
        for first in range(0, max(1, len(rows)), HITS_CHUNK):
            begun = self._clock.monotonic()
            ask(rows[first : first + HITS_CHUNK])
            spent += self._clock.monotonic() - begun
            await self._clock.sleep(0)
        return spent

    def _observe(
        self,
        campaigns: Sequence[Campaign],
        table: AccountTable,
        evaluation: Evaluation,
        work: Work,
        *,
        now: float,
        baseline: bool,
    ) -> tuple[list[TrackedCampaign], list[TrackedCampaign]]:
        """Diff one chunk against what is known. Returns the rows that are new or read anew, and the watched ones that are the
        same objects as before."""
        held = table.rows
        may_settle = now - SETTLING_SECONDS  # asked of every row: a call for each would cost more than the diff
        rows: list[TrackedCampaign] = []
        same: list[TrackedCampaign] = []
        for campaign in campaigns:
            row = held.get(campaign.id)
            found = same
            if row is None or row.campaign is not campaign:
                seen = self._see(row, campaign, evaluation, work, now=now, baseline=baseline)
                if seen is None:
                    continue
                row, found = seen, rows
            if row.settled:
                if found is rows:
                    rows.append(row)
                continue
            if campaign.status in FINAL_STATUSES:
                ended = row.status_since if campaign.finished_at is None else campaign.finished_at
                settled = settle(row, now=now) if ended <= may_settle else None
                if settled is not None:
                    if work.changed and work.changed[-1] is row:
                        work.changed.pop()
                    (row, event), found = settled, rows
                    work.changed.append(row)
                    if not baseline:
                        work.events.append((event, row))
            found.append(row)
        return rows, same

    def _see(
        self,
        row: TrackedCampaign | None,
        campaign: Campaign,
        evaluation: Evaluation,
        work: Work,
        *,
        now: float,
        baseline: bool,
    ) -> TrackedCampaign | None:
        """One row that is new or whose bytes changed; None when it is not to be tracked."""
        if row is None and left_window(campaign, now=now):
            return None
        seen, events = observe(row, campaign, now=now, keep=self._keep, progress=self._progress)
        if baseline and row is None:
            events = ()  # what already happened is not news
        if self._ignored is not None and self._ignored(seen, now):
            if row is not None:
                work.forgotten.append(campaign.id)
                evaluation.gone(campaign.id, ResolveReason.IGNORED)
            return None
        if row is not None and seen.revision == row.revision:
            work.adopted.append(seen)
        else:
            work.changed.append(seen)
            if not seen.settled and (row is None or seen.samples is not row.samples):
                work.samples[campaign.id] = seen.samples[-1] if seen.samples else Sample.of(campaign, now)
        for event in events:
            work.events.append((event, seen))
        return seen

    def _end(
        self,
        ids: frozenset[int],
        reason: ResolveReason,
        table: AccountTable,
        evaluation: Evaluation,
        work: Work,
        now: float,
    ) -> None:
        for campaign_id in sorted(ids):
            row = table.rows.get(campaign_id)
            if row is None:
                continue
            work.events.append((vanish(row, now=now), row))
            work.forgotten.append(campaign_id)
            evaluation.gone(campaign_id, reason)

    async def _forget_old(self, feed: Feed, table: AccountTable, evaluation: Evaluation, work: Work, now: float) -> None:
        rows = list(table.rows.values())
        for start in range(0, len(rows), CHUNK):
            for row in table.of_feed(rows[start : start + CHUNK], feed.message_type):
                if left_window(row.campaign, now=now):
                    work.forgotten.append(row.campaign.id)
                    evaluation.gone(row.campaign.id, ResolveReason.LEFT_WINDOW)
            await self._clock.sleep(0)
        forgotten = set(work.forgotten)
        work.changed = [row for row in work.changed if row.campaign.id not in forgotten]
        work.adopted = [row for row in work.adopted if row.campaign.id not in forgotten]

    def _finder(self, feed: Feed, table: AccountTable, work: Work) -> Callable[[int], TrackedCampaign | None]:
        """Gives a campaign of the feed as it will be known after this cycle; None for one that will not."""
        seen: dict[int, TrackedCampaign | None] = {}

        def find(campaign_id: int) -> TrackedCampaign | None:
            if not seen:
                seen.update((row.campaign.id, row) for rows in (work.adopted, work.changed) for row in rows)
                seen.update(dict.fromkeys(work.forgotten))
            row = seen[campaign_id] if campaign_id in seen else table.rows.get(campaign_id)
            return row if row is not None and table.of_feed([row], feed.message_type) else None

        return find

    async def _sum_up(
        self, feed: Feed, rules: RuleSet, table: AccountTable, evaluation: Evaluation, work: Work, now: datetime
    ) -> None:
        """Gather what sender rules and `runway` ask of many campaigns at once. Costs nothing where no rule asks."""
        if not rules.windows and not rules.asks_for_spending:
            return
        # Whatever started less than 72 hours ago is watched still.
        far = any(window.over > SETTLING_SECONDS for window in rules.windows)
        present = dict(table.rows if far else table.watched)
        present.update((row.campaign.id, row) for row in work.changed)
        for campaign_id in work.forgotten:
            present.pop(campaign_id, None)
        rows = list(present.values())
        tally, spending = SenderTally(self.account, rules.windows, now), Spending(now.timestamp())
        kinds = {feed.message_type}
        for start in range(0, len(rows), CHUNK):
            chunk = rows[start : start + CHUNK]
            if rules.windows:
                listed = table.of_feed(chunk, feed.message_type)
                kinds.update(row.campaign.message_type for row in listed)
                tally.add(listed)
            if rules.asks_for_spending:
                spending.add(chunk)
            await self._clock.sleep(0)
        evaluation.senders(tally.views(), kinds)
        self._spent = spending.total

    async def _note_failure(self, feed: Feed, before: FeedState, reading: Reading, started: datetime) -> CycleReport:
        """A failed or partial sweep moves the account's health and nothing else."""
        after = before.after(reading.outcome, started=started, full=False)
        decided = self._clock.now()
        evaluation = self.rules.begin(self.account, decided, self._state.alerts_of(self.account), baselines=self.baselines)
        counts = self._state.table(self.account).counts_with(())
        evaluation.account(self._view(after, counts, self._state.balances.get(self.account), decided), failed=True)
        changes = evaluation.finish()
        commit = CycleCommit(account=self.account, alerts=changes.alerts, dropped_alerts=changes.dropped, feed=after)
        await self._commit(commit, decided)
        return CycleReport(
            feed=feed, outcome=reading.outcome, full=reading.full, alerts=len(changes.alerts), reason=reading.reason
        )

    async def _commit(self, commit: CycleCommit, decided: datetime, *, adopted: Sequence[TrackedCampaign] = ()) -> None:
        await self._store.commit_cycle(commit)
        self._state.apply_cycle(commit, adopted=adopted)
        for event in commit.events:
            if event.old_status is not None:
                campaign = event.campaign
                self._metrics.count_transition(campaign.account, campaign.message_type, event.old_status, campaign.status)
        if commit.alerts or commit.dropped_alerts:
            note_alerts(commit.alerts, now=decided)
            self._on_alerts(commit.alerts)

    def _take_balance(self) -> Balance | None:
        fresh, self.balance = self.balance, None
        return fresh

    def _view(self, feed: FeedState, counts: dict[str, int], fresh: Balance | None, now: datetime) -> AccountView:
        feeds = {**{f: s for f, s in self._state.feeds.items() if f.account == self.account}, feed.feed: feed}
        return AccountView(
            account=self.account,
            feeds=tuple(feeds[f] for f in sorted(feeds)),
            balance=fresh or self._state.balances.get(self.account),
            counts=counts,
            now=now,
            spent=self._spent,
        )
