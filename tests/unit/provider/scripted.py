"""A provider that says exactly what a test tells it to, over real HTTP on the loopback."""

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from monitor.clock import Clock
from monitor.metrics import Metrics
from monitor.provider.source import Provider, ProviderOptions
from tests.clock import InstantClock

KEY = "live_0123456789abcdef"
LIST = "/api/campaigns"

Answer = web.StreamResponse | Callable[[web.Request], Awaitable[web.StreamResponse]]


def row(campaign_id: int = 1, **changes: Any) -> dict[str, Any]:
    """A documented row of a list."""
    return {
        "id": campaign_id,
        "name": f"campaign {campaign_id}",
        "sender": "ShopAgent",
        "status": "sending",
        "message_type": "rcs",
        "start_at": "2026-03-02 08:00:00",
        "real_start_at": "2026-03-02 08:00:05",
        "finished_at": None,
        "created_at": "2026-03-02 07:59:00",
        "statistics": {"delivered": 412, "sent": 500},
        "calculated_price": 0,
        "currency": None,
        "alternative_channels": {"sms": {"statistic": {"delivered": 61, "sent": 70}}},
        **changes,
    }


def page(*rows: Any, total: int | None = None, limit: int = 500, offset: int = 0) -> dict[str, Any]:
    return {
        "data": list(rows),
        "meta": {
            "page": {
                "total": len(rows) if total is None else total,
                "limit": limit,
                "offset": offset,
            }
        },
    }


def jwt(*, iat: float = 1_000_000, life: float = 1000, mark: str = "") -> str:
    """A token as the provider makes them; `mark` tells two apart."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'HS256'})}.{part({'iat': iat, 'exp': iat + life, 'jti': mark})}.c2lnbmF0dXJl"


def ok(value: object, **headers: str) -> web.Response:
    return web.json_response(value, headers=headers)


def failed(status: int, message: str = "no", **headers: str) -> web.Response:
    return web.json_response(
        {"message": message},
        status=status,
        headers={k.replace("_", "-"): v for k, v in headers.items()},
    )


@dataclass
class ScriptedProvider:
    """Answers by path. `script[path]` is a list used up one by one, its last answer for ever, or
    a handler."""

    url: str = ""
    script: dict[str, list[Answer] | Answer] = field(default_factory=dict)
    seen: list[web.Request] = field(default_factory=list)
    logins: int = 0
    token_life: float = 1000

    def requests(self, path: str) -> list[web.Request]:
        return [request for request in self.seen if request.path == path]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request)
        planned = self.script.get(request.path)
        if planned is None and request.path == "/api/auth/login":
            self.logins += 1
            return ok({"bearer": jwt(life=self.token_life, mark=str(self.logins))})
        if planned is None:
            return failed(404, "Not Found.")
        if isinstance(planned, list):
            planned = planned.pop(0) if len(planned) > 1 else planned[0]
        if isinstance(planned, web.Response):  # an answer can be sent once: give a copy
            return web.Response(body=planned.body, status=planned.status, headers=planned.headers)
        assert callable(planned)
        return await planned(request)


@asynccontextmanager
async def scripted(
    script: Mapping[str, list[Answer] | Answer] | None = None,
) -> AsyncIterator[ScriptedProvider]:
    provider = ScriptedProvider(script=dict(script or {}))
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", provider.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        provider.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield provider
    finally:
        await runner.cleanup()


@asynccontextmanager
async def reader(
    url: str, *, clock: Clock | None = None, metrics: Metrics | None = None, **options: Any
) -> AsyncIterator[Provider]:
    """A `Provider` of account "default" that is closed at the end."""
    credentials = {} if "token" in options else {"api_key": KEY}
    provider = Provider(
        ProviderOptions(**{"account": "default", "url": url, **credentials, **options}),
        clock=clock or InstantClock(),
        metrics=metrics or Metrics("test"),
        random=lambda: 0.0,
    )
    try:
        yield provider
    finally:
        await provider.close()
