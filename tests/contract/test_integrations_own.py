"""What single integrations promise beyond the common suite: webhook's signature, Slack's own
words."""

import json
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest
from standardwebhooks import Webhook

from monitor.clock import Clock, SystemClock
from monitor.domain.campaign.detail import COUNTERS, CampaignDetail, breakdown
from monitor.errors import DeliveryError, DeliveryFault
from monitor.notify.webhook.message import payload
from monitor.notify.webhook.signature import signing_key
from tests.clock import FakeClock
from tests.contract.receivers import NOTIFICATION, Reply, Request, ScriptedReceiver, notifier_for
from tests.unit.notify.builders import alert, detail, notification

SECRETS = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "a plain secret ☀"]
PAGE = (Path(__file__).parents[2] / "docs" / "webhook.md").read_text()


@pytest.fixture
async def receiver() -> AsyncIterator[ScriptedReceiver]:
    async with ScriptedReceiver().serving() as scripted:
        yield scripted


async def posted(receiver: ScriptedReceiver, clock: Clock, **options: str) -> Request:
    async with notifier_for(
        "webhook", receiver.url, clock, options={"url": receiver.url} | options
    ) as built:
        await built.send(NOTIFICATION)
    return receiver.requests[-1]


def documented_check() -> Callable[[object, bytes, bytes], bool]:
    """The function that docs/webhook.md gives to those without a library."""
    (source,) = re.findall(r"```python\n(import base64.*?)```", PAGE, re.DOTALL)
    names: dict[str, Callable[[object, bytes, bytes], bool]] = {}
    exec(source, names)  # it is our own page
    return names["verified"]


@pytest.mark.parametrize("secret", SECRETS)
async def test_the_reference_library_and_the_documented_function_verify_our_signature(
    receiver: ScriptedReceiver, secret: str
) -> None:
    request = await posted(
        receiver, SystemClock(), secret=secret
    )  # they refuse timestamps that are not about now
    verifier = Webhook(secret if secret.startswith("whsec_") else secret.encode())
    assert verifier.verify(request.body, dict(request.headers))["version"] == "4"
    assert documented_check()(request.headers, request.body, signing_key(secret))
    assert not documented_check()(request.headers, request.body + b" ", signing_key(secret))


async def test_the_timestamp_is_the_attempts(receiver: ScriptedReceiver) -> None:
    clock = FakeClock()
    assert (await posted(receiver, clock)).headers["webhook-timestamp"] == str(
        int(clock.now().timestamp())
    )
    await clock.advance(30)
    assert (await posted(receiver, clock)).headers["webhook-timestamp"] == str(
        int(clock.now().timestamp())
    )


async def test_without_a_secret_nothing_is_signed_but_the_id_is_sent(
    receiver: ScriptedReceiver,
) -> None:
    request = await posted(receiver, FakeClock())
    assert "webhook-signature" not in request.headers
    assert request.headers["webhook-id"] == NOTIFICATION.id


def test_the_documented_example_has_the_shape_of_the_body() -> None:
    (source,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    example = json.loads(source)
    ours = json.loads(
        msgspec.json.encode(
            payload(notification(alert(detail=detail())), "https://monitor.example.org")
        )
    )
    assert list(example) == list(ours)
    assert list(example["alerts"][0]) == list(ours["alerts"][0])
    assert list(example["alerts"][0]["campaign"]) == list(ours["alerts"][0]["campaign"])
    shown, told = (
        example["alerts"][0]["campaign"]["detail"],
        ours["alerts"][0]["campaign"]["detail"],
    )
    assert list(shown) == list(told)
    assert list(shown["fallback"]) == list(told["fallback"])
    assert shown["why"] == breakdown(msgspec.convert(shown | {"read_at": 0.0}, CampaignDetail))
    assert sum(shown[name] for name in COUNTERS) == shown["total_messages"]


@pytest.mark.parametrize(
    "body", [b"<html>login</html>", b'{"ok": false, "error": "x"}', b'{"success": false}']
)
async def test_a_success_that_slack_did_not_give_is_tried_again(
    receiver: ScriptedReceiver, body: bytes
) -> None:
    error = await refused_by_slack(receiver, Reply(body=body))
    assert (error.reason, error.retryable) == (DeliveryFault.BAD_ANSWER, True)


@pytest.mark.parametrize("body", [b"ok", b"", b'{"success": true}', b"{cut", b"{}"])
async def test_look_alikes_of_slack_may_say_yes_in_their_own_way(
    receiver: ScriptedReceiver, body: bytes
) -> None:
    receiver.replies = [Reply(body=body)]
    async with notifier_for("slack", receiver.url, FakeClock()) as slack:
        await slack.send(NOTIFICATION)


async def test_slacks_own_word_for_a_failure_is_explained(receiver: ScriptedReceiver) -> None:
    assert "create a new one" in str(
        await refused_by_slack(receiver, Reply(status=404, body=b"no_service"))
    )


@pytest.mark.parametrize("word", ["msg_too_long", "msg_blocks_too_long", "too_many_attachments"])
async def test_what_is_too_long_for_slack_goes_on_in_halves(
    receiver: ScriptedReceiver, word: str
) -> None:
    error = await refused_by_slack(receiver, Reply(status=400, body=word.encode()))
    assert (error.reason, error.retryable) == (DeliveryFault.TOO_LARGE, False)
    assert word in str(error)


async def refused_by_slack(receiver: ScriptedReceiver, reply: Reply) -> DeliveryError:
    receiver.replies = [reply]
    async with notifier_for("slack", receiver.url, FakeClock()) as slack:
        with pytest.raises(DeliveryError) as failed:
            await slack.send(NOTIFICATION)
    return failed.value
