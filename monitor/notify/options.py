"""What every receiver's options have in common: strict, nothing unknown, secrets that do not print themselves."""

from ipaddress import ip_address
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr

_SECRET_WORDS = ("key", "token", "secret", "password", "passwd", "auth", "sig", "signature", "code")


class ReceiverOptions(BaseModel):
    """Base of the option models. Fields of type `SecretStr` are secrets: they may come from a file (`<field>_file`),
    are masked wherever options are shown, and no error quotes what was given for them.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)

    def endpoint(self) -> str | None:
        """Where messages go, secrets included: never print it. None where nothing leaves the process."""
        return None

    def carries_secret(self) -> bool:
        """Whether a message on its way gives a secret away to whoever reads the wire, or is signed with one."""
        return False

    def in_clear(self) -> bool:
        """Whether messages leave this machine unencrypted: plain HTTP beyond loopback.

        To be refused together with `carries_secret()` and warned about without, unless BSG_ALLOW_INSECURE_HTTP is set.
        """
        endpoint = self.endpoint()
        if endpoint is None:
            return False
        parts = urlsplit(endpoint)
        return parts.scheme.lower() == "http" and not _is_loopback(parts.hostname or "")


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def url_carries_secret(url: str) -> bool:
    """Whether a URL visibly bears a secret: a user and password, or a query field named like one."""
    parts = urlsplit(url)
    if parts.username or parts.password:
        return True
    names = (name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True))
    return any(word in name.replace("-", "_").split("_") or name.endswith(word) for name in names for word in _SECRET_WORDS)


def _checked_url(value: SecretStr) -> SecretStr:
    url = value.get_secret_value()
    if not url:
        raise ValueError("is empty; expected a URL such as https://example.org/hook")
    if any(character.isspace() or not character.isprintable() for character in url):
        raise ValueError("contains a space or a control character; expected a URL such as https://example.org/hook")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("is not a URL: its host or port cannot be read") from None
    if parts.scheme.lower() not in ("http", "https"):
        raise ValueError("is not a web address; expected it to begin with https://")
    if not parts.hostname or port == 0:
        raise ValueError("names no host; expected a URL such as https://example.org/hook")
    return value


def _not_empty(value: SecretStr) -> SecretStr:
    if not value.get_secret_value():
        raise ValueError("is empty; leave it out, or give the secret")
    return value


SecretUrl = Annotated[SecretStr, AfterValidator(_checked_url)]
"""An http(s) URL, secret as a whole: paths and queries of webhooks usually are."""

Secret = Annotated[SecretStr, AfterValidator(_not_empty)]
"""A secret that, if given at all, is not empty (an unset variable is a mistake, not "no secret")."""
