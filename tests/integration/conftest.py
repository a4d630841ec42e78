"""What tests of parts that work together share."""

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop

ASYNCIO = {"asyncio": asyncio.new_event_loop}
BOTH = ASYNCIO | {"uvloop": uvloop.new_event_loop}


def pytest_asyncio_loop_factories(
    item: pytest.Item,
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Deliveries are tried on both event loops: the image runs uvloop's, a plain installation
    asyncio's."""
    return BOTH if item.path.name.startswith("test_dispatcher") else ASYNCIO
