"""Gentle HTTP towards one account: bounded, spaced, retried, and mapped to `ProviderError` at
this edge."""

import asyncio
import random as random_module
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

import aiohttp
import structlog
from yarl import URL

from monitor import __version__
from monitor.clock import Clock
from monitor.errors import ProviderError, ProviderFault
from monitor.metrics import Metrics
from monitor.net import proxy_for, retry_after, seconds_of_date
from monitor.provider.answer_errors import error_of_exception, error_of_status, quote
from monitor.provider.pacing import LONGEST_RETRY_AFTER, Pacer
from monitor.provider.wire import BodyError

HEADERS = {
    "User-Agent": f"bsg-monitor/{__version__}",
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
}
"""Sent with every request."""
TRIES = 3
REQUEST_TIMEOUT = 30.0
LARGEST_ANSWER = 8 * 2**20
"""Bytes after decompression."""
_LARGEST_ERROR = 64 * 1024
_CHUNK = 64 * 1024
_FIRST_BACKOFF = 1.0
_REMEMBERED_SECRETS = 8

T = TypeVar("T")
Decode = Callable[[bytes], T]
"""A body → what was asked for; raises BodyError, which is retried like any other broken answer."""
Query = tuple[tuple[str, str], ...]

log = structlog.get_logger()


@dataclass(slots=True)
class Tally:
    """The HTTP requests that one reading cost, and when the last was sent, on the monotonic
    clock."""

    requests: int = 0
    sent_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, without who makes it. `path` begins with a slash; `timeout` in seconds, in
    place of the client's."""

    method: str
    path: str
    query: Query = ()
    body: dict[str, str] | None = None
    timeout: float | None = None

    @property
    def what(self) -> str:
        return f"{self.method} {self.path}"


class Client:
    """One account's requests. `session` is closed with the client only when the client made it."""

    def __init__(
        self,
        *,
        account: str,
        url: str,
        clock: Clock,
        metrics: Metrics,
        secrets: Sequence[str] = (),
        random: Callable[[], float] = random_module.random,
        session: aiohttp.ClientSession | None = None,
        timeout: float = REQUEST_TIMEOUT,
    ) -> None:
        """`secrets` never appear in an error; `random` in [0, 1) spreads the waits; `timeout` is
        in seconds, for one request."""
        self._account = account
        self._url = url.rstrip("/")
        self._clock = clock
        self._metrics = metrics
        self._random = random
        self._session = session
        self._own_session = session is None
        self._proxy = proxy_for(self._url)
        self._timeout = timeout
        self._pacer = Pacer(clock)
        self._secrets = tuple(filter(None, secrets))
        self._tokens: deque[str] = deque(maxlen=_REMEMBERED_SECRETS)
        self.clock_skew: float | None = None
        """Seconds that the provider's clock is ahead of ours, by the last answer's Date; good to
        about a second."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of connections. Never raises."""
        session, self._session = self._session, None
        if session is not None and self._own_session:
            try:
                await session.close()
            except (OSError, aiohttp.ClientError) as error:
                log.debug("session_close_failed", account=self._account, error=type(error).__name__)

    def keep_secret(self, token: str) -> None:
        """Never quote this token; the last eight are remembered."""
        self._tokens.append(token)

    def quote(self, text: str) -> str:
        """The provider's words, fit for a log."""
        return quote(text, (*self._secrets, *self._tokens))

    async def request(
        self,
        call: Call,
        decode: Decode[T],
        *,
        bearer: str | None = None,
        tally: Tally | None = None,
        tries: int = TRIES,
    ) -> T:
        """Ask, and decode the answer; again up to `tries` times where that may help.
        ProviderError."""
        for attempt in range(1, tries + 1):
            try:
                return await self._attempt(call, decode, bearer, tally)
            except ProviderError as error:
                wish = error.retry_after or 0.0
                if (
                    not error.retryable
                    or attempt == tries
                    or wish > LONGEST_RETRY_AFTER
                    or self._pacer.refusing
                ):
                    raise
                backoff = _FIRST_BACKOFF * 2 ** (attempt - 1) * (1 + self._random())
                log.debug(
                    "request_retried",
                    account=self._account,
                    request=call.what,
                    reason=error.reason.value,
                )
                await self._clock.sleep(max(backoff, wish))
        raise AssertionError("the last try returns or raises")

    async def _attempt(
        self, call: Call, decode: Decode[T], bearer: str | None, tally: Tally | None
    ) -> T:
        async with self._pacer.turn((call.method, call.path, call.query)):
            if tally is not None:
                tally.requests += 1
                tally.sent_at = self._clock.monotonic()
            code = "cancelled"
            try:
                status, body = await self._exchange(call, bearer)
                code = str(status)
                self._pacer.answered()
                return decode(body)
            except BodyError as error:
                code = ProviderFault.BAD_BODY.value
                raise ProviderError(
                    f"the provider's answer to {self._described(call)} cannot be used: "
                    f"{self.quote(str(error))}",
                    reason=ProviderFault.BAD_BODY,
                    retryable=True,
                    status=status,
                ) from error
            except ProviderError as error:
                code = str(error.status or error.reason.value)
                raise
            finally:
                if code != "cancelled":
                    self._metrics.api_requests.labels(self._account, code).inc()

    async def _exchange(self, call: Call, bearer: str | None) -> tuple[int, bytes]:
        """(status, body) of a success. ProviderError for everything else."""
        what = self._described(call)
        headers = {**HEADERS, **self._proxy.request_headers}
        if bearer is not None:
            headers["Authorization"] = f"Bearer {bearer}"
        timeout = self._timeout if call.timeout is None else call.timeout
        try:
            async with asyncio.timeout(timeout):
                sent = self._clock.now()
                async with self._opened().request(
                    call.method,
                    URL(self._url + call.path, encoded=False),
                    params=call.query,
                    json=call.body,
                    headers=headers,
                    allow_redirects=False,
                    proxy=self._proxy.url,
                    proxy_headers=self._proxy.tunnel_headers,
                ) as response:
                    received = self._clock.now()
                    self._learn_skew(response, (sent.timestamp() + received.timestamp()) / 2)
                    if 200 <= response.status < 300:
                        return response.status, await self._read(response, call)
                    body = await _read_start(response)
                    status = response.status
                    wish = retry_after(response.headers, now=received)
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            raise error_of_exception(error, what=what, timeout=timeout) from error
        failure = error_of_status(
            status, body, what=what, retry_after=wish, secrets=(*self._secrets, *self._tokens)
        )
        if failure.retryable and wish:
            self._pacer.quiet(wish, failure)
        raise failure

    async def _read(self, response: aiohttp.ClientResponse, call: Call) -> bytes:
        """The whole body, decompressed piece by piece (aiohttp bounds each), so that a bomb is
        noticed before it is unpacked."""
        declared = response.content_length or 0
        chunks: list[bytes] = []
        size = 0
        if declared <= LARGEST_ANSWER:
            async for chunk in response.content.iter_any():
                size += len(chunk)
                if size > LARGEST_ANSWER:
                    break
                chunks.append(chunk)
            else:
                return b"".join(chunks)
        response.close()
        raise ProviderError(
            f"the provider's answer to {self._described(call)} is larger than "
            f"{LARGEST_ANSWER // 2**20} MiB",
            reason=ProviderFault.TOO_LARGE,
            retryable=False,
        )

    def _described(self, call: Call) -> str:
        """The request for people: with its whole URL, without the query."""
        return f"{call.method} {self._url}{call.path}"

    def _learn_skew(self, response: aiohttp.ClientResponse, ours: float) -> None:
        theirs = seconds_of_date(response.headers.get("Date", ""))
        if (
            theirs is not None and "Age" not in response.headers
        ):  # a cache's copy keeps its old date
            self.clock_skew = theirs + 0.5 - ours  # the header is cut to whole seconds

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = open_session()
            self._own_session = True
        return self._session


async def _read_start(response: aiohttp.ClientResponse) -> bytes:
    """As much of an error's body as may hold its message."""
    start = b""
    async for chunk in response.content.iter_chunked(_CHUNK):
        start += chunk
        if len(start) >= _LARGEST_ERROR:
            response.close()
            break
    return start[:_LARGEST_ERROR]


def open_session() -> aiohttp.ClientSession:
    """A session that keeps no cookies and sets no time limit of its own.

    Certificates are checked as OpenSSL's defaults say: SSL_CERT_FILE and SSL_CERT_DIR are honoured.
    """
    return aiohttp.ClientSession(
        read_bufsize=2**20,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
    )
