"""What everything that speaks HTTP shares: loopback addresses, `Retry-After`, TLS failures,
proxies."""

import math
import os
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import NoReturn
from urllib.parse import unquote, urlsplit

from yarl import URL

from monitor.errors import ConfigError, Place, Problem

YEARS = range(1970, 2101)
"""The years that a real date can have."""

PORTS: Mapping[str, int] = {"http": 80, "https": 443}

LONGEST_WAIT = 1_000_000_000.0
"""Seconds. A longer `Retry-After` is cut to it: its number may not fit a float."""
_NOT_TLS = frozenset(
    {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST"}
)
"""OpenSSL's reasons, in different versions, when the other side does not speak TLS."""
_SECONDS = re.compile(r"\d+(\.\d+)?", re.ASCII)

_PROXIES: Mapping[str, Sequence[str]] = {
    "http": ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"),
    "https": ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"),
}
"""The proxy variables of a URL's scheme. As in curl, the first that is not empty counts."""
_EXEMPT = ("no_proxy", "NO_PROXY")
_BRACKETS = re.compile(r"^\[(.*)\](/\d+)?$")
PROXY_VARIABLES = (*dict.fromkeys(name for names in _PROXIES.values() for name in names), *_EXEMPT)
_PROXY_PORTS: Mapping[str, int] = {"http": 1080, "https": 443}
"""curl's ports, for variables without one."""


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine, without asking DNS.

    IPv6 addresses may have brackets.
    """
    host = host.strip("[]").rstrip(".").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def plain_http_beyond_loopback(url: str) -> bool:
    """Whether requests to `url` can be read on the way."""
    parts = urlsplit(url)
    return parts.scheme == "http" and not is_loopback(parts.hostname or "")


def possible_host(host: str) -> bool:
    """Whether DNS could know a host (RFC 1035, 2.3.4): every label has 1 to 63 characters."""
    return ":" in host or all(0 < len(label) < 64 for label in host.removesuffix(".").split("."))


def tls_failure(error: OSError, *, instead: str) -> str:
    """What went wrong in a TLS handshake, apart from the certificate. `instead` is what to write
    for a connection without TLS."""
    if getattr(error, "reason", None) in _NOT_TLS:
        return (
            "TLS could not be agreed on: that port does not speak TLS; check the port, or write "
            f"{instead}"
        )
    return "TLS could not be agreed on"


def seconds_of_date(header: str) -> float | None:
    """Unix seconds of an HTTP date; None if it is not one, or not of a year in `YEARS`."""
    try:
        moment = parsedate_to_datetime(header)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    if moment.year not in YEARS:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def retry_after(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """`Retry-After` in seconds, written as seconds or as an HTTP date (RFC 9110, 10.2.3); None if
    it is neither.

    A date is compared with the sender's clock: the answer's `Date`, and `Age` if a cache kept it.
    If the answer has no date, it is compared with `now`.
    """
    value = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(value):
        return min(float(value), LONGEST_WAIT)
    moment = seconds_of_date(value)
    if moment is None:
        return None
    sent = seconds_of_date(headers.get("Date", ""))
    if sent is None:
        return float(max(0, math.ceil(moment - now.timestamp())))
    age = headers.get("Age", "").strip()
    return max(
        0.0, moment - sent - (min(float(age), LONGEST_WAIT) if _SECONDS.fullmatch(age) else 0.0)
    )


@dataclass(frozen=True, slots=True)
class Proxy:
    """How a request leaves: directly if `url` is None. The headers hold the proxy's credentials.

    For https the proxy is asked for a tunnel, with `tunnel_headers`; for plain http it reads the
    request itself, which needs `request_headers`.
    """

    url: URL | None = None
    tunnel_headers: Mapping[str, str] | None = field(default=None, repr=False)
    request_headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def proxy_for(url: str) -> Proxy:
    """The way to `url` by HTTPS_PROXY or HTTP_PROXY, ALL_PROXY and NO_PROXY, read as curl does.

    ConfigError for an unusable proxy; `check_proxies` finds it beforehand. aiohttp's `trust_env`
    is not used: it would also read `~/.netrc` and send a password from there to the server, or
    refuse to send anything when the entry conflicts with one of our headers.
    """
    return _look_up(url, tuple(os.environ.get(name, "") for name in PROXY_VARIABLES))


@lru_cache(maxsize=64)
def _look_up(url: str, said: tuple[str, ...]) -> Proxy:
    """Computed once for each URL while the variables stay the same."""
    environ = dict(zip(PROXY_VARIABLES, said, strict=True))
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    chosen = _first(environ, _PROXIES[scheme])
    host, port = (parts.hostname or "").rstrip("."), parts.port or PORTS[scheme]
    if chosen is None or any(
        each is not None and each.covers(host, port) for _, each in _exemptions(environ)
    ):
        return Proxy()
    address, credentials = _parsed(chosen, environ[chosen])
    headers = {} if credentials is None else {"Proxy-Authorization": credentials}
    return (
        Proxy(address, tunnel_headers=headers)
        if scheme == "https"
        else Proxy(address, request_headers=headers)
    )


def check_proxies(
    environ: Mapping[str, str],
) -> tuple[Sequence[Problem], Sequence[tuple[str, Place, str]]]:
    """Mistakes in the proxy variables, and doubts: what, where, and what to do. Variables that are
    not read are not checked."""
    exemptions = list(_exemptions(environ))
    doubtful = [
        (
            f"its entry {number} fits no host",
            Place(_first(environ, _EXEMPT) or ""),
            (
                "write a host or domain, host:port, an address, a network such as 10.0.0.0/8, or * "
                "for all"
            ),
        )
        for number, exemption in exemptions
        if exemption is None
    ]
    if _Exemption() in (exemption for _, exemption in exemptions):
        return (), doubtful
    wrong: list[Problem] = []
    for name in dict.fromkeys(_first(environ, names) for names in _PROXIES.values()):
        if name is not None:
            try:
                _parsed(name, environ[name])
            except ConfigError as error:
                wrong += error.problems
    return wrong, doubtful


def _first(environ: Mapping[str, str], names: Sequence[str]) -> str | None:
    return next((name for name in names if environ.get(name, "").strip()), None)


def _parsed(name: str, written: str) -> tuple[URL, str | None]:
    """Address and credentials of the proxy in a variable.

    ConfigError, which does not show the value: it may contain a password.
    """

    def refuse(why: str, hint: str) -> NoReturn:
        raise ConfigError([Problem(why, Place(name), hint)])

    expected = (
        "expected http://host:port, with user:password@ before the host if the proxy asks for them"
    )
    scheme, mark, rest = written.strip().partition("://")
    scheme, rest = (scheme.lower(), rest) if mark else ("http", scheme)
    if scheme not in _PROXY_PORTS:
        kind = "a SOCKS proxy" if scheme.startswith("socks") else "an unknown kind of proxy"
        refuse(
            f"is {kind}; the monitor uses http:// and https:// proxies only",
            f"{expected}, or unset {name}",
        )
    if not rest.isprintable() or " " in rest:
        refuse("has a space or a control character in it", expected)
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        host = parts.hostname or ""
    except ValueError:
        refuse("has an invalid IPv6 address", expected)
    if "@" in parts.path + parts.query + parts.fragment:
        refuse("has a user or a password with / ? or # in it", "write them as %2F, %3F and %23")
    try:
        port = _PROXY_PORTS[scheme] if parts.port is None else parts.port
    except ValueError:
        port = 0
    if port == 0:
        refuse("has a port that is not a number from 1 to 65535", expected)
    address: URL | None = None
    if possible_host(host):
        with suppress(ValueError):
            address = URL.build(scheme=scheme, host=host, port=port)
    if address is None:
        refuse("names no host", expected)
    if parts.username is None:
        return address, None
    user_and_password = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return address, f"Basic {b64encode(user_and_password.encode()).decode()}"


@dataclass(frozen=True, slots=True)
class _Exemption:
    """An entry of NO_PROXY: a network, or a host and its subdomains ("" is every host), at one
    port or at all."""

    host: str = ""
    network: IPv4Network | IPv6Network | None = None
    port: int | None = None

    def covers(self, host: str, port: int) -> bool:
        if self.port not in (None, port):
            return False
        try:
            address = ip_address(host)
        except ValueError:
            named = not self.host or host == self.host or host.endswith(f".{self.host}")
            return self.network is None and named
        return not self.host if self.network is None else address in self.network


def _exemptions(environ: Mapping[str, str]) -> Iterator[tuple[int, _Exemption | None]]:
    """The entries of NO_PROXY with their numbers, from 1; None for one that fits no host."""
    name = _first(environ, _EXEMPT)
    entries = re.split(r"[\s,]+", environ[name].lower()) if name else ()
    for number, entry in enumerate(filter(None, entries), start=1):
        yield number, _exemption(entry)


def _exemption(entry: str) -> _Exemption | None:
    network = _network(entry)
    if network is not None:
        return _Exemption(network=network)
    host, colon, digits = entry.rpartition(":")
    if not colon:
        host, port = entry, None
    elif digits.isascii() and digits.isdecimal() and 0 < int(digits[:6]) < 65536:
        port = int(digits)
    else:
        return None
    network = _network(host)
    if network is not None:
        return _Exemption(network=network, port=port)
    if host == "*":
        return _Exemption(port=port)
    domain = host.removeprefix("*").strip(".")
    return (
        _Exemption(domain, port=port)
        if re.fullmatch(r"[\w.-]+", domain) and possible_host(domain)
        else None
    )


def _network(text: str) -> IPv4Network | IPv6Network | None:
    with suppress(ValueError):
        return ip_network(_BRACKETS.sub(r"\1\2", text), strict=False)
    return None
