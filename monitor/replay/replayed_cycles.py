"""The daemon's cycles over readings that are given."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from monitor import __version__
from monitor.clock import Clock, SteppedClock
from monitor.domain.alerting.alert import Alert
from monitor.domain.alerting.evaluation import RuleSet
from monitor.domain.campaign.account import Balance
from monitor.domain.campaign.baseline import survey
from monitor.domain.campaign.detail import CampaignDetail
from monitor.domain.campaign.feed import Feed, FeedState, SweepOutcome
from monitor.domain.campaign.sample import Sample
from monitor.domain.campaign.snapshot import Campaign, CampaignKey
from monitor.domain.campaign.tracking import first_sight
from monitor.metrics import Metrics
from monitor.polling.cycle import AccountCycles
from monitor.polling.feed_reader import Reading
from monitor.ports import CycleCommit, Snapshot, Sweep
from monitor.state import AccountTable, State

DETAILS_PER_MINUTE = 1_000_000
"""There is nobody to be gentle to."""

LOOKBACK = timedelta(days=3)


class ReplayedCycles:
    """A monitor without a provider, a store and receivers: it only decides."""

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
        self._rules = rules
        self._news: list[Alert] = []
        metrics = Metrics(__version__)
        self._cycles = {
            account: AccountCycles(
                account=account,
                source=_Known(details, clock),
                store=_NothingKept(),
                state=self.state,
                rules=rules,
                clock=clock,
                metrics=metrics,
                lookback=LOOKBACK,
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
    ) -> list[Alert]:
        """A complete reading at the clock's time. Returns the alerts that are new or changed.

        Campaigns that are not given are as they were, and are not looked at; an object that was
        given before has not changed. `gone` no longer exist; without `sums` no sender and no
        spending is asked about.
        """
        cycles = self._cycles[feed.account]
        if balance is not None:
            cycles.balance = balance
        reading = Reading(
            outcome=SweepOutcome.OK, full=full, campaigns=campaigns, gone=gone, sums=sums
        )
        return await self._conclude(feed, reading)

    def introduce(self, campaigns: Sequence[Campaign]) -> None:
        """Let these have been there before they are read for the first time: it is no news that
        they are."""
        now = self.clock.now().timestamp()
        for campaign in campaigns:
            table = self.table(campaign.account)
            if campaign.id not in table.rows:
                # A copy: what is read next is an object that no rule has been asked about.
                table.put([first_sight(msgspec.structs.replace(campaign), now=now)])

    async def fail(self, feed: Feed, *, partial: bool = False) -> list[Alert]:
        """A reading that failed at the clock's time, or was incomplete. Returns the alerts that
        are new or changed."""
        outcome = SweepOutcome.PARTIAL if partial else SweepOutcome.FAILED
        return await self._conclude(feed, Reading(outcome=outcome, full=False))

    def know(self, account: str, details: Mapping[int, CampaignDetail]) -> None:
        """Let campaigns that were read before have been read in detail too."""
        table = self.table(account)
        known = ((table.rows.get(id_), detail) for id_, detail in details.items())
        table.put(
            [
                msgspec.structs.replace(row, detail=detail)
                for row, detail in known
                if row is not None
            ]
        )

    def survey(self) -> None:
        """Work out what is usual by the clock's time, for those rules that ask."""
        if spans := self._rules.baselines:
            for account, cycles in self._cycles.items():
                cycles.baselines = survey(
                    spans, self.table(account).rows.values(), self.clock.now().timestamp()
                )

    async def _conclude(self, feed: Feed, reading: Reading) -> list[Alert]:
        await self._cycles[feed.account].conclude(feed, reading, self.clock.now())
        self.state.ended.clear()  # what has ended waits there to be told, and here nobody is
        news, self._news = self._news, []
        return news

    def _note(self, alerts: Sequence[Alert]) -> None:
        self._news.extend(alerts)


async def start_cycles(
    rules: RuleSet,
    feeds: Sequence[Feed],
    clock: SteppedClock,
    *,
    details: Mapping[int, CampaignDetail] | None = None,
) -> ReplayedCycles:
    """Return cycles that begin at the clock's time with an empty first reading of each feed: a
    campaign that appears later is news, unless it was introduced.

    `details` are the provider's answers for campaigns, by id.
    """
    cycles = ReplayedCycles(rules, feeds, clock, details=details or {})
    for feed in feeds:
        await cycles.read(feed, [], full=True)
    return cycles


class _NothingKept:
    """A `CycleStore` that is always empty: what cycles commit is in the state's memory, and that
    is enough here."""

    async def load(self) -> Snapshot:
        return Snapshot()

    async def feeds(self) -> Sequence[FeedState]:
        return ()

    async def samples(self, *, since: datetime) -> Mapping[CampaignKey, tuple[Sample, ...]]:  # noqa: ARG002
        return {}

    async def commit_cycle(self, commit: CycleCommit) -> None:
        """Keep nothing."""


class _Known:
    """A provider that is asked for nothing but details, and knows those that are given."""

    def __init__(self, details: Mapping[int, CampaignDetail], clock: Clock) -> None:
        self._details = details
        self._clock = clock

    async def detail(self, campaign_id: int) -> CampaignDetail | None:
        known = self._details.get(campaign_id)
        return (
            None
            if known is None
            else msgspec.structs.replace(known, read_at=self._clock.now().timestamp())
        )

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
