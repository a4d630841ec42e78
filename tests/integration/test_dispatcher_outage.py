"""A receiver that fails for long: how it is asked, what its fallback is told, and what is given
up."""

from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import pytest
import structlog

from monitor.dispatcher import Fallback
from monitor.domain.alerting.notification import OutboxState
from monitor.domain.routing.fallback import copy_id
from monitor.errors import DeliveryFault, StoreError, StoreFault
from tests.integration.dispatching import HANG, Bench, bench, fault

QUARTER = Fallback("pager", timedelta(minutes=15))
FALLBACKS = {"ops": QUARTER}


@pytest.fixture
async def at() -> AsyncIterator[Bench]:
    async with bench() as prepared:
        yield prepared


# --- the circuit breaker --------------------------------------------------------------------------


async def test_a_receiver_that_is_down_is_asked_with_one_message_at_a_time(at: Bench) -> None:
    ops = at.receiver(otherwise=fault())
    await at.put(*(f"n{n}" for n in range(300)))
    async with at.running():
        await at.pass_time(1)
        burst = len(ops.seen)
        assert burst <= 32 + 4  # what was in flight, and what began before the fifth failure
        ops.takes = 2.0
        ops.most_active = 0
        await at.pass_time(600)
    assert ops.most_active == 1
    assert 15 <= len(ops.seen) - burst <= 25  # after 5, 10 and 20 s, then every 30 s, and 2 s each


async def test_once_it_takes_one_all_that_waits_is_due_at_once(at: Bench) -> None:
    ops = at.receiver(otherwise=fault())
    await at.put(*(f"n{n}" for n in range(300)))
    async with at.running():
        await at.pass_time(3600)
        ops.otherwise = None
        await at.pass_time(31)
    assert len(ops.delivered) == 300
    assert not await at.rows(OutboxState.PENDING)


async def test_most_of_what_waits_is_never_attempted_while_the_receiver_is_down(at: Bench) -> None:
    at.receiver(otherwise=fault())
    await at.put("first")
    async with at.running() as dispatcher:
        await at.pass_time(1800)
        await at.put(*(f"n{n}" for n in range(500)))
        dispatcher.wake("ops")
        await at.pass_time(300)
    rows = await at.rows()
    assert sum(row.attempts == 0 for row in rows.values()) >= 485


async def test_what_is_wrong_with_one_message_does_not_open_the_circuit(at: Bench) -> None:
    ops = at.receiver(otherwise=fault(DeliveryFault.REJECTED, final=True))
    await at.put(*(f"bad{n}" for n in range(50)))
    async with at.running() as dispatcher:
        await at.pass_time(1)
        assert dispatcher.health["ops"].healthy
    assert len(ops.seen) == 50


async def test_a_probe_obeys_the_receivers_own_wish(at: Bench) -> None:
    ops = at.receiver(otherwise=fault(DeliveryFault.UNAVAILABLE, after=600))
    await at.put(*(f"n{n}" for n in range(40)))
    async with at.running():
        await at.pass_time(1)
        burst = len(ops.seen)
        await at.pass_time(590)
        assert len(ops.seen) == burst
        await at.pass_time(20)
        assert len(ops.seen) == burst + 1


async def test_an_integration_that_forgot_its_limit_is_cut_off(at: Bench) -> None:
    ops = at.receiver(script={"n1": [HANG, None]}, min_interval=1.0)
    await at.put("n1")
    await at.put("n2")
    async with at.running():
        await at.pass_time(14)
        assert ops.delivered == []
        await at.pass_time(10)
    assert sorted(ops.delivered) == ["n1", "n2"]
    row = (await at.rows())["n1"]
    assert (row.attempts, row.last_error) == (2, "no answer within 15 s; the attempt was cut off")


async def test_a_burst_goes_out_at_once_and_the_rest_at_the_services_pace(at: Bench) -> None:
    teams = at.receiver(min_interval=2.0, burst=3)
    await at.put("n1", "n2", "n3", "n4", "n5")
    async with at.running():
        await at.pass_time(10)
    assert teams.times() == [0, 0, 0, 2, 4]


# --- health ---------------------------------------------------------------------------------------


async def test_since_when_a_receiver_fails_survives_a_restart(at: Bench) -> None:
    ops = at.receiver(otherwise=fault())
    await at.put("n1")
    async with at.running() as dispatcher:
        await at.pass_time(60)
        before = dispatcher.health["ops"]
    assert before.failing_since is not None
    async with at.running() as dispatcher:
        assert dispatcher.health["ops"] == before
        ops.otherwise = None
        await at.pass_time(600)
        assert dispatcher.health["ops"].healthy
    async with at.running() as dispatcher:
        assert dispatcher.health["ops"].healthy


async def test_health_that_is_not_known_yet_is_not_told(at: Bench) -> None:
    at.receiver()
    at.store.faults["recall"] = [StoreError("busy", reason=StoreFault.LOCKED, retryable=True)] * 2
    async with at.running() as dispatcher:
        assert dispatcher.health == {}
        await at.pass_time(11)
        assert dispatcher.health["ops"].healthy


# --- the fallback ---------------------------------------------------------------------------------


async def test_a_fallback_takes_over_what_waits_after_its_time_and_not_before(at: Bench) -> None:
    at.receiver(otherwise=fault())
    pager = at.receiver("pager")
    await at.put("n1", "n2", group="one")
    async with at.running(fallbacks=FALLBACKS):
        await at.pass_time(890)
        assert pager.delivered == []
        await at.pass_time(20)
        assert pager.delivered == [copy_id("n1", "pager"), copy_id("n2", "pager")]
        await at.put("n3")
        await at.pass_time(10)
        assert pager.delivered == [
            copy_id("n1", "pager"),
            copy_id("n2", "pager"),
            copy_id("n3", "pager"),
        ]
        await at.pass_time(3600)
    assert pager.delivered == [
        copy_id("n1", "pager"),
        copy_id("n2", "pager"),
        copy_id("n3", "pager"),
    ]
    assert sorted(await at.rows(OutboxState.PENDING)) == ["n1", "n2", "n3"]


async def test_a_dead_letter_goes_to_the_fallback_at_once_and_says_so(at: Bench) -> None:
    at.receiver(script={"n1": [fault(DeliveryFault.GONE, final=True)]})
    pager = at.receiver("pager")
    await at.put("n1")
    async with at.running(fallbacks=FALLBACKS):
        await at.pass_time(0.1)
    assert pager.delivered == [copy_id("n1", "pager")]
    copy = (await at.rows())[copy_id("n1", "pager")].notification
    assert copy.fallback_for == ("ops",)
    assert copy.alerts[0].note == "In place of ops, which could not be reached."


async def test_a_restart_tells_the_fallback_nothing_twice(at: Bench) -> None:
    at.receiver(otherwise=fault())
    pager = at.receiver("pager")
    await at.put("n1", "n2")
    for _ in range(3):
        async with at.running(fallbacks=FALLBACKS):
            await at.pass_time(1000)
    assert pager.delivered == [copy_id("n1", "pager"), copy_id("n2", "pager")]


async def test_a_crash_while_the_fallback_takes_over_loses_nothing(at: Bench) -> None:
    at.receiver(otherwise=fault())
    pager = at.receiver("pager")
    await at.put("n1")
    at.store.faults["commit_flush"] = [
        StoreError("no space left", reason=StoreFault.FULL, retryable=True)
    ]
    async with at.running(fallbacks=FALLBACKS):
        await at.pass_time(901)
        assert pager.delivered == []
        await at.pass_time(10)
    assert pager.delivered == [copy_id("n1", "pager")]


async def test_the_fallbacks_own_fallback_takes_over_from_it(at: Bench) -> None:
    at.receiver(otherwise=fault())
    at.receiver("pager", otherwise=fault())
    mail = at.receiver("mail")
    await at.put("n1")
    chain = FALLBACKS | {"pager": Fallback("mail", timedelta(minutes=5))}
    async with at.running(fallbacks=chain):
        await at.pass_time(1100)
        assert mail.delivered == []
        await at.pass_time(120)
    assert mail.delivered == [copy_id(copy_id("n1", "pager"), "mail")]
    assert (await at.rows())[copy_id(copy_id("n1", "pager"), "mail")].notification.fallback_for == (
        "ops",
        "pager",
    )


@pytest.mark.parametrize("restarted", [False, True])
async def test_those_whom_the_fallback_told_that_it_fires_hear_that_it_ended(
    at: Bench, restarted: bool
) -> None:
    ops = at.receiver(otherwise=fault())
    pager = at.receiver("pager")
    await at.put("n1", group="one")
    async with at.running(fallbacks=FALLBACKS) as dispatcher:
        await at.pass_time(1000)
        ops.otherwise = None
        await at.pass_time(400)
        assert (ops.delivered, pager.delivered) == (["n1"], [copy_id("n1", "pager")])
        if not restarted:
            await put_end(at, "n2", of="n1")
            dispatcher.wake("ops")
            await at.pass_time(1)
    if restarted:
        await put_end(at, "n2", of="n1")
        async with at.running(fallbacks=FALLBACKS):
            await at.pass_time(1)
    assert (ops.delivered, pager.delivered) == (
        ["n1", "n2"],
        [copy_id("n1", "pager"), copy_id("n2", "pager")],
    )


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize(
    "instead", [{}, {"ops": Fallback("mail", timedelta(minutes=15))}], ids=["none", "another"]
)
async def test_those_who_were_told_hear_the_end_though_the_fallback_has_changed_since(
    at: Bench, restarted: bool, instead: dict[str, Fallback]
) -> None:
    ops = at.receiver(otherwise=fault())
    pager, mail = at.receiver("pager"), at.receiver("mail")
    await at.put("n1", group="one")
    async with at.running(fallbacks=FALLBACKS) as dispatcher:
        await at.pass_time(1000)
        ops.otherwise = None
        await at.pass_time(400)
        if not restarted:
            dispatcher.use(at.notifiers, instead)
            await put_end(at, "n2", of="n1")
            dispatcher.wake("ops")
            await at.pass_time(1)
    if restarted:
        await put_end(at, "n2", of="n1")
        async with at.running(fallbacks=instead):
            await at.pass_time(1)
    assert (ops.delivered, pager.delivered) == (
        ["n1", "n2"],
        [copy_id("n1", "pager"), copy_id("n2-end", "pager")],
    )
    assert mail.delivered == []


async def test_a_new_fallback_is_told_everything_that_waits_and_the_former_one_only_the_end(
    at: Bench,
) -> None:
    at.receiver(otherwise=fault())
    pager, mail = at.receiver("pager"), at.receiver("mail")
    await at.put("n1", group="one")
    async with at.running(fallbacks=FALLBACKS) as dispatcher:
        await at.pass_time(1000)
        dispatcher.use(at.notifiers, {"ops": Fallback("mail", timedelta(minutes=15))})
        await at.pass_time(10)
        await at.put("n3", group="one")
        await put_end(at, "n2", of="n1")
        await at.pass_time(10)
    assert pager.delivered == [copy_id("n1", "pager"), copy_id("n2-end", "pager")]
    assert mail.delivered == [copy_id(id_, "mail") for id_ in ("n1", "n3", "n2")]


async def test_a_former_fallback_that_is_no_receiver_any_more_is_sent_nothing(at: Bench) -> None:
    ops, pager = at.receiver(otherwise=fault()), at.receiver("pager")
    await at.put("n1", group="one")
    async with at.running(fallbacks=FALLBACKS) as dispatcher:
        await at.pass_time(1000)
        ops.otherwise = None
        dispatcher.use({"ops": ops})
        await at.pass_time(400)
        await put_end(at, "n2", of="n1")
        dispatcher.wake("ops")
        await at.pass_time(1)
    assert pager.delivered == [copy_id("n1", "pager")]
    assert set(await at.rows()) == {"n1", "n2", copy_id("n1", "pager")}


async def put_end(at: Bench, id_: str, *, of: str) -> None:
    """A message that tells the end of everything in `of`."""
    row = (await at.rows())[of]
    ended = tuple(
        msgspec.structs.replace(alert, status="resolved") for alert in row.notification.alerts
    )
    message = msgspec.structs.replace(row.notification, id=id_, alerts=ended)
    await at.put_rows(
        msgspec.structs.replace(
            at.row(id_, receiver="ops", group="", alerts=1), notification=message
        )
    )


async def test_takeover_is_logged_once(at: Bench) -> None:
    at.receiver(otherwise=fault())
    at.receiver("pager")
    await at.put("n1")
    with structlog.testing.capture_logs() as logs:
        async with at.running(fallbacks=FALLBACKS):
            await at.pass_time(2000)
    assert [entry["fallback"] for entry in logs if entry["event"] == "fallback_takes_over"] == [
        "pager"
    ]


# --- giving up ------------------------------------------------------------------------------------


@pytest.mark.slow
async def test_what_waited_72_hours_for_a_receiver_that_fails_is_given_up_attempted_or_not(
    at: Bench,
) -> None:
    at.receiver(otherwise=fault())
    await at.put(*(f"n{n}" for n in range(1200)))
    async with at.running():
        await at.pass_time(60)
        await at.pass_hours(71)
        await at.put("younger")
        await at.pass_time(2000)
        assert not await at.rows(OutboxState.DEAD)
        await at.pass_time(2000)
        dead = await at.rows(OutboxState.DEAD)
        assert len(dead) == 1200
        assert {row.last_error for row in dead.values()} == {
            "given up after 72 h; last: it said server_error"
        }
        assert await at.state("younger") == "pending"


async def test_after_a_long_stop_of_the_monitor_the_receiver_is_asked_before_anything_is_given_up(
    at: Bench,
) -> None:
    ops = at.receiver(otherwise=fault())
    await at.put(*(f"n{n}" for n in range(100)))
    async with at.running():
        await at.pass_time(60)
    at.clock.jump(100 * 3600)
    ops.otherwise, ops.takes = None, 9.0
    async with at.running():
        await at.pass_time(60)
    assert len(ops.delivered) == 100
    assert not await at.rows(OutboxState.DEAD)


async def test_a_sleep_of_the_machine_is_no_time_in_which_a_message_was_tried(at: Bench) -> None:
    at.receiver(otherwise=fault())
    await at.put("tried", *(f"n{n}" for n in range(20)))
    async with at.running():
        await at.pass_time(600)
        for _ in range(3):
            at.clock.jump(72 * 3600)
            await at.pass_time(600)
    assert len(await at.rows(OutboxState.PENDING)) == 21


@pytest.mark.slow
async def test_what_waited_through_a_long_stop_is_tried_for_what_is_left_of_its_time(
    at: Bench,
) -> None:
    ops = at.receiver(otherwise=fault())
    await at.put("n1")
    async with at.running():
        await at.pass_hours(36)
    at.clock.jump(240 * 3600)
    before = len(ops.seen)
    async with at.running():
        await at.pass_hours(35)
    async with at.running():  # a short stop is none
        assert await at.state("n1") == "pending"
        assert len(ops.seen) - before > 200
        await at.pass_hours(2)
    assert await at.state("n1") == "dead"
