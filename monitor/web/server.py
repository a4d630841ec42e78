"""The HTTP listener: `/metrics`, `/healthz`, `/readyz`, `/` and `/alerts/<id>`. GET and HEAD
only."""

import json
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Self

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from monitor.clock import Clock, SystemClock
from monitor.domain.alerting.alert import Alert
from monitor.domain.campaign.snapshot import Unreadable
from monitor.errors import StoreError
from monitor.metrics import Metrics
from monitor.web.access import CHALLENGE, SECURITY_HEADERS, Access
from monitor.web.alert_page import ALERT_ID
from monitor.web.bad_requests import BadRequests
from monitor.web.listening import IDLE_SECONDS, BoundedSite, listen_error
from monitor.web.pages import STATIC_FILES, Pages
from monitor.web.status import Status

log = structlog.get_logger()

SHUTDOWN_SECONDS = 2.0
WORTH_COMPRESSING = 1024
_GZIP_ACCEPTED = re.compile(
    r"(?:^|,)\s*gzip\s*(?:;\s*q=(?:0?\.\d*[1-9]\d*|1(?:\.0*)?)\s*)?(?:,|$)", re.IGNORECASE
)
"""`gzip` in an `Accept-Encoding` header, without a weight of 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebOptions:
    """Where to listen and who may read. Port 0 takes any free one; `external_url` is how the
    page is reached from other machines."""

    host: str = "127.0.0.1"
    port: int = 9780
    read_token: str | None = None
    public_read: bool = False
    external_url: str | None = None


FindAlert = Callable[[str], Awaitable[Alert | None]]
"""Finds an alert by its id, in any state; None when there is none. May raise `StoreError`."""

NO_ALERT = (
    "There is no alert with this id.",
    "Ended alerts are kept for 90 days. Pending alerts that never fired are not kept.",
    "Test messages belong to no alert.",
)
NO_STORE = (
    "The database does not answer, and this alert is not in memory.",
    "Try again soon.",
)


async def _no_alert(_: str) -> Alert | None:
    return None


class WebServer:
    """Listens from `start` until `stop`; also an async context manager.

    `status` is called for every request that shows it, `find_alert` for the page of one alert,
    and `unreadable` for the fields of its campaign that cannot be read now.
    """

    def __init__(
        self,
        options: WebOptions,
        metrics: Metrics,
        status: Callable[[], Status],
        find_alert: FindAlert = _no_alert,
        *,
        unreadable: Callable[[Alert], Sequence[Unreadable]] = lambda _: (),
        clock: Clock | None = None,
    ) -> None:
        self._options = options
        self._metrics = metrics
        self._status = status
        self._find_alert = find_alert
        self._unreadable = unreadable
        self._bad_requests = BadRequests(metrics, clock or SystemClock())
        self._pages = Pages()
        self._access = Access(
            host=options.host,
            read_token=options.read_token,
            public_read=options.public_read,
            external_url=options.external_url,
        )
        self._runner: web.AppRunner | None = None
        self._address: tuple[str, int] | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        """Where it listens, with the port it really got. RuntimeError before `start`."""
        if self._address is None:
            raise RuntimeError("the server has not been started")
        host, port = self._address
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def start(self) -> None:
        """Open the port. ListenError says why it cannot be opened and which setting to change."""
        app = web.Application(middlewares=[self._guard], client_max_size=1024)
        app.router.add_get("/", self._index)
        app.router.add_get("/alerts/{id}", self._alert)
        app.router.add_get("/runbooks", self._runbooks)
        app.router.add_get("/static/{name}", self._static)
        app.router.add_get("/metrics", self._render_metrics)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        runner = web.AppRunner(
            app,
            access_log=None,
            logger=self._bad_requests.logger(),
            shutdown_timeout=SHUTDOWN_SECONDS,
            keepalive_timeout=IDLE_SECONDS,
            handle_signals=False,
        )
        await runner.setup()
        host, port = self._options.host, self._options.port
        try:
            await BoundedSite(runner, host, port).start()
        except (OSError, OverflowError) as error:
            await runner.cleanup()
            raise listen_error(host, port, error) from error
        self._runner = runner
        self._address = (host, runner.addresses[0][1])

    async def stop(self) -> None:
        """Close the port; requests under way get two seconds. Stopping twice does nothing."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        refusal = self._access.refusal(
            request.path, request.headers.get("Host", ""), request.headers.get("Authorization", "")
        )
        if refusal is None:
            response = await _answer(request, handler)
        else:
            response = web.Response(status=refusal[0], text=refusal[1])
            if response.status == HTTPStatus.UNAUTHORIZED:
                response.headers["WWW-Authenticate"] = CHALLENGE
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    async def _index(self, request: web.Request) -> web.Response:
        return _html(request, self._pages.index(self._status()))

    async def _alert(self, request: web.Request) -> web.Response:
        alert_id = request.match_info["id"]
        try:
            alert = await self._find_alert(alert_id) if ALERT_ID.fullmatch(alert_id) else None
        except StoreError as error:
            log.warning("alert_not_shown", alert=alert_id, error=str(error))
            return _html(
                request,
                self._pages.message("Not available right now", NO_STORE),
                HTTPStatus.SERVICE_UNAVAILABLE,
            )
        if alert is None:
            return _html(
                request, self._pages.message("No such alert", NO_ALERT), HTTPStatus.NOT_FOUND
            )
        return _html(request, self._pages.alert(alert, self._status().now, self._unreadable(alert)))

    async def _runbooks(self, request: web.Request) -> web.Response:
        return _html(request, self._pages.runbooks())

    async def _static(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in STATIC_FILES:
            raise web.HTTPNotFound
        headers = {"Cache-Control": "private, max-age=300"}
        kind = STATIC_FILES[name]
        return _compressed(
            request,
            web.Response(
                body=self._pages.static[name], content_type=kind, charset="utf-8", headers=headers
            ),
        )

    async def _render_metrics(self, request: web.Request) -> web.Response:
        body, content_type = self._metrics.render(request.headers.get("Accept", ""))
        headers = {"Content-Type": content_type, "Vary": "Accept, Accept-Encoding"}
        return _compressed(request, web.Response(body=body, headers=headers))

    async def _healthz(self, _request: web.Request) -> web.Response:
        return web.Response(text="ok\n")  # an answer at all means that the event loop turns

    async def _readyz(self, _request: web.Request) -> web.Response:
        reasons = self._status().not_ready()
        body = json.dumps({"ready": not reasons, "reasons": reasons})
        status = HTTPStatus.SERVICE_UNAVAILABLE if reasons else HTTPStatus.OK
        return web.Response(status=status, text=body + "\n", content_type="application/json")


async def _answer(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """The handler's answer. An HTTP error becomes an answer too; a bug becomes a bare 500 and a
    traceback in the log."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        return web.Response(
            status=error.status, text=f"{error.status} {error.reason}\n", headers=headers
        )
    except Exception:
        log.exception("http_request_failed", path=request.path)
        return web.Response(
            status=HTTPStatus.INTERNAL_SERVER_ERROR, text="500 Internal Server Error\n"
        )


def _html(request: web.Request, page: str, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    return _compressed(
        request, web.Response(status=status, text=page, content_type="text/html", charset="utf-8")
    )


def _compressed(request: web.Request, response: web.Response) -> web.Response:
    """Use gzip if the client accepts it and the body is large enough; aiohttp compresses large
    bodies off the event loop."""
    accepts = _GZIP_ACCEPTED.search(request.headers.get("Accept-Encoding", ""))
    body = response.body
    if accepts and isinstance(body, bytes) and len(body) >= WORTH_COMPRESSING:
        response.enable_compression(web.ContentCoding.gzip)
    return response
