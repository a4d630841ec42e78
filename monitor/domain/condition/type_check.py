"""From Python's syntax tree to the typed tree. Goes on after a fault, so that all of them are
found at once."""

import ast
from collections.abc import Collection, Mapping
from math import isfinite

from monitor.domain.condition.faults import ConditionError, ConditionFault, SourceText, TextSpan
from monitor.domain.condition.functions import Functions
from monitor.domain.condition.nodes import (
    Constant,
    FieldUse,
    Junction,
    Membership,
    Negation,
    Node,
    Not,
    Past,
)
from monitor.domain.condition.operators import Operators
from monitor.domain.condition.vocabulary import FUNCTIONS
from monitor.domain.fields.catalogue import FIELDS, Field, FieldType
from monitor.domain.safetext.did_you_mean import did_you_mean

FOREIGN_OPERATORS: dict[type[ast.AST], tuple[str, str | None]] = {
    ast.Pow: ("**", None),
    ast.Mod: ("%", "ratios are written as 0.8 for 80 %"),
    ast.FloorDiv: ("//", "write /"),
    ast.BitAnd: ("&", "write and"),
    ast.BitOr: ("|", "write or"),
    ast.BitXor: ("^", None),
    ast.LShift: ("<<", None),
    ast.RShift: (">>", None),
    ast.MatMult: ("@", None),
    ast.Invert: ("~", "write not"),
    ast.UAdd: ("+ as a sign", "leave it out"),
    ast.Is: ("is", "write =="),
    ast.IsNot: ("is not", "write !="),
}
FOREIGN: dict[type[ast.expr], tuple[str, str | None]] = {
    ast.IfExp: ("if … else", "join conditions with and, or, not"),
    ast.Lambda: ("lambda", None),
    ast.NamedExpr: (":=", None),
    ast.JoinedStr: ("an f-text", None),
    ast.ListComp: ("a comprehension", None),
    ast.SetComp: ("a comprehension", None),
    ast.DictComp: ("a comprehension", None),
    ast.GeneratorExp: ("a comprehension", None),
    ast.Subscript: ("an index", None),
    ast.Starred: ("*", None),
    ast.Dict: ("{…}", "lists are written [a, b]"),
    ast.Set: ("{…}", "lists are written [a, b]"),
}


_LARGEST = 2**53
_ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
}
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip


class Checker:
    """Checks one condition against the fields it may name."""

    def __init__(
        self, source: SourceText, fields: Mapping[str, Field], extra_statuses: Collection[str]
    ) -> None:
        self._source = source
        self._fields = fields
        self._faults: list[ConditionFault] = []
        self._operators = Operators(source, extra_statuses, self._faults)
        self._functions = Functions(source, self._operators)

    def condition(self, root: ast.expr) -> Node:
        """The typed tree of the whole. ConditionError with every fault found."""
        node = self._truth(root, "the condition must be true or false")
        if self._faults or node is None:
            raise ConditionError(self._faults)
        return node

    def _refuse(self, message: str, where: ast.expr | TextSpan, hint: str | None = None) -> None:
        span = where if isinstance(where, TextSpan) else self._source.span_of(where)
        self._faults.append(ConditionFault(message, span, hint))

    def _truth(self, tree: ast.expr, demand: str) -> Node | None:
        """Something that is true or false."""
        node = self._value(tree)
        if node is None or node.type is FieldType.BOOL:
            return node
        shown = self._source.shown(node.span)
        hint = None
        if isinstance(node, Constant) and isinstance(node.value, str):
            hint = f"to compare with one of several texts write in [..., {shown}]"
        elif isinstance(node, FieldUse):
            hint = f"compare it with something, as in {shown} != null"
        self._refuse(
            f"{demand}; {shown} is {'null' if node.type is None else f'a {node.type}'}", tree, hint
        )
        return None

    def _value(self, tree: ast.expr) -> Node | None:
        """Anything with a value; None when a fault was found in it."""
        match tree:
            case ast.Constant():
                return self._constant(tree)
            case ast.Name():
                return self._name(tree)
            case ast.UnaryOp():
                return self._unary(tree)
            case ast.BinOp():
                return self._binary(tree)
            case ast.BoolOp():
                return self._junction(tree)
            case ast.Compare():
                return self._compare(tree)
            case ast.Call():
                return self._call(tree)
            case ast.List() | ast.Tuple():
                self._refuse(
                    "a list can only stand right of in",
                    tree,
                    "write in [a, b]; conditions are joined with and, or",
                )
            case ast.Attribute():
                known = tree.attr in self._fields
                self._refuse(
                    "fields of fields do not exist", tree, f"write {tree.attr}" if known else None
                )
            case _:
                what, hint = FOREIGN.get(type(tree), ("this", None))
                self._refuse(f"{what} is not part of the language", tree, hint)
        return None

    def _constant(self, tree: ast.Constant) -> Constant | None:
        value, span = tree.value, self._source.span_of(tree)
        if isinstance(value, bool) or value is None:
            written = {True: "true", False: "false", None: "null"}[value]
            self._refuse(f"{value} is Python's way of writing it", span, f"write {written}")
        elif isinstance(value, str):
            return Constant(type=FieldType.TEXT, value=value, span=span)
        elif isinstance(value, (int, float)):
            if isfinite(value) and abs(value) <= _LARGEST:
                return Constant(type=FieldType.NUMBER, value=value, span=span)
            self._refuse("the number is too large", span, f"{_LARGEST} is the most")
        else:
            self._refuse(f"{self._source.shown(span)} is neither a number nor a text", span)
        return None

    def _name(self, tree: ast.Name) -> Node | None:
        span = self._source.span_of(tree)
        if tree.id == "null":
            return Constant(type=None, value=None, span=span)
        if tree.id in ("true", "false"):
            return Constant(type=FieldType.BOOL, value=tree.id == "true", span=span)
        if tree.id in self._fields:
            return FieldUse(field=self._fields[tree.id], span=span)
        self._refuse(f'there is no field "{tree.id[:80]}"', span, self._other_name(tree.id))
        return None

    def _other_name(self, name: str) -> str | None:
        if name in FUNCTIONS:
            return f"it is a function: write {name}(…)"
        homes = [scope for scope, fields in FIELDS.items() if name in fields]
        if homes and FIELDS[homes[0]][name].event_only:
            return "only event rules know it: those with on:"
        if homes:
            return f"it is a field of scope {' and '.join(homes)}"
        return did_you_mean(name, (*self._fields, "null", "true", "false"))

    def _unary(self, tree: ast.UnaryOp) -> Node | None:
        span = self._source.span_of(tree)
        if isinstance(tree.op, ast.Not):
            truth = self._truth(tree.operand, "not wants something true or false")
            return None if truth is None else Not(operand=truth, span=span)
        if not isinstance(tree.op, ast.USub):
            self._foreign_operator(tree.op, self._source.span_of(tree))
            return None
        operand = self._value(tree.operand)
        if operand is None:
            return None
        if (
            isinstance(operand, Constant)
            and operand.type is FieldType.NUMBER
            and isinstance(operand.value, (int, float))
        ):
            return Constant(type=FieldType.NUMBER, value=-operand.value, span=span)
        if operand.type is FieldType.NUMBER or operand.type is FieldType.DURATION:
            return Negation(type=operand.type, operand=operand, span=span)
        self._refuse(
            f"{self._source.shown(operand.span)} cannot have a minus sign: it is "
            f"{operand.type or 'null'}",
            span,
        )
        return None

    def _binary(self, tree: ast.BinOp) -> Node | None:
        left, right = self._value(tree.left), self._value(tree.right)
        operator = _ARITHMETIC.get(type(tree.op))
        if operator is None:
            self._foreign_operator(tree.op, self._source.span_of(tree))
            return None
        if left is None or right is None:
            return None
        return self._operators.arithmetic(operator, left, right, self._source.span_of(tree))

    def _foreign_operator(self, operator: ast.AST, span: TextSpan) -> None:
        what, hint = FOREIGN_OPERATORS.get(type(operator), ("this operator", None))
        self._refuse(f"{what} is not part of the language", span, hint)

    def _junction(self, tree: ast.BoolOp) -> Node | None:
        word = "and" if isinstance(tree.op, ast.And) else "or"
        operands = [
            self._truth(operand, f"{word} wants something true or false on each side")
            for operand in tree.values
        ]
        found = [operand for operand in operands if operand is not None]
        if len(found) < len(operands):
            return None
        return Junction(operator=word, operands=tuple(found), span=self._source.span_of(tree))

    def _compare(self, tree: ast.Compare) -> Node | None:
        """One comparison, or a chain of them as an `and` of its pairs."""
        if any(isinstance(operator, (ast.In, ast.NotIn)) for operator in tree.ops):
            if len(tree.ops) == 1:
                return self._membership(tree)
            self._refuse("in cannot stand in a chain of comparisons", tree, "join them with and")
            return None
        trees = [tree.left, *tree.comparators]
        values = [self._value(side) for side in trees]
        pairs = [
            self._pair(operator, (values[i], trees[i]), (values[i + 1], trees[i + 1]))
            for i, operator in enumerate(tree.ops)
        ]
        found = [pair for pair in pairs if pair is not None]
        if len(found) < len(pairs):
            return None
        return (
            found[0]
            if len(found) == 1
            else Junction(operator="and", operands=tuple(found), span=self._source.span_of(tree))
        )

    def _pair(
        self,
        operator: ast.cmpop,
        left: tuple[Node | None, ast.expr],
        right: tuple[Node | None, ast.expr],
    ) -> Node | None:
        span = self._source.between(self._source.span_of(left[1]), self._source.span_of(right[1]))
        written = _COMPARISONS.get(type(operator))
        if written is None:
            self._foreign_operator(operator, span)
            return None
        if left[0] is None or right[0] is None:
            return None
        return self._operators.comparison(written, left[0], right[0], span)

    def _membership(self, tree: ast.Compare) -> Node | None:
        right, negated = tree.comparators[0], isinstance(tree.ops[0], ast.NotIn)
        operand = self._value(tree.left)
        if not isinstance(right, ast.List):
            searched = isinstance(right, ast.Name) and right.id in self._fields
            hint = (
                f'to search in a text write matches({right.id}, "…")'
                if searched and isinstance(right, ast.Name)
                else None
            )
            self._refuse("in wants a list on its right", right, hint or 'write it as ["a", "b"]')
            return None
        values = [self._listed(element, operand) for element in right.elts]
        if not values:
            self._refuse("the list is empty", right)
        found = tuple(value for value in values if value is not None)
        if operand is None or not values or len(found) < len(values):
            return None
        if operand.type in (None, FieldType.BOOL):
            self._refuse(
                "in wants a number, a text, a duration or a time on its left", operand.span
            )
            return None
        return Membership(
            operand=operand, values=found, negated=negated, span=self._source.span_of(tree)
        )

    def _listed(self, tree: ast.expr, operand: Node | None) -> Constant | None:
        """One constant of a list, of the operand's type."""
        value = self._value(tree)
        if value is None:
            return None
        if not isinstance(value, Constant):
            unquoted = None if operand is None else self._operators.unquoted(operand, value)
            self._refuse(
                "a list holds constants only", tree, unquoted or "join comparisons with or"
            )
            return None
        if value.type is None:
            self._refuse("null cannot stand in a list", tree, "test for it with == null")
            return None
        if operand is None:
            return value
        fitted = self._operators.fit(value, operand.type)
        if not isinstance(fitted, Constant):
            return None
        if fitted.type is not operand.type and operand.type is not None:
            self._refuse(
                f"the list holds a {fitted.type}, but {self._source.shown(operand.span)} is a "
                f"{operand.type}",
                tree,
            )
            return None
        if isinstance(operand, (FieldUse, Past)):
            self._operators.check_word(operand.field, fitted)
        return fitted

    def _call(self, tree: ast.Call) -> Node | None:
        span, name = (
            self._source.span_of(tree),
            tree.func.id if isinstance(tree.func, ast.Name) else None,
        )
        if name is None or name not in FUNCTIONS:
            hint = (
                did_you_mean(name, FUNCTIONS)
                if name
                else 'to search in a text write matches(name, "…")'
            )
            what = f'"{name[:80]}"' if name else self._source.shown(self._source.span_of(tree.func))
            self._refuse(
                f"there is no function {what}",
                tree.func,
                hint or f"there are {', '.join(FUNCTIONS)}",
            )
            return None
        if tree.keywords:
            self._refuse(f"{name} takes no named arguments", tree)
            return None
        found = [self._value(argument) for argument in tree.args]
        arguments = [argument for argument in found if argument is not None]
        return self._functions.call(name, arguments, span) if len(arguments) == len(found) else None
