"""The columns of the tables of campaigns, alerts, events and notifications: what a person sees of
`monitor.records`."""

from collections import Counter
from collections.abc import Collection
from dataclasses import replace

from monitor.cli.tables.printing import NOTHING, identifier, plain, readable, share
from monitor.cli.tables.record_table import Column, severity_style, state_style

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
