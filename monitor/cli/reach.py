"""Whether a receiver's host answers at all, without sending it anything: neither a message nor the path that is its secret."""

import ssl
from urllib.parse import urlsplit

import aiohttp

REACH_SECONDS = 10.0


async def reach(session: aiohttp.ClientSession, endpoint: str, *, tls: ssl.SSLContext | None = None) -> str | None:
    """Ask the root of the endpoint's host for its headers. None when there was any answer, else why there was none."""
    parts = urlsplit(endpoint)
    root = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/"
    timeout = aiohttp.ClientTimeout(total=REACH_SECONDS)
    try:
        async with session.head(root, allow_redirects=False, timeout=timeout, ssl=True if tls is None else tls):
            return None
    except TimeoutError:
        return f"no answer within {REACH_SECONDS:g} s"
    except aiohttp.ClientConnectorDNSError:
        return "the host name could not be resolved"
    except aiohttp.ClientConnectorCertificateError as error:
        cause = error.certificate_error
        why = cause.verify_message if isinstance(cause, ssl.SSLCertVerificationError) else "it does not fit the host"
        return f"its TLS certificate was not accepted: {why}"
    except aiohttp.ClientSSLError:
        return "TLS failed"
    except aiohttp.ClientConnectorError as error:
        return f"no connection: {error.os_error.strerror or 'refused'}"
    except (aiohttp.ClientError, OSError) as error:
        return f"no answer: {type(error).__name__}"  # its text may name the URL
