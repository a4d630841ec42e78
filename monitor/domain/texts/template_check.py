"""What a template may contain: an explicit list of Jinja2's nodes, the names of its scope, and
our filters."""

import inspect
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from jinja2 import nodes

from monitor.domain.condition.faults import Span
from monitor.domain.safetext.did_you_mean import did_you_mean
from monitor.domain.texts.formatting import FILTERS, TESTS
from monitor.errors import MonitorError

_MOST_NODES = 500
_DEEPEST = 40

_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr,
    nodes.Getitem, nodes.Filter,
    nodes.Test, nodes.If, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or,
    nodes.Not, nodes.Add, nodes.Sub,
    nodes.Mul, nodes.Div, nodes.Neg, nodes.Concat, nodes.List, nodes.Keyword,
)  # fmt: skip
_FOREIGN: dict[type[nodes.Node], str] = {
    nodes.For: "a loop ({% for %})",
    nodes.Call: "a call",
    nodes.Assign: "{% set %}",
    nodes.AssignBlock: "{% set %}",
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
_HINTS = {
    "looking for the following tags": "end it with {% endif %}",
    "unexpected end of template": "a value is closed with }}, a tag with %}",
    "unexpected '}'": "a value is closed with }}",
    "unexpected char '$'": "a label is written {{ labels.team }}, a field {{ sent }}",
    "unexpected '.'": "a label is written {{ labels.team }}, a field {{ sent }}",
    "unknown tag": "there is {% if … %}, {% elif … %}, {% else %} and {% endif %}",
    "got '='": "write == to compare",
    "got 'end of print statement'": "name a field between the brackets",
}
"""What to do about what Jinja2's parser says."""
_UNLIKE = re.compile(r"'(\S+)' not supported between instances of '(\w+)' and '(\w+)'")
_KINDS = {"str": "a text", "int": "a number", "float": "a number", "bool": "a truth value"}
_TAG = re.compile(r"\{[{%].*?[%}]\}")


@dataclass(frozen=True, slots=True, order=True)
class TemplateFault:
    """One thing wrong in a template; `line` counts from 1 within its text. `word` is what is
    wrong there, if it is one word."""

    message: str
    line: int
    hint: str | None = None
    word: str = ""

    def span_in(self, text: str) -> Span:
        """Where it stands in the template's text: the word, else the line's beginning."""
        lines = text.split("\n")
        line = lines[self.line - 1] if self.line <= len(lines) else ""
        for tag in (*_TAG.finditer(line), re.match(r".*", line)):
            found = (
                re.search(rf"(?<!\w){re.escape(self.word)}(?!\w)", tag[0])
                if tag and self.word
                else None
            )
            if tag and found:
                return Span(
                    self.line,
                    tag.start() + found.start() + 1,
                    self.line,
                    tag.start() + found.end() + 1,
                )
        return Span(self.line, 1, self.line, 1)

    def __str__(self) -> str:
        head = f"line {self.line}: {self.message}"
        return f"{head} ({self.hint})" if self.hint else head


def syntax_fault(message: str | None, line: int) -> TemplateFault:
    """What the parser could not read, in the words of the parser, and what to do about it."""
    said = (message or "it cannot be read").strip()
    hint = next((hint for part, hint in _HINTS.items() if part.lower() in said.lower()), None)
    first = said.split(". ")[0].rstrip(".")
    return TemplateFault(first[:1].lower() + first[1:], line, hint)


def trial_fault(error: Exception) -> TemplateFault:
    """Why a trial with a value in every field failed."""
    unlike = _UNLIKE.search(str(error))
    kinds = [_KINDS.get(kind, "something else") for kind in unlike.groups()[1:]] if unlike else []
    said = (
        f"{kinds[0]} and {kinds[1]} cannot be compared with {unlike[1]}" if unlike else str(error)
    )
    return TemplateFault(f"it cannot be rendered: {said}", 1)


class TemplateError(MonitorError):
    """A template was refused. Carries every fault found, in the order of the lines; never none."""

    def __init__(self, faults: Sequence[TemplateFault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line))
        super().__init__("\n".join(map(str, self.faults)))

    @property
    def line(self) -> int:
        """The line of the first fault."""
        return self.faults[0].line


def check(tree: nodes.Template, fields: Collection[str], scope: str) -> list[TemplateFault]:
    """Everything wrong with a parsed template."""
    owners = ("campaign", "labels") if scope == "campaign" else ("labels",)
    names = (*fields, *owners, "null")
    faults: list[TemplateFault] = []
    waiting: list[tuple[nodes.Node, int]] = [(tree, 1)]
    count = 0
    while waiting:
        node, depth = waiting.pop()
        count += 1
        if count > _MOST_NODES or depth > _DEEPEST:
            return [
                *faults,
                TemplateFault("it is too large or nested too deeply", node.lineno or 1),
            ]
        found = list(_about(node, fields, names, owners))
        faults += found
        if isinstance(node, _ALLOWED) and _owner(node) not in owners:
            waiting.extend((child, depth + 1) for child in node.iter_child_nodes())
    return faults


def _about(
    node: nodes.Node, fields: Collection[str], names: Sequence[str], owners: Sequence[str]
) -> Iterator[TemplateFault]:
    line = node.lineno or 1
    if not isinstance(node, _ALLOWED):
        yield TemplateFault(
            f"{_FOREIGN.get(type(node), type(node).__name__.lower())} cannot stand in a text", line
        )
    elif isinstance(node, nodes.Name) and node.name not in names:
        yield TemplateFault(
            f'there is no "{node.name[:80]}"', line, did_you_mean(node.name, names), node.name
        )
    elif isinstance(node, nodes.Name) and node.name in owners:
        yield TemplateFault(f"{node.name} is no value", line, f"write {node.name}.name", node.name)
    elif isinstance(node, nodes.Filter):
        yield from _filter(node, line)
    elif isinstance(node, nodes.Test) and node.name not in TESTS:
        yield TemplateFault(
            f'there is no test "{node.name[:80]}"', line, f"there is {', '.join(TESTS)}", node.name
        )
    elif isinstance(node, (nodes.Getattr, nodes.Getitem)):
        yield from _member(node, line, fields, owners)


def _owner(node: nodes.Node) -> str | None:
    """The name whose member this is."""
    if isinstance(node, (nodes.Getattr, nodes.Getitem)) and isinstance(node.node, nodes.Name):
        return node.node.name
    return None


def _filter(node: nodes.Filter, line: int) -> Iterator[TemplateFault]:
    if node.name not in FILTERS:
        hint = did_you_mean(node.name, FILTERS) or f"there are {', '.join(FILTERS)}"
        yield TemplateFault(f'there is no filter "{node.name[:80]}"', line, hint, node.name)
        return
    keywords = {str(keyword.key): keyword.value for keyword in node.kwargs}
    try:
        inspect.signature(FILTERS[node.name]).bind(node.node, *node.args, **keywords)
    except TypeError as error:
        yield TemplateFault(
            f'the filter "{node.name}" does not take this: {error}', line, word=node.name
        )


def _member(
    node: nodes.Getattr | nodes.Getitem, line: int, fields: Collection[str], owners: Sequence[str]
) -> Iterator[TemplateFault]:
    owner = _owner(node)
    if owner not in owners:
        if owner is None or owner in fields:
            yield TemplateFault(f"only {' and '.join(owners)} can be followed by a member", line)
        return
    member = (
        node.attr
        if isinstance(node, nodes.Getattr)
        else node.arg.value
        if isinstance(node.arg, nodes.Const)
        else None
    )
    if not isinstance(member, str):
        yield TemplateFault(f'{owner} wants the name of a member, like {owner}["name"]', line)
    elif owner == "campaign" and member not in fields:
        yield TemplateFault(
            f'a campaign has no "{member[:80]}"', line, did_you_mean(member, fields), member
        )
    elif not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", member):
        yield TemplateFault(f'"{member[:80]}" cannot be the name of a label', line, word=member)
