"""Texts of alerts: Jinja2, cut down to what a message needs and cannot be hurt by.

A template may name the fields of its scope, `campaign.<field>` (scope campaign) and
`labels.<name>`, use `{% if %}` and the filters of `figures.py`. There are no loops, calls,
assignments or includes: a template's time and size are bounded by its own.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self

import jinja2
from jinja2 import nodes
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment

from monitor.domain.campaign.event import CampaignEvent
from monitor.domain.campaign.settle import DEFAULT_SETTLE, Settle
from monitor.domain.campaign.surroundings import NOTHING_SPECIAL, Surroundings
from monitor.domain.fields.catalogue import Field, FieldType, FieldValue, Subject, fields_of
from monitor.domain.fields.field_values import field_values
from monitor.domain.texts.formatting import (
    FILTERS,
    NULL,
    TESTS,
    Members,
    calculate,
    figure,
    printed,
)
from monitor.domain.texts.template_check import (
    TemplateError,
    TemplateFault,
    check,
    syntax_fault,
    trial_fault,
)

LONGEST_TEMPLATE = 4_000
LONGEST_OUTPUT = 4_000
"""Characters."""

_FACTS = ("account", "id", "name", "status", "sent", "delivered", "api_up", "balance")
"""What a failed rendering shows instead."""


class _Environment(SandboxedEnvironment):
    """Looks things up in `Members` alone, and calculates as conditions do: null stays null, x /
    0 is null."""

    intercepted_binops = frozenset({"+", "-", "*", "/"})
    intercepted_unops = frozenset({"-"})

    def getattr(self, obj: object, attribute: str) -> object:
        return self._member(obj, attribute)

    def getitem(self, obj: object, argument: object) -> object:
        return self._member(obj, argument)

    # theirs
    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:  # noqa: ARG002
        return calculate(operator, left, right)

    # theirs
    def call_unop(self, context: Context, operator: str, arg: object) -> object:  # noqa: ARG002
        return calculate("-", 0, arg)

    def _member(self, obj: object, name: object) -> object:
        if isinstance(obj, Members) and isinstance(name, str):
            return obj.get(name)
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
    environment.filters = dict(FILTERS)
    environment.tests = dict(TESTS)
    return environment


_ENVIRONMENT = _environment()


@dataclass(frozen=True, slots=True)
class Template:
    """One checked text. Equal when text, scope and kind of rule are. `name` says which it is
    where rendering fails, `fields` are those it needs, the bare facts for a failed rendering
    included."""

    text: str
    scope: str
    event: bool = False
    name: str = field(default="", compare=False)
    fields: frozenset[str] = field(default=frozenset(), compare=False)
    _compiled: jinja2.Template = field(repr=False, compare=False, kw_only=True)

    @classmethod
    def parse(cls, text: str, *, scope: str, event: bool = False, name: str = "") -> Self:
        """Read and check a text; `name` is something like "summary of LowDelivery".

        TemplateError with everything found wrong; whatever the text is, nothing else is raised
        (ValueError for a wrong scope).
        """
        fields = fields_of(scope, event=event)
        if len(text) > LONGEST_TEMPLATE:
            raise TemplateError(
                [
                    TemplateFault(
                        f"the text has {len(text)} characters; {LONGEST_TEMPLATE} is the most", 1
                    )
                ]
            )
        try:
            tree = _ENVIRONMENT.parse(text)
            faults = check(tree, fields, scope)
            if faults:
                raise TemplateError(faults)
            compiled = _ENVIRONMENT.from_string(tree)
        except jinja2.TemplateSyntaxError as error:
            raise TemplateError([syntax_fault(error.message, error.lineno)]) from None
        except (RecursionError, MemoryError, SyntaxError, ValueError):
            raise TemplateError([TemplateFault("it is nested too deeply", 1)]) from None
        try:
            compiled.render(_sample(fields, scope))
        # whatever it is, it would happen at three in the morning
        except Exception as error:  # noqa: BLE001
            raise TemplateError([trial_fault(error)]) from None
        needed = fields.keys() & {*_named(tree), *_FACTS}
        return cls(text, scope, event, name, frozenset(needed), _compiled=compiled)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickled as its text: what is compiled cannot be."""
        return _parsed, (self.text, self.scope, self.event, self.name)

    def render(self, context: Mapping[str, object]) -> str:
        """The text with the values of `context` (see `template_context`), at most 4,000
        characters, surrounding space cut.

        Never raises: what cannot be rendered says so, and gives the bare facts.
        """
        try:
            output = self._compiled.render(context).strip()
        # a poor message beats none: an alert must be told
        except Exception as error:  # noqa: BLE001
            output = self._failed(error, context)
        return output if len(output) <= LONGEST_OUTPUT else output[: LONGEST_OUTPUT - 1] + "…"

    def _failed(self, error: Exception, context: Mapping[str, object]) -> str:
        which = self.name or f'"{self.text[:60]}"'
        facts = " ".join(
            f"{name}={context[name]}" for name in _FACTS if context.get(name, NULL) is not NULL
        )
        return (
            f"[the template {which} could not be rendered: {type(error).__name__}] {facts}".strip()
        )


def _parsed(text: str, scope: str, event: bool, name: str) -> Template:
    return Template.parse(text, scope=scope, event=event, name=name)


def _named(tree: nodes.Template) -> Iterator[str]:
    """Every word in it that may be the name of a field, also as `campaign.<field>`."""
    yield from (node.name for node in tree.find_all(nodes.Name))
    yield from (node.attr for node in tree.find_all(nodes.Getattr))
    yield from (node.value for node in tree.find_all(nodes.Const) if isinstance(node.value, str))


_SAMPLES: Mapping[FieldType, FieldValue] = {
    FieldType.NUMBER: 1,
    FieldType.TEXT: "text",
    FieldType.BOOL: True,
    FieldType.TIME: 86_400.0,
    FieldType.DURATION: 60.0,
}


def _sample(fields: Mapping[str, Field], scope: str) -> dict[str, object]:
    """A context with a value of the right type in every field, for a trial at load."""
    return _context(
        {name: _SAMPLES[found.type] for name, found in fields.items()}, fields, scope, {}
    )


def template_context(
    scope: str,
    subject: Subject,
    now: float | None,
    labels: Mapping[str, str],
    *,
    event: CampaignEvent | None = None,
    only: Collection[str] | None = None,
    settle: Settle = DEFAULT_SETTLE,
    around: Surroundings = NOTHING_SPECIAL,
) -> dict[str, object]:
    """What a template of this scope can name: every field, `labels`, and `campaign` where the
    scope has one. `only` leaves other fields out, which saves a third of the cost
    (`Template.fields`).

    Arguments as of `field_values`. Values print themselves well: durations as "1 h 30 min",
    times as "2026-03-02 09:00 UTC", null as "–".
    """
    fields = fields_of(scope, event=event is not None)
    values = field_values(scope, subject, now, event=event, settle=settle, around=around)
    return _context(
        {name: values[name] for name in only} if only is not None else values, fields, scope, labels
    )


def _context(
    values: Mapping[str, FieldValue],
    fields: Mapping[str, Field],
    scope: str,
    labels: Mapping[str, str],
) -> dict[str, object]:
    context: dict[str, object] = {
        name: figure(value, fields[name].type) for name, value in values.items()
    }
    if scope == "campaign":
        context["campaign"] = Members(dict(context))
    context["labels"] = Members(labels)
    return context


__all__ = ["Template", "TemplateError", "TemplateFault", "template_context"]
