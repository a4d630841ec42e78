"""A checked condition as a value, and how to get one from a text."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace

from monitor.domain.campaign.baseline import BaselineSpan
from monitor.domain.campaign.figures import DEFAULT_SETTLE, PACE_SECONDS, Settle
from monitor.domain.condition.doubts import doubts
from monitor.domain.condition.faults import Doubt, SourceText
from monitor.domain.condition.nodes import (
    Constant,
    FieldUse,
    Junction,
    Node,
    Not,
    Past,
    Usual,
    walk,
)
from monitor.domain.condition.scan import parse_syntax
from monitor.domain.condition.type_check import Checker
from monitor.domain.fields.catalogue import (
    MOVING_ACCOUNT_FIELDS,
    FieldType,
    attributes,
    depends_on,
    fields_of,
)


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition without mistakes. Two are equal if text, scope, kind of rule and `settle` are.
    `fields` are the fields it names. `warnings` are things that are allowed but probably not meant.
    `root` is its typed tree, whose places (`TextSpan`) refer to `text`."""

    text: str
    scope: str
    event: bool
    settle: Settle
    root: Node = field(compare=False, repr=False)
    fields: frozenset[str] = field(compare=False, repr=False)
    warnings: tuple[Doubt, ...] = field(compare=False, repr=False)

    @property
    def look_back(self) -> float:
        """How many seconds back it looks; 0 if it only uses the present."""
        past = [node.seconds for node in walk(self.root) if isinstance(node, Past)]
        settling = self.settle.longest if self.uses("_settle") else 0.0
        return max([*past, settling, PACE_SECONDS if self.uses("_remaining") else 0.0])

    @property
    def baselines(self) -> frozenset[BaselineSpan]:
        """The spans of the baselines it asks for."""
        return frozenset(node.over for node in walk(self.root) if isinstance(node, Usual))

    @property
    def moves_by_itself(self) -> bool:
        """Whether time alone can change its answer, or anything else but its subject."""
        return (
            any(isinstance(node, (Past, Usual)) for node in walk(self.root))
            or self.uses("now")
            or self.uses("_a")
        )

    def uses(self, parameter: str) -> bool:
        """Whether a field that it names depends on this one of `fields.PARAMETERS`, or on this
        function of a whole campaign."""
        return any(depends_on(self.scope, name, parameter) for name in self.fields)

    def without(self, parameter: str) -> "Condition":
        """A condition of only those parts, joined by `and`, that do not use a parameter: it holds
        wherever the whole does. Without such parts it is always true. Its `text` is that of the
        whole."""
        parts = [part for part in _joined(self.root) if not self._part_uses(part, parameter)]
        root: Node
        if len(parts) > 1:
            root = Junction(operator="and", operands=tuple(parts), span=self.root.span)
        else:
            root = (
                parts[0]
                if parts
                else Constant(type=FieldType.BOOL, value=True, span=self.root.span)
            )
        return replace(self, root=root, fields=_named(root))

    def bounded(
        self, unknown: frozenset[str], unknown_past: frozenset[str], *, otherwise: bool
    ) -> "Condition":
        """The condition with everything that rests on unknown fields taken as `otherwise`.

        If it holds with False, it holds whatever those fields are; if it does not hold with True,
        it does not. `unknown` fields of the provider's rows cannot be read now, `unknown_past`
        could not lately: what looks back rests on these.
        """
        root = _bounded(self.root, self.scope, unknown, unknown_past, otherwise)
        return replace(self, root=root, fields=_named(root))

    def rests_on(self, unknown: frozenset[str], unknown_past: frozenset[str]) -> bool:
        """Whether any part of it rests on one of these fields, as `bounded` takes them."""
        return any(_rests_on(node, self.scope, unknown, unknown_past) for node in walk(self.root))

    def _part_uses(self, part: Node, parameter: str) -> bool:
        return any(depends_on(self.scope, name, parameter) for name in _named(part))


def parse_condition(
    text: str,
    *,
    scope: str,
    event: bool = False,
    extra_statuses: Collection[str] = (),
    settle: Settle = DEFAULT_SETTLE,
) -> Condition:
    """Read and check a condition.

    `scope` decides the fields, `event` adds those of event rules, `extra_statuses` are statuses
    beyond the documented ones, `settle` is what the rule's settled fields mean. ConditionError
    with every fault found; whatever the text is, nothing else is raised (ValueError for a wrong
    scope).
    """
    fields = fields_of(scope, event=event)
    source = SourceText(text)
    tree = parse_syntax(source)
    root = Checker(source, fields, extra_statuses).condition(tree)
    return Condition(
        text=text,
        scope=scope,
        event=event,
        settle=settle,
        root=root,
        fields=_named(root),
        warnings=doubts(root, source),
    )


def moves_while_failing(condition: Condition) -> bool:
    """Whether an account's condition may be evaluated after a failed poll: it names a field that
    moves then.

    A condition that names none of them would decide on figures that are frozen.
    """
    return condition.scope == "account" and not MOVING_ACCOUNT_FIELDS.isdisjoint(condition.fields)


def _bounded(
    node: Node, scope: str, unknown: frozenset[str], past: frozenset[str], otherwise: bool
) -> Node:
    match node:
        case Junction():
            operands = tuple(
                _bounded(each, scope, unknown, past, otherwise) for each in node.operands
            )
            return replace(node, operands=operands)
        case Not():
            operand = _bounded(node.operand, scope, unknown, past, not otherwise)
            return replace(node, operand=operand)
    if any(_rests_on(each, scope, unknown, past) for each in walk(node)):
        return Constant(type=FieldType.BOOL, value=otherwise, span=node.span)
    return node


def _rests_on(node: Node, scope: str, unknown: frozenset[str], past: frozenset[str]) -> bool:
    match node:
        case FieldUse():
            name = node.field.name
            looks_back = any(depends_on(scope, name, each) for each in ("_settle", "_remaining"))
            return not attributes(scope, name).isdisjoint(past if looks_back else unknown)
        case Past():
            return not attributes(scope, node.field.name).isdisjoint(past)
        case Usual():
            return not unknown.isdisjoint(_WHOSE_BASELINE)
        case _:
            return False


_WHOSE_BASELINE = frozenset({"sender", "message_type", "created_at", "real_start_at"})


def _named(root: Node) -> frozenset[str]:
    """The fields it names."""
    return frozenset(node.field.name for node in walk(root) if isinstance(node, FieldUse))


def _joined(node: Node) -> Iterator[Node]:
    """The parts of which every one must hold."""
    if isinstance(node, Junction) and node.operator == "and":
        for operand in node.operands:
            yield from _joined(operand)
    else:
        yield node
