"""HTTP answers in the provider's style: JSON bodies, API 2.0 errors, gzip for those who ask."""

import zlib
from collections.abc import Mapping, Sequence

import msgspec
from aiohttp import web

SMALLEST_ZIPPED = 1024


class Refusal(Exception):  # noqa: N818 (an answer, not a fault of ours)
    """A request that is answered with an API 2.0 error body."""

    def __init__(
        self, status: int, message: str, *, errors: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors


def invalid(field: str, problem: str) -> Refusal:
    """The 422 for one parameter."""
    return Refusal(422, "The given data was invalid.", errors={field: [problem]})


def unauthenticated() -> Refusal:
    return Refusal(401, "Unauthenticated.")


def not_found() -> Refusal:
    return Refusal(404, "Not found.")


def refused(refusal: Refusal) -> web.Response:
    """The body of an API 2.0 error."""
    body = {"message": refusal.message, "errors": refusal.errors or {}}
    return web.Response(
        status=refusal.status, body=msgspec.json.encode(body), content_type="application/json"
    )


def answered(request: web.Request, body: bytes, *, status: int = 200) -> web.Response:
    """A JSON body, compressed when the client takes gzip and it is worth it."""
    headers = {"Content-Type": "application/json", "Vary": "Accept-Encoding"}
    if len(body) >= SMALLEST_ZIPPED and "gzip" in request.headers.get("Accept-Encoding", ""):
        press = zlib.compressobj(level=1, wbits=31)
        body = press.compress(body) + press.flush()
        headers["Content-Encoding"] = "gzip"
    return web.Response(status=status, body=body, headers=headers)


def answered_with(request: web.Request, value: object, *, status: int = 200) -> web.Response:
    """A value as a JSON body."""
    return answered(request, msgspec.json.encode(value), status=status)
