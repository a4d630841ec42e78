"""What every receiver's options have in common: strict, nothing unknown, secrets that do not
print themselves."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr

from monitor.net import plain_http_beyond_loopback, possible_host

OPTIONS_FOLDER = "folder"
"""The key of the validation context that says where relative paths begin; without it, in the
working directory."""


@dataclass(frozen=True, slots=True)
class AlsoWritten:
    """In an `Annotated`: what may be written in the file in place of the field's own type; a
    validator before it takes that."""

    type: type


_SECRET_WORDS = ("key", "token", "secret", "password", "passwd", "auth", "sig", "signature", "code")


class ReceiverOptions(BaseModel):
    """Base of the option models. Fields of type `SecretStr` are secrets: they may come from a
    file (`<field>_file`), are masked wherever options are shown, and no error quotes what was
    given for them.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)

    ways: ClassVar[Sequence[Sequence[str]]] = ()
    """Where none of the fields is a must by itself: the sets of fields one of which must be
    there."""

    clear_words: ClassVar[tuple[str, str]] = ("plain HTTP", "https://")
    """How `in_clear` is called for people, and what is expected in its place."""

    def tls_context(self) -> ssl.SSLContext | None:
        """What to connect to the endpoint with; None: as the system says."""
        return None

    def files(self) -> Sequence[str]:
        """The paths of files that were read to make these."""
        return ()

    def doubts(self) -> Sequence[tuple[str, str, str]]:
        """What works and is probably not meant: the option, what is doubtful about it, and what
        to do."""
        return ()

    def endpoint(self) -> str | None:
        """Where messages go, secrets included: never print it. None where nothing leaves the
        process."""
        return None

    def carries_secret(self) -> bool:
        """Whether a message on its way gives a secret away to whoever reads the wire, or is
        signed with one."""
        return False

    def in_clear(self) -> bool:
        """Whether messages leave this machine unencrypted: plain HTTP beyond loopback.

        To be refused together with `carries_secret()` and warned about without, unless
        BSG_ALLOW_INSECURE_HTTP is set.
        """
        endpoint = self.endpoint()
        return endpoint is not None and plain_http_beyond_loopback(endpoint)


def url_has_user(url: str) -> bool:
    """Whether a URL holds a user or a password."""
    parts = urlsplit(url)
    return bool(parts.username or parts.password)


def url_carries_secret(url: str) -> bool:
    """Whether a URL visibly bears a secret: a user and password, or a query field named like
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
        raise ValueError("names no host; expected a URL such as https://example.org/hook")
    return value


def _not_empty(value: SecretStr) -> SecretStr:
    if not value.get_secret_value():
        raise ValueError("is empty; leave it out, or give the secret")
    return value


SecretUrl = Annotated[SecretStr, AfterValidator(_checked_url)]
"""An http(s) URL, secret as a whole: paths and queries of webhooks usually are."""

WebAddress = Annotated[
    str, AfterValidator(lambda value: _checked_url(SecretStr(value)).get_secret_value())
]
"""An http(s) URL that is no secret."""

Secret = Annotated[SecretStr, AfterValidator(_not_empty)]
"""A secret that, if given at all, is not empty (an unset variable is a mistake, not "no
secret")."""
