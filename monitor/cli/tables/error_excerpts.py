"""The line of a file beneath an error, with carets under what is meant."""

import os
import re
from typing import TextIO

from monitor.errors import Excerpt

WIDEST = 120
NARROWEST = 40
CUT = "…"

_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff\ud800-\udfff]"
)


def width_for(file: TextIO) -> int:
    """Columns for a line: those of the terminal, at most 120."""
    try:
        columns = os.get_terminal_size(file.fileno()).columns
    except (OSError, ValueError):  # no terminal, or none of the system's files
        columns = WIDEST
    return max(NARROWEST, min(columns, WIDEST))


def drawn(excerpt: Excerpt, width: int, *, encoding: str = "utf-8") -> list[str]:
    """The line, and one of carets. A line that is wider than `width` columns is cut around the
    place; what cannot be printed has one visible character in its stead, and what `encoding`
    lacks has `?`, so that columns stay where they are."""
    most = 4 * width  # characters; what is further off is cut in any case
    before = _printable(excerpt.line[max(0, excerpt.start - most) : excerpt.start])
    meant = _printable(excerpt.line[excerpt.start : min(excerpt.end, excerpt.start + most)])
    after = _printable(excerpt.line[excerpt.end : excerpt.end + most])
    if _cells(before + meant + after) > width:
        meant = _head(meant, width * 2 // 3)
        room = width - max(1, _cells(meant))
        before = _tail(before, max(room // 2, room - _cells(after)))
        after = _head(after, room - _cells(before))
    line = _encodable(f"{before}{meant}{after}".rstrip(), encoding)
    return [line, " " * _cells(before) + "^" * max(1, _cells(meant))]


def _printable(line: str) -> str:
    return _UNPRINTABLE.sub("\ufffd", line.replace("\t", " "))


def _encodable(line: str, encoding: str) -> str:
    if line.encode(encoding, "replace").decode(encoding) == line:
        return line
    return "".join(char if char.encode(encoding, "ignore") else "?" * _cells(char) for char in line)


def _cells(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)


def _head(text: str, width: int) -> str:
    """As much of the beginning as fits, a mark at its end when something is missing."""
    if _cells(text) <= width:
        return text
    while text and _cells(text) > width - 1:
        text = text[:-1]
    return text.rstrip() + CUT if width > 0 else ""


def _tail(text: str, width: int) -> str:
    """As much of the end as fits, a mark at its beginning when something is missing."""
    if _cells(text) <= width:
        return text
    while text and _cells(text) > width - 1:
        text = text[1:]
    return CUT + text
