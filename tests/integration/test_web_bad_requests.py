"""Bad requests cost a line a minute in the log, and no traceback."""

import asyncio
import logging

import pytest
import structlog

from monitor.metrics import Metrics
from monitor.web import WebOptions, WebServer
from monitor.web.bad_requests import BadRequests
from tests.clock import FakeClock
from tests.integration.test_web import status

HOST = b"Host: localhost\r\n"
BAD = {
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
    "a long url": b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "a long header": b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 20_000 + b"\r\n\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n",
    "another version": b"GET / HTTP/9.9\r\n" + HOST + b"\r\n",
    "a url that is none": b"GET http://[::1 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a port that is none": b"CONNECT a:99999999 HTTP/1.1\r\n" + HOST + b"\r\n",
    "bytes in the url": b"GET /\xff\xfe HTTP/1.1\r\n" + HOST + b"\r\n",
    "a control character": b"GET / HTTP/1.1\r\n" + HOST + b"Cookie: \x01\r\n\r\n",
    "a negative length": b"GET / HTTP/1.1\r\n" + HOST + b"Content-Length: -3\r\n\r\n",
    "a chunk without a size": b"GET / HTTP/1.1\r\n"
    + HOST
    + b"Transfer-Encoding: chunked\r\n\r\nzzz\r\n",
    "a body that is no gzip": b"GET / HTTP/1.1\r\n"
    + HOST
    + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
}


async def send(server: WebServer, request: bytes) -> None:
    """And wait until the connection is closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
    writer.write(request)
    await reader.read()
    writer.close()


@pytest.mark.parametrize("kind", BAD)
async def test_a_bad_request_is_counted_and_logged_in_one_line(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    metrics = Metrics("1")
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as logs:
        async with WebServer(WebOptions(port=0), metrics, status, clock=FakeClock()) as server:
            await send(server, BAD[kind])
    assert [(entry["event"], entry["since_last_line"]) for entry in logs] == [
        ("bad_http_request", 1)
    ]
    assert 0 < len(logs[0]["reason"]) <= 200
    assert "\n" not in logs[0]["reason"]
    assert [record for record in caplog.records if record.name != "asyncio"] == []
    assert metrics.registry.get_sample_value("bsg_monitor_bad_http_requests_total") == 1


async def test_many_bad_requests_are_one_line_a_minute_that_says_how_many() -> None:
    metrics, clock = Metrics("1"), FakeClock()
    with structlog.testing.capture_logs() as logs:
        async with WebServer(WebOptions(port=0), metrics, status, clock=clock) as server:
            for _ in range(3):
                for request in BAD.values():
                    await send(server, request)
            await clock.advance(60)
            await send(server, BAD["no host"])
    assert [entry["since_last_line"] for entry in logs] == [1, 3 * len(BAD)]
    assert (
        metrics.registry.get_sample_value("bsg_monitor_bad_http_requests_total") == 3 * len(BAD) + 1
    )


def test_a_fault_of_the_server_itself_keeps_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    logger = BadRequests(Metrics("1"), FakeClock()).logger()
    logger.error("Unhandled exception", exc_info=RuntimeError("a bug"))
    assert [record.getMessage() for record in caplog.records if record.exc_info] == [
        "Unhandled exception"
    ]
