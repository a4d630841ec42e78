"""Email against a real SMTP server: what arrives, what its replies mean, who is told again, and
nothing in clear."""

import asyncio
import socket
import traceback
from email import message_from_bytes
from email.policy import SMTP

import pytest
import structlog

from monitor.errors import DeliveryError, DeliveryFault
from monitor.notify import Verifiable
from monitor.ports import Notifier
from tests.contract.mailserver import CA, mail_server, mailer
from tests.contract.receivers import NOTIFICATION, SECRET

F = DeliveryFault
OPS, LEA = "ops@example.org", "lea@example.org"


async def failure(notifier: Notifier) -> DeliveryError:
    with pytest.raises(DeliveryError) as failed:
        await notifier.send(NOTIFICATION)
    assert SECRET not in "".join(traceback.format_exception(failed.value))
    return failed.value


async def test_a_mail_arrives_with_both_texts_and_the_notifications_id() -> None:
    async with (
        mail_server() as server,
        mailer(server.port, hello="monitor.example.org") as notifier,
    ):
        await notifier.send(NOTIFICATION)
    ((sender, recipients, content),) = server.mails
    assert (sender, recipients) == ("monitor@example.org", [OPS, LEA])
    assert server.greetings == ["monitor.example.org"]
    read = message_from_bytes(content, policy=SMTP)
    assert read["Subject"] == "CRITICAL · 1 firing · Spring sale ☀: 71 % delivered"
    assert read["Message-ID"] == "<ntf_01JNB@example.org>"
    assert [each.get_content_type() for each in read.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_tls_and_the_login_are_used(tls: str) -> None:
    async with (
        mail_server(tls=tls, login=True) as server,
        mailer(server.port, tls=tls, ca_file=CA, username="monitor", password=SECRET) as notifier,
    ):
        await notifier.send(NOTIFICATION)
        assert isinstance(notifier, Verifiable)
        await notifier.verify()
    assert server.encrypted == [True]
    assert server.logins == [(b"monitor", SECRET.encode())] * 2


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_a_certificate_of_an_unknown_authority_is_not_accepted(tls: str) -> None:
    async with mail_server(tls=tls) as server, mailer(server.port, tls=tls) as notifier:
        error = await failure(notifier)
    assert (error.reason, error.retryable) == (F.CONNECTION, True)
    assert "certificate was not accepted" in str(error)
    assert server.mails == []


async def test_tls_at_a_port_that_begins_in_clear_is_told_with_what_to_write() -> None:
    async with (
        mail_server(tls="starttls") as server,
        mailer(server.port, tls="tls", ca_file=CA) as notifier,
    ):
        error = await failure(notifier)
    assert "does not speak TLS; check the port, or write tls: starttls" in str(error)


async def test_without_starttls_nothing_is_sent_in_clear() -> None:
    async with (
        mail_server(login=True) as server,
        mailer(
            server.port, tls="starttls", ca_file=CA, username="monitor", password=SECRET
        ) as notifier,
    ):
        error = await failure(notifier)
    assert (error.reason, error.retryable) == (F.CONNECTION, True)
    assert "does not offer STARTTLS" in str(error)
    assert server.logins == []


@pytest.mark.parametrize(
    ("command", "reply", "reason", "retryable"),
    [
        ("MAIL", "451 4.3.0 later", F.UNAVAILABLE, True),
        ("MAIL", "421 4.7.0 too many", F.UNAVAILABLE, True),
        ("MAIL", "530 5.7.0 log in first", F.UNAUTHORIZED, True),
        ("MAIL", "550 5.7.1 not you", F.REJECTED, True),
        ("MAIL", "552 5.3.4 too large", F.TOO_LARGE, False),
        ("DATA", "452 4.3.1 disk full", F.UNAVAILABLE, True),
        ("DATA", "552 5.3.4 too large", F.TOO_LARGE, False),
        ("DATA", "554 5.7.1 looks like spam", F.REJECTED, False),
    ],
)
async def test_a_reply_is_a_decision(
    command: str, reply: str, reason: DeliveryFault, retryable: bool
) -> None:
    async with mail_server() as server, mailer(server.port) as notifier:
        server.replies[command] = [f"{reply} {SECRET}"]
        error = await failure(notifier)
    assert (error.reason, error.retryable) == (reason, retryable)
    assert str(error).startswith(f"SMTP {reply[:9]}: ")


async def test_a_server_without_a_login_method_is_reported() -> None:
    async with (
        mail_server() as server,
        mailer(server.port, username="monitor", password=SECRET) as notifier,
    ):
        error = await failure(notifier)
    assert (error.reason, error.retryable) == (F.CONNECTION, True)
    assert "does not offer a login method" in str(error)


async def test_a_wrong_password_is_tried_again_and_so_is_a_server_that_cannot_say() -> None:
    async with mail_server(login=True) as server:
        async with mailer(server.port, username="monitor", password="wrong") as notifier:
            error = await failure(notifier)
            assert (error.reason, error.retryable) == (F.UNAUTHORIZED, True)
        async with mailer(server.port, username="monitor", password=SECRET) as notifier:
            server.replies["AUTH"] = [
                "454 4.7.0 Temporary authentication failure"
            ] * 2  # one for each way to log in
            error = await failure(notifier)
            assert (error.reason, error.retryable) == (F.UNAVAILABLE, True)
    assert server.mails == []


async def test_no_accepted_recipient_is_a_final_failure_unless_one_is_deferred() -> None:
    async with mail_server() as server, mailer(server.port) as notifier:
        server.replies = {OPS: ["550 5.1.1 unknown"], LEA: ["550 5.1.1 unknown"]}
        error = await failure(notifier)
        assert (error.reason, error.retryable) == (F.REJECTED, False)
        assert "every recipient was refused" in str(error)
        server.replies = {OPS: ["550 5.1.1 unknown"], LEA: ["450 4.2.0 greylisted"]}
        error = await failure(notifier)
        assert (error.reason, error.retryable) == (F.UNAVAILABLE, True)
    assert server.mails == []


async def test_a_recipient_who_is_refused_is_told_in_the_log_and_the_others_have_it() -> None:
    async with mail_server() as server, mailer(server.port) as notifier:
        server.replies = {LEA: ["550 5.1.1 unknown"]}
        with structlog.testing.capture_logs() as logs:
            await notifier.send(NOTIFICATION)
    assert [recipients for _, recipients, _ in server.mails] == [[OPS]]
    assert [(line["event"], line["refused"]) for line in logs] == [
        ("email_recipients_refused", {LEA: 550})
    ]


async def test_a_deferred_recipient_gets_it_later_and_no_one_gets_it_twice() -> None:
    async with mail_server() as server, mailer(server.port) as notifier:
        server.replies = {LEA: ["450 4.2.0 greylisted", "450 4.2.0 greylisted"]}
        assert "1 of 2 recipients were deferred" in str(await failure(notifier))
        assert (await failure(notifier)).reason is F.UNAVAILABLE
        await notifier.send(NOTIFICATION)
        assert [recipients for _, recipients, _ in server.mails] == [[OPS], [LEA]]
        assert len({content for _, _, content in server.mails}) == 1
        await notifier.send(NOTIFICATION)  # of its own accord, such as `outbox retry`
        assert server.mails[-1][1] == [OPS, LEA]


async def test_a_recipient_deferred_and_then_refused_does_not_undo_the_others_delivery() -> None:
    async with mail_server() as server, mailer(server.port) as notifier:
        server.replies = {LEA: ["450 4.2.0 greylisted", "550 5.1.1 unknown"]}
        await failure(notifier)
        with structlog.testing.capture_logs() as logs:
            await notifier.send(NOTIFICATION)
    assert [line["refused"] for line in logs] == [{LEA: 550}]


async def test_a_server_that_says_nothing_is_a_timeout() -> None:
    released = asyncio.Event()

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await released.wait()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        async with mailer(server.sockets[0].getsockname()[1], seconds=0.1) as notifier:
            error = await failure(notifier)
        released.set()
    assert (error.reason, error.retryable) == (F.TIMEOUT, True)


@pytest.mark.parametrize(
    "said", [b"", b"220 mail", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"554 5.7.1 go away\r\n"]
)
async def test_a_server_that_is_none_is_a_failure(said: bytes) -> None:
    async def wrong(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        writer.close()

    async with (
        await asyncio.start_server(wrong, "127.0.0.1", 0) as server,
        mailer(server.sockets[0].getsockname()[1], seconds=2) as notifier,
    ):
        error = await failure(notifier)
    assert error.retryable
    assert error.reason in (F.CONNECTION, F.REJECTED)


async def test_a_refused_connection_is_tried_again() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        async with mailer(taken.getsockname()[1]) as notifier:
            error = await failure(notifier)
    assert (error.reason, error.retryable) == (F.CONNECTION, True)
    assert "could not connect" in str(error)


async def test_a_goodbye_that_is_not_answered_does_not_undo_the_delivery() -> None:
    async def impolite(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example\r\n")
        in_data = False
        while line := await reader.readline():
            if in_data:
                in_data = line != b".\r\n"
                writer.write(b"" if in_data else b"250 OK\r\n")
            elif line.startswith(b"QUIT"):
                writer.transport.abort()
                return
            else:
                in_data = line.startswith(b"DATA")
                writer.write(b"354 go on\r\n" if in_data else b"250 OK\r\n")

    async with (
        await asyncio.start_server(impolite, "127.0.0.1", 0) as server,
        mailer(server.sockets[0].getsockname()[1]) as notifier,
    ):
        await notifier.send(NOTIFICATION)


async def test_sending_is_stopped_by_cancellation() -> None:
    asked, released = asyncio.Event(), asyncio.Event()

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await released.wait()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        async with (
            mailer(server.sockets[0].getsockname()[1]) as notifier,
            asyncio.TaskGroup() as group,
        ):
            sending = group.create_task(notifier.send(NOTIFICATION))
            await asked.wait()
            sending.cancel()
        released.set()
    assert sending.cancelled()
