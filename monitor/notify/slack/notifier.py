"""Slack: an incoming webhook, or a bot (`slack_bot`). What a message looks like is in
`slack_message`."""

from collections.abc import Mapping

import msgspec
from pydantic import SecretStr

from monitor.domain.alerting.notification import Notification
from monitor.errors import DeliveryFault
from monitor.notify.answers import Meaning, check, json_object, unconfirmed
from monitor.notify.integration import Context, Integration, refusal
from monitor.notify.slack.bot import SlackBotNotifier
from monitor.notify.slack.message import compose
from monitor.notify.slack.options import SlackOptions
from monitor.notify.transport import Answer, post

# Slack's words for why,
# https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors
_MEANINGS: Mapping[str, str] = {
    "invalid_payload": "invalid_payload, Slack could not read the message",
    "invalid_blocks": "invalid_blocks, Slack refused the message's layout",
    "invalid_attachments": "invalid_attachments, Slack refused the message's layout",
    "msg_too_long": "msg_too_long, the message is too long for Slack",
    "msg_blocks_too_long": "msg_blocks_too_long, the message is too long for Slack",
    "too_many_attachments": "too_many_attachments, the message is too long for Slack",
    "no_text": "no_text, Slack found nothing to show",
    "user_not_found": "user_not_found, the webhook's person is gone",
    "invalid_token": "invalid_token, the URL is not a valid webhook of this workspace; make a new "
    "one",
    "action_prohibited": "action_prohibited, an administrator forbids posting there",
    "posting_to_general_channel_denied": "posting_to_general_channel_denied, only administrators "
    "may post there",
    "channel_not_found": "channel_not_found, the webhook's channel is gone; make a new webhook",
    "channel_is_archived": "channel_is_archived, un-archive the channel or make a new webhook",
    "no_service": "no_service, the webhook was removed or disabled; make a new one",
    "no_service_id": "no_service_id, the URL is cut off",
    "no_team": "no_team, the URL's workspace does not exist",
    "team_disabled": "team_disabled, the workspace is disabled",
    "rollup_error": "rollup_error, a fault of Slack's own",
}
_TOO_LONG = frozenset({"msg_too_long", "msg_blocks_too_long", "too_many_attachments"})
_IN_HALVES: Meaning = (DeliveryFault.TOO_LARGE, False)
"""Slack answers 400 to those, but a part of the message is taken."""


class SlackNotifier:
    """Posts to one incoming webhook. Slack allows about one message a second
    (https://docs.slack.dev/apis/web-api/rate-limits)."""

    integration = "slack"
    min_interval = 1.0
    burst = 1

    def __init__(self, url: SecretStr, context: Context) -> None:
        self._url = url
        self._context = context

    async def send(self, notification: Notification) -> None:
        context = self._context
        body = msgspec.json.encode(compose(notification, context.external_url))
        headers = {"webhook-id": notification.id}
        answer = await post(
            context.session,
            self._url.get_secret_value(),
            body,
            headers,
            seconds=context.attempt_seconds,
        )
        word = _text(answer)
        meaning = _IN_HALVES if word in _TOO_LONG else None
        check(answer, now=context.clock.now(), detail=_MEANINGS.get(word), meaning=meaning)
        _confirm(answer)

    async def close(self) -> None:
        """The session is not ours."""


def _text(answer: Answer) -> str:
    return answer.body.decode("utf-8", "replace").strip()


def _confirm(answer: Answer) -> None:
    """Slack says `ok`, look-alikes (Mattermost, Rocket.Chat) `ok` or JSON. A web page is a
    proxy's, not the receiver's word."""
    text = _text(answer)
    said = json_object(answer)
    if text.startswith("<") or said.get("ok") is False or said.get("success") is False:
        raise unconfirmed(answer, "Slack")


def _build(
    receiver: str, options: SlackOptions, context: Context
) -> SlackNotifier | SlackBotNotifier:
    if reason := refusal(options, allow_insecure_http=context.allow_insecure_http):
        raise ValueError(reason)
    if options.url is not None:
        return SlackNotifier(options.url, context)
    if options.bot_token is None or options.channel is None:
        raise ValueError("neither url nor bot_token and channel are there")
    return SlackBotNotifier(
        receiver,
        token=options.bot_token,
        channel=options.channel,
        api_url=options.api_url,
        context=context,
    )


SLACK = Integration("slack", SlackOptions, _build)
