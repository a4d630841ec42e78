"""The simulator in its own process, so that its work is not counted as the monitor's."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator

from monitor.clock import SystemClock
from monitor.simulator.api_server import Simulator
from monitor.simulator.scenario import bulk_scenario

KEY = "live_bench"
DAYS = 2.5
"""So recent that all campaigns are live or settling: the worst case, because all are watched."""


async def _serve(campaigns: int, days: float) -> None:
    simulator = Simulator(
        bulk_scenario(campaigns, days=days, live_share=0.02), clock=SystemClock(), keys=(KEY,)
    )
    async with simulator.serve() as url:
        sys.stdout.write(url + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


@contextlib.contextmanager
def provider(campaigns: int, *, days: float = DAYS) -> Iterator[str]:
    """A simulator with so many campaigns, created over so many days, 2 % of which keep changing.
    Gives its URL."""
    command = [sys.executable, "-m", "benchmarks.provider", str(campaigns), str(days)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2])))
