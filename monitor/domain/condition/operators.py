"""Which types go together, and what a text means beside another type."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from monitor.domain.condition.faults import ConditionFault, SourceText, TextSpan
from monitor.domain.condition.nodes import (
    Arithmetic,
    Comparison,
    Constant,
    FieldUse,
    Node,
    NullTest,
    Past,
)
from monitor.domain.fields.catalogue import Field, FieldType
from monitor.domain.safetext.did_you_mean import did_you_mean
from monitor.domain.times.duration import format_duration, parse_duration

_N, _X, _T, _D = FieldType.NUMBER, FieldType.TEXT, FieldType.TIME, FieldType.DURATION

_RESULTS = {
    ("+", _N, _N): _N,
    ("-", _N, _N): _N,
    ("*", _N, _N): _N,
    ("/", _N, _N): _N,
    ("+", _D, _D): _D,
    ("-", _D, _D): _D,
    ("*", _D, _N): _D,
    ("*", _N, _D): _D,
    ("/", _D, _N): _D,
    ("/", _D, _D): _N,
    ("+", _T, _D): _T,
    ("+", _D, _T): _T,
    ("-", _T, _D): _T,
    ("-", _T, _T): _D,
}
_LEFT, _RIGHT = 0, 1
_READINGS: dict[tuple[str, int, FieldType], tuple[FieldType, ...]] = {
    ("+", _LEFT, _D): (_D, _T),
    ("+", _RIGHT, _D): (_D, _T),
    ("-", _LEFT, _D): (_D, _T),
    ("-", _RIGHT, _D): (_D,),
    ("/", _LEFT, _D): (_D,),
    ("/", _RIGHT, _D): (_D,),
    ("+", _LEFT, _T): (_D,),
    ("+", _RIGHT, _T): (_D,),
    ("-", _LEFT, _T): (_T,),
    ("-", _RIGHT, _T): (_D, _T),
}
"""What a text on one side of an operator may be read as beside a value of that type, in this
order."""

_DOING = {
    "+": "add {0} and {1}",
    "-": "subtract {1} from {0}",
    "*": "multiply {0} by {1}",
    "/": "divide {0} by {1}",
}


class Operators:
    """Types the operators of one condition; what does not fit goes to `faults` and gives None."""

    def __init__(
        self, source: SourceText, extra_statuses: Collection[str], faults: list[ConditionFault]
    ) -> None:
        self._source = source
        self._extra_statuses = tuple(extra_statuses)
        self._faults = faults

    def refuse(self, message: str, span: TextSpan, hint: str | None = None) -> None:
        """Note a fault."""
        self._faults.append(ConditionFault(message, span, hint))

    def arithmetic(
        self, operator: str, left: Node, right: Node, span: TextSpan
    ) -> Arithmetic | None:
        """`left operator right` for + - * /."""
        read = self._read_beside(operator, left, right)
        if read is None:
            return None
        left, right = read
        if left.type is None or right.type is None:
            where = left if left.type is None else right
            self.refuse(
                "null cannot be calculated with", where.span, "test for it with == null or != null"
            )
            return None
        result = _RESULTS.get((operator, left.type, right.type))
        if result is not None:
            return Arithmetic(type=result, operator=operator, left=left, right=right, span=span)
        hint = None
        if {left.type, right.type} == {_N, _D} and operator in "+-":
            hint = 'write a duration as a text, like "10m"'
        elif (operator, left.type, right.type) == ("+", _T, _T):
            hint = "two times can be subtracted, which gives a duration"
        self.refuse(
            f"cannot {_DOING[operator].format(self._described(left), self._described(right))}",
            span,
            hint,
        )
        return None

    def comparison(
        self, operator: str, left: Node, right: Node, span: TextSpan
    ) -> Comparison | NullTest | None:
        """`left operator right` for == != < <= > >=."""
        if left.type is None or right.type is None:
            if operator not in ("==", "!="):
                self.refuse(
                    "null can only be tested with == and !=",
                    span,
                    "every other comparison with null is false",
                )
                return None
            return NullTest(
                operand=right if left.type is None else left, negated=operator == "!=", span=span
            )
        fitted = self.fit(left, right.type), self.fit(right, left.type)
        left_fit, right_fit = fitted
        if left_fit is None or right_fit is None:
            return None
        if left_fit.type != right_fit.type:
            self.refuse(
                f"cannot compare {self._described(left_fit)} with {self._described(right_fit)}",
                span,
                _advice(left_fit, right_fit)
                or _advice(right_fit, left_fit)
                or self.unquoted(left_fit, right_fit),
            )
            return None
        if left_fit.type in (_X, FieldType.BOOL) and operator not in ("==", "!="):
            kind = "texts" if left_fit.type is _X else "truth values"
            self.refuse(f"{kind} can be compared with == and != only", span)
            return None
        self._check_vocabulary(left_fit, right_fit)
        self._check_vocabulary(right_fit, left_fit)
        return Comparison(operator=operator, left=left_fit, right=right_fit, span=span)

    def fit(self, node: Node, needed: FieldType | None) -> Node | None:
        """The node, or its text read as a duration or a time if one is needed; None if it cannot
        be."""
        if isinstance(node, Constant) and node.type is _X and needed in (_D, _T):
            return self._read(node, (needed,))
        return node

    def check_word(self, field: Field, constant: Constant) -> None:
        """Note a fault when the field can never be this text."""
        if not field.values or not isinstance(constant.value, str):
            return
        known = (*field.values, *(self._extra_statuses if field.extensible else ()))
        if constant.value in known:
            return
        hint = did_you_mean(constant.value, known) or "it can be " + ", ".join(known)
        if field.extensible:
            hint += "; a new one of the provider's belongs in extra_statuses"
        self.refuse(f'{field.name} can never be "{_cut(constant.value)}"', constant.span, hint)

    @staticmethod
    def unquoted(*sides: Node) -> str | None:
        """What to write where a word is the name of a field and was meant as a text; None where
        it was not."""
        for one, other in (sides, sides[::-1]):
            if (
                isinstance(one, FieldUse)
                and isinstance(other, FieldUse)
                and one.field.name in other.field.values
            ):
                return f'write "{one.field.name}" in quotes'
        return None

    def _check_vocabulary(self, one: Node, other: Node) -> None:
        if isinstance(one, (FieldUse, Past)) and isinstance(other, Constant):
            self.check_word(one.field, other)

    def _read_beside(self, operator: str, left: Node, right: Node) -> tuple[Node, Node] | None:
        """Both sides, a text beside a duration or a time read as what the operator can use
        there."""
        read: list[Node | None] = [left, right]
        for index, (one, other) in enumerate(((left, right), (right, left))):
            if isinstance(one, Constant) and one.type is _X and other.type in (_D, _T):
                readings = _READINGS.get((operator, index, other.type), ())
                read[index] = self._read(one, readings) if readings else one
        return None if read[0] is None or read[1] is None else (read[0], read[1])

    def _read(self, constant: Constant, readings: tuple[FieldType, ...]) -> Constant | None:
        text = str(constant.value)
        reasons = []
        for reading in readings:
            try:
                seconds = (
                    parse_duration(text).total_seconds() if reading is _D else parse_time(text)
                )
            except ValueError as error:
                reasons.append(str(error))
            else:
                return Constant(type=reading, value=seconds, span=constant.span)
        looks_like_time = len(readings) > 1 and text[:4].isdigit() and "-" in text
        self.refuse(reasons[-1 if looks_like_time else 0], constant.span)
        return None

    def _described(self, node: Node) -> str:
        return f"{self._source.shown(node.span)} ({node.type})"


def parse_time(text: str) -> float:
    """Unix seconds of an ISO 8601 date or time; without a zone it is UTC. ValueError says what
    to write."""
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise ValueError(
            f'"{_cut(text)}" is not a time: write it like 2026-03-02 or 2026-03-02T09:00Z'
        ) from None


def _advice(constant: Node, other: Node) -> str | None:
    """What to write instead of a constant of the wrong type."""
    if not isinstance(constant, Constant):
        return None
    value = constant.value
    if isinstance(value, (int, float)) and other.type is _D:
        seconds = min(max(0.0, float(value)), 86_400.0 * 365)
        return f'write "{format_duration(timedelta(seconds=seconds))}" for {constant.value} seconds'
    if constant.type is _N and other.type is _T:
        return 'write a time as a text, like "2026-03-02T09:00"'
    if isinstance(value, str) and other.type is _N:
        return _number_in(value)
    return None


def _number_in(text: str) -> str | None:
    percent = text.strip().endswith("%")
    try:
        number = float(text.strip().rstrip("%"))
    except ValueError:
        return None
    return f"write {number / 100:g}" if percent else f"write {text.strip()} without quotes"


def _cut(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
