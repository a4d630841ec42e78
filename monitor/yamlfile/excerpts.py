"""Lines of files beside errors, without what may be secret in them.

What is secret is decided by where it stands, not by what it looks like: a value is shown when
its keys are known to hold none. Comments are left out: anything may be in them. Of a file that does
not parse, no line is shown where a secret may be in it.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from yaml.nodes import MappingNode, Node, ScalarNode

from monitor.domain.safetext.possible_secrets import HIDDEN, leading_word, quoted, random_stretches
from monitor.errors import Excerpt, Place

KeyPath = tuple[str, ...]
"""The keys that lead to a value; positions in lists are left out."""

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_URL = re.compile(r"(?<![a-z])[a-z]+://")
_ASSIGNMENT = re.compile(r"\s*(?:export\s+)?([A-Z_][A-Z0-9_]*)\s*=\s*(.*)")
_SAID = re.compile(r"\w")
_MOST_VISITS = 50_000
_DEEPEST = 50


@dataclass(frozen=True, slots=True)
class Veil:
    """What of a file may be shown.

    `shows` says it of the value under these keys, `knows` whether the last of these keys is a
    word of the file's own.
    """

    shows: Callable[[KeyPath], bool]
    knows: Callable[[KeyPath], bool]


NO_VEIL = Veil(shows=lambda _: True, knows=lambda _: True)
"""Nothing in the file is secret."""


def lines_of(text: str) -> list[str]:
    """The lines as YAML counts them."""
    return _BREAK.split(text)


class YamlExcerpts:
    """Excerpts of a YAML file. `root` is its tree, None where it could not be parsed."""

    def __init__(self, text: str, root: Node | None, veil: Veil) -> None:
        self._text = text
        self._root = root
        self._veil = veil

    def __call__(self, place: Place) -> Excerpt | None:
        """The line of the place; None when there is none, or nothing of it may be shown."""
        number = place.line or 0
        if not 0 < number <= len(self._lines):
            return None
        line = self._lines[number - 1]
        if self._root is None:  # it is unknown what stands where
            return Excerpt.of(line, place) if self._veil is NO_VEIL else None
        hidden = self._hidden_in(number)
        return None if hidden is None else _veiled(Excerpt.of(line, place), hidden)

    @cached_property
    def _lines(self) -> list[str]:
        return lines_of(self._text)

    @cached_property
    def _starts(self) -> list[int]:
        """Where each line begins in the text."""
        return [0, *(found.end() for found in _BREAK.finditer(self._text))]

    @cached_property
    def _scalars(self) -> list[tuple[int, int, bool]] | None:
        """Every single value and key, ascending: where it begins and ends in the text, and
        whether it may be shown. None when the tree is too large to tell."""
        found: dict[tuple[int, int], bool] = {}
        waiting: list[tuple[Node, KeyPath]] = [] if self._root is None else [(self._root, ())]
        for _ in range(_MOST_VISITS):
            if not waiting:
                return sorted((start, end, shown) for (start, end), shown in found.items())
            node, path = waiting.pop()
            if len(path) > _DEEPEST:
                return None
            if isinstance(node, ScalarNode):
                start, end = node.start_mark.index, node.end_mark.index
                visible = end if self._veil.shows(path) else start
                for where, shown in (((start, visible), True), ((visible, end), False)):
                    found[where] = (
                        found.get(where, True) and shown
                    )  # through an alias it stands in several places
            elif isinstance(node, MappingNode):
                for key, value in node.value:
                    name = key.value if isinstance(key, ScalarNode) else HIDDEN
                    waiting.append((value, (*path, name)))
                    if isinstance(key, ScalarNode):
                        start, end = key.start_mark.index, key.end_mark.index
                        visible = start + self._visible_of_key(key, path, bare=_is_empty(value))
                        found |= {(start, visible): True, (visible, end): False}
                    else:
                        waiting.append((key, (*path, HIDDEN)))
            else:
                waiting += [(item, path or (HIDDEN,)) for item in node.value]
        return None

    def _visible_of_key(self, key: ScalarNode, path: KeyPath, *, bare: bool) -> int:
        """How many characters of a key may be shown, from its beginning. `bare`: it has no
        value, and may be one itself."""
        written: int = key.end_mark.index - key.start_mark.index
        known = self._veil.knows((*path, key.value))
        if known or (self._veil.shows((*path, key.value)) and not bare):
            return written
        word = leading_word(key.value)
        if word is None or (bare and not self._veil.knows((*path, word))):
            return 0
        return written if word == key.value else len(word) if key.style is None else 0

    def _hidden_in(self, number: int) -> list[tuple[int, int]] | None:
        """The stretches of a line (from 0) that are not to be shown, ascending; None when
        nothing is."""
        scalars = self._scalars
        if scalars is None:
            return None
        start = self._starts[number - 1]
        line = self._lines[number - 1]
        end = start + len(line)
        inside = [
            (max(a, start) - start, min(b, end) - start, shown)
            for a, b, shown in scalars
            if a < end and b > start
        ]
        hidden = [(a, b) for a, b, shown in inside if not shown]
        continued = [(0, min(b, end) - start) for a, b, _ in scalars if a < start < b]
        for comment in re.finditer("#", line):
            if not any(a <= comment.start() < b for a, b, _ in inside):
                hidden.append((comment.start(), len(line)))
                break
        if self._veil is not NO_VEIL:
            hidden += random_stretches(line)
            hidden += [
                (found.start(), len(line))
                for found in _URL.finditer(line)
                if any(a <= found.start() < b for a, b in continued)
            ]
        return _merged(hidden)


class DotenvExcerpts:
    """Excerpts of a `.env` file: values are shown of names that `shows` says hold no secret.
    Of lines that are not `NAME=value` nothing is shown."""

    def __init__(self, text: str, shows: Callable[[str], bool]) -> None:
        self._lines = text.splitlines()
        self._shows = shows

    def __call__(self, place: Place) -> Excerpt | None:
        """The line of the place; None when there is none, or it may not be shown."""
        number = place.line or 0
        line = self._lines[number - 1] if 0 < number <= len(self._lines) else ""
        assignment = _ASSIGNMENT.match(line)
        if assignment is None:
            return None
        excerpt = Excerpt.of(line, place)
        hide = bool(assignment[2].strip()) and not self._shows(assignment[1])
        if random_stretches(assignment[1]):
            return None
        if not hide and (random_stretches(assignment[2]) or quoted(assignment[2]).endswith(HIDDEN)):
            hide = True  # another line was joined to this one
        return _veiled(excerpt, [assignment.span(2)]) if hide else excerpt


def _is_empty(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.start_mark.index == node.end_mark.index


def _merged(stretches: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same, ascending and without overlap."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif end > start:
            merged.append((start, end))
    return merged


def _veiled(excerpt: Excerpt, hidden: Sequence[tuple[int, int]]) -> Excerpt | None:
    """The excerpt with these stretches cut to a mark; comments go without one. None when nothing
    is left that says something."""
    shown = ""
    moved: list[int] = []  # where each character stands now; for a hidden one, where its mark does
    for start, end in (*hidden, (len(excerpt.line), len(excerpt.line))):
        before = excerpt.line[len(moved) : start]
        moved += range(len(shown), len(shown) + len(before))
        shown += before
        moved += [len(shown)] * (end - len(moved))
        if end > start and excerpt.line[start] != "#":
            shown += HIDDEN
    line = shown.rstrip()
    if not _SAID.search(line):
        return None
    first = moved[excerpt.start] if excerpt.start < len(moved) else len(line)
    last = moved[excerpt.end - 1] + 1 if excerpt.end > excerpt.start else first
    return Excerpt(line, min(first, len(line)), min(last, len(line)))
