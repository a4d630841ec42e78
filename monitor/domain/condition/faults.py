"""What is wrong in a condition, and exactly where."""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.errors import MonitorError

_QUOTED = r"""("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')"""
_BETWEEN = re.compile(rf"{_QUOTED}|(?:\s|\#[^\n]*)+")
"""Texts in quotes, which stay as they are, and what stands between words: white space and
comments."""
_BRACKET = re.compile(rf"{_QUOTED}|\#[^\n]*|[()]")


@dataclass(frozen=True, slots=True, order=True)
class TextSpan:
    """A stretch of the condition's text: lines and columns from 1, columns in characters,
    `end_column` just past the end."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class ConditionFault:
    """One thing wrong in a condition: what was found, where, and what to write instead."""

    message: str
    span: TextSpan
    hint: str | None = None

    @property
    def line(self) -> int:
        return self.span.line

    @property
    def column(self) -> int:
        return self.span.column

    @property
    def end_column(self) -> int:
        return self.span.end_column

    def __str__(self) -> str:
        head = f"{self.line}:{self.column}: {self.message}"
        return f"{head} ({self.hint})" if self.hint else head


@dataclass(frozen=True, slots=True)
class Doubt(ConditionFault):
    """What is allowed in a condition but hardly meant."""

    hint: str


class ConditionError(MonitorError):
    """A condition was refused. Carries every fault found, in the order of the text; never none."""

    def __init__(self, faults: Sequence[ConditionFault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.span))
        super().__init__("\n".join(map(str, self.faults)))


class SourceText:
    """The text as the parser sees it, and the way from the parser's places (bytes) to a person's
    (characters).

    `wrapped` puts the text in parentheses on lines of their own, so that it may go on over
    several lines.
    """

    def __init__(self, text: str) -> None:
        self.text = text.replace("\r\n", "\n").replace("\r", "\n")
        self.lines = self.text.split("\n")
        self.wrapped = f"(\n{self.text}\n)"

    def span_of(self, node: ast.expr) -> TextSpan:
        """Where a node of the parsed `wrapped` text stands; the whole text for one that took the
        wrapping as its own."""
        if node.lineno < 2:
            return self.whole
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
        return TextSpan(
            node.lineno - 1,
            self._characters(node.lineno - 1, node.col_offset) + 1,
            end_line - 1,
            self._characters(end_line - 1, end_column) + 1,
        )

    def between(self, first: TextSpan, last: TextSpan) -> TextSpan:
        """From the one to the other, with the brackets that either stands in alone."""
        start, end = (
            self._offset(first.line, first.column),
            self._offset(last.end_line, last.end_column),
        )
        opened = closed = 0
        for piece in _BRACKET.finditer(self.text, start, end):
            if piece[0] == "(":
                opened += 1
            elif piece[0] == ")" and opened:
                opened -= 1
            elif piece[0] == ")":
                closed += 1
        for _ in range(closed):
            start = len(self.text[:start].rstrip()) - 1
        for _ in range(opened):
            end += len(self.text[end:]) - len(self.text[end:].lstrip()) + 1
        return TextSpan(*self._position(start), *self._position(end))

    def span_at(self, offset: int, length: int = 1) -> TextSpan:
        """`length` characters at an offset into `text`; they are taken to stand on one line."""
        before = self.text[:offset]
        line, column = before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
        return TextSpan(line, column, line, column + length)

    def span_at_line(self, line: int, column: int) -> TextSpan:
        """A place given as line and column, moved into the text where it lies outside."""
        if line > len(self.lines):
            line, column = len(self.lines), len(self.lines[-1]) + 1
        line = max(line, 1)
        column = min(max(column, 1), len(self.lines[line - 1]) + 1)
        return TextSpan(line, column, line, column + 1)

    def written(self, span: TextSpan) -> str:
        """What stands there, on one line and without comments."""
        lines = self.lines[span.line - 1 : span.end_line]
        lines[-1] = lines[-1][: span.end_column - 1]
        lines[0] = lines[0][span.column - 1 :]
        return _BETWEEN.sub(lambda found: found[1] or " ", "\n".join(lines)).strip()

    def shown(self, span: TextSpan) -> str:
        """What stands there, cut to 40 characters."""
        text = self.written(span)
        return text if len(text) <= 40 else text[:39] + "…"

    @property
    def whole(self) -> TextSpan:
        return TextSpan(1, 1, len(self.lines), len(self.lines[-1]) + 1)

    def _offset(self, line: int, column: int) -> int:
        return sum(len(each) + 1 for each in self.lines[: line - 1]) + column - 1

    def _position(self, offset: int) -> tuple[int, int]:
        before = self.text[: max(0, offset)]
        return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1

    def _characters(self, line: int, offset: int) -> int:
        """Bytes of UTF-8 into a line, as characters."""
        if not 1 <= line <= len(self.lines):
            return 0
        return len(self.lines[line - 1].encode()[:offset].decode(errors="ignore"))
