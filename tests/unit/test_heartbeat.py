"""The dead man's switch: one call for a good cycle, none while a feed is stale, and no secret in
the log."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from monitor.daemon.heartbeat import Heartbeat
from tests.patience import until


@asynccontextmanager
async def listener(statuses: list[int]) -> AsyncIterator[tuple[str, list[int]]]:
    """A server that answers with `statuses` in turn, the last one again and again; gives its URL
    and what it answered."""
    answered: list[int] = []

    async def answer(_: web.Request) -> web.Response:
        answered.append(statuses[min(len(answered), len(statuses) - 1)])
        return web.Response(status=answered[-1])

    app = web.Application()
    app.router.add_get("/ping/very-secret", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/ping/very-secret", answered
    finally:
        await runner.cleanup()


async def test_every_good_cycle_is_one_call_while_all_feeds_are_fresh() -> None:
    fresh = True
    async with (
        listener([200]) as (url, answered),
        aiohttp.ClientSession() as session,
        asyncio.TaskGroup() as tasks,
    ):
        heartbeat = Heartbeat(url, session=session, fresh=lambda: fresh)
        loop = tasks.create_task(heartbeat.run())
        heartbeat.beat()
        await until(lambda: len(answered) == 1)
        fresh = False
        heartbeat.beat()
        for _ in range(50):
            await asyncio.sleep(0)  # noqa: TID251 (turns, not time)
        assert len(answered) == 1
        fresh = True
        heartbeat.beat()
        await until(lambda: len(answered) == 2)
        loop.cancel()


async def test_a_failing_url_is_logged_once_with_its_recovery_and_without_its_address() -> None:
    async with listener([500, 500, 200]) as (url, answered), aiohttp.ClientSession() as session:
        with capture_logs() as logs:
            async with asyncio.TaskGroup() as tasks:
                heartbeat = Heartbeat(url, session=session, fresh=lambda: True)
                loop = tasks.create_task(heartbeat.run())
                for calls in (1, 2, 3):
                    heartbeat.beat()
                    await until(lambda calls=calls: len(answered) == calls)  # type: ignore[misc]
                    for _ in range(50):
                        await asyncio.sleep(0)  # noqa: TID251
                await until(lambda: any(entry["event"] == "heartbeat_recovered" for entry in logs))
                loop.cancel()
    assert [entry["event"] for entry in logs] == ["heartbeat_failed", "heartbeat_recovered"]
    assert "very-secret" not in repr(logs)


async def test_a_call_that_raises_whatever_it_may_is_a_failed_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(url: str) -> object:
        raise RuntimeError(f"cannot {url}")

    async with listener([200]) as (url, answered), aiohttp.ClientSession() as session:
        with capture_logs() as logs:
            async with asyncio.TaskGroup() as tasks:
                heartbeat = Heartbeat(url, session=session, fresh=lambda: True)
                loop = tasks.create_task(heartbeat.run())
                with monkeypatch.context() as patched:
                    patched.setattr("monitor.daemon.heartbeat.proxy_for", broken)
                    heartbeat.beat()
                    await until(lambda: bool(logs))
                heartbeat.beat()
                await until(lambda: len(answered) == 1)
                loop.cancel()
    assert (logs[0]["event"], logs[0]["error"]) == ("heartbeat_failed", "RuntimeError")
    assert "very-secret" not in repr(logs)
