"""An alert as Alertmanager's API v2 takes it (prometheus/alertmanager, api/v2/openapi.yaml:
`postableAlert`)."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from monitor.domain.alerting.notification import NotifiedAlert
from monitor.domain.campaign.detail import breakdown
from monitor.notify.message import alert_link, annotations, is_over
from monitor.notify.paragraph import link
from monitor.notify.webhook.message import rfc3339

RESEND_SECONDS = 60.0
"""As Prometheus does it (`--rules.alert.resend-delay`)."""
VALID_FOR = timedelta(seconds=4 * RESEND_SECONDS)
"""How long Alertmanager believes that an alert fires without being told again; Prometheus' own
multiple."""
FALLBACK_VALID_FOR = timedelta(hours=24)
"""The same for what stands in for another receiver: it is told once, and told when it ends, but
not again in between."""
EVENT_LASTS = timedelta(minutes=5)
"""Alertmanager tells nobody of what is over when it hears of it, so an event fires for a while."""

Identity = frozenset[tuple[str, str]]


def identity(alert: NotifiedAlert) -> Identity:
    """What makes two alerts the same to Alertmanager: their labels. One that fires anew is the
    same as before."""
    return frozenset(_labels(alert).items())


def latest(alerts: Iterable[NotifiedAlert]) -> list[NotifiedAlert]:
    """One alert for each identity: what fires rather than what is over, the later rather than
    the earlier."""
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
    """One element of the body. What fires ends `valid_for` after `now`, unless it is told again."""
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
    """The texts as they are told, and why messages have not arrived where that is known and not
    over."""
    reasons = None if is_over(alert) else breakdown(alert.detail)
    return {**annotations(alert), "why": reasons} if reasons else annotations(alert)


def _labels(alert: NotifiedAlert) -> dict[str, str]:
    """Without empty ones, which Alertmanager drops; an event's id makes it differ from the one
    before of the same rule."""
    labels = {name: value for name, value in alert.labels.items() if value}
    return labels if alert.event_id is None else labels | {"event_id": alert.event_id}
