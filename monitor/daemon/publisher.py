"""The state as metrics: what scrapes are served from is made once a cycle, not once a scrape."""

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
        """The names and severities of the rules from now on."""
        self._rules = rules

    def alerts(self) -> None:
        """Count the alerts anew; `rules` without any show 0."""
        self._metrics.set_alerts(self._state.active.values(), self._rules)

    async def cycle(self, report: CycleReport) -> None:
        """After a cycle of one feed. Passes over its campaigns in chunks."""
        feed, state, metrics = report.feed, self._state, self._metrics
        self.alerts()
        after = state.feeds.get(feed)
        if report.outcome is not SweepOutcome.OK or after is None or after.last_success is None:
            return
        metrics.last_success.labels(feed.account, feed.message_type).set(
            after.last_success.timestamp()
        )
        balance = state.balances.get(feed.account)
        if balance is not None:
            metrics.set_balance(feed.account, balance)
        table = state.table(feed.account)
        metrics.set_campaign_counts(feed, table.counts_of(feed.message_type))
        await self._series(feed)

    async def all(self) -> None:
        """Everything, once, from what the store held: a restarted daemon's first scrape is not
        empty."""
        self.alerts()
        for feed, feed_state in list(self._state.feeds.items()):
            if feed_state.last_success is not None:
                self._metrics.last_success.labels(feed.account, feed.message_type).set(
                    feed_state.last_success.timestamp()
                )
            self._metrics.set_campaign_counts(
                feed, self._state.table(feed.account).counts_of(feed.message_type)
            )
            await self._series(feed)
        for account, balance in self._state.balances.items():
            self._metrics.set_balance(account, balance)

    async def _series(self, feed: Feed) -> None:
        series = CampaignSeries(feed)
        rows = list(self._state.table(feed.account).watched.values())
        for start in range(0, len(rows), CHUNK):
            series.add(rows[start : start + CHUNK])
            await self._clock.sleep(0)
        self._metrics.set_campaign_series(series)
