"""From all sources to `Settings`: precedence, origins, and every error at once."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType

from pydantic import BaseModel, SecretStr
from pydantic_settings import InitSettingsSource

from monitor.domain.condition import Condition
from monitor.domain.times.duration import format_duration
from monitor.errors import ConfigError, Place, Problem
from monitor.logs import mask
from monitor.net import PROXY_VARIABLES, check_proxies
from monitor.settings.coherence import check
from monitor.settings.model import ACCOUNT_SETTINGS, BOOTSTRAP, Settings, variable
from monitor.settings.sources import Dotenv, Environment, SecretsFolder, YamlFile
from monitor.settings.written import Layer, Lookup, SettingPath, Written, flat
from monitor.yamlfile import values
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.values import WrongConditionError, WrongValueError


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSettings:
    """Settings, and where they came from.

    `origins` says for every setting (`poll_interval`, `accounts.shop.api_key`) where its value
    was written: `default`, `environment`, or a file with its line. `lookup` gives a name's value
    for `${NAME}`. `problems` are what is wrong; the `wrong` settings among them are left at their
    defaults. What `load_settings` gives has none. `files` are all files and folders that values
    may have come from, those that are not there included. `again` reads the same places again
    (`read_settings`), for what may have changed.
    """

    settings: Settings
    warnings: tuple[Problem, ...]
    origins: Mapping[str, str]
    lookup: Lookup
    again: Callable[[], "LoadedSettings"] = field(repr=False)
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
    """Read settings as `read_settings` does. Raises `ConfigError` with everything that is wrong."""
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
    """Read environment, `.env`, secrets folder and YAML file; the first that has a setting wins.

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
    variables = Environment(environ, findings)
    dotenv = Dotenv(directory / ".env", findings)
    command = {} if config is None else {"config": Written(config, Place("--config"), "--config")}
    pointers = {**dotenv(), **variables(), **command}
    secrets_dir, yaml = (_pointer(pointers, name, directory) for name in BOOTSTRAP)
    place = pointers["secrets_dir"].place if secrets_dir else None
    folder = SecretsFolder(secrets_dir, place, findings)
    options = InitSettingsSource(Settings, command)
    sources = (options, variables, dotenv, folder, YamlFile(yaml, findings))
    written: Layer = {}
    for source in sources:
        for setting, each in sorted(flat(source())):
            written.setdefault(setting, each)
    _proxies(environ, dotenv, directory / ".env", findings)
    settings = Settings.read(*sources)
    for each in written.values():
        _note(each, findings)
    settings = settings.model_copy(
        update={
            "rules_file": directory / settings.rules_file,
            "database_url": settings.database_url.within(directory),
            "config": yaml,
            "secrets_dir": secrets_dir,
        }
    )
    wrong = frozenset(setting for setting, each in written.items() if each.faults)
    check(settings, written, wrong=wrong, need_account=need_account, findings=findings)
    return LoadedSettings(
        settings=settings,
        warnings=findings.warnings,
        origins=MappingProxyType(_origins(settings, written)),
        lookup=_lookup(environ, dotenv, folder),
        again=again,
        files=tuple(path for path in (directory / ".env", secrets_dir, yaml) if path is not None),
        problems=findings.problems,
        wrong=wrong,
    )


def _pointer(pointers: Mapping[str, Written], name: str, directory: Path) -> Path | None:
    """Where to read further settings; None where that is not set, or wrong."""
    with suppress(ValueError, KeyError):
        return directory / values.path(pointers[name].value)
    return None


def _proxies(environ: Mapping[str, str], dotenv: Dotenv, file: Path, findings: Findings) -> None:
    """Note what is wrong with the environment's proxies, and that those in `.env` are not read."""
    wrong, doubtful = check_proxies(environ)
    findings.take(wrong)
    for message, place, hint in doubtful:
        findings.warn(message, place, hint)
    for name in PROXY_VARIABLES:
        if dotenv.values.get(name) and not environ.get(name):
            message = f"{name} is not read from here"
            hint = "set it in the environment, as for other programs"
            findings.warn(message, Place(str(file)), hint)


def _lookup(environ: Mapping[str, str], dotenv: Dotenv, folder: SecretsFolder) -> Lookup:
    def lookup(name: str) -> str | None:
        found = (environ.get(name), dotenv.values.get(name), folder.value(name))
        given = [value for value in found if value is not None]
        return next((value for value in given if value), given[0] if given else None)

    return lookup


def _note(written: Written, findings: Findings) -> None:
    """Note what is wrong with one value, at its place."""
    prefix = "" if written.place.line is None else f"{written.name}: "
    for wrong in written.faults:
        if isinstance(wrong, WrongConditionError):
            for fault in wrong.faults:
                at = written.place_of(fault.span)
                unclear = at.line is not None and at.column is None
                where = f" (at character {fault.column} of the condition)" if unclear else ""
                findings.wrong(f"{prefix}{fault.message}{where}", at, fault.hint)
        else:
            hint = wrong.hint if isinstance(wrong, WrongValueError) else None
            findings.wrong(f"{prefix}{wrong}", written.place, hint)


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
    """Every setting as (variable, value, origin), for people: secrets are masked, and "" means that
    nothing is set. Accounts come last."""
    return [
        (variable(setting), _shown(value), loaded.origins[".".join(setting)])
        for setting, value in _values(loaded)
    ]


def differing(before: LoadedSettings, after: LoadedSettings) -> list[str]:
    """The variables whose values differ, in the order of `describe`, with those of accounts that
    were added or removed."""
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


def mask_settings(loaded: LoadedSettings) -> None:
    """Mask the keys, tokens and passwords of the settings in logs. Call it before anything logs."""
    settings = loaded.settings
    mask_secrets(settings)
    for account in settings.accounts.values():
        mask_secrets(account)
    if settings.database_url.dsn is not None:
        mask(settings.database_url.dsn.get_secret_value())


def mask_secrets(value: object) -> None:
    """Mask every secret of a pydantic model in the logs, nested ones included."""
    if isinstance(value, SecretStr):
        mask(value.get_secret_value())
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            mask_secrets(getattr(value, name))
    elif isinstance(value, dict):
        for item in value.values():
            mask_secrets(item)
    elif isinstance(value, list | tuple):
        for item in value:
            mask_secrets(item)
