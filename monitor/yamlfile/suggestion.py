"""What was meant and what is allowed, in the words of messages."""

from collections.abc import Collection, Iterable

from monitor.domain.safetext.did_you_mean import closest, did_you_mean
from monitor.domain.safetext.possible_secrets import leading_word, lost_colon, quoted
from monitor.yamlfile.document import Entry

__all__ = [
    "did_you_mean",
    "did_you_mean_variable",
    "listed",
    "meant_of_several",
    "one_of",
    "unknown_key",
]


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


def unknown_key(
    what: str, entry: Entry, allowed: Collection[str], *, prefix: str = ""
) -> tuple[str, str]:
    """The message about a key that `what` does not have, and a hint. `prefix` leads to the key,
    such as `basic.`. What is shown of the key is no more than may be: it may hold a secret whose
    own key lost its colon."""
    if word := lost_colon(entry.key, allowed):
        return (
            f'{what}: a colon is missing after "{prefix}{word}"',
            f"write {word}: and a space before its value",
        )
    word = leading_word(entry.key)
    close = did_you_mean(word or entry.key, allowed)
    hint = close or (f"allowed are {', '.join(allowed)}" if allowed else "it has no options")
    if word is None or (entry.is_bare and close is None):
        return f"{what} has no such key as stands here", hint
    return f'{what} has no "{prefix}{word}"', hint


def one_of(allowed: Collection[str], found: str) -> tuple[str, str | None]:
    """The end of a message about a word that is none of the allowed, and a hint."""
    return f'expected {listed(allowed)}, found "{quoted(found)}"', did_you_mean(found, allowed)
