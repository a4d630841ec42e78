"""Slack: posts to an incoming webhook, or hands over to the bot (`bot.py`)."""

from collections.abc import Mapping

from monitor.domain.alerting.notification import Notification
from monitor.errors import DeliveryFault
from monitor.notify.answers import Meaning, check, confirm, json_object, unconfirmed
from monitor.notify.integration import Context, HttpNotifier, Integration
from monitor.notify.slack.bot import SlackBotNotifier
from monitor.notify.slack.message import compose
from monitor.notify.slack.options import SlackOptions

# Slack's codes for why,
# https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors
_MEANINGS: Mapping[str, str] = {
    "invalid_payload": "invalid_payload, Slack could not read the message",
    "invalid_blocks": "invalid_blocks, Slack refused the message's layout",
    "invalid_attachments": "invalid_attachments, Slack refused the message's layout",
    "msg_too_long": "msg_too_long, the message is too long for Slack",
    "msg_blocks_too_long": "msg_blocks_too_long, the message is too long for Slack",
    "too_many_attachments": "too_many_attachments, the message is too long for Slack",
    "no_text": "no_text, Slack found nothing to show",
    "user_not_found": "user_not_found, the person who made the webhook is gone",
    "invalid_token": "invalid_token, the URL is not a valid webhook of this workspace; create a "
    "new one",
    "action_prohibited": "action_prohibited, an administrator forbids posting there",
    "posting_to_general_channel_denied": "posting_to_general_channel_denied, only administrators "
    "may post there",
    "channel_not_found": "channel_not_found, the webhook's channel is gone; create a new webhook",
    "channel_is_archived": "channel_is_archived, un-archive the channel or create a new webhook",
    "no_service": "no_service, the webhook was removed or disabled; create a new one",
    "no_service_id": "no_service_id, the URL is cut off",
    "no_team": "no_team, the URL's workspace does not exist",
    "team_disabled": "team_disabled, the workspace is disabled",
    "rollup_error": "rollup_error, an error of Slack's own",
}
_TOO_LONG = frozenset({"msg_too_long", "msg_blocks_too_long", "too_many_attachments"})
_IN_HALVES: Meaning = (DeliveryFault.TOO_LARGE, False)
"""Slack answers 400 to these, but takes the message in parts."""


class SlackNotifier(HttpNotifier[SlackOptions]):
    """Posts to one incoming webhook. Slack allows about one message a second
    (https://docs.slack.dev/apis/web-api/rate-limits)."""

    integration = "slack"
    min_interval = 1.0

    async def send(self, notification: Notification) -> None:
        url = self._options.endpoint()
        answer = await self._post(
            url, compose(notification, self._context.external_url), notification
        )
        word = answer.body.decode("utf-8", "replace").strip()
        meaning = _IN_HALVES if word in _TOO_LONG else None
        check(answer, now=self._context.clock.now(), detail=_MEANINGS.get(word), meaning=meaning)
        # Slack answers `ok`; Mattermost and Rocket.Chat answer `ok` or JSON
        said = json_object(answer)
        if said.get("ok") is False or said.get("success") is False:
            raise unconfirmed(answer, "Slack")
        confirm(answer, "Slack")


def _notifier(
    receiver: str, options: SlackOptions, context: Context
) -> SlackNotifier | SlackBotNotifier:
    kind = SlackNotifier if options.url is not None else SlackBotNotifier
    return kind(receiver, options, context)


SLACK = Integration("slack", "an incoming webhook or a bot", SlackOptions, _notifier)
