"""The records that listing commands print: every key of the JSON, and which of them a table
shows."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from monitor.cli.tables.printing import NOTHING, identifier, plain, readable, share
from monitor.cli.tables.record_table import Column, severity_style, state_style
from monitor.domain.alerting.alert import Acknowledgement, Alert
from monitor.domain.alerting.headline import annotations, current_texts
from monitor.domain.alerting.notification import NotifiedAlert, OutboxRow
from monitor.domain.campaign.detail import breakdown
from monitor.domain.campaign.event import CampaignEvent
from monitor.domain.campaign.snapshot import Campaign
from monitor.domain.campaign.tracking import TrackedCampaign

Record = dict[str, Any]


def moment(seconds: float | None) -> datetime | None:
    """Unix seconds as a time."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def listed_record(c: Campaign) -> Record:
    """One campaign as the provider describes it."""
    ratio = c.delivered / c.sent if c.sent and c.delivered is not None else None
    return {
        key: ratio if key == "delivery_ratio" else _value(key, getattr(c, key))
        for key in LISTED_KEYS
    }


def campaign_record(row: TrackedCampaign) -> Record:
    """One tracked campaign."""
    return {
        **listed_record(row.campaign),
        "status_since": moment(row.status_since),
        "first_seen": moment(row.first_seen),
        "settled": row.settled,
        "total_messages": row.detail.total_messages if row.detail else None,
        "why": breakdown(row.detail),
        "detail_read_at": moment(row.detail.read_at) if row.detail else None,
    }


LISTED_KEYS = (
    *(
        "id",
        "account",
        "message_type",
        "name",
        "sender",
        "status",
        "sent",
        "delivered",
        "delivery_ratio",
    ),
    *(
        "fallback_sent",
        "fallback_delivered",
        "created_at",
        "start_at",
        "real_start_at",
        "finished_at",
    ),
    *("calculated_price", "currency"),
)
CAMPAIGN_KEYS = (
    *LISTED_KEYS,
    "status_since",
    "first_seen",
    "settled",
    "total_messages",
    "why",
    "detail_read_at",
)

CAMPAIGN_COLUMNS = (
    Column("Id", "id", identifier, right=True),
    Column("Account", "account", name=True, dull=True),
    Column("Type", "message_type"),
    Column("Status", "status"),
    Column("Since (UTC)", "status_since", spare=1),
    Column("Sent", "sent", right=True),
    Column("Delivered", "delivered", right=True, spare=2),
    Column("Ratio", "delivery_ratio", share, right=True),
    Column("Sender", "sender", text=True),
    Column("Name", "name", text=True, end=True, below=True),
)
LISTED_CAMPAIGN_COLUMNS = tuple(
    replace(column, title="Created (UTC)", key="created_at")
    if column.key == "status_since"
    else column
    for column in CAMPAIGN_COLUMNS
)


def alert_record(
    alert: Alert, acknowledged: Acknowledgement | None = None, silenced_by: Sequence[str] = ()
) -> Record:
    """One alert, whatever its state; `event` for an event, which is told once and never
    resolved. `silenced_by` are ids."""
    c, texts = alert.campaign, current_texts(alert)
    return {
        "id": alert.id,
        "fingerprint": alert.fingerprint,
        "alertname": alert.key.rule,
        "state": alert.shown_state,
        "severity": alert.labels.get("severity", ""),
        "account": alert.key.account,
        "campaign_id": c.id if c else None,
        "campaign": c.name if c else None,
        "sender": alert.labels.get("sender"),
        "message_type": alert.labels.get("message_type"),
        "about": alert.about,
        "summary": texts.get("summary", ""),
        "why": breakdown(alert.detail),
        "active_since": alert.active_since,
        "fired_at": alert.fired_at,
        "resolved_at": None if alert.is_event else alert.resolved_at,
        "resolve_reason": alert.resolve_reason.value if alert.resolve_reason else None,
        "acknowledged_by": acknowledged.author if acknowledged else None,
        "acknowledged_at": acknowledged.at if acknowledged else None,
        "acknowledged_comment": acknowledged.comment if acknowledged else None,
        "silenced_by": list(silenced_by),
        "labels": dict(alert.labels),
        "annotations": dict(texts),
    }


def _short_id(value: object) -> str:
    """As much of an id as tells it from all others that fire, with hardly a doubt."""
    return str(value)[:12]


ALERT_COLUMNS = (
    Column("Severity", "severity", style=severity_style),
    Column("State", "state", style=state_style),
    Column("Alert", "alertname", name=True),
    Column("Account", "account", name=True, dull=True),
    Column("Campaign", "campaign_id", identifier, right=True, spare=4),
    Column("About", "about", text=True, spare=2),
    Column("Since (UTC)", "active_since"),
    Column("Summary", "summary", text=True, end=True, below=True, otherwise="about"),
)

LISTED_COLUMNS = (
    *ALERT_COLUMNS[:3],
    Column("Id", "id", _short_id),
    *ALERT_COLUMNS[3:-1],
    Column("Acknowledged by", "acknowledged_by", text=True, spare=1),
    Column("At (UTC)", "acknowledged_at", spare=5),
    Column("Silenced by", "silenced_by", name=True, spare=1),
    ALERT_COLUMNS[-1],
)

ENDED_COLUMNS = (
    *(
        replace(column, spare=3) if column.key == "active_since" else column
        for column in ALERT_COLUMNS[:-1]
    ),
    Column("Ended (UTC)", "resolved_at"),
    Column("Why", "resolve_reason"),
    ALERT_COLUMNS[-1],
)

COUNT_COLUMNS = (Column("Status", "status"), Column("Campaigns", "count", right=True))


def event_record(event: CampaignEvent) -> Record:
    """One observed difference."""
    c = event.campaign
    return {
        "id": event.id,
        "at": moment(event.at),
        "kind": event.kind.value,
        "account": c.account,
        "campaign_id": c.id,
        "campaign": c.name,
        "sender": c.sender,
        "message_type": c.message_type,
        "status": c.status,
        "old_status": event.old_status,
        "changes": [
            {
                "field": change.field,
                "old": _value(change.field, change.old),
                "new": _value(change.field, change.new),
            }
            for change in event.changes
        ],
    }


def _value(field: str, value: object) -> object:
    """A field's value; times as times."""
    return moment(value) if field.endswith("_at") and isinstance(value, int | float) else value


def _changes(value: object) -> str:
    """`status scheduled → sending, sent 0 → 500`: what differs, shortened to the first four
    fields."""
    if not isinstance(value, list):
        return readable(value)
    told = [
        f"{change['field']} {_brief(change['old'])} → {_brief(change['new'])}"
        for change in value[:4]
    ]
    return readable(", ".join(told) + (f", and {len(value) - 4} more" if len(value) > 4 else ""))


def _all_changes(value: object) -> str:
    """The same for programs: all of them, whole."""
    if not isinstance(value, list):
        return plain(value)
    told = (
        f"{change['field']} {plain(change['old']) or NOTHING} → {plain(change['new']) or NOTHING}"
        for change in value
    )
    return ", ".join(told)


def _brief(value: object) -> str:
    text = str(value) if isinstance(value, int | float) else readable(value)
    return text if len(text) <= 30 else text[:29] + "…"


EVENT_COLUMNS = (
    Column("At (UTC)", "at"),
    Column("Event", "kind"),
    Column("Account", "account", name=True, dull=True),
    Column("Type", "message_type", spare=2),
    Column("Campaign", "campaign_id", identifier, right=True),
    Column("Name", "campaign", text=True),
    Column("Was", "old_status", spare=3),
    Column("Status", "status", spare=2),
    Column("Changes", "changes", _changes, text=True, below=True, write=_all_changes),
)


def outbox_record(row: OutboxRow) -> Record:
    """One notification without its alerts."""
    n = row.notification
    return {
        "id": n.id,
        "receiver": n.receiver,
        "state": row.state.value,
        "reason": n.reason.value,
        "alerts": len(n.alerts),
        "alertnames": list(dict.fromkeys(alert.labels.get("alertname", "") for alert in n.alerts)),
        "about": _about(n.alerts[0]) if n.alerts else None,
        "summary": annotations(n.alerts[0]).get("summary", "") if n.alerts else None,
        "part": n.part,
        "parts": n.parts,
        "group_key": n.group_key,
        "group_labels": dict(n.group_labels),
        "attempts": row.attempts,
        "created_at": n.created_at,
        "first_attempt_at": row.first_attempt_at,
        "next_attempt_at": row.next_attempt_at if row.finished_at is None else None,
        "finished_at": row.finished_at,
        "last_error": row.last_error,
    }


def _about(alert: NotifiedAlert) -> str:
    """What the alert is about, as its labels have it: the campaign, else the narrowest thing
    that a rule can be about."""
    if alert.campaign is not None:
        return alert.campaign.name
    return next(
        (alert.labels[each] for each in ("sender", "receiver", "account") if each in alert.labels),
        "",
    )


def _names(value: object) -> str:
    """The first alert's name, and how many others there are."""
    if not isinstance(value, list) or not value:
        return readable(None)
    return readable(value[0]) + (f" +{len(value) - 1}" if len(value) > 1 else "")


SHORT_ID = 12
"""Characters of a notification's id that a person sees and may type."""


def outbox_columns(ids: Collection[str]) -> tuple[Column, ...]:
    """The columns for a list of these notifications. People see the beginnings of ids, whole ids
    where two begin alike."""
    beginnings = Counter(id_[:SHORT_ID] for id_ in ids)

    def short(value: object) -> str:
        id_ = identifier(value)
        return id_[:SHORT_ID] if beginnings[id_[:SHORT_ID]] < 2 else id_

    return (
        Column("Id", "id", short),
        Column("State", "state", style=state_style),
        Column("Receiver", "receiver", name=True),
        Column("Alert", "alertnames", _names, name=True),
        Column("About", "about", text=True, spare=3),
        Column("Alerts", "alerts", right=True, spare=4),
        Column("Reason", "reason", spare=5),
        Column("Attempts", "attempts", right=True, spare=2),
        Column("Created (UTC)", "created_at", spare=1),
        Column("Next try (UTC)", "next_attempt_at", spare=4),
        Column(
            "Last error, or first alert",
            "last_error",
            text=True,
            end=True,
            below=True,
            otherwise="summary",
        ),
    )
