"""What was meant and what is allowed, in the words of messages."""

from collections.abc import Collection, Iterable

from monitor.domain.safetext.did_you_mean import closest, did_you_mean

__all__ = ["did_you_mean", "did_you_mean_variable", "listed", "meant_of_several"]


def did_you_mean_variable(word: str, known: Iterable[str], *, prefix: str) -> str | None:
    """A hint naming prefix and known word when one is close to `word`; what all share is no
    likeness."""
    found = closest(word, known)
    return None if found is None else f'did you mean "{prefix}{found.upper()}"?'


def meant_of_several(word: str, known: Collection[str]) -> str | None:
    """A hint for a word of a list: that several are not one text with commas, or what is close
    to it."""
    words = [each.strip() for each in word.split(",")]
    if len(words) > 1 and all(each in known for each in words):
        return f"write a list: [{', '.join(words)}]"
    return did_you_mean(word, known)


def listed(words: Iterable[str]) -> str:
    """Words as a person lists them: "a, b or c"; of none "nothing"."""
    words = list(words)
    if not words:
        return "nothing"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
