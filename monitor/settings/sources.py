"""Where settings are read from. Each source gives what it has by setting, with the place it was
written at."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from monitor.domain.safetext.possible_secrets import leading_word, lost_colon
from monitor.errors import ConfigError, Place
from monitor.settings.model import ACCOUNT_SETTINGS, BOOTSTRAP, variable
from monitor.settings.written import (
    ACCOUNT_NAME,
    ACCOUNT_NAME_HINT,
    PREFIX,
    ROOT,
    Layer,
    SettingPath,
    Written,
    is_known,
    may_be_shown,
    not_a_setting,
    put,
    setting_of,
)
from monitor.yamlfile.document import Entry, Scalar, Table, YamlNode, described, parse_yaml, plain
from monitor.yamlfile.excerpts import Veil
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.suggestion import did_you_mean
from monitor.yamlfile.text_file import read_secret, read_text

_KUBERNETES = re.compile(
    r"BSG(_\w+)?_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)=.*"
    r"|BSG(_\w+)?_PORT=(tcp|udp|sctp)://.*",
    re.DOTALL,
)
"""What Kubernetes tells every container about Services that are called `bsg` or whose names
begin with `bsg-`."""
UNGUESSED = "unset it; `bsg-monitor config` lists the settings"
"""What to do about a variable that is like no setting."""


VEIL = Veil(shows=may_be_shown, knows=is_known)
"""What of a settings file may be shown beside an error."""


class SecretsFolder:
    """A folder with one secret a file: systemd credentials, a mounted Kubernetes secret, Docker
    secrets.

    Names are compared without regard to case. Names that begin with a dot (Kubernetes' `..data`)
    and folders are passed over.
    """

    def __init__(self, folder: Path, place: Place, findings: Findings) -> None:
        self._files: dict[str, Path] = {}
        self.layer: Layer = {}
        try:
            files = sorted(
                each
                for each in folder.iterdir()
                if not each.name.startswith(".") and each.is_file()
            )
        except OSError as error:
            findings.wrong(
                f"the secrets folder {folder} cannot be read: "
                f"{error.strerror or type(error).__name__}",
                place,
            )
            return
        for file in files:
            name = file.name.upper()
            if name in self._files:
                findings.wrong(
                    f"the same name as {self._files[name].name}, but for its case", Place(str(file))
                )
            self._files.setdefault(name, file)
        for name, file in self._files.items():
            if name.startswith(PREFIX):
                self._read(name, file, findings)

    def _read(self, name: str, file: Path, findings: Findings) -> None:
        place = Place(str(file))
        setting = setting_of(name)
        if setting is None:
            message, hint = not_a_setting(file.name)
            findings.wrong(message, place, hint)
            return
        if setting[0] in BOOTSTRAP:
            findings.wrong(
                f"{variable(setting)} can only be set in the environment or in .env", place
            )
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
        """The secret of that name, read when asked for; None when there is none or it cannot be
        read."""
        file = self._files.get(name.upper())
        try:
            return read_secret(file, what="the secret") if file else None
        except ConfigError:
            return None


def environment(environ: Mapping[str, str], findings: Findings) -> Layer:
    """The variables that are settings; an unknown one is a warning, an empty one counts as not
    set."""
    layer: Layer = {}
    for name, value in sorted(environ.items()):
        if not name.upper().startswith(PREFIX):
            continue
        setting = setting_of(name)
        if setting is None:
            if not _KUBERNETES.fullmatch(f"{name}={value}"):
                message, hint = not_a_setting(name)
                findings.warn(message, None, hint or UNGUESSED)
        elif value.strip():
            put(layer, setting, Written(value, Place(name), name, variable=True), findings)
    return layer


def yaml_file(path: Path, findings: Findings) -> Layer:
    """The YAML file of `--config`: settings by their lower-case names, without BSG_; accounts as
    mappings."""
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
            findings.wrong(
                f"{name} is there twice", place, f"first in line {layer[setting].place.line}"
            )
        else:
            layer[setting] = Written(plain(node), node.place, name, node)
    return layer


def _entries(
    document: YamlNode, findings: Findings
) -> Iterable[tuple[SettingPath, str, Place, YamlNode]]:
    if not isinstance(document, Table):
        findings.wrong(
            "expected settings such as poll_interval: 60s, found "
            f"{described(document, veiled=True)}",
            document.place,
        )
        return
    for entry in document.entries.values():
        if entry.key in ROOT or entry.key in BOOTSTRAP:
            yield (entry.key,), entry.key, entry.place, entry.value
        elif entry.key != "accounts":
            findings.wrong(*_not_a_setting(entry, (*ROOT, "accounts"), "is not a setting"))
        elif not isinstance(entry.value, Table):
            findings.wrong("expected accounts by name, each with its settings", entry.value.place)
        else:
            yield from _account_entries(entry.value, findings)


def _account_entries(
    accounts: Table, findings: Findings
) -> Iterable[tuple[SettingPath, str, Place, YamlNode]]:
    for account in accounts.entries.values():
        name = account.key.lower()
        if not ACCOUNT_NAME.fullmatch(name):
            word = leading_word(account.key)
            named = f'"{word}"' if word else "what stands here"
            findings.wrong(
                f"{named} cannot be the name of an account", account.place, ACCOUNT_NAME_HINT
            )
        elif not isinstance(account.value, Table):
            findings.wrong(
                f"expected the settings of account {name}, such as api_key: …", account.value.place
            )
        else:
            for entry in account.value.entries.values():
                if entry.key in ACCOUNT_SETTINGS:
                    yield (
                        ("accounts", name, entry.key),
                        f"accounts.{name}.{entry.key}",
                        entry.place,
                        entry.value,
                    )
                else:
                    message, place, hint = _not_a_setting(
                        entry, tuple(ACCOUNT_SETTINGS), "is not a setting of an account"
                    )
                    findings.wrong(
                        message, place, hint or f"allowed are {', '.join(ACCOUNT_SETTINGS)}"
                    )


def _not_a_setting(entry: Entry, known: Sequence[str], what: str) -> tuple[str, Place, str | None]:
    """The message about a key that is none of the known ones, its place, and a hint: no more of
    it than may be shown."""
    if word := lost_colon(entry.key, known):
        return (
            f'a colon is missing after "{word}"',
            entry.place,
            f"write {word}: and a space before its value",
        )
    word = leading_word(entry.key)
    close = did_you_mean((word or entry.key).lower().removeprefix("bsg_"), known)
    shown = word if word and not (entry.is_bare and close is None) else "what stands here"
    return f"{shown} {what}", entry.place, close
