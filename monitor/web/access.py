"""Who may read what over HTTP: the read token, the `Host` header, and security headers."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from monitor.net import is_loopback

OPEN_PATHS = frozenset({"/healthz", "/readyz"})
"""Open to everyone: probes come without a token and with any `Host`."""

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
    """The host of a `Host` header without its port, in lower case, IPv6 without brackets; "" when
    the header is malformed."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


def presented_token(authorization: str) -> str | None:
    """The token of a bearer header, or the password of a basic one (any user name); None when
    there is none."""
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
    """Whether the tokens are equal, compared in constant time."""
    return presented is not None and hmac.compare_digest(
        presented.encode("utf-8", "replace"), expected.encode("utf-8")
    )


class Access:
    """Decides whether a request may pass. The host of `external_url`, a reverse proxy's, is
    accepted like loopback's own names."""

    def __init__(
        self, *, host: str, read_token: str | None, public_read: bool, external_url: str | None
    ) -> None:
        self._loopback = is_loopback(host)
        self._token = read_token
        self._public = public_read or (self._loopback and read_token is None)
        self._external = urlsplit(external_url).hostname if external_url else None

    def refusal(self, path: str, host: str, authorization: str) -> tuple[int, str] | None:
        """Status and text when the request is refused; None when it may pass.

        On loopback a foreign `Host` is refused: a web page whose name was rebound to 127.0.0.1
        must not read, through the user's browser, what only this machine may.
        """
        if path in OPEN_PATHS:
            return None
        name = host_of(host)
        if self._loopback and not is_loopback(name) and name != self._external:
            return (
                421,
                (
                    "this monitor only answers to its own names; set BSG_EXTERNAL_URL if it is "
                    "behind a reverse proxy\n"
                ),
            )
        if self._public:
            return None
        if self._token is None:
            return (
                403,
                (
                    "no read token is configured: set BSG_READ_TOKEN, or BSG_PUBLIC_READ=1 to let "
                    "everyone read\n"
                ),
            )
        if same_token(presented_token(authorization), self._token):
            return None
        return (
            401,
            "a read token is required: as a bearer token, or as the password of any user name\n",
        )
