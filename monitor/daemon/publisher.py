"""The state as metrics: series are made once a cycle, not once a scrape."""

from collections.abc import Sequence

from monitor.clock import Clock
from monitor.domain.campaign.feed import Feed, SweepOutcome
from monitor.metrics import CampaignSeries, Metrics
from monitor.polling.cycle import CycleReport
from monitor.polling.feed_reader import CHUNK
from monitor.state import State


class Publisher:
    """Sets the gauges that follow from the committed state."""

    def __init__(
        self, state: State, metrics: Metrics, *, rules: Sequence[tuple[str, str]], clock: Clock
    ) -> None:
        self._state = state
        self._metrics = metrics
        self._clock = clock
        self.use(rules)

    def use(self, rules: Sequence[tuple[str, str]]) -> None:
        """Take the names and severities of the rules in force."""
        self._rules = rules

    def alerts(self) -> None:
        """Count the alerts again; `rules` without any show 0."""
        self._metrics.set_alerts(self._state.active.values(), self._rules)

    async def cycle(self, report: CycleReport) -> None:
        """After a cycle of one feed. Passes over its campaigns in chunks."""
        self.alerts()
        self._set_legibility(report.feed)
        if report.outcome is SweepOutcome.OK:
            await self._read(report.feed)
            balance = self._state.balances.get(report.feed.account)
            if balance is not None:
                self._metrics.set_balance(report.feed.account, balance)

    async def all(self) -> None:
        """Everything, once, from what the store held: a restarted daemon's first scrape is not
        empty."""
        self.alerts()
        for feed in list(self._state.feeds):
            self._set_legibility(feed)
            await self._read(feed)
        for account, balance in self._state.balances.items():
            self._metrics.set_balance(account, balance)

    def _set_legibility(self, feed: Feed) -> None:
        """How much of a feed the last polls could read."""
        known = self._state.feeds.get(feed)
        if known is None:
            return
        labels = feed.account, feed.message_type
        since, ratio = known.incomplete_since, known.legibility.read_ratio
        self._metrics.incomplete.labels(*labels).set(
            0.0 if since is None else max(0.0, (self._clock.now() - since).total_seconds())
        )
        if ratio is not None:
            self._metrics.read_ratio.labels(*labels).set(ratio)

    async def _read(self, feed: Feed) -> None:
        """What the last complete reading of a feed found."""
        known, table = self._state.feeds.get(feed), self._state.table(feed.account)
        if known is not None and known.last_success is not None:
            self._metrics.last_success.labels(feed.account, feed.message_type).set(
                known.last_success.timestamp()
            )
        self._metrics.set_campaign_counts(feed, table.counts_of(feed.message_type))
        series = CampaignSeries(feed)
        rows = list(table.watched.values())
        for start in range(0, len(rows), CHUNK):
            series.add(rows[start : start + CHUNK])
            await self._clock.sleep(0)
        self._metrics.set_campaign_series(series)
