"""An explanation for programs: every key of the JSON."""

from datetime import datetime

from monitor.domain.alerting.rule import Rule
from monitor.domain.condition import ConditionPart, Lack
from monitor.domain.times.duration import format_duration
from monitor.explain.explanation import Destination, Explanation, Telling
from monitor.records import Record, alert_record, event_record, silence_record


def explanation_record(explained: Explanation) -> Record:
    """Times are times; durations are Prometheus's."""
    about, rule = explained.about, explained.rule
    campaign = about.campaign
    return {
        "rule": explained.rule_name,
        "definition": None if rule is None else _definition(rule),
        "about": {
            "scope": about.scope.value,
            "account": about.account,
            "subject": about.subject,
            "name": about.name,
            "message_type": about.message_type,
            "campaign_id": campaign.id if campaign else None,
        },
        "now": explained.now,
        "as_of": explained.as_of,
        "standing": explained.standing.value,
        "obstacles": list(explained.obstacles),
        "condition": None if explained.condition is None else _part(explained.condition),
        "missing": None if explained.lack is None else _lack(explained.lack),
        "holds_from": explained.holds_from,
        "alert": None
        if explained.alert is None
        else alert_record(explained.alert, explained.telling.acknowledged),
        "changes_at": explained.changes_at,
        "events": [
            {
                **event_record(each.event),
                "told": each.told,
                "condition": None if each.part is None else _part(each.part),
            }
            for each in explained.events
        ],
        "telling": _telling(explained.telling, explained.now),
    }


def _definition(rule: Rule) -> Record:
    return {
        "file": rule.place.source if rule.place else None,
        "line": rule.place.line if rule.place else None,
        "severity": rule.severity,
        "when": rule.when.text if rule.when else None,
        "on": sorted(kind.value for kind in rule.on),
        "for": format_duration(rule.hold),
        "keep_firing_for": format_duration(rule.keep_firing),
    }


def _part(part: ConditionPart) -> Record:
    """`line`, `column` and their ends are places in the condition's text, from 1."""
    span = part.span
    return {
        "text": part.text,
        "type": part.type.value if part.type else None,
        "value": part.value,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "parts": [_part(child) for child in part.children],
    }


def _lack(lack: Lack) -> Record:
    """Either `words`, or what is needed `all_of` or `any_of`."""
    if lack.part is not None:
        return {"words": lack.words}
    return {"any_of" if lack.any_of else "all_of": [_lack(each) for each in lack.below]}


def _telling(telling: Telling, now: datetime) -> Record:
    acknowledged = telling.acknowledged
    return {
        "acknowledged_by": acknowledged.author if acknowledged else None,
        "acknowledged_at": acknowledged.at if acknowledged else None,
        "silences": [silence_record(each, now) for each in telling.silences],
        "inhibited_by": telling.inhibited_by.id if telling.inhibited_by else None,
        "destinations": [_destination(each) for each in telling.destinations],
    }


def _destination(destination: Destination) -> Record:
    return {
        "receiver": destination.receiver,
        "path": destination.path,
        "group_labels": dict(destination.group_labels),
        "muted": destination.muted,
        "told": destination.told.value if destination.told else None,
        "told_at": destination.told_at,
    }
