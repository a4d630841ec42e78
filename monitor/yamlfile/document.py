"""YAML with the place of every key and value.

A plain subset: `true` and `false` are the only booleans (`on`, `off`, `yes` and `no` stay texts,
so `on:` is a key), numbers are decimal, no dates, no tags, no merge keys. Aliases work, within a
limit on what they expand to.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from yaml.composer import Composer
from yaml.error import MarkedYAMLError, YAMLError
from yaml.nodes import Node, ScalarNode, SequenceNode
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

from monitor.domain.condition import TextSpan
from monitor.domain.safetext.possible_secrets import HIDDEN, leading_word, quoted
from monitor.errors import Place
from monitor.yamlfile.excerpts import NO_VEIL, Veil, YamlExcerpts
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.scalar_places import file_place
from monitor.yamlfile.syntax_errors import MISSING_SPACE, explained

DEEPEST = 20
MOST_NODES = 20_000
_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value. `text` is what stands in the file, quotes and escapes undone; `value` what
    it means."""

    value: str | int | float | bool | None
    text: str
    place: Place
    _file: str = field(repr=False, default="")
    _node: ScalarNode | None = field(repr=False, default=None, compare=False)

    def position(self, line: int | None, column: int | None, *, length: int = 0) -> Place:
        """Where in the file a position (both from 1) in `text` stands; with `length`, also where
        so many characters end, if that is on the same line."""
        if self._node is None or line is None:
            return self.place
        place = file_place(self.place.source, self._file, self._node, line=line, column=column or 1)
        if length < 1:
            return place
        last = file_place(
            self.place.source, self._file, self._node, line=line, column=(column or 1) + length - 1
        )
        same = last.line == place.line and (last.column or 0) >= (place.column or 0)
        return replace(place, end_column=(last.column or 0) + 1) if same else place

    def told(self) -> str:
        """What a message may show of a wrong value: of a text that goes on in further lines,
        which a quote or a colon that is missing leads to, the first."""
        node = self._node
        if node is None or node.style in ("|", ">") or node.start_mark.line == node.end_mark.line:
            return quoted(self.text)
        first = (
            self._file[node.start_mark.index : node.end_mark.index].splitlines()[0].strip("\"' \t")
        )
        return quoted(first).removesuffix(HIDDEN) + HIDDEN

    def place_of(self, span: TextSpan) -> Place:
        """Where in the file a stretch of `text` begins, and where it ends or its first line
        does."""
        lines = self.text.splitlines()
        end = (
            span.end_column
            if span.end_line == span.line
            else len(lines[span.line - 1]) + 1
            if span.line <= len(lines)
            else 0
        )
        return self.position(span.line, span.column, length=max(0, end - span.column))


@dataclass(frozen=True, slots=True)
class Listing:
    """A list."""

    items: tuple["YamlNode", ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a mapping and its value. `place` is the key's."""

    key: str
    place: Place
    value: "YamlNode"

    @property
    def is_bare(self) -> bool:
        """Whether nothing stands behind the key: a value that lost its own looks like that in
        braces."""
        return isinstance(self.value, Scalar) and self.value.value is None and not self.value.text


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping with texts as keys, in the order of the file."""

    entries: Mapping[str, Entry]
    place: Place

    def value(self, key: str) -> "YamlNode | None":
        entry = self.entries.get(key)
        return entry.value if entry else None


YamlNode = Scalar | Listing | Table


def described(node: YamlNode, *, veiled: bool = False) -> str:
    """What was found, in words; `veiled` for what may be secret: without its value."""
    match node:
        case Scalar(value=str()) if veiled:
            return "a text"
        case Scalar(value=value) if veiled and value is not None:
            return "a single value"
        case Listing():
            return "a list"
        case Table():
            return "a mapping"
        case Scalar(value=None):
            return "nothing"
        case Scalar(value=bool()):
            return node.text
        case Scalar(value=str()):
            return f'"{node.told()}"'
        case Scalar():
            return f"the number {node.told()}"


def plain(node: YamlNode) -> object:
    """The node's value as Python's dicts, lists, texts, numbers, booleans and None."""
    match node:
        case Listing():
            return [plain(item) for item in node.items]
        case Table():
            return {entry.key: plain(entry.value) for entry in node.entries.values()}
        case Scalar():
            return node.value


def parse_yaml(
    text: str, *, source: str, findings: Findings, veil: Veil = NO_VEIL
) -> YamlNode | None:
    """The document in `text`; None when it is empty (nothing is noted) or could not be read (a
    problem is).

    `veil` says what of it may be shown beside what is found wrong in it.
    """
    findings.show(source, YamlExcerpts(text, None, veil))
    try:
        node = _Loader(text).get_single_node()
    except MarkedYAMLError as error:
        unclosed = (
            "unexpected end of stream" in (error.problem or "") and error.context_mark is not None
        )
        mark = error.context_mark if unclosed else error.problem_mark or error.context_mark
        place = Place(source, mark.line + 1, mark.column + 1) if mark else Place(source)
        findings.wrong(*explained(error, place, text))
    except ReaderError as error:
        before = text[: error.position]
        place = Place(source, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
        findings.wrong(
            f"the character U+{ord(text[error.position]):04X} is not allowed in YAML", place
        )
    except RecursionError:
        findings.wrong(f"is nested deeper than {DEEPEST} levels", Place(source))
    except (YAMLError, ValueError):
        findings.wrong("is not valid YAML", Place(source))
    else:
        if node is not None:
            findings.show(source, YamlExcerpts(text, node, veil))
            return _Conversion(text, source, findings).convert(node)
    return None


class _Loader(Reader, Scanner, Parser, Composer, BaseResolver):
    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        BaseResolver.__init__(self)


for _kind, _expression, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    ("float", r"^[-+]?(?:0|[1-9][0-9]*)\.[0-9]*(?:[eE][-+]?[0-9]+)?$", "-+0123456789"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
):
    _Loader.add_implicit_resolver(f"{_TAG}{_kind}", re.compile(_expression), list(_first))


class _Conversion:
    """PyYAML's nodes to ours, with everything refused that rules and settings have no use for."""

    def __init__(self, text: str, source: str, findings: Findings) -> None:
        self._text = text
        self._source = source
        self._findings = findings
        self._done: dict[int, tuple[YamlNode, int]] = {}
        self._open: set[int] = set()
        self._too_large = False

    def convert(self, node: Node) -> YamlNode | None:
        before = self._findings.count
        converted, _ = self._convert(node, 0)
        return converted if self._findings.count == before else None

    def _place(self, node: Node) -> Place:
        start, end = node.start_mark, node.end_mark
        one_line = isinstance(node, ScalarNode) and start.line == end.line
        return Place(
            self._source, start.line + 1, start.column + 1, end.column + 1 if one_line else None
        )

    def _convert(self, node: Node, depth: int) -> tuple[YamlNode, int]:
        """The node and how many nodes it is once its aliases are written out."""
        place = self._place(node)
        if id(node) in self._done:
            return self._done[id(node)]
        if id(node) in self._open or depth > DEEPEST:
            inside = id(node) in self._open
            self._findings.wrong(
                "an alias to what it stands in"
                if inside
                else f"nested deeper than {DEEPEST} levels",
                place,
            )
            return Scalar(None, "", place), 1
        self._open.add(id(node))
        converted, size = self._built(node, place, depth)
        self._open.discard(id(node))
        if size > MOST_NODES and not self._too_large:
            self._too_large = True
            self._findings.wrong(
                f"more than {MOST_NODES:,} values, aliases counted as what they stand for", place
            )
        self._done[id(node)] = converted, size
        return converted, size

    def _built(self, node: Node, place: Place, depth: int) -> tuple[YamlNode, int]:
        if isinstance(node, ScalarNode):
            return Scalar(self._meaning(node, place), node.value, place, self._text, node), 1
        if isinstance(node, SequenceNode):
            self._check_tag(node, "seq", place)
            items = [self._convert(item, depth + 1) for item in node.value]
            return Listing(tuple(item for item, _ in items), place), 1 + sum(
                size for _, size in items
            )
        self._check_tag(node, "map", place)
        return self._table(node, place, depth)

    def _table(self, node: Node, place: Place, depth: int) -> tuple[Table, int]:
        entries: dict[str, Entry] = {}
        total = 1
        for key, value in node.value:
            at = self._place(key)
            if not isinstance(key, ScalarNode):
                self._findings.wrong(
                    "a key must be a text", at, 'a text that begins with "{" or "[" needs quotes'
                )
                continue
            converted, size = self._convert(value, depth + 1)
            total += 1 + size
            name: str = key.value
            if name == "<<":
                self._findings.wrong("merge keys (<<) are not supported", at, "write the keys out")
                continue
            word = leading_word(name)
            if word and (missing := MISSING_SPACE.match(name)):
                self._findings.wrong(f'a space is missing after "{missing[0]}"', at)
                continue
            if name in entries:
                first = entries[name].place
                named = f'the key "{word}"' if word == name else "this key"
                self._findings.wrong(f"{named} is there twice", at, f"first in line {first.line}")
            else:
                entries[name] = Entry(name, at, converted)
        return Table(entries, place), total

    def _meaning(self, node: ScalarNode, place: Place) -> str | int | float | bool | None:
        text: str = node.value
        match node.tag.removeprefix(_TAG):
            case "str" | "!":
                return text
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int" if len(text) <= 20 and text.lstrip("+-").isdecimal():
                return int(text)
            case "float" if len(text) <= 40 and text.lstrip("+-")[:1].isdecimal():
                return float(text)
        if node.tag in (f"{_TAG}int", f"{_TAG}float"):
            self._findings.wrong(
                "a number has at most 20 digits", place, "put it in quotes when it is a text"
            )
        else:
            self._findings.wrong(
                "tags (!…) are not supported", place, 'a text that begins with "!" needs quotes'
            )
        return text

    def _check_tag(self, node: Node, kind: str, place: Place) -> None:
        if node.tag not in (f"{_TAG}{kind}", "!"):
            self._findings.wrong("tags (!…) are not supported", place)
