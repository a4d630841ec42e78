"""What the options of all receivers have in common: they are strict, refuse unknown names, and do
not print their secrets."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr

from monitor.net import plain_http_beyond_loopback, possible_host

OPTIONS_FOLDER = "folder"
"""The key of the validation context for the folder that relative paths start from; without it,
they start from the working directory."""


@dataclass(frozen=True, slots=True)
class AlsoWritten:
    """In an `Annotated`: another type that the file can have instead of the field's own. A
    validator in front converts it."""

    type: type


_SECRET_WORDS = ("key", "token", "secret", "password", "passwd", "auth", "sig", "signature", "code")


class ReceiverOptions(BaseModel):
    """Base of the option models. Fields of type `SecretStr` are secrets: they can come from a
    file (`<field>_file`), are masked wherever options are shown, and no error quotes them.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)

    ways: ClassVar[Sequence[Sequence[str]]] = ()
    """If no field is required by itself: the sets of fields of which one is required."""

    clear_words: ClassVar[tuple[str, str]] = ("plain HTTP", "https://")
    """What people call `in_clear`, and what is expected instead."""

    def tls_context(self) -> ssl.SSLContext | None:
        """What to connect to the endpoint with; None: the system's settings."""
        return None

    def files(self) -> Sequence[str]:
        """The paths of the files that were read for these options."""
        return ()

    def doubts(self) -> Sequence[tuple[str, str, str]]:
        """What works but is probably not meant: the option, what is doubtful, and what to do."""
        return ()

    def endpoint(self) -> str | None:
        """Where messages go: the option `url`, secrets included, so never print it. None if
        nothing leaves the process."""
        url = getattr(self, "url", None)
        return url.get_secret_value() if isinstance(url, SecretStr) else None

    def carries_secret(self) -> bool:
        """Whether a message on its way shows a secret to anyone who reads the wire, or is signed
        with one."""
        return True

    def in_clear(self) -> bool:
        """Whether messages leave this machine unencrypted: plain HTTP beyond loopback.

        Refused together with `carries_secret()`, and warned about otherwise, unless
        BSG_ALLOW_INSECURE_HTTP is set.
        """
        endpoint = self.endpoint()
        return endpoint is not None and plain_http_beyond_loopback(endpoint)


def listed(value: object) -> object:
    """For a list of which the file may have one item alone, as a text."""
    return [value] if isinstance(value, str) else value


def number_from_text(value: object) -> object:
    """For a number that may come from a variable, as a text."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 19:
        return int(value)
    return value


def url_has_user(url: str) -> bool:
    """Whether a URL contains a user or a password."""
    parts = urlsplit(url)
    return bool(parts.username or parts.password)


def url_carries_secret(url: str) -> bool:
    """Whether a URL visibly contains a secret: a user and password, or a query field named like
    one."""
    if url_has_user(url):
        return True
    names = (name.lower() for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True))
    return any(
        word in name.replace("-", "_").split("_") or name.endswith(word)
        for name in names
        for word in _SECRET_WORDS
    )


def _checked_url(value: SecretStr) -> SecretStr:
    url = value.get_secret_value()
    if not url:
        raise ValueError("is empty; expected a URL such as https://example.org/hook")
    if any(character.isspace() or not character.isprintable() for character in url):
        raise ValueError(
            "contains a space or a control character; expected a URL such as "
            "https://example.org/hook"
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("is not a URL: its host or port cannot be read") from None
    if parts.scheme.lower() not in ("http", "https"):
        raise ValueError("is not a web address; expected it to begin with https://")
    if not parts.hostname or not possible_host(parts.hostname) or port == 0:
        raise ValueError("has no host; expected a URL such as https://example.org/hook")
    return value


def _not_empty(value: SecretStr) -> SecretStr:
    if not value.get_secret_value():
        raise ValueError("is empty; leave it out, or give the secret")
    return value


SecretUrl = Annotated[SecretStr, AfterValidator(_checked_url)]
"""An http(s) URL that is secret as a whole: the path or query of a webhook usually is."""

WebAddress = Annotated[
    str, AfterValidator(lambda value: _checked_url(SecretStr(value)).get_secret_value())
]
"""An http(s) URL that is not a secret."""

Secret = Annotated[SecretStr, AfterValidator(_not_empty)]
"""A secret that is not empty if it is given: an unset variable is a mistake, not "no secret"."""
