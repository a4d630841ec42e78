"""Slack with a bot's token: one message per group, brought up to date in place, with its history
as a thread.

The monitor's store remembers which message shows a group. After a crash between a message and
that note, the next message is a new one: a notification can arrive twice, but is never lost.
"""

import asyncio
from datetime import datetime

import msgspec
import structlog

from monitor.domain.alerting.notification import Notification, NotifyReason
from monitor.errors import DeliveryError, DeliveryFault, StoreError
from monitor.notify.integration import Context, HttpNotifier
from monitor.notify.message import standing
from monitor.notify.slack.message import compose, history, opening
from monitor.notify.slack.options import SlackOptions
from monitor.notify.slack.web_api import MESSAGE_GONE, SlackApi, SlackRefusalError

log = structlog.get_logger()


class Shown(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The message that shows a group. `target` is the channel as configured, `channel` its id.

    `open`: something in it is still firing. `last` is the id of the notification it shows,
    `decided` the time of that, and `opening` the first lines of a thread that is not there yet.
    """

    target: str
    channel: str
    ts: str
    open: bool
    last: str
    decided: datetime
    opening: str = ""


class SlackBotNotifier(HttpNotifier[SlackOptions]):
    """Posts to one channel. Slack allows about one message a second there
    (https://docs.slack.dev/apis/web-api/rate-limits)."""

    integration = "slack"
    min_interval = 1.0
    shows_acknowledgements = True

    def __init__(self, receiver: str, options: SlackOptions, context: Context) -> None:
        super().__init__(receiver, options, context)
        if options.bot_token is None or options.channel is None:
            raise ValueError("neither url nor bot_token and channel are there")
        self._receiver = receiver
        self._target = options.channel
        self._api = SlackApi(options.api_url, options.bot_token, context)

    async def send(self, notification: Notification) -> None:
        seconds = self._context.attempt_seconds
        try:
            async with asyncio.timeout(seconds):
                await self._tell(notification)
        except TimeoutError:
            reason = f"no answer within {seconds:g} s"
            raise DeliveryError(reason, reason=DeliveryFault.TIMEOUT, retryable=True) from None

    async def verify(self) -> None:
        """Check the token, with `auth.test`."""
        await self._api.call("auth.test", {})

    async def _tell(self, notification: Notification) -> None:
        if notification.reason is NotifyReason.TEST:
            await self._publish(self._body(notification))
            return
        shown = await self._recall(notification)
        if shown is None or not self._continues(notification, shown):
            await self._begin(notification)
            return
        try:
            await self._go_on(notification, shown)
        except SlackRefusalError as refusal:
            if refusal.code not in MESSAGE_GONE:
                raise
            await self._begin(notification)

    @staticmethod
    def _continues(notification: Notification, shown: Shown) -> bool:
        """Whether the message can be updated: its group is still firing, or this belongs to what
        it shows, or is older.
        """
        older = notification.created_at < shown.decided
        return shown.open or shown.last == notification.id or notification.part > 1 or older

    async def _begin(self, notification: Notification) -> None:
        """Post a new message for the group."""
        calls = {"text": self._body(notification)["text"]}  # a phone shows the news
        channel, ts = await self._publish(self._body(standing(notification)) | calls)
        first = opening(notification) if notification.part == 1 else ""
        fires = _fires(notification)
        await self._remember(
            notification,
            Shown(
                target=self._target,
                channel=channel,
                ts=ts,
                open=fires,
                last=notification.id,
                decided=notification.created_at,
                opening=first,
            ),
        )

    async def _go_on(self, notification: Notification, shown: Shown) -> None:
        again = shown.last == notification.id
        # a dead letter that was sent again: what the message shows is newer
        if notification.created_at < shown.decided:
            await self._note(notification, shown)
            return
        # the message shows the first part, the thread has the others in full
        if notification.part > 1:
            if not again:
                await self._publish(self._body(notification), shown)
            fires = shown.open or _fires(notification)
        else:
            place = {"channel": shown.channel, "ts": shown.ts}
            await self._api.call("chat.update", place | self._body(standing(notification)))
            if not again:
                await self._note(notification, shown)
            fires = _fires(notification)
        # What is not in the thread yet has to be posted there later. After a repeated attempt that
        # found its message, that is everything.
        first = shown.opening if again or notification.part > 1 else ""
        await self._remember(
            notification,
            msgspec.structs.replace(
                shown,
                open=fires,
                last=notification.id,
                decided=notification.created_at,
                opening=first,
            ),
        )

    async def _publish(
        self, body: dict[str, object], shown: Shown | None = None
    ) -> tuple[str, str]:
        """Post a new message, in the thread of `shown` if it is given. Returns the channel's id
        and the message's `ts`."""
        place: dict[str, object] = {"channel": self._target}
        if shown is not None:
            place = {"channel": shown.channel, "thread_ts": shown.ts}
        posted = await self._api.call("chat.postMessage", place | body)
        if not posted.channel or not posted.ts:
            reason = "the answer does not say where the message is"
            raise DeliveryError(reason, reason=DeliveryFault.BAD_ANSWER, retryable=True)
        return posted.channel, posted.ts

    async def _note(self, notification: Notification, shown: Shown) -> None:
        """Post a line in the thread. An update in place notifies no one, so new alerts and
        repetitions are also shown in the channel."""
        aloud = notification.reason in (NotifyReason.NEW_ALERTS, NotifyReason.REPEAT)
        line = history(notification, before=shown.opening)
        place = {"channel": shown.channel, "thread_ts": shown.ts, "reply_broadcast": aloud}
        try:
            await self._api.call(
                "chat.postMessage", place | line | _QUIET | _metadata(notification)
            )
        except SlackRefusalError as refusal:
            if refusal.code not in ("cannot_reply_to_message", "restricted_action_thread_locked"):
                raise
            if aloud:  # the message itself is up to date, but no one was notified
                await self._publish(self._body(notification))

    def _body(self, notification: Notification) -> dict[str, object]:
        return compose(notification, self._context.external_url) | _QUIET | _metadata(notification)

    async def _recall(self, notification: Notification) -> Shown | None:
        try:
            kept = await self._context.memory.recall(self._receiver, notification.group_key)
        except StoreError as error:
            reason = f"the store did not say which message shows the group: {error}"
            raise DeliveryError(reason, reason=DeliveryFault.CONNECTION, retryable=True) from error
        try:
            shown = msgspec.json.decode(kept, type=Shown) if kept is not None else None
        except msgspec.MsgspecError:
            return None
        return shown if shown is not None and shown.target == self._target else None

    async def _remember(self, notification: Notification, shown: Shown) -> None:
        kept = msgspec.json.encode(shown).decode()
        try:
            await self._context.memory.remember(
                self._receiver, notification.group_key, kept, now=self._context.clock.now()
            )
        except StoreError as error:  # it was delivered: to fail now would send it again and again
            log.warning(
                "slack_message_not_remembered",
                receiver=self._receiver,
                notification=notification.id,
                error=str(error),
            )


_QUIET: dict[str, object] = {"unfurl_links": False, "unfurl_media": False}


def _metadata(notification: Notification) -> dict[str, object]:
    """The id that every retry carries. Programs can read it; people do not see it."""
    payload = {"notification": notification.id, "group": notification.group_key}
    return {"metadata": {"event_type": "bsg_monitor_notification", "event_payload": payload}}


def _fires(notification: Notification) -> bool:
    return any(alert.status == "firing" and alert.event_id is None for alert in notification.alerts)
