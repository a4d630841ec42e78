"""What a mail server's replies mean: try again, or give up. It is decided only here;
docs/receivers.md has it as a table."""

import re
import socket
import ssl
from collections.abc import Iterator, Sequence

import aiosmtplib

from monitor.errors import DeliveryError, DeliveryFault
from monitor.net import tls_failure

_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?=\s|$)", re.ASCII)  # RFC 3463
_WANTS_LOGIN = (530, 534, 535, 538)
_TOO_LARGE = 552


def fault(error: Exception) -> DeliveryError:
    """The decision about an error on the way to a mail server. Of the server's own text only the
    codes are quoted."""
    match error:
        case aiosmtplib.SMTPRecipientsRefused():
            return all_refused([(refused.code, refused.message) for refused in error.recipients])
        case aiosmtplib.SMTPRecipientRefused():
            return all_refused([(error.code, error.message)])
        case aiosmtplib.SMTPResponseException():
            return _replied(error)
        case aiosmtplib.SMTPTimeoutError() | TimeoutError():
            return DeliveryError(
                "the mail server did not answer in time",
                reason=DeliveryFault.TIMEOUT,
                retryable=True,
            )
        case aiosmtplib.SMTPException() if (
            type(error) is aiosmtplib.SMTPException
        ):  # the library's own, not a reply
            what = (
                "STARTTLS"
                if "STARTTLS extension" in error.message
                else "a login method that the monitor supports"
            )
            return DeliveryError(
                f"the mail server does not offer {what}",
                reason=DeliveryFault.CONNECTION,
                retryable=True,
            )
        case _:
            return DeliveryError(_words(error), reason=DeliveryFault.CONNECTION, retryable=True)


def all_refused(replies: Sequence[tuple[int, str]]) -> DeliveryError:
    """No recipient was accepted. It is tried again if one of them may be later."""
    later = [(code, text) for code, text in replies if code < 500]
    code, text = (later or list(replies) or [(0, "")])[0]
    number = "every recipient" if len(replies) != 1 else "the recipient"
    if later:
        return DeliveryError(
            f"{_named(code, text)}: {number} was deferred",
            reason=DeliveryFault.UNAVAILABLE,
            retryable=True,
        )
    return DeliveryError(
        f"{_named(code, text)}: {number} was refused",
        reason=DeliveryFault.REJECTED,
        retryable=False,
    )


def _replied(error: aiosmtplib.SMTPResponseException) -> DeliveryError:
    named = _named(error.code, error.message)
    if not 400 <= error.code < 600:
        return DeliveryError(
            "the answer was not a mail server's", reason=DeliveryFault.CONNECTION, retryable=True
        )
    if error.code < 500:
        return DeliveryError(
            f"{named}: try again later", reason=DeliveryFault.UNAVAILABLE, retryable=True
        )
    if error.code in _WANTS_LOGIN or isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return DeliveryError(
            f"{named}: the login was refused", reason=DeliveryFault.UNAUTHORIZED, retryable=True
        )
    if error.code == _TOO_LARGE:
        return DeliveryError(
            f"{named}: the mail is too large", reason=DeliveryFault.TOO_LARGE, retryable=False
        )
    match error:
        case aiosmtplib.SMTPSenderRefused():  # a person may correct that
            return DeliveryError(
                f"{named}: the sender was refused", reason=DeliveryFault.REJECTED, retryable=True
            )
        case aiosmtplib.SMTPDataError():
            return DeliveryError(
                f"{named}: the mail was refused", reason=DeliveryFault.REJECTED, retryable=False
            )
        case aiosmtplib.SMTPConnectResponseError() | aiosmtplib.SMTPHeloError():
            return DeliveryError(
                f"{named}: the connection was refused",
                reason=DeliveryFault.REJECTED,
                retryable=True,
            )
    return DeliveryError(named, reason=DeliveryFault.SERVER_ERROR, retryable=True)


def _named(code: int, text: str) -> str:
    enhanced = _ENHANCED.match(text)
    return f"SMTP {code} {enhanced[0]}" if enhanced else f"SMTP {code}"


def _words(error: Exception) -> str:
    for cause in _causes(error):
        match cause:
            case ssl.SSLCertVerificationError():
                return f"the TLS certificate was not accepted: {cause.verify_message}"
            case ssl.SSLError():
                return tls_failure(cause, instead="tls: starttls")
            case socket.gaierror():
                return "the host name could not be resolved"
            case OSError() if cause.strerror and not isinstance(cause, aiosmtplib.SMTPException):
                return f"could not connect: {cause.strerror}"
    if isinstance(error, aiosmtplib.SMTPServerDisconnected):
        return "the connection was closed before an answer"
    return f"the connection failed ({type(error).__name__})"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
