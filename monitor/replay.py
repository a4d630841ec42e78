"""Rules and routes over readings that are given, in a time that is given: the daemon's own cycles and flushes, told to nobody.

What `test` and `backtest` run on. A message is taken as delivered the moment it was decided.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import count

import msgspec

from monitor import __version__
from monitor.assembly import compiled, telling_of
from monitor.clock import Clock, SteppedClock
from monitor.config import RuleFile
from monitor.cycle import AccountCycles
from monitor.domain.account import Balance
from monitor.domain.alert import Alert
from monitor.domain.baseline import Baselines
from monitor.domain.campaign import Campaign
from monitor.domain.detail import CampaignDetail
from monitor.domain.feed import Feed, SweepOutcome
from monitor.domain.notification import Notification, OutboxState
from monitor.flusher import Flusher
from monitor.metrics import Metrics
from monitor.ports import CycleCommit, DeliveryResult, Snapshot, Sweep
from monitor.reading import Reading
from monitor.state import AccountTable, State
from monitor.store import SqliteStore

TAKEN_AT_ONCE = 500
LEASE = timedelta(minutes=1)
DETAILS_PER_MINUTE = 1_000_000
"""There is nobody to be gentle to."""


class Replay:
    """A monitor without a provider, receivers and a memory. `on_alerts` is called with what each reading changed."""

    def __init__(
        self,
        store: SqliteStore,
        rules: RuleFile,
        feeds: Sequence[Feed],
        clock: SteppedClock,
        *,
        lookback: timedelta,
        details: Mapping[int, CampaignDetail],
        on_alerts: Callable[[Sequence[Alert]], None],
    ) -> None:
        self.clock = clock
        self.state = State(Snapshot(), polled=feeds)
        self.rules = compiled(rules)
        self.messages: list[Notification] = []
        self._store = store
        self._receivers = tuple(receiver.name for receiver in rules.receivers)
        self._on_alerts = on_alerts
        self._noted = True
        metrics = Metrics(__version__)
        ids = count(1)
        self._flusher = Flusher(
            store=store,
            state=self.state,
            telling=telling_of(rules),
            clock=clock,
            metrics=metrics,
            new_id=lambda: f"msg_{next(ids)}",
        )
        self._cycles = {
            account: AccountCycles(
                account=account,
                source=_Known(details, clock),
                store=store,
                state=self.state,
                rules=self.rules,
                clock=clock,
                metrics=metrics,
                lookback=lookback,
                details_per_minute=DETAILS_PER_MINUTE if details else 0,
                on_alerts=self._note,
            )
            for account in {feed.account for feed in feeds}
        }

    def table(self, account: str) -> AccountTable:
        """The account's campaigns, as they were read last."""
        return self.state.table(account)

    async def read(
        self,
        feed: Feed,
        campaigns: Sequence[Campaign],
        *,
        gone: frozenset[int] = frozenset(),
        sums: bool = True,
        full: bool = False,
        balance: Balance | None = None,
    ) -> None:
        """A complete reading at the clock's time. Campaigns that are not given are as they were, and are not looked at; an object
        that was given before has not changed. `gone` no longer exist; without `sums` no sender and no spending is asked about."""
        cycles = self._cycles[feed.account]
        if balance is not None:
            cycles.balance = balance
        reading = Reading(outcome=SweepOutcome.OK, full=full, campaigns=campaigns, gone=gone, sums=sums)
        await cycles.conclude(feed, reading, self.clock.now())

    async def fail(self, feed: Feed, *, partial: bool = False) -> None:
        """A reading that failed at the clock's time, or was incomplete."""
        outcome = SweepOutcome.PARTIAL if partial else SweepOutcome.FAILED
        await self._cycles[feed.account].conclude(feed, Reading(outcome=outcome, full=False), self.clock.now())

    def use_baselines(self, account: str, baselines: Baselines) -> None:
        """What is usual for the account's senders from now on."""
        self._cycles[account].baselines = baselines

    async def flush_until(self, until: datetime) -> None:
        """Decide every message that is due up to that time (an aware one, not in the past), each at its own."""
        while True:
            now = self.clock.now()
            due = self._flusher.next_due(now)
            if not self._noted:
                if due is None or due > until:
                    break
                self.clock.set(max(due, now))
            self._noted = False
            if await self._flusher.flush_due():
                await self._deliver()
        self.clock.set(until)

    def _note(self, alerts: Sequence[Alert]) -> None:
        self._noted = True
        self._flusher.note(alerts)
        self._on_alerts(alerts)

    async def _deliver(self) -> None:
        now = self.clock.now()
        for receiver in self._receivers:
            while claimed := await self._store.claim(receiver, now=now, lease_until=now + LEASE, limit=TAKEN_AT_ONCE):
                self.messages.extend(row.notification for row in claimed)
                await self._store.settle(
                    [DeliveryResult(id=row.notification.id, state=OutboxState.DELIVERED, at=now) for row in claimed]
                )


@asynccontextmanager
async def replaying(
    rules: RuleFile,
    feeds: Sequence[Feed],
    start: datetime,
    *,
    lookback: timedelta = timedelta(days=3),
    details: Mapping[int, CampaignDetail] | None = None,
    on_alerts: Callable[[Sequence[Alert]], None] = lambda _: None,
) -> AsyncIterator[Replay]:
    """A replay that begins at `start`, with an empty first reading of each feed: whatever appears is news.

    `details` are what the provider says of campaigns when it is asked, by id.
    """
    clock = SteppedClock(start)
    async with _ForgetfulStore(None) as store:
        replay = Replay(store, rules, feeds, clock, lookback=lookback, details=details or {}, on_alerts=on_alerts)
        for feed in feeds:
            await replay.read(feed, [], full=True)
        yield replay


class _ForgetfulStore(SqliteStore):
    """Keeps messages on their way and nothing else: what cycles commit is in the state's memory."""

    async def commit_cycle(self, commit: CycleCommit) -> None:  # noqa: ARG002 (that is the point)
        return


class _Known:
    """A provider that is asked for nothing but details, and knows those that are given."""

    def __init__(self, details: Mapping[int, CampaignDetail], clock: Clock) -> None:
        self._details = details
        self._clock = clock

    async def detail(self, campaign_id: int) -> CampaignDetail | None:
        known = self._details.get(campaign_id)
        return None if known is None else msgspec.structs.replace(known, read_at=self._clock.now().timestamp())

    async def sweep(self, *_: object, **__: object) -> Sweep:
        raise _unasked("lists")

    async def campaign(self, *_: object) -> Campaign | None:
        raise _unasked("campaigns")

    async def balance(self, **_: object) -> Balance:
        raise _unasked("balances")

    async def close(self) -> None:
        return


def _unasked(what: str) -> RuntimeError:
    return RuntimeError(f"a replay is given its {what}, it does not ask for them")
