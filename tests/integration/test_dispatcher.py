"""From the outbox to the receivers: when, in what order, how often, and what is recorded."""

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest

from monitor.domain.alerting.notification import OutboxState
from monitor.errors import DeliveryFault, StoreError, StoreFault
from tests.integration.dispatching import HANG, Bench, bench, fault, with_alerts


@pytest.fixture
async def at() -> AsyncIterator[Bench]:
    async with bench() as prepared:
        yield prepared


async def test_a_committed_message_is_delivered_at_once_and_marked_after_the_answer(
    at: Bench,
) -> None:
    ops = at.receiver(takes=1.0)
    async with at.running() as dispatcher:
        await at.put("n1")
        dispatcher.wake("ops")
        await at.pass_time(0.5)
        assert ops.times() == [0]
        assert await at.state("n1") == "pending"
        await at.pass_time(1.0)
        assert await at.state("n1") == "delivered"
    assert (await at.rows())["n1"].attempts == 1


async def test_what_waited_through_a_restart_is_delivered(at: Bench) -> None:
    ops = at.receiver()
    await at.put("n1", "n2")
    async with at.running():
        await at.pass_time(0.1)
        assert sorted(ops.delivered) == ["n1", "n2"]


async def test_a_crash_between_answer_and_record_sends_again_under_the_same_id(at: Bench) -> None:
    ops = at.receiver()
    at.store.faults["settle"] = [
        StoreError("no space left", reason=StoreFault.FULL, retryable=True)
    ] * 10
    await at.put("n1")
    async with at.running():
        await at.pass_time(1)
        assert ops.delivered == ["n1"]
    assert await at.state("n1") == "pending"
    at.store.faults.clear()
    async with at.running():
        await at.pass_time(31)
    assert ops.delivered == ["n1", "n1"]
    assert await at.state("n1") == "delivered"


async def test_a_crash_in_the_middle_of_an_attempt_sends_again_under_the_same_id(at: Bench) -> None:
    ops = at.receiver(script={"n1": [HANG]})
    await at.put("n1")
    async with at.running():
        assert ops.times() == [0]
    async with at.running():
        await at.pass_time(31)
        assert ops.delivered == ["n1"]
    assert (await at.rows())["n1"].attempts == 2


@pytest.mark.slow
async def test_attempts_follow_the_schedule_for_72_hours_and_then_the_message_is_dead(
    at: Bench,
) -> None:
    ops = at.receiver(otherwise=fault())
    await at.put("n1")
    async with at.running():
        await at.pass_time(1500)
        assert ops.times() == [0, 5, 35, 155, 455, 755, 1055, 1355]
        await at.pass_hours(71)
        await at.pass_time(1800)
        assert await at.state("n1") == "pending"
        await at.pass_time(1800)
        tried = len(ops.seen)
        await at.pass_time(3600)
    assert len(ops.seen) == tried
    row = (await at.rows())["n1"]
    assert row.state is OutboxState.DEAD
    assert row.last_error == "given up after 72 h; last: it said server_error"


async def test_jitter_makes_waits_longer_by_up_to_a_fifth(at: Bench) -> None:
    at.random = 0.999
    ops = at.receiver(otherwise=fault())
    await at.put("n1")
    async with at.running():
        await at.pass_time(60)
    assert ops.times() == [0, 6, 42]


async def test_a_429_waits_for_retry_after(at: Bench) -> None:
    ops = at.receiver(script={"n1": [fault(DeliveryFault.RATE_LIMITED, after=90)]})
    await at.put("n1")
    async with at.running():
        await at.pass_time(89)
        assert ops.times() == [0]
        await at.pass_time(2)
        assert ops.times() == [0, 90]
        assert await at.state("n1") == "delivered"


async def test_while_a_receiver_asks_to_be_left_alone_nothing_else_is_sent_to_it(at: Bench) -> None:
    ops = at.receiver(script={"n1": [fault(DeliveryFault.UNAVAILABLE, after=60)]})
    other = at.receiver("other")
    await at.put("n1")
    async with at.running() as dispatcher:
        await at.put("n2")
        await at.put("n3", receiver="other")
        dispatcher.wake()
        await at.pass_time(59)
        assert [id_ for _, id_ in ops.seen] == ["n1"]
        assert other.delivered == ["n3"]
        await at.pass_time(3)
        assert sorted(ops.delivered) == ["n1", "n2"]


async def test_a_wish_beyond_an_hour_is_an_hour(at: Bench) -> None:
    ops = at.receiver(script={"n1": [fault(DeliveryFault.RATE_LIMITED, after=1e9)]})
    await at.put("n1")
    async with at.running():
        await at.pass_time(3601)
    assert ops.delivered == ["n1"]


@pytest.mark.parametrize(
    "reason", [DeliveryFault.REJECTED, DeliveryFault.GONE, DeliveryFault.TOO_LARGE]
)
async def test_a_final_fault_makes_the_message_dead_at_once(
    at: Bench, reason: DeliveryFault
) -> None:
    ops = at.receiver(script={"n1": [fault(reason, final=True)]})
    await at.put("n1", "n2")
    async with at.running():
        await at.pass_time(600)
    assert ops.times("n1") == [0]
    assert (await at.rows())["n1"].state is OutboxState.DEAD
    assert (await at.rows())["n1"].last_error == f"it said {reason}"
    assert ops.delivered == ["n2"]


async def test_one_receiver_that_hangs_delays_no_other(at: Bench) -> None:
    hanging = at.receiver("hanging", otherwise=HANG)
    ops = at.receiver("ops")
    await at.put(*(f"h{n}" for n in range(500)), receiver="hanging")
    await at.put(*(f"n{n}" for n in range(500)))
    async with at.running():
        await at.pass_time(1.0)
        assert len(ops.delivered) == 500
        assert hanging.active == 32


async def test_no_more_than_in_flight_attempts_run_at_once(at: Bench) -> None:
    ops = at.receiver(takes=0.5)
    await at.put(*(f"n{n}" for n in range(50)))
    async with at.running(in_flight=8):
        await at.pass_time(10)
    assert ops.most_active == 8
    assert len(ops.delivered) == 50


async def test_messages_of_a_group_arrive_in_order_whatever_fails(at: Bench) -> None:
    ops = at.receiver(script={"n1": [fault(), fault()], "n2": [fault()]})
    await at.put("n1", "n2", "n3", group="one")
    await at.put("m1", "m2", group="two")
    async with at.running():
        await at.pass_time(120)
    assert [id_ for id_ in ops.delivered if id_[0] == "n"] == ["n1", "n2", "n3"]
    assert [id_ for id_ in ops.delivered if id_[0] == "m"] == ["m1", "m2"]
    assert ops.times("m1") == [0]


async def test_a_success_makes_everything_else_that_waits_due_at_once(at: Bench) -> None:
    ops = at.receiver(otherwise=fault())
    await at.put("n1", "n2")
    async with at.running() as dispatcher:
        await at.pass_time(200)  # both wait for their attempt at 455 s
        ops.otherwise = None
        await at.put("n3")
        dispatcher.wake("ops")
        await at.pass_time(1)
    assert sorted(ops.delivered) == ["n1", "n2", "n3"]


async def test_a_message_that_fails_by_itself_is_not_hastened_by_every_success(at: Bench) -> None:
    ops = at.receiver(script={"bad": [fault()] * 1000})
    await at.put("bad")
    async with at.running() as dispatcher:
        for n in range(60):
            await at.put(f"n{n}")
            dispatcher.wake("ops")
            await at.pass_time(1)
    assert len(ops.delivered) == 60
    assert len(ops.times("bad")) <= 1 + 60 // 10 + 3


async def test_messages_keep_the_interval_that_the_service_asks_for(at: Bench) -> None:
    slack = at.receiver(min_interval=1.0, takes=0.2)
    await at.put("n1", "n2", "n3", "n4")
    async with at.running():
        await at.pass_time(10)
    begun = [seconds for seconds, _ in slack.seen]
    assert len(begun) == 4
    assert all(1.0 <= later - earlier < 1.1 for earlier, later in itertools.pairwise(begun))
    assert slack.most_active == 1


async def test_a_message_that_is_too_large_is_halved_until_it_fits(at: Bench) -> None:
    too_large = fault(DeliveryFault.TOO_LARGE, final=True)
    ops = at.receiver(script={"n1": [too_large], "n1-1": [too_large]})
    await at.put("n1", alerts=5, group="one")
    await at.put("n2", group="one")
    async with at.running():
        await at.pass_time(5)
    assert ops.delivered == ["n1-1-1", "n1-1-2", "n1-2", "n2"]
    rows = await at.rows()
    assert (rows["n1"].state, rows["n1-1"].state) == (
        OutboxState.SUPERSEDED,
        OutboxState.SUPERSEDED,
    )
    told = [id_ for half in ("n1-1-1", "n1-1-2", "n1-2") for id_ in with_alerts(rows[half])]
    assert told == [f"n1.{n}" for n in range(5)]


async def test_marks_and_claims_are_batched_under_load(at: Bench) -> None:
    ops = at.receiver(takes=0.02)
    await at.put(*(f"n{n}" for n in range(2000)))
    async with at.running():
        await at.pass_time(3)
    assert len(ops.delivered) == 2000
    assert not await at.rows(OutboxState.PENDING)
    assert at.store.calls["settle"] + at.store.calls["claim"] + at.store.calls["hasten"] <= 200


async def test_a_mark_waits_no_longer_than_ten_milliseconds(at: Bench) -> None:
    at.receiver()
    async with at.running() as dispatcher:
        await at.put("n1")
        dispatcher.wake("ops")
        await at.pass_time(0.011)
        assert await at.state("n1") == "delivered"


async def test_an_idle_dispatcher_leaves_the_store_alone(at: Bench) -> None:
    at.receiver()
    async with at.running():
        await at.pass_time(10)
        before = at.store.calls["claim"]
        await at.pass_time(600)
        assert at.store.calls["claim"] - before <= 11
        assert at.store.calls["settle"] == 0


async def test_metrics_count_every_attempt_by_its_outcome_and_reason(at: Bench) -> None:
    at.receiver(script={"n1": [fault(DeliveryFault.TIMEOUT)]})
    await at.put("n1")
    async with at.running():
        await at.pass_time(6)
    labels = {"receiver": "ops", "integration": "webhook", "reason": "firing"}
    assert at.sample("bsg_monitor_notifications_total", outcome="timeout", **labels) == 1
    assert at.sample("bsg_monitor_notifications_total", outcome="delivered", **labels) == 1
    assert at.sample("bsg_monitor_notification_latency_seconds_count") == 1
    assert at.sample("bsg_monitor_notification_latency_seconds_bucket", le="1.0") == 0
    assert at.sample("bsg_monitor_notification_latency_seconds_bucket", le="30.0") == 1


async def test_gauges_show_the_outbox_at_most_once_a_second(at: Bench) -> None:
    ops = at.receiver(otherwise=fault())
    await at.put("n1", "n2")
    async with at.running() as dispatcher:
        await at.pass_time(40)
        assert at.sample("bsg_monitor_outbox", receiver="ops", state="pending") == 2
        assert 25 <= (at.sample("bsg_monitor_outbox_oldest_seconds", receiver="ops") or 0) <= 41
        assert at.store.calls["outbox_summary"] <= 41
        ops.otherwise = None
        await at.store.retry(["n1", "n2"], now=at.clock.now())
        dispatcher.wake()
        await at.pass_time(3)
        assert at.sample("bsg_monitor_outbox", receiver="ops", state="pending") == 0
        assert at.sample("bsg_monitor_outbox", receiver="ops", state="delivered") == 2
        assert at.sample("bsg_monitor_outbox_oldest_seconds", receiver="ops") == 0


async def test_health_says_since_when_a_receiver_fails(at: Bench) -> None:
    ops = at.receiver(otherwise=fault())
    await at.put("n1")
    async with at.running() as dispatcher:
        await at.pass_time(40)
        health = dispatcher.health["ops"]
        assert not health.healthy
        assert health.failing_since is not None
        assert (health.failing_since - at.clock.now()).total_seconds() < -39
        assert health.last_error == "it said server_error"
        ops.otherwise = None
        await at.pass_time(200)
        assert dispatcher.health["ops"].healthy


async def test_an_attempt_that_takes_long_to_be_cut_off_keeps_no_sender_busy(at: Bench) -> None:
    ops = at.receiver(script={"n1": [HANG]}, lingers=30.0)
    await at.put("n1")
    async with at.running():
        await at.pass_time(14)
        before = len(at.clock.slept)
        async with asyncio.timeout(30):  # of a loop that never rests
            await at.pass_time(20)
        assert ops.active == 1
    assert len(at.clock.slept) - before < 100


# --- two readings of the clock --------------------------------------------------------------------

CREEP = 0.001


@pytest.fixture(params=range(12))
async def creeping(request: pytest.FixtureRequest, at: Bench) -> Bench:
    """Waits end early by so much that what is waited for ends between two readings of the clock,
    each pair in its turn."""
    at.clock.creep, at.clock.early = CREEP, (request.param + 0.5) * CREEP
    return at


async def test_what_ends_between_two_readings_of_the_clock_makes_no_message_late(
    creeping: Bench,
) -> None:
    paced = creeping.receiver("paced", min_interval=1.0)
    asked = creeping.receiver(
        "asked", script={f"a{n}": [fault(DeliveryFault.RATE_LIMITED, after=7)] for n in range(3)}
    )
    down = creeping.receiver("down", otherwise=fault())
    await creeping.put(*(f"p{n}" for n in range(6)), receiver="paced")
    await creeping.put(*(f"a{n}" for n in range(3)), receiver="asked", group="one")
    await creeping.put(*(f"d{n}" for n in range(9)), receiver="down")
    async with creeping.running():
        await creeping.pass_time(120)
    assert paced.times() == [0, 1, 2, 3, 4, 5]
    assert asked.times() == [0, 7, 7, 14, 14, 21]
    assert [at for at in down.times() if at] == [5, 15, 35, 65, 95]
