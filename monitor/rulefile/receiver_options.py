"""The options of one receiver: from the file's mapping to the integration's own model, secrets
from files among them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from monitor.domain.safetext.possible_secrets import HIDDEN, leading_word
from monitor.errors import ConfigError, Place
from monitor.notify import INTEGRATIONS, OPTIONS_FOLDER, ReceiverOptions, refusal
from monitor.rulefile.option_models import (
    FILE_SUFFIX,
    Model,
    fields_as_written,
    model_at,
    nested_model,
    secret_fields,
    secret_texts,
)
from monitor.yamlfile import values
from monitor.yamlfile.document import Entry, Listing, Scalar, Table, YamlNode, described, plain
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.suggestion import unknown_key
from monitor.yamlfile.text_file import read_secret, world_readable


@dataclass(frozen=True, slots=True)
class _Given:
    """What was written, with secrets read from files. `unread`: some file of a secret could not
    be read, which is noted."""

    options: dict[str, Any]
    unread: bool = False


@dataclass(frozen=True, slots=True)
class OptionsReader:
    """Reads options. `folder` is where the paths of secret files begin; what is wrong is noted,
    never with a secret.

    `files` gathers every file that was read, or should have been.
    """

    folder: Path
    allow_insecure_http: bool
    findings: Findings = field(repr=False)
    files: list[Path] = field(default_factory=list)

    def read(self, entry: Entry) -> ReceiverOptions | None:
        """The options of the integration `entry.key`; None when something in them is wrong."""
        model = INTEGRATIONS[entry.key].options
        node = entry.value
        if isinstance(node, Scalar) and node.value is None:
            node = Table({}, entry.place)
        if not isinstance(node, Table):
            self.findings.wrong(
                f"{entry.key}: expected its options as a mapping, found "
                f"{described(node, veiled=True)}",
                node.place,
            )
            return None
        before = self.findings.count
        given = self._with_files(node, model, prefix="")
        options: ReceiverOptions
        try:
            options = model.model_validate(given.options, context={OPTIONS_FOLDER: self.folder})
        except ValidationError as error:
            secrets = [text for _, text in secret_texts(given.options, model) if len(text) > 3]
            for detail in error.errors(include_url=False, include_input=False):
                self._note(detail, entry, node, model, given, secrets)
            return None
        self.files.extend(map(Path, options.files()))
        if self.findings.count > before:
            return None
        place = _place(node, ("url",)) or entry.place
        if reason := refusal(options, allow_insecure_http=self.allow_insecure_http):
            self.findings.wrong(f"{entry.key} {reason}", place)
        elif options.in_clear() and not self.allow_insecure_http:
            clear, expected = options.clear_words
            hint = f"use {expected}, or set BSG_ALLOW_INSECURE_HTTP=1 if it must be"
            self.findings.warn(
                f"{entry.key}: {clear} can be read and forged on the way", place, hint
            )
        for location, text in secret_texts(given.options, model):
            if values.in_quotes(text):
                message = (
                    f"{entry.key}: {'.'.join(location)} has quotes around it, which belong to the "
                    "value"
                )
                hint = "take them off: Docker keeps the quotes of its env files"
                self.findings.warn(message, _place(node, location) or entry.place, hint)
        for option, doubt, hint in options.doubts():
            self.findings.warn(
                f"{entry.key}: {option}: {doubt}", _place(node, (option,)) or entry.place, hint
            )
        return options

    def _with_files(self, table: Table, model: Model, *, prefix: str) -> _Given:
        """The options by name, nested ones too."""
        fields = fields_as_written(model)
        given: dict[str, Any] = {}
        unread = False
        for entry in table.entries.values():
            stem = entry.key.removesuffix(FILE_SUFFIX)
            inner = nested_model(fields[entry.key].annotation) if entry.key in fields else None
            if inner is not None and isinstance(entry.value, Table):
                below = self._with_files(entry.value, inner, prefix=f"{prefix}{entry.key}.")
                given[entry.key], unread = below.options, unread or below.unread
            elif entry.key in fields or stem not in secret_fields(model) or stem == entry.key:
                given[entry.key] = plain(entry.value)
            elif stem in table.entries:
                self.findings.wrong(
                    f"{prefix}{stem} and {prefix}{entry.key} are both there",
                    entry.place,
                    "keep one of them",
                )
            elif (
                not isinstance(entry.value, Scalar)
                or not isinstance(entry.value.value, str)
                or not entry.value.text.strip()
            ):
                self.findings.wrong(
                    f"{prefix}{entry.key}: expected the path of a file", entry.value.place
                )
                unread = True
            elif (secret := self._read_file(f"{prefix}{entry.key}", entry.value)) is not None:
                given[stem] = secret
            else:
                unread = True
        return _Given(given, unread)

    def _read_file(self, key: str, node: Scalar) -> str | None:
        try:
            path = self.folder / values.path(node.text)
            self.files.append(path)
            content = read_secret(path, what=f"{key}: {path}").strip("\r\n")
            secret = content.strip()
        except ValueError as error:
            self.findings.wrong(f"{key}: {error}", node.place)
            return None
        except ConfigError as error:
            for problem in error.problems:
                self.findings.wrong(problem.message, node.place, problem.hint)
            return None
        if content != secret:
            message = f"{key}: {path} holds blanks around the secret, which are left out"
            self.findings.warn(message, node.place, "take them out of the file")
        if world_readable(path):
            self.findings.warn(
                f"{key}: every user of this machine can read {path}",
                node.place,
                f"chmod 600 {path}",
            )
        return secret

    def _note(
        self,
        detail: ErrorDetails,
        entry: Entry,
        table: Table,
        model: Model,
        given: _Given,
        secrets: list[str],
    ) -> None:
        location = _written(detail["loc"], given.options)
        owner = model_at(location[:-1], model)
        name = _name(table, location)
        place = _place(table, location) or entry.place
        if detail["type"] == "missing" and owner is not None:
            last = str(location[-1])
            required = (
                last in fields_as_written(owner) and fields_as_written(owner)[last].is_required()
            )
            written = _table_at(table, location[:-1])
            if (written is not None and f"{last}{FILE_SUFFIX}" in written.entries) or (
                given.unread and not required
            ):
                return  # what was to be in a file could not be read, and that has been said
            hints = (
                [f"or {name}{FILE_SUFFIX}: the file that holds it"]
                if last in secret_fields(owner)
                else []
            )
            hints += [] if required else [detail["msg"]]
            hint = "; ".join(hints) or None
            self.findings.wrong(
                f'{entry.key} needs "{name}"', place if len(location) > 1 else entry.place, hint
            )
        elif detail["type"] == "extra_forbidden" and owner is not None:
            known = (
                *fields_as_written(owner),
                *(f"{secret}{FILE_SUFFIX}" for secret in secret_fields(owner)),
            )
            above = _table_at(table, location[:-1])
            wrong = above.entries.get(str(location[-1])) if above is not None else None
            if wrong is not None:
                prefix = "".join(f"{part}." for part in location[:-1])
                message, hint = unknown_key(entry.key, wrong, known, prefix=prefix)
                self.findings.wrong(message, wrong.place, hint)
        else:
            cause = detail.get("ctx", {}).get("error")
            said = (
                f"{name} {cause}"
                if isinstance(cause, ValueError)
                else f"{name}: {_expected(detail)}"
            )
            message = f"{entry.key}: {said.strip()}"
            for secret in secrets:
                message = message.replace(secret, "…")
            self.findings.wrong(message, place)


_EXPECTED = {
    "string_type": "a text in quotes",
    "list_type": "a text in quotes, or a list of such",  # wherever several will do, one will
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "too_short": "a list of {min_length} or more",
    "too_long": "{max_length} at most",
    "greater_than_equal": "{ge} or more",
    "less_than_equal": "{le} at most",
}
"""What an option should have been, by pydantic's name for the fault: its words are those of
Python."""


def _expected(detail: ErrorDetails) -> str:
    words = _EXPECTED.get(detail["type"])
    if words is None:
        return detail["msg"].replace("Input should be", "expected")
    return f"expected {words.format(**detail.get('ctx', {}))}"


def _written(location: tuple[str | int, ...], given: object) -> tuple[str | int, ...]:
    """An error's location without what pydantic adds for branches of unions and keys of
    mappings."""
    found: list[str | int] = []
    for part in location:
        if isinstance(given, dict) and part in given:
            given = given[part]
        elif isinstance(part, int):
            given = given[part] if isinstance(given, list) and part < len(given) else None
        elif "[" in part:
            continue
        found.append(part)
    return tuple(found)


# --- places ---------------------------------------------------------------------------------------


def _child(node: YamlNode, part: str | int) -> YamlNode | None:
    match node, part:
        case Table(), str():
            return node.value(part) or node.value(f"{part}{FILE_SUFFIX}")
        case Listing(), int() if part < len(node.items):
            return node.items[part]
        case _:
            return None


def _name(node: YamlNode | None, location: tuple[str | int, ...]) -> str:
    """The option in words: `basic.password`, `to.1` of a list, and `to` where one value stands
    for a list of one."""
    parts: list[str] = []
    for part in location:
        if isinstance(part, str) or isinstance(node, Listing):
            parts.append(str(part) if isinstance(part, int) else leading_word(part) or HIDDEN)
        node = None if node is None else _child(node, part)
    return ".".join(parts)


def _place(node: YamlNode, location: tuple[str | int, ...]) -> Place | None:
    """Where the value stands, or as much of the way to it as there is; None for none of it."""
    found: Place | None = None
    for part in location:
        below = _child(node, part)
        if below is None:
            break
        node, found = below, below.place
    return found


def _table_at(node: YamlNode, location: tuple[str | int, ...]) -> Table | None:
    for part in location:
        below = _child(node, part)
        if below is None:
            return None
        node = below
    return node if isinstance(node, Table) else None
