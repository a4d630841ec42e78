"""Other people's text, made safe to show: names of campaigns and senders may hold anything."""

import re
import unicodedata
from collections.abc import Iterable

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0, DEL, C1: they move cursors, colour terminals and break lines
    # bidirectional marks, embeddings, overrides, isolates
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
    "\u2028\u2029\ufeff\ud800-\udfff]"  # line separators, byte order mark, lone surrogates
)
_UNSAFE_BUT_LINES = re.compile(_UNSAFE.pattern.replace("\x00-\x1f", "\x00-\x08\x0b-\x1f"))
_BREAKS = re.compile(r"[\t\n\r\x0b\x0c\x85\u2028\u2029]+")


_ESCAPED = {
    code: chr(code).encode("unicode_escape", "surrogatepass").decode("ascii")
    for code in range(0x10000)
    if _UNSAFE.match(chr(code))
}
_ESCAPED_BUT_LINES = {
    code: escape for code, escape in _ESCAPED.items() if _UNSAFE_BUT_LINES.match(chr(code))
}


def visible(text: str, *, keep_lines: bool = False) -> str:
    """`text` with control and bidirectional characters written as escapes (`\\u202e`), on one
    line unless `keep_lines`."""
    unsafe, escaped = (_UNSAFE_BUT_LINES, _ESCAPED_BUT_LINES) if keep_lines else (_UNSAFE, _ESCAPED)
    return text.translate(escaped) if unsafe.search(text) else text


def without_controls(text: str) -> str:
    """`text` on one line: line breaks and tabs become spaces, other control and bidirectional
    characters go."""
    return _UNSAFE.sub("", _BREAKS.sub(" ", text))


def folded(text: str) -> str:
    """`text` as it is compared in a search: without case, accents and the like. "Été" and "ete"
    are the same."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(character for character in apart if not unicodedata.combining(character))


def clipped(text: str, length: int = 80) -> str:
    """`text` on one line without controls, of at most so many characters."""
    line = without_controls(text)
    return line if len(line) <= length else line[: length - 1] + "…"


def counted(number: int, what: str) -> str:
    """`1 rule`, `2,000 rules`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


# --- as messages show it ---

LONGEST_SOURCE = 4000
"""Characters of a text that are looked at; more is never shown."""
_JOINERS = frozenset("\u200c\u200d")  # they are part of words (Persian, Hindi) and of emoji
_MARKS_IN_A_ROW = 4


def clean(text: str) -> str:
    """On one line, single-spaced, without control and format characters, and without towers of
    combining marks."""
    text = text[:LONGEST_SOURCE]
    if not (text.isascii() and text.isprintable()):
        text = "".join(_printable(text))
    return " ".join(text.split())


def _printable(text: str) -> Iterable[str]:
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if character.isspace() or category in ("Zl", "Zp"):
            yield " "
        elif character in _JOINERS or (
            category not in ("Cc", "Cf", "Cs") and marks <= _MARKS_IN_A_ROW
        ):
            yield character


def width(text: str) -> int:
    """Length in UTF-16 units: what services count that count more than characters, and never
    less."""
    return len(text) + sum(character > "\uffff" for character in text)


def shorten(text: str, limit: int) -> str:
    """At most `limit` wide, with "…" where something was cut."""
    if width(text) <= limit:
        return text
    used, end = 1, 0
    for character in text:
        used += width(character)
        if used > limit:
            break
        end += 1
    return text[:end].rstrip(" \u200c\u200d\ufe0f") + "…"
