"""What a compiled function reads from its subject: every field once before its tests, expensive
values only when a test needs them.

A frame is another view of the same fields: what they were some time ago, or with another `settle`.
Its names have a suffix, so that one function can hold the conditions of many rules. Expensive
values (the past, bounds) begin as `_unset` for each row, and the first test that needs one computes
it: most rows fail an earlier, cheap test.
"""

import ast
from collections.abc import Sequence
from functools import cache

from monitor.domain.campaign.figures import Settle
from monitor.domain.campaign.history import shown_at
from monitor.domain.condition.checked import Condition
from monitor.domain.condition.nodes import Past
from monitor.domain.fields.catalogue import FIELDS, depends_on, ingredients
from monitor.domain.fields.field import Field

Value = tuple[list[str], str]
"""The guards under which a value is not null, in order, and the value, as expressions over what
was loaded."""


class Loads:
    """The assignments that the conditions of one function need, and how its tests get at what
    they name."""

    def __init__(self, scope: str, conditions: Sequence[Condition]) -> None:
        self._scope = scope
        self._settles: dict[Settle, str] = {}
        self._pasts: dict[float, str] = {}
        self._lazy: dict[str, None] = {}
        self.namespace: dict[str, object] = {"_shown_at": shown_at, "_unset": object()}
        named = {name for condition in conditions for name in condition.fields}
        needed = named.union(*(ingredients(scope, name) for name in named))
        self._read = (
            ["_d = _t.detail"] if any(depends_on(scope, name, "_d") for name in named) else []
        )
        self._read += [
            f"{name} = {field.read}"
            for name, field in FIELDS[scope].items()
            if name in needed and field.read and not depends_on(scope, name, "_settle")
        ]

    @property
    def lines(self) -> list[str]:
        """The assignments before the tests. Complete once every test has been generated."""
        return [*self._read, *(f"{name} = _unset" for name in self._lazy)]

    def present(self, field: Field, settle: Settle) -> Value:
        """What a field is now, by a rule's `settle`."""
        if not depends_on(self._scope, field.name, "_settle"):
            return list(field.conditions), field.made_of or field.name
        suffix = self._settles.setdefault(settle, f"__s{len(self._settles)}")
        self.namespace[f"_settle{suffix}"] = settle
        read = next(
            each
            for each in FIELDS[self._scope].values()
            if each.read and depends_on(self._scope, each.name, "_settle")
        )
        ensured = self._once(
            read.name + suffix, _renamed(read.read, frozenset({"_settle"}), suffix)
        )
        settling = frozenset(
            name for name in FIELDS[self._scope] if depends_on(self._scope, name, "_settle")
        )
        guards = [
            f"{ensured} is not None",
            *(_renamed(guard, settling, suffix) for guard in field.conditions),
        ]
        if not field.made_of:
            return guards, field.name + suffix
        value = _renamed(field.made_of, settling, suffix)
        return guards, self._once(field.name + suffix, value) if _calls(field.made_of) else value

    def past(self, node: Past) -> Value:
        """What a field was some time ago."""
        suffix = self._pasts.setdefault(node.seconds, f"__p{len(self._pasts)}")
        shown = f"_shown{suffix}"
        guards = [f"{self._once(shown, f'_shown_at(_t, now - {node.seconds!r})')} is not None"]
        names = frozenset(ingredients(self._scope, node.field.name) | {node.field.name})
        guards += [_attributes(guard, names, shown) for guard in node.field.conditions]
        return guards, _attributes(node.field.made_of or node.field.name, names, shown)

    def _once(self, name: str, value: str) -> str:
        """An expression for a value that is worked out when it is first asked for of a row."""
        self._lazy[name] = None
        return f"({name} if {name} is not _unset else ({name} := {value}))"


@cache
def _renamed(expression: str, names: frozenset[str], suffix: str) -> str:
    """The expression with a suffix on these names."""
    tree = ast.parse(expression, mode="eval")
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in names:
            node.id += suffix
    return _written(tree)


@cache
def _attributes(expression: str, names: frozenset[str], owner: str) -> str:
    """The expression with these names read from `owner`."""

    class Reading(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return (
                ast.Attribute(ast.Name(owner, ast.Load()), node.id, ast.Load())
                if node.id in names
                else node
            )

    tree = ast.parse(expression, mode="eval")
    return _written(ast.Expression(Reading().visit(tree.body)))


@cache
def _calls(expression: str) -> bool:
    return isinstance(ast.parse(expression, mode="eval").body, ast.Call)


def _written(tree: ast.Expression) -> str:
    return (
        ast.unparse(tree)
        if isinstance(tree.body, ast.Name | ast.Attribute)
        else f"({ast.unparse(tree)})"
    )
