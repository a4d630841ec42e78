"""Is a daemon there, and how is it?"""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from monitor.doctor.daemon_checks import examine_daemon
from monitor.doctor.finding import Level
from monitor.settings import Listen


@asynccontextmanager
async def answering(
    *, ready: int = 200, body: str = '{"ready": true, "reasons": []}'
) -> AsyncIterator[Listen]:
    async def readyz(_: web.Request) -> web.Response:
        return web.Response(status=ready, text=body)

    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield Listen("127.0.0.1", runner.addresses[0][1])
    finally:
        await runner.cleanup()


@pytest.fixture
def nowhere() -> Listen:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return Listen("127.0.0.1", taken.getsockname()[1])


async def test_a_daemon_that_answers_and_is_ready_is_fine() -> None:
    async with answering() as listen:
        found = await examine_daemon(listen, "4711")
    assert (found.level, found.message) == (
        Level.OK,
        f"runs (pid 4711), answers at {listen} and is ready",
    )


async def test_a_daemon_that_listens_everywhere_is_asked_on_loopback() -> None:
    async with answering() as listen:
        assert (await examine_daemon(Listen("0.0.0.0", listen.port), "4711")).level is Level.OK


async def test_a_daemon_that_is_not_ready_says_why() -> None:
    async with answering(
        ready=503, body='{"ready": false, "reasons": ["default/sms: not read yet", "x"]}'
    ) as listen:
        found = await examine_daemon(listen, "4711")
    assert (found.level, "is not ready: default/sms: not read yet; x" in found.message) == (
        Level.PROBLEM,
        True,
    )


async def test_an_answer_that_is_no_monitors_does_no_harm() -> None:
    async with answering(ready=404, body="<html>") as listen:
        found = await examine_daemon(listen, "4711")
    assert (found.level, "/readyz answers 404" in found.message) == (Level.PROBLEM, True)


async def test_a_daemon_that_has_the_database_and_does_not_answer_is_a_problem(
    nowhere: Listen,
) -> None:
    found = await examine_daemon(nowhere, "4711")
    assert (found.level, f"does not answer at {nowhere}/healthz" in found.message) == (
        Level.PROBLEM,
        True,
    )


async def test_no_daemon_is_a_warning(nowhere: Listen) -> None:
    for listen in (nowhere, Listen("127.0.0.1", 0)):
        found = await examine_daemon(listen, None)
        assert (found.level, "no alerts are sent" in found.message) == (Level.WARNING, True)


async def test_a_daemon_with_another_database_is_recognised() -> None:
    async with answering() as listen:
        found = await examine_daemon(listen, None)
    assert (found.level, "another monitor, or another program" in found.message) == (
        Level.WARNING,
        True,
    )


async def test_a_daemon_on_a_free_port_cannot_be_asked() -> None:
    found = await examine_daemon(Listen("127.0.0.1", 0), "4711")
    assert (found.level, "runs (pid 4711)" in found.message) == (Level.OK, True)
