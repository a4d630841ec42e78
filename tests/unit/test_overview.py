"""What the overview answers when it is asked for one alert, and how soon it notices what others
wrote into the store."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.daemon.overview import Overview
from monitor.domain.alerting.alert import Acknowledgement, AlertState
from monitor.domain.campaign.feed import Feed, FeedState, Legibility, SweepOutcome
from monitor.errors import StoreError
from monitor.metrics import Metrics
from monitor.polling.cycle import CycleReport
from monitor.ports import CycleCommit, FlushCommit, Snapshot
from monitor.state import State
from monitor.store import SqliteStore
from tests.clock import START, FakeClock
from tests.contract.stores import alert, resolved, row, tracked
from tests.patience import until

FEEDS = (Feed("default", "rcs"),)


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    """Of three alerts one fires, one has ended and is not closed, one is history; the campaign
    moved on since."""
    async with SqliteStore(None) as store:
        moved = tracked(1, status="done", sent=999)
        alerts = [alert("firing"), resolved("ended"), resolved("history")]
        await store.commit_cycle(CycleCommit(account="default", campaigns=[moved], alerts=alerts))
        await store.commit_flush(FlushCommit(closed_alerts=["history"]))
        yield store


def overview(
    state: State, store: SqliteStore, *, interval: timedelta = timedelta(minutes=1)
) -> Overview:
    return Overview(
        state=state,
        store=store,
        feeds=FEEDS,
        receivers={},
        rules=1,
        clock=FakeClock(),
        metrics=Metrics("1"),
        on_outside_change=lambda: None,
        fresh_for=interval * 3,
    )


async def test_a_firing_alert_is_found_with_its_campaign_as_it_is_now(store: SqliteStore) -> None:
    found = await overview(State(await store.load(), polled=FEEDS), store).alert("firing")
    assert found is not None
    assert found.state is AlertState.FIRING
    assert found.campaign == tracked(1, status="done", sent=999).campaign


async def test_an_ended_alert_is_found_as_it_ended_in_memory_or_in_the_store(
    store: SqliteStore,
) -> None:
    answers = overview(State(await store.load(), polled=FEEDS), store)
    assert await answers.alert("ended") == resolved("ended")
    assert await answers.alert("history") == resolved("history")
    assert await answers.alert("nosuch") is None


async def test_what_is_in_memory_is_found_without_the_store(store: SqliteStore) -> None:
    state = State(await store.load(), polled=FEEDS)
    closed = SqliteStore(None)
    answers = overview(state, closed)
    assert await answers.alert("firing") is not None
    assert await answers.alert("ended") is not None
    with pytest.raises(StoreError):
        await answers.alert("history")


@pytest.mark.parametrize(("minutes", "expected"), [(0.1, 5), (1, 5), (10, 30)])
async def test_a_feed_may_miss_three_polls_and_five_minutes_before_it_is_stale(
    store: SqliteStore, minutes: float, expected: int
) -> None:
    state = State(await store.load(), polled=FEEDS)
    assert overview(
        state, store, interval=timedelta(minutes=minutes)
    ).status().fresh_for == timedelta(minutes=expected)


class Watched:
    """An overview that watches a file on disk, and when it said that another process had written
    there (seconds)."""

    def __init__(self, store: SqliteStore) -> None:
        self.clock = FakeClock()
        self.metrics = Metrics("1")
        self.noticed: list[float] = []
        self.broken = False
        self.overview = Overview(
            state=State(Snapshot(), polled=FEEDS),
            store=store,
            feeds=FEEDS,
            receivers={},
            rules=1,
            clock=self.clock,
            metrics=self.metrics,
            on_outside_change=self._notice,
        )

    def _notice(self) -> None:
        if self.broken:
            raise RuntimeError("a bug")
        self.noticed.append(self.clock.monotonic())

    async def look(self) -> None:
        """Let the next one be due and be over (the store answers from a thread)."""
        await until(lambda: self.clock.sleeping == 1)
        await self.clock.advance(0.5)
        await until(lambda: self.clock.sleeping == 1)


async def test_the_outbox_is_counted_for_the_page_and_its_gauges_are_left_to_the_dispatcher(
    store: SqliteStore,
) -> None:
    await store.commit_flush(FlushCommit(rows=[row("m1"), row("m2")]))
    watched = Watched(store)
    watched.overview.use({"ops": "webhook"}, 1)
    await watched.overview.count()
    (shown,) = watched.overview.status().receivers
    assert (shown.receiver, shown.pending) == ("ops", 2)
    assert (
        watched.metrics.registry.get_sample_value(
            "bsg_monitor_outbox", {"receiver": "ops", "state": "pending"}
        )
        is None
    )


async def acknowledge_beside(path: Path, author: str = "anna") -> None:
    async with SqliteStore(path, daemon=False) as beside:
        await beside.acknowledge([Acknowledgement(alert_id="a1", author=author, at=START)])


async def test_what_a_command_writes_is_noticed_within_a_second(tmp_path: Path) -> None:
    path = tmp_path / "monitor.db"
    async with SqliteStore(path) as store, asyncio.TaskGroup() as tasks:
        watched = Watched(store)
        running = tasks.create_task(watched.overview.run())
        await watched.look()
        assert watched.noticed == []
        await acknowledge_beside(path)
        written = watched.clock.monotonic()
        for _ in range(4):
            await watched.look()
        running.cancel()
    (noticed,) = watched.noticed
    assert 0 < noticed - written <= 1


async def test_a_bug_does_not_end_the_looking(tmp_path: Path) -> None:
    path = tmp_path / "monitor.db"
    async with SqliteStore(path) as store, asyncio.TaskGroup() as tasks:
        watched = Watched(store)
        running = tasks.create_task(watched.overview.run())
        await watched.look()
        watched.broken = True
        await acknowledge_beside(path)
        await watched.look()
        watched.broken = False
        await acknowledge_beside(path, "ben")
        await watched.look()
        running.cancel()
    assert len(watched.noticed) == 1
    assert (
        watched.metrics.registry.get_sample_value(
            "bsg_monitor_loop_failures_total", {"loop": "overview"}
        )
        == 1
    )


async def test_feeds_are_fresh_while_most_rows_are_read_and_now_and_then_completely() -> None:
    feed, clock = FEEDS[0], FakeClock()
    state = State(Snapshot(), polled=FEEDS)
    async with SqliteStore(None) as store:
        looking = Overview(
            state=state,
            store=store,
            feeds=FEEDS,
            receivers={},
            rules=1,
            clock=clock,
            metrics=Metrics("1"),
            on_outside_change=lambda: None,
        )

        async def poll(outcome: SweepOutcome, ratio: float) -> bool:
            await clock.advance(60)
            read = Legibility(read_ratio=ratio)
            known = state.feeds.get(feed) or FeedState(feed=feed, first_tried=clock.now())
            after = known.after(outcome, started=clock.now(), full=False, legibility=read)
            state.apply_cycle(CycleCommit(account="default", feed=after))
            failed = outcome is SweepOutcome.FAILED
            looking.cycle(
                CycleReport(
                    feed=feed,
                    outcome=outcome,
                    full=False,
                    started=clock.now(),
                    legibility=None if failed else read,
                    unread=None if ratio == 1 else "3 of 4 rows could not be read",
                )
            )
            return looking.fresh(timedelta(minutes=3))

        assert not await poll(SweepOutcome.OK, 0.25)
        status = looking.status()
        assert status.not_ready() == [
            "feed default/rcs has not been read yet (most of its rows cannot be read)"
        ]
        assert [(trouble.what, trouble.why) for trouble in status.troubles()] == [
            ("Feed default / rcs: most rows cannot be read", "3 of 4 rows could not be read")
        ]
        assert await poll(SweepOutcome.OK, 0.5)
        assert looking.status().not_ready() == []
        for _ in range(30):
            assert await poll(SweepOutcome.PARTIAL, 1.0)
        assert not await poll(SweepOutcome.PARTIAL, 1.0)  # not complete for half an hour
        assert await poll(SweepOutcome.OK, 1.0)
        for outcome, ratio in ((SweepOutcome.FAILED, 1.0), (SweepOutcome.OK, 0.4)) * 2:
            fresh = await poll(outcome, ratio)
        assert not fresh  # four polls without a good one
