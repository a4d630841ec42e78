"""Other people's text made harmless for a service that has an escape for what it would obey."""

from collections.abc import Mapping

from monitor.notify.message import width


def escaped(text: str, limit: int, escapes: Mapping[str, str]) -> str:
    """`text` (already cleaned) with `escapes` applied, at most `limit` wide once escaped, with
    "…" where it was cut.

    Never cuts an escape in two.
    """
    pieces: list[str] = []
    used = 0
    last = len(text) - 1
    for position, character in enumerate(text):
        piece = escapes.get(character, character)
        wide = width(piece)
        if used + wide > limit - (position < last):
            return "".join(pieces).rstrip() + "…"
        pieces.append(piece)
        used += wide
    return "".join(pieces)
