"""What every integration promises: what an answer means, the same id in every retry, no redirect
followed, no secret told."""

import asyncio
import json
import re
import socket
import traceback
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
import structlog

from monitor.errors import DeliveryError, DeliveryFault
from monitor.ports import Notifier
from tests.clock import FakeClock
from tests.contract.receivers import (
    NOTIFICATION,
    OVER_HTTP,
    SECRET,
    Reply,
    ScriptedReceiver,
    integration_of,
    notifier_for,
    success,
)
from tests.unit.notify.builders import alert, detail

F = DeliveryFault
TABLE: dict[int, tuple[DeliveryFault, bool]] = {
    301: (F.REDIRECT, True),
    302: (F.REDIRECT, True),
    307: (F.REDIRECT, True),
    308: (F.REDIRECT, True),
    400: (F.REJECTED, False),
    401: (F.UNAUTHORIZED, True),
    403: (F.UNAUTHORIZED, True),
    404: (F.NOT_FOUND, True),
    405: (F.REJECTED, True),
    408: (F.TIMEOUT, True),
    410: (F.GONE, False),
    413: (F.TOO_LARGE, False),
    422: (F.REJECTED, False),
    425: (F.RATE_LIMITED, True),
    429: (F.RATE_LIMITED, True),
    500: (F.SERVER_ERROR, True),
    502: (F.SERVER_ERROR, True),
    503: (F.UNAVAILABLE, True),
    504: (F.SERVER_ERROR, True),
}

pytestmark = pytest.mark.parametrize("kind", sorted(OVER_HTTP))


@pytest.fixture
async def receiver(kind: str) -> AsyncIterator[ScriptedReceiver]:
    async with ScriptedReceiver().serving() as scripted:
        scripted.replies = [Reply(body=success(kind))]
        yield scripted


@pytest.fixture
async def notifier(kind: str, receiver: ScriptedReceiver) -> AsyncIterator[Notifier]:
    async with notifier_for(kind, receiver.url, FakeClock()) as built:
        yield built


async def failure(notifier: Notifier) -> DeliveryError:
    with pytest.raises(DeliveryError) as failed:
        await notifier.send(NOTIFICATION)
    return failed.value


@pytest.mark.parametrize("status", [200, 201, 202])
async def test_a_success_status_is_a_delivery(
    kind: str, notifier: Notifier, receiver: ScriptedReceiver, status: int
) -> None:
    receiver.replies = [Reply(status=status, body=success(kind))]
    await notifier.send(NOTIFICATION)
    assert len(receiver.requests) == 1


async def test_a_success_need_not_say_anything(
    kind: str, notifier: Notifier, receiver: ScriptedReceiver
) -> None:
    receiver.replies = [Reply(status=204, body=b"")]
    if kind == "slack bot":  # but for the one that has to say where the message is
        assert (await failure(notifier)).reason is F.BAD_ANSWER
    else:
        await notifier.send(NOTIFICATION)


@pytest.mark.parametrize(
    ("status", "fault", "retryable"), [(status, *meaning) for status, meaning in TABLE.items()]
)
async def test_a_status_means_what_the_table_says(
    notifier: Notifier,
    receiver: ScriptedReceiver,
    status: int,
    fault: DeliveryFault,
    retryable: bool,
) -> None:
    receiver.replies = [Reply(status=status, headers={"Location": "/elsewhere"}, body=b"no")]
    error = await failure(notifier)
    assert (error.reason, error.retryable) == (fault, retryable)
    assert str(error).startswith(f"HTTP {status}")
    assert len(receiver.requests) == 1


def test_the_table_in_the_documentation_is_this_one(kind: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "receivers.md").read_text()
    told = {
        int(status): (DeliveryFault(outcome), again.startswith("yes"))
        for statuses, outcome, again in re.findall(
            r"^\| ([\d, ]+) \| `(\w+)` \| (.+?) \|", page, re.MULTILINE
        )
        for status in statuses.split(",")
    }
    assert told == {status: meaning for status, meaning in TABLE.items() if status in told}
    assert told.keys() >= {301, 400, 401, 403, 404, 408, 410, 413, 422, 429, 503}


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("value", "seconds"),
    [("17", 17.0), ("1.5", 1.5), ("Mon, 02 Mar 2026 05:02:00 GMT", 120.0), ("whenever", None)],
)
async def test_retry_after_is_passed_on(
    notifier: Notifier, receiver: ScriptedReceiver, status: int, value: str, seconds: float | None
) -> None:
    theirs = {"Retry-After": value, "Date": "Mon, 02 Mar 2026 05:00:00 GMT"}
    receiver.replies = [Reply(status=status, headers=theirs)]
    assert (await failure(notifier)).retry_after == seconds


HOSTILE = [
    b"[" * 2000 + b"]" * 2000,
    b'{"retry_after": ' + b"9" * 400 + b"}",
    b'{"parameters": {"retry_after": -1e999}, "errors": {}, "error": [], "message": 7, "code": [], "description": null}',
    b"\xff\xfe{\x00",
    b"",
]


@pytest.mark.parametrize("body", HOSTILE)
@pytest.mark.parametrize("status", [200, 400, 429])
async def test_no_answer_makes_our_own_code_fail(
    notifier: Notifier, receiver: ScriptedReceiver, body: bytes, status: int
) -> None:
    receiver.replies = [Reply(status=status, body=body)]
    if status == 200:
        with suppress(DeliveryError):
            await notifier.send(NOTIFICATION)
        return
    error = await failure(notifier)
    assert error.reason is TABLE[status][0]
    assert error.retry_after is None or error.retry_after >= 0


async def test_a_receiver_that_says_nothing_is_a_timeout(
    kind: str, receiver: ScriptedReceiver
) -> None:
    receiver.replies = [Reply(hang=True)]
    async with notifier_for(kind, receiver.url, FakeClock(), seconds=0.1) as hurried:
        error = await failure(hurried)
    assert (error.reason, error.retryable) == (F.TIMEOUT, True)


async def test_a_success_whose_body_never_ends_is_a_delivery(
    kind: str, receiver: ScriptedReceiver
) -> None:
    if kind == "slack bot":
        pytest.skip(
            "its attempts are several calls, bounded together: what ends none of them ends the "
            "attempt"
        )
    receiver.replies = [Reply(hang_in_body=True)]
    for seconds in (
        0.1,
        1.0,
        10.0,
    ):  # on a busy machine it may take that long until the status is there
        async with notifier_for(kind, receiver.url, FakeClock(), seconds=seconds) as hurried:
            with suppress(DeliveryError):
                await hurried.send(NOTIFICATION)
                return
    pytest.fail("the status does not count before its body has ended")


async def test_an_endless_answer_is_not_read_to_its_end(
    kind: str, notifier: Notifier, receiver: ScriptedReceiver
) -> None:
    receiver.replies = [Reply(body=success(kind) + b" " * 3_000_000)]
    await notifier.send(NOTIFICATION)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(reset=True),
        Reply(raw=b""),
        Reply(raw=b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
        Reply(raw=b"HTTP/1.1 2"),
    ],
)
async def test_a_broken_connection_is_tried_again(
    notifier: Notifier, receiver: ScriptedReceiver, reply: Reply
) -> None:
    receiver.replies = [reply]
    error = await failure(notifier)
    assert (error.reason, error.retryable) == (F.CONNECTION, True)


async def test_a_refused_connection_is_tried_again(kind: str) -> None:
    with socket.socket() as taken:  # bound but not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        async with notifier_for(
            kind, f"http://127.0.0.1:{taken.getsockname()[1]}/{SECRET}", FakeClock()
        ) as built:
            error = await failure(built)
    assert (error.reason, error.retryable) == (F.CONNECTION, True)
    assert "could not connect" in str(error)


async def test_tls_that_cannot_be_agreed_on_is_tried_again(kind: str) -> None:
    async def speak_no_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65_536)
        writer.write(b"220 this is a mail server\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(speak_no_tls, "127.0.0.1", 0) as server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/{SECRET}"
        async with notifier_for(kind, url, FakeClock()) as built:
            error = await failure(built)
    assert (error.reason, error.retryable) == (F.CONNECTION, True)
    expected = (
        "TLS could not be agreed on: that port does not speak TLS; check the port, or write http://"
    )
    assert str(error) == expected


async def test_a_retry_carries_the_same_id_and_body(
    kind: str, notifier: Notifier, receiver: ScriptedReceiver
) -> None:
    receiver.replies = [Reply(status=500), Reply(body=success(kind))]
    await failure(notifier)
    await notifier.send(NOTIFICATION)
    first, second = receiver.requests
    if kind == "slack bot":
        assert (
            json.loads(first.body)["metadata"]["event_payload"]["notification"] == NOTIFICATION.id
        )
    else:
        assert first.headers["webhook-id"] == second.headers["webhook-id"] == NOTIFICATION.id
    assert first.body == second.body
    assert json.loads(first.body)


async def test_every_kind_says_why_messages_have_not_arrived(
    notifier: Notifier, receiver: ScriptedReceiver
) -> None:
    await notifier.send(msgspec.structs.replace(NOTIFICATION, alerts=(alert(detail=detail()),)))
    sent = b"".join(request.body for request in receiver.requests).decode().replace("\\", "")
    assert "not RCS-capable 34 %, expired 8 %, failed 3 %; SMS fallback: expired 13 %" in sent


async def test_no_redirect_is_followed(notifier: Notifier, receiver: ScriptedReceiver) -> None:
    receiver.replies = [Reply(status=307, headers={"Location": receiver.url}), *receiver.replies]
    assert "never followed" in str(await failure(notifier))
    assert len(receiver.requests) == 1


async def test_no_cookie_is_kept(kind: str, notifier: Notifier, receiver: ScriptedReceiver) -> None:
    receiver.replies = [Reply(headers={"Set-Cookie": "a=b"}, body=success(kind))]
    await notifier.send(NOTIFICATION)
    await notifier.send(NOTIFICATION)
    assert "cookie" not in receiver.requests[1].headers


@pytest.mark.parametrize(
    "reply",
    [
        *(Reply(status=status, body=f"echo {SECRET} secret".encode()) for status in TABLE),
        Reply(raw=f"HTTP/1.1 {SECRET}\r\n\r\n".encode()),
        Reply(body=f"<html>{SECRET}".encode(), status=500),
        Reply(reset=True),
    ],
)
async def test_no_error_repr_or_log_tells_a_secret(
    kind: str,
    notifier: Notifier,
    receiver: ScriptedReceiver,
    reply: Reply,
    capsys: pytest.CaptureFixture[str],
) -> None:
    receiver.replies = [reply]
    with structlog.testing.capture_logs() as logs:
        error = await failure(notifier)
    options = integration_of(kind).options.model_validate(OVER_HTTP[kind](receiver.url))
    said = [str(error), repr(error), repr(notifier), repr(options), str(logs), *capsys.readouterr()]
    assert SECRET not in " ".join(said)
    assert receiver.url not in "".join(traceback.format_exception(error))


async def test_a_refused_connection_tells_no_secret(kind: str) -> None:
    async with notifier_for(
        kind, f"http://127.0.0.1:1/{SECRET}?token={SECRET}", FakeClock()
    ) as built:
        error = await failure(built)
    assert SECRET not in "".join(traceback.format_exception(error))


async def test_plain_http_with_a_secret_is_not_even_built(kind: str) -> None:
    with pytest.raises(ValueError, match="plain HTTP"):
        async with notifier_for(kind, f"http://receiver.example/{SECRET}", FakeClock()):
            pass


async def test_sending_is_stopped_by_cancellation(
    notifier: Notifier, receiver: ScriptedReceiver
) -> None:
    receiver.replies = [Reply(hang=True)]
    async with asyncio.TaskGroup() as group:
        sending = group.create_task(notifier.send(NOTIFICATION))
        await receiver.asked.wait()
        sending.cancel()
    assert sending.cancelled()
