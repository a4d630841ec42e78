"""A checked condition as a value, and how to get one from a text."""

from collections.abc import Collection
from dataclasses import dataclass, field

from monitor.domain.condition.check import Checker
from monitor.domain.condition.doubts import doubts
from monitor.domain.condition.faults import Fault, SourceText
from monitor.domain.condition.nodes import FieldUse, Node, walk
from monitor.domain.condition.scan import parse_syntax
from monitor.domain.fields import MOVING_ACCOUNT_FIELDS, fields_of


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition that has been found right. Equal when text, scope and kind of rule are.

    `fields` are the fields it names. `warnings` are what is allowed but hardly meant. `root` is its typed tree, whose
    places (`Span`) refer to `text`.
    """

    text: str
    scope: str
    event: bool
    root: Node = field(compare=False, repr=False)
    fields: frozenset[str] = field(compare=False, repr=False)
    warnings: tuple[Fault, ...] = field(compare=False, repr=False)


def parse_condition(text: str, *, scope: str, event: bool = False, extra_statuses: Collection[str] = ()) -> Condition:
    """Read and check a condition.

    `scope` decides the fields, `event` adds those of event rules, `extra_statuses` are statuses beyond the documented ones.
    ConditionError with every fault found; whatever the text is, nothing else is raised (ValueError for a wrong scope).
    """
    fields = fields_of(scope, event=event)
    source = SourceText(text)
    tree = parse_syntax(source)
    root = Checker(source, fields, extra_statuses).condition(tree)
    names = frozenset(node.field.name for node in walk(root) if isinstance(node, FieldUse))
    return Condition(text=text, scope=scope, event=event, root=root, fields=names, warnings=doubts(root, source))


def moves_while_failing(condition: Condition) -> bool:
    """Whether an account's condition may be evaluated after a failed poll: it names a field that moves then.

    A condition that names none of them would decide on figures that are frozen.
    """
    return condition.scope == "account" and not MOVING_ACCOUNT_FIELDS.isdisjoint(condition.fields)
