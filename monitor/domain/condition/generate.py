"""Compiled conditions: Python functions generated from checked trees.

Only operators, names of our own tables and literals of checked constants get into the generated text. Nothing in it can
raise: every value that can be null, and every divisor, is guarded, and products of integers become floats before they grow.

A value is generated as an expression and the guards that must hold, in order, for it not to be null. `known` holds the
guards that are established where an expression stands, so that `sent >= 100 and sent < 500` tests `sent` once.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import cast

from monitor.domain.account import AccountView
from monitor.domain.condition.condition import Condition
from monitor.domain.condition.nodes import (
    Arithmetic,
    Call,
    Comparison,
    Constant,
    FieldUse,
    Junction,
    Matches,
    Membership,
    Negation,
    Node,
    Not,
    NullTest,
    walk,
)
from monitor.domain.event import CampaignEvent
from monitor.domain.fields import FIELDS, ingredients
from monitor.domain.receiver import ReceiverView
from monitor.domain.tracking import TrackedCampaign

BatchFunction = Callable[[Sequence[TrackedCampaign], float], list[tuple[int, TrackedCampaign]]]
EventFunction = Callable[[CampaignEvent, TrackedCampaign, float], bool]
AccountFunction = Callable[[AccountView], bool]
ReceiverFunction = Callable[[ReceiverView], bool]

_Known = frozenset[str]
_Value = tuple[list[str], str]
_FEW = 3


def compile_batch(conditions: Sequence[Condition]) -> BatchFunction:
    """One function that evaluates all these state conditions of scope campaign over many rows.

    `function(rows, now)`, `now` in Unix seconds, gives (index of the condition, row) for each that holds, in the order of
    the rows and, within a row, of the conditions. Rows are taken as they come: the caller leaves out what is not watched.
    Pure, and safe to call from several threads. ValueError for a condition of another scope or of event rules.
    """
    _demand(conditions, scope="campaign", event=False)
    code = _Code()
    tests = [f"        if {code.truth(condition.root)[0]}: _hit(({index}, _t))" for index, condition in enumerate(conditions)]
    lines = [
        "def batch(_rows, now):",
        "    _hits = []",
        "    _hit = _hits.append",
        "    for _t in _rows:",
        "        _c = _t.campaign",
    ]
    lines += [f"        {line}" for line in _loads("campaign", conditions)]
    return cast(BatchFunction, code.function("batch", [*lines, *tests, "    return _hits"]))


def compile_event(condition: Condition) -> EventFunction:
    """`function(event, tracked, now)`: whether the condition of an event rule holds at an event; `tracked` is as after it.

    The snapshot is the event's. ValueError for a condition of another scope or of state rules.
    """
    _demand([condition], scope="campaign", event=True)
    code = _Code()
    truth, _ = code.truth(condition.root)
    lines = ["def event(_e, _t, now):", "    _c = _e.campaign"]
    lines += [f"    {line}" for line in _loads("campaign", [condition])]
    return cast(EventFunction, code.function("event", [*lines, f"    return True if {truth} else False"]))


def compile_account(condition: Condition) -> AccountFunction:
    """`function(view)`: whether the condition holds for an account. ValueError for a condition of another scope."""
    return cast(AccountFunction, _of_view(condition, "account"))


def compile_receiver(condition: Condition) -> ReceiverFunction:
    """`function(view)`: whether the condition holds for a receiver. ValueError for a condition of another scope."""
    return cast(ReceiverFunction, _of_view(condition, "receiver"))


def _of_view(condition: Condition, scope: str) -> object:
    _demand([condition], scope=scope, event=False)
    code = _Code()
    truth, _ = code.truth(condition.root)
    lines = [f"def {scope}(_v):", *(f"    {line}" for line in _loads(scope, [condition]))]
    return code.function(scope, [*lines, f"    return True if {truth} else False"])


def _demand(conditions: Iterable[Condition], *, scope: str, event: bool) -> None:
    for condition in conditions:
        if condition.scope != scope or condition.event is not event:
            raise ValueError(f"not a condition of {'an event' if event else 'a state'} rule of scope {scope}: {condition.text}")


def _loads(scope: str, conditions: Iterable[Condition]) -> list[str]:
    """Assignments of every field that is read from the subject, each once."""
    named = {name for condition in conditions for name in condition.fields}
    needed = named.union(*(ingredients(scope, name) for name in named))
    return [f"{name} = {field.read}" for name, field in FIELDS[scope].items() if name in needed and field.read]


class _Code:
    """Generates expressions, and collects what they need beside literals."""

    def __init__(self) -> None:
        self._namespace: dict[str, object] = {"__builtins__": {}, "min": min, "max": max, "abs": abs, "sum": sum}
        self._divisors: dict[str, str] = {}

    def function(self, name: str, lines: Sequence[str]) -> object:
        """The function that these lines define."""
        code = compile("\n".join(lines), f"<compiled conditions: {name}>", "exec")
        exec(code, self._namespace)  # noqa: S102 (generated above from checked nodes)
        return self._namespace[name]

    def truth(self, node: Node, known: _Known = frozenset()) -> tuple[str, _Known]:
        """An expression that is true or false, and the guards that hold wherever it was true."""
        match node:
            case Junction(operator="and"):
                parts = []
                for operand in sorted(node.operands, key=_searches):
                    part, known = self.truth(operand, known)
                    parts.append(part)
                return f"({' and '.join(parts)})", known
            case Junction():
                parts = [self.truth(operand, known)[0] for operand in sorted(node.operands, key=_searches)]
                return f"({' or '.join(parts)})", known
            case Not():
                return f"(not {self.truth(node.operand, known)[0]})", known
            case NullTest():
                return self._null_test(node, known)
            case Comparison():
                guards, left = self.value(node.left)
                more, right = self.value(node.right)
                return _guarded([*guards, *more], f"{left} {node.operator} {right}", known)
            case Membership():
                guards, member = self.value(node.operand)
                test = f"{member} {'not in' if node.negated else 'in'} {_literals(node.values)}"
                return _guarded(guards, test, known)
            case Matches():
                name = f"_m{len(self._namespace)}"
                self._namespace[name] = node.search
                guards, subject = self.value(node.subject)
                return _guarded(guards, f"{name}({subject})", known)
            case _:
                return _guarded(*self.value(node), known)

    def value(self, node: Node) -> _Value:
        """The guards under which the value is not null, in order, and the value."""
        match node:
            case Constant():
                return [], repr(node.value) if not _negative(node) else f"({node.value!r})"
            case FieldUse():
                return list(node.field.conditions), node.field.made_of or node.field.name
            case Negation():
                guards, operand = self.value(node.operand)
                return guards, f"(-{operand})"
            case Call():
                found = [self.value(argument) for argument in node.arguments]
                guards = [guard for more, _ in found for guard in more]
                return guards, f"{node.function}({', '.join(value for _, value in found)})"
            case Arithmetic():
                return self._arithmetic(node)
            case _:
                # A condition as a value: a guard in it may give None or 0 for false.
                return [], f"(not not {self.truth(node)[0]})"

    def _arithmetic(self, node: Arithmetic) -> _Value:
        guards, left = self.value(node.left)
        more, right = self.value(node.right)
        guards = [*guards, *more]
        if node.operator == "/":
            if isinstance(node.right, Constant) and node.right.value:
                return guards, f"({left} / {right})"
            name = self._divisors.setdefault(right, f"_d{len(self._divisors)}")
            return [*guards, f"({name} := {right}) != 0"], f"({left} / {name})"
        if node.operator == "*":
            return guards, f"({left} * 1.0 * {right})"  # integers would grow without end
        return guards, f"({left} {node.operator} {right})"

    def _null_test(self, node: NullTest, known: _Known) -> tuple[str, _Known]:
        if isinstance(node.operand, Constant):
            return str((node.operand.type is None) is not node.negated), known
        guards, _ = self.value(node.operand)
        if node.negated:
            return _guarded(guards, "True", known)
        holds, _ = _guarded(guards, "True", known)
        return f"(not {holds})", known


def _guarded(guards: Sequence[str], test: str, known: _Known) -> tuple[str, _Known]:
    """The test behind those guards that are not known to hold."""
    missing = []
    for guard in guards:
        if guard not in known:
            missing.append(guard)
            known |= {guard, f"{guard} is not None"}  # `sent` being neither null nor 0 implies that it is not null
    return (f"({' and '.join([*missing, test])})" if missing else f"({test})"), known


def _literals(constants: Sequence[Constant]) -> str:
    """A display of constants that Python's compiler makes a constant of: a tuple of few, a set of many."""
    inside = ", ".join(repr(constant.value) for constant in constants)
    return f"({inside},)" if len(constants) <= _FEW else f"{{{inside}}}"


def _negative(constant: Constant) -> bool:
    return isinstance(constant.value, (int, float)) and constant.value < 0


def _searches(node: Node) -> bool:
    """Whether a pattern is searched for in it, which is dear: such a part goes last, since parts cannot disturb each other."""
    return any(isinstance(found, Matches) for found in walk(node))
