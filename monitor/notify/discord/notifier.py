"""Discord: posts to a channel's webhook."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import Field

from monitor.domain.alerting.notification import Notification
from monitor.errors import DeliveryFault
from monitor.notify.answers import Meaning, check, confirm, json_object, seconds
from monitor.notify.discord.message import compose
from monitor.notify.integration import HttpNotifier, Integration
from monitor.notify.options import ReceiverOptions, SecretUrl
from monitor.notify.transport import Answer, get

# Discord's codes for why, https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
_WORDS: Mapping[int, str] = {
    10003: "the webhook's channel is gone; create a new webhook",
    10015: "the webhook does not exist any more; create a new one",
    50006: "Discord found nothing to show",
    50027: "the URL's last part, the webhook's token, is wrong",
    50035: "Discord refused the message's layout",
    40333: "Discord blocked the request",
    220001: "the channel is a forum; add ?thread_id=… of one of its threads to the URL",
    220003: "the webhook cannot post into that thread",
}
_FORUM_WITHOUT_THREAD = 220001
_MENDABLE: Meaning = (DeliveryFault.NOT_FOUND, True)


class DiscordOptions(ReceiverOptions):
    """Options of a Discord receiver. Anyone who has the URL can post, so it is a secret."""

    url: SecretUrl = Field(description="The webhook's URL; `?thread_id=…` names a thread.")


class DiscordNotifier(HttpNotifier[DiscordOptions]):
    """Posts to one webhook. Discord says in each answer how many more messages it takes: usually
    five in two seconds."""

    integration = "discord"
    min_interval = 0.5
    burst = 1

    async def send(self, notification: Notification) -> None:
        url = _waiting(self._options.url.get_secret_value())
        told = compose(notification, self._context.external_url)
        self._check(await self._post(url, told, notification))

    async def verify(self) -> None:
        """Ask Discord for the webhook's own description."""
        context, url = self._context, self._options.url.get_secret_value()
        self._check(await get(context.session, url, {}, seconds=context.attempt_seconds))

    def _check(self, answer: Answer) -> None:
        said = json_object(answer)
        code = said.get("code")
        check(
            answer,
            now=self._context.clock.now(),
            detail=_WORDS.get(code) if isinstance(code, int) else None,
            meaning=_MENDABLE if code == _FORUM_WITHOUT_THREAD else None,
            asked_wait=seconds(said.get("retry_after")),
        )
        confirm(answer, "Discord")


def _waiting(url: str) -> str:
    """The URL with `wait=true`. Without it Discord answers before it has looked at the message,
    and does not say if the message cannot be shown."""
    parts = urlsplit(url)
    query = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if name != "wait"
    ]
    return urlunsplit(parts._replace(query=urlencode([*query, ("wait", "true")]), fragment=""))


DISCORD = Integration("discord", "a channel's webhook", DiscordOptions, DiscordNotifier)
