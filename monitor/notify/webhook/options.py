"""The options of a webhook: where to send, how to authenticate, and what to send."""

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
from monitor.notify.connection_options import HeaderValue, HttpOptions
from monitor.notify.options import AlsoWritten, Secret, SecretUrl, listed, url_carries_secret
from monitor.notify.webhook.body_template import BodyTemplate, gives_json
from monitor.notify.webhook.signature import BASE64_PREFIX, signing_key

SIGNED_LIMIT = 20_000
"""Bytes: the most that Standard Webhooks recommends. A larger signed message of several alerts is
split."""
MOST_SECRETS = 3
SHORTEST_KEY = 16
"""Bytes of a key in base64. Standard Webhooks says 24 to 64, but shorter keys are in use."""
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
    "connection": "it belongs to the connection",
}
_MEDIA_TYPE = re.compile(
    r"[!#$&^_.+0-9A-Za-z-]+/[!#$&^_.+0-9A-Za-z-]+(\s*;\s*[0-9A-Za-z-]+=[!-:<-~]+)*"
)


def _usable(value: SecretStr) -> SecretStr:
    written = value.get_secret_value()
    if BASE64_PREFIX in written.lower() and not written.startswith(BASE64_PREFIX):
        raise ValueError(
            f"contains {BASE64_PREFIX} but does not begin with it, in lower case; expected "
            f"{BASE64_PREFIX} and base64"
        )
    key = signing_key(written)
    if written.startswith(BASE64_PREFIX) and len(key) < SHORTEST_KEY:
        raise ValueError(
            f"is too short: {counted(len(key), 'byte')} after {BASE64_PREFIX}; a key needs "
            f"{SHORTEST_KEY} or more"
        )
    return value


class WebhookOptions(HttpOptions):
    """Options of a webhook. Every `secret` signs every message."""

    url: SecretUrl = Field(description="Where to POST.")
    secret: Annotated[
        list[Annotated[Secret, AfterValidator(_usable)]],
        BeforeValidator(listed),
        AlsoWritten(str),
        Field(min_length=1, max_length=MOST_SECRETS),
    ] = Field(
        default_factory=list,
        validate_default=False,
        description="Signs every message as Standard Webhooks describes. Give several, the newest "
        "first, while you change it.",
    )
    headers: dict[str, HeaderValue] = Field(
        default_factory=dict,
        max_length=MOST_HEADERS,
        description="More headers by name; their values are secrets.",
    )
    content_type: str = Field(default=JSON, description="The media type of the body.")
    body: str | None = Field(
        default=None,
        description="A Jinja template for the body, instead of Alertmanager's JSON.",
    )
    max_bytes: int | None = Field(
        default=None,
        ge=1000,
        le=100_000_000,
        description="A larger message of several alerts is split.",
    )

    @field_validator("headers")
    @classmethod
    def _names(cls, value: dict[str, SecretStr], info: ValidationInfo) -> dict[str, SecretStr]:
        seen: set[str] = set()
        for name in value:
            lower = name.lower()
            shown = leading_word(name) or HIDDEN
            if not _TOKEN.fullmatch(name):
                raise ValueError(f"contains {shown}, which cannot be the name of a header")
            if lower in _OURS:
                raise ValueError(f"cannot set {name}: {_OURS[lower]}")
            if lower in seen:
                raise ValueError(f"contains {shown} twice")
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
                "is not a media type; expected something like application/json or text/plain; "
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

    def carries_secret(self) -> bool:
        told = self.bearer or self.basic or self.headers or self.secret
        return bool(told) or url_carries_secret(self.url.get_secret_value())

    def sent_headers(self) -> dict[str, str]:
        own = {name: value.get_secret_value() for name, value in self.headers.items()}
        return own | super().sent_headers() | {"Content-Type": self.content_type}

    def doubts(self) -> list[tuple[str, str, str]]:
        found = super().doubts()
        if self.body is None and self.content_type != JSON:
            message = "the body is still JSON, because there is no option body"
            found.append(("content_type", message, "leave it out, or write the body"))
        return found
