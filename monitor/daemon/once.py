"""One cycle in memory: what would fire now, without telling anyone."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta

from monitor import __version__
from monitor.clock import Clock
from monitor.daemon.assembly import build_cycles, build_sources, feeds_of
from monitor.domain.alerting.alert import Alert, AlertState
from monitor.domain.alerting.evaluation import RuleSet
from monitor.domain.alerting.rule import Scope
from monitor.domain.campaign.feed import SweepOutcome
from monitor.domain.safetext.shown_text import counted
from monitor.metrics import Metrics
from monitor.polling.cycle import CycleReport
from monitor.polling.poller import Poller
from monitor.ports import Snapshot
from monitor.rulefile import RuleFile
from monitor.settings import LoadedSettings
from monitor.state import State
from monitor.store import SqliteStore

MONEY = frozenset({"balance", "credit", "spendable", "runway", "currency"})
"""The fields of an account that come from its balance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnceReport:
    """What one cycle found. `alerts` would fire were it not for `for`; `failures` says of each
    feed, and of each balance that a rule asks for, why it could not be read: also of a feed in
    which less than half of the rows could be.

    `campaigns` counts what was read, settled ones included; `counts` are watched ones by status.
    `doubts` are signs that a setting is wrong, and rows that could not be read.
    """

    campaigns: int
    counts: Mapping[str, int]
    alerts: tuple[Alert, ...]
    failures: tuple[str, ...]
    doubts: tuple[str, ...] = ()

    @property
    def watched(self) -> int:
        return sum(self.counts.values())


def _asks_for_money(rules: RuleFile) -> bool:
    """Whether a rule cannot be judged without the balance."""
    return any(
        rule.scope is Scope.ACCOUNT and not MONEY.isdisjoint(rule.names) for rule in rules.rules
    )


async def run_once(loaded: LoadedSettings, rules: RuleFile, *, clock: Clock) -> OnceReport:
    """One cycle of every feed in memory: `for` is ignored, no message is sent, nothing is kept."""
    settings = loaded.settings
    metrics = Metrics(__version__)
    feeds = feeds_of(settings)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(SqliteStore(None))
        state = State(Snapshot(), polled=feeds)
        sources = build_sources(settings, clock=clock, metrics=metrics)
        for source in sources.values():
            stack.push_async_callback(source.close)
        ruleset = RuleSet(
            [replace(rule, hold=timedelta(0)) for rule in rules.rules],
            quiet_hours=rules.quiet_hours,
        )
        cycles = build_cycles(
            settings, sources, store=store, state=state, rules=ruleset, clock=clock, metrics=metrics
        )

        async def after_cycle(_: CycleReport) -> None:
            return

        poller = Poller(
            {feed: cycles[feed.account] for feed in feeds},
            sources,
            interval=settings.poll_interval,
            clock=clock,
            metrics=metrics,
            random=random.random,
            on_cycle=after_cycle,
        )
        reports = await poller.once(feeds)
    counts: Counter[str] = Counter()
    for table in state.accounts.values():
        counts.update(table.counts_with(()))
    return OnceReport(
        campaigns=sum(report.campaigns for report in reports),
        counts=dict(counts),
        alerts=tuple(alert for alert in state.active.values() if alert.state is AlertState.FIRING),
        failures=(
            *(
                f"{report.feed.account}/{report.feed.message_type}: {why}"
                for report in reports
                for why in _failures(report)
            ),
            *(
                f"{account}/balance: {error}"
                for account, error in poller.unread_balances.items()
                if _asks_for_money(rules)
            ),
        ),
        doubts=tuple(
            f"{report.feed.account}/{report.feed.message_type}: "
            f"{counted(report.created_ahead, 'campaign')} created in the"
            f" future; {report.zone_doubt}"
            for report in reports
            if report.zone_doubt
        )
        + tuple(
            f"{report.feed.account}/{report.feed.message_type}: {report.unread}; with "
            "BSG_LOG_LEVEL=warning the log says which and why"
            for report in reports
            if report.unread and report.legible
        ),
    )


def _failures(report: CycleReport) -> Iterator[str]:
    """Why a feed was not read completely, and whether most of its rows could not be read."""
    if report.outcome is not SweepOutcome.OK:
        yield report.reason or report.outcome.value
    if report.unread and not report.legible:
        yield report.unread
