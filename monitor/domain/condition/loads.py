"""What a compiled function reads from its subject before its tests: every field once, and once more for each other frame.

A frame is another view of the same fields: what they were some time ago, or what they are by another `settle`. Its names bear a
suffix, so that one function can hold the conditions of many rules.
"""

import ast
from collections.abc import Collection, Iterable, Sequence
from functools import cache

from monitor.domain.condition.condition import Condition
from monitor.domain.condition.nodes import Past, walk
from monitor.domain.field import Field
from monitor.domain.fields import FIELDS, depends_on, ingredients
from monitor.domain.history import shown_at
from monitor.domain.settle import Settle


class Loads:
    """The assignments that the conditions of one function need."""

    def __init__(self, scope: str, conditions: Sequence[Condition]) -> None:
        self._scope = scope
        self._settles: dict[Settle, str] = {}
        self._pasts: dict[float, str] = {}
        self.namespace: dict[str, object] = {"_shown_at": shown_at}
        self.lines: list[str] = []
        self._read_present(conditions)
        self._read_by_settle(conditions)
        self._read_past(conditions)

    def present(self, field: Field, settle: Settle) -> tuple[list[str], str]:
        """The guards under which the field is not null, in order, and its value, as expressions over what was loaded."""
        if not depends_on(self._scope, field.name, "_settle"):
            return list(field.conditions), field.made_of or field.name
        return self._framed(field, self._settling(), self._settles[settle])

    def past(self, node: Past) -> tuple[list[str], str]:
        """The same for what a field was."""
        suffix = self._pasts[node.seconds]
        guards, value = self._framed(node.field, _all_of(self._scope, node.field.name), suffix)
        return [f"_shown{suffix} is not None", *guards], value

    def _framed(self, field: Field, names: Collection[str], suffix: str) -> tuple[list[str], str]:
        guards = [_renamed(guard, frozenset(names), suffix) for guard in field.conditions]
        return guards, _renamed(field.made_of or field.name, frozenset(names), suffix)

    def _settling(self) -> frozenset[str]:
        return frozenset(name for name in FIELDS[self._scope] if depends_on(self._scope, name, "_settle"))

    def _read_present(self, conditions: Iterable[Condition]) -> None:
        named = {name for condition in conditions for name in condition.fields}
        needed = named.union(*(ingredients(self._scope, name) for name in named))
        if any(depends_on(self._scope, name, "_d") for name in named):
            self.lines.append("_d = _t.detail")
        self.lines += [
            f"{name} = {field.read}"
            for name, field in FIELDS[self._scope].items()
            if name in needed and field.read and not depends_on(self._scope, name, "_settle")
        ]

    def _read_by_settle(self, conditions: Iterable[Condition]) -> None:
        for condition in conditions:
            wanted = [name for name in condition.fields if depends_on(self._scope, name, "_settle")]
            if not wanted or condition.settle in self._settles:
                continue
            suffix = self._settles[condition.settle] = f"__s{len(self._settles)}"
            self.namespace[f"_settle{suffix}"] = condition.settle
            for name, field in FIELDS[self._scope].items():
                if field.read and depends_on(self._scope, name, "_settle"):
                    self.lines.append(f"{name}{suffix} = {_renamed(field.read, frozenset({'_settle'}), suffix)}")

    def _read_past(self, conditions: Iterable[Condition]) -> None:
        loaded: set[str] = set()
        for node in (node for condition in conditions for node in walk(condition.root) if isinstance(node, Past)):
            if node.seconds not in self._pasts:
                suffix = self._pasts[node.seconds] = f"__p{len(self._pasts)}"
                self.lines.append(f"_shown{suffix} = _shown_at(_t, now - {node.seconds!r})")
            suffix = self._pasts[node.seconds]
            for name in sorted(_all_of(self._scope, node.field.name)):
                if FIELDS[self._scope][name].read and name + suffix not in loaded:
                    loaded.add(name + suffix)
                    self.lines.append(f"{name}{suffix} = None if _shown{suffix} is None else _shown{suffix}.{name}")


def _all_of(scope: str, name: str) -> frozenset[str]:
    return ingredients(scope, name) | {name}


@cache
def _renamed(expression: str, names: frozenset[str], suffix: str) -> str:
    """The expression with a suffix on these names."""
    tree = ast.parse(expression, mode="eval")
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in names:
            node.id += suffix
    return f"({ast.unparse(tree)})" if not isinstance(tree.body, ast.Name) else ast.unparse(tree)
