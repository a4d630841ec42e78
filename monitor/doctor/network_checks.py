"""Names, connections and certificates: can a host be reached, and is its certificate right?"""

import asyncio
import errno
import os
import socket
import ssl
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from monitor.doctor.finding import Finding, ok, problem, warning
from monitor.domain.safetext.shown_text import counted
from monitor.net import PORTS, proxy_for

SECONDS = 10.0
RENEWED_BEFORE = timedelta(days=14)
"""Certificates are usually renewed a month before they end. One that still is not renewed by then
has been forgotten."""

_EXPIRED, _NOT_YET = 10, 9
_MISMATCHED = {62, 64}
"""OpenSSL's X509_V_ERR_… numbers. All others are about the chain of certificates."""


async def examine_host(
    subject: str,
    url: str,
    *,
    now: datetime,
    tls: ssl.SSLContext | None = None,
    name: str | None = None,
) -> list[Finding]:
    """Check the way from this machine to the host of a URL. `name` is what to call the host, which
    may be a secret."""
    proxy = proxy_for(url).url
    if proxy is not None:
        through = f"the proxy {proxy.host}:{proxy.port}"
        context = ssl.create_default_context() if proxy.scheme == "https" else None
        return await _examine(
            subject,
            proxy.host or "",
            proxy.port or 0,
            through,
            now=now,
            tls=context,
            through_proxy=True,
        )
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    context = (tls or ssl.create_default_context()) if parts.scheme == "https" else None
    return await _examine(
        subject,
        host,
        port,
        name or (host if parts.port is None else f"{host}:{port}"),
        now=now,
        tls=context,
    )


async def _examine(
    subject: str,
    host: str,
    port: int,
    called: str,
    *,
    now: datetime,
    tls: ssl.SSLContext | None,
    through_proxy: bool = False,
) -> list[Finding]:
    try:
        async with asyncio.timeout(SECONDS):
            writer = await _connected(host, port, tls)
    except TimeoutError:
        return [
            problem(
                subject,
                f"{called} did not answer within {SECONDS:g} s",
                "is there a firewall between?",
            )
        ]
    except (socket.gaierror, UnicodeError):  # the latter for a name that cannot exist
        advice = "check the spelling, and this machine's name service (/etc/resolv.conf)"
        return [problem(subject, f"the name of {called} cannot be resolved", advice)]
    except ssl.SSLCertVerificationError as error:
        return [_refused_certificate(subject, called, error)]
    except ssl.SSLError as error:
        return [
            problem(
                subject,
                f"TLS with {called} failed ({error.reason or 'no reason given'})",
                "is that port an HTTPS port?",
            )
        ]
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else type(error).__name__
        return [
            problem(
                subject,
                f"no connection to {called}: {why}",
                "check the address, the port, and firewalls between",
            )
        ]
    try:
        certificate = writer.get_extra_info("peercert") if tls else None
    finally:
        writer.close()
    way = f"is reached through {called}" if through_proxy else f"{called} can be reached"
    return [ok(subject, way) if certificate is None else _lifetime(subject, way, certificate, now)]


async def _connected(host: str, port: int, tls: ssl.SSLContext | None) -> asyncio.StreamWriter:
    """Connect to the first of the host's addresses that accepts. Raises the last one's error when
    none does."""
    refusal: OSError = OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
    for *_, address in await asyncio.get_running_loop().getaddrinfo(
        host, port, type=socket.SOCK_STREAM
    ):
        try:
            _, writer = await asyncio.open_connection(
                str(address[0]), port, ssl=tls, server_hostname=host if tls else None
            )
        except ssl.SSLError:  # it does answer
            raise
        except OSError as error:
            refusal = error
        else:
            return writer
    raise refusal


def _refused_certificate(subject: str, called: str, error: ssl.SSLCertVerificationError) -> Finding:
    match error.verify_code:
        case number if number == _EXPIRED:
            why, advice = (
                "it has expired",
                "its operator must renew it; or is this machine's clock wrong?",
            )
        case number if number == _NOT_YET:
            why, advice = "it is not valid yet", "is this machine's clock wrong?"
        case number if number in _MISMATCHED:
            why, advice = "it is for another host name", "check the URL"
        case _:
            why = error.verify_message
            advice = (
                "set SSL_CERT_FILE to a bundle with its authority (a webhook has ca_file); does "
                "something inspect TLS here?"
            )
    return problem(subject, f"the certificate of {called} is not accepted: {why}", advice)


def _lifetime(subject: str, way: str, certificate: dict[str, str], now: datetime) -> Finding:
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
    days = (ends - now).days
    message = f"{way}; its certificate is accepted, and valid for {counted(days, 'day')}"
    if ends - now < RENEWED_BEFORE:
        return warning(subject, message, "its operator should have renewed it by now")
    return ok(subject, message)
