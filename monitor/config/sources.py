"""Where settings are read from. Each source gives what it has by setting, with the place it was written at."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from monitor.config.excerpts import Veil
from monitor.config.findings import Findings
from monitor.config.schema import ACCOUNT_SETTINGS, BOOTSTRAP, variable
from monitor.config.suggestion import did_you_mean
from monitor.config.textfile import read_secret, read_text
from monitor.config.written import (
    ACCOUNT_NAME,
    ACCOUNT_NAME_HINT,
    PREFIX,
    ROOT,
    Layer,
    SettingPath,
    Written,
    may_be_shown,
    put,
    setting_of,
    suggested,
)
from monitor.config.yamlfile import Scalar, Table, YamlNode, described, parse_yaml, plain
from monitor.errors import ConfigError, Place

_KUBERNETES = re.compile(
    r"BSG_\w+_SERVICE_(HOST|PORT(_\w+)?)|BSG_\w+_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?|BSG_MONITOR_PORT"
)
"""What Kubernetes tells every container about Services whose names begin with `bsg-`."""


VEIL = Veil(shows=may_be_shown)
"""What of a settings file may be shown beside an error."""


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
            if name.startswith(PREFIX):
                self._read(name, file, findings)

    def _read(self, name: str, file: Path, findings: Findings) -> None:
        place = Place(str(file))
        setting = setting_of(name)
        if setting is None:
            findings.wrong(f"{file.name} is not a setting", place, suggested(name))
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
        if not name.upper().startswith(PREFIX):
            continue
        setting = setting_of(name)
        if setting is None:
            if not _KUBERNETES.fullmatch(name):
                findings.warn(f"{name} is not a setting", hint=suggested(name))
        elif value.strip():
            put(layer, setting, Written(value, Place(name), name, variable=True), findings)
    return layer


def yaml_file(path: Path, findings: Findings) -> Layer:
    """The YAML file of `--config`: settings by their lower-case names, without BSG_; accounts as mappings."""
    try:
        text = read_text(path, what="the settings file", hint="check --config or BSG_CONFIG")
    except ConfigError as error:
        for problem in error.problems:
            findings.wrong(problem.message, problem.place, problem.hint)
        return {}
    document = parse_yaml(text, source=str(path), findings=findings, veil=VEIL)
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
        if entry.key in ROOT or entry.key in BOOTSTRAP:
            yield (entry.key,), entry.key, entry.place, entry.value
        elif entry.key != "accounts":
            hint = did_you_mean(entry.key.lower().removeprefix("bsg_"), (*ROOT, "accounts"))
            findings.wrong(f"{entry.key} is not a setting", entry.place, hint)
        elif not isinstance(entry.value, Table):
            findings.wrong("expected accounts by name, each with its settings", entry.value.place)
        else:
            yield from _account_entries(entry.value, findings)


def _account_entries(accounts: Table, findings: Findings) -> Iterable[tuple[SettingPath, str, Place, YamlNode]]:
    for account in accounts.entries.values():
        name = account.key.lower()
        if not ACCOUNT_NAME.fullmatch(name):
            findings.wrong(f'"{account.key}" cannot be the name of an account', account.place, ACCOUNT_NAME_HINT)
        elif not isinstance(account.value, Table):
            findings.wrong(f"expected the settings of account {name}, such as api_key: …", account.value.place)
        else:
            for entry in account.value.entries.values():
                if entry.key in ACCOUNT_SETTINGS:
                    yield ("accounts", name, entry.key), f"accounts.{name}.{entry.key}", entry.place, entry.value
                else:
                    hint = did_you_mean(entry.key, ACCOUNT_SETTINGS) or f"allowed are {', '.join(ACCOUNT_SETTINGS)}"
                    findings.wrong(f"{entry.key} is not a setting of an account", entry.place, hint)
