"""What people read of one alert, in messages, lists and on pages alike: its headline and its
texts. What is over is told as over: nothing that asks people to act is left."""

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
    "condition": "no longer holds",
    "settled": "campaign settled",
    "vanished": "campaign deleted at the provider",
    "left_window": "campaign is too old to be followed",
    "ignored": "campaign is now ignored",
    "rule_removed": "rule removed",
    "not_watched": "account or message type is no longer watched",
}


def name(campaign: Campaign) -> str:
    """The campaign's name, shortened; its id when the name is empty."""
    return shorten(clean(campaign.name), LONGEST_NAME) or f"campaign {campaign.id}"


def headline(alert: NotifiedAlert) -> str:
    """What is wrong with which campaign and by how much, on one line: the rule's summary, which
    is made to name the campaign.

    Who looks after it comes first: others need not. Of what is over: that it is, why, and the
    status its campaign then had.
    """
    looked_after = acknowledged(alert, with_time=False)
    return (
        shorten(f"{looked_after} · {_headline(alert)}", LONGEST_HEADLINE)
        if looked_after
        else _headline(alert)
    )


def acknowledged(alert: NotifiedAlert, *, with_time: bool = True) -> str:
    """Who looks after it, since when; empty for nobody, and when it is over."""
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
    """Whether it has ended: what its rule says of it is true no more, and there is nothing left
    to do."""
    return alert.status == "resolved"


def _over(alert: NotifiedAlert) -> str:
    """`Spring sale: HeldAsSpam is over, status is sending`; `Account default: LowBalance ended:
    rule removed`."""
    rule = shorten(clean(alert.labels.get("alertname", "")), LONGEST_NAME) or "alert"
    about, because = _subject(alert), ended_because(alert)
    if alert.resolve_reason != ResolveReason.CONDITION and because:
        end = f"{rule} ended: {because}"
    else:
        status = shorten(clean(alert.campaign.status), 20) if alert.campaign else ""
        end = f"{rule} is over, status is {status}" if status else f"{rule} is over"
    return f"{about}: {end}" if about else end


def _subject(alert: NotifiedAlert) -> str:
    """What an alert is about."""
    if alert.campaign is not None:
        return name(alert.campaign)
    for label in ("receiver", "sender", "account"):
        if called := shorten(clean(alert.labels.get(label, "")), LONGEST_NAME):
            return f"{label.capitalize()} {called}"
    return ""


def annotations(alert: NotifiedAlert) -> Mapping[str, str]:
    """The rule's texts as they are told. Of what is over the summary says so, and what tells
    people to act is left out: description and runbook. `note` begins the description of either."""
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
    """The `annotations` of an alert that may be over, or not even have fired."""
    over = alert.resolved_at is not None and not alert.is_event
    return annotations(notified(alert, changed=False)) if over else alert.annotations


def moment(at: datetime) -> str:
    """`2026-03-02 09:00 UTC`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def ended_because(alert: NotifiedAlert) -> str:
    """Why a resolved alert ended, in words; empty where that is not known."""
    return end_in_words(alert.resolve_reason)


def end_in_words(resolve_reason: str | None) -> str:
    """A resolve reason for people; empty for none and for one that is not known."""
    return _ENDS.get(resolve_reason or "", "")
