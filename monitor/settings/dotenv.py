"""The `.env` file."""

import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from dotenv.parser import parse_stream

from monitor.errors import ConfigError, Place
from monitor.settings.model import SECRETS, variable
from monitor.settings.written import (
    PREFIX,
    Layer,
    Written,
    may_be_shown,
    not_a_setting,
    put,
    setting_of,
)
from monitor.yamlfile.excerpts import DotenvExcerpts
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.text_file import read_text, world_readable


class Dotenv:
    """The `.env` file: every name in it, for settings and for `${NAME}`. Values are taken as
    they are, `$` included."""

    def __init__(self, path: Path, findings: Findings) -> None:
        self.values: dict[str, str] = {}
        self.layer: Layer = {}
        if not os.path.lexists(
            path
        ):  # a folder, which is what a mount of a missing file leaves, is no lack of one
            return
        try:
            text = read_text(path, what="the .env file")
        except ConfigError as error:
            for problem in error.problems:
                findings.wrong(problem.message, problem.place, problem.hint)
            return
        findings.show(str(path), DotenvExcerpts(text, _may_be_shown_of))
        places: dict[str, Place] = {}
        assigned: dict[str, Place] = {}
        lines = text.splitlines()
        for binding in parse_stream(io.StringIO(text)):
            written = binding.original.string
            blank = len(written) - len(written.lstrip())
            number = binding.original.line + written[:blank].count("\n")
            place = _stretch(str(path), lines, number, binding.key or "")
            if binding.error or (binding.key is not None and binding.value is None):
                findings.wrong(
                    "expected NAME=value",
                    place,
                    "a value with a quote in it needs quotes around it",
                )
            elif binding.key is not None and binding.value is not None:
                if binding.key in places and binding.key.upper().startswith(PREFIX):
                    named = binding.key if setting_of(binding.key) else "this name"
                    findings.wrong(
                        f"{named} is there twice",
                        place,
                        f"first in line {places[binding.key].line}",
                    )
                places.setdefault(binding.key, place)
                self.values[binding.key] = binding.value
                assigned[binding.key] = _stretch(
                    str(path), lines, number, binding.value.split("\n")[0], after=place.end_column
                )
        self._take_settings(places, assigned, findings)
        self._check_mode(path, findings)

    def _take_settings(
        self, places: Mapping[str, Place], assigned: Mapping[str, Place], findings: Findings
    ) -> None:
        """`places` are the names', `assigned` those of their values."""
        for name, value in self.values.items():
            if not name.upper().startswith(PREFIX):
                continue
            setting = setting_of(name)
            if setting is None:
                message, hint = not_a_setting(name)
                findings.wrong(message, places[name], hint)
            elif value.strip():
                put(
                    self.layer, setting, Written(value, assigned[name], variable(setting)), findings
                )

    def _check_mode(self, path: Path, findings: Findings) -> None:
        if self._holds_secrets() and world_readable(path):
            message = f"every user of this machine can read the secrets in {path.name}"
            findings.warn(message, Place(str(path)), f"chmod 600 {path}")

    def _holds_secrets(self) -> bool:
        """Whether a secret setting has a value in it, or a name that is no setting: those are
        there for `${NAME}`."""
        if any(setting[-1] in SECRETS for setting in self.layer):
            return True
        return any(
            value.strip()
            for name, value in self.values.items()
            if not name.upper().startswith(PREFIX)
        )


def _may_be_shown_of(name: str) -> bool:
    """The same of a line of `.env`."""
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
