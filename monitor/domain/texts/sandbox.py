"""The Jinja2 that users may write: an explicit list of what a template can contain, and an
environment in which it reaches plain data alone.

Texts of rules and bodies of webhooks are both checked and run here. What differs between them is
data: names, filters, tests, the length, and how deep loops may be. There are no calls,
assignments, macros or includes, so a template's time and size are bounded by its own.
"""

import inspect
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import jinja2
from jinja2 import nodes
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import SandboxedEnvironment

from monitor.domain.condition.faults import TextSpan
from monitor.domain.safetext.did_you_mean import did_you_mean
from monitor.domain.texts.formatting import NULL, calculate, printed
from monitor.errors import MonitorError

_DEEPEST = 40
_CHARACTERS_PER_NODE = 8
"""A template has at most one node for so many characters that it may have."""

_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr,
    nodes.Getitem, nodes.Filter, nodes.Test, nodes.If, nodes.CondExpr, nodes.Compare,
    nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Add, nodes.Sub, nodes.Mul, nodes.Div,
    nodes.Neg, nodes.Concat, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair, nodes.Slice,
    nodes.Keyword, nodes.For,
)  # fmt: skip
_CALLED: dict[type[nodes.Node], str] = {
    nodes.For: "a loop ({% for %})",
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
    nodes.FilterBlock: "{% filter %}",
    nodes.Pow: "**",
    nodes.Mod: "%",
    nodes.FloorDiv: "//",
}
_LOOP = frozenset({"index", "index0", "first", "last", "length", "revindex", "revindex0"})

_HINTS = {
    "unexpected end of template": "end a value with }} and a tag with %}",
    "unexpected '}'": "end a value with }}",
    "unexpected char '$'": "write a name without $ or a dot before it, such as {{ labels.team }}",
    "unexpected '.'": "write a name without $ or a dot before it, such as {{ labels.team }}",
    "unknown tag": "there is {% if … %}, {% elif … %}, {% else %} and {% endif %}",
    "got '='": "write == to compare",
    "got 'end of print statement'": "name a value between the brackets",
}
"""What to do about what Jinja2's parser says."""
_UNCLOSED = re.compile(r"needs to be closed is '(\w+)'")
_UNLIKE = re.compile(r"'(\S+)' not supported between instances of '(\w+)' and '(\w+)'")
_KINDS = {"str": "a text", "int": "a number", "float": "a number", "bool": "a truth value"}
_TAG = re.compile(r"\{[{%].*?[%}]\}")
_IDENTIFIER = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


@dataclass(frozen=True, slots=True, order=True)
class TemplateFault:
    """One thing wrong in a template. `line` counts from 1 within its text; `word` is the wrong
    word there, if it is one word."""

    message: str
    line: int
    hint: str | None = None
    word: str = ""

    def span_in(self, text: str) -> TextSpan:
        """Where it is in the template's text: the word, or else the beginning of the line."""
        lines = text.split("\n")
        line = lines[self.line - 1] if self.line <= len(lines) else ""
        word = re.compile(rf"(?<!\w){re.escape(self.word)}(?!\w)")
        for tag in (*_TAG.finditer(line), re.match(r".*", line)):
            if self.word and tag and (found := word.search(tag[0])):
                start, end = (tag.start() + each + 1 for each in found.span())
                return TextSpan(self.line, start, self.line, end)
        return TextSpan(self.line, 1, self.line, 1)

    def __str__(self) -> str:
        head = f"line {self.line}: {self.message}"
        return f"{head} ({self.hint})" if self.hint else head


class TemplateError(MonitorError):
    """A template was refused. Has at least one fault, and all of them in the order of lines."""

    def __init__(self, faults: Sequence[TemplateFault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line))
        super().__init__("\n".join(map(str, self.faults)))


class Members(dict[str, object]):
    """Values by name; a name that is not there gives `missing`."""

    __slots__ = ("missing",)

    def __init__(self, values: Mapping[str, object], missing: object = NULL) -> None:
        super().__init__(values)
        self.missing = missing


class Sandbox(SandboxedEnvironment):
    """Checks and compiles one kind of template, called `what` in messages, of at most `longest`
    characters.

    Templates look things up in dicts, lists and texts alone: they reach no attribute or method of
    a Python object. They calculate as conditions do: null stays null, and x / 0 is null.
    """

    intercepted_binops = frozenset({"+", "-", "*", "/"})
    intercepted_unops = frozenset({"-"})

    def __init__(
        self,
        what: str,
        *,
        longest: int,
        filters: Mapping[str, Callable[..., object]],
        tests: Mapping[str, Callable[..., bool]],
        deepest_loop: int = 0,
    ) -> None:
        super().__init__(
            undefined=jinja2.StrictUndefined,
            autoescape=False,
            finalize=printed,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.globals.clear()
        self.globals["null"] = NULL
        self.filters = dict(filters)
        self.tests = dict(tests)
        self._what = what
        self._longest = longest
        self._deepest_loop = deepest_loop

    def checked(
        self,
        text: str,
        names: Collection[str],
        owners: Mapping[str, Collection[str] | None] | None = None,
    ) -> tuple[nodes.Template, jinja2.Template]:
        """The tree and the compiled template of a text that may use these names.

        `owners` are the only values whose members may be named, each with its members (None: any
        identifier); without it members are looked up when the template runs. Raises
        `TemplateError` with everything wrong, and nothing else, whatever the text is.
        """
        if len(text) > self._longest:
            words = f"it has {len(text)} characters; {self._longest} is the most"
            raise TemplateError([TemplateFault(words, 1)])
        try:
            tree = self.parse(text)
            if faults := list(self._faults(tree, names, owners)):
                raise TemplateError(list(dict.fromkeys(faults)))
            return tree, self.from_string(tree)
        except jinja2.TemplateSyntaxError as error:
            raise TemplateError([_syntax_fault(error)]) from None
        except (RecursionError, MemoryError, SyntaxError, ValueError):
            raise TemplateError([TemplateFault("it is nested too deeply", 1)]) from None

    def getattr(self, obj: object, attribute: str) -> object:
        if isinstance(obj, Members):  # nearly always
            return obj.get(attribute, obj.missing)
        return self.getitem(obj, attribute)

    def getitem(self, obj: object, argument: object) -> object:
        match obj:
            case dict() if argument in obj:
                return obj[argument]
            case Members():
                return obj.missing
            case list() | tuple() | str() if isinstance(argument, int) and -len(
                obj
            ) <= argument < len(obj):
                return obj[argument]
            case LoopContext() if argument in _LOOP:
                return getattr(obj, str(argument))
        return self.undefined(obj=obj, name=str(argument))

    # Jinja2 gives the context
    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:  # noqa: ARG002
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return left + right
        return calculate(operator, left, right)

    # Jinja2 gives the context
    def call_unop(self, context: Context, operator: str, arg: object) -> object:  # noqa: ARG002
        return calculate("-", 0, arg)

    def _faults(
        self,
        tree: nodes.Template,
        names: Collection[str],
        owners: Mapping[str, Collection[str] | None] | None,
    ) -> Iterator[TemplateFault]:
        known = dict.fromkeys((*names, *(owners or ()), "null"))
        if self._deepest_loop:
            stored = (each.name for each in tree.find_all(nodes.Name) if each.ctx == "store")
            known |= dict.fromkeys(("loop", *stored))
        waiting: list[tuple[nodes.Node, int, int]] = [(tree, 1, 0)]
        count = 0
        while waiting:
            node, depth, loops = waiting.pop()
            count += 1
            loops += isinstance(node, nodes.For)
            if count > self._longest // _CHARACTERS_PER_NODE or depth > _DEEPEST:
                words = "it is too large or nested too deeply"
                yield TemplateFault(words, node.lineno or 1)
                return
            if not isinstance(node, _ALLOWED) or (loops and not self._deepest_loop):
                found = _CALLED.get(type(node), type(node).__name__.lower())
                yield TemplateFault(f"{self._what} cannot contain {found}", node.lineno or 1)
                continue
            if loops > self._deepest_loop or (isinstance(node, nodes.For) and node.recursive):
                words = f"loops can be {self._deepest_loop} deep and cannot be recursive"
                yield TemplateFault(words, node.lineno or 1)
                continue
            yield from self._about(node, known, owners)
            if owners is None or _owner(node) not in owners:
                waiting += [(child, depth + 1, loops) for child in node.iter_child_nodes()]

    def _about(
        self,
        node: nodes.Node,
        known: Collection[str],
        owners: Mapping[str, Collection[str] | None] | None,
    ) -> Iterator[TemplateFault]:
        """What is wrong with one node itself."""
        line = node.lineno or 1
        match node:
            case nodes.Name() if node.name not in known:
                yield _unknown(f'there is no "{node.name[:80]}"', line, node.name, known)
            case nodes.Name() if owners is not None and node.name in owners:
                hint = f"write {node.name}.name"
                yield TemplateFault(f"{node.name} is not a value", line, hint, node.name)
            case nodes.Filter() if node.name not in self.filters:
                words = f'there is no filter "{node.name[:80]}"'
                yield _unknown(words, line, node.name, self.filters, listed=True)
            case nodes.Test() if node.name not in self.tests:
                words = f'there is no test "{node.name[:80]}"'
                yield _unknown(words, line, node.name, self.tests, listed=True)
            case nodes.Filter():
                yield from self._arguments(node, line)
            case nodes.Getattr() | nodes.Getitem() if owners is not None:
                yield from _member(node, line, known, owners)

    def _arguments(self, node: nodes.Filter, line: int) -> Iterator[TemplateFault]:
        function = self.filters[node.name]
        if hasattr(function, "jinja_pass_arg"):  # of Jinja2's own: its signature tells less
            return
        keywords = {str(keyword.key): keyword.value for keyword in node.kwargs}
        try:
            inspect.signature(function).bind(node.node, *node.args, **keywords)
        except TypeError as error:
            words = f'the filter "{node.name}" does not take this: {error}'
            yield TemplateFault(words, line, word=node.name)


def trial_words(error: Exception) -> str:
    """Why a trial run of a template failed, in words for people."""
    unlike = _UNLIKE.search(str(error))
    if unlike is None:
        return str(error)
    one, other = (_KINDS.get(kind, "something else") for kind in unlike.groups()[1:])
    return f"{one} and {other} cannot be compared with {unlike[1]}"


def _syntax_fault(error: jinja2.TemplateSyntaxError) -> TemplateFault:
    """What the parser could not read, in its own words, and what to do about it."""
    said = (error.message or "it cannot be read").strip()
    hint = next((hint for part, hint in _HINTS.items() if part.lower() in said.lower()), None)
    if unclosed := _UNCLOSED.search(said):
        hint = f"end it with {{% end{unclosed[1]} %}}"
    first = said.split(". ")[0].rstrip(".")
    return TemplateFault(first[:1].lower() + first[1:], error.lineno, hint)


def _unknown(
    message: str, line: int, word: str, known: Collection[str], *, listed: bool = False
) -> TemplateFault:
    hint = did_you_mean(word, known) or (f"there is {', '.join(known)}" if listed else None)
    return TemplateFault(message, line, hint, word)


def _owner(node: nodes.Node) -> str | None:
    """The name whose member this is."""
    if isinstance(node, (nodes.Getattr, nodes.Getitem)) and isinstance(node.node, nodes.Name):
        return node.node.name
    return None


def _member(
    node: nodes.Getattr | nodes.Getitem,
    line: int,
    known: Collection[str],
    owners: Mapping[str, Collection[str] | None],
) -> Iterator[TemplateFault]:
    owner = _owner(node)
    if owner is None or owner not in owners:
        if owner is None or owner in known:
            yield TemplateFault(f"only {' and '.join(owners)} can be followed by a member", line)
        return
    named = node.attr if isinstance(node, nodes.Getattr) else getattr(node.arg, "value", None)
    members = owners[owner]
    if not isinstance(named, str):
        yield TemplateFault(f'{owner} needs the name of a member, like {owner}["name"]', line)
    elif members is not None and named not in members:
        yield _unknown(f'a {owner} has no "{named[:80]}"', line, named, members)
    elif not _IDENTIFIER.fullmatch(named):
        yield TemplateFault(f'"{named[:80]}" cannot be the name of a label', line, word=named)
