"""A condition as a tree: each part with its truth before it and what it was made of beside it."""

from collections.abc import Iterator
from dataclasses import dataclass

from monitor.cli.tables.printing import Piece
from monitor.cli.tables.wrapping import cells, wrapped
from monitor.domain.condition import ConditionPart
from monitor.domain.condition.figuretext import unit_of, value_text
from monitor.domain.condition.nodes import Comparison, Constant, Junction, Not
from monitor.domain.fields.catalogue import FieldType
from monitor.domain.safetext.shown_text import without_controls

Line = list[Piece]

HOLDS, FAILS = "✓", "✗"
GAP = 2
LEAST_BESIDE = 18
"""Columns that values want beside the text; with fewer they go below it."""


@dataclass(frozen=True, slots=True)
class _TreeRow:
    """`first` is drawn before the mark, `rest` before what follows below."""

    first: str
    rest: str
    holds: bool
    text: str
    figures: tuple[str, ...] = ()


def tree_lines(part: ConditionPart, width: int) -> list[Line]:
    """The tree, at most `width` columns wide."""
    rows = list(_rows(part, "", ""))
    widths = [cells(row.first) + 2 + cells(row.text) for row in rows if row.figures]
    beside = max((each for each in widths if each + GAP + LEAST_BESIDE <= width), default=0) + GAP
    return [line for row in rows for line in _drawn(row, beside, width)]


def _rows(part: ConditionPart, first: str, rest: str) -> Iterator[_TreeRow]:
    node = part.node
    if isinstance(node, Not) and not _branches(part.children[0]):
        yield _TreeRow(
            first, rest, part.holds, without_controls(part.text), _figures(part.children[0])
        )
        return
    if not _branches(part):
        yield _TreeRow(first, rest, part.holds, without_controls(part.text), _figures(part))
        return
    yield _TreeRow(first, rest, part.holds, _joint(part))
    for number, child in enumerate(part.children, 1):
        last = number == len(part.children)
        yield from _rows(child, rest + ("└ " if last else "├ "), rest + ("  " if last else "│ "))


def _branches(part: ConditionPart) -> bool:
    """Whether its parts are conditions that have a line each."""
    if isinstance(part.node, Comparison):
        return all(
            child.type is FieldType.BOOL and not isinstance(child.node, Constant)
            for child in part.children
        )
    return isinstance(part.node, (Junction, Not))


def _joint(part: ConditionPart) -> str:
    match part.node:
        case Junction(operator="and"):
            return "all of"
        case Junction():
            return "any of"
        case Comparison(operator="=="):
            return "both or neither of"
        case Comparison():
            return "one and not the other of"
    return "not"


def _figures(part: ConditionPart) -> tuple[str, ...]:
    """What the part was made of, the larger before what they are made of themselves; nothing for
    a truth, which is its mark."""
    found: dict[str, None] = {}
    waiting = [part]
    while waiting:
        each = waiting.pop(0)
        waiting = [*each.children, *waiting]
        if isinstance(each.node, Constant) or (
            each is part and each.type is FieldType.BOOL and each.value is not None
        ):
            continue
        written = value_text(each.value, each.type, unit_of(each.node))
        found[without_controls(f"{each.text} = {written}")] = None
    return tuple(found)


def _drawn(row: _TreeRow, beside: int, width: int) -> Iterator[Line]:
    mark = (HOLDS, "green") if row.holds else (FAILS, "red")
    hanging = row.rest + "  "
    short = cells(row.first) + 2 + cells(row.text) <= beside - GAP
    words = ", ".join(row.figures)
    if not words or short:
        texts = wrapped(row.text, width - cells(hanging))
        figures = wrapped(words, width - beside) if words else []
        for number in range(max(len(texts), len(figures), 1)):
            text = texts[number] if number < len(texts) else ""
            head: Line = (
                [(row.first, "dim"), mark, (" ", "")] if number == 0 else [(hanging, "dim")]
            )
            used = cells(hanging) + cells(text)
            tail: Line = (
                [(" " * (beside - used), ""), (figures[number], "cyan")]
                if number < len(figures)
                else []
            )
            yield [*head, (text, ""), *tail]
        return
    for number, text in enumerate(wrapped(row.text, width - cells(hanging))):
        yield (
            [(row.first, "dim"), mark, (" ", ""), (text, "")]
            if number == 0
            else [(hanging, "dim"), (text, "")]
        )
    for figures_line in wrapped(words, width - cells(hanging) - GAP):
        yield [(hanging + " " * GAP, "dim"), (figures_line, "cyan")]
