"""Alerts as their receivers are told of them, and in which order."""

from collections.abc import Collection
from datetime import datetime

from monitor.domain.acknowledgement import Acknowledgement
from monitor.domain.alert import Alert, AlertState
from monitor.domain.notification import NotifiedAlert

SEVERITIES = ("critical", "error", "warning", "info")
"""From the most severe; any other severity comes after these."""

_Rank = tuple[bool, int, bool, datetime, str]


def _rank(alert: NotifiedAlert) -> _Rank:
    severity = alert.labels.get("severity", "")
    weight = SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
    return (not alert.changed, weight, alert.status != "firing", alert.starts_at, alert.id)


def in_order(alerts: Collection[NotifiedAlert]) -> tuple[NotifiedAlert, ...]:
    """Changed ones first, then the most severe. Instances of one alert stand together, oldest first: whoever reads a message
    from its beginning must not end with the belief that what fires again is over."""
    place: dict[str, _Rank] = {}
    for alert in alerts:
        rank = _rank(alert)
        if alert.fingerprint not in place or rank < place[alert.fingerprint]:
            place[alert.fingerprint] = rank
    return tuple(sorted(alerts, key=lambda alert: (place[alert.fingerprint], alert.starts_at, alert.id)))


def notified(alert: Alert, *, changed: bool, acknowledged: Acknowledgement | None = None) -> NotifiedAlert:
    """An alert as its receivers are told of it. ValueError for a pending one."""
    if alert.fired_at is None:
        raise ValueError(f"alert {alert.id} has not fired")
    resolved = alert.state is AlertState.RESOLVED and not alert.is_event
    return NotifiedAlert(
        id=alert.id,
        fingerprint=alert.fingerprint,
        status="resolved" if resolved else "firing",
        labels=alert.labels,
        annotations=alert.annotations,
        active_since=alert.active_since,
        starts_at=alert.fired_at,
        ends_at=alert.resolved_at,
        resolve_reason=alert.resolve_reason.value if alert.resolve_reason else None,
        event_id=alert.event_id,
        changed=changed,
        campaign=alert.campaign,
        detail=alert.detail,
        acknowledged_by=acknowledged.author if acknowledged else None,
        acknowledged_at=acknowledged.at if acknowledged else None,
    )
