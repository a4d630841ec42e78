"""Other people's text, made safe to show: names of campaigns and senders may hold anything."""

import re
import unicodedata

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
