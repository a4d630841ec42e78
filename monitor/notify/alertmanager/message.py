"""An alert for Alertmanager's API v2 (`postableAlert` in prometheus/alertmanager,
api/v2/openapi.yaml)."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from monitor.domain.alerting.notification import NotifiedAlert
from monitor.domain.campaign.detail import breakdown
from monitor.notify.message import alert_link, annotations, is_over, rfc3339
from monitor.notify.paragraph import link

RESEND_SECONDS = 60.0
"""As Prometheus does it (`--rules.alert.resend-delay`)."""
VALID_FOR = timedelta(seconds=4 * RESEND_SECONDS)
"""How long an alert fires in Alertmanager unless it is sent again; the same multiple as in
Prometheus."""
FALLBACK_VALID_FOR = timedelta(hours=24)
"""The same for an alert that is sent instead of another receiver: it is sent once, and again only
when it ends."""
EVENT_LASTS = timedelta(minutes=5)
"""Alertmanager notifies no one of an alert that has already ended, so an event fires a while."""

Identity = frozenset[tuple[str, str]]


def identity(alert: NotifiedAlert) -> Identity:
    """What makes two alerts the same in Alertmanager: their labels. An alert that fires again is
    the same as before."""
    return frozenset(_labels(alert).items())


def latest(alerts: Iterable[NotifiedAlert]) -> list[NotifiedAlert]:
    """One alert for each identity: one that fires rather than one that is over, a later one rather
    than an earlier one."""
    chosen: dict[Identity, NotifiedAlert] = {}
    for alert in alerts:
        key = identity(alert)
        if key not in chosen or _weight(alert) > _weight(chosen[key]):
            chosen[key] = alert
    return list(chosen.values())


def _weight(alert: NotifiedAlert) -> tuple[bool, datetime]:
    return alert.status == "firing", alert.starts_at


def postable(
    alert: NotifiedAlert,
    now: datetime,
    external_url: str | None,
    *,
    valid_for: timedelta = VALID_FOR,
) -> dict[str, object]:
    """One item of the body. A firing alert ends `valid_for` after `now` if it is not sent again."""
    told: dict[str, object] = {
        "labels": _labels(alert),
        "annotations": _annotations(alert),
        "startsAt": rfc3339(alert.starts_at),
        "endsAt": rfc3339(max(_ends_at(alert, now, valid_for), alert.starts_at)),
    }
    address = link(alert_link(external_url, alert), "Open")
    return told | {"generatorURL": address.url} if address else told


def _ends_at(alert: NotifiedAlert, now: datetime, valid_for: timedelta) -> datetime:
    if alert.event_id is not None:
        return now + EVENT_LASTS
    if alert.status == "resolved":
        return alert.ends_at or now
    return now + valid_for


def _annotations(alert: NotifiedAlert) -> Mapping[str, str]:
    """The texts as in every message, and why messages have not arrived, if that is known and the
    alert is not over."""
    reasons = None if is_over(alert) else breakdown(alert.detail)
    return {**annotations(alert), "why": reasons} if reasons else annotations(alert)


def _labels(alert: NotifiedAlert) -> dict[str, str]:
    """The labels, without empty ones, which Alertmanager drops. An event has its id as a label, so
    that it differs from the previous event of its rule."""
    labels = {name: value for name, value in alert.labels.items() if value}
    return labels if alert.event_id is None else labels | {"event_id": alert.event_id}
