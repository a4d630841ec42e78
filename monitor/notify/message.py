"""How a notification is said, whatever carries it: plain text, cleaned, in an order that suits a
phone at 3 a.m.

Names of campaigns and senders are other people's text. What leaves this module holds no control,
bidirectional or line- breaking character; each integration still escapes what means something to
its own service.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import quote

import msgspec

from monitor.domain.alerting.headline import (
    LONGEST_NAME,
    acknowledged,
    annotations,
    ended_because,
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
    "count_all",
    "description",
    "ended_because",
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
"""What held and fired that close together did so at once."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of a message's alerts fire (`new`: of which the receiver does not know yet), are
    resolved, or are events."""

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


def count(alerts: Iterable[NotifiedAlert]) -> Counts:
    """Each alert is counted once."""
    firing = new = resolved = events = 0
    for alert in alerts:
        if alert.event_id is not None:
            events += 1
        elif is_over(alert):
            resolved += 1
        else:
            firing += 1
            new += alert.changed
    return Counts(firing, new, resolved, events)


def count_all(notification: Notification) -> Counts:
    """The message's alerts, and those it only counts."""
    counted = count(notification.alerts)
    return replace(counted, firing=counted.firing + notification.omitted)


def remaining(notification: Notification, left: Sequence[NotifiedAlert]) -> str:
    """How many a message does not show: those `left` out here and those that were never listed.
    Empty for none."""
    counted = count(left)
    counts = replace(counted, firing=counted.firing + notification.omitted)
    total = len(left) + notification.omitted
    return f"… and {total:,} more: {counts}" if total else ""


def news(notification: Notification) -> Sequence[NotifiedAlert]:
    """What deserves to be told in full: the changed alerts; where none changed, those that
    somebody looks after if that is what it says, or else all of them: it is a repetition.

    In the notification's order, but what is resolved after what is not: that needs nobody any
    more.
    """
    found = [alert for alert in notification.alerts if alert.changed]
    if not found and notification.reason is NotifyReason.ACKNOWLEDGED:
        found = [alert for alert in notification.alerts if acknowledged(alert)]
    return sorted(found or notification.alerts, key=is_over)


def standing(notification: Notification) -> Notification:
    """The same as the group stands, whatever of it is news: all that fires is told in full, the
    most severe first. For a message that stays and is brought up to date."""
    alerts = in_order(
        [msgspec.structs.replace(alert, changed=True) for alert in notification.alerts]
    )
    return msgspec.structs.replace(notification, alerts=alerts)


def the_rest(notification: Notification) -> Sequence[NotifiedAlert]:
    """What is no news: alerts that only go on firing."""
    told = {alert.id for alert in news(notification)}
    return [alert for alert in notification.alerts if alert.id not in told]


def severity(alert: NotifiedAlert) -> str:
    """In lower case, as the rule says."""
    return shorten(clean(alert.labels.get("severity", "")).lower(), 20) or "warning"


def worst(alerts: Iterable[NotifiedAlert]) -> str | None:
    """The most severe severity among what is not resolved; None when all is."""
    found = [severity(alert) for alert in alerts if not is_over(alert)]
    return min(found, key=weight, default=None)


def heading(notification: Notification, *, fits: Callable[[str], bool] = bool) -> tuple[str, bool]:
    """The line above the alerts, and whether it says the headline of the one alert that is told,
    which need not stand below again. `fits`: whether a service has room for a line; else it has
    no headline, nor where several are told.
    """
    told = title(notification)
    said = len(news(notification)) == 1 and fits(told)
    return (told if said else _heading(notification)), said


def _heading(notification: Notification) -> str:
    """How bad, and how many."""
    if notification.reason is NotifyReason.TEST:
        return "TEST"
    level = worst(news(notification))
    return f"{level.upper() if level else 'RESOLVED'} · {count_all(notification)}"


def title(notification: Notification) -> str:
    """The first line: how bad, how many, and the headline of the first alert."""
    alerts = notification.alerts
    if not alerts:
        return "Nothing to tell"
    return f"{_heading(notification)} · {headline(news(notification)[0])}"


def identity(alert: NotifiedAlert) -> str:
    """Rule, severity and subject: `LowDelivery · critical · ShopAgent · RCS · campaign 53651994
    · sending`."""
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
    """The campaign's counters when it was last read; empty where there are none."""
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
    """Why messages have not arrived: `Why: not RCS-capable 38 %, expired 9 %`. Empty where that
    is not known, and when it is over. Our own words and numbers only."""
    reasons = breakdown(alert.detail) if not is_over(alert) else None
    return f"Why: {reasons}" if reasons else ""


def _share(delivered: int | None, sent: int | None) -> str:
    if sent is None:
        return ""
    if delivered is None or sent <= 0:
        return f"{sent:,} sent" if sent > 0 else "nothing sent yet"
    return f"{delivered:,} of {sent:,} delivered ({100 * delivered / sent:.1f} %)"


def description(alert: NotifiedAlert) -> str:
    """The rule's description, shortened; of what is over there is none."""
    return shorten(clean(annotations(alert).get("description", "")), LONGEST_DESCRIPTION)


def lasted(alert: NotifiedAlert, now: datetime) -> str:
    """How long it has fired, or had when it ended; empty for an event. `now` is when the message
    was decided, so that every retry says the same.
    """
    if alert.event_id is not None:
        return ""
    end = alert.ends_at if is_over(alert) and alert.ends_at else now
    return humanize_duration(end - alert.starts_at)


def times(alert: NotifiedAlert, now: datetime, date: Callable[[datetime], str] = moment) -> str:
    """Since when it fires and for how long, and since when its condition has held where that is
    longer; or when it ended. `date` writes a moment, `now` is as for `lasted`."""
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
        return f"Holds since {date(alert.active_since)}, firing for {fired_for}"
    return f"Firing since {date(alert.starts_at)} ({fired_for})"


def alert_link(external_url: str | None, alert: NotifiedAlert) -> str | None:
    """The alert's own page, or the monitor's first page when the alert has none; None without
    `external_url`."""
    if not external_url:
        return None
    path = f"alerts/{quote(alert.id, safe='')}" if alert.recorded else ""
    return f"{external_url.rstrip('/')}/{path}"


def runbook(alert: NotifiedAlert) -> str | None:
    """The rule's runbook if it is a web address; none once there is nothing left to do."""
    url = clean(annotations(alert).get("runbook_url", ""))
    return url if url.startswith(("https://", "http://")) and " " not in url else None
