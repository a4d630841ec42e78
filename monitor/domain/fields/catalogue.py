"""Every name that a condition or a template may use, by scope: type, unit, meaning, and how it is
read from its subject.

The type checker, the compiled conditions, `field_values`, the docs and the `fields` command are all
made from this table. A subject is a `TrackedCampaign` in scope `campaign` (with the `CampaignEvent`
in event rules), and a `SenderView`, `AccountView` or `ReceiverView` in the scopes of these names.
Times are Unix seconds (UTC) and durations seconds, as floats. To add a scope, add its table to
`FIELDS` and its parameters to `PARAMETERS`.
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from monitor.domain.campaign.account import AccountView
from monitor.domain.campaign.baseline import NO_BASELINES, Baselines
from monitor.domain.campaign.detail import COUNTERS, OF_DETAIL, breakdown
from monitor.domain.campaign.figures import remaining, settled_sent, wilson_lower, wilson_upper
from monitor.domain.campaign.receiver_view import ReceiverView
from monitor.domain.campaign.sample import SAMPLED
from monitor.domain.campaign.sender import SenderView
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.fields.account_fields import ACCOUNT_FIELDS
from monitor.domain.fields.campaign_fields import CAMPAIGN_FIELDS
from monitor.domain.fields.field import Field, FieldType, FieldValue
from monitor.domain.fields.receiver_fields import RECEIVER_FIELDS
from monitor.domain.fields.sender_fields import SENDER_FIELDS

Subject = TrackedCampaign | SenderView | AccountView | ReceiverView

FIELDS: Mapping[str, Mapping[str, Field]] = {
    "campaign": {field.name: field for field in CAMPAIGN_FIELDS},
    "sender": {field.name: field for field in SENDER_FIELDS},
    "account": {field.name: field for field in ACCOUNT_FIELDS},
    "receiver": {field.name: field for field in RECEIVER_FIELDS},
}
"""By scope, then by name, in the order of the docs."""

PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "campaign": ("_t", "_c", "_d", "_e", "_settle", "now", "_a"),
    "sender": ("_v", "_a"),
    "account": ("_v", "_a"),
    "receiver": ("_v", "_a"),
}
"""What the expressions of a scope's fields may use: tracked campaign, its snapshot and detail,
event, `Settle`, time; view of a sender, account or receiver; surroundings."""


FUNCTIONS_OF_FIELDS: Mapping[str, Callable[..., object]] = MappingProxyType(
    {
        "min": min,
        "max": max,
        "sum": sum,
        "len": len,
        "_breakdown": breakdown,
        "_remaining": remaining,
        "_settled_sent": settled_sent,
        "_wilson_lower": wilson_lower,
        "_wilson_upper": wilson_upper,
    }
)
"""What those expressions may call."""

MOVING_ACCOUNT_FIELDS: frozenset[str] = frozenset(
    {
        "api_up",
        "last_success_age",
        "consecutive_failures",
        "api_error",
        "incomplete_for",
        "rejected_rows",
        "unreadable_fields",
        "read_ratio",
        "token_expires_in",
    }
)
"""The account fields that change while polls fail; the others stay what they last were (`now` alone
proves nothing)."""


def fields_of(scope: str, *, event: bool = False) -> dict[str, Field]:
    """The fields a rule of this scope may name; with `event`, those of event rules. ValueError
    for a scope that has none."""
    try:
        table = FIELDS[scope]
    except KeyError:
        raise ValueError(
            f'no fields for scope "{scope}"; there are some for {", ".join(FIELDS)}'
        ) from None
    return {name: field for name, field in table.items() if event or not field.event_only}


@cache
def ingredients(scope: str, name: str) -> frozenset[str]:
    """The fields of the scope that `name` is made of; empty for a field that is read directly."""
    field = FIELDS[scope][name]
    if not field.made_of:
        return frozenset()
    parts = (ast.walk(ast.parse(text)) for text in (field.made_of, *field.guards))
    return frozenset(
        {node.id for nodes in parts for node in nodes if isinstance(node, ast.Name)}
        & FIELDS[scope].keys()
    )


@cache
def depends_on(scope: str, name: str, parameter: str) -> bool:
    """Whether `name`, or what it is made of, uses one of `PARAMETERS`; `now` counts as one
    wherever it is a field."""
    table = FIELDS[scope]
    for part in (name, *ingredients(scope, name)):
        texts = (table[part].read or part, table[part].made_of, *table[part].guards)
        names = {
            node.id
            for text in texts
            if text
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Name)
        }
        if parameter in names:
            return True
    return False


_LEARNT = {"progress_since": "sent", "status_since": "status"}
"""What is learnt of a campaign follows from one of its own fields."""


_MADE_FROM = {
    "_settled_sent": {"sent", "finished_at"},
    "_remaining": {"sent", "status", "detail.total_messages"},
    "_breakdown": {
        f"{OF_DETAIL}{part}" for name in COUNTERS for part in (name, f"fallback.{name}", "fallback")
    },
}
"""The fields of a row that functions of a whole campaign look at."""


@cache
def attributes(scope: str, name: str) -> frozenset[str]:
    """The fields of the provider's rows, and of its details (`OF_DETAIL`), that `name`, or what it
    is made of, is read from."""
    if scope != "campaign":
        return frozenset()
    found: set[str] = set()
    for part in (name, *ingredients(scope, name)):
        field = FIELDS[scope][part]
        for text in filter(None, (field.read, field.made_of, *field.guards)):
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                    if node.value.id == "_c":
                        found.add(node.attr)
                    elif node.value.id == "_d":
                        found.add(f"{OF_DETAIL}{node.attr}")
                    elif node.value.id == "_t" and node.attr in _LEARNT:
                        found.add(_LEARNT[node.attr])
                elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "_d.fallback":
                    found.add(f"{OF_DETAIL}fallback.{node.attr}")
                elif isinstance(node, ast.Name) and node.id in _MADE_FROM:
                    found |= _MADE_FROM[node.id]
    return frozenset(found)


@cache
def has_past(scope: str, name: str) -> bool:
    """Whether samples know the past of `name`, so that `ago` and similar functions take it."""
    return scope == "campaign" and (ingredients(scope, name) or {name}) <= SAMPLED


def fields_markdown() -> str:
    """The tables of `docs/rules.md`, one for each scope: Markdown, ending in a newline."""
    parts = []
    for scope, table in FIELDS.items():
        parts.append(
            f"#### Scope `{scope}`\n\n| field | type | unit | null | meaning |\n| --- | --- | --- "
            "| --- | --- |\n"
        )
        for field in table.values():
            meaning = field.description + (" (event rules only)" if field.event_only else "")
            if field.values:
                meaning += "; one of " + ", ".join(f"`{value}`" for value in field.values)
                meaning += ", and what `extra_statuses` adds" if field.extensible else ""
            null = "can be" if field.nullable else "never"
            parts.append(
                f"| `{field.name}` | {field.type} | {field.unit or '–'} | {null} | {meaning} |\n"
            )
        parts.append("\n")
    return "".join(parts).rstrip("\n") + "\n"


__all__ = [
    "FIELDS",
    "FUNCTIONS_OF_FIELDS",
    "MOVING_ACCOUNT_FIELDS",
    "PARAMETERS",
    "Field",
    "FieldType",
    "FieldValue",
    "Subject",
    "attributes",
    "depends_on",
    "fields_markdown",
    "fields_of",
    "has_past",
    "ingredients",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """`in_quiet_hours`: whether the evaluation's time lies in the rules file's `quiet_hours`.
    `baselines`: what is usual for the account's senders."""

    in_quiet_hours: bool = False
    baselines: Baselines = NO_BASELINES


NOTHING_SPECIAL = Surroundings()
