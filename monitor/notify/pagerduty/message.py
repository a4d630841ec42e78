"""An alert as an event of PagerDuty's Events API v2, within its limits.

Documented limits: `summary` 1,024 characters, `dedup_key` 255, 512 KB in all; and four
severities (https://developer.pagerduty.com/docs/events-api-v2/trigger-events/).
"""

import hashlib

from monitor.domain.alerting.notification import Notification, NotifiedAlert, NotifyReason
from monitor.domain.campaign.detail import breakdown
from monitor.domain.routing.flush import SEVERITIES
from monitor.notify import message
from monitor.notify.message import clean, rfc3339, shorten
from monitor.notify.paragraph import link

LONGEST_SUMMARY = 1024
LONGEST_KEY = 255
LONGEST_VALUE = 500
MOST_LABELS = 50

Event = dict[str, object]


def dedup_key(alert: NotifiedAlert) -> str:
    """The alert's id: the same for its trigger, its repeats and its resolve, and another one when
    the rule fires again."""
    if len(alert.id) <= LONGEST_KEY:
        return alert.id
    return hashlib.sha256(alert.id.encode()).hexdigest()


def is_acknowledged(alert: NotifiedAlert) -> bool:
    """Whether PagerDuty knows the alert already and it has been acknowledged since."""
    return not alert.changed and alert.status != "resolved" and alert.acknowledged_by is not None


def event(notification: Notification, alert: NotifiedAlert, external_url: str | None) -> Event:
    """The event without its `routing_key`: a resolve for an alert that is over, an acknowledge for
    one that is known and acknowledged, otherwise a trigger. An event is never resolved."""
    if alert.status == "resolved":
        return {"event_action": "resolve", "dedup_key": dedup_key(alert)}
    if is_acknowledged(alert):
        return {"event_action": "acknowledge", "dedup_key": dedup_key(alert)}
    own = link(message.alert_link(external_url, alert), "Alert")
    runbook = link(message.runbook(alert), "Runbook")
    told: Event = {
        "event_action": "trigger",
        "dedup_key": dedup_key(alert),
        "client": "bsg-monitor",
        "links": [{"href": each.url, "text": each.words} for each in (own, runbook) if each],
        "payload": {
            "summary": _summary(notification, alert),
            "source": _source(alert),
            "severity": _severity(alert),
            "timestamp": rfc3339(alert.starts_at),
            "class": _value(alert.labels.get("alertname", "")),
            "custom_details": _details(notification, alert),
        },
    }
    if own:
        told["client_url"] = own.url
    return told


def _summary(notification: Notification, alert: NotifiedAlert) -> str:
    test = "TEST · " if notification.reason is NotifyReason.TEST else ""
    return shorten(f"{test}{message.headline(alert)}", LONGEST_SUMMARY)


def _severity(alert: NotifiedAlert) -> str:
    """One of the four that PagerDuty knows; any other severity is a warning, as everywhere here."""
    severity = message.severity(alert)
    return severity if severity in SEVERITIES else "warning"


def _source(alert: NotifiedAlert) -> str:
    """What is affected: the sender, or else the account, or the receiver that the rule is about."""
    candidates = [
        alert.campaign.sender if alert.campaign else "",
        *map(alert.labels.get, ("sender", "account", "receiver")),
    ]
    return next((value for each in candidates if (value := _value(each or ""))), "bsg-monitor")


def _details(notification: Notification, alert: NotifiedAlert) -> dict[str, object]:
    """Figures for people and for event rules, numbers as numbers. Unknown figures are left out."""
    told: dict[str, object] = {
        "about": message.identity(alert),
        "figures": message.figures(alert),
        "why": breakdown(alert.detail),
        "description": message.description(alert),
        "holds_since": rfc3339(alert.active_since),
        "firing_for": message.lasted(alert, notification.created_at),
    }
    if alert.campaign is not None:
        campaign = alert.campaign
        told |= {
            "campaign_id": campaign.id,
            "campaign": message.name(campaign),
            "status": _value(campaign.status),
            "sent": campaign.sent,
            "delivered": campaign.delivered,
            "fallback_sent": campaign.fallback_sent,
            "fallback_delivered": campaign.fallback_delivered,
            "price": campaign.calculated_price,
            "currency": _value(campaign.currency or ""),
        }
        if campaign.sent and campaign.delivered is not None:
            told["delivery_ratio"] = round(campaign.delivered / campaign.sent, 4)
    labels = [(_value(name), _value(value)) for name, value in alert.labels.items()]
    told["labels"] = dict(labels[:MOST_LABELS])
    if len(labels) > MOST_LABELS:
        told["labels_left_out"] = len(labels) - MOST_LABELS
    return {name: value for name, value in told.items() if value is not None and value != ""}


def _value(text: str) -> str:
    return shorten(clean(text), LONGEST_VALUE)
