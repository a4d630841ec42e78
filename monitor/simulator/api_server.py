"""The stand-in provider as an HTTP server."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, timedelta, tzinfo
from email.utils import format_datetime

from aiohttp import web

from monitor.clock import Clock
from monitor.simulator.auth import TEST_PREFIX, Tokens
from monitor.simulator.campaign_list import CampaignList
from monitor.simulator.control import Control, SeenRequest
from monitor.simulator.dialect import EXAMPLE, PLURAL, SINGULAR, Dialect
from monitor.simulator.fault_orders import Decision, Faults
from monitor.simulator.http_answers import Refusal, answered, answered_with, not_found, refused
from monitor.simulator.rendering import Writer
from monitor.simulator.sabotage import Saboteur
from monitor.simulator.scenario import Scenario
from monitor.simulator.world import World

CONTROL_PREFIX = "/_simulator"
LARGEST_LOG = 10_000
SHUTDOWN_SECONDS = 1.0

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_DECISION = web.RequestKey("decision", Decision)
_HOLDER = web.RequestKey("holder", str)


class Simulator:
    """The provider's API over one world.

    `keys` may log in (a `test_…` key is answered with random statuses and counters),
    `static_tokens` are bearer tokens that hold without it; other tokens live for `token_life`.
    `zone` is the provider's own: its times are naive in it. `dialect` picks among what the
    documentation leaves open and may be replaced at any time, as may the plan in `faults`.
    `control` serves `/_simulator/…`, which wants no token: leave it off where others can reach
    the port.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        clock: Clock,
        faults: Faults | None = None,
        seed: int = 1,
        keys: Iterable[str] = ("live_demo",),
        static_tokens: Iterable[str] = (),
        token_life: timedelta = timedelta(days=30),
        zone: tzinfo = UTC,
        dialect: Dialect | None = None,
        control: bool = True,
    ) -> None:
        self.world = World(scenario, clock)
        self.faults = Faults(seed=seed) if faults is None else faults
        self.tokens = Tokens(
            keys, clock=clock, life=token_life.total_seconds(), seed=seed, static=static_tokens
        )
        self.requests: deque[SeenRequest] = deque(maxlen=LARGEST_LOG)
        self._clock = clock
        self._control = control
        self._closing = asyncio.Event()
        self._saboteur = Saboteur(clock, self._closing)
        self._writer = Writer(dialect or Dialect(), zone)
        self._listing = CampaignList(self.world, lambda: self._writer, clock=clock, seed=seed)
        self._last_seen: dict[str, float] = {}

    @property
    def dialect(self) -> Dialect:
        return self._writer.dialect

    @dialect.setter
    def dialect(self, dialect: Dialect) -> None:
        self._writer = Writer(dialect, self._writer.zone)
        self.world.forget_bodies()

    def app(self) -> web.Application:
        """A new application; it can be served anywhere, also several times."""
        app = web.Application(middlewares=[self._answer])
        app.on_response_prepare.append(self._date)
        app.router.add_post("/api/auth/login", self.tokens.login)
        app.router.add_post("/api/auth/refresh", self.tokens.refresh)
        app.router.add_get("/api/accounts/balance", self._balance)
        for path in (PLURAL, SINGULAR, EXAMPLE):
            app.router.add_get(path, self._list)
            app.router.add_get(path + r"/{id:\d+}", self._single)
            app.router.add_get(path + r"/{id:\d+}/detail", self._detail)
            app.router.add_patch(path + r"/{id:\d+}/stop", self._stop)
        if self._control:
            Control(self.world, self.faults, self.tokens, self.requests, self._clock).add_to(
                app, CONTROL_PREFIX
            )
        return app

    @asynccontextmanager
    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
        """Listen while the context lasts; gives the base URL without a slash at its end. OSError
        when the port is taken."""
        self._closing.clear()
        runner = web.AppRunner(
            self.app(),
            access_log=None,
            handler_cancellation=True,
            shutdown_timeout=SHUTDOWN_SECONDS,
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            yield f"http://{f'[{host}]' if ':' in host else host}:{runner.addresses[0][1]}"
        finally:
            self._closing.set()
            await runner.cleanup()

    # --- every request ---

    @web.middleware
    async def _answer(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        try:
            if request.path.startswith(CONTROL_PREFIX):
                return await handler(request)
            self.requests.append(SeenRequest(request.method, request.path, dict(request.query)))
            return await self._provider(request, handler)
        except Refusal as refusal:
            return refused(refusal)
        except web.HTTPException as error:
            return refused(Refusal(error.status, error.reason))

    async def _date(self, _request: web.Request, response: web.StreamResponse) -> None:
        """The simulator's own time, not the machine's: a client may compare it with its clock."""
        response.headers["Date"] = format_datetime(self._clock.now(), usegmt=True)

    async def _provider(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        decision = self.faults.decide(request.path)
        if decision.delay:
            await self._clock.sleep(decision.delay)
        if decision.fault is not None:
            return await self._saboteur.answer(request, decision.fault)
        request[_DECISION] = decision
        self._refuse_duplicates(request)
        if not request.path.startswith("/api/auth/"):
            request[_HOLDER] = self.tokens.holder(request.headers.get("Authorization"))
        return await handler(request)

    def _refuse_duplicates(self, request: web.Request) -> None:
        window = self.dialect.duplicate_window
        if not window:
            return
        now = self._clock.monotonic()
        same = f"{request.method} {request.raw_path} {request.headers.get('Authorization')}"
        last = self._last_seen.get(same)
        self._last_seen = {key: at for key, at in self._last_seen.items() if now - at < window}
        self._last_seen[same] = now
        if last is not None and now - last < window:
            raise Refusal(429, "Too many duplicate request detected")

    # --- the calls ---

    async def _list(self, request: web.Request) -> web.Response:
        return self._listing.answer(
            request, request[_DECISION].oddities, scrambled=request[_HOLDER].startswith(TEST_PREFIX)
        )

    async def _single(self, request: web.Request) -> web.Response:
        row = self.world.row(int(request.match_info["id"]))
        if row is None:
            raise not_found()
        oddities = request[_DECISION].oddities
        body = self._writer.row(row, self._clock.now().timestamp(), request.path, oddities)
        return answered(request, b'{"data":' + body + b"}")

    async def _detail(self, request: web.Request) -> web.Response:
        state = self.world.campaign(int(request.match_info["id"]))
        if state is None:
            raise not_found()
        return answered_with(request, {"data": self._writer.detail(state)})

    async def _stop(self, request: web.Request) -> web.Response:
        campaign_id = int(request.match_info["id"])
        if self.world.row(campaign_id) is None:
            raise not_found()
        if not self.world.stop(campaign_id):
            raise Refusal(
                422,
                "The given data was invalid.",
                errors={"status": ["The campaign cannot be stopped."]},
            )
        return await self._single(request)

    async def _balance(self, request: web.Request) -> web.Response:
        amount, credit, currency = self.world.balance()
        return answered_with(
            request, {"data": {"balance": amount, "currency": currency, "credit": credit}}
        )
