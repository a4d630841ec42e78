"""Who may see what over HTTP: the read token, the `Host` header, and the headers that keep
browsers careful."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from monitor.net import is_loopback

OPEN_PATHS = frozenset({"/healthz", "/readyz"})
"""Open to everybody: probes come without a token and with whatever `Host`."""

SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action "
        "'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
    "Server": "bsg-monitor",  # and not which versions of what
}

CHALLENGE = 'Basic realm="bsg-monitor", charset="UTF-8"'


def host_of(header: str) -> str:
    """The host of a `Host` header without its port, lower case, IPv6 without brackets; "" when
    it makes no sense."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


def presented_token(authorization: str) -> str | None:
    """The token of a bearer header, or the password of a basic one (whoever the user is); None
    when there is none."""
    scheme, _, rest = authorization.partition(" ")
    rest = rest.strip()
    if scheme.lower() == "bearer":
        return rest or None
    if scheme.lower() == "basic":
        try:
            user_and_password = base64.b64decode(rest, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return user_and_password.partition(":")[2] or None
    return None


def same_token(presented: str | None, expected: str) -> bool:
    """Compared in constant time."""
    return presented is not None and hmac.compare_digest(
        presented.encode("utf-8", "replace"), expected.encode("utf-8")
    )


class Access:
    """Decides over one request. `external_url` names a reverse proxy's host, which is as good as
    loopback's own names."""

    def __init__(
        self, *, host: str, read_token: str | None, public_read: bool, external_url: str | None
    ) -> None:
        self._loopback = is_loopback(host)
        self._token = read_token
        self._public = public_read or (self._loopback and read_token is None)
        self._external = urlsplit(external_url).hostname if external_url else None

    def refusal(self, path: str, host: str, authorization: str) -> tuple[int, str] | None:
        """Status and text when the request is refused; None when it may pass.

        On loopback a foreign `Host` is refused: a page in the user's browser whose name was
        rebound to 127.0.0.1 must not read what only this machine may.
        """
        if path in OPEN_PATHS:
            return None
        name = host_of(host)
        if self._loopback and not is_loopback(name) and name != self._external:
            return (
                421,
                (
                    "this monitor answers to its own names only; set BSG_EXTERNAL_URL if a reverse "
                    "proxy stands before it\n"
                ),
            )
        if self._public:
            return None
        if self._token is None:
            return (
                403,
                (
                    "no read token is configured: set BSG_READ_TOKEN, or BSG_PUBLIC_READ=1 to let "
                    "everybody read\n"
                ),
            )
        if same_token(presented_token(authorization), self._token):
            return None
        return 401, "the read token is wanted: as bearer token, or as password with any user name\n"
