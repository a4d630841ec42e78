"""Where settings are read from. Each source gives what it has by setting, with the place it was written at."""

import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv.parser import parse_stream

from monitor.config.findings import Findings
from monitor.config.schema import ACCOUNT_SETTINGS, BOOTSTRAP, SECRETS, Settings, variable
from monitor.config.suggestion import did_you_mean, did_you_mean_variable
from monitor.config.textfile import read_secret, read_text, world_readable
from monitor.config.yamlfile import Scalar, Table, YamlNode, described, parse_yaml, plain
from monitor.errors import ConfigError, Place

SettingPath = tuple[str, ...]
"""("poll_interval",) or ("accounts", "shop", "api_key")."""

_PREFIX = "BSG_"
_ROOT = tuple(name for name in Settings.model_fields if name != "accounts")
ACCOUNT_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")

_KUBERNETES = re.compile(
    r"BSG_\w+_SERVICE_(HOST|PORT(_\w+)?)|BSG_\w+_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?|BSG_MONITOR_PORT"
)
"""What Kubernetes tells every container about Services whose names begin with `bsg-`."""


@dataclass(frozen=True, slots=True)
class Written:
    """A value as written. `name` is what the setting is called there; `node` its YAML, where it came from such a file."""

    value: object
    place: Place
    name: str
    node: YamlNode | None = None
    variable: bool = False

    @property
    def origin(self) -> str:
        """Where it came from, in short."""
        return "environment" if self.variable else str(self.place)


Layer = dict[SettingPath, Written]


class Dotenv:
    """The `.env` file: every name in it, for settings and for `${NAME}`. Values are taken as they are, `$` included."""

    def __init__(self, path: Path, findings: Findings) -> None:
        self.values: dict[str, str] = {}
        self.layer: Layer = {}
        if not path.is_file():
            return
        try:
            text = read_text(path, what="the .env file")
        except ConfigError as error:
            for problem in error.problems:
                findings.wrong(problem.message, problem.place, problem.hint)
            return
        places: dict[str, Place] = {}
        for binding in parse_stream(io.StringIO(text)):
            written = binding.original.string
            blank = len(written) - len(written.lstrip())
            place = Place(str(path), binding.original.line + written[:blank].count("\n"))
            if binding.error or (binding.key is not None and binding.value is None):
                findings.wrong("expected NAME=value", place, "a value with a quote in it needs quotes around it")
            elif binding.key is not None and binding.value is not None:
                if binding.key in places and binding.key.upper().startswith(_PREFIX):
                    findings.wrong(f"{binding.key} is there twice", place, f"first in line {places[binding.key].line}")
                places.setdefault(binding.key, place)
                self.values[binding.key] = binding.value
        self._take_settings(places, findings)
        self._check_mode(path, findings)

    def _take_settings(self, places: Mapping[str, Place], findings: Findings) -> None:
        for name, value in self.values.items():
            if not name.upper().startswith(_PREFIX):
                continue
            setting = _setting(name)
            if setting is None:
                findings.wrong(f"{name} is not a setting", places[name], _suggested(name))
            elif value.strip():
                _put(self.layer, setting, Written(value, places[name], variable(setting)), findings)

    def _check_mode(self, path: Path, findings: Findings) -> None:
        if self._holds_secrets() and world_readable(path):
            message = f"every user of this machine can read the secrets in {path.name}"
            findings.warn(message, Place(str(path)), f"chmod 600 {path}")

    def _holds_secrets(self) -> bool:
        """Whether a secret setting has a value in it, or a name that is no setting: those are there for `${NAME}`."""
        if any(setting[-1] in SECRETS for setting in self.layer):
            return True
        return any(value.strip() for name, value in self.values.items() if not name.upper().startswith(_PREFIX))


class SecretsFolder:
    """A folder with one secret a file: systemd credentials, a mounted Kubernetes secret, Docker secrets.

    Names are compared without regard to case. Names that begin with a dot (Kubernetes' `..data`) and folders are passed over.
    """

    def __init__(self, folder: Path, place: Place, findings: Findings) -> None:
        self._files: dict[str, Path] = {}
        self.layer: Layer = {}
        try:
            files = sorted(each for each in folder.iterdir() if not each.name.startswith(".") and each.is_file())
        except OSError as error:
            findings.wrong(f"the secrets folder {folder} cannot be read: {error.strerror or type(error).__name__}", place)
            return
        for file in files:
            name = file.name.upper()
            if name in self._files:
                findings.wrong(f"the same name as {self._files[name].name}, but for its case", Place(str(file)))
            self._files.setdefault(name, file)
        for name, file in self._files.items():
            if name.startswith(_PREFIX):
                self._read(name, file, findings)

    def _read(self, name: str, file: Path, findings: Findings) -> None:
        place = Place(str(file))
        setting = _setting(name)
        if setting is None:
            findings.wrong(f"{file.name} is not a setting", place, _suggested(name))
            return
        if setting[0] in BOOTSTRAP:
            findings.wrong(f"{variable(setting)} can only be set in the environment or in .env", place)
            return
        try:
            value = read_secret(file, what="the secret")
        except ConfigError as error:
            for problem in error.problems:
                findings.wrong(problem.message, problem.place, problem.hint)
            return
        if value.strip():
            self.layer[setting] = Written(value, place, variable(setting))

    def value(self, name: str) -> str | None:
        """The secret of that name, read when asked for; None when there is none or it cannot be read."""
        file = self._files.get(name.upper())
        try:
            return read_secret(file, what="the secret") if file else None
        except ConfigError:
            return None


def environment(environ: Mapping[str, str], findings: Findings) -> Layer:
    """The variables that are settings; an unknown one is a warning, an empty one counts as not set."""
    layer: Layer = {}
    for name, value in sorted(environ.items()):
        if not name.upper().startswith(_PREFIX):
            continue
        setting = _setting(name)
        if setting is None:
            if not _KUBERNETES.fullmatch(name):
                findings.warn(f"{name} is not a setting", hint=_suggested(name))
        elif value.strip():
            _put(layer, setting, Written(value, Place(name), name, variable=True), findings)
    return layer


def yaml_file(path: Path, findings: Findings) -> Layer:
    """The YAML file of `--config`: settings by their lower-case names, without BSG_; accounts as mappings."""
    try:
        text = read_text(path, what="the settings file", hint="check --config or BSG_CONFIG")
    except ConfigError as error:
        for problem in error.problems:
            findings.wrong(problem.message, problem.place, problem.hint)
        return {}
    document = parse_yaml(text, source=str(path), findings=findings)
    if document is None:
        return {}
    layer: Layer = {}
    for setting, name, place, node in _entries(document, findings):
        if setting[0] in BOOTSTRAP:
            findings.wrong(f"{setting[0]} can only be set in the environment or in .env", place)
        elif isinstance(node, Scalar) and node.value is None:
            findings.wrong(f"{name} has no value", place, "leave it out")
        elif setting in layer:
            findings.wrong(f"{name} is there twice", place, f"first in line {layer[setting].place.line}")
        else:
            layer[setting] = Written(plain(node), node.place, name, node)
    return layer


def _entries(document: YamlNode, findings: Findings) -> Iterable[tuple[SettingPath, str, Place, YamlNode]]:
    if not isinstance(document, Table):
        findings.wrong(f"expected settings such as poll_interval: 60s, found {described(document, veiled=True)}", document.place)
        return
    for entry in document.entries.values():
        if entry.key in _ROOT or entry.key in BOOTSTRAP:
            yield (entry.key,), entry.key, entry.place, entry.value
        elif entry.key != "accounts":
            hint = did_you_mean(entry.key.lower().removeprefix("bsg_"), (*_ROOT, "accounts"))
            findings.wrong(f"{entry.key} is not a setting", entry.place, hint)
        elif not isinstance(entry.value, Table):
            findings.wrong("expected accounts by name, each with its settings", entry.value.place)
        else:
            yield from _account_entries(entry.value, findings)


def _account_entries(accounts: Table, findings: Findings) -> Iterable[tuple[SettingPath, str, Place, YamlNode]]:
    for account in accounts.entries.values():
        name = account.key.lower()
        if not ACCOUNT_NAME.fullmatch(name):
            findings.wrong(f'"{account.key}" cannot be the name of an account', account.place, _NAME_HINT)
        elif not isinstance(account.value, Table):
            findings.wrong(f"expected the settings of account {name}, such as api_key: …", account.value.place)
        else:
            for entry in account.value.entries.values():
                if entry.key in ACCOUNT_SETTINGS:
                    yield ("accounts", name, entry.key), f"accounts.{name}.{entry.key}", entry.place, entry.value
                else:
                    hint = did_you_mean(entry.key, ACCOUNT_SETTINGS) or f"allowed are {', '.join(ACCOUNT_SETTINGS)}"
                    findings.wrong(f"{entry.key} is not a setting of an account", entry.place, hint)


_NAME_HINT = "a letter first, then letters, digits, _ and -, at most 32 characters"


def _setting(name: str) -> SettingPath | None:
    """The setting a variable stands for; None when there is none of that name."""
    parts = tuple(name[len(_PREFIX) :].lower().split("__"))
    if len(parts) == 1 and parts[0] in (*_ROOT, *BOOTSTRAP):
        return parts
    if len(parts) == 3 and parts[0] == "accounts" and ACCOUNT_NAME.fullmatch(parts[1]) and parts[2] in ACCOUNT_SETTINGS:
        return parts
    return None


def _suggested(name: str) -> str | None:
    parts = name.upper().split("__")
    if parts[0] != "BSG_ACCOUNTS":
        return did_you_mean_variable(name[len(_PREFIX) :], (*_ROOT, *BOOTSTRAP, "accounts__shop__api_key"), prefix=_PREFIX)
    if len(parts) != 3:
        return "accounts are written BSG_ACCOUNTS__<NAME>__API_KEY"
    if not ACCOUNT_NAME.fullmatch(parts[1].lower()):
        return f"the name of an account: {_NAME_HINT}"
    close = did_you_mean_variable(parts[2], ACCOUNT_SETTINGS, prefix=f"BSG_ACCOUNTS__{parts[1]}__")
    return close or f"of an account there are {', '.join(field.upper() for field in ACCOUNT_SETTINGS)}"


def _put(layer: Layer, setting: SettingPath, written: Written, findings: Findings) -> None:
    if setting in layer:
        findings.wrong(f"the same setting as {layer[setting].place}, but for its case", written.place)
    layer.setdefault(setting, written)
