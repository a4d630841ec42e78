"""What all that speaks HTTP agrees on: what this machine is, how long to wait, which proxy to
use."""

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
"""Of a time that can be meant."""

PORTS: Mapping[str, int] = {"http": 80, "https": 443}

LONGEST_WAIT = 1_000_000_000.0
"""Seconds; a number may have more digits than a float can hold."""
_NOT_TLS = frozenset(
    {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST"}
)
"""What versions of OpenSSL say when the other side does not speak TLS."""
_SECONDS = re.compile(r"\d+(\.\d+)?", re.ASCII)

_PROXIES: Mapping[str, Sequence[str]] = {
    "http": ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"),
    "https": ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"),
}
"""The variables to look at by a URL's scheme. As with curl the first that is not empty counts."""
_EXEMPT = ("no_proxy", "NO_PROXY")
_BRACKETS = re.compile(r"^\[(.*)\](/\d+)?$")
PROXY_VARIABLES = (*dict.fromkeys(name for names in _PROXIES.values() for name in names), *_EXEMPT)
_PROXY_PORTS: Mapping[str, int] = {"http": 1080, "https": 443}
"""curl's, where the variable names none."""


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine, as far as can be told without asking DNS.

    IPv6 with or without brackets.
    """
    host = host.strip("[]").rstrip(".").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def plain_http_beyond_loopback(url: str) -> bool:
    """Whether requests to it can be read on the way."""
    parts = urlsplit(url)
    return parts.scheme == "http" and not is_loopback(parts.hostname or "")


def possible_host(host: str) -> bool:
    """Whether a DNS could be asked for a host (RFC 1035, 2.3.4).

    None of its labels is empty or has more than 63 characters.
    """
    return ":" in host or all(0 < len(label) < 64 for label in host.removesuffix(".").split("."))


def tls_failure(error: OSError, *, instead: str) -> str:
    """What went wrong in a TLS handshake, other than the certificate. `instead` is what else to
    write, without TLS."""
    if getattr(error, "reason", None) in _NOT_TLS:
        return (
            "TLS could not be agreed on: that port does not speak TLS; check the port, or write "
            f"{instead}"
        )
    return "TLS could not be agreed on"


def seconds_of_date(header: str) -> float | None:
    """Unix seconds of an HTTP date; null when it is none, or of a year that no clock shows."""
    try:
        moment = parsedate_to_datetime(header)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    if moment.year not in YEARS:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def retry_after(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """`Retry-After` in seconds, given as seconds or as an HTTP date (RFC 9110, 10.2.3); null
    when it is neither.

    A date is compared with the clock that made it, the answer's `Date` (and `Age`, where a cache
    kept it); with `now` when the answer has none.
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
    """How a request leaves: directly where `url` is null. Headers hold the proxy's credentials.

    For https the proxy is asked for a tunnel, with `tunnel_headers`; for plain http it reads the
    request itself, which needs `request_headers`.
    """

    url: URL | None = None
    tunnel_headers: Mapping[str, str] | None = field(default=None, repr=False)
    request_headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def proxy_for(url: str) -> Proxy:
    """The way to `url` by HTTPS_PROXY or HTTP_PROXY, ALL_PROXY and NO_PROXY, read as curl does.

    ConfigError for what is no proxy; `check_proxies` tells it beforehand. Asked here, and not for
    every request by aiohttp's `trust_env`: that would read `~/.netrc` too, and send a password it
    finds there to the server, or refuse to send anything once the entry competes with a header of
    ours.
    """
    return _look_up(url, tuple(os.environ.get(name, "") for name in PROXY_VARIABLES))


@lru_cache(maxsize=64)
def _look_up(url: str, said: tuple[str, ...]) -> Proxy:
    """Once for each URL as long as the variables say the same."""
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
    """What is wrong in the variables about proxies, and what is doubtful: what, where and what
    to do. Not in those nothing reads."""
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

    ConfigError, which shows nothing of the value: a password may be in it.
    """

    def refuse(why: str, hint: str) -> NoReturn:
        raise ConfigError([Problem(why, Place(name), hint)])

    expected = (
        "expected http://host:port, with user:password@ before the host where the proxy asks for "
        "them"
    )
    scheme, mark, rest = written.strip().partition("://")
    scheme, rest = (scheme.lower(), rest) if mark else ("http", scheme)
    if scheme not in _PROXY_PORTS:
        kind = (
            "a SOCKS proxy" if scheme.startswith("socks") else "a kind of proxy that is not known"
        )
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
        refuse("has an IPv6 address that is none", expected)
    if "@" in parts.path + parts.query + parts.fragment:
        refuse("has a user or a password with / ? or # in it", "write them as %2F, %3F and %23")
    try:
        port = _PROXY_PORTS[scheme] if parts.port is None else parts.port
    except ValueError:
        port = 0
    if port == 0:
        refuse("has a port that is no number from 1 to 65535", expected)
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
    """An entry of NO_PROXY: a network, or a host and all below it ("" is every host).

    At one port, or at every one.
    """

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
    """The entries of NO_PROXY with their numbers, from 1; null for one that cannot fit anything."""
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
