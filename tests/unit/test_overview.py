"""What the page and `/readyz` are told: in memory, and honest about a store that cannot be written."""

from collections.abc import AsyncIterator

import pytest

from monitor import __version__
from monitor.cycle import CycleReport
from monitor.domain.feed import Feed, FeedState, SweepOutcome
from monitor.errors import StoreError, StoreFault
from monitor.metrics import Metrics
from monitor.overview import Overview
from monitor.ports import Snapshot
from monitor.state import State
from monitor.store import SqliteStore
from tests.clock import START, FakeClock

SMS, RCS = Feed("default", "sms"), Feed("default", "rcs")


@pytest.fixture
async def overview() -> AsyncIterator[Overview]:
    async with SqliteStore(None) as store:
        known = {feed: FeedState(feed=feed, first_tried=START, last_success=START) for feed in (SMS, RCS)}
        yield Overview(
            state=State(Snapshot(feeds=known), polled=[SMS, RCS]),
            store=store,
            feeds=[SMS, RCS],
            receivers={"ops": "slack"},
            rules=3,
            clock=FakeClock(),
            metrics=Metrics(__version__),
            on_outside_change=lambda: None,
        )


def report(feed: Feed, outcome: SweepOutcome = SweepOutcome.OK) -> CycleReport:
    return CycleReport(feed=feed, outcome=outcome, full=False)


async def test_ready_comes_with_the_first_complete_sweep_of_every_feed_and_stays(overview: Overview) -> None:
    assert len(overview.status().not_ready()) == 2
    overview.cycle(report(SMS))
    overview.cycle(report(RCS, SweepOutcome.PARTIAL))
    assert len(overview.status().not_ready()) == 1
    overview.cycle(report(RCS))
    assert overview.status().not_ready() == []
    overview.cycle(report(RCS, SweepOutcome.FAILED))
    assert overview.status().not_ready() == []


async def test_a_store_that_cannot_be_written_is_not_ready_until_a_cycle_is_committed_again(overview: Overview) -> None:
    overview.cycle(report(SMS))
    overview.cycle(report(RCS))
    overview.not_committed(StoreError("no space left on the disk", reason=StoreFault.FULL, retryable=True))
    status = overview.status()
    assert status.store_error == "no space left on the disk"
    assert status.not_ready() == ["the store does not work"]
    overview.cycle(report(SMS))
    assert overview.status().not_ready() == []


async def test_feeds_are_fresh_while_the_last_success_of_each_is_recent(overview: Overview) -> None:
    assert overview.fresh(0.0)
    assert isinstance(overview._clock, FakeClock)
    await overview._clock.advance(181)
    assert overview.fresh(181.0)
    assert not overview.fresh(180.0)


async def test_receivers_show_what_waits_for_them(overview: Overview) -> None:
    await overview.count()
    (receiver,) = overview.status().receivers
    assert (receiver.receiver, receiver.integration, receiver.pending) == ("ops", "slack", 0)
