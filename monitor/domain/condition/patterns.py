"""Patterns of `matches`: google-re2, whose time is linear in the text, because the texts are not
trusted."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

import re2

_REMEMBERED: Final = 16_384
"""How many texts each pattern remembers the answer for. Names change rarely, and remembering costs
a twentieth of searching."""

_PATTERNS: Final = 256
"""How many compiled patterns are remembered. If two rules have the same one, it searches a text
once."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@lru_cache(maxsize=_PATTERNS)
def compile_pattern(pattern: str) -> Callable[[str], bool]:
    """A function that says whether the pattern occurs anywhere in a text; it never raises.
    ValueError for text that is not a pattern."""
    if _CONTROL.search(pattern):
        raise ValueError(
            r'the pattern holds a control character: for a word boundary write r"\b", with an r '
            r"before the quote"
        )
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    try:
        compiled = re2.compile(pattern, options=options)
    except re2.error as error:
        said = error.args[0] if error.args else "it cannot be read"
        said = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        raise ValueError(f"this is not a pattern: {said}") from None
    except UnicodeEncodeError:
        raise ValueError("the pattern holds half a character (a lone surrogate)") from None
    search = compiled.search

    @lru_cache(maxsize=_REMEMBERED)
    def found(text: str) -> bool:
        return search(text.encode(errors="replace")) is not None

    return found
