"""What was meant and what is allowed, in the words of messages."""

from collections.abc import Iterable
from difflib import get_close_matches

from monitor.domain.condition.faults import did_you_mean

__all__ = ["did_you_mean", "did_you_mean_variable", "listed"]


def did_you_mean_variable(word: str, known: Iterable[str], *, prefix: str) -> str | None:
    """A hint naming prefix and known word when one is close to `word`; what all share is no likeness."""
    close = get_close_matches(word.lower()[:80], list(known), n=1, cutoff=0.6)
    return f'did you mean "{prefix}{close[0].upper()}"?' if close else None


def listed(words: Iterable[str]) -> str:
    """Words as a person lists them: "a, b or c"."""
    words = list(words)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
