"""What a webhook can be told: where, how it proves itself, what it sends."""

import base64
import re
from typing import Annotated

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)

from monitor.domain.safetext.possible_secrets import HIDDEN, leading_word
from monitor.domain.safetext.shown_text import counted
from monitor.notify.options import (
    AlsoWritten,
    ReceiverOptions,
    Secret,
    SecretUrl,
    url_carries_secret,
    url_has_user,
)
from monitor.notify.tls import TlsOptions
from monitor.notify.webhook.body_template import BodyTemplate, gives_json
from monitor.notify.webhook.signature import BASE64_PREFIX, signing_key

SIGNED_LIMIT = 20_000
"""Bytes: what Standard Webhooks recommends as the most; a signed message of several alerts that
is larger is split."""
MOST_SECRETS = 3
SHORTEST_KEY = 16
"""Bytes of a key that is written in base64; Standard Webhooks says 24 to 64, and what is in use
is sometimes shorter."""
MOST_HEADERS = 30
JSON = "application/json"

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")  # RFC 9110, 5.6.2
_OURS = {
    "webhook-id": "it is the message's id",
    "webhook-timestamp": "it belongs to the signature",
    "webhook-signature": "it belongs to the signature",
    "content-type": "set content_type",
    "content-length": "it follows from the body",
    "transfer-encoding": "it follows from the body",
    "accept-encoding": "answers are read as they are",
    "host": "it follows from the URL",
    "connection": "it is the connection's own",
}
_MEDIA_TYPE = re.compile(
    r"[!#$&^_.+0-9A-Za-z-]+/[!#$&^_.+0-9A-Za-z-]+(\s*;\s*[0-9A-Za-z-]+=[!-:<-~]+)*"
)


def _printable(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if (
        not all(character == " " or "!" <= character <= "~" for character in text)
        or text != text.strip()
    ):
        raise ValueError(
            "contains a line break, a character outside ASCII, or a space at its beginning or end"
        )
    return value


def _token(value: SecretStr) -> SecretStr:
    if " " in value.get_secret_value():
        raise ValueError("contains a space; expected the token alone, without the word Bearer")
    return value


def _usable(value: SecretStr) -> SecretStr:
    written = value.get_secret_value()
    if BASE64_PREFIX in written.lower() and not written.startswith(BASE64_PREFIX):
        raise ValueError(
            f"holds {BASE64_PREFIX} and does not begin with it, in small letters; expected "
            f"{BASE64_PREFIX} and base64"
        )
    key = signing_key(written)
    if written.startswith(BASE64_PREFIX) and len(key) < SHORTEST_KEY:
        raise ValueError(
            f"is too short: {counted(len(key), 'byte')} behind {BASE64_PREFIX}, and a key has "
            f"{SHORTEST_KEY} or more"
        )
    return value


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


HeaderValue = Annotated[Secret, AfterValidator(_printable)]


class BasicAuth(ReceiverOptions):
    """RFC 7617."""

    username: str = Field(min_length=1, description="Who the monitor is.")
    password: Secret = Field(description="How it proves that.")

    @field_validator("username")
    @classmethod
    def _sendable(cls, value: str) -> str:
        if ":" in value or not value.isprintable():
            raise ValueError(
                "contains a colon or a control character, which basic authentication cannot carry"
            )
        return value

    def header(self) -> str:
        """The value of `Authorization`."""
        pair = f"{self.username}:{self.password.get_secret_value()}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"


class WebhookOptions(TlsOptions):
    """`url` is where to POST; every `secret` signs every message, the newest first. `max_bytes`:
    larger messages are split.

    `body` is a template (see `webhook_template`) in place of Alertmanager's JSON, `content_type`
    what it makes.
    """

    url: SecretUrl = Field(description="Where to POST.")
    secret: Annotated[
        list[Annotated[Secret, AfterValidator(_usable)]],
        BeforeValidator(_listed),
        AlsoWritten(str),
        Field(min_length=1, max_length=MOST_SECRETS),
    ] = Field(
        default_factory=list,
        validate_default=False,
        description="Signs every message as Standard Webhooks say; several while one is being "
        "changed, the newest first.",
    )
    bearer: Annotated[HeaderValue, AfterValidator(_token)] | None = Field(
        default=None, description="A token that is sent as `Authorization: Bearer`."
    )
    basic: BasicAuth | None = Field(
        default=None, description="User and password, in place of `bearer`."
    )
    headers: dict[str, HeaderValue] = Field(
        default_factory=dict,
        max_length=MOST_HEADERS,
        description="Further headers by name; their values are secrets.",
    )
    content_type: str = Field(default=JSON, description="What `body` makes.")
    body: str | None = Field(
        default=None,
        description="A Jinja template of the body, in place of Alertmanager's JSON.",
    )
    max_bytes: int | None = Field(
        default=None,
        ge=1000,
        le=100_000_000,
        description="A message of several alerts that is larger is split.",
    )

    @field_validator("bearer", "basic")
    @classmethod
    def _one_identity(cls, value: object, info: ValidationInfo) -> object:
        if value is None:
            return value
        if info.field_name == "basic" and info.data.get("bearer") is not None:
            raise ValueError("and bearer are both there; keep one of them")
        url = info.data.get("url")
        if isinstance(url, SecretStr) and url_has_user(url.get_secret_value()):
            raise ValueError(
                "is there, and the URL holds a user and password, too; keep one of them"
            )
        return value

    @field_validator("headers")
    @classmethod
    def _names(cls, value: dict[str, SecretStr], info: ValidationInfo) -> dict[str, SecretStr]:
        seen: set[str] = set()
        for name in value:
            lower = name.lower()
            shown = leading_word(name) or HIDDEN
            if not _TOKEN.fullmatch(name):
                raise ValueError(f"holds {shown}, which cannot be the name of a header")
            if lower in _OURS:
                raise ValueError(f"may not set {name}: {_OURS[lower]}")
            if lower in seen:
                raise ValueError(f"holds {shown} twice")
            seen.add(lower)
        identities = [option for option in ("bearer", "basic") if info.data.get(option) is not None]
        if "authorization" in seen and identities:
            raise ValueError(f"and {identities[0]} both set Authorization; keep one of them")
        return value

    @field_validator("content_type")
    @classmethod
    def _media_type(cls, value: str) -> str:
        if not _MEDIA_TYPE.fullmatch(value):
            raise ValueError(
                "is no media type; expected something like application/json or text/plain; "
                "charset=utf-8"
            )
        return value

    @field_validator("body")
    @classmethod
    def _template(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None:
            return value
        content_type = info.data.get("content_type")
        BodyTemplate.parse(value, json=content_type is not None and gives_json(content_type))
        return value

    def endpoint(self) -> str:
        return self.url.get_secret_value()

    def carries_secret(self) -> bool:
        told = self.bearer is not None or self.basic is not None or bool(self.headers)
        return bool(self.secret) or told or url_carries_secret(self.endpoint())

    def sent_headers(self) -> dict[str, str]:
        """What goes with every message, secrets included: never print it."""
        sent = {name: value.get_secret_value() for name, value in self.headers.items()}
        if self.bearer is not None:
            sent["Authorization"] = f"Bearer {self.bearer.get_secret_value()}"
        if self.basic is not None:
            sent["Authorization"] = self.basic.header()
        return sent | {"Content-Type": self.content_type}

    def doubts(self) -> list[tuple[str, str, str]]:
        found = super().doubts()
        if self.body is None and self.content_type != JSON:
            message = "the body is JSON all the same, as there is no body option"
            found.append(("content_type", message, "leave it out, or write the body"))
        return found
