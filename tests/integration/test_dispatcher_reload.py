"""Other receivers while messages are under way: none is lost, none comes twice, and none under
another id."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from monitor.dispatcher import Fallback
from monitor.errors import DeliveryFault, StoreError, StoreFault
from tests.integration.dispatching import HANG, Bench, ScriptedNotifier, bench, fault


@pytest.fixture
async def at() -> AsyncIterator[Bench]:
    async with bench() as prepared:
        yield prepared


async def test_what_is_under_way_ends_as_it_began_and_the_rest_goes_the_new_way(at: Bench) -> None:
    old = at.receiver(takes=5.0)
    await at.put("n1", "n2")
    async with at.running(in_flight=1) as dispatcher:
        await at.pass_time(1)
        new = ScriptedNotifier(at.clock)
        dispatcher.use({"ops": new})
        await at.pass_time(3)
        assert (old.closed, new.seen) == (0, [])  # one at a time, still
        await at.pass_time(3)
        assert (old.delivered, new.delivered) == (["n1"], ["n2"])
        assert {id_: row.attempts for id_, row in (await at.rows()).items()} == {"n1": 1, "n2": 1}
        assert (old.closed, new.closed) == (1, 0)


@pytest.mark.parametrize(
    "refusal",
    [fault(), fault(DeliveryFault.REJECTED, final=True), fault(after=3600.0)],
    ids=["503", "400", "come in an hour"],
)
async def test_what_the_old_way_refuses_meanwhile_is_the_new_ones_to_decide(
    at: Bench, refusal: Exception
) -> None:
    at.receiver(takes=5.0, otherwise=refusal)
    await at.put("n1", "n2")
    async with at.running() as dispatcher:
        await at.pass_time(1)
        new = ScriptedNotifier(at.clock)
        dispatcher.use({"ops": new})
        await at.pass_time(6)
        assert sorted(new.delivered) == ["n1", "n2"]
        assert new.times() == [5, 5]
    assert at.sample("bsg_monitor_outbox", receiver="ops", state="dead") == 0


async def test_what_waits_to_be_tried_again_is_tried_the_new_way_at_once(at: Bench) -> None:
    at.receiver(otherwise=fault(after=1800.0))
    await at.put("n1")
    async with at.running() as dispatcher:
        await at.pass_time(60)
        await at.put("n2")
        new = ScriptedNotifier(at.clock)
        dispatcher.use({"ops": new})
        await at.pass_time(1)
        assert sorted(new.delivered) == ["n1", "n2"]
        assert dispatcher.health["ops"].healthy


async def test_a_receiver_that_stays_as_it_is_goes_on_as_if_nothing_had_been(at: Bench) -> None:
    ops = at.receiver(otherwise=fault(after=1800.0))
    await at.put("n1")
    async with at.running() as dispatcher:
        await at.pass_time(60)
        dispatcher.use({"desk": ScriptedNotifier(at.clock), "ops": ops})
        await at.pass_time(600)
        assert len(ops.seen) == 1
        assert ops.closed == 0
        assert not dispatcher.health["ops"].healthy


async def test_a_receiver_that_comes_is_told_and_one_that_goes_is_given_up(at: Bench) -> None:
    ops = at.receiver(takes=5.0)
    await at.put("n1", "n2", group="one")
    await at.put("d1", receiver="desk")
    async with at.running() as dispatcher:
        await at.pass_time(1)
        desk = ScriptedNotifier(at.clock)
        dispatcher.use({"desk": desk})
        await at.pass_time(1)
        assert desk.delivered == ["d1"]
        assert [await at.state(id_) for id_ in ("n1", "n2")] == [
            "pending",
            "pending",
        ]  # one is under way
        await at.pass_time(5)
        assert ops.delivered == ["n1"]
        assert [await at.state(id_) for id_ in ("n1", "n2")] == ["delivered", "dead"]
        assert (ops.closed, desk.closed) == (1, 0)
        assert "ops" not in dispatcher.health
    assert "no longer" in str((await at.rows())["n2"].last_error)


async def test_what_a_receiver_that_is_gone_refuses_is_given_up(at: Bench) -> None:
    at.receiver(takes=5.0, otherwise=fault())
    await at.put("n1")
    async with at.running() as dispatcher:
        await at.pass_time(1)
        dispatcher.use({})
        await at.pass_time(6)
        assert await at.state("n1") == "dead"


async def test_a_store_that_refuses_is_asked_again_to_give_up_what_is_left(at: Bench) -> None:
    at.receiver(otherwise=fault(after=1800.0))
    await at.put("n1")
    async with at.running() as dispatcher:
        at.store.faults["bury"] = [StoreError("busy", reason=StoreFault.LOCKED, retryable=True)] * 2
        dispatcher.use({})
        await at.pass_time(1)
        assert await at.state("n1") == "pending"
        await at.pass_time(11)
        assert await at.state("n1") == "dead"


async def test_a_receiver_that_comes_back_before_its_last_attempt_ended_has_what_is_left(
    at: Bench,
) -> None:
    ops = at.receiver(takes=5.0)
    await at.put("n1", "n2", group="one")
    async with at.running() as dispatcher:
        await at.pass_time(1)
        dispatcher.use({})
        again = ScriptedNotifier(at.clock)
        dispatcher.use({"ops": again})
        await at.pass_time(5)
        assert (ops.delivered, again.delivered) == (["n1"], ["n2"])


async def test_another_fallback_takes_over(at: Bench) -> None:
    ops = at.receiver(otherwise=fault())
    first, second = at.receiver("first"), at.receiver("second")
    await at.put("n1")
    receivers = {"ops": ops, "first": first, "second": second}
    async with at.running(fallbacks={"ops": Fallback("first", timedelta(hours=1))}) as dispatcher:
        await at.pass_time(60)
        dispatcher.use(receivers, {"ops": Fallback("second", timedelta(seconds=30))})
        await at.pass_time(10)
        assert (first.delivered, len(second.delivered)) == ([], 1)
        dispatcher.use(receivers)
        await at.put("n2")
        await at.pass_time(30)
        assert len(second.delivered) == 1


async def test_a_stop_waits_for_what_is_under_way_to_a_receiver_that_is_gone(at: Bench) -> None:
    ops = at.receiver(takes=5.0)
    await at.put("n1")
    async with at.running() as dispatcher, asyncio.TaskGroup() as group:
        await at.pass_time(1)
        dispatcher.use({})
        group.create_task(dispatcher.drain(8))
        await at.pass_time(5)
    assert await at.state("n1") == "delivered"
    assert ops.closed == 1


async def test_a_stop_cuts_off_what_hangs_on_a_former_way(at: Bench) -> None:
    old = at.receiver(otherwise=HANG)
    await at.put("n1")
    async with at.running() as dispatcher, asyncio.TaskGroup() as group:
        await at.pass_time(1)
        new = ScriptedNotifier(at.clock)
        dispatcher.use({"ops": new})
        group.create_task(dispatcher.drain(3))
        await at.pass_time(5)
    assert await at.state("n1") == "pending"
    assert (old.closed, new.closed) == (1, 1)
