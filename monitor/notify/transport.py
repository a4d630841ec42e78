"""One HTTP request of an attempt. It is limited in time and in what it reads, never follows a
redirect, and never logs a body."""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import aiohttp
from yarl import URL

from monitor import __version__
from monitor.errors import DeliveryError, DeliveryFault
from monitor.net import proxy_for, tls_failure

LARGEST_ANSWER = 4096
"""How many bytes of an answer are read. The answers that matter are a word or two."""

USER_AGENT = f"bsg-monitor/{__version__}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A receiver's answer. `body` is its beginning. Never show it: it may repeat what was sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def open_session(*, on_answer: Callable[[int], None] | None = None) -> aiohttp.ClientSession:
    """The session that all receivers share; the caller closes it. `on_answer` is called with the
    status of every answer.

    It has no limit on connections, which one receiver that hangs could use up for all (each
    receiver limits its own), and no cookies. Proxies are looked up for each request
    (`net.proxy_for`), not by aiohttp, which would read `~/.netrc` too.
    """
    return aiohttp.ClientSession(
        trace_configs=[] if on_answer is None else [_telling(on_answer)],
        connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=30),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": USER_AGENT},
    )


def _telling(on_answer: Callable[[int], None]) -> aiohttp.TraceConfig:
    async def tell(
        _session: aiohttp.ClientSession, _context: object, answered: aiohttp.TraceRequestEndParams
    ) -> None:
        on_answer(answered.response.status)

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(tell)
    return trace


async def post(
    session: aiohttp.ClientSession,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    seconds: float,
    tls: ssl.SSLContext | None = None,
    largest: int = LARGEST_ANSWER,
) -> Answer:
    """Send one POST and return the answer, whatever its status. `tls` replaces the system's own
    settings; at most `largest` bytes of the answer are read.

    Raises `DeliveryError` TIMEOUT or CONNECTION if there is no answer within `seconds`. After a
    status has arrived, a body that breaks off or hangs does not matter.
    """
    return await _exchange(
        session,
        "POST",
        url,
        body,
        {"Content-Type": "application/json", **headers},
        seconds=seconds,
        tls=tls,
        largest=largest,
    )


async def get(
    session: aiohttp.ClientSession,
    url: str,
    headers: Mapping[str, str],
    *,
    seconds: float,
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """Send one GET; otherwise as `post`."""
    return await _exchange(session, "GET", url, None, headers, seconds=seconds, tls=tls)


async def reach(
    session: aiohttp.ClientSession, url: str, *, seconds: float, tls: ssl.SSLContext | None = None
) -> None:
    """Check that the host of `url` answers at all, with a HEAD request to its root: no message, and
    not the path, which may be a secret. Raises `DeliveryError` as `post` does; any answer is good.
    """
    parts = urlsplit(url)
    root = urlunsplit(
        parts._replace(netloc=parts.netloc.rpartition("@")[2], path="/", query="", fragment="")
    )
    await _exchange(session, "HEAD", root, None, {}, seconds=seconds, tls=tls)


def under(url: str, path: str) -> str:
    """The URL of `path`, which begins with a slash, below another URL, whose query stays."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + path, fragment=""))


async def _exchange(
    session: aiohttp.ClientSession,
    method: str,
    url: str,
    body: bytes | None,
    headers: Mapping[str, str],
    *,
    seconds: float,
    tls: ssl.SSLContext | None = None,
    largest: int = LARGEST_ANSWER,
) -> Answer:
    proxy = proxy_for(url)
    try:
        async with session.request(
            method,
            URL(url),
            data=body,
            headers={"Accept-Encoding": "identity", **headers, **proxy.request_headers},
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=seconds),
            ssl=True if tls is None else tls,
            proxy=proxy.url,
            proxy_headers=proxy.tunnel_headers,
        ) as response:
            return Answer(
                status=response.status,
                headers=response.headers,
                body=await _beginning(response, largest),
            )
    except TimeoutError:
        raise DeliveryError(
            f"no answer within {seconds:g} s", reason=DeliveryFault.TIMEOUT, retryable=True
        ) from None
    except (aiohttp.ClientError, OSError, UnicodeError) as error:
        raise DeliveryError(
            _words(error), reason=DeliveryFault.CONNECTION, retryable=True
        ) from None  # its text may contain the URL


async def _beginning(response: aiohttp.ClientResponse, largest: int) -> bytes:
    read = b""
    try:
        while len(read) < largest and (chunk := await response.content.read(largest - len(read))):
            read += chunk
    except (TimeoutError, aiohttp.ClientError, OSError):
        return read
    return read


def _words(error: Exception) -> str:
    """What went wrong, in our words: aiohttp's may contain the URL."""
    match error:
        case aiohttp.ClientConnectorDNSError() | UnicodeError():
            return "the host name could not be resolved"
        case aiohttp.ClientConnectorCertificateError(
            certificate_error=ssl.SSLCertVerificationError() as cause
        ):
            return f"the TLS certificate was not accepted: {cause.verify_message}"
        case aiohttp.ClientConnectorCertificateError():
            return "the TLS certificate was not accepted"
        case aiohttp.ClientConnectorSSLError(os_error=cause):
            return tls_failure(cause, instead="http://")
        case aiohttp.ClientProxyConnectionError():
            return "the proxy could not be reached"
        case aiohttp.ClientHttpProxyError():
            return f"the proxy answered {error.status}"
        case aiohttp.ClientConnectorError(os_error=cause):
            return f"could not connect: {cause.strerror or 'no reason given'}"
        case aiohttp.ServerDisconnectedError() | ConnectionError():
            return "the connection was closed before an answer"
        case aiohttp.ClientPayloadError() | aiohttp.ClientResponseError():
            return "the answer was not HTTP"
        case _:
            return f"the connection failed ({type(error).__name__})"
