"""Suggests a known word for an unknown one."""

from collections.abc import Iterable
from difflib import get_close_matches

_LONGEST = 80
"""How many characters of a word are compared: the comparison takes quadratic time."""


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like `word`, ignoring case; null if none is close."""
    by_lower = {name.lower(): name for name in known}
    close = get_close_matches(word.lower()[:_LONGEST], by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The same as a hint for people."""
    found = closest(word, known)
    return None if found is None else f'did you mean "{found}"?'
