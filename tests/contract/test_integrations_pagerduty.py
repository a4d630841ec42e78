"""What PagerDuty's integration promises beyond the common suite: an event for each alert, none
lost, none stuck."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from monitor.domain.alerting.notification import NotifyReason
from monitor.errors import DeliveryError, DeliveryFault
from monitor.notify.pagerduty.notifier import PagerDutyOptions
from monitor.ports import Notifier
from tests.clock import FakeClock
from tests.contract.receivers import ROUTING_KEY, Reply, ScriptedReceiver, notifier_for
from tests.unit.notify.builders import alert, event, notification, resolved

F = DeliveryFault


@pytest.fixture
async def receiver() -> AsyncIterator[ScriptedReceiver]:
    async with ScriptedReceiver().serving() as scripted:
        scripted.replies = [taken()]
        yield scripted


@pytest.fixture
async def pagerduty(receiver: ScriptedReceiver) -> AsyncIterator[Notifier]:
    async with notifier_for("pagerduty", receiver.url, FakeClock()) as built:
        yield built


def taken() -> Reply:
    return Reply(
        status=202, body=b'{"status":"success","message":"Event processed","dedup_key":"x"}'
    )


def told(receiver: ScriptedReceiver) -> list[dict[str, Any]]:
    return [json.loads(request.body) for request in receiver.requests]


def keys(receiver: ScriptedReceiver) -> list[str]:
    return [each["dedup_key"] for each in told(receiver)]


async def failure(pagerduty: Notifier, *numbers: int) -> DeliveryError:
    with pytest.raises(DeliveryError) as failed:
        await pagerduty.send(notification(*map(alert, numbers)))
    return failed.value


async def test_every_changed_alert_is_an_event_with_the_key_in_its_body(
    pagerduty: Notifier, receiver: ScriptedReceiver
) -> None:
    await pagerduty.send(notification(alert(1), resolved(2), event(3), alert(4, changed=False)))
    found = {each["dedup_key"]: each for each in told(receiver)}
    assert {key: each["event_action"] for key, each in found.items()} == {
        "a1": "trigger",
        "a2": "resolve",
        "a3": "trigger",
    }
    assert {each["routing_key"] for each in found.values()} == {ROUTING_KEY}


async def test_an_acknowledged_alert_is_acknowledged_beside_other_news(
    pagerduty: Notifier, receiver: ScriptedReceiver
) -> None:
    looked_after = alert(2, changed=False, acknowledged_by="Ana")
    await pagerduty.send(notification(alert(1), looked_after, alert(3, changed=False)))
    assert {each["dedup_key"]: each["event_action"] for each in told(receiver)} == {
        "a1": "trigger",
        "a2": "acknowledge",
    }


async def test_a_message_about_acknowledgements_acknowledges_and_triggers_nothing(
    pagerduty: Notifier, receiver: ScriptedReceiver
) -> None:
    looked_after = alert(2, changed=False, acknowledged_by="Ana")
    await pagerduty.send(
        notification(looked_after, alert(1, changed=False), reason=NotifyReason.ACKNOWLEDGED)
    )
    assert [(each["dedup_key"], each["event_action"]) for each in told(receiver)] == [
        ("a2", "acknowledge")
    ]


async def test_a_repetition_triggers_everything_that_fires_again(
    pagerduty: Notifier, receiver: ScriptedReceiver
) -> None:
    await pagerduty.send(notification(alert(1, changed=False), alert(2, changed=False)))
    assert sorted(keys(receiver)) == ["a1", "a2"]


async def test_a_limit_in_the_middle_is_waited_for_and_the_rest_sent_after_it(
    pagerduty: Notifier, receiver: ScriptedReceiver
) -> None:
    receiver.replies = [*[taken()] * 15, Reply(status=429, headers={"Retry-After": "30"})]
    error = await failure(pagerduty, *range(20))
    assert (error.reason, error.retry_after) == (F.RATE_LIMITED, 30)
    assert "15 of 20 events taken" in str(error)
    first = len(receiver.requests)
    receiver.replies = [taken()]
    await pagerduty.send(notification(*map(alert, range(20))))
    assert len(receiver.requests) - first == 5
    assert len(set(keys(receiver))) == 20


async def test_one_event_that_is_refused_for_good_holds_no_other_up(
    pagerduty: Notifier, receiver: ScriptedReceiver
) -> None:
    receiver.replies = [Reply(status=400, body=b"{}"), taken()]
    error = await failure(pagerduty, 1, 2, 3)
    assert (error.reason, error.retryable) == (F.REJECTED, False)
    assert "2 of 3 events taken" in str(error)
    assert len(receiver.requests) == 3


async def test_a_refusal_is_told_only_once_the_others_are_taken(
    pagerduty: Notifier, receiver: ScriptedReceiver
) -> None:
    receiver.replies = [Reply(status=400, body=b"{}"), Reply(status=500)]
    assert (await failure(pagerduty, 1, 2)).retryable
    receiver.replies = [taken()]
    assert (await failure(pagerduty, 1, 2)).reason is F.REJECTED


@pytest.mark.parametrize(
    "body",
    ['{"errors":["Length of \'routing_key\' is incorrect"]}', '{"message":"Invalid routing key"}'],
)
async def test_a_wrong_key_is_a_secret_to_be_mended(
    pagerduty: Notifier, receiver: ScriptedReceiver, body: str
) -> None:
    receiver.replies = [Reply(status=400, body=body.encode())]
    error = await failure(pagerduty, 1)
    assert (error.reason, error.retryable) == (F.UNAUTHORIZED, True)
    assert ROUTING_KEY not in str(error)


async def test_an_attempt_that_takes_too_long_stops_and_goes_on_later(
    receiver: ScriptedReceiver,
) -> None:
    class Slow(FakeClock):
        def monotonic(self) -> float:
            return super().monotonic() + 2.0 * len(receiver.requests)

    async with notifier_for("pagerduty", receiver.url, Slow()) as built:
        assert (await failure(built, *range(40))).reason is F.TIMEOUT
        first = set(keys(receiver))
        receiver.requests.clear()
        assert (await failure(built, *range(40))).reason is F.TIMEOUT
    assert 0 < len(first) < 40
    assert first.isdisjoint(keys(receiver))


@pytest.mark.parametrize("key", ["", "short", "x" * 33, "_" * 32])
def test_a_key_of_another_form_is_refused_without_being_quoted(key: str) -> None:
    with pytest.raises(ValueError) as error:
        PagerDutyOptions.model_validate({"routing_key": key})
    assert not key or key not in str(error.value)
    options = PagerDutyOptions.model_validate({"routing_key": ROUTING_KEY})
    assert options.endpoint() == "https://events.pagerduty.com/v2/enqueue"
    assert ROUTING_KEY not in repr(options)
