"""TLS beyond the system's own settings: another certificate authority, a certificate of our own."""

import ssl
import stat
from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    Field,
    PrivateAttr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from monitor.notify.options import OPTIONS_FOLDER, ReceiverOptions

_LARGEST_FILE = 1024 * 1024


def _readable(value: str, info: ValidationInfo) -> str:
    """The path of a file that is there, made absolute where the folder is known."""
    if not value.strip() or "\0" in value:
        raise ValueError("is no path of a file")
    folder = (info.context or {}).get(OPTIONS_FOLDER)
    path = Path(value).expanduser() if folder is None else Path(folder) / Path(value).expanduser()
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise ValueError(f"{path} is no file but a pipe or device: it is read more than once")
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
        raise ValueError(f"{path} is no PEM file: it has no line that begins with -----BEGIN")
    return str(path)


PemFile = Annotated[str, AfterValidator(_readable)]
"""The path of a PEM file. It is read at load, so that a wrong one is found then."""


class TlsOptions(ReceiverOptions):
    """`ca_file` holds the authorities to trust in place of the system's. `cert_file` is a
    certificate to show with its chain, `key_file` its key unless that stands in `cert_file`,
    too; a key that wants a passphrase is refused.
    """

    ca_file: PemFile | None = Field(
        default=None, description="PEM file of the authorities to trust in place of the system's."
    )
    cert_file: PemFile | None = Field(
        default=None, description="PEM file of the certificate to show, with its chain."
    )
    key_file: PemFile | None = Field(
        default=None, description="PEM file of its key, unless that stands in `cert_file`."
    )
    _context: ssl.SSLContext | None = PrivateAttr(default=None)

    @field_validator("key_file")
    @classmethod
    def _has_certificate(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and "cert_file" in info.data and info.data["cert_file"] is None:
            raise ValueError("is there without cert_file: the certificate that it belongs to")
        return value

    @model_validator(mode="after")
    def _loadable(self) -> "TlsOptions":
        if self.ca_file is not None or self.cert_file is not None:
            self._context = _context(self.ca_file, self.cert_file, self.key_file)
        return self

    def tls_context(self) -> ssl.SSLContext | None:
        """What to connect with; None: as the system says. The same object each time, for
        connections to be shared."""
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


def _context(ca_file: str | None, cert_file: str | None, key_file: str | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (ssl.SSLError, OSError) as error:
        raise ValueError(
            f"ca_file: {ca_file} holds no certificate that can be read ({_reason(error)})"
        ) from None
    if cert_file is None:
        return context
    try:
        context.load_cert_chain(cert_file, key_file, password=_no_passphrase)
    except _PassphraseWantedError:
        raise ValueError(
            f"the key in {key_file or cert_file} wants a passphrase; expected one without"
        ) from None
    except ssl.SSLError as error:
        raise ValueError(_chain_words(error, cert_file, key_file)) from None
    except OSError as error:
        raise ValueError(f"cert_file: {cert_file} cannot be read: {error.strerror}") from None
    return context


class _PassphraseWantedError(Exception):
    pass


def _no_passphrase() -> str:
    """Asked for by an encrypted key: without this, OpenSSL would ask on the terminal and hang."""
    raise _PassphraseWantedError


def _chain_words(error: ssl.SSLError, cert_file: str, key_file: str | None) -> str:
    if error.reason == "KEY_VALUES_MISMATCH":
        return (
            f"the key in {key_file or cert_file} does not belong to the certificate in {cert_file}"
        )
    if key_file is None:
        return (
            f"cert_file: {cert_file} does not hold a certificate and its key ({_reason(error)}); "
            "is there a key_file?"
        )
    return (
        f"cert_file and key_file cannot be used together ({_reason(error)}): {cert_file}, "
        f"{key_file}"
    )


def _reason(error: OSError) -> str:
    """OpenSSL's own word for it, such as NO_START_LINE."""
    return getattr(error, "reason", None) or error.strerror or type(error).__name__


def _world_readable(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False
