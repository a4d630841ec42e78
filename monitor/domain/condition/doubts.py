"""What is allowed in a condition but hardly meant."""

from collections.abc import Iterator, Sequence

from monitor.domain.condition.faults import Doubt, SourceText
from monitor.domain.condition.nodes import (
    Comparison,
    Constant,
    FieldUse,
    Junction,
    Matches,
    Membership,
    Node,
    Not,
    NullTest,
    Past,
    Usual,
    can_be_null,
    children,
    walk,
)

_MOST_RATIO = 2.0


def doubts(root: Node, source: SourceText) -> tuple[Doubt, ...]:
    """Warnings, in the order of the text; each says what the condition does and what to write
    instead."""
    found = [doubt for node in walk(root) for doubt in _about(node, source)]
    found += _negated_nulls(root, source, _tested(root))
    return tuple(sorted(found, key=lambda doubt: doubt.span))


def _about(node: Node, source: SourceText) -> Iterator[Doubt]:
    match node:
        case NullTest() if not can_be_null(node.operand):
            always = "true" if node.negated else "false"
            message = f"{source.shown(node.operand.span)} is never null: this is always {always}"
            yield Doubt(message, node.span, "leave this test out")
        case Comparison() if _is_constant(node.left) and _is_constant(node.right):
            yield Doubt(
                "this compares constants: it is always the same",
                node.span,
                "name a field on one side",
            )
        case Comparison() | Membership() | NullTest():
            yield from _percent(node)
        case Junction():
            yield from _contradiction(node)
        case _:
            return


def _is_constant(node: Node) -> bool:
    return not any(isinstance(found, (FieldUse, Past, Usual)) for found in walk(node))


def _percent(node: Node) -> Iterator[Doubt]:
    """A ratio beside 80 where 0.8 was meant."""
    parts = children(node)
    ratio = next(
        (
            part
            for part in parts
            if isinstance(part, (FieldUse, Past, Usual)) and part.field.unit == "ratio"
        ),
        None,
    )
    for part in parts:
        if (
            ratio
            and isinstance(part, Constant)
            and isinstance(part.value, (int, float))
            and part.value > _MOST_RATIO
        ):
            hint = f"write {part.value / 100:g} for {part.value:g} %"
            yield Doubt(f"{ratio.field.name} is a ratio, 1 for all", part.span, hint)


def _contradiction(node: Junction) -> Iterator[Doubt]:
    """`status == "a" and status == "b"` is never true; `status != "a" or status != "b"` always,
    but for null."""
    operator, always, advice = (
        ("==", "false", "or") if node.operator == "and" else ("!=", "true", "and")
    )
    seen: dict[str, Constant] = {}
    for operand in node.operands:
        if not (isinstance(operand, Comparison) and operand.operator == operator):
            continue
        field, constant = operand.left, operand.right
        if isinstance(field, Constant):
            field, constant = constant, field
        if not (isinstance(field, FieldUse) and isinstance(constant, Constant)):
            continue
        first = seen.setdefault(field.field.name, constant)
        if first.value != constant.value:
            yield Doubt(
                f"{field.field.name} has one value: this is always {always}",
                node.span,
                f"join with {advice} instead",
            )
            return


def _tested(root: Node) -> frozenset[str]:
    """Fields that the condition tests for null itself: no warning is needed."""
    tests = (node.operand for node in walk(root) if isinstance(node, NullTest))
    return frozenset(operand.field.name for operand in tests if isinstance(operand, FieldUse))


def _negated_nulls(
    node: Node, source: SourceText, tested: frozenset[str], under: bool = False
) -> list[Doubt]:
    """Comparisons under `not` that null makes false, and `not` then true."""
    found = []
    if under and isinstance(node, (Comparison, Membership, Matches)):
        operands: Sequence[Node] = children(node)
        names = [
            use.field.name
            for operand in operands
            for use in walk(operand)
            if isinstance(use, (FieldUse, Past, Usual))
        ]
        nullable = [operand for operand in operands if can_be_null(operand)]
        if nullable and not tested.issuperset(names):
            shown = source.shown(nullable[0].span)
            message = f'{shown} can be null: this is then false, and true under "not"'
            found.append(
                Doubt(
                    message, node.span, f'turn the comparison round, or add "and {shown} != null"'
                )
            )
    for child in children(node):
        found += _negated_nulls(child, source, tested, under or isinstance(node, Not))
    return found
