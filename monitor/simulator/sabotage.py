"""Serving a fault: the answers that are wrong on purpose."""

import asyncio
from datetime import timedelta
from email.utils import format_datetime

from aiohttp import web

from monitor.clock import Clock
from monitor.simulator.fault_orders import Fault, FaultKind
from monitor.simulator.http_answers import Refusal, answered, refused, unauthenticated

HTML_PAGE = (
    "<!DOCTYPE html><html><head><title>Server Error</title></head><body><h1>500 | Server "
    "Error</h1></body></html>\n"
)
OVERSIZE_BYTES = 9 * 2**20
CUT_BODY = b'{"data":[{"id":53650001,"name":"Weekend sale","sender":"FreshMart","status":"sen'
CUT_SHORT_BY = 4096
DEFAULT_RETRY_SECONDS = 2.0


class Saboteur:
    """Answers requests with faults. `closing` ends those that hang."""

    def __init__(self, clock: Clock, closing: asyncio.Event) -> None:
        self._clock = clock
        self._closing = closing

    async def answer(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        """What the fault looks like on the wire."""
        match fault.kind:
            case FaultKind.HANG:
                await self._hang(fault.seconds)
                return _dropped(request)
            case FaultKind.RESET:
                return _dropped(request)
            case FaultKind.CUT:
                return await _cut(request)
            case _:
                return self._whole(request, fault)

    def _whole(self, request: web.Request, fault: Fault) -> web.Response:
        match fault.kind:
            case FaultKind.HTML_ERROR:
                return web.Response(status=500, text=HTML_PAGE, content_type="text/html")
            case FaultKind.HTML_OK:
                return web.Response(text=HTML_PAGE, content_type="text/html")
            case FaultKind.RATE_LIMITED | FaultKind.RATE_LIMITED_DATE:
                response = refused(Refusal(429, "Too many duplicate request detected"))
                response.headers.update(self._retry_after(fault))
                return response
            case FaultKind.MALFORMED:
                return web.Response(body=CUT_BODY, content_type="application/json")
            case FaultKind.V1_ERROR:
                return web.json_response(
                    {"error": "40", "errorDescription": "Internal error, try again later"}
                )
            case FaultKind.UNAUTHORIZED:
                return refused(unauthenticated())
            case FaultKind.REDIRECT:
                return web.Response(status=302, headers={"Location": "/elsewhere"})
            case FaultKind.OVERSIZED:
                return answered(request, b'{"data":[],"padding":"' + b"x" * OVERSIZE_BYTES + b'"}')
            case _:
                return refused(Refusal(500, "Server Error"))

    def _retry_after(self, fault: Fault) -> dict[str, str]:
        if fault.kind is FaultKind.RATE_LIMITED:
            return (
                {}
                if fault.seconds is None
                else {"Retry-After": f"{fault.seconds:.3f}".rstrip("0").rstrip(".")}
            )
        ahead = timedelta(seconds=DEFAULT_RETRY_SECONDS if fault.seconds is None else fault.seconds)
        return {"Retry-After": format_datetime(self._clock.now() + ahead, usegmt=True)}

    async def _hang(self, seconds: float | None) -> None:
        if seconds is None:
            await self._closing.wait()
            return
        async with asyncio.TaskGroup() as group:
            wait = group.create_task(self._clock.sleep(seconds))
            end = group.create_task(self._closing.wait())
            await asyncio.wait((wait, end), return_when=asyncio.FIRST_COMPLETED)
            wait.cancel()
            end.cancel()


def _dropped(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _cut(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.content_length = len(CUT_BODY) + CUT_SHORT_BY
    await response.prepare(request)
    await response.write(CUT_BODY)
    if request.transport is not None:
        request.transport.close()
    return response
