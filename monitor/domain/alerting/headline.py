"""What people read about one alert, in messages, lists and on pages: its headline and its texts.
For an alert that is over they say so, and nothing in them asks people to act."""

from collections.abc import Mapping
from datetime import UTC, datetime

from monitor.domain.alerting.alert import Alert, ResolveReason
from monitor.domain.alerting.notification import NotifiedAlert
from monitor.domain.alerting.notified import notified
from monitor.domain.campaign.snapshot import Campaign
from monitor.domain.safetext.shown_text import clean, shorten

LONGEST_NAME = 80
LONGEST_HEADLINE = 200
LONGEST_PERSON = 30

_ENDS: Mapping[str, str] = {
    "condition": "condition no longer met",
    "settled": "campaign settled",
    "vanished": "campaign deleted at the provider",
    "left_window": "campaign is too old to be followed",
    "ignored": "campaign is now ignored",
    "rule_removed": "rule removed",
    "not_watched": "account or message type is no longer watched",
}


def name(campaign: Campaign) -> str:
    """The campaign's name, shortened; its id if the name is empty."""
    return shorten(clean(campaign.name), LONGEST_NAME) or f"campaign {campaign.id}"


def headline(alert: NotifiedAlert) -> str:
    """What is wrong with which campaign by how much, on one line: the rule's summary, with the
    campaign's name.

    It begins with who is handling the alert, so that others do not have to. For an alert that is
    over it says so, why, and the campaign's status at that time.
    """
    handled = acknowledged(alert, with_time=False)
    said = _headline(alert)
    return shorten(f"{handled} · {said}", LONGEST_HEADLINE) if handled else said


def acknowledged(alert: NotifiedAlert, *, with_time: bool = True) -> str:
    """Who is handling the alert, and since when; empty if no one is, or it is over."""
    if alert.acknowledged_by is None or is_over(alert):
        return ""
    who = f"acknowledged by {shorten(clean(alert.acknowledged_by), LONGEST_PERSON)}"
    return f"{who} {moment(alert.acknowledged_at)}" if with_time and alert.acknowledged_at else who


def _headline(alert: NotifiedAlert) -> str:
    if is_over(alert):
        return shorten(_over(alert), LONGEST_HEADLINE)
    summary = clean(alert.annotations.get("summary", ""))
    rule = clean(alert.labels.get("alertname", "")) or "alert"
    if alert.campaign is None:
        return shorten(summary or rule, LONGEST_HEADLINE)
    called = name(alert.campaign)
    if summary and called.rstrip("…")[: LONGEST_NAME // 2] in summary:
        return shorten(summary, LONGEST_HEADLINE)
    return shorten(f"{called}: {summary or rule}", LONGEST_HEADLINE)


def is_over(alert: NotifiedAlert) -> bool:
    """Whether the alert has ended: what its rule says is no longer true, and no one has to act."""
    return alert.status == "resolved"


def _over(alert: NotifiedAlert) -> str:
    """`Spring sale: HeldAsSpam is over, status is sending`; `Account default: LowBalance ended:
    rule removed`."""
    rule = shorten(clean(alert.labels.get("alertname", "")), LONGEST_NAME) or "alert"
    about, because = _subject(alert), end_in_words(alert.resolve_reason)
    if alert.resolve_reason != ResolveReason.CONDITION and because:
        end = f"{rule} ended: {because}"
    else:
        status = shorten(clean(alert.campaign.status), 20) if alert.campaign else ""
        end = f"{rule} is over, status is {status}" if status else f"{rule} is over"
    return f"{about}: {end}" if about else end


def _subject(alert: NotifiedAlert) -> str:
    """The campaign, receiver, sender or account that an alert is about."""
    if alert.campaign is not None:
        return name(alert.campaign)
    for label in ("receiver", "sender", "account"):
        if called := shorten(clean(alert.labels.get(label, "")), LONGEST_NAME):
            return f"{label.capitalize()} {called}"
    return ""


def annotations(alert: NotifiedAlert) -> Mapping[str, str]:
    """The rule's texts for messages. If the alert is over, the summary says so, and description and
    runbook, which ask people to act, are left out. The description begins with the `note`."""
    texts = dict(alert.annotations)
    if is_over(alert):
        texts = {
            name: text for name, text in texts.items() if name not in ("description", "runbook_url")
        }
        texts["summary"] = headline(alert)
    if alert.note:
        texts["description"] = f"{alert.note} {texts.get('description', '')}".strip()
    return texts


def current_texts(alert: Alert) -> Mapping[str, str]:
    """The `annotations` of an alert that may be over, or may not even have fired."""
    if alert.fired_at is None or alert.is_event:
        return alert.annotations
    return annotations(notified(alert, changed=False))


def moment(at: datetime) -> str:
    """`2026-03-02 09:00 UTC`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def end_in_words(resolve_reason: str | None) -> str:
    """A resolve reason for people; empty if there is none or it is not known."""
    return _ENDS.get(resolve_reason or "", "")
