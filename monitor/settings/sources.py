"""Where settings are read from: pydantic-settings' sources, which here also know the place of each
value and refuse unknown names."""

import io
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dotenv.parser import parse_stream
from pydantic_settings import EnvSettingsSource, YamlConfigSettingsSource

from monitor.domain.safetext.possible_secrets import leading_word, lost_colon
from monitor.errors import ConfigError, Place
from monitor.settings.model import ACCOUNT_SETTINGS, BOOTSTRAP, SECRETS, Settings, variable
from monitor.settings.setting_names import (
    ACCOUNT_NAME,
    ACCOUNT_NAME_HINT,
    FILE_SETTINGS,
    PREFIX,
    VEIL,
    may_be_shown,
    not_a_setting,
    setting_of,
)
from monitor.settings.written import Written, flat
from monitor.yamlfile.document import Entry, Scalar, Table, YamlNode, described, parse_yaml, plain
from monitor.yamlfile.excerpts import DotenvExcerpts
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.suggestion import did_you_mean
from monitor.yamlfile.text_file import read_secret, read_text, world_readable

_KUBERNETES = re.compile(
    r"BSG(_\w+)?_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)=.*"
    r"|BSG(_\w+)?_PORT=(tcp|udp|sctp)://.*",
    re.DOTALL,
)
"""The variables that Kubernetes gives every container for Services named `bsg` or `bsg-…`."""
UNGUESSED = "unset it; `bsg-monitor config` lists the settings"
"""What to do about a variable that is not like any setting."""
_BOOTSTRAP_ONLY = "can only be set in the environment or in .env"


class NamedSource(EnvSettingsSource):
    """Settings by their variables' names, in any case. An empty value counts as not set."""

    variables = False

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        super().__init__(Settings)

    def read(self) -> Iterator[tuple[str, str, Place]]:
        """Every name that begins with BSG_, its value and the value's place."""
        raise NotImplementedError

    def unknown(self, name: str, value: str, place: Place) -> None:  # noqa: ARG002
        """Note a name that is not a setting."""
        message, hint = not_a_setting(name)
        self.findings.wrong(message, place, hint)

    def _load_env_vars(self) -> Mapping[str, Any]:
        found: dict[str, Written] = {}
        for name, value, place in self.read():
            setting, key = setting_of(name), name.lower()
            if setting is None:
                self.unknown(name, value, place)
            elif value.strip() and key in found:
                self.findings.wrong(
                    f"the same setting as {found[key].place}, but for its case", place
                )
            elif value.strip():
                found[key] = Written(value, place, variable(setting), variable=self.variables)
        return found


class Environment(NamedSource):
    """The environment. An unknown variable is only a warning: others may have set it."""

    variables = True

    def __init__(self, environ: Mapping[str, str], findings: Findings) -> None:
        self._environ = environ
        super().__init__(findings)

    def read(self) -> Iterator[tuple[str, str, Place]]:
        for name, value in sorted(self._environ.items()):
            if name.upper().startswith(PREFIX):
                yield name, value, Place(name)

    def unknown(self, name: str, value: str, place: Place) -> None:  # noqa: ARG002
        if not _KUBERNETES.fullmatch(f"{name}={value}"):
            message, hint = not_a_setting(name)
            self.findings.warn(message, None, hint or UNGUESSED)


class Dotenv(NamedSource):
    """The `.env` file: every name in it, for settings and for `${NAME}`. Values are taken as
    they are, `$` included."""

    def __init__(self, path: Path, findings: Findings) -> None:
        self._path = path
        self._places: dict[str, Place] = {}
        self.values: dict[str, str] = {}
        super().__init__(findings)
        if self._holds_secrets() and world_readable(path):
            message = f"every user of this machine can read the secrets in {path.name}"
            findings.warn(message, Place(str(path)), f"chmod 600 {path}")

    def read(self) -> Iterator[tuple[str, str, Place]]:
        if not os.path.lexists(self._path):  # a folder, which a mount of a missing file leaves,
            return  # is read, and refused
        try:
            text = read_text(self._path, what="the .env file")
        except ConfigError as error:
            self.findings.take(error.problems)
            return
        source = str(self._path)
        self.findings.show(source, DotenvExcerpts(text, _line_may_be_shown))
        assigned: dict[str, Place] = {}
        lines = text.splitlines()
        for binding in parse_stream(io.StringIO(text)):
            written = binding.original.string
            blank = len(written) - len(written.lstrip())
            number = binding.original.line + written[:blank].count("\n")
            name, value = binding.key, binding.value
            place = _stretch(source, lines, number, name or "")
            if binding.error or (name is not None and value is None):
                self.findings.wrong(
                    "expected NAME=value",
                    place,
                    "a value with a quote in it needs quotes around it",
                )
            elif name is not None and value is not None:
                if name in self._places and name.upper().startswith(PREFIX):
                    named = name if setting_of(name) else "this name"
                    first = f"first in line {self._places[name].line}"
                    self.findings.wrong(f"{named} is there twice", place, first)
                self._places.setdefault(name, place)
                self.values[name] = value
                assigned[name] = _stretch(
                    source, lines, number, value.split("\n")[0], after=place.end_column
                )
        for name, value in self.values.items():
            if name.upper().startswith(PREFIX):
                yield name, value, assigned[name]

    def unknown(self, name: str, value: str, place: Place) -> None:  # noqa: ARG002
        super().unknown(name, value, self._places[name])

    def _holds_secrets(self) -> bool:
        """Whether a secret setting has a value in it, or a name that is not a setting: those are
        there for `${NAME}`."""
        return any(setting[-1] in SECRETS for setting, _ in flat(self())) or any(
            value.strip() and not name.upper().startswith(PREFIX)
            for name, value in self.values.items()
        )


def _line_may_be_shown(name: str) -> bool:
    setting = setting_of(name) if name.upper().startswith(PREFIX) else None
    return setting is not None and may_be_shown(setting)


def _stretch(
    source: str, lines: Sequence[str], number: int, word: str, *, after: int | None = None
) -> Place:
    """Where a word stands in a line (from 1), at the earliest in column `after`; the line alone
    where it is written otherwise."""
    line = lines[number - 1] if number <= len(lines) else ""
    start = line.find(word, (after or 1) - 1) if word else -1
    return (
        Place(source, number)
        if start < 0
        else Place(source, number, start + 1, start + 1 + len(word))
    )


class SecretsFolder(NamedSource):
    """A folder with one secret in each file: systemd credentials, a mounted Kubernetes secret,
    Docker secrets. `place` is where the folder was set; without a folder there are no secrets.

    Not pydantic-settings' own source of secrets: that reads every file at once, also binary and
    large ones that are not settings, and skips links that lead out of the folder.
    Upper and lower case are the same in names. Folders, and names that begin with a dot
    (Kubernetes' `..data`), are skipped.
    """

    def __init__(self, folder: Path | None, place: Place | None, findings: Findings) -> None:
        self._folder = folder
        self._place = place
        self._files: dict[str, Path] = {}
        super().__init__(findings)

    def read(self) -> Iterator[tuple[str, str, Place]]:
        if self._folder is None:
            return
        try:
            files = sorted(
                each
                for each in self._folder.iterdir()
                if not each.name.startswith(".") and each.is_file()
            )
        except OSError as error:
            reason = error.strerror or type(error).__name__
            self.findings.wrong(
                f"the secrets folder {self._folder} cannot be read: {reason}", self._place
            )
            return
        for file in files:
            first = self._files.setdefault(file.name.upper(), file)
            if first != file:
                self.findings.wrong(
                    f"the same name as {first.name}, but for its case", Place(str(file))
                )
            elif file.name.upper().startswith(PREFIX):
                yield file.name, self._value(file), Place(str(file))

    def _value(self, file: Path) -> str:
        setting = setting_of(file.name)
        if setting is None:
            return ""
        if setting[0] in BOOTSTRAP:
            self.findings.wrong(f"{variable(setting)} {_BOOTSTRAP_ONLY}", Place(str(file)))
            return ""
        try:
            return read_secret(file, what="the secret")
        except ConfigError as error:
            self.findings.take(error.problems)
            return ""

    def value(self, name: str) -> str | None:
        """The secret of that name, read when asked for; None when there is none or it cannot be
        read."""
        file = self._files.get(name.upper())
        try:
            return read_secret(file, what="the secret") if file else None
        except ConfigError:
            return None


class YamlFile(YamlConfigSettingsSource):
    """The YAML file of `--config`: settings by their lower-case names, without BSG_; accounts as
    mappings."""

    def __init__(self, path: Path | None, findings: Findings) -> None:
        self.findings = findings
        super().__init__(Settings, path)

    def _read_files(self, files: Any, deep_merge: bool = False) -> dict[str, Any]:  # noqa: ARG002
        found: dict[str, Any] = {}
        if files is None:
            return found
        try:
            text = read_text(files, what="the settings file", hint="check --config or BSG_CONFIG")
        except ConfigError as error:
            self.findings.take(error.problems)
            return found
        document = parse_yaml(text, source=str(files), findings=self.findings, veil=VEIL)
        if isinstance(document, Table):
            self._take(document, found, FILE_SETTINGS)
        elif document is not None:
            self.findings.wrong(
                "expected settings such as poll_interval: 60s, found "
                f"{described(document, veiled=True)}",
                document.place,
            )
        return found

    def _take(
        self, table: Table, found: dict[str, Any], known: Sequence[str], account: str | None = None
    ) -> None:
        """Put what a mapping sets into `found`: the whole file, or one account."""
        for entry in table.entries.values():
            name = f"accounts.{account}.{entry.key}" if account else entry.key
            if entry.key in BOOTSTRAP and not account:
                self.findings.wrong(f"{name} {_BOOTSTRAP_ONLY}", entry.place)
            elif name == "accounts":
                found["accounts"] = self._accounts(entry.value)
            elif entry.key not in known:
                self._unknown(entry, known, account)
            elif isinstance(entry.value, Scalar) and entry.value.value is None:
                self.findings.wrong(f"{name} has no value", entry.place, "leave it out")
            elif entry.key in found:
                self.findings.wrong(
                    f"{name} is there twice",
                    entry.place,
                    f"first in line {found[entry.key].place.line}",
                )
            else:
                found[entry.key] = Written(plain(entry.value), entry.value.place, name, entry.value)

    def _accounts(self, node: YamlNode) -> dict[str, dict[str, Written]]:
        found: dict[str, dict[str, Written]] = {}
        if not isinstance(node, Table):
            self.findings.wrong("expected accounts by name, each with its settings", node.place)
            return found
        for account in node.entries.values():
            name = account.key.lower()
            if not ACCOUNT_NAME.fullmatch(name):
                word = leading_word(account.key)
                named = f'"{word}"' if word else "what stands here"
                self.findings.wrong(
                    f"{named} cannot be the name of an account", account.place, ACCOUNT_NAME_HINT
                )
            elif not isinstance(account.value, Table):
                self.findings.wrong(
                    f"expected the settings of account {name}, such as api_key: …",
                    account.value.place,
                )
            else:
                self._take(account.value, found.setdefault(name, {}), tuple(ACCOUNT_SETTINGS), name)
        return {name: settings for name, settings in found.items() if settings}

    def _unknown(self, entry: Entry, known: Sequence[str], account: str | None) -> None:
        """Note a key that is not known: no more of it than may be shown."""
        if word := lost_colon(entry.key, known):
            hint = f"write {word}: and a space before its value"
            self.findings.wrong(f'a colon is missing after "{word}"', entry.place, hint)
            return
        word = leading_word(entry.key)
        guesses = known if account else (*known, "accounts")
        close = did_you_mean((word or entry.key).lower().removeprefix("bsg_"), guesses)
        shown = word if word and not (entry.is_bare and close is None) else "what stands here"
        if account:
            close = close or f"allowed are {', '.join(known)}"
            self.findings.wrong(f"{shown} is not a setting of an account", entry.place, close)
        else:
            self.findings.wrong(f"{shown} is not a setting", entry.place, close)
