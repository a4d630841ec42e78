import asyncio

import pytest

from monitor.errors import ProviderError, ProviderFault
from monitor.provider.pacing import Pacer
from tests.clock import FakeClock, InstantClock

BUSY = ProviderError(
    "busy", reason=ProviderFault.RATE_LIMITED, retryable=True, status=429, retry_after=7.0
)


async def test_at_most_four_requests_are_under_way() -> None:
    clock, under_way, most = FakeClock(), 0, 0
    pacer = Pacer(clock)

    async def ask(number: int) -> None:
        nonlocal under_way, most
        async with pacer.turn(number):
            under_way += 1
            most = max(most, under_way)
            await clock.sleep(1)
            under_way -= 1

    async with asyncio.TaskGroup() as tasks:
        for number in range(10):
            tasks.create_task(ask(number))
        await clock.advance(3)
    assert most == 4


async def test_identical_requests_are_never_closer_than_a_second_and_others_do_not_wait() -> None:
    clock = InstantClock()
    pacer = Pacer(clock)
    times = []
    for request in ("a", "b", "a", "a"):
        async with pacer.turn(request):
            times.append((request, clock.monotonic()))
    assert times == [("a", 1000.0), ("b", 1000.0), ("a", 1001.0), ("a", 1002.0)]


async def test_the_second_is_counted_from_the_end_of_the_first_request() -> None:
    clock = InstantClock()
    pacer = Pacer(clock)
    async with pacer.turn("a"):
        await clock.sleep(10)
    async with pacer.turn("a"):
        assert clock.monotonic() == 1011.0


async def test_concurrent_identical_requests_are_spaced_too() -> None:
    clock, times = FakeClock(), list[float]()
    pacer = Pacer(clock)

    async def ask() -> None:
        async with pacer.turn("a"):
            times.append(clock.monotonic())

    async with asyncio.TaskGroup() as tasks:
        for _ in range(3):
            tasks.create_task(ask())
        await clock.advance(5)
    assert times == [1000.0, 1001.0, 1002.0]


async def test_what_is_remembered_of_requests_stays_bounded() -> None:
    clock = InstantClock()
    pacer = Pacer(clock)
    for number in range(1000):
        async with pacer.turn(number):
            await clock.sleep(0.1)
    assert len(pacer._last) <= 12


async def test_a_silence_is_waited_out_by_all_callers() -> None:
    clock = InstantClock()
    pacer = Pacer(clock)
    pacer.quiet(7.0, BUSY)
    pacer.quiet(3.0, BUSY)  # a shorter wish does not shorten a longer one
    async with pacer.turn("b"):
        assert clock.monotonic() == 1007.0


async def test_a_second_silence_without_an_answer_between_fails_all_callers_at_once() -> None:
    clock = InstantClock()
    pacer = Pacer(clock)
    pacer.quiet(60.0, BUSY)
    pacer.quiet(60.0, BUSY)  # a burst that was refused together is one silence
    assert not pacer.refusing
    async with pacer.turn("a"):
        pacer.quiet(60.0, BUSY)
    assert pacer.refusing
    with pytest.raises(ProviderError, match="busy"):
        async with pacer.turn("b"):
            pass
    await clock.sleep(60)
    async with pacer.turn("b"):
        pacer.answered()
    pacer.quiet(60.0, BUSY)
    assert not pacer.refusing


async def test_a_wish_for_more_than_five_minutes_fails_at_once_for_five_minutes_and_then_asks_again() -> (
    None
):
    clock = InstantClock()
    pacer = Pacer(clock)
    pacer.quiet(3600.0, BUSY)
    await clock.sleep(299)
    with pytest.raises(ProviderError, match="busy"):
        async with pacer.turn("a"):
            pass
    assert clock.monotonic() == 1299.0
    await clock.sleep(1)
    async with pacer.turn("a"):
        assert clock.monotonic() == 1300.0
