"""A store that refuses the flusher: nothing has been told then, and nothing is forgotten."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import cast

import pytest

from monitor.domain.alerting.notification import NotifyReason
from monitor.domain.routing.matcher import parse_matchers
from monitor.domain.routing.silence import Silence
from monitor.errors import StoreError, StoreFault
from monitor.ports import Snapshot
from monitor.store import SqliteStore
from tests.integration.dispatching import StoreClock, WatchedStore
from tests.unit.desk import Desk, facts

FULL = StoreError("no space left", reason=StoreFault.FULL, retryable=True)


class RefusingDesk(Desk):
    """A desk whose store refuses calls on request. Its clock stands still while the store works."""

    def __init__(self, store: SqliteStore) -> None:
        self.refusing = WatchedStore(store)
        super().__init__(cast(SqliteStore, self.refusing))
        self.clock = StoreClock()
        self.clock.store = self.refusing
        self.open(Snapshot())

    def refuse(self, call: str, times: int = 1) -> None:
        self.refusing.faults[call] = [FULL] * times

    @property
    def failures(self) -> float | None:
        return self.metrics.registry.get_sample_value(
            "bsg_monitor_loop_failures_total", {"loop": "flusher"}
        )

    @asynccontextmanager
    async def flushing(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            loop = tasks.create_task(self.flusher.run())
            await self.clock.settle()
            yield
            loop.cancel()

    async def silence(self) -> None:
        now = self.clock.now()
        end = now + timedelta(hours=1)
        matchers = parse_matchers("campaign_id=1")
        await self.store.add_silence(
            Silence(
                id="s1",
                matchers=matchers,
                starts_at=now,
                ends_at=end,
                created_at=now,
                author="anna",
            )
        )


@pytest.fixture
async def desk() -> AsyncIterator[RefusingDesk]:
    async with SqliteStore(None) as store:
        yield RefusingDesk(store)


async def test_after_a_refused_commit_nothing_has_advanced_and_the_next_flush_writes_the_message(
    desk: RefusingDesk,
) -> None:
    await desk.fire("1")
    desk.refuse("commit_flush")
    with pytest.raises(StoreError):
        await desk.flusher.flush_due()
    assert (await desk.rows(), desk.woken, dict(desk.state.ledgers)) == ([], [], {})
    assert await desk.flusher.flush_due() == 1
    assert [facts(row) for row in await desk.rows()] == [(NotifyReason.FIRING, [("1", "firing")])]
    assert desk.woken == ["ops"]
    assert len(desk.state.ledgers) == 1


async def test_after_a_refused_commit_an_ended_alert_is_open_still_and_its_end_is_told_once(
    desk: RefusingDesk,
) -> None:
    alert = await desk.fire("1")
    await desk.flusher.flush_due()
    await desk.deliver()
    await desk.clock.advance(300)
    await desk.resolve(alert)
    before = dict(desk.state.ledgers)
    desk.refuse("commit_flush")
    with pytest.raises(StoreError):
        await desk.flusher.flush_due()
    assert dict(desk.state.ledgers) == before
    assert list(desk.state.ended) == [alert.id]
    assert await desk.flusher.flush_due() == 1
    assert [facts(row) for row in await desk.rows()] == [
        (NotifyReason.RESOLVED, [("1", "resolved")])
    ]
    assert not desk.state.ended
    assert await desk.flusher.flush_due() == 0


@pytest.mark.parametrize("call", ["silences", "acknowledgements"])
async def test_silences_that_could_not_be_read_are_read_again_and_nothing_is_told_before(
    desk: RefusingDesk, call: str
) -> None:
    await desk.silence()
    await desk.fire("1")
    await desk.fire("2", rule="Stalled")
    desk.refuse(call, times=3)
    for _ in range(3):
        with pytest.raises(StoreError):
            await desk.flusher.flush_due()
        assert await desk.rows() == []
    assert await desk.flusher.flush_due() == 1
    assert [facts(row)[1] for row in await desk.rows()] == [[("2", "firing")]]


@pytest.mark.parametrize("call", ["commit_flush", "silences", "replaceable"])
async def test_the_loop_counts_each_refusal_and_goes_on_after_five_seconds(
    desk: RefusingDesk, call: str
) -> None:
    before = desk.failures or 0
    await desk.silence()
    await desk.fire("1")
    await desk.fire("2", rule="Stalled")
    desk.refuse(call, times=2)
    async with desk.flushing():
        assert desk.failures == before + 1
        await desk.clock.advance(4.9)
        assert desk.failures == before + 1
        await desk.clock.advance(0.2)
        assert desk.failures == before + 2
        assert (await desk.rows(), desk.woken) == ([], [])
        await desk.clock.advance(5)
        assert [facts(row)[1] for row in await desk.rows()] == [[("2", "firing")]]
    assert desk.failures == before + 2
