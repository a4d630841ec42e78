"""JSON Schema (draft 7) of the kinds of values that a rules file holds: what editors complete
and check while somebody writes.

A schema takes whatever the reader takes; what only the reader can know (whether a receiver
exists, whether a condition is right) it leaves to that.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from monitor.domain.times.duration import DURATION_PATTERN

Shape = Mapping[str, Any]

EXPECTED = "patternErrorMessage"
"""No keyword of JSON Schema's: editors that know it (yaml-language-server, VS Code) show its
text instead of the pattern."""
TEXT: Shape = {"type": "string", "pattern": r"\S", EXPECTED: "expected a text that is not empty"}
"""A text that is not empty."""
DURATION: Shape = {
    "type": "string",
    "pattern": rf"^\s*{DURATION_PATTERN}\s*$",
    EXPECTED: "expected a duration such as 90s, 5m or 1h30m",
}
_REFERENCE: Shape = {"type": "string", "pattern": r"\$\{"}
_TRUTHS = ("1", "0", "true", "false", "yes", "no", "on", "off")
_AS_IT_IS = ("required", "enum", "not", "if", "propertyNames")
_SAID = ("description", "default")
_LIMITS = ("pattern", "enum", "const", "minLength", "maxLength")


def matching(*patterns: str, expected: str) -> Shape:
    """A text that one of these matches as a whole; `expected` says what that is, for whoever
    wrote something else."""
    return {
        "type": "string",
        "pattern": rf"^(?:{'|'.join(patterns)})$",
        EXPECTED: f"expected {expected}",
    }


def any_case(word: str) -> str:
    """A pattern for a word, in whatever case its letters are."""
    return "".join(
        f"[{char.upper()}{char.lower()}]" if char.isalpha() else re.escape(char) for char in word
    )


def ranges(*patterns: str, expected: str) -> Shape:
    """One value, or a range of two: `first:last`."""
    one = rf"\s*(?:{'|'.join(patterns)})\s*"
    return matching(rf"{one}(?::{one})?", expected=expected)


BOOLEAN: Shape = {
    "anyOf": [
        {"type": "boolean"},
        {"enum": [0, 1]},
        matching(rf"\s*(?:{'|'.join(map(any_case, _TRUTHS))})\s*", expected="true or false"),
    ],
}


def word_of(words: Iterable[str]) -> Shape:
    """One of these texts."""
    return {"enum": list(words)}


def suggesting(words: Iterable[str], shape: Shape) -> Shape:
    """What fits the shape; an editor offers these."""
    return {"anyOf": [word_of(words), shape]}


def several(shape: Shape, *, least: int = 0) -> Shape:
    """A list of such, or one alone."""
    return {"anyOf": [shape, listed(shape, least=least)]}


def listed(shape: Shape, *, least: int = 0) -> Shape:
    return {"type": "array", "items": shape, **({"minItems": least} if least else {})}


def mapping(
    properties: Mapping[str, Shape], *, required: Collection[str] = (), **more: Any
) -> Shape:
    """A mapping with these keys and no others."""
    shape: dict[str, Any] = {
        "type": "object",
        "properties": dict(properties),
        "additionalProperties": False,
    }
    if required:
        shape["required"] = list(required)
    return shape | more


def expandable(shape: Any) -> Any:
    """The same where a text may be, or hold, a `${NAME}` that is replaced before it is looked
    at."""
    if isinstance(shape, list):
        return [expandable(each) for each in shape]
    if not isinstance(shape, Mapping):
        return shape
    if _is_limited_text(shape):
        said = {key: value for key, value in shape.items() if key in _SAID}
        return {
            "anyOf": [
                {key: value for key, value in shape.items() if key not in _SAID},
                dict(_REFERENCE),
            ],
            **said,
        }
    return {
        key: value
        if key in ("required", "enum", "not", "if", "propertyNames")
        else expandable(value)
        for key, value in shape.items()
    }


def _is_limited_text(shape: Shape) -> bool:
    if shape.get("pattern") == TEXT["pattern"]:
        return False  # a reference is such a text, too
    texts = any(isinstance(each, str) for each in shape.get("enum", ()))
    return (shape.get("type") == "string" or texts) and any(limit in shape for limit in _LIMITS)
