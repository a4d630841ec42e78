"""Says in words what would have to be different for a condition to hold."""

import re
from dataclasses import dataclass

from monitor.domain.condition.figuretext import told_apart, unit_of, value_text
from monitor.domain.condition.nodes import (
    Arithmetic,
    Comparison,
    Constant,
    FieldUse,
    Junction,
    Matches,
    Membership,
    Not,
    NullTest,
    Past,
    Usual,
)
from monitor.domain.condition.part_values import ConditionPart
from monitor.domain.fields.catalogue import Field, FieldType

_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_WHEN_NULL = re.compile(r"(?:\A|; )(null\b[^;]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """Something that must change: `part` must be as `needed`, which `words` say. Or several: all
    of `below`, or any one."""

    words: str = ""
    part: ConditionPart | None = None
    needed: bool = True
    below: tuple["Lack", ...] = ()
    any_of: bool = False


def missing(part: ConditionPart, *, needed: bool = True) -> Lack | None:
    """What keeps a part that is true or false from being as `needed`; None when it is."""
    if part.holds is needed:
        return None
    node = part.node
    match node:
        case Not():
            return missing(part.children[0], needed=not needed)
        case Junction():
            return _of_junction(node, part, needed)
        case Comparison():
            return _of_comparison(node, part, needed)
        case Membership():
            words = _of_membership(node, part, needed)
        case NullTest():
            words = _of_null_test(node, part, needed)
        case Matches():
            must = "to match" if needed else "not to match"
            found = part.children[0]
            words = f'{_is(found)}, needs {must} "{node.pattern}"{_why_null(found)}'
        case Constant():
            words = f"{part.text} stands in the condition: this part is always so"
        case _:
            words = f"{_is(part)}, needs to be {_true(needed)}{_why_null(part)}"
    return Lack(words=words, part=part, needed=needed)


def _of_junction(node: Junction, part: ConditionPart, needed: bool) -> Lack:
    found = [lack for child in part.children if (lack := missing(child, needed=needed)) is not None]
    if len(found) == 1:
        return found[0]
    return Lack(below=tuple(found), any_of=(node.operator == "and") is not needed)


def _of_comparison(node: Comparison, part: ConditionPart, needed: bool) -> Lack | None:
    left, right = part.children
    operator = node.operator if needed else _OPPOSITE[node.operator]
    if isinstance(left.node, Constant) and not isinstance(right.node, Constant):
        left, right, operator = right, left, _MIRRORED[operator]
    if left.type is FieldType.BOOL and isinstance(right.node, Constant) and left.value is not None:
        return missing(left, needed=(right.value is True) is (operator == "=="))
    unit = unit_of(left.node) or unit_of(right.node)
    has, bound = told_apart([left.value, right.value], left.type, unit)
    if not isinstance(right.node, Constant):
        bound = f"{right.text}, which is {bound}{_why_null(right)}"
    must = {"==": "to be", "!=": "to be other than"}.get(operator, operator)
    needs = f"a value {must}" if left.value is None and must == operator else must
    words = f"{left.text} is {has}, needs {needs} {bound}{_why_null(left)}"
    return Lack(words=words, part=part, needed=needed)


def _of_membership(node: Membership, part: ConditionPart, needed: bool) -> str:
    found, *listed = part.children
    texts = told_apart(
        [found.value, *(each.value for each in listed)], found.type, unit_of(found.node)
    )
    inside = node.negated is not needed
    if len(listed) == 1:
        needs = f"to be {texts[1]}" if inside else f"to be other than {texts[1]}"
    else:
        needs = f"to be {'one' if inside else 'none'} of {', '.join(texts[1:])}"
    return f"{found.text} is {texts[0]}, needs {needs}{_why_null(found)}"


def _of_null_test(node: NullTest, part: ConditionPart, needed: bool) -> str:
    found = part.children[0]
    must_be_null = node.negated is not needed
    return f"{_is(found)}, needs {'to be null' if must_be_null else 'a value'}{_why_null(found)}"


def _is(part: ConditionPart) -> str:
    return f"{part.text} is {value_text(part.value, part.type, unit_of(part.node))}"


def _true(needed: bool) -> str:
    return "true" if needed else "false"


def _why_null(part: ConditionPart) -> str:
    """Why there is no value, in brackets; "" if there is one."""
    reason = null_reason(part)
    return f" ({reason})" if reason else ""


def null_reason(part: ConditionPart) -> str:
    """Why a part has no value, as far as known; "" if it has one."""
    if part.value is not None or (isinstance(part.node, Constant) and part.node.type is None):
        return ""
    match part.node:
        case FieldUse(field=field):
            return _told_of(field)
        case Past(field=field):
            return f"nothing is known of what {field.name} was then"
        case Usual():
            return "fewer than three settled campaigns to compare with"
        case Arithmetic(operator="/") if part.children[1].value == 0:
            return f"{part.children[1].text} is 0"
    return next((reason for child in part.children if (reason := null_reason(child))), "")


def _told_of(field: Field) -> str:
    """What the field's description says of null, or whose it is to give."""
    found = _WHEN_NULL.search(field.description)
    if found:
        return found[1].replace("`", "").strip()
    if re.search(r"\b_d\b", field.read):
        return "not read in detail yet, or not given there"
    return "the provider gives none"
