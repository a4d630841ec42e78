"""The words of a notification, whatever carries it: plain text, cleaned, in an order that suits a
phone at 3 a.m.

Names of campaigns and senders are other people's text. Nothing that leaves this module contains a
control, bidirectional or line-breaking character. Each integration still escapes what means
something to its own service.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import msgspec

from monitor.domain.alerting.headline import (
    LONGEST_NAME,
    acknowledged,
    annotations,
    headline,
    is_over,
    moment,
    name,
)
from monitor.domain.alerting.notification import Notification, NotifiedAlert, NotifyReason
from monitor.domain.alerting.notified import in_order, weight
from monitor.domain.campaign.detail import breakdown
from monitor.domain.safetext.shown_text import clean, shorten, width
from monitor.domain.times.duration import humanize_duration

__all__ = [
    "Counts",
    "acknowledged",
    "alert_link",
    "annotations",
    "clean",
    "count",
    "description",
    "figures",
    "heading",
    "headline",
    "identity",
    "is_over",
    "lasted",
    "moment",
    "name",
    "news",
    "remaining",
    "rfc3339",
    "runbook",
    "severity",
    "shorten",
    "standing",
    "the_rest",
    "times",
    "title",
    "why",
    "width",
    "worst",
]

LONGEST_DESCRIPTION = 400
SAME_MOMENT = timedelta(minutes=1)
"""Within this time a condition and its alert count as simultaneous."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many alerts of a message fire (`new`: the receiver does not know them yet), are resolved,
    or are events."""

    firing: int = 0
    new: int = 0
    resolved: int = 0
    events: int = 0

    def __str__(self) -> str:
        fresh = f" ({self.new} new)" if 0 < self.new < self.firing else ""
        still = "still " if self.firing and not self.new else ""
        events = f"{self.events} event{'' if self.events == 1 else 's'}"
        parts = [
            (self.firing, f"{self.firing} {still}firing{fresh}"),
            (self.resolved, f"{self.resolved} resolved"),
            (self.events, events),
        ]
        return ", ".join(words for number, words in parts if number) or "nothing"


def count(alerts: Iterable[NotifiedAlert], omitted: int = 0) -> Counts:
    """Counts of these alerts, and of `omitted` ones that are still firing."""
    firing, new, resolved, events = omitted, 0, 0, 0
    for alert in alerts:
        if alert.event_id is not None:
            events += 1
        elif is_over(alert):
            resolved += 1
        else:
            firing += 1
            new += alert.changed
    return Counts(firing, new, resolved, events)


def remaining(notification: Notification, left: Sequence[NotifiedAlert]) -> str:
    """How many alerts a message does not show: those `left` out, and those that were never listed.
    Empty if it shows all."""
    total = len(left) + notification.omitted
    return f"… and {total:,} more: {count(left, notification.omitted)}" if total else ""


def news(notification: Notification) -> Sequence[NotifiedAlert]:
    """The alerts to show in full: those that changed. If none changed, the acknowledged ones if
    the notification is about that, or else all of them: it is a repetition.

    They keep the notification's order, but resolved alerts come last: no one has to act on them.
    """
    found = [alert for alert in notification.alerts if alert.changed]
    if not found and notification.reason is NotifyReason.ACKNOWLEDGED:
        found = [alert for alert in notification.alerts if acknowledged(alert)]
    return sorted(found or notification.alerts, key=is_over)


def standing(notification: Notification) -> Notification:
    """The whole group as news: every firing alert is shown in full, the most severe first. For a
    message that is updated in place."""
    alerts = in_order(
        [msgspec.structs.replace(alert, changed=True) for alert in notification.alerts]
    )
    return msgspec.structs.replace(notification, alerts=alerts)


def the_rest(notification: Notification) -> Sequence[NotifiedAlert]:
    """The alerts that are not news: they are still firing."""
    told = {alert.id for alert in news(notification)}
    return [alert for alert in notification.alerts if alert.id not in told]


def severity(alert: NotifiedAlert) -> str:
    """In lower case, as the rule says."""
    return shorten(clean(alert.labels.get("severity", "")).lower(), 20) or "warning"


def worst(alerts: Iterable[NotifiedAlert]) -> str | None:
    """The highest severity of the alerts that are not resolved; None if all are."""
    found = [severity(alert) for alert in alerts if not is_over(alert)]
    return min(found, key=weight, default=None)


def heading(notification: Notification, *, fits: Callable[[str], bool] = bool) -> tuple[str, bool]:
    """The line above the alerts, and whether it contains the headline of the only alert shown, so
    that it is not repeated below. Without a headline if several alerts are shown, or if the line
    is too long for the service (`fits`).
    """
    told = title(notification)
    said = len(news(notification)) == 1 and fits(told)
    return (told if said else _heading(notification)), said


def _heading(notification: Notification) -> str:
    """How bad, and how many."""
    if notification.reason is NotifyReason.TEST:
        return "TEST"
    level = worst(news(notification)) or "resolved"
    return f"{level.upper()} · {count(notification.alerts, notification.omitted)}"


def title(notification: Notification) -> str:
    """The first line: how bad, how many, and the headline of the first alert."""
    alerts = notification.alerts
    if not alerts:
        return "Nothing to tell"
    return f"{_heading(notification)} · {headline(news(notification)[0])}"


def identity(alert: NotifiedAlert) -> str:
    """Rule, severity and subject:
    `LowDelivery · critical · ShopAgent · RCS · campaign 53651994 · sending`."""
    labels, campaign = alert.labels, alert.campaign
    parts = [labels.get("alertname", ""), severity(alert)]
    if campaign is not None:
        parts += [
            campaign.sender,
            campaign.message_type.upper(),
            f"campaign {campaign.id}",
            campaign.status,
        ]
    account = labels.get("account", "")
    if account and (campaign is None or account != "default"):
        parts.append(f"account {account}")
    parts.append(acknowledged(alert))
    return " · ".join(shorten(part, LONGEST_NAME) for part in map(clean, parts) if part)


def figures(alert: NotifiedAlert) -> str:
    """The campaign's counters when it was last read; empty if there are none."""
    campaign = alert.campaign
    if campaign is None:
        return ""
    parts = [_share(campaign.delivered, campaign.sent)]
    if campaign.fallback_sent:
        parts.append(f"SMS fallback {_share(campaign.fallback_delivered, campaign.fallback_sent)}")
    if campaign.calculated_price:
        currency = shorten(clean(campaign.currency or ""), 8)
        parts.append(f"{campaign.calculated_price:,.2f} {currency}".rstrip())
    return " · ".join(part for part in parts if part)


def why(alert: NotifiedAlert) -> str:
    """Why messages have not arrived: `Why: not RCS-capable 38 %, expired 9 %`. Empty if that is not
    known, or the alert is over. Our own words and numbers only."""
    reasons = breakdown(alert.detail) if not is_over(alert) else None
    return f"Why: {reasons}" if reasons else ""


def _share(delivered: int | None, sent: int | None) -> str:
    if sent is None:
        return ""
    if delivered is None or sent <= 0:
        return f"{sent:,} sent" if sent > 0 else "nothing sent yet"
    return f"{delivered:,} of {sent:,} delivered ({100 * delivered / sent:.1f} %)"


def description(alert: NotifiedAlert) -> str:
    """The rule's description, shortened; empty if the alert is over."""
    return shorten(clean(annotations(alert).get("description", "")), LONGEST_DESCRIPTION)


def rfc3339(at: datetime) -> str:
    """In UTC with `Z`, and with fractions of a second only if there are any, as Go writes them."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def lasted(alert: NotifiedAlert, now: datetime) -> str:
    """How long the alert has been firing, or had been when it ended; empty for an event. `now` is
    when the message was decided, so that every retry says the same.
    """
    if alert.event_id is not None:
        return ""
    end = alert.ends_at if is_over(alert) and alert.ends_at else now
    return humanize_duration(end - alert.starts_at)


def times(alert: NotifiedAlert, now: datetime, date: Callable[[datetime], str] = moment) -> str:
    """Since when and how long the alert has been firing, and since when its condition has been met
    if that is longer; or when it ended. `date` writes a moment; `now` is as for `lasted`."""
    fired_for = lasted(alert, now)
    if not fired_for:
        return date(alert.active_since)
    if is_over(alert):
        return (
            f"Fired for {fired_for}, until {date(alert.ends_at)}"
            if alert.ends_at
            else f"Fired for {fired_for}"
        )
    if alert.starts_at - alert.active_since >= SAME_MOMENT:
        return f"Condition met since {date(alert.active_since)}, firing for {fired_for}"
    return f"Firing since {date(alert.starts_at)} ({fired_for})"


def alert_link(external_url: str | None, alert: NotifiedAlert) -> str | None:
    """The URL of the alert's page, or of the monitor's first page if it has none; None without
    `external_url`."""
    if not external_url:
        return None
    path = f"alerts/{quote(alert.id, safe='')}" if alert.recorded else ""
    return f"{external_url.rstrip('/')}/{path}"


def runbook(alert: NotifiedAlert) -> str | None:
    """The URL of the rule's runbook; None if it is not a web address, or the alert is over."""
    url = clean(annotations(alert).get("runbook_url", ""))
    return url if url.startswith(("https://", "http://")) and " " not in url else None
