"""The connection pool to the provider, and the way out of the house."""

from contextlib import suppress
from dataclasses import dataclass, field

import aiohttp
from aiohttp.helpers import get_env_proxy_for_url
from yarl import URL

from monitor import __version__

HEADERS = {"User-Agent": f"bsg-monitor/{__version__}", "Accept": "application/json", "Accept-Encoding": "gzip"}
"""Sent with every request."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """How requests leave: directly where `url` is null. `headers` hold the proxy's own credentials."""

    url: URL | None = None
    headers: dict[str, str] | None = field(default=None, repr=False)


def proxy_for(url: str) -> Proxy:
    """What the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY) says about the way to `url`.

    Asked once, here, and not for every request by aiohttp's `trust_env`: that would read `~/.netrc` too, each time in a thread,
    and refuse to send anything once an entry there (`default` is enough) competes with our Authorization header.
    """
    with suppress(LookupError):
        proxy, auth = get_env_proxy_for_url(URL(url))
        return Proxy(proxy, None if auth is None else {"Proxy-Authorization": auth.encode()})
    return Proxy()


def open_session() -> aiohttp.ClientSession:
    """A session that keeps no cookies and sets no time limit of its own.

    Certificates are checked as OpenSSL's defaults say: SSL_CERT_FILE and SSL_CERT_DIR are honoured.
    """
    return aiohttp.ClientSession(
        read_bufsize=2**20,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
    )
