"""From text to Python's syntax tree: limits first, so that nothing hostile reaches the parser or
the checker."""

import ast
import re
import warnings

from monitor.domain.condition.faults import ConditionError, ConditionFault, SourceText, TextSpan

LONGEST = 4_000
"""Characters of one condition."""
DEEPEST = 40
"""Levels of the syntax tree, and of brackets."""
MOST_NODES = 1_000

_STRANGE_SPACE = re.compile("[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]")
_PIECE = re.compile(
    r'"(?:\\.|[^"\\\n])*"'  # a text in either kind of quotes
    r"|'(?:\\.|[^'\\\n])*'"
    r"|[\"']"  # a quote that is not closed on its line
    r"|\#[^\n]*"
    r"|[()\[\]{}]"
    r"|&&|\|\||<>|===|!(?!=)|\?|;|:=|(?<![=!<>])=(?!=)"
    r"|(?<=[0-9])[^\S\n]*%"
    r"|\b(?:AND|OR|NOT|IN)\b"
    r"|[“”„‘’«»≥≤≠−–—×÷]"
    rf"|{_STRANGE_SPACE.pattern}"
    # a duration without quotes
    r"|(?<![\w.])[0-9]+(?:\.[0-9]+)?(?:ms|[ywdhms])(?:[0-9]+(?:ms|[ywdhms]))*\b"
    r"|(?<![\w.,])[0-9]{1,3}(?: [0-9]{3})+(?![\w,.])"  # thousands set apart
    r"|(?<![\w.,])[0-9]{1,3}(?:,[0-9]{3})+(?![\w,.])"
    r"|(?<![\w.,])[0-9]+,[0-9]+(?![\w,.])",  # decimals behind a comma
    re.DOTALL,
)
_HINTS = {
    "&&": "write and",
    "||": "write or",
    "!": "write not, or != for unequal",
    "<>": "write !=",
    "===": "write ==",
    "=": "write == to compare",
    ":=": "write == to compare",
    "AND": "write and",
    "OR": "write or",
    "NOT": "write not",
    "IN": "write in",
    "%": "ratios are written as 0.8 for 80 %",
    "≥": "write >=",
    "≤": "write <=",
    "≠": "write !=",
    "×": "write *",
    "÷": "write /",
    **dict.fromkeys("−–—", "write - for minus"),
    **dict.fromkeys("“”„‘’«»", 'write straight quotes: "…"'),
}
_CLOSING = {")": "(", "]": "[", "}": "{"}
_NOTHING_BETWEEN = re.compile(r"\s*[rRuUbBfF]{0,2}")
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]{0,2}(?: [0-9]{3})+")
_DECIMALS = re.compile(r"[0-9]+,[0-9]+")
_JOINING = re.compile(r"(?:^|\W)(?:and|or|not)\Z")
_OPERATOR = r"(?:[=!<>]=|[<>+*/-]|\b(?:not\s+in|in|and|or|not)\b)"
_ENDS_IN_OPERATOR = re.compile(rf"({_OPERATOR})\s*\Z")
_NO_VALUE = re.compile(rf"\s*(?:\Z|[)\],]|(?!-|\+|not\b(?!\s+in\b)){_OPERATOR})")
"""What cannot begin a value; a sign or a `not` can."""
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def parse_syntax(source: SourceText) -> ast.expr:
    """The one expression of the text. ConditionError if there is none, or if it is too long, deep
    or large."""
    if not source.text.strip():
        raise ConditionError(
            [ConditionFault("the condition is empty", source.whole, "write true for always")]
        )
    if len(source.text) > LONGEST:
        raise ConditionError(
            [
                ConditionFault(
                    f"the condition has {len(source.text)} characters; {LONGEST} is the most",
                    source.whole,
                )
            ]
        )
    _check_characters(source)
    try:
        root = _parse(source.wrapped)
    except SyntaxError as error:
        raise ConditionError([_syntax_fault(source, error)]) from None
    except (RecursionError, MemoryError, ValueError):
        raise ConditionError(
            [ConditionFault("the condition is nested too deeply", source.whole)]
        ) from None
    _check_size(root, source)
    return root


def _check_characters(source: SourceText) -> None:
    """Refuse what Python's parser would misread or misplace: control characters, brackets,
    quotes, foreign operators."""
    found = _FORBIDDEN.search(source.text)
    if found:
        character = f"U+{ord(found[0]):04X}"
        raise ConditionError(
            [
                ConditionFault(
                    f"the character {character} cannot stand in a condition",
                    source.span_at(found.start()),
                )
            ]
        )
    faults = _Pieces(source).faults()
    if faults:
        raise ConditionError(faults)


class _Pieces:
    """The quotes, brackets and foreign signs of a text, from left to right."""

    def __init__(self, source: SourceText) -> None:
        self._source = source
        self._open: list[tuple[str, int]] = []
        self._text_ended: int | None = None

    def faults(self) -> list[ConditionFault]:
        """What is wrong with them; stops where what follows would be misread."""
        faults = []
        for piece in _PIECE.finditer(self._source.text):
            what, at = piece[0], piece.start()
            structural = what[0] in "\"'()[]{}"
            if what[0] in "\"'":
                fault = self._text(what, at)
            elif structural:
                fault = self._bracket(what, at)
            else:
                fault = self._foreign(what, at)
            if fault:
                faults.append(fault)
                if structural:
                    return faults
        if self._open and not faults:
            bracket, at = self._open[-1]
            faults.append(ConditionFault(f'"{bracket}" is never closed', self._source.span_at(at)))
        return faults

    def _text(self, what: str, at: int) -> ConditionFault | None:
        if len(what) == 1:
            return ConditionFault(
                "a text is not closed",
                self._source.span_at(at),
                "its quote must close on the same line",
            )
        if self._text_ended is not None and _NOTHING_BETWEEN.fullmatch(
            self._source.text, self._text_ended, at
        ):
            span = self._source.span_at(at, len(what))
            return ConditionFault(
                "two texts stand side by side", span, "a comma is missing between them"
            )
        self._text_ended = at + len(what)
        return None

    def _bracket(self, what: str, at: int) -> ConditionFault | None:
        if what in "([{":
            self._open.append((what, at))
            too_deep = len(self._open) > DEEPEST
            return (
                ConditionFault(
                    f"brackets are nested more than {DEEPEST} deep", self._source.span_at(at)
                )
                if too_deep
                else None
            )
        if not self._open or self._open[-1][0] != _CLOSING[what]:
            return ConditionFault(f'"{what}" closes nothing', self._source.span_at(at))
        self._open.pop()
        return None

    def _in_list(self) -> bool:
        """Whether commas separate values here: in a list or a call, and not in brackets for
        grouping."""
        if not self._open:
            return False
        bracket, at = self._open[-1]
        before = self._source.text[:at].rstrip()[-4:]
        follows_word = before[-1:].isalnum() or before[-1:] == "_"
        return bracket != "(" or (follows_word and not _JOINING.search(before))

    def _foreign(self, what: str, at: int) -> ConditionFault | None:
        span = self._source.span_at(at, len(what))
        sign = what.strip()
        if what[0] == "#" or ("," in what and self._in_list()):
            return None
        if _THOUSANDS.fullmatch(what):
            plain, grouped = (re.sub("[, ]", between, what) for between in ("", "_"))
            return ConditionFault(
                f"a number has no {'commas' if ',' in what else 'spaces'}",
                span,
                f"write {plain}, or {grouped}",
            )
        if _DECIMALS.fullmatch(what):
            return ConditionFault(
                "a number has a point before its decimals", span, f"write {what.replace(',', '.')}"
            )
        if what[0] in "0123456789":
            return ConditionFault(
                f"{what} is not a number", span, f'a duration is written in quotes: "{what}"'
            )
        if _STRANGE_SPACE.fullmatch(what):
            return ConditionFault(
                f"the space U+{ord(what):04X} cannot stand in a condition",
                span,
                "write an ordinary space",
            )
        return ConditionFault(f'"{sign}" is not part of the language', span, _HINTS.get(sign))


def _check_size(root: ast.expr, source: SourceText) -> None:
    waiting: list[tuple[ast.AST, int]] = [(root, 1)]
    nodes = 0
    while waiting:
        node, depth = waiting.pop()
        nodes += isinstance(node, ast.expr)
        if depth > DEEPEST:
            raise ConditionError(
                [ConditionFault(f"the condition is nested more than {DEEPEST} deep", source.whole)]
            )
        if nodes > MOST_NODES:
            raise ConditionError(
                [ConditionFault(f"the condition has more than {MOST_NODES} parts", source.whole)]
            )
        waiting.extend((child, depth + 1) for child in ast.iter_child_nodes(node))


def _parse(text: str) -> ast.expr:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "\d" in a pattern means what it says
        return ast.parse(text, mode="eval").body


def _syntax_fault(source: SourceText, error: SyntaxError) -> ConditionFault:
    """Python's complaint, at its place. Without the wrapping Python knows the place better, so
    it is asked again."""
    span = source.span_at_line((error.lineno or 2) - 1, error.offset or 1)
    flat = source.text.replace("\n", " ")
    indent = len(flat) - len(flat.lstrip())
    if "#" not in flat:
        try:
            _parse(flat.strip())
        except SyntaxError as again:
            error = again
            span = source.span_at(
                min(indent + (again.offset or len(flat) + 1) - 1, len(source.text.rstrip()))
            )
    missing = _missing_value(source, span)
    if missing:
        return missing
    said = (
        (error.msg or "").split(". ")[0].removeprefix("invalid syntax").strip(" :")
    )  # the advice fits Python alone
    return ConditionFault(
        f"this is not a condition: {said or 'what stands here does not fit'}", span
    )


def _missing_value(source: SourceText, span: TextSpan) -> ConditionFault | None:
    """The fault if an operator stands before the place and no operand follows."""
    offset = sum(len(line) + 1 for line in source.lines[: span.line - 1]) + span.column - 1
    operator = _ENDS_IN_OPERATOR.search(source.text, 0, offset)
    if operator is None or _NO_VALUE.match(source.text, offset) is None:
        return None
    sign = " ".join(operator[1].split())
    needed = "condition" if sign in {"and", "or", "not"} else "value"
    return ConditionFault(f'a {needed} is missing after "{sign}"', span)
