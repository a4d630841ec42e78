"""The way out of the house: what the environment says about proxies."""

from contextlib import suppress
from dataclasses import dataclass, field

from aiohttp.helpers import get_env_proxy_for_url
from yarl import URL


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
    with suppress(LookupError):
        proxy, auth = get_env_proxy_for_url(URL(url))
        return Proxy(proxy, None if auth is None else {"Proxy-Authorization": auth.encode()})
    return Proxy()
