"""Texts of alerts: Jinja2, cut down to what a message needs.

A template can name the fields of its scope, `campaign.<field>` (scope campaign) and
`labels.<name>`, and use `{% if %}` and the filters of `formatting.py`. It cannot loop.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Self

import jinja2
from jinja2 import nodes

from monitor.domain.campaign.event import CampaignEvent
from monitor.domain.campaign.figures import DEFAULT_SETTLE, Settle
from monitor.domain.fields.catalogue import (
    NOTHING_SPECIAL,
    Field,
    FieldType,
    FieldValue,
    Subject,
    Surroundings,
    fields_of,
)
from monitor.domain.fields.field_values import field_values
from monitor.domain.texts.formatting import FILTERS, NULL, TESTS, figure
from monitor.domain.texts.sandbox import (
    Members,
    Sandbox,
    TemplateError,
    TemplateFault,
    trial_words,
)

LONGEST_TEMPLATE = 4_000
LONGEST_OUTPUT = 4_000
"""Characters."""

_FACTS = ("account", "id", "name", "status", "sent", "delivered", "api_up", "balance")
"""What a failed rendering shows instead."""


_SANDBOX = Sandbox("a text", longest=LONGEST_TEMPLATE, filters=FILTERS, tests=TESTS)


@dataclass(frozen=True, slots=True)
class Template:
    """One checked text. Two are equal when their text, scope and kind of rule are.

    `name` says which text it is when rendering fails. `fields` are the fields it needs, including
    the bare facts for a failed rendering.
    """

    text: str
    scope: str
    event: bool = False
    name: str = field(default="", compare=False)
    fields: frozenset[str] = field(default=frozenset(), compare=False)
    _compiled: jinja2.Template = field(repr=False, compare=False, kw_only=True)

    @classmethod
    def parse(cls, text: str, *, scope: str, event: bool = False, name: str = "") -> Self:
        """Read and check a text; `name` is something like "summary of LowDelivery".

        Raises TemplateError with everything found wrong, and nothing else, whatever the text is
        (but ValueError for a wrong scope).
        """
        fields = fields_of(scope, event=event)
        owners: dict[str, Collection[str] | None] = {"labels": None}
        if scope == "campaign":
            owners = {"campaign": fields, **owners}
        tree, compiled = _SANDBOX.checked(text, fields, owners)
        try:
            compiled.render(_sample(fields, scope))
        # whatever it is, it would happen at three in the morning
        except Exception as error:  # noqa: BLE001
            words = f"it cannot be rendered: {trial_words(error)}"
            raise TemplateError([TemplateFault(words, 1)]) from None
        needed = fields.keys() & {*_named(tree), *_FACTS}
        return cls(text, scope, event, name, frozenset(needed), _compiled=compiled)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickled as its text: a compiled template cannot be."""
        parse = partial(type(self).parse, scope=self.scope, event=self.event, name=self.name)
        return parse, (self.text,)

    def render(self, context: Mapping[str, object]) -> str:
        """The text with the values of `context` (see `template_context`), at most 4,000
        characters, without space at its ends.

        Never raises: if it cannot be rendered, the result says so and gives the bare facts.
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


def _named(tree: nodes.Template) -> Iterator[str]:
    """Every word in it that can be the name of a field, also as `campaign.<field>`."""
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
    """What a template of this scope can name: every field, `labels`, and `campaign` in that
    scope. With `only` (`Template.fields`) other fields are left out, which saves a third of the
    cost.

    The other arguments are those of `field_values`. Values print as people read them: durations
    as "1 h 30 min", times as "2026-03-02 09:00 UTC", null as "–".
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
        context["campaign"] = Members(context)
    context["labels"] = Members(labels)
    return context


__all__ = ["Template", "TemplateError", "TemplateFault", "template_context"]
