"""Every setting: its type, bounds and default. `sources.py` reads them from environment, files
and secrets."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    SecretStr,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings.sources import PydanticBaseSettingsSource

from monitor.domain.condition import Condition
from monitor.settings.written import Written
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
CampaignsPath = Annotated[str, BeforeValidator(values.campaigns_path)]
WrittenPath = Annotated[Path, BeforeValidator(values.path)]
Zone = Annotated[InstanceOf[ZoneInfo], BeforeValidator(values.zone)]

MOST_DETAILS = 600
SHORTEST_POLL, LONGEST_POLL = timedelta(seconds=1), timedelta(days=1)
SHORTEST_LOOKBACK, LONGEST_LOOKBACK = timedelta(hours=1), timedelta(days=89)
"""89 days are at most three calendar months, the most that the provider answers at once."""


class _FromSources(BaseModel):
    """A model that takes its values as its sources wrote them."""

    @field_validator("*", mode="wrap")
    @classmethod
    def _take(
        cls, value: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo
    ) -> object:
        """The value itself. What is wrong with it is noted where it was written, and the default
        taken."""
        if not isinstance(value, Written):
            return handler(value)
        try:
            return handler(value.value)
        except ValidationError as error:
            value.faults.extend(each["ctx"]["error"] for each in error.errors())
            return cls.model_fields[info.field_name or ""].get_default()


class AccountSettings(_FromSources):
    """One account, everything it inherits filled in. Exactly one of `api_key` and `api_token` is
    set."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=True
    )

    name: str
    api_key: Secret | None = None
    api_token: Secret | None = None
    url: ApiAddress = Field(default="https://one-api.bsg.world", alias="api_url")
    campaigns_path: CampaignsPath = "auto"
    timezone: Zone = Field(default=ZoneInfo("UTC"), alias="api_timezone")
    message_types: MessageTypes = ("sms", "rcs")


class Settings(BaseSettings, _FromSources):
    """What the monitor runs with.

    `Settings(…)` takes what it is given and reads nothing; `Settings.read` reads sources.
    `accounts` holds every account by name, `default` among them when `api_key` or `api_token` is
    set.
    """

    model_config = SettingsConfigDict(
        env_prefix="BSG_",
        env_nested_delimiter="__",
        enable_decoding=False,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    api_key: Secret | None = None
    api_token: Secret | None = None
    api_url: ApiAddress = "https://one-api.bsg.world"
    campaigns_path: CampaignsPath = "auto"
    api_timezone: Zone = ZoneInfo("UTC")
    message_types: MessageTypes = ("sms", "rcs")
    accounts: Annotated[Mapping[str, AccountSettings], AfterValidator(MappingProxyType)] = {}

    ignore: Annotated[InstanceOf[Condition], BeforeValidator(values.condition)] | None = None
    poll_interval: Annotated[
        timedelta, BeforeValidator(values.duration(SHORTEST_POLL, LONGEST_POLL))
    ] = timedelta(seconds=60)
    lookback: Annotated[
        timedelta, BeforeValidator(values.duration(SHORTEST_LOOKBACK, LONGEST_LOOKBACK))
    ] = timedelta(days=3)

    details_per_minute: Annotated[int, BeforeValidator(values.whole(0, MOST_DETAILS))] = 20

    rules_file: WrittenPath = Path("rules.yaml")
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

    config: WrittenPath | None = None
    secrets_dir: WrittenPath | None = None

    @field_validator("accounts", mode="before")
    @classmethod
    def _inherit(cls, given: Mapping[str, Any], info: ValidationInfo) -> Mapping[str, Any]:
        """Accounts with what they inherit. Only `default` inherits the credentials."""
        credentials = {name: info.data[name] for name in ("api_key", "api_token")}
        inherited = {name: info.data[name] for name in ACCOUNT_SETTINGS if name not in credentials}
        accounts: dict[str, Any] = {}
        if any(credentials.values()) or "default" in given:
            accounts["default"] = {**inherited, **credentials, **given.get("default", {})}
        for name in sorted(given.keys() - {"default"}):
            accounts[name] = {**inherited, **given[name]}
        return {name: {**account, "name": name} for name, account in accounts.items()}

    @classmethod
    def read(cls, *sources: PydanticBaseSettingsSource) -> Self:
        """Settings from sources; the first that has a setting wins."""
        values: dict[str, Any] = {"sources": sources}
        return cls(**values)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 (the names are pydantic-settings')
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The sources that `read` was given, or else only what the constructor was given."""
        return tuple(init_settings().pop("sources", (init_settings,)))


ACCOUNT_SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        field.alias or name: name
        for name, field in AccountSettings.model_fields.items()
        if name != "name"
    }
)
"""What an account may set, by the name a person writes, and its field in `AccountSettings`."""

BOOTSTRAP = ("secrets_dir", "config")
"""Settings that say where to read others: from the environment or `.env` only."""

SECRETS = frozenset({"api_key", "api_token", "read_token", "admin_token", "heartbeat_url"})
"""Settings whose value is never shown."""

MAY_HOLD_SECRETS = SECRETS | {"database_url"}
"""Settings whose value is not shown as it was written: a password may be in it."""


def variable(path: tuple[str, ...]) -> str:
    """The variable of a setting: ("accounts", "shop", "api_key") is BSG_ACCOUNTS__SHOP__API_KEY."""
    return "BSG_" + "__".join(path).upper()
