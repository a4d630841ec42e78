"""Apprise behind our outbox: what it is told, what its yes and no mean, a time limit, and
silence about the URL."""

import asyncio
import importlib.util
import io
import json
import logging
import re
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from monitor.domain.alerting.notification import Notification, NotifyReason
from monitor.errors import DeliveryError, DeliveryFault
from monitor.notify import INTEGRATIONS, Context, open_session
from monitor.notify.apprise import LONGEST_MESSAGE, compose
from monitor.notify.message import headline
from monitor.ports import Notifier
from tests.clock import FakeClock
from tests.contract.receivers import NOTIFICATION, SECRET, Reply, ScriptedReceiver
from tests.unit.notify.builders import alert, event, notification, notifications, resolved

F = DeliveryFault


@asynccontextmanager
async def told_through(url: str, *, seconds: float = 10.0) -> AsyncIterator[Notifier]:
    """A notifier as the monitor builds it."""
    integration = INTEGRATIONS["apprise"]
    options = integration.options.model_validate({"url": url})
    async with open_session() as session:
        context = Context(
            session=session,
            clock=FakeClock(),
            console=io.StringIO(),
            external_url="https://m.example",
            attempt_seconds=seconds,
        )
        notifier = integration.build("ops", options, context)
        yield notifier
        await notifier.close()


def json_url(receiver: ScriptedReceiver) -> str:
    """Apprise's own kind of webhook, with a secret in every place."""
    return receiver.url.replace("http://", f"json://user:{SECRET}@")


@pytest.fixture
async def receiver() -> AsyncIterator[ScriptedReceiver]:
    async with ScriptedReceiver().serving() as scripted:
        yield scripted


async def failure(notifier: Notifier) -> DeliveryError:
    with pytest.raises(DeliveryError) as failed:
        await notifier.send(NOTIFICATION)
    return failed.value


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (notification(), "failure"),
        (notification(alert(severity="warning")), "warning"),
        (notification(alert(severity="info")), "info"),
        (notification(resolved()), "success"),
        (notification(event(), reason=NotifyReason.TEST), "info"),
    ],
)
async def test_a_service_is_told_title_text_and_how_bad(
    receiver: ScriptedReceiver, told: Notification, kind: str
) -> None:
    async with told_through(json_url(receiver)) as notifier:
        await notifier.send(told)
    said = json.loads(receiver.requests[0].body)
    assert said["type"] == kind
    assert headline(told.alerts[0]) in said["title"]
    assert "3,834 of 5,400 delivered (71.0 %)" in said["message"]


@pytest.mark.parametrize(
    "reply",
    [
        *(Reply(status=status) for status in (302, 400, 401, 403, 404, 410, 413, 429, 500, 503)),
        Reply(reset=True),
    ],
    ids=lambda reply: "reset" if reply.reset else str(reply.status),
)
async def test_no_is_tried_again_whatever_the_reason(
    receiver: ScriptedReceiver, reply: Reply
) -> None:
    receiver.replies = [reply]
    async with told_through(json_url(receiver)) as notifier:
        error = await failure(notifier)
    assert (error.reason, error.retryable, error.retry_after) == (F.BAD_ANSWER, True, None)


async def test_an_attempt_that_takes_too_long_is_a_timeout_and_the_next_one_waits_for_it(
    receiver: ScriptedReceiver,
) -> None:
    receiver.replies = [Reply(hang=True), Reply()]
    async with told_through(
        json_url(receiver) + "&rto=60", seconds=0.05
    ) as notifier:  # the end of the test ends the first
        assert (await failure(notifier)).reason is F.TIMEOUT
        await receiver.asked.wait()
        error = await failure(notifier)
        assert (error.reason, error.retryable) == (F.TIMEOUT, True)
        assert (
            len(receiver.requests) == 1
        )  # the second waited for the first, which could not be ended


async def test_a_message_that_was_taken_after_the_time_limit_is_not_sent_again(
    receiver: ScriptedReceiver,
) -> None:
    async with told_through(json_url(receiver), seconds=0.0) as notifier:
        assert (await failure(notifier)).reason is F.TIMEOUT
        await receiver.asked.wait()
        notifier._context = Context(session=None, clock=FakeClock(), console=io.StringIO())
        await notifier.send(NOTIFICATION)
    assert len(receiver.requests) == 1


async def test_a_loop_that_is_gone_does_not_trouble_a_thread_that_ends_late(
    receiver: ScriptedReceiver,
) -> None:
    receiver.replies = [Reply(hang=True)]
    async with told_through(json_url(receiver) + "&rto=0.2", seconds=0.05) as notifier:
        await failure(notifier)


async def test_sending_is_stopped_by_cancellation(receiver: ScriptedReceiver) -> None:
    receiver.replies = [Reply(hang=True)]
    async with (
        told_through(json_url(receiver) + "&rto=0.2") as notifier,
        asyncio.TaskGroup() as group,
    ):
        sending = group.create_task(notifier.send(NOTIFICATION))
        await receiver.asked.wait()
        sending.cancel()
    assert sending.cancelled()


async def test_nothing_of_the_url_is_told_in_errors_logs_or_options(
    receiver: ScriptedReceiver, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    receiver.replies = [Reply(status=500, body=f"no {SECRET}".encode())]
    with caplog.at_level(logging.DEBUG):
        async with told_through(json_url(receiver)) as notifier:
            error = await failure(notifier)
    options = INTEGRATIONS["apprise"].options.model_validate({"url": json_url(receiver)})
    said = [
        caplog.text,
        *capfd.readouterr(),
        repr(options),
        str(options),
        repr(notifier),
        *traceback.format_exception(error),
    ]
    assert SECRET not in "".join(said)
    assert not [
        record
        for record in caplog.records
        if record.name.startswith(("apprise", "urllib3", "requests"))
    ]


@pytest.mark.parametrize(
    "url", [f"nonsense://{SECRET}", f"slack://{SECRET}", "", SECRET, f"https://{SECRET}@["]
)
def test_an_address_that_apprise_does_not_know_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(ValidationError) as refused:
        INTEGRATIONS["apprise"].options.model_validate({"url": url})
    assert SECRET not in str(refused.value)


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "apprise" else find(name)
    )
    with pytest.raises(ValidationError, match=r"pip install 'bsg-monitor\[apprise\]'"):
        INTEGRATIONS["apprise"].options.model_validate({"url": "json://localhost"})


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(told=notifications())
def test_title_and_text_keep_to_the_limit_together_and_what_they_leave_out_is_counted(
    told: Notification,
) -> None:
    title, text = compose(told, "https://m.example")
    assert len(f"{title}\r\n{text}".encode("utf-16-le")) <= 2 * LONGEST_MESSAGE
    shown = sum(text.count(mark) for mark in ("🔴 ", "🟠 ", "🟡 ", "🔵 ", "✅ "))
    counted = re.search(r"… and ([\d,]+) more: ", text)
    assert shown >= 1
    assert shown + int(counted[1].replace(",", "") if counted else 0) >= len(told.alerts)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(told=notifications(), limit=st.integers(120, 1999))
def test_a_smaller_limit_is_kept_too(told: Notification, limit: int) -> None:
    title, text = compose(told, "https://m.example", limit=limit)
    assert title
    assert text
    assert len(f"{title}\r\n{text}") <= limit


async def test_the_limit_is_the_services_own_where_that_is_less(receiver: ScriptedReceiver) -> None:
    phone = receiver.url.replace("http://", "").partition("/")[0]
    crowd = notification(*(alert(number) for number in range(1, 40)))
    async with (
        told_through(f"jsons://{phone}") as plenty,
        told_through("bulksms://user:password@+4915112345678") as sms,
    ):
        assert (plenty._limit, sms._limit) == (LONGEST_MESSAGE, 160)
    assert len("\r\n".join(compose(crowd, None, limit=160))) <= 160
