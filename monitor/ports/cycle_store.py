"""The store as the polling side needs it: campaigns, their samples, alerts, feeds and balances."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from monitor.domain.alerting.alert import Alert
from monitor.domain.campaign.account import Balance
from monitor.domain.campaign.event import CampaignEvent
from monitor.domain.campaign.feed import BlindSpell, Feed, FeedState
from monitor.domain.campaign.sample import Sample
from monitor.domain.campaign.snapshot import CampaignKey
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.routing.flush import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleCommit:
    """What one cycle decided; one transaction.

    `campaigns` are new or changed ones, `forgotten` the ids of `account` that are no longer
    tracked. `samples` are what campaigns show from now on, by id. `alerts` are new or changed
    instances in any state; `dropped_alerts` are ids of pending ones that ended (nothing of them
    is kept). `blind` is the time before this cycle in which its feed was not read.
    """

    account: str
    campaigns: Sequence[TrackedCampaign] = ()
    forgotten: Sequence[int] = ()
    events: Sequence[CampaignEvent] = ()
    samples: Mapping[int, Sample] = field(default_factory=dict)
    alerts: Sequence[Alert] = ()
    dropped_alerts: Sequence[str] = ()
    feed: FeedState | None = None
    blind: BlindSpell | None = None
    balance: Balance | None = None

    @property
    def changes_campaigns(self) -> bool:
        """Whether it changes more than the feed and the balance."""
        return any(
            (
                self.campaigns,
                self.forgotten,
                self.events,
                self.samples,
                self.alerts,
                self.dropped_alerts,
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything the daemon starts from. `alerts` are those that are pending, firing, or ended
    and not closed."""

    feeds: Mapping[Feed, FeedState] = field(default_factory=dict)
    campaigns: Sequence[TrackedCampaign] = ()
    alerts: Sequence[Alert] = ()
    ledgers: Sequence[Ledger] = ()
    balances: Mapping[str, Balance] = field(default_factory=dict)


class CycleStore(Protocol):
    """What cycles write, and what a monitor starts from. Transactions and errors: see `Store`."""

    async def load(self) -> Snapshot:
        """Return what was committed last."""

    async def feeds(self) -> Sequence[FeedState]:
        """Return the state of every feed that was ever polled."""

    async def samples(self, *, since: datetime) -> Mapping[CampaignKey, tuple[Sample, ...]]:
        """Return what unsettled campaigns showed at `since` and after it, ascending by time.

        The first sample is what the campaign showed at `since`, where that is known. Left out are
        campaigns that have not changed since then, or since they were first seen (they still show
        the same), and campaigns without samples.
        """

    async def commit_cycle(self, commit: CycleCommit) -> None:
        """Write what a cycle decided. Writing the same commit twice has the effect of once."""
