"""Options for how a connection is made: other certificate authorities, a certificate to show, and
how HTTP requests are authenticated."""

import base64
import ssl
import stat
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from monitor.notify.options import OPTIONS_FOLDER, ReceiverOptions, Secret, url_has_user

_LARGEST_FILE = 1024 * 1024


def _readable(value: str, info: ValidationInfo) -> str:
    """The path of a PEM file that can be read, absolute if the folder is known."""
    if not value.strip() or "\0" in value:
        raise ValueError("is not the path of a file")
    folder = (info.context or {}).get(OPTIONS_FOLDER)
    path = Path(value).expanduser() if folder is None else Path(folder) / Path(value).expanduser()
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise ValueError(f"{path} is a pipe or device, not a file that can be read twice")
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except FileNotFoundError:
        raise ValueError(f"{path} does not exist") from None
    except IsADirectoryError:
        raise ValueError(f"{path} is a directory, not a file") from None
    except OSError as error:
        raise ValueError(
            f"{path} cannot be read: {error.strerror or type(error).__name__}"
        ) from None
    if len(content) > _LARGEST_FILE:
        raise ValueError(f"{path} is too large for a certificate or key")
    if b"-----BEGIN " not in content:
        raise ValueError(f"{path} is not a PEM file: no line in it begins with -----BEGIN")
    return str(path)


PemFile = Annotated[str, AfterValidator(_readable)]
"""The path of a PEM file. It is read when the options are, so a wrong file is found then."""


class TlsOptions(ReceiverOptions):
    """Options of receivers that are reached over TLS. A key with a passphrase is refused."""

    ca_file: PemFile | None = Field(
        default=None, description="PEM file of the authorities to trust instead of the system's."
    )
    cert_file: PemFile | None = Field(
        default=None, description="PEM file of the certificate to show, with its chain."
    )
    key_file: PemFile | None = Field(
        default=None, description="PEM file of its key, unless `cert_file` contains it."
    )
    _context: ssl.SSLContext | None = PrivateAttr(default=None)

    @field_validator("key_file")
    @classmethod
    def _has_certificate(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and "cert_file" in info.data and info.data["cert_file"] is None:
            raise ValueError("needs cert_file too: the certificate that the key belongs to")
        return value

    @model_validator(mode="after")
    def _loadable(self) -> "TlsOptions":
        if self.ca_file is not None or self.cert_file is not None:
            self._context = _context(self.ca_file, self.cert_file, self.key_file)
        return self

    def tls_context(self) -> ssl.SSLContext | None:
        """What to connect with; None: the system's settings. The same object each time, so that
        connections are shared."""
        return self._context

    def files(self) -> list[str]:
        return [path for path in (self.ca_file, self.cert_file, self.key_file) if path is not None]

    def doubts(self) -> list[tuple[str, str, str]]:
        holder = self.key_file or self.cert_file
        name = "key_file" if self.key_file else "cert_file"
        if holder is None or not _world_readable(Path(holder)):
            return []
        return [
            (
                name,
                f"every user of this machine can read the key in {holder}",
                f"chmod 600 {holder}",
            )
        ]


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


HeaderValue = Annotated[Secret, AfterValidator(_printable)]
"""A secret that can be the value of a header."""


class BasicAuth(ReceiverOptions):
    """A user and a password, sent as RFC 7617 says."""

    username: str = Field(min_length=1, description="The user to log in as.")
    password: Secret = Field(description="The password of that user.")

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


class HttpOptions(TlsOptions):
    """Options of receivers that take a `bearer` token or `basic` authentication."""

    bearer: Annotated[HeaderValue, AfterValidator(_token)] | None = Field(
        default=None, description="A token that is sent as `Authorization: Bearer`."
    )
    basic: BasicAuth | None = Field(
        default=None, description="User and password, instead of `bearer`."
    )

    @field_validator("basic")
    @classmethod
    def _one_identity(cls, value: BasicAuth | None, info: ValidationInfo) -> BasicAuth | None:
        if value is not None and info.data.get("bearer") is not None:
            raise ValueError("and bearer are both there; keep one of them")
        return value

    @field_validator("url", "urls", check_fields=False)
    @classmethod
    def _no_second_identity(cls, value: Any, info: ValidationInfo) -> Any:
        given = next((name for name in ("bearer", "basic") if info.data.get(name)), None)
        urls = value if isinstance(value, list) else [value]
        if given and any(url_has_user(url.get_secret_value()) for url in urls):
            raise ValueError(f"contains a user and password, and {given} is there; keep one")
        return value

    def sent_headers(self) -> dict[str, str]:
        """The headers of every request, secrets included: never print them."""
        if self.bearer is not None:
            return {"Authorization": f"Bearer {self.bearer.get_secret_value()}"}
        return {"Authorization": self.basic.header()} if self.basic is not None else {}


def _context(ca_file: str | None, cert_file: str | None, key_file: str | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (ssl.SSLError, OSError) as error:
        raise ValueError(
            f"ca_file: {ca_file} contains no certificate that can be read ({_reason(error)})"
        ) from None
    if cert_file is None:
        return context
    try:
        context.load_cert_chain(cert_file, key_file, password=_no_passphrase)
    except _PassphraseNeededError:
        raise ValueError(
            f"the key in {key_file or cert_file} has a passphrase; expected a key without one"
        ) from None
    except ssl.SSLError as error:
        raise ValueError(_chain_words(error, cert_file, key_file)) from None
    except OSError as error:
        raise ValueError(f"cert_file: {cert_file} cannot be read: {error.strerror}") from None
    return context


class _PassphraseNeededError(Exception):
    pass


def _no_passphrase() -> str:
    """Called for an encrypted key. Without it OpenSSL would ask on the terminal and hang."""
    raise _PassphraseNeededError


def _chain_words(error: ssl.SSLError, cert_file: str, key_file: str | None) -> str:
    if error.reason == "KEY_VALUES_MISMATCH":
        return (
            f"the key in {key_file or cert_file} does not belong to the certificate in {cert_file}"
        )
    if key_file is None:
        return (
            f"cert_file: {cert_file} has no certificate and key in it ({_reason(error)}); "
            "is there a key_file?"
        )
    return (
        f"cert_file and key_file cannot be used together ({_reason(error)}): {cert_file}, "
        f"{key_file}"
    )


def _reason(error: OSError) -> str:
    """OpenSSL's own code, such as NO_START_LINE."""
    return getattr(error, "reason", None) or error.strerror or type(error).__name__


def _world_readable(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False
