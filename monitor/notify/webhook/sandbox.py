"""Jinja2 for a webhook's body: what may stand in a template, and an environment in which it
reaches plain data alone."""

from collections.abc import Collection, Iterator
from html import escape
from typing import Any

import jinja2
import jinja2.filters
import jinja2.tests
import msgspec
from jinja2 import nodes
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import SandboxedEnvironment

from monitor.domain.safetext.did_you_mean import did_you_mean
from monitor.domain.texts.formatting import FILTERS as FIGURES
from monitor.domain.texts.formatting import NULL, Null, calculate, is_null, printed

LONGEST_OUTPUT = 1_000_000
"""Characters."""
DEEPEST_LOOP = 2

_MOST_NODES = 2_000
_LOOP = frozenset({"index", "index0", "first", "last", "length", "revindex", "revindex0"})
_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr,
    nodes.Getitem, nodes.Filter,
    nodes.Test, nodes.If, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or,
    nodes.Not, nodes.Add, nodes.Sub,
    nodes.Mul, nodes.Div, nodes.Neg, nodes.Concat, nodes.List, nodes.Keyword, nodes.For,
    nodes.Tuple, nodes.Slice, nodes.Dict,
    nodes.Pair,
)  # fmt: skip
_FOREIGN: dict[type[nodes.Node], str] = {
    nodes.Call: "a call",
    nodes.Assign: "{% set %}",
    nodes.AssignBlock: "{% set %}",
    nodes.With: "{% with %}",
    nodes.Macro: "a macro",
    nodes.Include: "{% include %}",
    nodes.Import: "{% import %}",
    nodes.FromImport: "{% import %}",
    nodes.Extends: "{% extends %}",
    nodes.Block: "{% block %}",
    nodes.Pow: "**",
    nodes.Mod: "%",
    nodes.FloorDiv: "//",
}


class Lenient(dict[str, str]):
    """Labels or annotations: one that is not there is empty."""


def tojson(value: object) -> str:
    """The value as JSON, quotes included."""
    return msgspec.json.encode(_plain(value)).decode()


def _plain(value: object) -> object:
    match value:
        case jinja2.Undefined():
            return str(value)  # raises, with the name
        case Null():
            return None
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case str() | bool() | int() | None:
            return value
        case float():
            return float(value)
        case _:
            return [_plain(item) for item in value] if isinstance(value, Iterator) else str(value)


def _default(value: object, fallback: object = "") -> object:
    """The value, or `fallback` when it is null or not there."""
    return fallback if isinstance(value, jinja2.Undefined) or is_null(value) else value


def _replace(value: object, old: str, new: str) -> str:
    text = str(value).replace(str(old), str(new))
    if len(text) > LONGEST_OUTPUT:
        raise ValueError("replace makes the text too long")
    return text


FILTERS: dict[str, Any] = {
    **FIGURES,
    **{
        name: jinja2.filters.FILTERS[name]
        for name in (
            "count", "dictsort", "first", "float", "int", "join", "last", "length", "list", "map",
            "reject", "rejectattr",
            "select", "selectattr", "sort", "string", "trim", "unique", "urlencode",
        )
    },
    "default": _default,
    "e": lambda value: escape(str(value)),
    "escape": lambda value: escape(str(value)),
    "replace": _replace,
    "tojson": tojson,
}  # fmt: skip
TESTS: dict[str, Any] = {
    **{
        name: jinja2.tests.TESTS[name]
        for name in ("defined", "undefined", "eq", "equalto", "ne", "gt", "ge", "lt", "le", "in")
    },
    "none": is_null,
    "null": is_null,
}


class _Environment(SandboxedEnvironment):
    """Looks things up in dicts and lists alone: no attribute or method of a Python object can be
    reached."""

    intercepted_binops = frozenset({"+", "-", "*", "/"})
    intercepted_unops = frozenset({"-"})

    def getattr(self, obj: object, attribute: str) -> object:
        return self._member(obj, attribute)

    def getitem(self, obj: object, argument: object) -> object:
        return self._member(obj, argument)

    # theirs
    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:  # noqa: ARG002
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return left + right
        return calculate(operator, left, right)

    # theirs
    def call_unop(self, context: Context, operator: str, arg: object) -> object:  # noqa: ARG002
        return calculate("-", 0, arg)

    def _member(self, obj: object, name: object) -> object:
        match obj:
            case Lenient():
                return obj.get(str(name), "")
            case dict() if name in obj:
                return obj[name]
            case list() | tuple() | str() if isinstance(name, int) and -len(obj) <= name < len(obj):
                return obj[name]
            case LoopContext() if name in _LOOP:
                return getattr(obj, str(name))
        return self.undefined(obj=obj, name=str(name))


def _environment() -> _Environment:
    environment = _Environment(
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        finalize=printed,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.clear()
    environment.globals["null"] = NULL
    environment.filters = FILTERS
    environment.tests = TESTS
    return environment


ENVIRONMENT = _environment()


def faults(tree: nodes.Template, names: Collection[str]) -> Iterator[tuple[int, str]]:
    """Everything wrong with a parsed template that may use these names, each with its line."""
    known = {*names, "null", "loop"}
    known |= {node.name for node in tree.find_all(nodes.Name) if node.ctx == "store"}
    waiting: list[tuple[nodes.Node, int]] = [(tree, 0)]
    count = 0
    while waiting:
        node, loops = waiting.pop()
        count += 1
        loops += isinstance(node, nodes.For)
        line = node.lineno or 1
        if count > _MOST_NODES:
            yield line, "it is too large"
            return
        if not isinstance(node, _ALLOWED):
            yield (
                line,
                (
                    f"{_FOREIGN.get(type(node), type(node).__name__.lower())} cannot stand in a "
                    "body's template"
                ),
            )
            continue
        if isinstance(node, nodes.For) and (node.recursive or loops > DEEPEST_LOOP):
            yield line, f"loops may be {DEEPEST_LOOP} deep and not recursive"
        if isinstance(node, nodes.Name) and node.name not in known:
            yield line, f'there is no "{node.name[:80]}"{_hint(node.name, known)}'
        if isinstance(node, nodes.Filter) and node.name not in FILTERS:
            yield line, f'there is no filter "{node.name[:80]}"{_hint(node.name, set(FILTERS))}'
        if isinstance(node, nodes.Test) and node.name not in TESTS:
            yield line, f'there is no test "{node.name[:80]}"{_hint(node.name, set(TESTS))}'
        waiting.extend((child, loops) for child in node.iter_child_nodes())


def _hint(word: str, known: set[str]) -> str:
    hint = did_you_mean(word, known)
    return f" ({hint})" if hint else ""
