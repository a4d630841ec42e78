"""The daemon's own cycles and flushes over readings that are given, at a time that is given.

`ReplayedCycles` decides which alerts fire, `ReplayedFlushes` who is told of them; a `Replay` does
one after the other. `bsg-monitor test` and `bsg-monitor backtest` run on them. Nothing is sent: a
message counts as delivered the moment it is decided.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import count

import msgspec

from monitor import __version__
from monitor.clock import Clock, SteppedClock
from monitor.domain.alerting.alert import Alert
from monitor.domain.alerting.evaluation import RuleSet
from monitor.domain.alerting.notification import Notification, OutboxState
from monitor.domain.campaign.account import Balance
from monitor.domain.campaign.baseline import survey
from monitor.domain.campaign.detail import CampaignDetail
from monitor.domain.campaign.feed import ApiError, Feed, FeedState, SweepOutcome
from monitor.domain.campaign.sample import Sample
from monitor.domain.campaign.snapshot import Campaign, CampaignKey
from monitor.domain.campaign.tracking import first_sight
from monitor.flusher import Flusher
from monitor.metrics import Metrics
from monitor.polling.cycle import AccountCycles
from monitor.polling.feed_reader import Reading
from monitor.ports import CycleCommit, DeliveryResult, Snapshot, Store, Sweep
from monitor.rulefile import RuleFile
from monitor.state import AccountTable, State
from monitor.store import SqliteStore

DETAILS_PER_MINUTE = 1_000_000
"""Details are given, so there is no provider to spare."""

LOOKBACK = timedelta(days=3)
CLAIM_LIMIT = 500
LEASE = timedelta(minutes=1)


class ReplayedCycles:
    """Polling cycles without a provider, whose decisions stay in memory."""

    def __init__(
        self,
        rules: RuleSet,
        feeds: Sequence[Feed],
        clock: SteppedClock,
        *,
        details: Mapping[int, CampaignDetail],
    ) -> None:
        self.clock = clock
        self.state = State(Snapshot(), polled=feeds)
        self._feeds = feeds
        self._rules = rules
        self._news: list[Alert] = []
        metrics = Metrics(__version__)
        self._cycles = {
            account: AccountCycles(
                account=account,
                source=_GivenDetails(details, clock),
                store=_NothingKept(),
                state=self.state,
                rules=rules,
                clock=clock,
                metrics=metrics,
                lookback=LOOKBACK,
                details_per_minute=DETAILS_PER_MINUTE if details else 0,
                on_alerts=self._news.extend,
            )
            for account in {feed.account for feed in feeds}
        }

    async def begin(self) -> None:
        """The first reading of each feed, which is empty."""
        first = Reading(outcome=SweepOutcome.OK, full=True)
        for feed in self._feeds:
            await ReplayedCycles._conclude(self, feed, first)  # what it decides is not flushed

    @property
    def active(self) -> Sequence[Alert]:
        """The alerts that are pending or firing."""
        return tuple(self.state.active.values())

    def table(self, account: str) -> AccountTable:
        """The account's campaigns as they were last read."""
        return self.state.table(account)

    async def read(
        self,
        feed: Feed,
        campaigns: Sequence[Campaign],
        *,
        gone: frozenset[int] = frozenset(),
        sums: bool = True,
        balance: Balance | None = None,
        rejected: int = 0,
    ) -> list[Alert]:
        """A complete reading at the clock's time. Returns the alerts that are new or changed.

        Campaigns that are not given stay as they were, and no rule is asked about them. An object
        that was given before has not changed. The campaigns in `gone` no longer exist. Without
        `sums`, rules about senders and spending are not evaluated. `rejected` more rows could not
        be read.
        """
        if balance is not None:
            self._cycles[feed.account].balance = balance
        reading = Reading(
            outcome=SweepOutcome.OK,
            full=False,
            campaigns=campaigns,
            gone=gone,
            sums=sums,
            nameless=rejected,
        )
        return await self._conclude(feed, reading)

    def introduce(self, campaigns: Sequence[Campaign]) -> None:
        """Treat these as known before their first reading, so that they do not count as new."""
        now = self.clock.now().timestamp()
        for campaign in campaigns:
            table = self.table(campaign.account)
            if campaign.id not in table.rows:
                # A copy: the object that is read next has not been evaluated yet.
                table.put([first_sight(msgspec.structs.replace(campaign), now=now)])

    async def fail(
        self, feed: Feed, *, partial: bool = False, api_error: ApiError | None = None
    ) -> list[Alert]:
        """A reading that failed at the clock's time, or was incomplete. Returns the alerts that
        are new or changed."""
        outcome = SweepOutcome.PARTIAL if partial else SweepOutcome.FAILED
        return await self._conclude(feed, Reading(outcome=outcome, full=False, api_error=api_error))

    def know(self, account: str, details: Mapping[int, CampaignDetail]) -> None:
        """Set the details of campaigns that were read before, by id."""
        table = self.table(account)
        table.put(
            [
                msgspec.structs.replace(row, detail=detail)
                for id_, detail in details.items()
                if (row := table.rows.get(id_)) is not None
            ]
        )

    def survey(self) -> None:
        """Compute the baselines that rules ask for, as of the clock's time."""
        if spans := self._rules.baselines:
            for account, cycles in self._cycles.items():
                cycles.baselines = survey(
                    spans, self.table(account).rows.values(), self.clock.now().timestamp()
                )

    async def _conclude(self, feed: Feed, reading: Reading) -> list[Alert]:
        await self._cycles[feed.account].conclude(feed, reading, self.clock.now())
        self.state.ended.clear()  # the daemon keeps ended alerts until they are told
        news = self._news.copy()
        self._news.clear()
        return news


class ReplayedFlushes:
    """The flushes of a rules file's groups. `messages` collects what was sent, until you clear
    it."""

    def __init__(self, store: Store, rules: RuleFile, clock: SteppedClock) -> None:
        self.clock = clock
        self.messages: list[Notification] = []
        self._store = store
        self._state = State(Snapshot(), polled=())
        self._receivers = tuple(receiver.name for receiver in rules.receivers)
        self._noted = True
        ids = count(1)
        self._flusher = Flusher(
            store=store,
            people=store,
            state=self._state,
            policy=rules.policy(),
            clock=clock,
            metrics=Metrics(__version__),
            new_id=lambda: f"msg_{next(ids)}",
        )

    def note(self, alerts: Sequence[Alert]) -> None:
        """Take alerts that are new or have changed at the clock's time."""
        if alerts:
            self._noted = True
            self._state.apply_cycle(CycleCommit(account="", alerts=alerts))
            self._flusher.note(alerts)

    async def flush_until(self, until: datetime) -> None:
        """Decide every message that is due up to `until` (aware, not in the past), each at its
        own time. The clock is at `until` afterwards."""
        while True:
            due = self._flusher.next_due()
            if not self._noted:
                if due is None or due > until:
                    break
                self.clock.set(max(due, self.clock.now()))
            self._noted = False
            if await self._flusher.flush_due():
                await self._deliver()
        self.clock.set(until)

    async def _deliver(self) -> None:
        """Take every message. The store drops those of before: a month of a loud rule makes more
        of them than fit in memory."""
        now = self.clock.now()
        await self._store.prune(before=now)
        for receiver in self._receivers:
            while claimed := await self._store.claim(
                receiver, now=now, lease_until=now + LEASE, limit=CLAIM_LIMIT
            ):
                self.messages.extend(row.notification for row in claimed)
                await self._store.settle(
                    [
                        DeliveryResult(id=row.notification.id, state=OutboxState.DELIVERED, at=now)
                        for row in claimed
                    ]
                )


class Replay(ReplayedCycles):
    """Cycles whose alerts are flushed too. Call `flushes.flush_until` before each reading: it
    moves the clock."""

    def __init__(
        self,
        rules: RuleSet,
        feeds: Sequence[Feed],
        clock: SteppedClock,
        flushes: ReplayedFlushes,
        *,
        details: Mapping[int, CampaignDetail],
    ) -> None:
        super().__init__(rules, feeds, clock, details=details)
        self.flushes = flushes

    async def _conclude(self, feed: Feed, reading: Reading) -> list[Alert]:
        news = await super()._conclude(feed, reading)
        self.flushes.note(news)
        return news


@asynccontextmanager
async def replaying_flushes(rules: RuleFile, clock: SteppedClock) -> AsyncIterator[ReplayedFlushes]:
    """Flushes that begin at the clock's time, with nothing sent so far."""
    async with SqliteStore(None) as store:
        yield ReplayedFlushes(store, rules, clock)


async def start_cycles(
    rules: RuleSet, feeds: Sequence[Feed], clock: SteppedClock
) -> ReplayedCycles:
    """Cycles that begin at the clock's time with an empty first reading of each feed: a campaign
    that appears later is new, unless it was introduced."""
    cycles = ReplayedCycles(rules, feeds, clock, details={})
    await cycles.begin()
    return cycles


@asynccontextmanager
async def replaying(
    rules: RuleFile,
    feeds: Sequence[Feed],
    start: datetime,
    *,
    details: Mapping[int, CampaignDetail] | None = None,
) -> AsyncIterator[Replay]:
    """A replay that begins at `start` with an empty first reading of each feed. `details` are
    what the provider says of campaigns when it is asked, by id."""
    clock = SteppedClock(start)
    async with replaying_flushes(rules, clock) as flushes:
        replay = Replay(rules.compiled(), feeds, clock, flushes, details=details or {})
        await replay.begin()
        yield replay


class _NothingKept:
    """A `CycleStore` that stays empty: the state has in memory what cycles commit."""

    async def load(self) -> Snapshot:
        return Snapshot()

    async def feeds(self) -> Sequence[FeedState]:
        return ()

    async def samples(self, *, since: datetime) -> Mapping[CampaignKey, tuple[Sample, ...]]:  # noqa: ARG002
        return {}

    async def commit_cycle(self, commit: CycleCommit) -> None:
        """Keep nothing."""


class _GivenDetails:
    """A provider that knows the details it was given. A replay asks it for nothing else."""

    def __init__(self, details: Mapping[int, CampaignDetail], clock: Clock) -> None:
        self._details = details
        self._clock = clock

    async def detail(self, campaign_id: int) -> CampaignDetail | None:
        if (known := self._details.get(campaign_id)) is None:
            return None
        return msgspec.structs.replace(known, read_at=self._clock.now().timestamp())

    # Readings are handed to a replay, so these three are never asked: an answer would be made up.

    async def sweep(self, *_: object, **__: object) -> Sweep:
        raise NotImplementedError

    async def campaign(self, *_: object) -> Campaign | None:
        raise NotImplementedError

    async def balance(self, **_: object) -> Balance:
        raise NotImplementedError

    async def close(self) -> None:
        return
