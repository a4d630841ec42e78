"""Every setting: its type, bounds and default. `settings.py` fills them from environment, files
and secrets."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, InstanceOf, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from monitor.domain.condition import Condition
from monitor.yamlfile import addresses, values
from monitor.yamlfile.addresses import DatabaseUrl, Listen

__all__ = [
    "ACCOUNT_SETTINGS",
    "BOOTSTRAP",
    "SECRETS",
    "AccountSettings",
    "DatabaseUrl",
    "Listen",
    "Settings",
    "variable",
]

Flag = Annotated[bool, BeforeValidator(values.boolean)]
MessageTypes = Annotated[tuple[str, ...], BeforeValidator(values.message_types)]
Secret = Annotated[SecretStr, BeforeValidator(values.secret)]
ApiAddress = Annotated[str, BeforeValidator(addresses.api_address)]
WebAddress = Annotated[str, BeforeValidator(addresses.web_address)]
Zone = Annotated[InstanceOf[ZoneInfo], BeforeValidator(values.zone)]

MOST_DETAILS = 600
SHORTEST_POLL, LONGEST_POLL = timedelta(seconds=1), timedelta(days=1)
SHORTEST_LOOKBACK, LONGEST_LOOKBACK = timedelta(hours=1), timedelta(days=89)
"""89 days are at most three calendar months, the most that the provider answers at once."""


class AccountSettings(BaseModel):
    """One account, everything it inherits filled in. Exactly one of `api_key` and `api_token` is
    set."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: str
    api_key: Secret | None = None
    api_token: Secret | None = None
    url: ApiAddress = "https://one-api.bsg.world"
    campaigns_path: Annotated[str, BeforeValidator(values.campaigns_path)] = "auto"
    timezone: Zone = ZoneInfo("UTC")
    message_types: MessageTypes = ("sms", "rcs")


class Settings(BaseSettings):
    """What the monitor runs with.

    It takes what it is given and reads nothing itself: pydantic-settings' own sources do not say
    where a value came from, let unknown variables pass and refuse foreign names in `.env`.
    `accounts` holds every account by name, `default` among them when `api_key` or `api_token` is
    set.
    """

    model_config = SettingsConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    api_key: Secret | None = None
    api_token: Secret | None = None
    api_url: ApiAddress = "https://one-api.bsg.world"
    campaigns_path: Annotated[str, BeforeValidator(values.campaigns_path)] = "auto"
    api_timezone: Zone = ZoneInfo("UTC")
    message_types: MessageTypes = ("sms", "rcs")
    accounts: Mapping[str, AccountSettings] = Field(default_factory=lambda: MappingProxyType({}))

    ignore: Annotated[InstanceOf[Condition], BeforeValidator(values.condition)] | None = None
    poll_interval: Annotated[
        timedelta, BeforeValidator(values.duration(SHORTEST_POLL, LONGEST_POLL))
    ] = timedelta(seconds=60)
    lookback: Annotated[
        timedelta, BeforeValidator(values.duration(SHORTEST_LOOKBACK, LONGEST_LOOKBACK))
    ] = timedelta(days=3)

    details_per_minute: Annotated[int, BeforeValidator(values.whole(0, MOST_DETAILS))] = 20

    rules_file: Annotated[Path, BeforeValidator(values.path)] = Path("rules.yaml")
    database_url: Annotated[InstanceOf[DatabaseUrl], BeforeValidator(addresses.database_url)] = (
        DatabaseUrl(Path("bsg-monitor.db"))
    )

    listen: Annotated[InstanceOf[Listen], BeforeValidator(addresses.listen)] = Listen(
        "127.0.0.1", 9780
    )
    external_url: WebAddress | None = None
    read_token: Secret | None = None
    public_read: Flag = False
    admin_token: Secret | None = None
    heartbeat_url: Annotated[SecretStr, BeforeValidator(addresses.secret_web_address)] | None = None
    allow_insecure_http: Flag = False

    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        BeforeValidator(values.choice("debug", "info", "warning", "error")),
    ] = "info"
    log_format: Annotated[
        Literal["auto", "console", "json"],
        BeforeValidator(values.choice("auto", "console", "json")),
    ] = "auto"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 (the names are pydantic-settings')
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what the constructor is given."""
        return (init_settings,)


ACCOUNT_SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "api_key": "api_key",
        "api_token": "api_token",
        "api_url": "url",
        "campaigns_path": "campaigns_path",
        "api_timezone": "timezone",
        "message_types": "message_types",
    }
)
"""What a further account may set, by the name a person writes, and the field of
`AccountSettings` it becomes."""

BOOTSTRAP = ("config", "secrets_dir")
"""Settings that say where to read others: from the environment or `.env` only."""

SECRETS = frozenset({"api_key", "api_token", "read_token", "admin_token", "heartbeat_url"})
"""Settings whose value is never shown."""

MAY_BEAR_SECRETS = SECRETS | {"database_url"}
"""Settings whose value is not shown as it was written: a password may stand in it."""


def variable(path: tuple[str, ...]) -> str:
    """The variable of a setting: ("accounts", "shop", "api_key") is BSG_ACCOUNTS__SHOP__API_KEY."""
    return "BSG_" + "__".join(path).upper()
