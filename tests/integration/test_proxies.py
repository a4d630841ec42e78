"""Requests through a proxy that asks for a password: provider, receivers, heartbeat."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web

from monitor.daemon.heartbeat import Heartbeat
from monitor.errors import DeliveryError, ProviderError
from monitor.metrics import Metrics
from monitor.net import PROXY_VARIABLES
from monitor.notify.transport import open_session, post
from monitor.provider.client import Call, Client
from tests.clock import InstantClock
from tests.patience import until

CERTIFICATES = Path(__file__).parents[1] / "certificates"
BASIC = "Basic dXNlcjpw"
"""user:p"""


@dataclass
class StrictProxy:
    """Passes on what comes with the password, as a tunnel or as a request; anything else is a
    407."""

    port: int = 0
    passed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        method, target, _ = first.split(" ")
        if f"Proxy-Authorization: {BASIC}" not in lines:
            self.refused.append(f"{method} {target}")
            writer.write(
                b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            writer.close()
            return
        self.passed.append(f"{method} {target}")
        parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
        server, to_server = await asyncio.open_connection(parts.hostname, parts.port)
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            kept = [line for line in lines if not line.startswith("Proxy-")]
            to_server.write("\r\n".join([f"{method} {parts.path} HTTP/1.1", *kept]).encode())
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_pump(reader, to_server))
            tasks.create_task(_pump(server, writer))


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while read := await source.read(65536):
            sink.write(read)
            await sink.drain()
    except OSError:
        pass
    finally:
        sink.close()


def serving_tls() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATES / "server.pem")
    return context


@asynccontextmanager
async def proxying(*, tls: bool = False) -> AsyncIterator[StrictProxy]:
    proxy = StrictProxy()
    server = await asyncio.start_server(
        proxy.serve, "127.0.0.1", 0, ssl=serving_tls() if tls else None
    )
    async with server:
        proxy.port = server.sockets[0].getsockname()[1]
        yield proxy


@asynccontextmanager
async def listening(*, tls: bool = False) -> AsyncIterator[tuple[str, list[web.BaseRequest]]]:
    """URL of a server that says yes to everything, and what it was asked."""
    seen: list[web.BaseRequest] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        seen.append(request)
        return web.Response(text="yes")

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=serving_tls() if tls else None).start()
    try:
        yield f"http{'s' if tls else ''}://localhost:{runner.addresses[0][1]}", seen
    finally:
        await runner.cleanup()


@pytest.fixture
def proxies(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set the variables about proxies to these, and no others."""

    def proxies(**environ: str) -> None:
        for name in PROXY_VARIABLES:
            monkeypatch.delenv(name, raising=False)
        for name, value in environ.items():
            monkeypatch.setenv(name, value)

    return proxies


async def test_the_provider_is_asked_through_the_proxy_with_its_password(
    proxies: Callable[..., None],
) -> None:
    async with proxying() as proxy, listening() as (url, seen):
        proxies(HTTP_PROXY=f"user:p@127.0.0.1:{proxy.port}")
        async with Client(
            account="a", url=url, clock=InstantClock(), metrics=Metrics("test")
        ) as client:
            assert (
                await client.request(Call(method="GET", path="/x"), bytes, bearer="token") == b"yes"
            )
        proxies(HTTP_PROXY=f"127.0.0.1:{proxy.port}")
        async with Client(
            account="a", url=url, clock=InstantClock(), metrics=Metrics("test")
        ) as client:
            with pytest.raises(ProviderError, match="407"):
                await client.request(Call(method="GET", path="/x"), bytes)
    assert proxy.passed == [f"GET {url}/x"]
    assert [request.headers["Authorization"] for request in seen] == ["Bearer token"]


@pytest.mark.parametrize("tls_to_the_proxy", [False, True])
@pytest.mark.parametrize("tls_to_the_receiver", [False, True])
async def test_a_receiver_is_told_through_the_proxy_with_its_password(
    proxies: Callable[..., None], tls_to_the_proxy: bool, tls_to_the_receiver: bool
) -> None:
    trusting = ssl.create_default_context(cafile=str(CERTIFICATES / "ca.pem"))
    scheme = "https" if tls_to_the_proxy else "http"
    async with (
        proxying(tls=tls_to_the_proxy) as proxy,
        listening(tls=tls_to_the_receiver) as (url, seen),
        open_session() as session,
        open_session() as without_password,
    ):
        proxies(ALL_PROXY=f"{scheme}://user:p@localhost:{proxy.port}")
        answer = await post(session, f"{url}/hook", b"{}", {}, seconds=5, tls=trusting)
        assert answer.body == b"yes"
        proxies(ALL_PROXY=f"{scheme}://localhost:{proxy.port}", NO_PROXY="127.0.0.0/8,localhost")
        await post(session, f"{url}/direct", b"{}", {}, seconds=5, tls=trusting)
        proxies(ALL_PROXY=f"{scheme}://localhost:{proxy.port}")
        if tls_to_the_receiver:
            with pytest.raises(DeliveryError, match="the proxy answered 407"):
                await post(without_password, f"{url}/hook", b"{}", {}, seconds=5, tls=trusting)
        else:
            assert (
                await post(without_password, f"{url}/hook", b"{}", {}, seconds=5, tls=trusting)
            ).status == 407
    asked = f"CONNECT {urlsplit(url).netloc}" if tls_to_the_receiver else f"POST {url}/hook"
    assert (proxy.passed, proxy.refused) == ([asked], [asked])
    assert [request.path for request in seen] == ["/hook", "/direct"]
    assert not any("Proxy-Authorization" in request.headers for request in seen)


async def test_https_at_a_port_of_plain_http_is_told_with_the_whole_url(
    proxies: Callable[..., None],
) -> None:
    proxies()
    async with listening() as (url, _):
        wrong = url.replace("http:", "https:")
        async with Client(
            account="a", url=wrong, clock=InstantClock(), metrics=Metrics("test")
        ) as client:
            with pytest.raises(
                ProviderError, match="does not speak TLS; check the port, or write http://"
            ) as caught:
                await client.request(Call(method="GET", path="/x"), bytes)
    assert f"GET {wrong}/x" in str(caught.value)


async def test_the_heartbeat_goes_through_the_proxy_with_its_password(
    proxies: Callable[..., None],
) -> None:
    async with proxying() as proxy, listening() as (url, seen), aiohttp.ClientSession() as session:
        proxies(http_proxy=f"http://user:p@127.0.0.1:{proxy.port}")
        heartbeat = Heartbeat(f"{url}/ping", session=session, fresh=lambda: True)
        async with asyncio.TaskGroup() as tasks:
            loop = tasks.create_task(heartbeat.run())
            heartbeat.beat()
            await until(lambda: bool(seen))
            loop.cancel()
    assert proxy.passed == [f"GET {url}/ping"]
