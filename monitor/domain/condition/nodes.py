"""The typed tree of a checked condition. Explaining and compiling use nothing else.

Every node knows its type and its place. `type` None is the literal `null`. Values of constants are
plain Python: numbers, durations (seconds) and times (Unix seconds) as int or float, texts,
booleans.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from monitor.domain.campaign.baseline import BaselineSpan
from monitor.domain.condition.faults import TextSpan
from monitor.domain.fields.catalogue import Field, FieldType

Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A literal; a text that stands for a duration or a time is already one."""

    type: FieldType | None
    value: Scalar | None
    span: TextSpan


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldUse:
    """A field's value."""

    field: Field
    span: TextSpan

    @property
    def type(self) -> FieldType:
        return self.field.type


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What a field was `seconds` ago; null when that is not known."""

    field: Field
    seconds: float
    span: TextSpan

    @property
    def type(self) -> FieldType:
        return self.field.type


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """What a field usually is (`baseline`), from settled campaigns of that span; null when there
    are too few."""

    field: Field
    over: BaselineSpan
    span: TextSpan

    @property
    def type(self) -> FieldType:
        return self.field.type


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic:
    """`left operator right`, null when either is or when the divisor is 0. `operator` is one of
    + - * /."""

    type: FieldType
    operator: str
    left: "Node"
    right: "Node"
    span: TextSpan


@dataclass(frozen=True, slots=True, kw_only=True)
class Negation:
    """`-operand`, null when it is."""

    type: FieldType
    operand: "Node"
    span: TextSpan


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionCall:
    """`min`, `max` or `abs` of values of one type; null when any argument is."""

    type: FieldType
    function: str
    arguments: tuple["Node", ...]
    span: TextSpan


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """Whether `pattern` is found anywhere in a text (see `patterns.py`); false when it is null."""

    subject: "Node"
    pattern: str
    span: TextSpan
    type: FieldType = FieldType.BOOL


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`left operator right`, false when either is null. `operator` is one of == != < <= > >=."""

    operator: str
    left: "Node"
    right: "Node"
    span: TextSpan
    type: FieldType = FieldType.BOOL


@dataclass(frozen=True, slots=True, kw_only=True)
class NullTest:
    """`operand == null`, or `!= null` when negated."""

    operand: "Node"
    negated: bool
    span: TextSpan
    type: FieldType = FieldType.BOOL


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """`operand in values`, or `not in` when negated; false either way when the operand is null."""

    operand: "Node"
    values: tuple[Constant, ...]
    negated: bool
    span: TextSpan
    type: FieldType = FieldType.BOOL


@dataclass(frozen=True, slots=True, kw_only=True)
class Junction:
    """`and` or `or` of two or more; a chained comparison is an `and` of its pairs."""

    operator: str
    operands: tuple["Node", ...]
    span: TextSpan
    type: FieldType = FieldType.BOOL


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """`not operand`."""

    operand: "Node"
    span: TextSpan
    type: FieldType = FieldType.BOOL


Node = (
    Constant
    | FieldUse
    | Past
    | Usual
    | Arithmetic
    | Negation
    | FunctionCall
    | Matches
    | Comparison
    | NullTest
    | Membership
    | Junction
    | Not
)


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below, in the order of the text."""
    match node:
        case Arithmetic() | Comparison():
            return (node.left, node.right)
        case Negation() | NullTest() | Not():
            return (node.operand,)
        case Membership():
            return (node.operand, *node.values)
        case Matches():
            return (node.subject,)
        case FunctionCall():
            return node.arguments
        case Junction():
            return node.operands
        case Constant() | FieldUse() | Past() | Usual():
            return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below, parents first."""
    waiting = [node]
    while waiting:
        found = waiting.pop()
        yield found
        waiting.extend(reversed(children(found)))


def can_be_null(node: Node) -> bool:
    """Whether the node's value can be null on some subject. Conditions are never null."""
    match node:
        case Constant():
            return node.type is None
        case FieldUse():
            return node.field.nullable
        case Past() | Usual():
            return True
        case Arithmetic():
            safe = node.operator != "/" or (
                isinstance(node.right, Constant) and node.right.value != 0
            )
            return not safe or can_be_null(node.left) or can_be_null(node.right)
        case Negation():
            return can_be_null(node.operand)
        case FunctionCall():
            return any(map(can_be_null, node.arguments))
        case _:
            return False
