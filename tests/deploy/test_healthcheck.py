"""The container's health check, as the engine runs it: a process, its exit code, one line."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from tests.deploy.image import ROOT

SCRIPT = ROOT / "deploy/container/healthcheck.py"


@asynccontextmanager
async def answering(status: int, host: str = "127.0.0.1") -> AsyncIterator[int]:
    """A server whose /healthz answers with `status`; gives its port."""

    async def healthz(request: web.Request) -> web.Response:
        return web.Response(status=status)

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, 0).start()
    try:
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


async def check(listen: str, **more: str) -> tuple[int | None, str]:
    """Exit code and words."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-IS", SCRIPT),
        env={"PATH": os.environ["PATH"], "BSG_LISTEN": listen, **more},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    return process.returncode, out.decode().strip()


async def test_a_200_is_healthy() -> None:
    async with answering(200) as port:
        assert await check(f"127.0.0.1:{port}") == (0, "")


async def test_a_monitor_that_listens_everywhere_is_asked_on_loopback() -> None:
    async with answering(200) as port:
        assert await check(f"0.0.0.0:{port}") == (0, "")
        assert await check(f"localhost:{port}") == (0, "")


async def test_a_monitor_that_listens_on_ipv6_is_asked_there() -> None:
    async with answering(200, "::1") as port:
        assert await check(f"[::]:{port}") == (0, "")
        assert await check(f"[::1]:{port}") == (0, "")


async def test_another_answer_is_unhealthy() -> None:
    async with answering(503) as port:
        code, words = await check(f"127.0.0.1:{port}")
    assert code == 1
    assert "503" in words


async def test_no_answer_is_unhealthy_and_says_so_in_one_line() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        code, words = await check(f"127.0.0.1:{port}")
    assert code == 1
    assert words.startswith(f"no answer from 127.0.0.1:{port}: ")
    assert "\n" not in words


async def test_an_address_that_is_none_is_unhealthy_without_a_traceback() -> None:
    code, words = await check("nonsense")
    assert code == 1
    assert words.startswith("no answer from nonsense: ")
    assert "\n" not in words


async def test_a_proxy_is_not_asked() -> None:
    async with answering(200) as port:
        assert await check(
            f"127.0.0.1:{port}", http_proxy="http://127.0.0.1:1", HTTP_PROXY="http://127.0.0.1:1"
        ) == (0, "")
