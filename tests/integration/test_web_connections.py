"""Who opens connections and says nothing keeps nobody out."""

import asyncio
from contextlib import AsyncExitStack

import aiohttp

from monitor.metrics import Metrics
from monitor.web import WebOptions, WebServer
from monitor.web.site import MOST_CONNECTIONS
from tests.integration.test_web import status
from tests.patience import until

HALF = b"GET / HTTP/1.1\r\nHost: local"


async def test_connections_that_ask_for_nothing_keep_no_probe_out() -> None:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(WebServer(WebOptions(port=0), Metrics("1"), status))
        port = int(server.url.rpartition(":")[2])
        silent: list[asyncio.StreamReader] = []
        for _ in range(MOST_CONNECTIONS + 20):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            stack.callback(writer.close)
            writer.write(HALF)
            silent.append(reader)
        async with aiohttp.ClientSession() as session, session.get(f"{server.url}/healthz") as answer:
            assert answer.status == 200
        await until(lambda: sum(reader.at_eof() or reader.exception() is not None for reader in silent) >= 20)
        assert not silent[-1].at_eof()
        assert silent[-1].exception() is None


async def test_a_connection_under_way_is_answered_among_many_silent_ones() -> None:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(WebServer(WebOptions(port=0), Metrics("1"), status))
        port = int(server.url.rpartition(":")[2])
        for _ in range(MOST_CONNECTIONS - 2):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            stack.callback(writer.close)
            writer.write(HALF)
        async with aiohttp.ClientSession() as session:
            for path in ("/healthz", "/metrics", "/"):
                async with session.get(server.url + path) as answer:
                    assert answer.status == 200
