"""The `receivers:` of the rules file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from pydantic import SecretStr, ValidationError

from monitor.config import values
from monitor.config.findings import Findings
from monitor.config.suggestion import did_you_mean, listed
from monitor.config.tables import TableReader
from monitor.config.textfile import read_secret, world_readable
from monitor.config.yamlfile import Entry, Scalar, Table, described, plain
from monitor.errors import ConfigError, Place
from monitor.notify import INTEGRATIONS, ReceiverOptions, refusal

LATER = ("alertmanager", "apprise", "discord", "email", "fallback", "pagerduty", "teams", "telegram")
FILE_SUFFIX = "_file"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Somebody who can be told. `options` are of the integration's own model."""

    name: str
    integration: str
    options: ReceiverOptions
    send_resolved: bool = True
    place: Place | None = None


class ReceiverReader:
    """Reads receivers whose `${NAME}` are replaced. `folder` is where the paths of secret files begin."""

    def __init__(self, *, folder: Path, allow_insecure_http: bool, findings: Findings) -> None:
        self._folder = folder
        self._allow_insecure_http = allow_insecure_http
        self._findings = findings

    def read(self, table: Table) -> Receiver | None:
        """The receiver; None when something in it is wrong, which is noted."""
        before = self._findings.count
        reader = TableReader(table, "a receiver", self._findings)
        later: dict[str, str | None] = {key: f"there are {listed(INTEGRATIONS)}" for key in LATER if key not in INTEGRATIONS}
        reader.check_keys(("name", "send_resolved", *INTEGRATIONS), later)
        reader.require("name")
        name = reader.text("name")
        if name is not None and not _NAME.fullmatch(name.text):
            hint = "letters, digits, spaces and _ . -, at most 64 characters"
            self._findings.wrong(f"name: {described(name)} cannot be a receiver's name", name.place, hint)
        send_resolved = reader.parsed("send_resolved", values.boolean)
        kinds = [entry for entry in table.entries.values() if entry.key in INTEGRATIONS]
        if not kinds and table.entries.keys() <= {"name", "send_resolved"}:
            hint = 'such as "console: {}"'
            self._findings.wrong(f"a receiver needs one of {listed(INTEGRATIONS)}: how it is told", table.place, hint)
        for extra in kinds[1:]:
            self._findings.wrong(f"a receiver has {kinds[0].key} or {extra.key}, not both", extra.place, "make two receivers")
        options = self._options(kinds[0]) if kinds else None
        if name is None or options is None or self._findings.count > before:
            return None
        return Receiver(
            name=name.text,
            integration=kinds[0].key,
            options=options,
            send_resolved=send_resolved is not False,
            place=table.place,
        )

    def _options(self, entry: Entry) -> ReceiverOptions | None:
        model = INTEGRATIONS[entry.key].options
        node = entry.value
        if isinstance(node, Scalar) and node.value is None:
            node = Table({}, entry.place)
        if not isinstance(node, Table):
            self._findings.wrong(
                f"{entry.key}: expected its options as a mapping, found {described(node, veiled=True)}", node.place
            )
            return None
        before = self._findings.count
        given = self._with_files(node, model)
        options: ReceiverOptions
        try:
            options = model.model_validate({name: value for name, (value, _) in given.items()})
        except ValidationError as error:
            unread = {key.removesuffix(FILE_SUFFIX) for key in node.entries if key.endswith(FILE_SUFFIX)} - given.keys()
            self._note(error, entry, node, model, given, unread)
            return None
        if self._findings.count > before:
            return None
        place = given["url"][1] if "url" in given else entry.place
        if reason := refusal(options, allow_insecure_http=self._allow_insecure_http):
            self._findings.wrong(f"{entry.key} {reason}", place)
        elif options.in_clear():
            self._findings.warn(f"{entry.key}: plain HTTP can be read and forged on the way", place, "use https://")
        return options

    def _with_files(self, table: Table, model: type[ReceiverOptions]) -> dict[str, tuple[object, Place]]:
        """The options by name with their places, secrets from files among them."""
        given: dict[str, tuple[object, Place]] = {}
        for entry in table.entries.values():
            stem = entry.key.removesuffix(FILE_SUFFIX)
            if entry.key in model.model_fields or stem not in _secrets(model) or stem == entry.key:
                given[entry.key] = plain(entry.value), entry.value.place
            elif stem in table.entries:
                self._findings.wrong(f"{stem} and {entry.key} are both there", entry.place, "keep one of them")
            elif not isinstance(entry.value, Scalar) or not isinstance(entry.value.value, str) or not entry.value.text.strip():
                self._findings.wrong(f"{entry.key}: expected the path of a file", entry.value.place)
            else:
                self._read_file(stem, entry.key, entry.value, given)
        return given

    def _read_file(self, name: str, key: str, node: Scalar, given: dict[str, tuple[object, Place]]) -> None:
        try:
            path = self._folder / values.path(node.text)
        except ValueError as error:
            self._findings.wrong(f"{key}: {error}", node.place)
            return
        try:
            given[name] = read_secret(path, what=f"{key}: {path}").strip(), node.place
        except ConfigError as error:
            for problem in error.problems:
                self._findings.wrong(problem.message, node.place, problem.hint)
            return
        if world_readable(path):
            self._findings.warn(f"{key}: every user of this machine can read {path}", node.place, f"chmod 600 {path}")

    def _note(
        self,
        error: ValidationError,
        entry: Entry,
        table: Table,
        model: type[ReceiverOptions],
        given: Mapping[str, tuple[object, Place]],
        unread: set[str],
    ) -> None:
        for detail in error.errors(include_url=False, include_input=False):
            location = detail["loc"]
            name = str(location[0]) if location else ""
            if detail["type"] == "missing" and len(location) == 1:
                if name not in unread:
                    hint = f"or {name}{FILE_SUFFIX}: the file that holds it" if name in _secrets(model) else None
                    self._findings.wrong(f'{entry.key} needs "{name}"', entry.place, hint)
            elif detail["type"] == "extra_forbidden" and len(location) == 1:
                files = [f"{field}{FILE_SUFFIX}" for field in _secrets(model)]
                known = (*model.model_fields, *files)
                hint = did_you_mean(name, known) or (f"allowed are {', '.join(known)}" if known else "it has no options")
                self._findings.wrong(f'{entry.key} has no "{name}"', table.entries[name].place, hint)
            else:
                place = given[name][1] if name in given else entry.place
                cause = detail.get("ctx", {}).get("error")
                message = f"{name} {cause}" if isinstance(cause, ValueError) else f"{name}: {_expected(detail['msg'])}"
                self._findings.wrong(_scrubbed(f"{entry.key}: {message.strip()}", given, model), place)


def _expected(message: str) -> str:
    return message.replace("Input should be", "expected").replace("a valid string", "a text in quotes")


def _scrubbed(message: str, given: Mapping[str, tuple[object, Place]], model: type[ReceiverOptions]) -> str:
    """The message without any secret that a model's own validator may have put into it."""
    for name in _secrets(model):
        value = given[name][0] if name in given else None
        if isinstance(value, str) and len(value) > 3:
            message = message.replace(value, "…")
    return message


def _secrets(model: type[ReceiverOptions]) -> tuple[str, ...]:
    return tuple(name for name, field in model.model_fields.items() if _holds_secret(field.annotation))


def _holds_secret(annotation: object) -> bool:
    return annotation is SecretStr or any(map(_holds_secret, get_args(annotation)))
