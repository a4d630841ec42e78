"""The store as readers need it: what happened, for the page, the commands and the backtest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from monitor.domain.alerting.alert import Alert
from monitor.domain.campaign.event import CampaignEvent
from monitor.domain.campaign.feed import BlindSpell
from monitor.domain.campaign.sample import Sample
from monitor.domain.campaign.snapshot import CampaignKey


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleExtent:
    """How many samples a span of time has, and when the first and the last were taken (Unix
    seconds). Before `thinned_until` there is one an hour."""

    count: int
    first: float | None
    last: float | None
    thinned_until: float | None


class HistoryStore(Protocol):
    """What happened, and how long it is kept. Transactions and errors: see `Store`."""

    async def open_alerts(self) -> Sequence[Alert]:
        """Return the alerts that are pending, firing, or ended and not closed."""

    async def alert_history(self, *, limit: int = 100) -> Sequence[Alert]:
        """Return ended alerts and events, the latest end first."""

    async def alert(self, alert_id: str) -> Alert | None:
        """Return one alert, in any state, as it was last committed; None when the id is unknown
        or its alert was pruned."""

    async def events(
        self, *, campaign_id: int | None = None, account: str | None = None, limit: int = 100
    ) -> Sequence[CampaignEvent]:
        """Return recorded events, newest first. `progressed` events are not recorded."""

    async def recorded_extent(self, *, since: datetime, until: datetime) -> SampleExtent:
        """Return how many samples there are between two times, both included."""

    async def recorded(
        self, *, after: tuple[float, str, int], limit: int
    ) -> Sequence[tuple[str, int, Sample]]:
        """Return up to `limit` samples with their account and campaign id, ascending by (time,
        account, id) and after that place."""

    async def course(self, key: CampaignKey) -> Sequence[Sample]:
        """Return everything recorded of one campaign, ascending by time, also when it is settled
        or forgotten."""

    async def vanished(self, *, since: datetime, until: datetime) -> Sequence[CampaignEvent]:
        """Return the campaigns that vanished between two times, both included, ascending by time:
        each as it last was."""

    async def blind_spells(self, *, since: datetime, until: datetime) -> Sequence[BlindSpell]:
        """Return the times in which feeds were not read that overlap this one, ascending by
        their ends."""

    async def prune(self, *, before: datetime, dead_before: datetime | None = None) -> int:
        """Delete what ended before `before`: closed alerts, events, samples, blind spells,
        silences, acknowledgements, finished outbox rows, receivers' texts. Return how many rows.

        Dead outbox rows go by `dead_before` when it is given. Runs in several short transactions
        so that commits do not have to wait.
        """

    async def thin(self, *, before: datetime) -> int:
        """Of samples older than `before`, keep each campaign's last of every hour. Return how
        many rows were deleted.

        Runs in several short transactions, one for each hour; a thinned hour is not looked at
        again.
        """
