"""A monitor that polls every minute, and records what it sees."""

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta

from monitor import __version__
from monitor.backtest.report import Ledgers
from monitor.domain.alerting.alert import Alert
from monitor.domain.campaign.feed import Feed
from monitor.domain.campaign.snapshot import Campaign
from monitor.metrics import Metrics
from monitor.polling.cycle import AccountCycles
from monitor.ports import Snapshot
from monitor.rulefile import RuleFile
from monitor.state import State
from monitor.store import SqliteStore
from tests.clock import START, InstantClock
from tests.sources import ScriptedSource


class Recorder:
    """`shown` gives what the provider lists a number of minutes after the start. `ledgers` has
    which alerts there were, up to minute `until`."""

    def __init__(
        self,
        store: SqliteStore,
        file: RuleFile,
        feeds: Sequence[Feed],
        shown: Callable[[int], list[Campaign]],
        *,
        until: int = 0,
        details_per_minute: int = 0,
    ) -> None:
        self.clock = InstantClock()
        self.source = ScriptedSource()
        names = [(rule.name, rule.severity) for rule in file.rules]
        self.ledgers = Ledgers(names, since=START.timestamp(), until=START.timestamp() + until * 60)
        self._feeds = feeds
        self._shown = shown
        self._cycles = AccountCycles(
            account="default",
            source=self.source,
            store=store,
            state=State(Snapshot(), polled=feeds),
            rules=file.compiled(),
            clock=self.clock,
            metrics=Metrics(__version__),
            lookback=timedelta(days=3),
            details_per_minute=details_per_minute,
            on_alerts=self._note,
        )

    async def live(self, minutes: int, *, away: Collection[int] = ()) -> None:
        """Poll in each of these minutes but those in which it is `away`."""
        await self._poll()  # the baseline: nothing there yet
        for minute in range(minutes + 1):
            self.source.put(*self._shown(minute))
            if minute not in away:
                await self._poll()
            await self.clock.sleep(60.0)

    async def _poll(self) -> None:
        for feed in self._feeds:
            await self._cycles.run(feed)

    def _note(self, alerts: Sequence[Alert]) -> None:
        self.ledgers.note(alerts)
