"""An alert's labels and texts."""

from collections.abc import Collection, Mapping

from monitor.domain.alerting.rule import Rule, Scope
from monitor.domain.campaign.event import CampaignEvent
from monitor.domain.campaign.sender import SenderView
from monitor.domain.campaign.snapshot import Campaign
from monitor.domain.campaign.unreadable import rules_name
from monitor.domain.fields.catalogue import Subject, Surroundings
from monitor.domain.texts.template import template_context


def campaign_labels(rule: Rule, campaign: Campaign) -> dict[str, str]:
    """The labels of an alert about a campaign; the rule's own come last."""
    return {
        "alertname": rule.name,
        "account": campaign.account,
        "campaign_id": str(campaign.id),
        "sender": campaign.sender,
        "message_type": campaign.message_type,
        "severity": rule.severity,
        **rule.labels,
    }


def sender_labels(rule: Rule, view: SenderView) -> dict[str, str]:
    """The labels of an alert about a sender: those of a campaign's without the campaign."""
    return {
        "alertname": rule.name,
        "account": view.account,
        "sender": view.sender,
        "message_type": view.message_type,
        "severity": rule.severity,
        **rule.labels,
    }


def account_labels(rule: Rule, account: str) -> dict[str, str]:
    """The labels of an alert about an account."""
    return {"alertname": rule.name, "account": account, "severity": rule.severity, **rule.labels}


def receiver_labels(rule: Rule, receiver: str) -> dict[str, str]:
    """The labels of an alert about a receiver, which belongs to no account."""
    return {"alertname": rule.name, "receiver": receiver, "severity": rule.severity, **rule.labels}


def scope_of(labels: Mapping[str, str]) -> Scope:
    """What an alert with these labels is about. Only the monitor sets the labels that tell."""
    if "receiver" in labels:
        return Scope.RECEIVER
    if "campaign_id" in labels:
        return Scope.CAMPAIGN
    return Scope.SENDER if "sender" in labels else Scope.ACCOUNT


def with_unknown(texts: Mapping[str, str], unknown: Collection[str]) -> dict[str, str]:
    """The texts of an event, with a line that says what could not be read of its campaign."""
    if not unknown:
        return dict(texts)
    line = f"{', '.join(sorted(map(rules_name, unknown)))} could not be read"
    said = texts.get("description")
    return {**texts, "description": f"{said}\n{line}" if said else line}


def annotations(
    rule: Rule,
    subject: Subject,
    now: float,
    labels: Mapping[str, str],
    *,
    around: Surroundings,
    event: CampaignEvent | None = None,
) -> dict[str, str]:
    """The rule's texts about its subject as of `now` (Unix seconds)."""
    needed = (
        rule.summary.fields
        if rule.description is None
        else rule.summary.fields | rule.description.fields
    )
    context = template_context(
        rule.scope.value,
        subject,
        now,
        labels,
        event=event,
        only=needed,
        settle=rule.settle,
        around=around,
    )
    texts = {"summary": rule.summary.render(context)}
    if rule.description is not None:
        texts["description"] = rule.description.render(context)
    if rule.runbook_url is not None:
        texts["runbook_url"] = rule.runbook_url
    return texts
