"""Where in the file a character of a YAML text stands, whatever way the text was written.

A condition's error says "line 1, column 17 of the condition"; a person wants the line and column
of the file. Between the two lie quotes, escapes, indentation and folded lines.
"""

from collections.abc import Iterator

from yaml.nodes import ScalarNode
from yaml.scanner import Scanner

from monitor.errors import Place

_BREAKS = frozenset("\r\n\x85\u2028\u2029")
_BLANK = _BREAKS | frozenset(" \t")
_ESCAPES: dict[str, str] = Scanner.ESCAPE_REPLACEMENTS
_ESCAPE_CODES: dict[str, int] = Scanner.ESCAPE_CODES

Written = tuple[str, int, int]
"""A character as written, with its line and column in the file, both from 1."""


def file_place(source: str, text: str, node: ScalarNode, *, line: int, column: int) -> Place:
    """The place in the file of a position (both from 1) in the value of `node`; a position past
    its end is the one after it.

    `text` is the whole file as it was parsed.
    """
    value: str = node.value
    lines = value.split("\n")
    before = sum(len(part) + 1 for part in lines[: line - 1])
    index = min(before + column - 1, len(value))
    places = _aligned(value, list(_content(text, node)))
    if index < len(places):
        return Place(source, *places[index])
    if places:
        last_line, last_column = places[-1]
        return Place(source, last_line, last_column + 1)
    return Place(source, node.start_mark.line + 1, node.start_mark.column + 1)


def _aligned(value: str, written: list[Written]) -> list[tuple[int, int]]:
    """For each character of `value` its line and column. White space that folding or indentation
    dropped is passed over."""
    places: list[tuple[int, int]] = []
    at = 0
    for char in value:
        start = at
        while at < len(written) and written[at][0] != char and written[at][0] in _BLANK:
            at += 1
        if at >= len(written):
            break
        found = written[at][0] == char
        # not found after white space: a space that stands for a line break whose next line has no
        # indentation
        places.append(written[at if found or at == start else start][1:])
        at += found or at == start
    return places


def _content(text: str, node: ScalarNode) -> Iterator[Written]:
    """The characters between the quotes or after the block's header, escapes decoded."""
    characters = list(_characters(text[node.start_mark.index : node.end_mark.index], node))
    at = _after_properties(characters)
    if node.style in ("|", ">"):
        while at < len(characters) and characters[at][0] not in _BREAKS:
            at += 1
        yield from characters[at + 1 :]
    elif node.style == "'":
        yield from _single_quoted(characters[at + 1 : -1])
    elif node.style == '"':
        yield from _double_quoted(characters[at + 1 : -1])
    else:
        yield from characters[at:]


def _characters(raw: str, node: ScalarNode) -> Iterator[Written]:
    line, column = node.start_mark.line + 1, node.start_mark.column + 1
    for position, char in enumerate(raw):
        if char == "\r" and raw[position + 1 : position + 2] == "\n":
            continue
        yield ("\n" if char in "\r\n\x85" else char, line, column)
        if char in _BREAKS:
            line, column = line + 1, 1
        else:
            column += 1


def _after_properties(characters: list[Written]) -> int:
    """Where the scalar itself begins: after an anchor and a tag."""
    at = 0
    while at < len(characters) and characters[at][0] in "&!":
        while at < len(characters) and characters[at][0] not in _BLANK:
            at += 1
        while at < len(characters) and characters[at][0] in _BLANK:
            at += 1
    return at


def _single_quoted(characters: list[Written]) -> Iterator[Written]:
    skip = False
    for written in characters:
        if skip:
            skip = False
            continue
        skip = written[0] == "'"
        yield written


def _double_quoted(characters: list[Written]) -> Iterator[Written]:
    at = 0
    while at < len(characters):
        char, line, column = characters[at]
        if char != "\\" or at + 1 >= len(characters):
            yield characters[at]
            at += 1
            continue
        escape = characters[at + 1][0]
        if escape in _ESCAPE_CODES:
            digits = _ESCAPE_CODES[escape]
            code = "".join(written[0] for written in characters[at + 2 : at + 2 + digits])
            yield (chr(int(code, 16)), line, column)
            at += 2 + digits
        else:
            if escape in _ESCAPES:
                yield (_ESCAPES[escape], line, column)
            at += 2
