"""The first sweep of a long list: what is live comes first, and one message tells it."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from monitor import __version__
from monitor.domain.alerting.alert import AlertState
from monitor.domain.alerting.evaluation import RuleSet
from monitor.domain.campaign.event import EventKind
from monitor.domain.campaign.feed import Feed, SweepOutcome
from monitor.domain.routing.flush import Route
from monitor.domain.routing.policy import NotificationPolicy
from monitor.flusher import Flusher
from monitor.metrics import Metrics
from monitor.polling.cycle import AccountCycles
from monitor.ports import OutboxQuery, SweptRows
from monitor.provider.source import Provider, ProviderOptions
from monitor.simulator.api_server import Simulator
from monitor.simulator.scenario import Scenario
from monitor.state import State
from monitor.store import SqliteStore
from tests.clock import InstantClock
from tests.rules import event_rule, state_rule

FEED = Feed("default", "sms")
ROWS = 20_000
LATENCY = 0.3
RULES = RuleSet(
    [
        state_rule("Spam", 'status == "spam"'),
        event_rule("Appeared", EventKind.APPEARED),
        event_rule("Changed", EventKind.STATUS_CHANGED),
    ]
)


class Killed(BaseException):
    """The process ends here."""


class Monitor:
    """What a daemon is made of between provider and outbox. After each page, `pages` has the time
    since the start, what fires, and how many messages there are."""

    def __init__(self, clock: InstantClock, url: str, store: SqliteStore, state: State) -> None:
        metrics = Metrics(__version__)
        self.clock, self.store, self.state = clock, store, state
        self.pages: list[tuple[float, set[int], int]] = []
        self.die_after: int | None = None
        ids = count(1)
        self.flusher = Flusher(
            store=store,
            people=store,
            state=state,
            policy=NotificationPolicy(
                route=Route(receiver="ops", group_by=("alertname",)), receivers=("ops",)
            ),
            clock=clock,
            metrics=metrics,
            new_id=lambda: f"msg_{next(ids)}",
        )
        self.provider = Provider(
            ProviderOptions(account="default", url=url, api_key="live_x", message_types=("sms",)),
            clock=clock,
            metrics=metrics,
        )
        self.sweep, self.provider.sweep = self.provider.sweep, self._sweep  # type: ignore[method-assign]
        self.cycles = AccountCycles(
            account="default",
            source=self.provider,
            store=store,
            state=state,
            rules=RULES,
            clock=clock,
            metrics=metrics,
            lookback=timedelta(days=3),
            on_alerts=self.flusher.note,
            on_page=self.flusher.hold,
            on_swept=self.flusher.release,
        )

    async def _sweep(self, message_type: str, *, seen: Any, **options: Any) -> Any:
        begun = self.clock.monotonic()

        async def watched(page: SweptRows) -> None:
            await seen(page)
            await self.flusher.flush_due()
            elapsed = self.clock.monotonic() - begun
            self.pages.append((elapsed, self.firing(), len(await self.messages())))
            if len(self.pages) == self.die_after:
                raise Killed

        return await self.sweep(message_type, seen=seen and watched, **options)

    async def poll(self) -> SweepOutcome:
        report = await self.cycles.run(FEED)
        await self.flusher.flush_due()
        return report.outcome

    def firing(self) -> set[int]:
        return {
            int(key.subject)
            for key, alert in self.state.active.items()
            if alert.state is AlertState.FIRING
        }

    async def messages(self) -> list[list[int]]:
        """The campaigns of each message, the first message first."""
        rows = reversed(await self.store.outbox(OutboxQuery()))
        return [
            sorted(int(alert.labels["campaign_id"]) for alert in row.notification.alerts)
            for row in rows
        ]


@asynccontextmanager
async def monitoring(world: "World", database: Path) -> AsyncIterator[Monitor]:
    async with SqliteStore(database) as store:
        state = State(await store.load(), polled=[FEED])
        monitor = Monitor(world.clock, world.url, store, state)
        try:
            yield monitor
        finally:
            await monitor.provider.close()


@dataclass
class World:
    simulator: Simulator
    url: str
    clock: InstantClock
    ids: list[int]

    def make_spam(self, ids: Collection[int]) -> None:
        for id_ in ids:
            self.simulator.world.change(id_, status="spam")


@pytest.fixture
async def world() -> AsyncIterator[World]:
    clock = InstantClock()
    simulator = Simulator(Scenario(name="long"), clock=clock, keys=("live_x",))
    ids = [simulator.world.add(message_type="sms", status="sending") for _ in range(ROWS)]
    await clock.sleep(60)  # they are older than the monitor
    simulator.faults.set("latency", seconds=LATENCY)
    async with simulator.serve() as url:
        yield World(simulator, url, clock, ids)


async def test_the_newest_page_is_judged_within_two_seconds_and_one_message_tells_two_pages(
    world: World, tmp_path: Path
) -> None:
    oldest, newest = world.ids[0], world.ids[-1]
    world.make_spam([oldest, newest])
    async with monitoring(world, tmp_path / "monitor.db") as monitor:
        assert await monitor.poll() is SweepOutcome.OK
        assert len(monitor.pages) > ROWS / 500
        (_, first, _), (elapsed, second, told) = monitor.pages[:2]
        assert (first, second, told) == ({oldest}, {oldest, newest}, 0)
        assert elapsed < 2
        told_at = next(at for at, _, messages in monitor.pages if messages)
        assert 5 <= told_at < 7, "a long sweep is not waited for"
        assert await monitor.messages() == [[oldest, newest]]
        assert set(monitor.state.table("default").rows) == set(world.ids)
        assert await monitor.poll() is SweepOutcome.OK
        assert await monitor.messages() == [[oldest, newest]]


async def test_a_monitor_killed_in_the_middle_finds_the_rest_and_repeats_nothing(
    world: World, tmp_path: Path
) -> None:
    ids = world.ids
    spam = {ids[0], ids[len(ids) // 2], ids[-1]}
    world.make_spam(spam)
    async with monitoring(world, tmp_path / "monitor.db") as monitor:
        monitor.die_after = 4
        with pytest.raises((Killed, BaseExceptionGroup)):
            await monitor.poll()
        assert monitor.firing() == {ids[0], ids[-1]}
    new = world.simulator.world.add(message_type="sms", status="sending")
    async with monitoring(world, tmp_path / "monitor.db") as monitor:
        assert monitor.firing() == {ids[0], ids[-1]}
        assert await monitor.poll() is SweepOutcome.OK
        assert monitor.firing() == spam
        await world.clock.sleep(300)  # what was found before the crash was told at once
        await monitor.flusher.flush_due()
        told = [id_ for message in await monitor.messages() for id_ in message]
        assert set(told) == spam | {new}
        assert [told.count(id_) for id_ in (new, ids[len(ids) // 2])] == [1, 1]
        events = await monitor.store.events()
        assert [(event.kind, event.campaign.id) for event in events] == [(EventKind.APPEARED, new)]
