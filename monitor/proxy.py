"""The way out of the house: what the environment says about proxies."""

import os
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache

from aiohttp.helpers import get_env_proxy_for_url
from yarl import URL

_VARIABLES = ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY", "REQUEST_METHOD", "NETRC", "HOME")
"""Everything in the environment that the answer depends on; the last three: CGI, and where passwords for proxies are kept."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """How requests leave: directly where `url` is null. `headers` hold the proxy's own credentials."""

    url: URL | None = None
    headers: dict[str, str] | None = field(default=None, repr=False)


def proxy_for(url: str) -> Proxy:
    """What the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY) says about the way to `url`.

    Asked here, and not for every request by aiohttp's `trust_env`: that would read `~/.netrc` too, and send a
    password it finds there to whoever is at that host, or refuse to send anything once the entry competes with a header of ours.
    """
    return _look_up(url, tuple(map(os.environ.get, _VARIABLES)))


@lru_cache(maxsize=64)
def _look_up(url: str, _said: tuple[str | None, ...]) -> Proxy:
    """Once for each URL as long as the variables say the same: it goes through the whole environment and reads a file."""
    with suppress(LookupError):
        proxy, auth = get_env_proxy_for_url(URL(url))
        return Proxy(proxy, None if auth is None else {"Proxy-Authorization": auth.encode()})
    return Proxy()
