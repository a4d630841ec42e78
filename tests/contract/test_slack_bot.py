"""Slack's bot: one message per group, kept up to date, with its history below it; told twice at
worst, never not at all."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import structlog
from aiohttp import web
from hypothesis import HealthCheck, given, settings

from monitor.domain.alerting.notification import Notification, NotifyReason
from monitor.errors import DeliveryError, DeliveryFault, StoreError, StoreFault
from monitor.notify import Verifiable, VolatileMemory
from monitor.notify.slack.message import history, opening
from monitor.ports import Notifier
from monitor.store import SqliteStore
from tests.clock import FakeClock
from tests.contract.receivers import SECRET, Reply, ScriptedReceiver
from tests.contract.slack import TOKEN, FakeSlack, bot, texts, validate
from tests.unit.notify.builders import NOW, alert, event, notification, notifications, resolved

F = DeliveryFault


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack().serving() as serving:
        yield serving


@pytest.fixture
async def ops(slack: FakeSlack) -> AsyncIterator[Notifier]:
    async with bot(slack, FakeClock()) as built:
        yield built


def later(
    id_: str, *alerts: object, reason: NotifyReason, minutes: int = 5, **changes: object
) -> Notification:
    return notification(
        *alerts, id=id_, reason=reason, created_at=NOW + timedelta(minutes=minutes), **changes
    )


NEW = later("ntf_02", alert(2), alert(1, changed=False), reason=NotifyReason.NEW_ALERTS)
OVER = later("ntf_03", resolved(1), resolved(2), reason=NotifyReason.RESOLVED, minutes=10)
AGAIN = later("ntf_04", alert(3), reason=NotifyReason.FIRING, minutes=60)


async def failure(notifier: Notifier, told: Notification | None = None) -> DeliveryError:
    with pytest.raises(DeliveryError) as failed:
        await notifier.send(told or notification())
    return failed.value


async def test_a_group_has_one_message_that_is_brought_up_to_date_and_a_thread_with_its_history(
    slack: FakeSlack, ops: Notifier
) -> None:
    for told in (notification(), NEW, OVER):
        await ops.send(told)
    (post,) = slack.channel
    assert [text.splitlines()[0].split(" · ")[:2] for text in post.told] == [
        ["🔴 CRITICAL", "1 firing"],
        ["🔴 CRITICAL", "2 firing"],
        ["✅ RESOLVED", "2 resolved"],
    ]
    first, second = slack.thread(post)
    assert [line.partition(" · ")[0] for line in first.splitlines()] == [
        "<!date^1772442000^{date_short_pretty} {time}|2026-03-02 09:00 UTC>",
        "🔴 CRITICAL",
        "🔴 CRITICAL",
    ]
    assert second.startswith("✅ RESOLVED")


async def test_the_message_shows_the_current_state_of_the_group_and_the_thread_the_news(
    slack: FakeSlack, ops: Notifier
) -> None:
    over = later("ntf_03", resolved(1), alert(2, changed=False), reason=NotifyReason.RESOLVED)
    for told in (notification(alert(1), alert(2)), over):
        await ops.send(told)
    (post,) = slack.channel
    assert post.told[-1].startswith("🔴 CRITICAL · 1 firing, 1 resolved · ")
    assert (
        slack.thread(post)[-1]
        .splitlines()[-1]
        .startswith("✅ RESOLVED · 1 still firing, 1 resolved · ")
    )


async def test_a_phone_shows_the_news_even_if_the_message_has_to_be_posted_again(
    slack: FakeSlack, ops: Notifier
) -> None:
    warning = alert(2, labels={"alertname": "Stalled", "severity": "warning"})
    await ops.send(
        later("ntf_02", warning, alert(1, changed=False), reason=NotifyReason.NEW_ALERTS)
    )
    (post,) = slack.channel
    assert post.told == [post.body["text"]]
    assert post.body["text"].startswith("🟡 WARNING · 2 firing (1 new) · ")
    assert texts(post.body)[0] == "🔴 CRITICAL · 2 firing"


async def test_an_acknowledgement_shows_in_message_and_thread_and_notifies_no_one(
    slack: FakeSlack, ops: Notifier
) -> None:
    looked_after = alert(2, changed=False, acknowledged_by="Ana", acknowledged_at=NOW)
    said = later("ntf_03", looked_after, alert(1, changed=False), reason=NotifyReason.ACKNOWLEDGED)
    for told in (notification(alert(1), alert(2)), said):
        await ops.send(told)
    (post,) = slack.channel
    assert "acknowledged by Ana" in "\n".join(texts(post.body))
    (line,) = slack.thread(post)
    assert line.splitlines()[-1].startswith("🔴 CRITICAL · 2 still firing · acknowledged by Ana · ")
    assert not any(each.broadcast for each in slack.posts.values())


async def test_a_group_that_fires_again_after_it_resolved_has_a_new_message(
    slack: FakeSlack, ops: Notifier
) -> None:
    for told in (notification(), OVER, AGAIN):
        await ops.send(told)
    assert [post.told[-1].split(" · ")[0] for post in slack.channel] == [
        "✅ RESOLVED",
        "🔴 CRITICAL",
    ]


async def test_what_is_new_or_goes_on_is_shown_in_the_channel_and_what_is_over_only_in_the_thread(
    slack: FakeSlack, ops: Notifier
) -> None:
    repeat = later(
        "ntf_05",
        alert(1, changed=False),
        alert(2, changed=False),
        reason=NotifyReason.REPEAT,
        minutes=8,
    )
    for told in (notification(), NEW, repeat, OVER):
        await ops.send(told)
    assert [post.broadcast for post in slack.posts.values() if post.thread] == [True, True, False]


async def test_groups_and_receivers_have_messages_of_their_own(slack: FakeSlack) -> None:
    memory = VolatileMemory()
    for receiver in ("ops", "desk"):
        async with bot(slack, FakeClock(), memory=memory, receiver=receiver) as built:
            await built.send(notification())
            await built.send(notification(group_key="another", id="ntf_09"))
    assert len(slack.channel) == 4


async def test_events_are_messages_of_their_own_unless_their_group_fires(
    slack: FakeSlack, ops: Notifier
) -> None:
    await ops.send(notification(event(1), id="e1", reason=NotifyReason.EVENT))
    await ops.send(notification(event(2), id="e2", reason=NotifyReason.EVENT))
    await ops.send(AGAIN)
    await ops.send(
        later("e3", event(3), alert(3, changed=False), reason=NotifyReason.EVENT, minutes=70)
    )
    assert len(slack.channel) == 3
    assert len(slack.thread(slack.channel[-1])) == 1


async def test_a_test_message_is_a_message_of_its_own(slack: FakeSlack, ops: Notifier) -> None:
    await ops.send(notification())
    await ops.send(notification(event(1), id="t", reason=NotifyReason.TEST))
    await ops.send(NEW)
    assert [len(post.told) for post in slack.channel] == [2, 1]


async def test_the_parts_of_a_large_message_are_one_message_and_its_thread(
    slack: FakeSlack, ops: Notifier
) -> None:
    parts = [
        later(
            f"ntf_06-{n}",
            alert(n) if n == 2 else resolved(n),
            reason=NotifyReason.FIRING,
            part=n,
            parts=3,
        )
        for n in (1, 2, 3)
    ]
    for told in parts:
        await ops.send(told)
    (post,) = slack.channel
    assert len(slack.thread(post)) == 2
    await ops.send(later("ntf_07", resolved(2), reason=NotifyReason.RESOLVED, minutes=20))
    assert len(slack.channel) == 1  # part 2 fires still, so the group did
    await ops.send(later("ntf_08", alert(4), reason=NotifyReason.FIRING, minutes=30))
    assert len(slack.channel) == 2


async def test_a_restart_goes_on_where_it_was(slack: FakeSlack, tmp_path: Path) -> None:
    for told in (notification(), NEW, OVER, AGAIN):
        async with (
            SqliteStore(tmp_path / "store.db") as store,
            bot(slack, FakeClock(), memory=store) as built,
        ):
            await built.send(told)
    assert [len(post.told) for post in slack.channel] == [3, 1]


class Forgetful(VolatileMemory):
    """Loses what it was told the last: the crash between a message and its note; or it fails."""

    def __init__(self, *, remembers: int = 0, fails: bool = False, silent: bool = False) -> None:
        super().__init__()
        self.remembers, self.fails, self.silent = remembers, fails, silent

    async def remember(self, receiver: str, key: str, value: str, *, now: datetime) -> None:
        self.remembers -= 1
        if self.fails:
            raise StoreError("no space left", reason=StoreFault.FULL, retryable=True)
        if self.remembers >= 0:
            await super().remember(receiver, key, value, now=now)

    async def recall(self, receiver: str, key: str) -> str | None:
        if self.silent:
            raise StoreError("gone", reason=StoreFault.UNAVAILABLE, retryable=True)
        return await super().recall(receiver, key)


async def test_a_crash_before_the_note_tells_twice_and_after_it_once(slack: FakeSlack) -> None:
    async with bot(slack, FakeClock(), memory=Forgetful(remembers=0)) as built:
        await built.send(notification())
        await built.send(notification())
    assert len(slack.channel) == 2
    async with bot(slack, FakeClock(), memory=Forgetful(remembers=9)) as built:
        await built.send(notification(group_key="other"))
        await built.send(notification(group_key="other"))
    assert len(slack.channel) == 3
    assert slack.thread(slack.channel[-1]) == []


async def test_a_retry_of_the_end_of_a_group_does_not_begin_a_new_message(
    slack: FakeSlack, ops: Notifier
) -> None:
    for told in (notification(), OVER, OVER):
        await ops.send(told)
    (post,) = slack.channel
    assert len(slack.thread(post)) == 1


async def test_a_store_that_cannot_keep_the_note_does_not_fail_the_message(
    slack: FakeSlack,
) -> None:
    with structlog.testing.capture_logs() as logs:
        async with bot(slack, FakeClock(), memory=Forgetful(fails=True)) as built:
            await built.send(notification())
            await built.send(NEW)
    assert len(slack.channel) == 2
    assert [line["event"] for line in logs] == ["slack_message_not_remembered"] * 2


async def test_a_store_that_does_not_say_what_is_shown_is_asked_again_later(
    slack: FakeSlack,
) -> None:
    async with bot(slack, FakeClock(), memory=Forgetful(silent=True)) as built:
        error = await failure(built)
    assert (error.reason, error.retryable) == (F.CONNECTION, True)
    assert slack.posts == {}


async def test_an_unreadable_note_or_another_channel_starts_a_new_message(slack: FakeSlack) -> None:
    memory = VolatileMemory()
    await memory.remember("ops", notification().group_key, "{", now=NOW)
    async with bot(slack, FakeClock(), memory=memory) as built:
        await built.send(notification())
    async with bot(slack, FakeClock(), memory=memory, channel="#alerts") as built:
        await built.send(NEW)
    assert [len(post.told) for post in slack.channel] == [1, 1]


@pytest.mark.parametrize(
    "code", ["message_not_found", "cant_update_message", "edit_window_closed", "channel_not_found"]
)
async def test_a_message_that_is_gone_is_posted_again(
    slack: FakeSlack, ops: Notifier, code: str
) -> None:
    await ops.send(notification())
    slack.refusals["chat.update"] = [code]
    await ops.send(NEW)
    await ops.send(OVER)
    assert [post.told[-1].split(" · ")[0] for post in slack.channel] == [
        "🔴 CRITICAL",
        "✅ RESOLVED",
    ]


async def test_a_thread_line_that_fails_is_tried_again_with_its_update(
    slack: FakeSlack, ops: Notifier
) -> None:
    await ops.send(notification())
    slack.refusals["chat.postMessage"] = ["internal_error"]
    assert (await failure(ops, NEW)).reason is F.SERVER_ERROR
    await ops.send(NEW)
    (post,) = slack.channel
    assert len(slack.thread(post)) == 1


@pytest.mark.parametrize(("told", "messages"), [(NEW, 2), (OVER, 1)])
async def test_a_thread_that_may_not_be_is_done_without(
    slack: FakeSlack, ops: Notifier, told: Notification, messages: int
) -> None:
    await ops.send(notification())
    slack.refusals["chat.postMessage"] = ["cannot_reply_to_message"]
    await ops.send(told)
    assert len([post for post in slack.channel if post.thread is None]) == messages


async def test_an_older_message_that_comes_late_does_not_overwrite_a_newer_one(
    slack: FakeSlack, ops: Notifier
) -> None:
    for told in (notification(id="first"), OVER, NEW):
        await ops.send(told)
    (post,) = slack.channel
    assert post.told[-1].startswith("✅ RESOLVED")
    assert len(slack.thread(post)) == 2


@pytest.mark.parametrize(
    ("code", "reason", "retryable"),
    [
        ("invalid_auth", F.UNAUTHORIZED, True),
        ("token_revoked", F.UNAUTHORIZED, True),
        ("missing_scope", F.UNAUTHORIZED, True),
        ("channel_not_found", F.NOT_FOUND, True),
        ("not_in_channel", F.NOT_FOUND, True),
        ("is_archived", F.NOT_FOUND, True),
        ("msg_blocks_too_long", F.TOO_LARGE, False),
        ("invalid_blocks", F.REJECTED, False),
        ("ratelimited", F.RATE_LIMITED, True),
        ("service_unavailable", F.UNAVAILABLE, True),
        ("fatal_error", F.SERVER_ERROR, True),
        ("a_word_of_next_year", F.BAD_ANSWER, True),
    ],
)
async def test_slacks_word_for_a_failure_is_a_decision(
    slack: FakeSlack, ops: Notifier, code: str, reason: DeliveryFault, retryable: bool
) -> None:
    slack.refusals["chat.postMessage"] = [code]
    error = await failure(ops)
    assert (error.reason, error.retryable) == (reason, retryable)
    assert str(error).startswith(f"{code}, ")


async def test_retry_after_is_passed_on(slack: FakeSlack, ops: Notifier) -> None:
    slack.refusals["chat.postMessage"] = [
        web.json_response(
            {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "30"}
        ),
        web.json_response({"ok": False, "error": "ratelimited"}, headers={"Retry-After": "17"}),
    ]
    assert (await failure(ops)).retry_after == 30
    assert (await failure(ops)).retry_after == 17


@pytest.mark.parametrize(
    "body", [b"", b"ok", b"<html>", b"[]", b'{"ok": true}', b'{"ok": "yes"}', b'{"ok": false}']
)
async def test_an_answer_that_does_not_say_where_the_message_is_is_a_failure(
    slack: FakeSlack, ops: Notifier, body: bytes
) -> None:
    slack.refusals["chat.postMessage"] = [web.Response(body=body)]
    error = await failure(ops)
    assert (error.reason, error.retryable) == (F.BAD_ANSWER, True)


async def test_no_error_shows_the_token_and_the_message_carries_the_notifications_id(
    slack: FakeSlack, ops: Notifier
) -> None:
    slack.refusals["chat.postMessage"] = [f"invalid {SECRET}", web.Response(status=500, text=TOKEN)]
    assert SECRET not in f"{await failure(ops)!r} {await failure(ops)!r} {ops!r}"
    await ops.send(notification())
    payload = slack.calls[-1][1]["metadata"]["event_payload"]
    assert payload["notification"] == notification().id


async def test_a_slack_that_says_nothing_is_a_timeout_of_the_whole_attempt(
    slack: FakeSlack,
) -> None:
    async with ScriptedReceiver().serving() as silent:
        silent.replies = [Reply(hang=True)]
        slack.url = silent.url
        async with bot(slack, FakeClock(), seconds=0.1) as built:
            error = await failure(built)
    assert (error.reason, error.retryable) == (F.TIMEOUT, True)


async def test_a_bot_can_be_tried_without_a_message(slack: FakeSlack, ops: Notifier) -> None:
    assert isinstance(ops, Verifiable)
    await ops.verify()
    async with bot(slack, FakeClock(), token="xoxb-wrong") as wrong:
        assert isinstance(wrong, Verifiable)
        with pytest.raises(DeliveryError, match="invalid_auth"):
            await wrong.verify()
    assert slack.posts == {}


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(first=notifications(), second=notifications())
def test_whatever_is_told_is_taken_by_slacks_own_models(
    first: Notification, second: Notification
) -> None:
    line = history(second, before=opening(first))
    validate({**line, "metadata": {"event_type": "x"}})
    assert "<!channel>" not in line["text"]
