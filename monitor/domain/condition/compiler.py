"""Compiled conditions: Python functions generated from checked trees.

Only operators, names of our own tables and literals of checked constants get into the generated
text. Nothing in it can raise: every value that can be null, and every divisor, is guarded, and
products of integers become floats before they grow.

A value is generated as an expression and the guards that must hold, in order, for it not to be
null. `known` holds the guards that are established where an expression stands, so that `sent >=
100 and sent < 500` tests `sent` once.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol, cast

from monitor.domain.campaign.account import AccountView
from monitor.domain.campaign.baseline import BaselineSpan
from monitor.domain.campaign.event import CampaignEvent
from monitor.domain.campaign.figures import Settle
from monitor.domain.campaign.receiver_view import ReceiverView
from monitor.domain.campaign.sender import SenderView
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.condition.checked import Condition
from monitor.domain.condition.loads import Loads
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
    walk,
)
from monitor.domain.condition.patterns import compile_pattern
from monitor.domain.fields.catalogue import (
    FUNCTIONS_OF_FIELDS,
    NOTHING_SPECIAL,
    Surroundings,
    depends_on,
)


class BatchFunction(Protocol):
    """State conditions of scope campaign, over many rows."""

    def __call__(
        self, rows: Sequence[TrackedCampaign], now: float, around: Surroundings = ..., /
    ) -> list[tuple[int, TrackedCampaign]]: ...


class EventFunction(Protocol):
    """The condition of an event rule, at one event."""

    def __call__(
        self,
        event: CampaignEvent,
        tracked: TrackedCampaign,
        now: float,
        around: Surroundings = ...,
        /,
    ) -> bool: ...


class AccountFunction(Protocol):
    """A condition on an account."""

    def __call__(self, view: AccountView, around: Surroundings = ..., /) -> bool: ...


class SenderFunction(Protocol):
    """A condition on a sender."""

    def __call__(self, view: SenderView, around: Surroundings = ..., /) -> bool: ...


class ReceiverFunction(Protocol):
    """A condition on a receiver."""

    def __call__(self, view: ReceiverView, around: Surroundings = ..., /) -> bool: ...


_Known = frozenset[str]
_Value = tuple[list[str], str]
_FEW = 3
_WHOSE = {
    "campaign": "_c.message_type, _c.sender, _c.created_at if _c.real_start_at is None else "
    "_c.real_start_at",
    "sender": "_v.message_type, _v.sender, _v.now.timestamp()",
}
"""Whose baseline a condition of the scope asks for: message type, sender, and a moment of the
hour of the week."""


def compile_batch(conditions: Sequence[Condition]) -> BatchFunction:
    """One function that evaluates all these state conditions of scope campaign over many rows.

    `function(rows, now, around)`, `now` in Unix seconds, gives (index of the condition, row) for
    each that holds, in the order of the rows and, within a row, of the conditions. Rows are
    taken as they come: the caller leaves out what is not watched. Pure, and safe to call from
    several threads. ValueError for a condition of another scope or of event rules.
    """
    _demand(conditions, scope="campaign", event=False)
    code = _Code("campaign", conditions)
    tests = [
        f"        if {code.condition(condition)}: _hit(({index}, _t))"
        for index, condition in enumerate(conditions)
    ]
    lines = [
        "def batch(_rows, now, _a=_nothing_special):",
        "    _hits = []",
        "    _hit = _hits.append",
        "    for _t in _rows:",
        "        _c = _t.campaign",
    ]
    lines += [f"        {line}" for line in code.loads.lines]
    return cast(BatchFunction, code.function("batch", [*lines, *tests, "    return _hits"]))


def compile_event(condition: Condition) -> EventFunction:
    """`function(event, tracked, now, around)`: whether the condition of an event rule holds at
    an event.

    `tracked` is as after it, the snapshot is the event's. ValueError for a condition of another
    scope or of state rules.
    """
    _demand([condition], scope="campaign", event=True)
    code = _Code("campaign", [condition])
    truth = code.condition(condition)
    lines = ["def event(_e, _t, now, _a=_nothing_special):", "    _c = _e.campaign"]
    lines += [f"    {line}" for line in code.loads.lines]
    return cast(
        EventFunction, code.function("event", [*lines, f"    return True if {truth} else False"])
    )


def compile_account(condition: Condition) -> AccountFunction:
    """`function(view, around)`: whether the condition holds for an account. ValueError for a
    condition of another scope."""
    return cast(AccountFunction, _of_view(condition, "account"))


def compile_sender(condition: Condition) -> SenderFunction:
    """`function(view, around)`: whether the condition holds for a sender. ValueError for a
    condition of another scope."""
    return cast(SenderFunction, _of_view(condition, "sender"))


def compile_receiver(condition: Condition) -> ReceiverFunction:
    """`function(view, around)`: whether the condition holds for a receiver. ValueError for a
    condition of another scope."""
    return cast(ReceiverFunction, _of_view(condition, "receiver"))


def _of_view(condition: Condition, scope: str) -> object:
    _demand([condition], scope=scope, event=False)
    code = _Code(scope, [condition])
    truth = code.condition(condition)
    lines = [
        f"def {scope}(_v, _a=_nothing_special):",
        *(f"    {line}" for line in code.loads.lines),
    ]
    return code.function(scope, [*lines, f"    return True if {truth} else False"])


def _demand(conditions: Iterable[Condition], *, scope: str, event: bool) -> None:
    for condition in conditions:
        if condition.scope != scope or condition.event is not event:
            raise ValueError(
                f"not a condition of {'an event' if event else 'a state'} rule of scope {scope}: "
                f"{condition.text}"
            )


class _Code:
    """Generates expressions, and collects what they need beside literals."""

    def __init__(self, scope: str, conditions: Sequence[Condition]) -> None:
        self.loads = Loads(scope, conditions)
        self._settle: Settle
        self._namespace: dict[str, object] = {
            "__builtins__": {},
            "abs": abs,
            "_nothing_special": NOTHING_SPECIAL,
            **FUNCTIONS_OF_FIELDS,
        }
        self._divisors: dict[str, str] = {}
        self._usual: dict[tuple[str, BaselineSpan], str] = {}
        self._scope = scope

    def function(self, name: str, lines: Sequence[str]) -> object:
        """The function that these lines define."""
        code = compile("\n".join(lines), f"<compiled conditions: {name}>", "exec")
        self._namespace |= self.loads.namespace
        exec(code, self._namespace)  # noqa: S102 (generated above from checked nodes)
        return self._namespace[name]

    def condition(self, condition: Condition) -> str:
        """An expression that is true or false; one of the conditions that this was made for."""
        self._settle = condition.settle
        return self.truth(condition.root)[0]

    def truth(self, node: Node, known: _Known = frozenset()) -> tuple[str, _Known]:
        """An expression that is true or false, and the guards that hold wherever it was true."""
        match node:
            case Junction(operator="and"):
                parts = []
                for operand in sorted(node.operands, key=self._dearness):
                    part, known = self.truth(operand, known)
                    parts.append(part)
                return f"({' and '.join(parts)})", known
            case Junction():
                parts = [
                    self.truth(operand, known)[0]
                    for operand in sorted(node.operands, key=self._dearness)
                ]
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
                self._namespace[name] = compile_pattern(node.pattern)
                guards, subject = self.value(node.subject)
                return _guarded(guards, f"{name}({subject})", known)
            case _:
                return _guarded(*self.value(node), known)

    def _dearness(self, node: Node) -> int:
        """Put expensive parts last, as parts cannot affect each other: looking into the past, and
        above all patterns."""
        parts = list(walk(node))
        if any(isinstance(part, Matches) for part in parts):
            return 2
        past = any(isinstance(part, (Past, Usual)) for part in parts)
        names = (part.field.name for part in parts if isinstance(part, FieldUse))
        return int(past or any(depends_on(self._scope, name, "_settle") for name in names))

    def value(self, node: Node) -> _Value:
        """The guards under which the value is not null, in order, and the value."""
        match node:
            case Constant():
                return [], repr(node.value) if not _negative(node) else f"({node.value!r})"
            case FieldUse():
                return self.loads.present(node.field, self._settle)
            case Past():
                return self.loads.past(node)
            case Usual():
                name = self._usual.setdefault((node.field.name, node.over), f"_b{len(self._usual)}")
                ask = (
                    f"_a.baselines.of({node.field.name!r}, {tuple(node.over)!r}, "
                    f"{_WHOSE[self._scope]})"
                )
                return [f"({name} := {ask}) is not None"], name
            case Negation():
                guards, operand = self.value(node.operand)
                return guards, f"(-{operand})"
            case FunctionCall():
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
            known |= {
                guard,
                f"{guard} is not None",
            }  # `sent` being neither null nor 0 implies that it is not null
    return (f"({' and '.join([*missing, test])})" if missing else f"({test})"), known


def _literals(constants: Sequence[Constant]) -> str:
    """A display of constants that Python's compiler makes a constant of: a tuple of few, a set
    of many."""
    inside = ", ".join(repr(constant.value) for constant in constants)
    return f"({inside},)" if len(constants) <= _FEW else f"{{{inside}}}"


def _negative(constant: Constant) -> bool:
    return isinstance(constant.value, (int, float)) and constant.value < 0
