"""From all sources to `Settings`: precedence, origins, accounts, and every error at once."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from pydantic import BaseModel, SecretStr, ValidationError

from monitor.domain.condition import Condition
from monitor.domain.times.duration import format_duration
from monitor.errors import ConfigError, Place, Problem
from monitor.net import PROXY_VARIABLES, check_proxies
from monitor.settings.coherence import check
from monitor.settings.dotenv import Dotenv
from monitor.settings.model import (
    ACCOUNT_SETTINGS,
    BOOTSTRAP,
    SECRETS,
    AccountSettings,
    Settings,
    variable,
)
from monitor.settings.sources import SecretsFolder, environment, yaml_file
from monitor.settings.written import Layer, Lookup, SettingPath, Written
from monitor.yamlfile import values
from monitor.yamlfile.addresses import DatabaseUrl, Listen
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.values import WrongConditionError, WrongValueError

__all__ = [
    "AccountSettings",
    "DatabaseUrl",
    "Listen",
    "LoadedSettings",
    "Settings",
    "describe",
    "differing",
    "load_settings",
    "read_settings",
]

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSettings:
    """Settings, and where they came from.

    `origins` says for every setting (`poll_interval`, `accounts.shop.api_key`) where its value
    was written: `default`, `environment`, or a file with its line. `lookup` gives a name's value
    for `${NAME}`. `config` is the YAML file that was read, if any. `problems` are what is wrong;
    the `wrong` settings among them are left at their defaults. What `load_settings` gives has
    none. `files` are all files and folders that values may have come from, those that are not
    there included. `again` reads the same places anew (`read_settings`), for what may have
    changed.
    """

    settings: Settings
    warnings: tuple[Problem, ...]
    origins: Mapping[str, str]
    lookup: Lookup
    again: Callable[[], "LoadedSettings"] = field(repr=False)
    config: Path | None = None
    secrets_dir: Path | None = None
    files: tuple[Path, ...] = ()
    problems: tuple[Problem, ...] = ()
    wrong: frozenset[SettingPath] = frozenset()


def load_settings(
    *,
    config: Path | None = None,
    environ: Mapping[str, str] | None = None,
    directory: Path | None = None,
    need_account: bool = True,
) -> LoadedSettings:
    """As `read_settings`; ConfigError with everything that is wrong."""
    loaded = read_settings(
        config=config, environ=environ, directory=directory, need_account=need_account
    )
    if loaded.problems:
        raise ConfigError(loaded.problems)
    return loaded


def read_settings(
    *,
    config: Path | None = None,
    environ: Mapping[str, str] | None = None,
    directory: Path | None = None,
    need_account: bool = True,
) -> LoadedSettings:
    """Read environment, `.env`, secrets folder and YAML file, the first that has a setting
    winning.

    `config` is `--config` and goes before BSG_CONFIG. `directory` (default: the working
    directory) holds `.env` and is where relative paths begin. `need_account`: no account at all
    is an error.
    """
    environ = os.environ if environ is None else environ
    directory = Path() if directory is None else directory
    again = partial(
        read_settings, config=config, environ=environ, directory=directory, need_account=False
    )
    findings = Findings()
    variables = environment(environ, findings)
    dotenv = Dotenv(directory / ".env", findings)
    pointers = {**dotenv.layer, **variables}
    folder: SecretsFolder | None = None
    secrets_dir = _pointer(pointers, "secrets_dir", directory, findings)
    if secrets_dir is not None:
        folder = SecretsFolder(secrets_dir, pointers["secrets_dir",].place, findings)
    origins = {
        name: pointers[name,].origin if (name,) in pointers else "default" for name in BOOTSTRAP
    }
    if config is not None:
        origins["config"] = "--config"
    else:
        config = _pointer(pointers, "config", directory, findings)
    layers = [
        variables,
        dotenv.layer,
        folder.layer if folder else {},
        yaml_file(config, findings) if config else {},
    ]
    written: Layer = {}
    for layer in layers:
        for setting, value in layer.items():
            written.setdefault(setting, value)

    _proxies(environ, dotenv, directory / ".env", findings)
    settings, sound = _settings(written, directory, findings)
    check(settings, written, sound=sound, need_account=need_account, findings=findings)
    return LoadedSettings(
        settings=settings,
        warnings=findings.warnings,
        origins=MappingProxyType({**_origins(settings, written), **origins}),
        lookup=_lookup(environ, dotenv, folder),
        again=again,
        config=config,
        secrets_dir=secrets_dir,
        files=tuple(path for path in (directory / ".env", secrets_dir, config) if path is not None),
        problems=findings.problems,
        wrong=frozenset(written.keys() - sound),
    )


def _proxies(environ: Mapping[str, str], dotenv: Dotenv, file: Path, findings: Findings) -> None:
    """What is wrong with the environment's proxies, and that those in `.env` are not read."""
    wrong, doubtful = check_proxies(environ)
    for each in wrong:
        findings.wrong(each.message, each.place, each.hint)
    for message, place, hint in doubtful:
        findings.warn(message, place, hint)
    for name in PROXY_VARIABLES:
        if dotenv.values.get(name) and not environ.get(name):
            findings.warn(
                f"{name} is not read from here",
                Place(str(file)),
                "set it in the environment, as for other programs",
            )


def _pointer(layer: Layer, name: str, directory: Path, findings: Findings) -> Path | None:
    written = layer.get((name,))
    try:
        return directory / values.path(written.value) if written else None
    except ValueError as error:
        if written:
            findings.wrong(
                str(error) if written.variable else f"{written.name}: {error}", written.place
            )
        return None


def _lookup(environ: Mapping[str, str], dotenv: Dotenv, folder: SecretsFolder | None) -> Lookup:
    def lookup(name: str) -> str | None:
        found = [environ.get(name), dotenv.values.get(name), folder.value(name) if folder else None]
        given = [value for value in found if value is not None]
        return next((value for value in given if value), given[0] if given else None)

    return lookup


def _settings(
    written: Layer, directory: Path, findings: Findings
) -> tuple[Settings, frozenset[SettingPath]]:
    """The settings, wrong ones left at their defaults, and which of the written ones are right."""
    wrong: set[SettingPath] = set()
    root = {
        (name,): each
        for (name, *rest), each in written.items()
        if not rest and name not in BOOTSTRAP
    }
    settings = _validated(
        Settings, {}, {name: each for (name,), each in root.items()}, findings, wrong, ()
    )
    inherited = {
        "url": settings.api_url,
        "campaigns_path": settings.campaigns_path,
        "timezone": settings.api_timezone,
        "message_types": settings.message_types,
    }
    own: dict[str, dict[str, Written]] = {}
    for setting, each in written.items():
        if len(setting) == 3:
            own.setdefault(setting[1], {})[setting[2]] = each
    accounts: dict[str, AccountSettings] = {}
    if settings.api_key or settings.api_token or "default" in own:
        keys = {"api_key": settings.api_key, "api_token": settings.api_token}
        given = {**inherited, **keys, "name": "default"}
        accounts["default"] = _validated(
            AccountSettings, given, own.pop("default", {}), findings, wrong, ("accounts", "default")
        )
    for name in sorted(own):
        given = {**inherited, "name": name}
        accounts[name] = _validated(
            AccountSettings, given, own[name], findings, wrong, ("accounts", name)
        )
    settings = settings.model_copy(
        update={
            "accounts": MappingProxyType(accounts),
            "rules_file": directory / settings.rules_file,
            "database_url": settings.database_url.within(directory),
        }
    )
    return settings, frozenset(written.keys() - wrong)


def _validated(
    model: type[Model],
    given: Mapping[str, object],
    own: Mapping[str, Written],
    findings: Findings,
    wrong: set[SettingPath],
    prefix: SettingPath,
) -> Model:
    """The model of what is `given` and, over it, of what was written; without what is wrong in
    it, which is noted."""
    fields = {(ACCOUNT_SETTINGS[name] if prefix else name): name for name in own}
    found = {field: _veiled(name, own[name].value) for field, name in fields.items()}
    try:
        return model(**{**given, **found})
    except ValidationError as error:
        order = list(
            fields
        )  # pydantic tells in the order of the model, people read in that of their files
        for detail in sorted(
            error.errors(include_url=False, include_input=False),
            key=lambda each: order.index(str(each["loc"][0])),
        ):
            name = fields[str(detail["loc"][0])]
            wrong.add((*prefix, name))
            _note(own[name], detail.get("ctx", {}).get("error"), detail["msg"], findings)
    right = {
        field: value for field, value in found.items() if (*prefix, fields[field]) not in wrong
    }
    return model(**{**given, **right})


def _veiled(name: str, value: object) -> object:
    """Secrets as `SecretStr` from here on: pydantic-settings can be made to log what it is given
    (PYDANTIC_SETTINGS_DEBUG)."""
    return SecretStr(value.strip()) if name in SECRETS and isinstance(value, str) else value


def _note(written: Written, cause: object, message: str, findings: Findings) -> None:
    place = written.place
    prefix = "" if place.line is None else f"{written.name}: "
    if isinstance(cause, WrongConditionError):
        for fault in cause.faults:
            at = written.place_of(fault.span)
            where = (
                f" (at character {fault.column} of the condition)"
                if at.line is not None and at.column is None
                else ""
            )
            findings.wrong(f"{prefix}{fault.message}{where}", at, fault.hint)
        return
    hint = cause.hint if isinstance(cause, WrongValueError) else None
    findings.wrong(f"{prefix}{cause or message}", place, hint)


def _origins(settings: Settings, written: Layer) -> dict[str, str]:
    def origin(setting: SettingPath) -> str:
        return written[setting].origin if setting in written else "default"

    origins = {name: origin((name,)) for name in Settings.model_fields if name != "accounts"}
    for account in settings.accounts:
        for name in ACCOUNT_SETTINGS:
            own: SettingPath = ("accounts", account, name)
            inherits = account == "default" or name not in ("api_key", "api_token")
            origins[".".join(own)] = origin(own if own in written or not inherits else (name,))
    return origins


def describe(loaded: LoadedSettings) -> list[tuple[str, str, str]]:
    """Every setting as (variable, value, origin), for people: secrets masked, "" where nothing
    is set. Accounts come last."""
    return [
        (variable(setting), _shown(value), loaded.origins[".".join(setting)])
        for setting, value in _values(loaded)
    ]


def differing(before: LoadedSettings, after: LoadedSettings) -> list[str]:
    """The variables that have another value now, those of accounts that came or went included,
    in the order of `describe`."""
    old, new = (
        {variable(setting): _comparable(value) for setting, value in _values(each)}
        for each in (before, after)
    )
    return [name for name in {**new, **old} if old.get(name) != new.get(name)]


def _values(loaded: LoadedSettings) -> Iterator[tuple[SettingPath, object]]:
    settings = loaded.settings
    yield from (
        ((name,), getattr(settings, name)) for name in Settings.model_fields if name != "accounts"
    )
    yield from ((("config",), loaded.config), (("secrets_dir",), loaded.secrets_dir))
    for account in settings.accounts.values():
        yield from (
            (("accounts", account.name, name), getattr(account, field))
            for name, field in ACCOUNT_SETTINGS.items()
        )


def _comparable(value: object) -> object:
    return value.text if isinstance(value, Condition) else value


def _shown(value: object) -> str:
    match value:
        case None:
            return ""
        case SecretStr():
            return "********"
        case bool():
            return str(value).lower()
        case timedelta():
            return format_duration(value)
        case tuple():
            return ",".join(map(str, value))
        case Condition():
            return value.text.strip()
        case _:
            return str(value)
