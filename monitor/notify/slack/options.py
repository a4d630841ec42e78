"""The options of Slack: an incoming webhook's URL, or a bot's token and a channel."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from monitor.notify.options import ReceiverOptions, Secret, SecretUrl, WebAddress

WEB_API = "https://slack.com/api"
_CHANNEL = re.compile(r"#?[^\s#@<>,|:&]{1,80}")


def _bot_token(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if text.startswith("xapp-"):
        raise ValueError(
            'is an app-level token; expected the "Bot User OAuth Token", which begins with xoxb-'
        )
    if not all("!" <= character <= "~" for character in text):
        raise ValueError("contains a space, a line break or a character outside ASCII")
    return value


class SlackOptions(ReceiverOptions):
    """Either `url`, of an incoming webhook; or `bot_token` and `channel`. Anyone who has the URL
    can post, so it is a secret."""

    ways = (("url",), ("bot_token", "channel"))

    bot_token: Annotated[Secret, AfterValidator(_bot_token)] | None = Field(
        default=None,
        description='A bot\'s "Bot User OAuth Token" (`xoxb-…`), instead of `url`; it needs '
        "`channel`.",
    )
    channel: str | None = Field(
        default=None,
        validate_default=True,
        description="The id of a channel that the bot is in, or the `#name` of a public channel.",
    )
    api_url: WebAddress = Field(
        default=WEB_API, description="The URL of Slack's Web API, if it is another one (GovSlack)."
    )
    url: SecretUrl | None = Field(
        default=None,
        validate_default=True,
        description="The URL of an incoming webhook. Anyone who has it can post.",
    )

    @field_validator("channel")
    @classmethod
    def _named(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None:
            if info.data.get("bot_token") is not None:
                raise PydanticCustomError(
                    "missing", "the id of a channel that the bot is in, such as C012AB3CD"
                )
            return value
        if not _CHANNEL.fullmatch(value):
            raise ValueError(
                "is not a channel; expected its id, such as C012AB3CD, or its name, such as #alerts"
            )
        return value

    @field_validator("url")
    @classmethod
    def _one_way(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        bot = info.data.get("bot_token") is not None
        if value is None and not bot and "bot_token" in info.data:
            raise PydanticCustomError("missing", "or bot_token and channel")
        if value is not None and bot:
            raise ValueError("and bot_token are both there; keep one of them")
        if value is not None and info.data.get("channel") is not None:
            raise ValueError("has a channel of its own: the option channel goes with bot_token")
        return value

    def endpoint(self) -> str:
        return self.url.get_secret_value() if self.url is not None else self.api_url
