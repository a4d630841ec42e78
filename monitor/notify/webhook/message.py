"""The webhook's own body: Alertmanager's JSON version 4. See docs/webhook.md."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from monitor.domain.alerting.notification import Notification, NotifiedAlert
from monitor.domain.campaign.detail import COUNTERS, CampaignDetail, Split, breakdown
from monitor.domain.campaign.snapshot import Campaign
from monitor.notify.message import alert_link, annotations, rfc3339

NOT_ENDED = "0001-01-01T00:00:00Z"
"""What Alertmanager writes as `endsAt` of an alert that is still firing (Go's zero time)."""


def payload(notification: Notification, external_url: str | None) -> dict[str, object]:
    """The body, with the fields in Alertmanager's order and ours last."""
    alerts = notification.alerts
    texts = [annotations(alert) for alert in alerts]
    body: dict[str, object] = {
        "receiver": notification.receiver,
        "status": notification.status,
        "alerts": [
            _alert(alert, told, external_url) for alert, told in zip(alerts, texts, strict=True)
        ],
        "groupLabels": notification.group_labels,
        "commonLabels": _common([alert.labels for alert in alerts]),
        "commonAnnotations": _common(texts),
        "externalURL": external_url or "",
        "version": "4",
        "groupKey": notification.group_key,
        "truncatedAlerts": notification.omitted,
        "notification_reason": notification.reason.value,
    }
    if notification.parts > 1:
        body |= {"part": notification.part, "parts": notification.parts}
    if notification.fallback_for:
        body["fallback_for"] = notification.fallback_for
    return body


def _alert(
    alert: NotifiedAlert, texts: Mapping[str, str], external_url: str | None
) -> dict[str, object]:
    is_event = alert.event_id is not None
    ends_at = alert.starts_at if is_event else alert.ends_at if alert.status == "resolved" else None
    told: dict[str, object] = {
        "status": alert.status,
        "labels": alert.labels,
        "annotations": texts,
        "startsAt": rfc3339(alert.starts_at),
        "endsAt": rfc3339(ends_at) if ends_at else NOT_ENDED,
        "generatorURL": alert_link(external_url, alert) or "",
        "fingerprint": alert.fingerprint,
        "campaign": _campaign(alert.campaign, alert.detail) if alert.campaign else None,
    }
    if is_event:
        told["event_id"] = alert.event_id
    if alert.acknowledged_by is not None and alert.acknowledged_at is not None:
        told |= {
            "acknowledged_by": alert.acknowledged_by,
            "acknowledged_at": rfc3339(alert.acknowledged_at),
        }
    return told


def _campaign(campaign: Campaign, detail: CampaignDetail | None) -> dict[str, object]:
    """Every field of the snapshot under its own name, times as RFC 3339, and its `detail`, which is
    null until it is read."""
    told: dict[str, object] = msgspec.structs.asdict(campaign)
    for field in ("created_at", "start_at", "real_start_at", "finished_at"):
        seconds = told[field]
        if isinstance(seconds, int | float):
            told[field] = rfc3339(datetime.fromtimestamp(seconds, UTC))
    return told | {"detail": None if detail is None else _detail(detail)}


def _detail(detail: CampaignDetail) -> dict[str, object]:
    """Every figure under its own name, those of the SMS fallback under `fallback`."""
    return {
        "read_at": rfc3339(datetime.fromtimestamp(detail.read_at, UTC)),
        "why": breakdown(detail),
        "total_messages": detail.total_messages,
        "total_phones": detail.total_phones,
        "total_price": detail.total_price,
        "currency": detail.currency,
        **_counters(detail),
        "fallback": None if detail.fallback is None else _counters(detail.fallback),
    }


def _counters(split: Split) -> dict[str, object]:
    return {name: getattr(split, name) for name in COUNTERS}


def _common(maps: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The pairs that are in all of them."""
    if not maps:
        return {}
    first, *others = maps
    return {
        key: value
        for key, value in first.items()
        if all(other.get(key) == value for other in others)
    }
