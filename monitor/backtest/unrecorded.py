"""What rules ask for and history does not have."""

from monitor.domain.alerting.rule import Rule, Scope
from monitor.domain.fields.account_fields import ACCOUNT_FIELDS, CAMPAIGN_COUNTS
from monitor.domain.fields.catalogue import FIELDS
from monitor.domain.fields.detail_fields import DETAIL_FIELDS

_KNOWN = ("account", "now", "in_quiet_hours")
_TOTALS = frozenset({"total_messages", "progress", "eta"})
"""Of a detail what stays true: how large a campaign is, and what follows from it."""
_NEVER = {
    Scope.CAMPAIGN: frozenset(field.name for field in DETAIL_FIELDS) - _TOTALS,
    Scope.SENDER: frozenset[str](),
    Scope.ACCOUNT: frozenset(field.name for field in ACCOUNT_FIELDS)
    - CAMPAIGN_COUNTS
    - frozenset(_KNOWN),
    Scope.RECEIVER: frozenset(FIELDS[Scope.RECEIVER]) - frozenset(_KNOWN),
}


def unrecorded(rule: Rule) -> tuple[str, ...]:
    """The fields that its condition names and that are not recorded, sorted: they are null, or
    as if all were well."""
    named = frozenset[str]() if rule.when is None else rule.when.fields
    return tuple(sorted(named & _NEVER[rule.scope]))


def cannot_be_tried(rule: Rule) -> bool:
    """Whether history says nothing of the rule: that it did not fire is no news then."""
    return (
        rule.detail
        or rule.scope is Scope.RECEIVER
        or (rule.scope is Scope.ACCOUNT and bool(unrecorded(rule)))
    )
