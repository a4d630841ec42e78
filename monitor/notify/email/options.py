"""The options of a mail server, and the addresses of sender and recipients."""

import re
from email.headerregistry import Address
from ipaddress import ip_address
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from monitor.net import is_loopback
from monitor.notify.connection_options import TlsOptions
from monitor.notify.options import AlsoWritten, Secret, listed, number_from_text

PORTS = {"starttls": 587, "tls": 465, "none": 25}
MOST_RECIPIENTS = 50

_MAILBOX = re.compile(r"(?P<name>[^<>]*)<(?P<inner>[^<>]*)>|(?P<bare>[^<>]*)")
_BETWEEN = re.compile(r"[,;]")
_LOCAL_PART = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
)  # RFC 5322, dot-atom
_HOST = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)


def mailbox(text: str) -> Address:
    """An address from `monitor@example.org` or `BSG monitor <monitor@example.org>`. A domain
    that is not ASCII becomes `xn--…`. Raises ValueError for any other text.
    """
    if _holds_several(text):
        raise ValueError(
            "contains several addresses; expected one, or a list in `to`: [first@example.org, "
            "second@example.org]"
        )
    found = _MAILBOX.fullmatch(text.strip())
    if found is None or not text.isprintable():
        raise ValueError(
            "is not an address; expected monitor@example.org or BSG monitor <monitor@example.org>"
        )
    local, at, domain = (
        (found["inner"] if found["bare"] is None else found["bare"]).strip().rpartition("@")
    )
    if not at or not local or not domain:
        raise ValueError("is not an address; expected something like monitor@example.org")
    try:
        domain = domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        domain = ""
    if not _HOST.fullmatch(domain):
        raise ValueError("has no valid domain after the @")
    if len(local) > 64 or not _LOCAL_PART.fullmatch(local):
        raise ValueError(
            "has characters before the @ that not every mail server takes; expected ASCII "
            "letters, digits and . _ + -"
        )
    return Address(
        display_name=(found["name"] or "").strip().strip('"').strip(), username=local, domain=domain
    )


def _holds_several(text: str) -> bool:
    """Whether the parts between commas or semicolons look like addresses."""
    parts = [part for part in _BETWEEN.split(text) if part.strip()]
    return len(parts) > 1 and all("@" in part for part in parts)


def _mailbox_text(value: str) -> str:
    mailbox(value)
    return value


def _host(value: str) -> str:
    try:
        ip_address(value)
    except ValueError:
        if not _HOST.fullmatch(value):
            raise ValueError(
                "is not a host; expected a name such as smtp.example.org, without a scheme or port"
            ) from None
    return value


Mailbox = Annotated[str, AfterValidator(_mailbox_text)]
Host = Annotated[str, AfterValidator(_host)]


class EmailOptions(TlsOptions):
    """Options of email. With `starttls`, a server that does not offer it is a failure; `none` is
    for a server on this machine. All messages count as secret: they say what is wrong in the
    account.
    """

    clear_words = ("an unencrypted connection", "tls: starttls or tls: tls")

    host: Host = Field(description="The mail server's name or address.")
    port: (
        Annotated[int, BeforeValidator(number_from_text), AlsoWritten(str), Field(ge=1, le=65535)]
        | None
    ) = Field(default=None, description="Its port; 587, 465 or 25, as `tls` says.")
    tls: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="`starttls` (always required), `tls` from the first byte, or `none`.",
    )
    username: str | None = Field(
        default=None, min_length=1, max_length=300, description="The user to log in as."
    )
    password: Secret | None = Field(
        default=None, validate_default=True, description="The password of `username`."
    )
    sender: Mailbox = Field(
        alias="from", description="The sender: `BSG monitor <monitor@example.org>`."
    )
    to: Annotated[
        list[Mailbox],
        BeforeValidator(listed),
        AlsoWritten(str),
        Field(min_length=1, max_length=MOST_RECIPIENTS),
    ] = Field(description="All recipients.")
    hello: Host | None = Field(
        default=None,
        description="What the monitor calls itself to the server; this machine's name by default.",
    )

    @field_validator("username")
    @classmethod
    def _sendable(cls, value: str | None) -> str | None:
        if value is not None and not value.isprintable():
            raise ValueError("contains a control character")
        return value

    @field_validator("password")
    @classmethod
    def _both(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if "username" not in info.data:
            return value
        if value is None and info.data["username"] is not None:
            raise PydanticCustomError("missing", "it goes with username")
        if value is not None and info.data["username"] is None:
            raise ValueError("is there without username")
        return value

    @field_validator("to")
    @classmethod
    def _once(cls, value: list[str]) -> list[str]:
        addresses = [mailbox(each).addr_spec.lower() for each in value]
        for address in addresses:
            if addresses.count(address) > 1:
                raise ValueError(f"contains {address} twice")
        return value

    def server(self) -> tuple[str, int]:
        """Host and port."""
        return self.host, self.port or PORTS[self.tls]

    def in_clear(self) -> bool:
        return self.tls == "none" and not is_loopback(self.host)
