"""What Discord, Teams and Telegram promise beyond the common suite: their own ways to say no,
and to say when."""

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from monitor.errors import DeliveryError, DeliveryFault
from monitor.notify import Verifiable
from monitor.notify.telegram.notifier import TelegramOptions
from tests.clock import FakeClock
from tests.contract.receivers import (
    NOTIFICATION,
    OVER_HTTP,
    SECRET,
    Reply,
    Request,
    ScriptedReceiver,
    notifier_for,
)
from tests.unit.notify.builders import notification, resolved

F = DeliveryFault


@pytest.fixture
async def receiver() -> AsyncIterator[ScriptedReceiver]:
    async with ScriptedReceiver().serving() as scripted:
        yield scripted


async def sent(kind: str, receiver: ScriptedReceiver, **options: Any) -> Request:
    async with notifier_for(
        kind, receiver.url, FakeClock(), options=OVER_HTTP[kind](receiver.url) | options
    ) as built:
        await built.send(NOTIFICATION)
    return receiver.requests[-1]


async def refused(
    kind: str, receiver: ScriptedReceiver, status: int, body: object
) -> DeliveryError:
    text = body if isinstance(body, str) else json.dumps(body)
    receiver.replies = [Reply(status=status, body=text.encode(), headers={"Retry-After": "99"})]
    async with notifier_for(kind, receiver.url, FakeClock()) as built:
        with pytest.raises(DeliveryError) as failed:
            await built.send(NOTIFICATION)
    assert SECRET not in str(failed.value)
    return failed.value


async def verified(kind: str, receiver: ScriptedReceiver) -> Request:
    async with notifier_for(kind, receiver.url, FakeClock()) as built:
        assert isinstance(built, Verifiable)
        await built.verify()
    return receiver.requests[-1]


@pytest.mark.parametrize("kind", ["discord", "teams", "telegram"])
async def test_a_web_page_is_not_a_confirmation(receiver: ScriptedReceiver, kind: str) -> None:
    error = await refused(kind, receiver, 200, "<!doctype html><title>Sign in</title>")
    assert (error.reason, error.retryable) == (F.BAD_ANSWER, True)


# --- Discord --------------------------------------------------------------------------------------


async def test_discord_is_asked_to_wait_until_it_has_looked_at_the_message(
    receiver: ScriptedReceiver,
) -> None:
    request = await sent("discord", receiver, url=f"{receiver.url}&thread_id=7&wait=false")
    assert parse_qs(urlsplit(request.target).query) == {
        "token": [SECRET],
        "thread_id": ["7"],
        "wait": ["true"],
    }
    assert json.loads(request.body)["content"].startswith("🔴 CRITICAL · 1 firing · Spring sale")


async def test_discords_fraction_of_a_second_counts_before_the_header(
    receiver: ScriptedReceiver,
) -> None:
    body = {"message": "You are being rate limited.", "retry_after": 0.529, "global": False}
    error = await refused("discord", receiver, 429, body)
    assert (error.reason, error.retry_after) == (F.RATE_LIMITED, 0.529)


@pytest.mark.parametrize("wish", ["soon", None, True, -1, [1]])
async def test_a_wait_that_is_not_a_number_leaves_the_header(
    receiver: ScriptedReceiver, wish: object
) -> None:
    assert (await refused("discord", receiver, 429, {"retry_after": wish})).retry_after == 99


async def test_discords_codes_are_explained(receiver: ScriptedReceiver) -> None:
    error = await refused("discord", receiver, 404, {"message": "Unknown Webhook", "code": 10015})
    assert (error.reason, error.retryable) == (F.NOT_FOUND, True)
    assert "the webhook does not exist any more; create a new one" in str(error)
    error = await refused("discord", receiver, 400, {"message": "…", "code": 220001})
    assert (error.reason, error.retryable) == (F.NOT_FOUND, True)
    assert "thread_id" in str(error)


async def test_discords_webhook_is_verified_without_a_message(receiver: ScriptedReceiver) -> None:
    request = await verified("discord", receiver)
    assert request.body == b""
    assert request.target == receiver.url.removeprefix("http://").partition("/")[2].join(["/", ""])


# --- Teams ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "fault", "retryable"),
    [(429, F.RATE_LIMITED, True), (413, F.TOO_LARGE, False), (503, F.UNAVAILABLE, True)],
)
async def test_what_teams_hides_in_a_success_is_found(
    receiver: ScriptedReceiver, status: int, fault: DeliveryFault, retryable: bool
) -> None:
    text = (
        "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error "
        f"{status} with ContextId x.."
    )
    error = await refused("teams", receiver, 200, text)
    assert (error.reason, error.retryable) == (fault, retryable)
    assert str(error).startswith(f"HTTP {status} ")
    assert error.retry_after == (99 if fault in (F.RATE_LIMITED, F.UNAVAILABLE) else None)


async def test_a_failure_of_teams_without_a_status_is_tried_again(
    receiver: ScriptedReceiver,
) -> None:
    text = "Webhook message delivery failed with error: Error contacting Microsoft Teams endpoint"
    error = await refused("teams", receiver, 200, text)
    assert (error.reason, error.retryable) == (F.BAD_ANSWER, True)


async def test_a_workflow_that_is_turned_off_can_be_turned_on(receiver: ScriptedReceiver) -> None:
    error = await refused(
        "teams",
        receiver,
        400,
        {"error": {"code": "WorkflowTriggerIsNotEnabled", "message": SECRET}},
    )
    assert (error.reason, error.retryable) == (F.NOT_FOUND, True)
    assert "turned off" in str(error)


@pytest.mark.parametrize("body", ["1", "", "{}", '{"error": "x"}', "[]"])
async def test_teams_may_say_yes_in_its_own_ways(receiver: ScriptedReceiver, body: str) -> None:
    receiver.replies = [Reply(status=202, body=body.encode())]
    assert json.loads((await sent("teams", receiver)).body)["type"] == "message"


# --- Telegram -------------------------------------------------------------------------------------


async def test_telegram_is_told_where_and_how(receiver: ScriptedReceiver) -> None:
    request = await sent("telegram", receiver, chat_id=-42, message_thread_id="7")
    assert urlsplit(request.target).path.endswith(f"/bot123456:{SECRET}/sendMessage")
    told = json.loads(request.body)
    assert (told["chat_id"], told["message_thread_id"], told["parse_mode"]) == ("-42", 7, "HTML")
    assert told["link_preview_options"] == {"is_disabled": True}
    assert told["disable_notification"] is False


async def test_an_alert_that_is_over_wakes_no_one(receiver: ScriptedReceiver) -> None:
    async with notifier_for("telegram", receiver.url, FakeClock()) as built:
        await built.send(notification(resolved()))
    assert json.loads(receiver.requests[0].body)["disable_notification"] is True


async def test_telegrams_wish_to_be_left_alone_counts_before_the_header(
    receiver: ScriptedReceiver,
) -> None:
    body = {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests",
        "parameters": {"retry_after": 35},
    }
    error = await refused("telegram", receiver, 429, body)
    assert (error.reason, error.retry_after) == (F.RATE_LIMITED, 35.0)


async def test_a_group_that_became_a_supergroup_is_explained_with_its_new_number(
    receiver: ScriptedReceiver,
) -> None:
    body = {
        "ok": False,
        "error_code": 400,
        "description": "Bad Request: group chat was upgraded to a supergroup chat",
        "parameters": {"migrate_to_chat_id": -1001557912345},
    }
    error = await refused("telegram", receiver, 400, body)
    assert (error.reason, error.retryable) == (F.NOT_FOUND, True)
    assert "chat_id is now -1001557912345" in str(error)


@pytest.mark.parametrize(
    ("status", "description", "fault", "retryable", "words"),
    [
        (400, "Bad Request: chat not found", F.NOT_FOUND, True, "correct chat_id"),
        (400, "Bad Request: message is too long", F.TOO_LARGE, False, "too long"),
        (400, "Bad Request: can't parse entities: …", F.REJECTED, False, "markup"),
        (
            403,
            "Forbidden: bot was kicked from the group chat",
            F.UNAUTHORIZED,
            True,
            "removed from the chat",
        ),
        (401, "Unauthorized", F.UNAUTHORIZED, True, "token is wrong"),
        (404, "Not Found", F.NOT_FOUND, True, "token is wrong"),
        (400, f"Bad Request: {SECRET}", F.REJECTED, False, "HTTP 400 Bad Request"),
        (200, "whatever", F.BAD_ANSWER, True, "does not say"),
    ],
)
async def test_telegrams_words_are_read(
    receiver: ScriptedReceiver,
    status: int,
    description: str,
    fault: DeliveryFault,
    retryable: bool,
    words: str,
) -> None:
    error = await refused(
        "telegram",
        receiver,
        status,
        {"ok": False, "error_code": status, "description": description},
    )
    assert (error.reason, error.retryable) == (fault, retryable)
    assert words in str(error)


async def test_telegrams_chat_is_verified_without_a_message(receiver: ScriptedReceiver) -> None:
    request = await verified("telegram", receiver)
    assert urlsplit(request.target).path.endswith("/getChat")


async def test_a_group_is_written_to_less_often_than_a_person(receiver: ScriptedReceiver) -> None:
    for chat, interval in (("42", 1.0), ("-100", 3.0), ("@ops_channel", 3.0)):
        options = OVER_HTTP["telegram"](receiver.url) | {"chat_id": chat}
        async with notifier_for("telegram", receiver.url, FakeClock(), options=options) as built:
            assert built.min_interval == interval


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": SECRET},
        {"token": ""},
        {"chat_id": "ops"},
        {"chat_id": True},
        {"chat_id": 1.5},
        {"message_thread_id": "x"},
    ],
)
def test_wrong_options_of_telegram_are_refused_without_being_quoted(
    wrong: dict[str, object],
) -> None:
    right: dict[str, object] = {"token": f"123456:{SECRET}", "chat_id": -42}
    assert TelegramOptions.model_validate(right).message_thread_id is None
    with pytest.raises(ValueError) as error:
        TelegramOptions.model_validate(right | wrong)
    assert SECRET not in str(error.value)
