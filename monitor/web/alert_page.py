"""One alert as its page shows it: its texts, its times, and its campaign's figures."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from monitor.domain.alerting.alert import Alert
from monitor.domain.alerting.headline import current_texts, end_in_words
from monitor.domain.campaign.detail import CampaignDetail, breakdown
from monitor.domain.campaign.snapshot import Campaign, Unreadable
from monitor.domain.campaign.unreadable import unreadable_in_words

ALERT_ID = re.compile(r"[0-9A-Za-z_.-]{1,200}")
"""The form of an alert's id; the store is asked for nothing else."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a table: a text, or a moment."""

    name: str
    value: str | datetime


@dataclass(frozen=True, slots=True)
class AlertDetail:
    """Everything the page of one alert shows. `state` is "event" for an alert that is told once
    and never resolves. `unreadable` are the fields of its campaign that cannot be read now."""

    alert: Alert
    unreadable: Sequence[Unreadable] = ()

    @property
    def state(self) -> str:
        return self.alert.shown_state

    @property
    def active(self) -> bool:
        """Whether it may still change."""
        return self.alert.resolved_at is None

    @property
    def over(self) -> bool:
        """Whether it fired and has ended; never true of an event."""
        return self.alert.resolved_at is not None and not self.alert.is_event

    @property
    def severity(self) -> str:
        return self.alert.labels.get("severity", "")

    @property
    def subject(self) -> str:
        """The campaign's name, or else the sender or account."""
        return self.alert.about

    @property
    def times(self) -> Sequence[Figure]:
        """When it changed, in order."""
        alert = self.alert
        if alert.is_event:
            return [Figure("Happened", alert.active_since)]
        steps = (
            ("Holds since" if self.active else "Held since", alert.active_since),
            ("Firing since" if self.active else "Fired", alert.fired_at),
            ("No longer holds since", alert.inactive_since if self.active else None),
            ("Ended", alert.resolved_at),
        )
        return [Figure(name, at) for name, at in steps if at is not None]

    @property
    def ended_because(self) -> str:
        """What ended it, in words; empty while it has not."""
        reason = self.alert.resolve_reason
        return "" if reason is None else end_in_words(reason.value) or reason.value

    @property
    def summary(self) -> str:
        """What is wrong, or that it is over."""
        return current_texts(self.alert).get("summary", "")

    @property
    def said(self) -> str:
        """The rule's summary, as of when it last held."""
        return self.alert.annotations.get("summary", "")

    @property
    def description(self) -> str:
        """What to do about it; empty once it is over."""
        return current_texts(self.alert).get("description", "")

    @property
    def runbook(self) -> str | None:
        """The rule's runbook, if that is a web address and the alert is not over."""
        return web_address(current_texts(self.alert).get("runbook_url", ""))

    @property
    def labels(self) -> Sequence[tuple[str, str]]:
        return sorted(self.alert.labels.items())

    @property
    def figures(self) -> Sequence[Figure]:
        """The campaign's figures; empty when the alert is not about a campaign."""
        alert = self.alert
        return (
            []
            if alert.campaign is None
            else [
                *campaign_figures(alert.campaign),
                *(Figure("Not readable", unreadable_in_words(mark)) for mark in self.unreadable),
                *detail_figures(alert.detail),
            ]
        )


def web_address(text: str) -> str | None:
    """`text` when it is exactly one http or https address, else None: `javascript:` and the like
    must not become a link."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    good = (
        parts.scheme in ("http", "https")
        and parts.hostname
        and text.isprintable()
        and " " not in text
    )
    return text if good else None


def campaign_figures(campaign: Campaign) -> Sequence[Figure]:
    """What the provider said about the campaign; missing values are left out."""
    c = campaign
    found: list[tuple[str, str | float | None]] = [
        ("Campaign", f"{c.name} ({c.id})"),
        ("Sender", c.sender),
        ("Type", c.message_type),
        ("Status", c.status),
        ("Sent", None if c.sent is None else f"{c.sent:,}"),
        ("Delivered", _of(c.delivered, c.sent)),
        ("SMS fallback sent", None if c.fallback_sent is None else f"{c.fallback_sent:,}"),
        ("SMS fallback delivered", _of(c.fallback_delivered, c.fallback_sent)),
        (
            "Price",
            None
            if c.calculated_price is None
            else f"{c.calculated_price:,.2f} {c.currency or ''}".rstrip(),
        ),
        ("Created", c.created_at),
        ("Planned start", c.start_at),
        ("Started", c.real_start_at),
        ("Finished", c.finished_at),
    ]
    figures = (
        (name, _moment(value) if isinstance(value, float | int) else value) for name, value in found
    )
    return [Figure(name, value) for name, value in figures if value]


def detail_figures(detail: CampaignDetail | None) -> Sequence[Figure]:
    """The campaign's detail, if it was read; missing values are left out."""
    if detail is None:
        return []
    found: list[tuple[str, str | datetime | None]] = [
        (
            "Messages in all",
            None if detail.total_messages is None else f"{detail.total_messages:,}",
        ),
        (
            "Cost so far",
            None
            if detail.total_price is None
            else f"{detail.total_price:,.2f} {detail.currency or ''}".rstrip(),
        ),
        ("Not delivered because", breakdown(detail)),
        ("Detail read", _moment(detail.read_at)),
    ]
    return [Figure(name, value) for name, value in found if value]


def _of(part: int | None, whole: int | None) -> str | None:
    """A count, with its share of `whole` if there is one: `61 (61.0 %)`."""
    if part is None:
        return None
    return f"{part:,} ({100 * part / whole:.1f} %)" if whole else f"{part:,}"


def _moment(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
