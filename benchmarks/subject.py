"""The monitor that is measured: two feeds, twenty rules, a store on disk."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.provider import KEY
from monitor import __version__
from monitor.clock import SystemClock
from monitor.daemon.assembly import build_cycles, build_sources, feeds_of
from monitor.daemon.publisher import Publisher
from monitor.domain.alerting.evaluation import RuleSet
from monitor.domain.campaign.feed import Feed, SweepOutcome
from monitor.metrics import Metrics
from monitor.polling.cycle import AccountCycles, CycleReport
from monitor.rulefile.parsing import parse_rules
from monitor.settings import LoadedSettings, load_settings
from monitor.state import State
from monitor.store import SqliteStore

CONDITIONS = (
    'status in ["spam", "moderation"] and status_age > "15m"',
    'status in ["spam", "moderation"] and status_age > "2h"',
    'status == "scheduled" and start_delay > "10m"',
    'status == "creation" and status_age > "1h"',
    'status == "paused" and status_age > "2h"',
    'status == "paused" and status_age > "1d"',
    'stalled_for > "15m"',
    'stalled_for > "1h" and sent < 100',
    'message_type == "sms" and final and sent >= 200 and delivery_ratio < 0.6',
    'message_type == "sms" and final and sent >= 1000 and delivery_ratio < 0.5',
    'message_type == "rcs" and final and sent >= 200 and reach < 0.6',
    'message_type == "rcs" and fallback_sent >= 100 and fallback_ratio < 0.5',
    'status == "sending" and age > "3d"',
    'status == "sending" and sent == 0 and status_age > "30m"',
    'duration > "2d"',
    "delivered > sent * 2",
    'sender in ["FreshMart", "CityBank"] and sent > 10000000',
    'status == "sending" and sent > 100 and delivered / sent < 0.05',
    'matches(name, "(?i)urgent") and status == "paused"',
    'now - created_at > "80d" and not final',
)


def rules_text(conditions: Sequence[str] = CONDITIONS) -> str:
    """A rules file with these conditions."""
    lines = ["rules:"]
    for number, condition in enumerate(conditions, 1):
        lines += [
            f"  - alert: Rule{number}",
            f"    when: >-\n      {condition}",
            '    summary: "{{ campaign.name }}"',
        ]
    return "\n".join(lines) + "\n"


def settings(url: str, folder: Path, **more: str) -> LoadedSettings:
    """Settings for the simulator at `url`, with all files in `folder`."""
    environment = {
        "BSG_API_KEY": KEY,
        "BSG_API_URL": url,
        "BSG_DATABASE_URL": f"sqlite:///{folder / 'bench.db'}",
        "BSG_LISTEN": "127.0.0.1:0",
    }
    return load_settings(environ=environment | more, directory=folder)


@dataclass(slots=True)
class Subject:
    """The monitor that is measured."""

    feeds: tuple[Feed, ...]
    cycles: dict[str, AccountCycles]
    state: State
    publisher: Publisher
    metrics: Metrics

    @property
    def evaluation_seconds(self) -> float:
        """Seconds of all evaluations so far."""
        (found,) = self.metrics.evaluation_duration.collect()
        return next(sample.value for sample in found.samples if sample.name.endswith("_sum"))

    async def cycle(self) -> list[CycleReport]:
        """Run and publish one cycle of each feed, one after the other. Raises if a cycle is not
        complete: it would measure nothing."""
        reports = []
        for feed in self.feeds:
            report = await self.cycles[feed.account].run(feed)
            assert report.outcome is SweepOutcome.OK, report
            await self.publisher.cycle(report)
            reports.append(report)
        return reports


@contextlib.asynccontextmanager
async def subject(
    url: str, folder: Path, conditions: Sequence[str] = CONDITIONS
) -> AsyncIterator[Subject]:
    """A monitor that polls on request."""
    loaded = settings(url, folder)
    clock = SystemClock()
    metrics = Metrics(__version__)
    rules = parse_rules(rules_text(conditions), source="bench", lookup=lambda _: None)
    async with contextlib.AsyncExitStack() as stack:
        store = await stack.enter_async_context(SqliteStore(folder / "bench.db"))
        feeds = feeds_of(loaded.settings)
        state = State(await store.load(), polled=feeds)
        sources = build_sources(loaded.settings, clock=clock, metrics=metrics)
        for source in sources.values():
            stack.push_async_callback(source.close)
        cycles = build_cycles(
            loaded.settings,
            sources,
            store=store,
            state=state,
            rules=RuleSet(rules.rules),
            clock=clock,
            metrics=metrics,
        )
        names = [(rule.name, rule.severity) for rule in rules.rules]
        yield Subject(
            feeds, cycles, state, Publisher(state, metrics, rules=names, clock=clock), metrics
        )
