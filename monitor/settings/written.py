"""One setting as it was written: its value and where it stands."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from monitor.domain.condition import TextSpan
from monitor.errors import Place
from monitor.yamlfile.document import Scalar, YamlNode

SettingPath = tuple[str, ...]
"""("poll_interval",) or ("accounts", "shop", "api_key")."""

Lookup = Callable[[str], str | None]
"""A name's value in environment, .env file or secrets folder; None when it is in none of them."""


@dataclass(frozen=True, slots=True)
class Written:
    """A value as written: what the sources give to `Settings`.

    `name` is what the setting is called there, `node` its YAML, where it came from such a file.
    `faults` are filled in by `Settings`. Nothing that may be secret is in its text:
    pydantic-settings can be made to log what it reads (PYDANTIC_SETTINGS_DEBUG).
    """

    value: object = field(repr=False)
    place: Place
    name: str
    node: YamlNode | None = field(default=None, repr=False)
    variable: bool = False
    faults: list[ValueError] = field(default_factory=list, repr=False, compare=False)

    def place_of(self, span: TextSpan) -> Place:
        """The place of a part of the value, as far as it is known."""
        if isinstance(self.node, Scalar):
            return self.node.place_of(span)
        if self.place.line is None:  # a variable, or a file with nothing else in it
            return Place(self.place.source, span.line, span.column)
        if self.place.column is None or span.line > 1:
            return self.place
        before = self.place.column - 1
        end = before + span.end_column if span.end_line == span.line else None
        return Place(self.place.source, self.place.line, before + span.column, end)

    @property
    def origin(self) -> str:
        """Where the value came from, for people."""
        return "environment" if self.variable else str(self.place)


Layer = dict[SettingPath, Written]
"""The settings of one source, or of all."""


def flat(
    tree: Mapping[str, object], path: SettingPath = ()
) -> Iterator[tuple[SettingPath, Written]]:
    """Every setting of a source, which nests those of accounts."""
    for name, each in tree.items():
        if isinstance(each, Written):
            yield (*path, name), each
        elif isinstance(each, dict):
            yield from flat(each, (*path, name))
