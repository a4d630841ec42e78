"""Names, connections and certificates, against real sockets."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.doctor import network_checks as network
from monitor.doctor.finding import Finding, Level
from monitor.doctor.network_checks import examine_host
from monitor.net import PROXY_VARIABLES
from tests.clock import START

CERTIFICATES = Path(__file__).parents[2] / "certificates"
ENDS = datetime(2126, 10, 30, 14, 45, 57, tzinfo=UTC)
"""Of server.pem."""


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(CERTIFICATES / "ca.pem"))


@asynccontextmanager
async def serving(*, tls: bool, address: str = "127.0.0.1") -> AsyncIterator[int]:
    context = None
    if tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(CERTIFICATES / "server.pem")

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, address, 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def examined(
    url: str, *, tls: ssl.SSLContext | None = None, now: datetime = START, name: str | None = None
) -> Finding:
    (finding,) = await examine_host("account a", url, now=now, tls=tls, name=name)
    assert finding.subject == "account a"
    return finding


async def test_a_certificate_that_is_accepted_is_told_with_its_life() -> None:
    async with serving(tls=True) as port:
        found = await examined(
            f"https://localhost:{port}/", tls=trusting(), now=ENDS - timedelta(days=40)
        )
    assert found.level is Level.OK
    assert (
        found.message
        == f"localhost:{port} can be reached; its certificate is accepted, and valid for 40 days"
    )


async def test_a_certificate_that_ends_soon_is_a_warning() -> None:
    async with serving(tls=True) as port:
        found = await examined(
            f"https://localhost:{port}/", tls=trusting(), now=ENDS - timedelta(days=13)
        )
    assert (found.level, "valid for 13 days" in found.message) == (Level.WARNING, True)


async def test_an_unknown_authority_is_told_with_the_setting_that_names_one() -> None:
    async with serving(tls=True) as port:
        found = await examined(f"https://localhost:{port}/")
    assert (found.level, "is not accepted: " in found.message) == (Level.PROBLEM, True)
    assert found.advice is not None
    assert "SSL_CERT_FILE" in found.advice


async def test_a_certificate_for_another_host_is_told_without_the_host_where_that_is_a_secret() -> (
    None
):
    async with serving(tls=True, address="127.0.0.2") as port:
        found = await examined(f"https://127.0.0.2:{port}/s3cr3t", tls=trusting(), name="its host")
    assert (
        found.message == "the certificate of its host is not accepted: it is for another host name"
    )


@pytest.mark.parametrize(
    ("code", "words"),
    [(10, "it has expired"), (9, "it is not valid yet"), (64, "it is for another host name")],
)
def test_what_openssl_says_of_a_certificate_is_put_into_words(code: int, words: str) -> None:
    error = ssl.SSLCertVerificationError()
    error.verify_code, error.verify_message = code, "whatever"
    assert network._refused_certificate("a", "example.org", error).message.endswith(
        f"is not accepted: {words}"
    )


async def test_a_port_without_tls_is_told() -> None:
    async with serving(tls=False) as port:
        found = await examined(f"https://localhost:{port}/", tls=trusting())
    assert found.level is Level.PROBLEM


async def test_a_host_without_tls_needs_no_certificate() -> None:
    async with serving(tls=False) as port:
        found = await examined(f"http://127.0.0.1:{port}/")
    assert (found.level, found.message) == (Level.OK, f"127.0.0.1:{port} can be reached")


async def test_a_port_without_a_listener_is_reported() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        found = await examined(f"http://127.0.0.1:{taken.getsockname()[1]}/")
    assert (found.level, "Connection refused" in found.message) == (Level.PROBLEM, True)


@pytest.mark.parametrize("host", ["a" * 70 + ".invalid", "no-such-host.invalid"])
async def test_an_unknown_name_is_reported(host: str) -> None:
    found = await examined(f"https://{host}/")
    assert (found.level, found.message) == (Level.PROBLEM, f"the name of {host} cannot be resolved")


async def test_a_host_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = await examined(f"https://127.0.0.1:{silent.getsockname()[1]}/", tls=trusting())
    assert (found.level, "did not answer within" in found.message) == (Level.PROBLEM, True)


async def test_behind_a_proxy_it_is_the_proxy_that_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(tls=False) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:s3cr3t@127.0.0.1:{port}")
        found = await examined("https://example.org/")
    assert (found.level, found.message) == (
        Level.OK,
        f"is reached through the proxy 127.0.0.1:{port}",
    )


async def test_of_a_proxy_with_tls_the_certificate_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "ca.pem"))
    async with serving(tls=True) as port:
        monkeypatch.setenv("ALL_PROXY", f"https://user:s3cr3t@localhost:{port}")
        found = await examined("http://example.org/", now=ENDS - timedelta(days=40))
    expected = (
        f"is reached through the proxy localhost:{port}; its certificate is accepted, and valid "
        "for 40 days"
    )
    assert (found.level, found.message) == (Level.OK, expected)


async def test_an_exempted_host_is_looked_at_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "proxy.invalid")
    async with serving(tls=False) as port:
        monkeypatch.setenv("NO_PROXY", f"127.0.0.1:{port}")
        found = await examined(f"http://127.0.0.1:{port}/")
    assert found.message == f"127.0.0.1:{port} can be reached"
