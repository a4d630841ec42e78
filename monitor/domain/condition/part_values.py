"""Computes each part of a condition for one subject, to show why the whole holds or does not.

It walks the same tree that is compiled, node by node and without short cuts, so that every part has
a value.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from operator import add, eq, ge, gt, le, lt, mul, ne, sub, truediv
from typing import Any

from monitor.domain.campaign.baseline import began
from monitor.domain.campaign.event import CampaignEvent
from monitor.domain.campaign.sender import SenderView
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.condition.checked import Condition
from monitor.domain.condition.faults import SourceText, TextSpan
from monitor.domain.condition.nodes import (
    Arithmetic,
    Comparison,
    Constant,
    FieldUse,
    FunctionCall,
    Junction,
    Matches,
    Membership,
    Negation,
    Node,
    Not,
    NullTest,
    Past,
    Usual,
    children,
)
from monitor.domain.condition.patterns import compile_pattern
from monitor.domain.fields.catalogue import (
    NOTHING_SPECIAL,
    FieldType,
    FieldValue,
    Subject,
    Surroundings,
)
from monitor.domain.fields.field_values import field_values, past_values
from monitor.domain.times.duration import format_duration

_COMPARE: dict[str, Callable[[Any, Any], object]] = {
    "==": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}
_CALCULATE: dict[str, Callable[[float, float], float]] = {
    "+": add,
    "-": sub,
    "*": mul,
    "/": truediv,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionPart:
    """A part of a condition. `text` is how it is written, `value` what it comes to: true or
    false for a condition, null as None.

    `children` are its own parts, in the order of the text. `increase` and `rate` have those of
    what they are short for.
    """

    node: Node
    text: str
    value: FieldValue
    children: tuple["ConditionPart", ...] = ()

    @property
    def span(self) -> TextSpan:
        """Where in the condition it stands."""
        return self.node.span

    @property
    def type(self) -> FieldType | None:
        return self.node.type

    @property
    def holds(self) -> bool:
        return self.value is True


def explain(
    condition: Condition,
    subject: Subject,
    now: float | None = None,
    *,
    event: CampaignEvent | None = None,
    around: Surroundings = NOTHING_SPECIAL,
) -> ConditionPart:
    """The whole condition as a part. It holds exactly if the compiled condition does. Arguments as
    for `field_values`: scope `campaign` needs `now` (Unix seconds), an event rule its event."""
    return _Walk(condition, subject, now, event, around).part(condition.root, None)


class _Walk:
    def __init__(
        self,
        condition: Condition,
        subject: Subject,
        now: float | None,
        event: CampaignEvent | None,
        around: Surroundings,
    ) -> None:
        self._source = SourceText(condition.text)
        self._subject = subject
        self._now = now
        self._event = event
        self._around = around
        self._values = field_values(
            condition.scope, subject, now, event=event, settle=condition.settle, around=around
        )
        self._pasts: dict[float, dict[str, FieldValue]] = {}

    def part(self, node: Node, above: Node | None) -> ConditionPart:
        below = tuple(self.part(child, node) for child in children(node))
        return ConditionPart(
            node=node, text=self._text(node, above), value=self._value(node, below), children=below
        )

    def _text(self, node: Node, above: Node | None) -> str:
        if isinstance(node, Past):
            return _call("ago", node)
        if (
            above is not None
            and node.span == above.span
            and isinstance(node, Arithmetic)
            and isinstance(node.right, Past)
        ):
            return _call("increase", node.right)  # inside a rate, which alone is written
        return self._source.written(node.span)

    def _value(self, node: Node, below: Sequence[ConditionPart]) -> FieldValue:
        match node:
            case Constant():
                return node.value
            case FieldUse():
                return self._values[node.field.name]
            case Past():
                return self._past(node)
            case Usual():
                return self._usual(node)
            case Arithmetic() | Negation() | FunctionCall():
                return _calculated(
                    node,
                    [part.value for part in below if isinstance(part.value, (int, float))],
                    len(below),
                )
            case _:
                return _truth(node, below)

    def _past(self, node: Past) -> FieldValue:
        if not isinstance(self._subject, TrackedCampaign) or self._now is None:
            return None
        if node.seconds not in self._pasts:
            self._pasts[node.seconds] = past_values(self._subject, self._now - node.seconds)
        return self._pasts[node.seconds][node.field.name]

    def _usual(self, node: Usual) -> FieldValue:
        of, subject = self._around.baselines.of, self._subject
        if isinstance(subject, SenderView):
            return of(
                node.field.name,
                node.over,
                subject.message_type,
                subject.sender,
                subject.now.timestamp(),
            )
        if isinstance(subject, TrackedCampaign):
            campaign = subject.campaign if self._event is None else self._event.campaign
            return of(
                node.field.name, node.over, campaign.message_type, campaign.sender, began(campaign)
            )
        return None


def _truth(
    node: Junction | Not | NullTest | Comparison | Membership | Matches,
    below: Sequence[ConditionPart],
) -> bool:
    values = [part.value for part in below]
    match node:
        case Junction():
            return (all if node.operator == "and" else any)(part.holds for part in below)
        case Not():
            return not below[0].holds
        case NullTest():
            return (values[0] is None) is not node.negated
        case Comparison():
            return None not in values and bool(_COMPARE[node.operator](*values))
        case Membership():
            return values[0] is not None and (values[0] in values[1:]) is not node.negated
        case Matches():
            return isinstance(values[0], str) and compile_pattern(node.pattern)(values[0])


def _calculated(
    node: Arithmetic | Negation | FunctionCall, values: Sequence[float], needed: int
) -> float | None:
    """Null when a value is missing, and for what is divided by 0."""
    if len(values) < needed:
        return None
    match node:
        case Negation():
            return -values[0]
        case FunctionCall():
            return (
                {"min": min, "max": max}[node.function](values)
                if node.function != "abs"
                else abs(values[0])
            )
        case Arithmetic(operator="/") if values[1] == 0:
            return None
        case Arithmetic(operator="*"):
            return values[0] * 1.0 * values[1]  # as compiled: integers would grow without end
        case Arithmetic():
            return _CALCULATE[node.operator](values[0], values[1])


def _call(function: str, past: Past) -> str:
    return f'{function}({past.field.name}, "{format_duration(timedelta(seconds=past.seconds))}")'
