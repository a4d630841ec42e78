"""A simulated provider and a receiver, for a daemon in a process of its own."""

from collections.abc import AsyncIterator

import pytest

from monitor.clock import SystemClock
from monitor.simulator.api_server import Simulator
from monitor.simulator.scenario import Scenario
from tests.acceptance.daemon import KEY, Receiver


@pytest.fixture
async def simulator() -> Simulator:
    return Simulator(Scenario(name="acceptance"), clock=SystemClock(), keys=(KEY,))


@pytest.fixture
async def provider_url(simulator: Simulator) -> AsyncIterator[str]:
    async with simulator.serve() as url:
        yield url


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver().serve() as receiver:
        yield receiver
