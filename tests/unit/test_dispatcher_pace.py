"""The token bucket and the circuit breaker of a lane."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.dispatcher.pace import OPEN_AFTER, PROBE_SECONDS, CircuitBreaker, TokenBucket


def begun(interval: float, burst: int, wishes: list[float]) -> list[float]:
    """When attempts begin that are wished for at these times, one waiting for the other."""
    bucket = TokenBucket(interval, burst, now=0.0)
    now, times = 0.0, []
    for wish in wishes:
        now = max(now, wish, bucket.ready_at())
        bucket.take(now)
        times.append(now)
    return times


def test_a_bucket_lets_a_burst_go_and_then_one_an_interval() -> None:
    assert begun(2.0, 3, [10.0] * 6) == [10.0, 10.0, 10.0, 12.0, 14.0, 16.0]


def test_a_bucket_of_one_spaces_everything() -> None:
    assert begun(1.0, 1, [0.0, 0.0, 5.0, 5.5]) == [0.0, 1.0, 5.0, 6.0]


def test_a_bucket_without_an_interval_limits_nothing() -> None:
    assert begun(0.0, 1, [1.0] * 5) == [1.0] * 5


def test_a_bucket_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be"):
        TokenBucket(1.0, 0, now=0.0)


@given(
    interval=st.integers(1, 10),
    burst=st.integers(1, 5),
    wishes=st.lists(st.integers(0, 100), min_size=1, max_size=40).map(sorted),
)
def test_no_window_holds_more_than_its_share_and_the_burst(
    interval: int, burst: int, wishes: list[int]
) -> None:
    times = begun(float(interval), burst, [float(wish) for wish in wishes])
    for first, at in enumerate(times):
        for last in range(first, len(times)):
            assert last - first + 1 <= burst + (times[last] - at) / interval
    assert times == sorted(times)


def opened(at: float = 0.0) -> CircuitBreaker:
    breaker = CircuitBreaker()
    for _ in range(OPEN_AFTER):
        breaker.failed(at)
    return breaker


def test_a_circuit_opens_after_failures_in_a_row_only() -> None:
    breaker = CircuitBreaker()
    for _ in range(3):
        for _ in range(OPEN_AFTER - 1):
            breaker.failed(0.0)
        assert not breaker.open
        breaker.succeeded()
    assert opened().open


def test_probes_come_less_often_the_longer_it_lasts_and_never_stop() -> None:
    breaker, now, waits = opened(), 0.0, []
    for _ in range(6):
        waits.append(breaker.ready_at() - now)
        now = breaker.ready_at()
        breaker.failed(now)
    assert waits == [*PROBE_SECONDS, PROBE_SECONDS[-1], PROBE_SECONDS[-1]]


def test_what_was_in_flight_when_it_opened_is_no_probe() -> None:
    breaker = opened(at=10.0)
    for _ in range(30):
        breaker.failed(10.5)
    assert breaker.ready_at() == 10.0 + PROBE_SECONDS[0]


def test_one_success_closes_it_and_forgets_the_probes() -> None:
    breaker = opened()
    breaker.failed(5.0)
    breaker.succeeded()
    assert not breaker.open
    assert breaker.ready_at() <= 0.0
    assert opened(at=100.0).ready_at() == 105.0
