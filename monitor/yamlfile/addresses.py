"""Addresses: where to listen, what to call, where the database is. As `values.py`, ValueError
says what was expected."""

import re
from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr

from monitor.domain.safetext.possible_secrets import quoted
from monitor.net import is_loopback, possible_host
from monitor.yamlfile.values import WrongValueError, text, unveiled


@dataclass(frozen=True, slots=True)
class Listen:
    """Address and port of the HTTP server; port 0 takes a free one."""

    host: str
    port: int

    @property
    def beyond_loopback(self) -> bool:
        """Whether other machines can reach it."""
        return not is_loopback(self.host)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """Where the state is kept: a SQLite file (`path`) or PostgreSQL (`dsn`, which may hold a
    password). One of the two is set."""

    path: Path | None = None
    dsn: SecretStr | None = None

    @property
    def scheme(self) -> str:
        return "sqlite" if self.path is not None else "postgresql"

    def within(self, directory: Path) -> "DatabaseUrl":
        """The same with a relative file taken to lie in `directory`."""
        return self if self.path is None else replace(self, path=directory / self.path)

    def __str__(self) -> str:
        """As a URL, without its password."""
        if self.dsn is None:
            return f"sqlite:///{self.path}"
        parts = urlsplit(self.dsn.get_secret_value())
        user, at, host = parts.netloc.rpartition("@")
        name, colon, _ = user.partition(":")
        return urlunsplit(
            parts._replace(
                netloc=f"{name}{':***' if colon else ''}{at}{host}",
                query="…" if parts.query else "",
            )
        )


def listen(value: object) -> Listen:
    """`host:port`, an IPv6 address in brackets."""
    if isinstance(value, Listen):
        return value
    written = text(value)
    if "://" in written:
        netloc = written.partition("://")[2].partition("/")[0].rpartition("@")[2]
        hint = f"write {quoted(netloc)}" if ":" in netloc else f"write {quoted(netloc)}:9780"
        raise WrongValueError("is a URL; expected host:port, without a scheme", hint)
    host, colon, port = written.rpartition(":")
    example = "expected host:port, such as 127.0.0.1:9780 or [::1]:9780"
    if not colon or not port.isdecimal():
        raise WrongValueError(f'"{quoted(written)}" has no port; {example}')
    if not host:
        raise WrongValueError(
            f'"{quoted(written)}" has no host; {example}',
            f"write 0.0.0.0:{port} for every address of this machine",
        )
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
        if not _is_ipv6(host):
            raise WrongValueError(f'"{quoted(host)}" is not an IPv6 address; {example}')
    elif ":" in host:
        raise WrongValueError(
            f"an IPv6 address needs brackets; {example}", f"write [{quoted(host)}]:{port}"
        )
    elif not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", host):
        raise WrongValueError(f'"{quoted(host)}" is not a host; {example}')
    if int(port[:6]) > 65535:
        raise WrongValueError(f"the port {port[:6]} is too large; 65535 is the largest")
    return Listen(host, int(port))


def _is_ipv6(host: str) -> bool:
    try:
        return ip_address(host).version == 6
    except ValueError:
        return False


def web_address(value: object) -> str:
    """An http(s) URL without user, query and fragment; no slash at its end."""
    return _checked_url(text(value), query=False)


_API_PATHS = re.compile(r"(/api)+(/(auth(/login)?|campaigns?|accounts(/balance)?))?$")
"""What the monitor adds to the API's URL by itself."""


def api_address(value: object) -> str:
    """A web address without the path of the API at its end."""
    return _API_PATHS.sub("", web_address(value))


def web_link(value: object) -> str:
    """An http(s) URL as it is, with query and fragment."""
    return _checked_url(text(value), query=True)


def runbook_link(value: object) -> str:
    """An http(s) URL, or the path of a page of the monitor's own, such as /runbooks#stalled."""
    path = text(value)
    if (
        path.startswith("/")
        and not path.startswith("//")
        and path.isprintable()
        and not any(map(str.isspace, path))
    ):
        return path
    return web_link(value)


def secret_web_address(value: object) -> SecretStr:
    """An http(s) URL that is a secret as a whole."""
    return SecretStr(_checked_url(unveiled(value), query=True, show=False))


def _checked_url(url: str, *, query: bool, show: bool = True) -> str:
    found = f'"{quoted(url)}"' if show and "@" not in url and "?" not in url else "this"
    expected = "expected a URL such as https://example.org"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise WrongValueError(f"{found} is not a URL; {expected}") from None
    if (
        parts.scheme.lower() not in ("http", "https")
        or not possible_host(parts.hostname or "")
        or port == 0
    ):
        raise WrongValueError(f"{found} is not a web address; {expected}")
    if any(character.isspace() or not character.isprintable() for character in url):
        raise WrongValueError(f"contains a space or a control character; {expected}")
    if not query and (parts.username or parts.password or parts.query or parts.fragment):
        raise WrongValueError(
            f"has more than scheme, host, port and path; {expected}",
            "leave out user, password, ? and #",
        )
    return url if query else urlunsplit(parts._replace(scheme=parts.scheme.lower())).rstrip("/")


def database_url(value: object) -> DatabaseUrl:
    """`sqlite:///relative.db`, `sqlite:////absolute.db` or `postgresql://…`."""
    if isinstance(value, DatabaseUrl):
        return value
    written = text(value)
    expected = (
        "expected sqlite:///file.db, sqlite:////folder/file.db or postgresql://user@host/database"
    )
    scheme, separator, rest = written.partition("://")
    if separator and scheme == "sqlite":
        if not rest.startswith("/") or rest == "/" or rest.endswith("/"):
            raise WrongValueError(
                f"names no file; {expected}",
                "three slashes for a relative path, four for an absolute one",
            )
        if rest == "/:memory:":
            raise WrongValueError(f"a database in memory loses everything at a restart; {expected}")
        if "?" in rest or "\0" in rest:
            raise WrongValueError(f"options after ? are not supported; {expected}")
        return DatabaseUrl(path=Path(rest[1:]))
    if separator and scheme in ("postgresql", "postgres"):
        try:
            parts = urlsplit(written)
            named = bool(parts.hostname or "host=" in parts.query) and parts.port != 0
        except ValueError:
            named = False
        if not named:
            raise WrongValueError(f"names no host; {expected}")
        return DatabaseUrl(dsn=SecretStr(f"postgresql://{rest}"))
    raise WrongValueError(f"is not a supported database; {expected}")
