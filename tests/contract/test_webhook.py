"""What the webhook promises beyond the common suite: keys that change, identities, own bodies,
sizes, certificates."""

import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from monitor.clock import SystemClock
from monitor.dispatcher import verdict
from monitor.domain.alerting.notification import OutboxRow, OutboxState
from monitor.errors import DeliveryError, DeliveryFault
from monitor.notify.webhook.options import SIGNED_LIMIT
from tests.clock import START, FakeClock
from tests.contract.receivers import NOTIFICATION, SECRET, Request, ScriptedReceiver, notifier_for
from tests.unit.notify.builders import alert, notification

CERTIFICATES = Path(__file__).parents[1] / "certificates"
OLD, NEW = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


@pytest.fixture
async def receiver() -> AsyncIterator[ScriptedReceiver]:
    async with ScriptedReceiver().serving() as scripted:
        yield scripted


async def posted(receiver: ScriptedReceiver, **options: Any) -> Request:
    async with notifier_for(
        "webhook", receiver.url, SystemClock(), options={"url": receiver.url} | options
    ) as built:
        await built.send(NOTIFICATION)
    return receiver.requests[-1]


@pytest.mark.parametrize("known", [OLD, NEW])
async def test_while_keys_change_who_knows_the_old_or_the_new_one_can_verify(
    receiver: ScriptedReceiver, known: str
) -> None:
    request = await posted(receiver, secret=[NEW, OLD])
    assert len(request.headers["webhook-signature"].split(" ")) == 2
    assert Webhook(known).verify(request.body, dict(request.headers))["version"] == "4"


async def test_who_knows_neither_cannot(receiver: ScriptedReceiver) -> None:
    request = await posted(receiver, secret=[NEW, OLD])
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_dGhpcyBpcyBub3QgaXQ=").verify(request.body, dict(request.headers))


async def test_an_own_body_is_signed_as_it_is_sent(receiver: ScriptedReceiver) -> None:
    request = await posted(
        receiver, secret=NEW, body='{"text": {{ title | tojson }}, "id": {{ id | tojson }}}'
    )
    assert Webhook(NEW).verify(request.body, dict(request.headers)) == {
        "text": "CRITICAL · 1 firing · Spring sale ☀: 71 % delivered",
        "id": NOTIFICATION.id,
    }


async def test_headers_identities_and_types_arrive(receiver: ScriptedReceiver) -> None:
    request = await posted(
        receiver,
        headers={"X-Team": "ops", "User-Agent": "ours"},
        bearer=SECRET,
        body="{{ title }}",
        content_type="text/plain",
    )
    assert request.body.decode().startswith("CRITICAL")
    given = ("x-team", "user-agent", "authorization", "content-type", "webhook-id")
    assert [request.headers[name] for name in given] == [
        "ops",
        "ours",
        f"Bearer {SECRET}",
        "text/plain",
        NOTIFICATION.id,
    ]


async def test_basic_authentication_arrives(receiver: ScriptedReceiver) -> None:
    request = await posted(receiver, basic={"username": "Aladdin", "password": "open sesame"})
    assert request.headers["authorization"] == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="


async def test_a_signed_message_that_is_too_large_is_halved_until_every_part_fits(
    receiver: ScriptedReceiver,
) -> None:
    told = notification(*(alert(n) for n in range(200)))
    waiting = [OutboxRow(notification=told, sequence=1, attempts=1, next_attempt_at=START)]
    sent: list[str] = []
    async with notifier_for(
        "webhook", receiver.url, FakeClock(), options={"url": receiver.url, "secret": SECRET}
    ) as built:
        while waiting:
            row = waiting.pop(0)
            try:
                await built.send(row.notification)
                sent.append(row.notification.id)
            except DeliveryError as error:
                result = verdict.after_failure(
                    row, error, now=START, random=0, long_enough=lambda _: False
                )
                assert result.state is OutboxState.SUPERSEDED
                waiting = [*result.replacements, *waiting]
    assert len(sent) == len(set(sent)) == len(receiver.requests) > 4
    assert max(len(request.body) for request in receiver.requests) <= SIGNED_LIMIT
    bodies = [json.loads(request.body) for request in receiver.requests]
    fingerprints = [each["fingerprint"] for body in bodies for each in body["alerts"]]
    assert fingerprints == [each.fingerprint for each in told.alerts]
    assert all(id_.startswith(f"{told.id}-") for id_ in sent)


async def test_one_alert_is_sent_whatever_its_size_and_so_is_a_message_without_a_limit(
    receiver: ScriptedReceiver,
) -> None:
    long = alert(annotations={"summary": "x" * 30_000})
    async with notifier_for(
        "webhook", receiver.url, FakeClock(), options={"url": receiver.url, "secret": SECRET}
    ) as signed:
        await signed.send(notification(long))
    async with notifier_for(
        "webhook", receiver.url, FakeClock(), options={"url": receiver.url}
    ) as unsigned:
        await unsigned.send(notification(long, long))
    assert len(receiver.requests) == 2


async def test_max_bytes_may_say_another_limit(receiver: ScriptedReceiver) -> None:
    options = {"url": receiver.url, "max_bytes": 1000}
    async with notifier_for("webhook", receiver.url, FakeClock(), options=options) as built:
        with pytest.raises(DeliveryError) as failed:
            await built.send(notification(alert(1), alert(2)))
    assert (failed.value.reason, failed.value.retryable) == (DeliveryFault.TOO_LARGE, False)
    assert receiver.requests == []


@pytest.fixture
async def strict() -> AsyncIterator[str]:
    """The address of a server that wants a client's certificate."""
    context = ssl.create_default_context(
        ssl.Purpose.CLIENT_AUTH, cafile=str(CERTIFICATES / "ca.pem")
    )
    context.load_cert_chain(CERTIFICATES / "server.pem")
    context.verify_mode = ssl.CERT_REQUIRED

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    app = web.Application()
    app.router.add_post("/hook", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    yield f"https://127.0.0.1:{runner.addresses[0][1]}/hook"
    await runner.cleanup()


async def test_a_client_certificate_and_an_authority_of_ones_own_open_the_door(strict: str) -> None:
    options = {
        "url": strict,
        "ca_file": str(CERTIFICATES / "ca.pem"),
        "cert_file": str(CERTIFICATES / "client.pem"),
    }
    async with notifier_for("webhook", strict, SystemClock(), options=options) as built:
        await built.send(NOTIFICATION)
        await built.send(NOTIFICATION)


async def test_an_authority_that_the_system_does_not_know_is_reported(strict: str) -> None:
    async with notifier_for("webhook", strict, SystemClock(), options={"url": strict}) as built:
        with pytest.raises(DeliveryError) as failed:
            await built.send(NOTIFICATION)
    assert (failed.value.reason, failed.value.retryable) == (DeliveryFault.CONNECTION, True)
    assert "certificate was not accepted" in str(failed.value)


async def test_a_missing_certificate_where_one_is_required_is_a_failed_connection(
    strict: str,
) -> None:
    options = {"url": strict, "ca_file": str(CERTIFICATES / "ca.pem")}
    async with notifier_for("webhook", strict, SystemClock(), options=options) as built:
        with pytest.raises(DeliveryError) as failed:
            await built.send(NOTIFICATION)
    assert (failed.value.reason, failed.value.retryable) == (DeliveryFault.CONNECTION, True)
