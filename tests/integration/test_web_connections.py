"""Connections that say nothing keep no one out."""

import asyncio
import resource
from contextlib import AsyncExitStack

import aiohttp
import pytest

from monitor.metrics import Metrics
from monitor.web import WebOptions, WebServer
from monitor.web.listening import MOST_CONNECTIONS, connections_for
from tests.integration.test_web import status
from tests.patience import until

HALF = b"GET / HTTP/1.1\r\nHost: local"


async def test_connections_that_ask_for_nothing_keep_no_probe_out() -> None:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(
            WebServer(WebOptions(port=0), Metrics("1"), status)
        )
        port = int(server.url.rpartition(":")[2])
        silent: list[asyncio.StreamReader] = []
        for _ in range(MOST_CONNECTIONS + 20):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            stack.callback(writer.close)
            writer.write(HALF)
            silent.append(reader)
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{server.url}/healthz") as answer,
        ):
            assert answer.status == 200
        await until(
            lambda: (
                sum(reader.at_eof() or reader.exception() is not None for reader in silent) >= 20
            )
        )
        assert not silent[-1].at_eof()
        assert silent[-1].exception() is None


async def test_a_connection_under_way_is_answered_among_many_silent_ones() -> None:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(
            WebServer(WebOptions(port=0), Metrics("1"), status)
        )
        port = int(server.url.rpartition(":")[2])
        for _ in range(MOST_CONNECTIONS - 2):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            stack.callback(writer.close)
            writer.write(HALF)
        async with aiohttp.ClientSession() as session:
            for path in ("/healthz", "/metrics", "/"):
                async with session.get(server.url + path) as answer:
                    assert answer.status == 200


@pytest.mark.parametrize(
    ("limit", "opened", "held"),
    [
        (40, 22, 6),
        (256, 22, 78),
        (1024, 22, 256),
        (1_000_000, 22, 256),
        (resource.RLIM_INFINITY, 22, 256),
        (20, 22, 1),
    ],
)
def test_so_many_connections_are_held_as_leave_files_for_everything_else(
    limit: int, opened: int, held: int
) -> None:
    assert connections_for(limit, opened) == held
