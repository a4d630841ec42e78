"""What an answer, or the lack of one, means: the one place where it becomes a `ProviderError`
with its decision."""

import os
import zlib
from collections.abc import Iterable
from http import HTTPStatus

import aiohttp

from monitor.errors import ProviderError, ProviderFault
from monitor.net import tls_failure
from monitor.provider.wire import failure_text

LONGEST_QUOTE = 200
"""Characters of the provider's own words in an error."""


def quote(text: str, secrets: Iterable[str]) -> str:
    """The provider's words, fit for a log: without secrets and control characters, cut short."""
    for secret in secrets:
        text = text.replace(secret, "***")
    text = "".join(
        character if character.isprintable() else " " for character in text[: 4 * LONGEST_QUOTE]
    )
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1] + "…"


def error_of_status(
    status: int, body: bytes, *, what: str, retry_after: float | None, secrets: Iterable[str]
) -> ProviderError:
    """The error of an answer that is not a success. `what` was asked: method and URL.

    A 404 is NOT_FOUND only in the provider's own JSON; any other page (a proxy's, a moved
    site) is BAD_BODY with status 404.
    """
    said = failure_text(body)
    text = f"the provider answered {status} ({_phrase(status)}) to {what}"
    if said:
        text += f": {quote(said, secrets)}"
    if status in (401, 403):
        reason, retryable = ProviderFault.UNAUTHORIZED, False
    elif status == 404:
        reason, retryable = (
            (ProviderFault.BAD_BODY if said is None else ProviderFault.NOT_FOUND),
            False,
        )
    elif status == 429:
        reason, retryable = ProviderFault.RATE_LIMITED, True
    elif 300 <= status < 400:
        reason, retryable = ProviderFault.REDIRECT, False
        text += "; redirects are not followed, set the API's URL to where it points"
    elif status >= 500:
        reason, retryable = ProviderFault.SERVER_ERROR, True
    else:
        reason, retryable = ProviderFault.INVALID_REQUEST, False
    return ProviderError(
        text, reason=reason, retryable=retryable, status=status, retry_after=retry_after
    )


def error_of_exception(error: Exception, *, what: str, timeout: float) -> ProviderError:
    """The error of a request that got no answer, or only part of one, in words of ours."""
    if isinstance(error, TimeoutError):
        return ProviderError(
            f"the provider did not answer {what} within {timeout:g} s",
            reason=ProviderFault.TIMEOUT,
            retryable=True,
        )
    if isinstance(error, aiohttp.ClientPayloadError | aiohttp.ClientResponseError | zlib.error):
        return ProviderError(
            f"the provider's answer to {what} was cut short or is not HTTP",
            reason=ProviderFault.BAD_BODY,
            retryable=True,
        )
    retryable = True
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        why, retryable = (
            "its certificate could not be verified; set SSL_CERT_FILE to the right CA bundle",
            False,
        )
    elif isinstance(error, aiohttp.ClientSSLError):
        why = tls_failure(error.os_error, instead="http://")
    elif isinstance(error, aiohttp.ClientConnectorDNSError):
        why = "its name could not be resolved"
    elif isinstance(error, aiohttp.ClientProxyConnectionError | aiohttp.ClientHttpProxyError):
        why = "the proxy could not be used"
    elif isinstance(error, aiohttp.InvalidURL):
        why, retryable = "its URL is not valid", False
    elif isinstance(error, aiohttp.ServerDisconnectedError):
        why = "it closed the connection"
    else:
        cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
        errno = cause.errno if isinstance(cause, OSError) else None
        why = os.strerror(errno) if errno else type(error).__name__
    return ProviderError(
        f"the provider could not be reached for {what}: {why}",
        reason=ProviderFault.CONNECTION,
        retryable=retryable,
    )


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "not a registered status"
