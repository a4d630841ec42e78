"""The functions of the language."""

from collections.abc import Sequence

from monitor.domain.condition.faults import SourceText, Span
from monitor.domain.condition.nodes import Call, Constant, Matches, Node
from monitor.domain.condition.operators import Operators
from monitor.domain.condition.patterns import compile_pattern
from monitor.domain.fields import FieldType

FUNCTIONS = ("matches", "min", "max", "abs")
"""What can be called. `ago`, `increase`, `rate` and `baseline` join here with the history they need."""

_MOST_ARGUMENTS = 10
_MEASURES = (FieldType.NUMBER, FieldType.DURATION, FieldType.TIME)


class Functions:
    """Types the calls of one condition; what does not fit becomes a fault and gives None."""

    def __init__(self, source: SourceText, operators: Operators) -> None:
        self._source = source
        self._operators = operators

    def call(self, name: str, arguments: Sequence[Node], span: Span) -> Node | None:
        """A call of one of `FUNCTIONS`."""
        if name == "matches":
            return self._matches(arguments, span)
        return self._measure(name, arguments, span)

    def _measure(self, name: str, arguments: Sequence[Node], span: Span) -> Call | None:
        """`abs` of a number or duration; `min` and `max` of several numbers, durations or times."""
        least, most = (1, 1) if name == "abs" else (2, _MOST_ARGUMENTS)
        allowed = _MEASURES[:2] if name == "abs" else _MEASURES
        if not least <= len(arguments) <= most:
            wanted = "one argument" if name == "abs" else f"{least} to {most} arguments"
            self._operators.refuse(f"{name} wants {wanted}, not {len(arguments)}", span)
            return None
        beside = next((found.type for found in arguments if found.type in (FieldType.DURATION, FieldType.TIME)), None)
        fitted = [found for found in (self._operators.fit(argument, beside) for argument in arguments) if found is not None]
        if len(fitted) < len(arguments):
            return None
        kind = fitted[0].type
        odd = next((found for found in fitted if found.type is not kind or found.type not in allowed), None)
        if odd is None and kind is not None:
            return Call(type=kind, function=name, arguments=tuple(fitted), span=span)
        where = odd or fitted[0]
        types = " or ".join(f"{found}s" for found in allowed)
        alike = "" if name == "abs" else ", all alike"
        self._operators.refuse(f"{name} wants {types}{alike}; {self._shown(where)}", where.span)
        return None

    def _matches(self, arguments: Sequence[Node], span: Span) -> Matches | None:
        if len(arguments) != 2:
            wrong = f"matches wants a text and a pattern, not {len(arguments)} arguments"
            self._operators.refuse(wrong, span, 'write matches(name, "…")')
            return None
        subject, pattern = arguments
        if subject.type is not FieldType.TEXT:
            self._operators.refuse(f"matches searches in texts; {self._shown(subject)}", subject.span)
            return None
        if not isinstance(pattern, Constant) or not isinstance(pattern.value, str):
            self._operators.refuse('matches wants its pattern written out, like "test|demo"', pattern.span)
            return None
        try:
            search = compile_pattern(pattern.value)
        except ValueError as error:
            self._operators.refuse(str(error), pattern.span)
            return None
        return Matches(subject=subject, pattern=pattern.value, search=search, span=span)

    def _shown(self, node: Node) -> str:
        return f"{self._source.shown(node.span)} is {'null' if node.type is None else f'a {node.type}'}"
