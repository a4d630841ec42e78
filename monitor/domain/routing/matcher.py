"""Matchers of labels, in Alertmanager's syntax: `severity="critical"`, `team!=messaging`,
`sender=~"Shop.*"`, `{a="b", c!~"d"}`.

The grammar is Alertmanager's UTF-8 one (its `matcher/parse` package): a name or value without
quotes ends at white space or at one of ``{}!=~,"'\\` `` and a backquote; in double quotes
anything may stand.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Final

import msgspec
import re2

LONGEST: Final = 4_000
"""Characters of a text with matchers."""

_OPERATORS: Final = ("=~", "!~", "!=", "=")
_BARE = re.compile(r"""[^{}!=~,\\"'`\s]+""")
_ESCAPES: Final = {"n": "\n", '"': '"', "\\": "\\"}
_CODE = re.compile(r"u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})")


class MatchOperator(StrEnum):
    """How a matcher compares. The patterns of the last two are RE2's and match the whole value."""

    EQUAL = "="
    NOT_EQUAL = "!="
    MATCHES = "=~"
    NOT_MATCHES = "!~"


class MatcherError(ValueError):
    """A text that is not a matcher. `offset`: where the mistake is (characters from 0). `hint`:
    what to write instead."""

    def __init__(self, message: str, offset: int = 0, hint: str | None = None) -> None:
        super().__init__(message)
        self.offset = offset
        self.hint = hint


class Matcher(msgspec.Struct, frozen=True, order=True, gc=False):
    """One comparison with a label's value; a label that is missing counts as empty (as in
    Alertmanager).

    Made by `parse_matchers`, which knows that a pattern is one; otherwise `matches` raises
    ValueError for a wrong pattern.
    """

    name: str
    operator: MatchOperator
    value: str

    def matches(self, labels: Mapping[str, str]) -> bool:
        return _test(self.operator, self.value)(labels.get(self.name, ""))

    def __str__(self) -> str:
        """As it can be parsed again, always the same for the same matcher."""
        name = self.name if _BARE.fullmatch(self.name) else _quoted(self.name)
        return f"{name}{self.operator.value}{_quoted(self.value)}"


Matchers = tuple[Matcher, ...]
"""Matchers that must all hold. An empty list always holds."""


def all_match(matchers: Matchers, labels: Mapping[str, str]) -> bool:
    """Whether every matcher holds for these labels."""
    # `all` takes twice as long, and this runs for every alert and route
    for matcher in matchers:  # noqa: SIM110
        if not matcher.matches(labels):
            return False
    return True


def matchers_text(matchers: Iterable[Matcher]) -> str:
    """`{a="b",c!="d"}`, sorted: the same for the same matchers in whatever order."""
    return f"{{{','.join(map(str, sorted(matchers)))}}}"


def parse_matchers(text: str) -> Matchers:
    """The matchers of `a="b", c=~"d"`, with or without braces around; none for `{}`.
    MatcherError."""
    if len(text) > LONGEST:
        raise MatcherError(f"is longer than {LONGEST} characters")
    return _Parser(text).matchers()


def argument_matcher(text: str) -> Matcher:
    """One matcher from a command's argument, whose quotes the shell may have removed. MatcherError.

    `sender=My Shop` means `sender="My Shop"`. A value that still has quotes is read as in a file.
    """
    found = re.match(r"\s*([^{}!=~,\\\"'`\s]+)\s*(=~|!~|!=|=)\s*", text)
    if found is None or text[found.end() :].startswith('"'):
        matchers = parse_matchers(text)
        if len(matchers) != 1:
            raise MatcherError(
                "expected one matcher", hint='such as severity=critical or sender=~"Shop.*"'
            )
        return matchers[0]
    value = text[found.end() :].rstrip()
    return _checked(found[1], MatchOperator(found[2]), value, found.end())


def equal(name: str, value: str) -> Matcher:
    """The matcher for exactly this value."""
    return Matcher(name, MatchOperator.EQUAL, value)


# --- what one implies -----------------------------------------------------------------------------


def implied(matcher: Matcher, known: Iterable[Matcher]) -> bool:
    """Whether `matcher` must hold if all of `known` do: it is one of them, or they give the label's
    value."""
    return any(
        each == matcher or (_fixes(each, matcher) and matcher.matches({each.name: each.value}))
        for each in known
    )


def covers(wide: Iterable[Matcher], narrow: Iterable[Matcher]) -> bool:
    """Whether `wide` must match everything that `narrow` matches. It knows no more than `implied`:
    for two different patterns it says no."""
    known = tuple(narrow)
    return all(implied(matcher, known) for matcher in wide)


def contradiction(matchers: Iterable[Matcher]) -> tuple[Matcher, Matcher] | None:
    """Two matchers that can never hold together, if there are any: a value, and a matcher that it
    does not fit."""
    known = tuple(matchers)
    for fixed in known:
        for other in known:
            if _fixes(fixed, other) and not other.matches({fixed.name: fixed.value}):
                return fixed, other
    return None


def match_empty(matchers: Matchers) -> bool:
    """Whether they hold even without any of the labels. Such matchers hold for nearly
    everything."""
    return all_match(matchers, {})


def _fixes(each: Matcher, other: Matcher) -> bool:
    return each.operator is MatchOperator.EQUAL and each.name == other.name


# --- comparing ------------------------------------------------------------------------------------


@lru_cache(maxsize=4_096)
def _test(operator: MatchOperator, value: str) -> Callable[[str], bool]:
    match operator:
        case MatchOperator.EQUAL:
            return value.__eq__
        case MatchOperator.NOT_EQUAL:
            return value.__ne__
        case MatchOperator.MATCHES:
            return _pattern(value)
        case MatchOperator.NOT_MATCHES:
            holds = _pattern(value)
            return lambda text: not holds(text)


def _pattern(value: str) -> Callable[[str], bool]:
    """Compile with RE2, whose time is linear, since values may be other people's texts. A dot
    matches line breaks, too."""
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.dot_nl = True
    try:
        full = re2.compile(value, options=options).fullmatch
    except re2.error as error:
        said = error.args[0] if error.args else "it cannot be read"
        said = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        raise ValueError(f"this is not a pattern: {said}") from None
    except UnicodeEncodeError:
        raise ValueError("the pattern holds half a character (a lone surrogate)") from None

    @lru_cache(maxsize=1_024)
    def holds(text: str) -> bool:
        return full(text.encode(errors="replace")) is not None

    return holds


# --- parsing --------------------------------------------------------------------------------------


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def matchers(self) -> Matchers:
        braces = self._took("{")
        found: list[Matcher] = []
        while not self._over(braces):
            found.append(self._matcher())
            if not self._took(",") and not self._over(braces):
                raise self._wrong(
                    f"expected a comma before {self._rest()}", 'such a value needs quotes: a="b c"'
                )
        if braces and not self._took("}"):
            raise self._wrong("the brace is not closed", "end with }")
        self._blank()
        if self.at < len(self.text):
            raise self._wrong(f"expected nothing after the brace, found {self._rest()}")
        if not found and not braces:
            raise MatcherError("is empty", hint='such as severity="critical"')
        return tuple(found)

    def _matcher(self) -> Matcher:
        name = self._word("a label's name")
        if not name:
            raise self._wrong("a label's name cannot be empty")
        self._blank()
        operator = next((each for each in _OPERATORS if self.text.startswith(each, self.at)), None)
        if operator is None:
            raise self._wrong(f"expected = != =~ or !~ after {_shown(name)}, found {self._rest()}")
        self.at += len(operator)
        if self.text.startswith("=", self.at):
            raise self._wrong("there is one = too many", f'write {name}="…"')
        self._blank()
        start = self.at
        return _checked(
            name, MatchOperator(operator), self._word("a value", pattern="~" in operator), start
        )

    def _word(self, what: str, *, pattern: bool = False) -> str:
        self._blank()
        if self.text.startswith('"', self.at):
            return self._in_quotes(pattern=pattern)
        bare = _BARE.match(self.text, self.at)
        if bare is None:
            hint = (
                "quotes are double"
                if self.text.startswith(("'", "`"), self.at)
                else 'an empty value is written ""'
            )
            raise self._wrong(f"expected {what}, found {self._rest()}", hint)
        self.at = bare.end()
        return bare[0]

    def _in_quotes(self, *, pattern: bool) -> str:
        start = self.at
        self.at += 1
        parts: list[str] = []
        while self.at < len(self.text):
            character = self.text[self.at]
            self.at += 1
            if character == '"':
                return "".join(parts)
            parts.append(self._escaped(pattern=pattern) if character == "\\" else character)
        raise MatcherError("the quote is not closed", start, 'end with "')

    def _escaped(self, *, pattern: bool) -> str:
        """What the escape at the position stands for; one that only RE2 knows is left to it."""
        following = self.text[self.at : self.at + 1]
        if following in _ESCAPES:
            self.at += 1
            return _ESCAPES[following]
        code = _CODE.match(self.text, self.at)
        if code is not None and int(code[1] or code[2], 16) < 0x110000:
            self.at = code.end()
            return chr(int(code[1] or code[2], 16))
        if pattern:
            return "\\"
        raise MatcherError(f"\\{following} is no escape", self.at - 1, "write \\\\ for a backslash")

    def _over(self, braces: bool) -> bool:
        self._blank()
        return self.at >= len(self.text) or (braces and self.text[self.at] == "}")

    def _took(self, character: str) -> bool:
        self._blank()
        if self.text.startswith(character, self.at):
            self.at += 1
            return True
        return False

    def _blank(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def _rest(self) -> str:
        return _shown(self.text[self.at :]) if self.at < len(self.text) else "the end"

    def _wrong(self, message: str, hint: str | None = None) -> MatcherError:
        return MatcherError(message, self.at, hint)


def _checked(name: str, operator: MatchOperator, value: str, offset: int) -> Matcher:
    try:
        _test(operator, value)
    except ValueError as error:
        raise MatcherError(str(error), offset) from None
    return Matcher(name, operator, value)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _shown(text: str) -> str:
    return f'"{text}"' if len(text) <= 40 else f'"{text[:40]}…"'
