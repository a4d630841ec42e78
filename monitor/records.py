"""Campaigns, alerts, events, messages and silences as commands and programs see them: one record
each, by the keys of the JSON.

Times are aware datetimes, ratios are numbers. Names are other people's text, as it came.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from monitor.domain.alerting.alert import Acknowledgement, Alert
from monitor.domain.alerting.headline import annotations, current_texts
from monitor.domain.alerting.notification import NotifiedAlert, OutboxRow
from monitor.domain.campaign.detail import CampaignDetail, breakdown
from monitor.domain.campaign.event import CampaignEvent
from monitor.domain.campaign.sample import Sample
from monitor.domain.campaign.snapshot import Campaign, CampaignKey
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.campaign.unreadable import marks_of, unreadable_in_words
from monitor.domain.routing.matcher import matchers_text
from monitor.domain.routing.silence import Silence, silencing
from monitor.ports import EVERYTHING, OutboxQuery, Store

Record = dict[str, Any]

LISTED_KEYS = (
    "id",
    "account",
    "message_type",
    "name",
    "sender",
    "status",
    "sent",
    "delivered",
    "delivery_ratio",
    "fallback_sent",
    "fallback_delivered",
    "created_at",
    "start_at",
    "real_start_at",
    "finished_at",
    "calculated_price",
    "currency",
)
"""Of a campaign as the provider lists it."""
CAMPAIGN_KEYS = (
    *LISTED_KEYS,
    "status_since",
    "first_seen",
    "settled",
    "total_messages",
    "why",
    "detail_read_at",
    "unreadable",
)
"""Of a campaign that the monitor tracks."""
FIGURES = ("sent", "delivered", "fallback_sent", "fallback_delivered")
"""The counters that samples of a campaign have."""


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
    unreadable = [unreadable_in_words(mark) for mark in marks_of(row) if mark.until is None]
    return {
        **listed_record(row.campaign),
        "status_since": moment(row.status_since),
        "first_seen": moment(row.first_seen),
        "settled": row.settled,
        "total_messages": row.detail.total_messages if row.detail else None,
        "why": breakdown(row.detail),
        "detail_read_at": moment(row.detail.read_at) if row.detail else None,
        "unreadable": "; ".join(unreadable) or None,
    }


def detail_record(detail: CampaignDetail) -> Record:
    """What was read of a campaign in detail."""
    record = {**msgspec.to_builtins(detail), "read_at": moment(detail.read_at)}
    del record["revision"]
    unreadable = [unreadable_in_words(mark) for mark in detail.unreadable]
    return record | {"unreadable": "; ".join(unreadable) or None}


def sample_record(sample: Sample) -> Record:
    """The figures of a campaign at one time."""
    figures = {name: getattr(sample, name) for name in FIGURES}
    return {"at": moment(sample.at), "status": sample.status, **figures}


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


def described(alert: Alert) -> str:
    """The rule and what the alert is about, in one line."""
    return f"{alert.key.rule}: {alert.about}"


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


def notified_record(alert: NotifiedAlert) -> Record:
    """One alert as a notification tells of it."""
    return {
        "id": alert.id,
        "status": alert.status,
        "changed": alert.changed,
        "event": alert.event_id is not None,
        "labels": dict(alert.labels),
        "annotations": dict(annotations(alert)),
        "campaign": alert.campaign.name if alert.campaign else None,
        "active_since": alert.active_since,
        "starts_at": alert.starts_at,
        "ends_at": alert.ends_at,
    }


def silence_record(silence: Silence, now: datetime) -> Record:
    """One silence and its state at `now`."""
    return {
        "id": silence.id,
        "state": silence.state(now).value,
        "matchers": matchers_text(silence.matchers),
        "starts_at": silence.starts_at,
        "ends_at": silence.end,
        "until_resolved": silence.until_resolved,
        "author": silence.author,
        "comment": silence.comment,
        "created_at": silence.created_at,
        "matched_at": silence.matched_at,
        "ended_by": silence.ended_by,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """One campaign. `tracked` is null once it has vanished: then `campaign` is as its newest
    event has it.

    Events, alerts and messages have the newest first, `samples` the oldest.
    """

    campaign: Campaign
    tracked: TrackedCampaign | None
    samples: Sequence[Sample]
    events: Sequence[CampaignEvent]
    alerts: Sequence[Alert]
    acknowledgements: Sequence[Acknowledgement]
    silences: Sequence[Silence]
    messages: Sequence[OutboxRow]

    @property
    def record(self) -> Record:
        """What describes the campaign itself."""
        if self.tracked is None:
            return {**listed_record(self.campaign), "tracked": False}
        detail = detail_record(self.tracked.detail) if self.tracked.detail else None
        return {**campaign_record(self.tracked), "tracked": True, "detail": detail}

    def with_history(self, now: datetime) -> Record:
        """The same and its samples, events, alerts and notifications."""
        said = {each.alert_id: each for each in self.acknowledgements}
        return {
            **self.record,
            "samples": [sample_record(sample) for sample in self.samples],
            "events": [event_record(event) for event in self.events],
            "alerts": [
                alert_record(alert, said.get(alert.id), silencing(alert, self.silences, now))
                for alert in self.alerts
            ],
            "notifications": [outbox_record(row) for row in self.messages],
        }

    def message_told(self, row: OutboxRow) -> Record:
        """A message as one that tells of this campaign: it may tell of others too."""
        about = [each for each in row.notification.alerts if _is(each.campaign, self.campaign)]
        told = {
            "alertnames": list(dict.fromkeys(each.labels.get("alertname", "") for each in about)),
            "about": "",
        }
        return {**outbox_record(row), **told, "summary": annotations(about[0]).get("summary", "")}


def _is(campaign: Campaign | None, other: Campaign) -> bool:
    return campaign is not None and (campaign.account, campaign.id) == (other.account, other.id)


async def find_dossiers(
    store: Store, campaign_id: int, account: str | None, *, now: datetime
) -> list[Dossier]:
    """One for each account that has, or had, a campaign of that id. StoreError."""
    tracked = {
        row.campaign.account: row
        for row in (await store.load()).campaigns
        if row.campaign.id == campaign_id
    }
    events: dict[str, list[CampaignEvent]] = {}
    for event in await store.events(campaign_id=campaign_id, account=account, limit=EVERYTHING):
        events.setdefault(event.campaign.account, []).append(event)
    accounts = [name for name in dict.fromkeys((*tracked, *events)) if account in (None, name)]
    if not accounts:
        return []
    alerts = {
        alert.id: alert
        for alert in (*await store.open_alerts(), *await store.alert_history(limit=EVERYTHING))
    }
    messages = await store.outbox(OutboxQuery(limit=EVERYTHING))
    acknowledgements = await store.acknowledgements()
    silences = await store.silences(ended_after=now)

    found: list[Dossier] = []
    for name in accounts:
        row = tracked.get(name)
        campaign = row.campaign if row else events[name][0].campaign
        about = [alert for alert in alerts.values() if _is(alert.campaign, campaign)]
        about.sort(key=lambda alert: alert.active_since, reverse=True)
        ids = {alert.id for alert in about}
        found.append(
            Dossier(
                campaign=campaign,
                tracked=row,
                samples=await store.course(CampaignKey(name, campaign_id)),
                events=events.get(name, []),
                alerts=about,
                silences=silences,
                acknowledgements=[each for each in acknowledgements if each.alert_id in ids],
                messages=[
                    each
                    for each in messages
                    if any(_is(a.campaign, campaign) for a in each.notification.alerts)
                ],
            )
        )
    return found
