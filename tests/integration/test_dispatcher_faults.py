"""What a bug, a database that refuses, and a shutdown leave behind."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import structlog

from monitor.domain.alerting.notification import OutboxState
from monitor.errors import StoreError, StoreFault
from tests.integration.dispatching import HANG, Bench, bench, fault

FULL = StoreError("no space left", reason=StoreFault.FULL, retryable=True)


@pytest.fixture
async def at() -> AsyncIterator[Bench]:
    async with bench() as prepared:
        yield prepared


async def test_a_row_that_makes_our_code_raise_is_set_aside_and_in_the_end_given_up(
    at: Bench,
) -> None:
    ops = at.receiver(script={"bad": [ZeroDivisionError("secret")] * 100})
    await at.put("bad", "good")
    with structlog.testing.capture_logs() as logs:
        async with at.running():
            await at.pass_time(3600)
    assert ops.delivered == ["good"]
    row = (await at.rows())["bad"]
    assert (row.state, row.attempts) == (OutboxState.DEAD, 5)
    assert row.last_error == "internal error: ZeroDivisionError (the log has its traceback)"
    assert at.sample("bsg_monitor_loop_failures_total", loop="dispatcher") == 5
    assert [entry["log_level"] for entry in logs if entry["event"] == "notification_crashed"] == [
        "error"
    ] * 5


async def test_a_row_that_raises_now_and_then_is_not_given_up_for_it(at: Bench) -> None:
    ops = at.receiver(script={"n1": [KeyError("x"), KeyError("x"), None]})
    await at.put("n1")
    async with at.running():
        await at.pass_time(100)
    assert ops.delivered == ["n1"]


async def test_results_survive_a_store_that_refuses_and_nothing_is_sent_twice(at: Bench) -> None:
    ops = at.receiver()
    at.store.faults["settle"] = [FULL] * 3
    await at.put("n1", "n2")
    with structlog.testing.capture_logs() as logs:
        async with at.running():
            await at.pass_time(25)
    assert sorted(ops.delivered) == ["n1", "n2"]
    assert not await at.rows(OutboxState.PENDING)
    assert [entry["event"] for entry in logs if entry["event"].startswith("outbox_")] == [
        "outbox_failed",
        "outbox_recovered",
    ]


async def test_results_kept_beyond_their_lease_are_not_sent_again_by_this_process(
    at: Bench,
) -> None:
    ops = at.receiver()
    at.store.faults["settle"] = [FULL] * 20
    await at.put("n1")
    async with at.running():
        await at.pass_time(300)
    assert ops.delivered == ["n1"]
    assert await at.state("n1") == "delivered"


async def test_a_store_that_refuses_claims_is_asked_again(at: Bench) -> None:
    ops = at.receiver()
    at.store.faults["claim"] = [FULL] * 4
    await at.put("n1")
    async with at.running():
        await at.pass_time(60)
    assert ops.delivered == ["n1"]
    assert at.store.calls["claim"] < 15


async def test_a_bug_in_a_lane_is_counted_and_the_lane_goes_on(at: Bench) -> None:
    ops, other = at.receiver(), at.receiver("other")
    at.store.faults["claim"] = [ValueError("bug")]
    await at.put("n1")
    await at.put("n2", receiver="other")
    async with at.running():
        await at.pass_time(10)
    assert ops.delivered == ["n1"]
    assert other.delivered == ["n2"]
    assert at.sample("bsg_monitor_loop_failures_total", loop="dispatcher") == 1


async def test_a_result_that_makes_the_store_raise_takes_no_other_with_it(at: Bench) -> None:
    ops = at.receiver()
    at.store.faults["settle"] = [ValueError("bug"), ValueError("bug")]
    await at.put("n1", "n2", "n3")
    async with at.running():
        await at.pass_time(100)
    states = sorted([(await at.rows())[id_].state.value for id_ in ("n1", "n2", "n3")])
    assert states == ["dead", "delivered", "delivered"]
    assert sorted(ops.delivered) == ["n1", "n2", "n3"]


async def test_gauges_outlive_a_store_that_refuses(at: Bench) -> None:
    at.receiver(otherwise=HANG)
    at.store.faults["outbox_summary"] = [FULL, ValueError("bug")]
    await at.put("n1")
    async with at.running():
        await at.pass_time(20)
        assert at.sample("bsg_monitor_outbox", receiver="ops", state="pending") == 1
        assert at.sample("bsg_monitor_loop_failures_total", loop="outbox_gauges") == 1


async def test_only_the_first_failure_and_the_recovery_are_logged(at: Bench) -> None:
    at.receiver(script={"n1": [fault()] * 3})
    await at.put("n1")
    with structlog.testing.capture_logs() as logs:
        async with at.running():
            await at.pass_time(300)
    told = [
        (entry["event"], entry.get("failed_for_seconds"))
        for entry in logs
        if entry["event"].startswith("receiver_")
    ]
    assert told == [("receiver_failed", None), ("receiver_recovered", 155.0)]


async def test_a_drain_waits_for_what_is_in_flight_and_begins_nothing_new(at: Bench) -> None:
    ops = at.receiver(takes=3.0)
    await at.put(*(f"n{n}" for n in range(10)))
    async with asyncio.TaskGroup() as group, at.running(in_flight=2) as dispatcher:
        await at.pass_time(1)
        draining = group.create_task(dispatcher.drain(8))
        await at.pass_time(1)
        assert not draining.done()
        await at.pass_time(2)
        assert draining.done()
    assert len(ops.delivered) == 2
    rows = await at.rows()
    assert sorted(id_ for id_, row in rows.items() if row.state is OutboxState.DELIVERED) == sorted(
        ops.delivered
    )
    assert all(
        row.next_attempt_at <= at.clock.now()
        for row in rows.values()
        if row.state is OutboxState.PENDING
    )


async def test_a_drain_cuts_off_what_hangs_and_leaves_it_due(at: Bench) -> None:
    at.receiver(script={"n1": [HANG]})
    await at.put("n1", "n2")
    async with asyncio.TaskGroup() as group, at.running() as dispatcher:
        draining = group.create_task(dispatcher.drain(8))
        await at.pass_time(7)
        assert not draining.done()
        await at.pass_time(2)
        assert draining.done()
    rows = await at.rows()
    assert rows["n2"].state is OutboxState.DELIVERED
    assert rows["n1"].state is OutboxState.PENDING
    assert rows["n1"].next_attempt_at <= at.clock.now()
    assert rows["n1"].last_error == "cut short when the monitor was stopped"


async def test_a_drain_ends_even_when_the_store_never_answers_well_again(at: Bench) -> None:
    ops = at.receiver()
    await at.put("n1")
    at.store.faults["settle"] = [FULL] * 1000
    async with asyncio.TaskGroup() as group, at.running() as dispatcher:
        draining = group.create_task(dispatcher.drain(8))
        await at.pass_time(10)
        assert draining.done()
    assert ops.delivered == ["n1"]
    assert await at.state("n1") == "pending"


async def test_a_drain_of_an_idle_or_never_started_dispatcher_is_over_at_once(at: Bench) -> None:
    at.receiver()
    async with asyncio.TaskGroup() as group:
        async with at.running() as dispatcher:
            draining = group.create_task(dispatcher.drain(8))
            await at.pass_time(0.1)
            assert draining.done()
        again = group.create_task(dispatcher.drain(8))
        await at.pass_time(0.1)
        assert again.done()


async def test_waking_an_unknown_receiver_is_harmless(at: Bench) -> None:
    at.receiver()
    async with at.running() as dispatcher:
        dispatcher.wake("unknown")
        await at.pass_time(1)
