"""Text in lines of a terminal: broken between words, or cut short. Widths are columns: a wide
character takes two, a colour none.
"""

import re
from collections.abc import Iterator

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def cells(text: str) -> int:
    """Columns that the text takes."""
    if text.isascii() and "\x1b" not in text:
        return len(text)
    from rich.cells import cell_len

    return cell_len(_COLOUR.sub("", text))


def hanging(text: str, width: int, indent: str) -> Iterator[str]:
    """The text in lines of at most `width` columns; what follows the first line is indented."""
    body = text.lstrip(" ")
    ahead = text[: len(text) - len(body)]
    first = wrapped(body, width - len(ahead))[0]
    yield ahead + first
    if left := body[len(first) :].lstrip(" "):
        yield from (f"{indent}{line}" for line in wrapped(left, width - len(indent)))


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` columns, broken at spaces where there are any; at
    least one line."""
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and cells(lines[-1]) + 1 + cells(word) <= width:
            lines[-1] += f" {word}"
            continue
        pieces = _chopped(word, width)
        if lines[-1]:
            lines.append("")
        lines[-1] = pieces[0]
        lines += pieces[1:]
    return lines


def shortened(text: str, width: int, *, tail: int = 0) -> str:
    """The text in at most `width` columns: its beginning, "…", and at most `tail` columns of its
    end."""
    if cells(text) <= width:
        return text
    end = _chopped(text[::-1], tail)[0][::-1].lstrip() if tail else ""
    return f"{_chopped(text, width - 1 - cells(end))[0].rstrip()}…{end}"


def _chopped(word: str, width: int) -> list[str]:
    """The word in pieces that fit; at least a character in each."""
    pieces = [""]
    for char in word:
        if pieces[-1] and cells(pieces[-1] + char) > width:
            pieces.append("")
        pieces[-1] += char
    return pieces
