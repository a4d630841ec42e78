"""Telegram: a bot that writes to one chat."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from monitor.domain.alerting.notification import Notification
from monitor.errors import DeliveryFault
from monitor.notify import message
from monitor.notify.answers import Meaning, check, confirm, json_object, seconds, unconfirmed
from monitor.notify.integration import Context, HttpNotifier, Integration
from monitor.notify.options import (
    AlsoWritten,
    ReceiverOptions,
    Secret,
    SecretUrl,
    number_from_text,
)
from monitor.notify.telegram.message import compose
from monitor.notify.transport import Answer, under

_TOKEN = re.compile(r"\d{3,20}:[A-Za-z0-9_-]{10,100}", re.ASCII)
_CHAT = re.compile(r"-?\d{1,20}|@[A-Za-z]\w{3,31}", re.ASCII)

_REJECTED: Meaning = (DeliveryFault.REJECTED, False)
_NOT_FOUND: Meaning = (DeliveryFault.NOT_FOUND, True)
_UNAUTHORIZED: Meaning = (DeliveryFault.UNAUTHORIZED, True)

# Telegram gives reasons only in words. These have not changed for years
# (tdlib/telegram-bot-api, Client.cpp).
_MEANINGS: Mapping[str, tuple[str, Meaning]] = {
    "chat not found": (
        "there is no such chat, or the bot is not in it; correct chat_id or add the bot",
        _NOT_FOUND,
    ),
    "message thread not found": (
        "the chat has no such topic; correct message_thread_id",
        _NOT_FOUND,
    ),
    "upgraded to a supergroup": ("the group became a supergroup and has a new chat_id", _NOT_FOUND),
    "bot was blocked": ("the person blocked the bot", _UNAUTHORIZED),
    "bot was kicked": ("the bot was removed from the chat", _UNAUTHORIZED),
    "bot is not a member": (
        "the bot is not in the channel; make it an administrator there",
        _UNAUTHORIZED,
    ),
    "not enough rights": ("the bot has no right to write in the chat", _UNAUTHORIZED),
    "initiate conversation": (
        "the person has never written to the bot, and a bot cannot write first",
        _UNAUTHORIZED,
    ),
    "message is too long": (
        "the message is too long for Telegram",
        (DeliveryFault.TOO_LARGE, False),
    ),
    "can't parse entities": ("Telegram could not read the message's markup", _REJECTED),
}
_STATUS_WORDS = {
    401: "the bot's token is wrong or was revoked",
    404: "the bot's token is wrong, or url is not a Bot API server",
}


def _token(value: SecretStr) -> SecretStr:
    if not _TOKEN.fullmatch(value.get_secret_value()):
        raise ValueError(
            "is not the token of a bot; expected digits, a colon and letters, as from @BotFather"
        )
    return value


def _chat(value: object) -> object:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _CHAT.fullmatch(text):
        raise ValueError(
            "is not a chat; expected its number, such as -1001234567890, or a public channel's "
            "@name"
        )
    return text


class TelegramOptions(ReceiverOptions):
    """Options of a Telegram receiver. The URLs that are called contain the token."""

    token: Annotated[Secret, AfterValidator(_token)] = Field(
        description="The bot's token, as @BotFather gives it."
    )
    chat_id: Annotated[str, BeforeValidator(_chat), AlsoWritten(int)] = Field(
        description="The chat: its number, such as `-1001234567890`, or the `@name` of a public "
        "channel."
    )
    message_thread_id: Annotated[
        int | None, BeforeValidator(number_from_text), AlsoWritten(str)
    ] = Field(default=None, description="A topic in a group that has topics.")
    url: SecretUrl = Field(
        default=SecretStr("https://api.telegram.org"),
        description="The Bot API server, if it is not Telegram's own.",
    )

    def method(self, name: str) -> str:
        """The URL of a method of the Bot API. It contains the token, so never print it."""
        return under(self.url.get_secret_value(), f"/bot{self.token.get_secret_value()}/{name}")


class TelegramNotifier(HttpNotifier[TelegramOptions]):
    """Writes to one chat: about one message a second, or 20 a minute to a group
    (https://core.telegram.org/bots/faq#broadcasting)."""

    integration = "telegram"

    def __init__(self, receiver: str, options: TelegramOptions, context: Context) -> None:
        super().__init__(receiver, options, context)
        self.min_interval = 3.0 if options.chat_id.startswith(("-", "@")) else 1.0

    async def send(self, notification: Notification) -> None:
        told: dict[str, object] = {
            "chat_id": self._options.chat_id,
            "text": compose(notification, self._context.external_url),
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},
            # an alert that is over should not wake anyone
            "disable_notification": message.worst(notification.alerts) is None,
        }
        if self._options.message_thread_id is not None:
            told["message_thread_id"] = self._options.message_thread_id
        await self._call("sendMessage", told, notification)

    async def verify(self) -> None:
        """Ask Telegram for the chat, which checks token and chat_id."""
        await self._call("getChat", {"chat_id": self._options.chat_id})

    async def _call(
        self, method: str, arguments: object, notification: Notification | None = None
    ) -> None:
        answer = await self._post(self._options.method(method), arguments, notification)
        said = json_object(answer)
        words, meaning = _reading(answer, said)
        wait = seconds(_parameters(said).get("retry_after"))
        check(answer, now=self._context.clock.now(), detail=words, meaning=meaning, asked_wait=wait)
        if said.get("ok") is False:
            raise unconfirmed(answer, "Telegram")
        confirm(answer, "Telegram")


def _reading(answer: Answer, said: Mapping[str, object]) -> tuple[str | None, Meaning | None]:
    moved = _parameters(said).get("migrate_to_chat_id")
    if isinstance(moved, int):
        return f"the group became a supergroup; its chat_id is now {moved}", _NOT_FOUND
    description = str(said.get("description", "")).lower()
    for known, reading in _MEANINGS.items():
        if known in description:
            return reading
    return _STATUS_WORDS.get(answer.status), None


def _parameters(said: Mapping[str, object]) -> Mapping[str, object]:
    parameters = said.get("parameters")
    return parameters if isinstance(parameters, dict) else {}


TELEGRAM = Integration(
    "telegram", "a bot that writes to one chat", TelegramOptions, TelegramNotifier
)
