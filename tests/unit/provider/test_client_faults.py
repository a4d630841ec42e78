"""Faults that no server can stage."""

import errno
import re
import ssl
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from aioresponses import aioresponses

from monitor.errors import ProviderError, ProviderFault
from monitor.metrics import Metrics
from monitor.provider.client import Call, Client, open_session
from tests.clock import InstantClock

URL = "https://u-ser.example.test"
KEY: Any = SimpleNamespace(host="u-ser.example.test", port=443, ssl=True, is_ssl=True)
CALL = Call(method="GET", path="/x")


def certificate_error() -> Exception:
    return aiohttp.ClientConnectorCertificateError(KEY, ssl.SSLCertVerificationError("self-signed"))


FAULTS = {
    "dns": (
        aiohttp.ClientConnectorDNSError(KEY, OSError(-2, "Name unknown")),
        ProviderFault.CONNECTION,
        "name could not",
        True,
    ),
    "refused": (
        aiohttp.ClientConnectorError(
            KEY, ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed ('10.0.0.1', 443)")
        ),
        ProviderFault.CONNECTION,
        "Connection refused",
        True,
    ),
    "certificate": (certificate_error(), ProviderFault.CONNECTION, "SSL_CERT_FILE", False),
    "tls": (
        aiohttp.ClientConnectorSSLError(KEY, ssl.SSLError("handshake")),
        ProviderFault.CONNECTION,
        "TLS",
        True,
    ),
    "reset": (
        aiohttp.ClientOSError(errno.ECONNRESET, "reset"),
        ProviderFault.CONNECTION,
        "Connection reset",
        True,
    ),
    "closed": (aiohttp.ServerDisconnectedError(), ProviderFault.CONNECTION, "closed", True),
    "proxy": (
        aiohttp.ClientProxyConnectionError(KEY, OSError(errno.ECONNREFUSED, "no")),
        ProviderFault.CONNECTION,
        "proxy",
        True,
    ),
    "timeout": (TimeoutError(), ProviderFault.TIMEOUT, "within", True),
    "not http": (
        aiohttp.ClientResponseError(SimpleNamespace(real_url=URL), (), status=400, message="bad"),  # type: ignore[arg-type]
        ProviderFault.BAD_BODY,
        "not HTTP",
        True,
    ),
    "payload": (aiohttp.ClientPayloadError("cut"), ProviderFault.BAD_BODY, "cut", True),
}


@pytest.mark.parametrize("name", sorted(FAULTS))
async def test_a_fault_is_mapped_retried_where_that_helps_counted_and_names_the_url(
    http_faults: aioresponses, name: str
) -> None:
    exception, reason, says, retryable = FAULTS[name]
    http_faults.get(re.compile(".*"), exception=exception, repeat=True)
    metrics, clock = Metrics("test"), InstantClock()
    async with Client(
        account="a", url=URL, clock=clock, metrics=metrics, random=lambda: 0.5
    ) as client:
        with pytest.raises(ProviderError, match=says) as caught:
            await client.request(CALL, bytes)
    assert (caught.value.reason, caught.value.retryable) == (reason, retryable)
    assert f"GET {URL}/x" in str(caught.value)
    assert "10.0.0.1" not in str(caught.value)
    tries = 3 if retryable else 1
    assert clock.slept == [1.5, 3.0][: tries - 1]
    assert (
        metrics.registry.get_sample_value(
            "bsg_monitor_api_requests_total", {"account": "a", "code": reason.value}
        )
        == tries
    )


async def test_a_fault_that_passes_is_forgotten(http_faults: aioresponses) -> None:
    http_faults.get(URL + "/x", exception=FAULTS["dns"][0])
    http_faults.get(URL + "/x", body=b"fine")
    async with Client(
        account="a", url=URL + "/", clock=InstantClock(), metrics=Metrics("test")
    ) as client:
        assert await client.request(CALL, bytes) == b"fine"


async def test_an_answer_over_8_mib_is_refused_and_not_asked_for_again(
    http_faults: aioresponses,
) -> None:
    http_faults.get(URL + "/x", body=b"x" * (8 * 2**20 + 1), repeat=True)
    clock = InstantClock()
    async with Client(account="a", url=URL, clock=clock, metrics=Metrics("test")) as client:
        with pytest.raises(ProviderError) as caught:
            await client.request(CALL, bytes)
    assert caught.value.reason is ProviderFault.TOO_LARGE
    assert clock.slept == []


async def test_a_session_reads_no_netrc_and_keeps_no_cookies() -> None:
    async with open_session() as session:
        assert not session.trust_env
        assert isinstance(session.cookie_jar, aiohttp.DummyCookieJar)
