"""Log-in, refresh, and what a 401 leads to."""

import asyncio
from typing import Any

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from monitor.errors import ProviderError, ProviderFault
from monitor.provider.source import Provider
from tests.clock import START, InstantClock
from tests.unit.provider.scripted import (
    KEY,
    LIST,
    ScriptedProvider,
    failed,
    jwt,
    ok,
    page,
    reader,
    row,
    scripted,
)

LOGIN, REFRESH, BALANCE = "/api/auth/login", "/api/auth/refresh", "/api/accounts/balance"
MONEY = {"data": {"balance": 1}}


class Guarded:
    """Takes only the tokens in `good`."""

    def __init__(self, server: ScriptedProvider) -> None:
        self.good: set[str] = set()
        self.given = 0
        server.script.update({LOGIN: self.login, REFRESH: self.refresh, BALANCE: self.balance})
        self.life = 1000

    def issue(self) -> web.Response:
        self.given += 1
        token = jwt(life=self.life, mark=str(self.given))
        self.good.add(token)
        return ok({"bearer": token})

    async def login(self, request: web.Request) -> web.Response:
        return self.issue() if (await request.json()) == {"api_key": KEY} else failed(401)

    async def refresh(self, request: web.Request) -> web.Response:
        return self.issue() if self.known(request) else failed(401)

    async def balance(self, request: web.Request) -> web.Response:
        return ok(MONEY) if self.known(request) else failed(401, "Unauthenticated.")

    def known(self, request: web.Request) -> bool:
        return request.headers["Authorization"].removeprefix("Bearer ") in self.good


async def ask(provider: Provider) -> None:
    await provider.balance(now=START)


async def test_one_log_in_serves_concurrent_requests() -> None:
    script = {LIST: [ok(page(row(1)))], BALANCE: [ok(MONEY)]}
    async with scripted(script) as server, reader(server.url) as provider:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(ask(provider))
            for kind in ("sms", "rcs"):
                tasks.create_task(
                    provider.sweep(kind, since=0.9 * START.timestamp(), started=START.timestamp())
                )
        assert server.logins == 1


async def test_a_token_is_refreshed_at_80_percent_of_its_life() -> None:
    clock = InstantClock()
    async with scripted() as server, reader(server.url, clock=clock) as provider:
        Guarded(server)
        await ask(provider)
        await clock.sleep(798)
        await ask(provider)
        assert not server.requests(REFRESH)
        await clock.sleep(2)
        await ask(provider)
        (refresh,) = server.requests(REFRESH)
        assert (refresh.method, refresh.headers["Authorization"]) == (
            "POST",
            f"Bearer {jwt(mark='1')}",
        )
        assert server.requests(BALANCE)[-1].headers["Authorization"] == f"Bearer {jwt(mark='2')}"
        assert len(server.requests(LOGIN)) == 1


async def test_an_opaque_token_lasts_until_a_401() -> None:
    clock = InstantClock()
    script = {LOGIN: [ok({"bearer": "opaque"})], BALANCE: [ok(MONEY)]}
    async with scripted(script) as server, reader(server.url, clock=clock) as provider:
        for _ in range(3):
            await ask(provider)
            await clock.sleep(10_000_000)
        assert len(server.requests(LOGIN)) == 1
        assert not server.requests(REFRESH)


@pytest.mark.parametrize("refusal", [failed(500), failed(404)])
async def test_a_refresh_that_fails_leaves_the_old_token_until_its_end_and_then_logs_in(
    refusal: web.Response,
) -> None:
    clock = InstantClock()
    async with scripted() as server, reader(server.url, clock=clock) as provider:
        guard = Guarded(server)
        await ask(provider)
        server.script |= {REFRESH: [refusal], LOGIN: [failed(500)]}
        await clock.sleep(850)
        with capture_logs() as logs:
            await ask(provider)
            assert len(server.requests(REFRESH)) == 1, (
                "the request that waits must not wait for more"
            )
            await clock.sleep(70)
            await ask(provider)
        assert [entry["event"] for entry in logs].count("token_refresh_failed") == 1
        assert server.requests(BALANCE)[-1].headers["Authorization"] == f"Bearer {jwt(mark='1')}"
        server.script[LOGIN] = guard.login
        await clock.sleep(100)
        await ask(provider)
        assert server.requests(BALANCE)[-1].headers["Authorization"] == f"Bearer {jwt(mark='2')}"


async def test_a_refused_refresh_logs_in_at_once() -> None:
    clock = InstantClock()
    async with scripted() as server, reader(server.url, clock=clock) as provider:
        Guarded(server)
        server.script[REFRESH] = [failed(401)]
        await ask(provider)
        await clock.sleep(850)
        await ask(provider)
        assert len(server.requests(LOGIN)) == 2


async def test_others_use_the_old_token_while_one_refreshes() -> None:
    clock = InstantClock()
    asked, go_on = asyncio.Event(), asyncio.Event()
    async with scripted() as server, reader(server.url, clock=clock) as provider:
        guard = Guarded(server)
        server.script[LIST] = [ok(page())]

        async def slow_refresh(request: web.Request) -> web.StreamResponse:
            asked.set()
            await go_on.wait()
            return await guard.refresh(request)

        await ask(provider)
        server.script[REFRESH] = slow_refresh
        await clock.sleep(850)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(ask(provider))
            await asked.wait()
            await provider.sweep("rcs", since=START.timestamp(), started=START.timestamp())
            go_on.set()


async def test_a_401_leads_to_one_log_in_shared_by_concurrent_requests() -> None:
    async with scripted() as server, reader(server.url) as provider:
        guard = Guarded(server)
        await ask(provider)
        guard.good.clear()  # revoked

        async def listed(request: web.Request) -> web.Response:
            return ok(page()) if guard.known(request) else failed(401)

        server.script[LIST] = listed
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(ask(provider))
            for kind in ("sms", "rcs"):
                tasks.create_task(
                    provider.sweep(kind, since=START.timestamp(), started=START.timestamp())
                )
        assert len(server.requests(LOGIN)) == 2


async def test_a_token_refused_right_after_its_log_in_is_not_fetched_again_and_again() -> None:
    clock = InstantClock()
    async with (
        scripted({BALANCE: [failed(401)]}) as server,
        reader(server.url, clock=clock) as provider,
    ):
        for _ in range(5):
            with pytest.raises(ProviderError) as caught:
                await ask(provider)
            assert caught.value.reason is ProviderFault.UNAUTHORIZED
        assert server.logins == 1
        assert "just given" in str(caught.value)


async def test_failing_log_ins_back_off_from_5_to_60_seconds_and_hold_up_no_poll() -> None:
    clock = InstantClock()
    async with (
        scripted({LOGIN: [failed(401, "Unauthenticated.")]}) as server,
        reader(server.url, clock=clock) as provider,
    ):
        with capture_logs() as logs:
            gaps, last = [], clock.monotonic()
            while len(server.requests(LOGIN)) < 8:
                before, asked = clock.monotonic(), len(server.requests(LOGIN))
                with pytest.raises(ProviderError, match="check BSG_API_KEY") as caught:
                    await ask(provider)
                assert clock.monotonic() == before  # at once, whether it asked or remembered
                if len(server.requests(LOGIN)) > asked:
                    gaps.append(round(clock.monotonic() - last))
                    last = clock.monotonic()
                await clock.sleep(1)
        assert gaps == [0, 5, 10, 20, 40, 60, 60, 60]
        assert (caught.value.reason, caught.value.retryable) == (ProviderFault.UNAUTHORIZED, False)
        assert [entry["event"] for entry in logs] == ["login_refused"]
        assert not server.requests(BALANCE)
        server.script = {BALANCE: [ok(MONEY)]}
        await clock.sleep(60)
        with capture_logs() as logs:
            await ask(provider)
        assert [entry["event"] for entry in logs] == ["login_recovered"]


async def test_concurrent_requests_share_a_failing_log_in() -> None:
    async with scripted({LOGIN: [failed(500)]}) as server, reader(server.url) as provider:

        async def fail() -> None:
            with pytest.raises(ProviderError, match="log-in failed"):
                await ask(provider)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(6):
                tasks.create_task(fail())
        assert len(server.requests(LOGIN)) == 1


async def test_a_cancelled_log_in_leaves_the_next_request_to_log_in() -> None:
    reached, hold = asyncio.Event(), asyncio.Event()
    async with scripted({BALANCE: [ok(MONEY)]}) as server, reader(server.url) as provider:

        async def slow(_: web.Request) -> web.StreamResponse:
            reached.set()
            await hold.wait()
            return failed(500)

        server.script[LOGIN] = slow
        async with asyncio.TaskGroup() as tasks:
            first = tasks.create_task(ask(provider))
            await reached.wait()
            server.script[LOGIN] = [ok({"bearer": jwt()})]
            second = tasks.create_task(ask(provider))
            first.cancel()
            await second
        hold.set()


async def test_a_static_token_that_is_refused_says_what_to_replace_each_time() -> None:
    script = {BALANCE: [failed(401, "Unauthenticated."), failed(401), ok(MONEY)]}
    async with (
        scripted(script) as server,
        reader(server.url, token="static-token", account="eu") as provider,
    ):
        for _ in range(2):
            with pytest.raises(
                ProviderError, match="replace BSG_ACCOUNTS__EU__API_TOKEN"
            ) as caught:
                await ask(provider)
            assert caught.value.reason is ProviderFault.UNAUTHORIZED
        await ask(provider)
        assert server.seen[0].headers["Authorization"] == "Bearer static-token"
        assert not server.requests(LOGIN)


@pytest.mark.parametrize("status", [200, 400, 401, 404, 429, 500])
async def test_no_secret_is_in_any_error_or_log(status: int) -> None:
    secrets: dict[str, Any] = {}

    async def echo(request: web.Request) -> web.Response:
        """A provider that tells everything it was sent, in every way."""
        told = f"{await request.text()} {dict(request.headers)} {request.url}"
        return web.json_response(
            {"error": "9", "errorDescription": told, "message": told}, status=status
        )

    async with scripted() as server:
        guard = Guarded(server)
        for options in ({"api_key": KEY}, {"token": "static-secret"}):
            for broken in ([LOGIN, LIST, BALANCE], [REFRESH, LIST, BALANCE]):
                server.script = {LOGIN: guard.login, **dict.fromkeys(broken, echo)}
                clock = InstantClock()
                async with reader(server.url, clock=clock, **options) as provider:
                    with capture_logs() as logs:
                        for _ in range(2):
                            for call in (
                                provider.balance(now=START),
                                provider.sweep(
                                    "rcs", since=START.timestamp(), started=START.timestamp()
                                ),
                                provider.campaign(5),
                                provider.verify(),
                            ):
                                with pytest.raises(ProviderError) as caught:
                                    await call
                                secrets[f"{options} {len(secrets)}"] = str(caught.value)
                            await clock.sleep(900)
                    secrets[f"logs {len(secrets)}"] = str(logs)
    for text in secrets.values():
        assert KEY not in text
        assert "static-secret" not in text
        assert "eyJ" not in text
        assert "127.0.0.1" not in text or "Host" in text  # only where the provider itself said so
