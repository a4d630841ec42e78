"""The kinds of values that mappings of a file have: how each is read, and its JSON Schema.

Annotate a model's field with one. A schema takes whatever the reader takes; it leaves to the
reader what only that can know, such as whether a receiver exists.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta, tzinfo
from typing import Annotated, Any

from monitor.domain.times.duration import DURATION_PATTERN
from monitor.yamlfile import values
from monitor.yamlfile.document import Listing, Scalar, YamlNode, described, plain
from monitor.yamlfile.models import Leaf, Shape
from monitor.yamlfile.suggestion import meant_of_several, one_of
from monitor.yamlfile.values import WrongValueError

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
    """A text that one of these matches as a whole; `expected` says what that is."""
    return {
        "type": "string",
        "pattern": rf"^(?:{'|'.join(patterns)})$",
        EXPECTED: f"expected {expected}",
    }


def any_case(word: str) -> str:
    """A pattern for a word in upper, lower or mixed case."""
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
    return {key: value if key in _AS_IT_IS else expandable(value) for key, value in shape.items()}


def _is_limited_text(shape: Shape) -> bool:
    if shape.get("pattern") == TEXT["pattern"]:
        return False  # a reference is such a text, too
    texts = any(isinstance(each, str) for each in shape.get("enum", ()))
    return (shape.get("type") == "string" or texts) and any(limit in shape for limit in _LIMITS)


# --- leaves ---------------------------------------------------------------------------------------


def leaf(parse: Callable[[object], Any], shape: Shape) -> Leaf:
    """A value that `parse`, one of the functions of `values`, makes."""
    return Leaf(lambda node: parse(plain(node)), shape)


def duration(shortest: timedelta, longest: timedelta) -> Leaf:
    """A timedelta within these bounds."""
    return leaf(values.duration(shortest, longest), DURATION)


def whole(least: int, most: int) -> Leaf:
    """An int within these bounds, also written as a text."""
    number = {"type": "integer", "minimum": least, "maximum": most}
    digits = matching(r"\s*-?[0-9]{1,18}\s*", expected="a whole number")
    return leaf(values.whole(least, most), {"anyOf": [number, digits]})


def number(least: float = -math.inf, most: float = math.inf) -> Leaf:
    """A finite number within these bounds."""

    def read(node: YamlNode) -> float:
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise WrongValueError(f"expected a number, found {described(node)}")
        if not math.isfinite(value) or not least <= value <= most:
            upper = f" to {most:g}" if math.isfinite(most) else ""
            bounds = f" from {least:g}{upper}" if math.isfinite(least) else ""
            raise WrongValueError(f"expected a number{bounds}, found {described(node)}")
        return value

    limits = {"minimum": least, "maximum": most}
    limits = {name: bound for name, bound in limits.items() if math.isfinite(bound)}
    return Leaf(read, {"type": "number", **limits})


def one_word(
    words: Iterable[str], make: Callable[[str], Any] = str, *, in_list: bool = False
) -> Leaf:
    """One of these words, exactly as it is spelt, and what `make` makes of it. `in_list`: where a
    list may stand, several in one text are told to be one."""
    allowed = tuple(words)

    def read(node: YamlNode) -> Any:
        word = text_node(node).text
        if word not in allowed:
            message, hint = one_of(allowed, word)
            raise WrongValueError(message, meant_of_several(word, allowed) if in_list else hint)
        return make(word)

    return Leaf(read, word_of(allowed))


def pattern(expression: re.Pattern[str], *, cannot: str, expected: str) -> Leaf:
    """A text that matches as a whole: else it "cannot be …", and `expected` says what can."""

    def read(node: YamlNode) -> str:
        scalar = text_node(node)
        if not expression.fullmatch(scalar.text):
            raise WrongValueError(f"{described(node)} {cannot}", expected)
        return scalar.text

    return Leaf(read, matching(expression.pattern, expected=expected))


def text_node(node: YamlNode) -> Scalar:
    """The node of a text that is not empty. WrongValueError for anything else."""
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        hint = None if isinstance(node, Listing) else "put it in quotes"
        raise WrongValueError(f"expected a text, found {described(node)}", hint)
    if not node.text.strip():
        raise WrongValueError("is empty", "leave it out or give it a value")
    return node


Text = Annotated[str, Leaf(lambda node: text_node(node).text, TEXT)]
TextNode = Annotated[Scalar, Leaf(text_node, TEXT)]
"""A text as its node, for what looks for places inside it."""
Boolean = Annotated[bool, leaf(values.boolean, BOOLEAN)]
Zone = Annotated[tzinfo, leaf(values.zone, TEXT)]
"""An IANA time zone by its name."""
