"""Discord: a channel's webhook. What a message looks like is in `discord_message`."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec
from pydantic import Field

from monitor.domain.alerting.notification import Notification
from monitor.errors import DeliveryFault
from monitor.notify.answers import Meaning, check, confirm, json_object, seconds
from monitor.notify.discord.message import compose
from monitor.notify.integration import Context, Integration, refusal
from monitor.notify.options import ReceiverOptions, SecretUrl
from monitor.notify.transport import Answer, get, post

# Discord's codes for why, https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
_WORDS: Mapping[int, str] = {
    10003: "the webhook's channel is gone; make a new webhook",
    10015: "there is no such webhook; it was deleted, make a new one",
    50006: "Discord found nothing to show",
    50027: "the URL's last part, the webhook's token, is wrong",
    50035: "Discord refused the message's layout",
    40333: "the request was blocked by Discord's own guard",
    220001: "the channel is a forum: add ?thread_id=… of one of its threads to the URL",
    220003: "the webhook cannot post into that thread",
}
_FORUM_WITHOUT_THREAD = 220001
_MENDABLE: Meaning = (DeliveryFault.NOT_FOUND, True)


class DiscordOptions(ReceiverOptions):
    """`url` is the webhook's; whoever has it can post, so it is a secret. It may name a thread
    (`?thread_id=…`)."""

    url: SecretUrl = Field(description="The webhook's address; `?thread_id=…` names a thread.")

    def endpoint(self) -> str:
        return self.url.get_secret_value()

    def carries_secret(self) -> bool:
        return True


class DiscordNotifier:
    """Posts to one webhook. Discord says with each answer how many more it takes: usually five
    in two seconds."""

    integration = "discord"
    min_interval = 0.5
    burst = 1

    def __init__(self, options: DiscordOptions, context: Context) -> None:
        self._options = options
        self._context = context

    async def send(self, notification: Notification) -> None:
        context = self._context
        body = msgspec.json.encode(compose(notification, context.external_url))
        headers = {"webhook-id": notification.id}
        url = _waiting(self._options.endpoint())
        self._check(
            await post(context.session, url, body, headers, seconds=context.attempt_seconds)
        )

    async def verify(self) -> None:
        """Ask Discord for the webhook's own description."""
        context = self._context
        self._check(
            await get(
                context.session, self._options.endpoint(), {}, seconds=context.attempt_seconds
            )
        )

    async def close(self) -> None:
        """The session is not ours."""

    def _check(self, answer: Answer) -> None:
        said = json_object(answer)
        code = said.get("code")
        check(
            answer,
            now=self._context.clock.now(),
            detail=_WORDS.get(code) if isinstance(code, int) else None,
            meaning=_MENDABLE if code == _FORUM_WITHOUT_THREAD else None,
            wished=seconds(said.get("retry_after")),
        )
        confirm(answer, "Discord")


def _waiting(url: str) -> str:
    """Without `wait` Discord answers before it has looked at the message, and says nothing if it
    cannot be shown."""
    parts = urlsplit(url)
    query = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if name != "wait"
    ]
    return urlunsplit(parts._replace(query=urlencode([*query, ("wait", "true")]), fragment=""))


def _build(_receiver: str, options: DiscordOptions, context: Context) -> DiscordNotifier:
    if reason := refusal(options, allow_insecure_http=context.allow_insecure_http):
        raise ValueError(reason)
    return DiscordNotifier(options, context)


DISCORD = Integration("discord", DiscordOptions, _build)
