"""What the overview answers when it is asked for one alert."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from monitor.domain.alert import AlertState
from monitor.domain.feed import Feed
from monitor.errors import StoreError
from monitor.metrics import Metrics
from monitor.overview import Overview
from monitor.ports import CycleCommit, FlushCommit
from monitor.state import State
from monitor.store import SqliteStore
from tests.clock import FakeClock
from tests.contract.stores import alert, resolved, tracked

FEEDS = (Feed("default", "rcs"),)


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    """Of three alerts one fires, one has ended and is not closed, one is history; the campaign moved on since."""
    async with SqliteStore(None) as store:
        moved = tracked(1, status="done", sent=999)
        alerts = [alert("firing"), resolved("ended"), resolved("history")]
        await store.commit_cycle(CycleCommit(account="default", campaigns=[moved], alerts=alerts))
        await store.commit_flush(FlushCommit(closed_alerts=["history"]))
        yield store


def overview(state: State, store: SqliteStore, *, interval: timedelta = timedelta(minutes=1)) -> Overview:
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


async def test_an_ended_alert_is_found_as_it_ended_in_memory_or_in_the_store(store: SqliteStore) -> None:
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
    assert overview(state, store, interval=timedelta(minutes=minutes)).status().fresh_for == timedelta(minutes=expected)
