"""How late the event loop runs: everything else waits at least that long."""

from monitor.clock import Clock
from monitor.metrics.registry import Metrics

PROBE_SECONDS = 0.25


async def measure_loop_lag(clock: Clock, metrics: Metrics) -> None:
    """Observe, four times a second, how much later than asked a timer woke up. Runs until it is
    cancelled."""
    while True:
        before = clock.monotonic()
        await clock.sleep(PROBE_SECONDS)
        metrics.event_loop_lag.observe(max(0.0, clock.monotonic() - before - PROBE_SECONDS))
