"""One cycle of one feed: sweep → diff → evaluate → commit. What is in memory advances only after
the commit."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from monitor.clock import Clock
from monitor.domain.alerting.alert import Alert, AlertKey
from monitor.domain.alerting.evaluation import Changes, RuleSet
from monitor.domain.alerting.rule_faults import each_apart
from monitor.domain.campaign.account import AccountView, Balance, account_setting
from monitor.domain.campaign.baseline import NO_BASELINES
from monitor.domain.campaign.event import EventKind
from monitor.domain.campaign.feed import (
    ApiError,
    Feed,
    FeedState,
    Legibility,
    RejectReason,
    SweepOutcome,
)
from monitor.domain.campaign.sender import SenderTally
from monitor.domain.campaign.spending import Spending
from monitor.domain.campaign.tracking import SETTLING_SECONDS, TrackedCampaign
from monitor.domain.times.duration import humanize_duration
from monitor.domain.times.zones import FURTHEST_APART, at_least_further_east
from monitor.errors import where_raised
from monitor.log_events import note_alerts, note_rule_faults
from monitor.metrics import Metrics
from monitor.polling.detail_phase import DetailReader, FeedDetails
from monitor.polling.feed_reader import CHUNK, FeedReader, Reading
from monitor.polling.legibility import legibility_of
from monitor.polling.observation import Observation
from monitor.polling.request_times import RequestTimes
from monitor.ports import CampaignSource, CycleCommit, CycleStore
from monitor.state import State

HITS_CHUNK = 500
"""Rows evaluated before the event loop gets its turn. If all of them fire at once, their texts
take about 25 ms."""

log = structlog.get_logger()

CLOCK_TOLERANCE = timedelta(minutes=10)
"""The provider's clock and ours may differ by this much. A wrong zone is off by at least half an
hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleReport:
    """How a cycle ended, for the log's one line per cycle and for `once`.

    `rejected` counts rows that could not be used; `forgotten` are ids no longer tracked.
    `created_ahead` counts new or changed campaigns that were created in the future, which means
    that the provider's zone is set wrong. `furthest_ahead` is the largest such difference, in
    seconds. `legibility` is null after a failed poll; `unread` says which rows could not be read
    with all that is needed.
    """

    feed: Feed
    outcome: SweepOutcome
    full: bool
    campaigns: int = 0
    changed: int = 0
    events: int = 0
    alerts: int = 0
    rejected: int = 0
    forgotten: tuple[int, ...] = ()
    created_ahead: int = 0
    furthest_ahead: float = 0.0
    reason: str | None = None
    started: datetime | None = None
    legibility: Legibility | None = None
    unread: str | None = None

    def after(self, pages: "Sequence[CycleReport]") -> "CycleReport":
        """The report of the whole sweep, if this is the one of its end."""
        parts = (self, *pages)
        return replace(
            self,
            changed=sum(part.changed for part in parts),
            events=sum(part.events for part in parts),
            alerts=sum(part.alerts for part in parts),
            forgotten=tuple(id_ for part in parts for id_ in part.forgotten),
            created_ahead=sum(part.created_ahead for part in parts),
            furthest_ahead=max(part.furthest_ahead for part in parts),
        )

    @property
    def legible(self) -> bool:
        """Whether it was answered and at least half of the rows could be read."""
        return self.legibility is not None and self.legibility.enough

    @property
    def zone_doubt(self) -> str | None:
        """What to set where campaigns were created in the future; null where none was."""
        if not self.created_ahead:
            return None
        by = humanize_duration(at_least_further_east(self.furthest_ahead))
        setting = account_setting(self.feed.account, "API_TIMEZONE")
        return (
            f"set {setting} to the zone of the times that BSG's own page shows: it lies at least "
            f"{by} further east."
            " Or this machine's clock is slow by that much: bsg-monitor doctor compares it with "
            "BSG's"
        )


class AccountCycles:
    """Runs the cycles of one account's feeds. Sweeps of different feeds overlap; decisions and
    commits do not: while you hold `deciding`, none is under way."""

    def __init__(
        self,
        *,
        account: str,
        source: CampaignSource,
        store: CycleStore,
        state: State,
        rules: RuleSet,
        clock: Clock,
        metrics: Metrics,
        lookback: timedelta,
        details_per_minute: int = 0,
        ignored: Callable[[TrackedCampaign, float], bool | None] | None = None,
        ignore_needs: frozenset[str] = frozenset(),
        token_ends: float | None = None,
        on_alerts: Callable[[Sequence[Alert]], None] = lambda _: None,
        on_page: Callable[[Feed, Sequence[Alert]], None] | None = None,
        on_read: Callable[[Feed], None] = lambda _: None,
        on_swept: Callable[[Feed], None] = lambda _: None,
    ) -> None:
        """`details_per_minute`: how many campaigns may be read in detail in any minute.
        `ignore_needs`: the fields of the provider's rows that `ignored` looks at. `token_ends`:
        when the token from the settings ends (Unix seconds), where that is known.

        `on_alerts` is called with alerts that are new or changed, after their commit; `on_page`
        instead where a full sweep goes on, with each page, and `on_swept` when it ends.
        `on_read` is called after each page of which at least half of the rows could be read."""
        self.account = account
        self.rules = rules
        self._asked: dict[Feed, RuleSet] = {}
        self._keep = rules.look_back
        self._progress = EventKind.PROGRESSED in rules.event_rules
        self.balance: Balance | None = None
        self.baselines = NO_BASELINES
        self._spending: Spending | None = None
        self._source = source
        self._store = store
        self._state = state
        self._clock = clock
        self._metrics = metrics
        self._lookback = lookback
        self._ignored = ignored
        self._ignore_needs = ignore_needs
        self._token_ends = token_ends
        self._ignored_ids: set[int] = set()
        self._on_alerts = on_alerts
        self._on_page = on_page or (lambda _, alerts: on_alerts(alerts))
        self._on_read = on_read
        self._on_swept = on_swept
        self._pages: dict[Feed, list[CycleReport]] = {}
        self._judged_by: dict[Feed, RuleSet | None] = {}
        self._readers: dict[Feed, FeedReader] = {}
        self._detail_reader = DetailReader(
            account, source, per_minute=details_per_minute, clock=clock, metrics=metrics
        )
        self._details: dict[Feed, FeedDetails] = {}
        self._requests = RequestTimes(clock)
        self.deciding = asyncio.Lock()
        self._tried: set[Feed] = set()
        self._aside: dict[Feed, frozenset[int]] = {}
        self._failing_rules: set[tuple[str, str]] = set()

    def use(self, rules: RuleSet) -> None:
        """Switch to these rules. Each feed's next cycle evaluates them for every watched
        campaign."""
        self.rules = rules
        self._keep = rules.look_back
        self._progress = EventKind.PROGRESSED in rules.event_rules

    async def run(self, feed: Feed) -> CycleReport:
        """Poll `feed` once and commit what follows from it.

        A provider that fails is an outcome, not an error. Raises `StoreError` when the commit
        failed: nothing of the cycle is remembered then, and the next one finds the same
        differences again. What else is raised is a bug: see `failed`.
        """
        started = self._clock.now()
        begun = self._clock.monotonic()
        reader = self._readers.setdefault(
            feed, FeedReader(feed, self._source, clock=self._clock, lookback=self._lookback)
        )

        async def on_page(page: Reading) -> None:
            await self._decide_page(feed, page, started)

        try:
            with self._requests.reading():
                reading = await reader.read(
                    self._state.table(self.account), self._before(feed, started), started, on_page
                )
                report = await self.conclude(feed, reading, started)
        finally:
            self._pages.pop(feed, None)
            self._judged_by.pop(feed, None)
            self._on_swept(feed)
        reader.forget(report.forgotten)
        self._metrics.polls.labels(feed.account, feed.message_type, report.outcome.value).inc()
        self._metrics.poll_duration.observe(self._clock.monotonic() - begun)
        return report

    async def failed(self, feed: Feed, error: Exception) -> CycleReport:
        """Count a cycle of `feed` that raised `error` as a poll that failed, and commit that.
        Raises `StoreError`, like `run`."""
        reason = f"the monitor itself failed, its log says more: {where_raised(error)}"
        reading = Reading(
            outcome=SweepOutcome.FAILED, full=False, reason=reason, api_error=ApiError.INTERNAL
        )
        report = await self.conclude(feed, reading, self._clock.now())
        self._metrics.polls.labels(feed.account, feed.message_type, report.outcome.value).inc()
        return report

    async def conclude(self, feed: Feed, reading: Reading, started: datetime) -> CycleReport:
        """Decide on what was read of `feed` at `started`, and commit it. Raises `StoreError`,
        like `run`."""
        self._tried.add(feed)
        async with self.deciding:
            before = self._before(feed, started)
            if reading.outcome is SweepOutcome.FAILED:
                return await self._note_failure(feed, before, reading, started)
            return await self._decide(feed, before, reading, started)

    def _before(self, feed: Feed, started: datetime) -> FeedState:
        return self._state.feeds.get(feed) or FeedState(feed=feed, first_tried=started)

    # --- deciding ---------------------------------------------------------------------------------

    async def _judge(
        self,
        feed: Feed,
        before: FeedState,
        reading: Reading,
        started: datetime,
        decided: datetime,
        concerned: Mapping[AlertKey, Alert],
    ) -> tuple[Observation, float]:
        """Compare what was read and ask the rules about it. Returns what was found, and how many
        seconds the rules took."""
        rules = self.rules
        known_to_rules = rules in (self._asked.get(feed), self._judged_by.get(feed))
        table = self._state.table(self.account)
        await self._clock.sleep(0)  # each of these goes through all alerts
        evaluation = rules.begin(self.account, decided, concerned, baselines=self.baselines)
        await self._clock.sleep(0)
        seen = Observation(
            table=table,
            evaluation=evaluation,
            now=started.timestamp(),
            news_after=before.first_tried.timestamp() if before.last_whole is None else None,
            keep=self._keep,
            progress=self._progress,
            message_type=feed.message_type,
            ignored=self._ignored,
            ignored_ids=self._ignored_ids,
        )
        details = self._details_of(feed)
        took = 0.0
        for start in range(0, len(reading.campaigns), CHUNK):
            part = slice(start, start + CHUNK)
            rows, same = seen.see(
                self._requests.latest(reading.campaigns[part], reading.requested_at[part])
            )
            details.seen(rows, decided.timestamp(), prices=rules.asks_for_spending)
            took += await self._ask(evaluation.campaigns, rows, seen)
            took += await self._ask(
                evaluation.unchanged if known_to_rules else evaluation.campaigns, same, seen
            )
        seen.gone(self._requests.unread_since(reading.began, reading.gone))
        if reading.full and reading.outcome is SweepOutcome.OK:
            await seen.forget_old(feed.message_type, self._clock)
        for first in range(0, len(seen.events), HITS_CHUNK):
            told = seen.events[first : first + HITS_CHUNK]
            each_apart(
                evaluation.events,
                told,
                lambda pair, error: seen.set_aside(pair[1].campaign.id, error),
            )
            await self._clock.sleep(0)
        seen.drop_aside()
        return seen, took

    async def _decide_page(self, feed: Feed, page: Reading, started: datetime) -> None:
        """Decide on a page of a full sweep and commit it, while the rest is being read.

        All that depends on the rest waits for the end of the sweep: sums, absences, the account's
        rules, details, and campaigns that are set aside.
        """
        async with self.deciding:
            decided, rules = self._clock.now(), self.rules
            before = self._before(feed, started)
            ids = [campaign.id for campaign in page.campaigns]
            concerned = self._state.alerts_on(self.account, ids, rules.rules)
            seen, _ = await self._judge(feed, before, page, started, decided, concerned)
            self._details_of(feed).owe(seen.evaluation.detail, decided.timestamp())
            changes = seen.evaluation.finish()
            commit = self._commit_of(seen, changes, feed=before)
            await self._commit(commit, decided, adopted=seen.adopted, page_of=feed)
            await self._note_requests(page, seen)
            self._judged_by[feed] = rules if self._judged_by.get(feed, rules) is rules else None
            report = self._report(feed, page, seen, changes)
            self._pages.setdefault(feed, []).append(report)
            needed = rules.needed | self._ignore_needs
            if page.campaigns and legibility_of(feed, before, page, seen, needed)[0].enough:
                self._on_read(feed)

    async def _decide(
        self, feed: Feed, before: FeedState, reading: Reading, started: datetime
    ) -> CycleReport:
        # of two feeds, the one that began first may be the last to decide
        decided = self._clock.now()
        complete = reading.outcome is SweepOutcome.OK
        rules = self.rules
        table = self._state.table(self.account)
        seen, took = await self._judge(
            feed, before, reading, started, decided, self._concerned(reading)
        )
        evaluation, details = seen.evaluation, self._details_of(feed)
        if reading.sums:
            await self._sum_up(feed, rules, seen, decided)
        find = seen.finder(reading.campaigns)
        seen.put(
            await details.add(evaluation.detail, find, decided.timestamp(), on_fault=seen.set_aside)
        )
        self._note_aside(feed, seen, reading)
        begun = self._clock.monotonic()
        legibility, unread = legibility_of(
            feed, before, reading, seen, rules.needed | self._ignore_needs
        )
        after = before.after(
            reading.outcome,
            started=started,
            full=reading.full,
            api_error=reading.api_error,
            legibility=legibility,
            counts=table.counts_with(seen.changed, seen.forgotten, message_type=feed.message_type)
            if reading.sums
            else None,
        )
        balance = self._take_balance() if complete else None
        if not complete:
            evaluation.account(self._view(after, None, decided), failed=True)
        elif reading.sums:
            evaluation.account(self._view(after, balance, decided), failed=False)
        note_rule_faults(
            evaluation.faults, self._failing_rules, account=self.account, metrics=self._metrics
        )
        changes = evaluation.finish()
        self._metrics.evaluation_duration.observe(took + self._clock.monotonic() - begun)
        commit = replace(
            self._commit_of(seen, changes, feed=after),
            blind=before.blind_spell(started) if complete else None,
            balance=balance,
        )
        await self._commit(commit, decided, adopted=seen.adopted)
        if self._requests.matter:
            await self._note_requests(reading, seen)
        if complete:
            self._asked[feed] = rules
        report = self._report(feed, reading, seen, changes).after(self._pages.get(feed, ()))
        return replace(report, started=started, legibility=legibility, unread=unread)

    def _details_of(self, feed: Feed) -> FeedDetails:
        return self._details.setdefault(feed, FeedDetails(self._detail_reader, self._clock))

    async def _note_requests(self, reading: Reading, seen: Observation) -> None:
        """Note when what is now committed was requested."""
        for start in range(0, len(reading.campaigns), CHUNK):
            part = slice(start, start + CHUNK)
            self._requests.committed(
                reading.campaigns[part], reading.requested_at[part], but=seen.aside
            )
            await self._clock.sleep(0)

    def _commit_of(self, seen: Observation, changes: Changes, *, feed: FeedState) -> CycleCommit:
        return CycleCommit(
            account=self.account,
            campaigns=seen.changed,
            forgotten=seen.forgotten,
            events=[event for event, _ in seen.events],
            samples=seen.samples,
            alerts=changes.alerts,
            dropped_alerts=changes.dropped,
            feed=feed,
        )

    def _report(
        self, feed: Feed, reading: Reading, seen: Observation, changes: Changes
    ) -> CycleReport:
        now = self._clock.now().timestamp()
        tolerated = CLOCK_TOLERANCE.total_seconds()
        ahead = [
            seconds
            for row in seen.changed
            if tolerated < (seconds := row.campaign.created_at - now) <= FURTHEST_APART
        ]
        return CycleReport(
            feed=feed,
            outcome=reading.outcome,
            full=reading.full,
            campaigns=len(reading.campaigns),
            changed=len(seen.changed),
            events=len(seen.events),
            alerts=len(changes.alerts),
            rejected=len(reading.rejected) + reading.nameless + len(seen.aside),
            forgotten=tuple(seen.forgotten),
            created_ahead=len(ahead),
            furthest_ahead=max(ahead, default=0.0),
            reason=reading.reason,
        )

    def _concerned(self, reading: Reading) -> dict[AlertKey, Alert]:
        """The alerts that may change by what was read."""
        if reading.sums or reading.full or reading.outcome is not SweepOutcome.OK:
            return self._state.alerts_of(self.account)
        ids = [*(campaign.id for campaign in reading.campaigns), *reading.gone]
        return self._state.alerts_on(self.account, ids, self.rules.rules)

    def _note_aside(self, feed: Feed, seen: Observation, reading: Reading) -> None:
        """Count and log the campaigns that are set aside. Raises if they are the majority:
        something else is wrong then."""
        seen.drop_aside()
        before, self._aside[feed] = self._aside.get(feed, frozenset()), frozenset(seen.aside)
        if not seen.aside:
            return
        if len(seen.aside) > max(1, len(reading.campaigns) // 2):
            raise next(iter(seen.aside.values()))
        self._metrics.rows_rejected.labels(self.account, RejectReason.UNEXPECTED.value).inc(
            len(seen.aside)
        )
        if new := [campaign_id for campaign_id in seen.aside if campaign_id not in before]:
            error = seen.aside[new[0]]
            log.error(
                "rows_rejected",
                account=feed.account,
                message_type=feed.message_type,
                reason=RejectReason.UNEXPECTED.value,
                rows=len(new),
                example_campaign_id=new[0],
                detail=where_raised(error),
                exc_info=error,
            )

    async def _ask(
        self,
        ask: Callable[[Sequence[TrackedCampaign]], None],
        rows: Sequence[TrackedCampaign],
        seen: Observation,
    ) -> float:
        """Evaluate rows, a few at a time. Returns how many seconds that took."""
        took = 0.0
        for first in range(0, max(1, len(rows)), HITS_CHUNK):
            begun = self._clock.monotonic()
            each_apart(
                ask,
                rows[first : first + HITS_CHUNK],
                lambda row, error: seen.set_aside(row.campaign.id, error),
            )
            took += self._clock.monotonic() - begun
            await self._clock.sleep(0)
        return took

    async def _sum_up(self, feed: Feed, rules: RuleSet, seen: Observation, now: datetime) -> None:
        """Gather what sender rules and `runway` need from many campaigns. Costs nothing where no
        rule needs it."""
        if not rules.windows and not rules.asks_for_spending:
            return
        # A campaign that started less than 72 hours ago is still watched.
        rows = seen.present(settled=any(window.over > SETTLING_SECONDS for window in rules.windows))
        tally, spending = SenderTally(self.account, rules.windows, now), Spending(now.timestamp())
        here, shown = {feed.message_type}, set(seen.table.types)
        for start in range(0, len(rows), CHUNK):
            chunk = rows[start : start + CHUNK]
            if rules.windows:
                listed = seen.table.of_feed(chunk, feed.message_type)
                here.update(row.campaign.message_type for row in listed)
                shown.update(row.campaign.message_type for row in chunk)
                tally.add(listed)
            if rules.asks_for_spending:
                spending.add(chunk)
            await self._clock.sleep(0)
        seen.evaluation.senders(tally.views(), shown - here)
        self._spending = spending

    async def _note_failure(
        self, feed: Feed, before: FeedState, reading: Reading, started: datetime
    ) -> CycleReport:
        """A failed sweep changes the account's health and nothing else."""
        after = before.after(
            reading.outcome, started=started, full=False, api_error=reading.api_error
        )
        decided = self._clock.now()
        evaluation = self.rules.begin(
            self.account, decided, self._state.alerts_of(self.account), baselines=self.baselines
        )
        evaluation.account(
            self._view(after, self._state.balances.get(self.account), decided), failed=True
        )
        note_rule_faults(
            evaluation.faults, self._failing_rules, account=self.account, metrics=self._metrics
        )
        changes = evaluation.finish()
        commit = CycleCommit(
            account=self.account, alerts=changes.alerts, dropped_alerts=changes.dropped, feed=after
        )
        await self._commit(commit, decided)
        return CycleReport(
            feed=feed,
            outcome=reading.outcome,
            full=reading.full,
            alerts=len(changes.alerts),
            reason=reading.reason,
        )

    async def _commit(
        self,
        commit: CycleCommit,
        decided: datetime,
        *,
        adopted: Sequence[TrackedCampaign] = (),
        page_of: Feed | None = None,
    ) -> None:
        if page_of is None or page_of not in self._state.feeds or commit.changes_campaigns:
            await self._store.commit_cycle(commit)
        self._state.apply_cycle(commit, adopted=adopted)
        for event in commit.events:
            if event.old_status is not None:
                campaign = event.campaign
                self._metrics.count_transition(
                    campaign.account, campaign.message_type, event.old_status, campaign.status
                )
        if commit.alerts or commit.dropped_alerts:
            note_alerts(commit.alerts, now=decided)
            if page_of is None:
                self._on_alerts(commit.alerts)
        if page_of is not None:
            self._on_page(page_of, commit.alerts)
        elif commit.feed is not None:
            self._on_swept(commit.feed.feed)  # before others' turn: one message tells all
        await self._clock.sleep(0)  # what follows goes through all alerts too

    def _take_balance(self) -> Balance | None:
        fresh, self.balance = self.balance, None
        return fresh

    def _view(self, feed: FeedState, fresh: Balance | None, now: datetime) -> AccountView:
        feeds = {**self._state.polled(self.account), feed.feed: feed}
        balance = fresh or self._state.balances.get(self.account)
        return AccountView(
            account=self.account,
            feeds=tuple(feeds[f] for f in sorted(feeds)),
            balance=balance,
            counts=self._state.counts_of(feeds.values()),
            now=now,
            spent=self._spending.total(balance.currency) if self._spending and balance else None,
            untried=frozenset(feeds.keys() - self._tried),
            never_tried=any(
                Feed(self.account, kind) not in feeds
                for kind in self._state.table(self.account).types
            ),
            token_ends=self._token_ends,
        )
