"""One alert as a paragraph, for services that show a list of them: plain text in parts, which
each integration escapes, and links whose addresses hold nothing that means something to any of
them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from yarl import URL

from monitor.domain.alerting.notification import Notification, NotifiedAlert, NotifyReason
from monitor.notify import message

MOST_STILL_FIRING = 10
"""How many alerts that only go on firing are named; the others are counted."""
LONGEST_ADDRESS = 500

_MARKS = {"critical": "🔴", "error": "🟠", "warning": "🟡", "info": "🔵"}
_RESOLVED_MARK = "✅"
_TEST_MARK = "🔔"
# What has a meaning in HTML, in any Markdown or as the end of an address in it is not among these.
_ADDRESS_CHARACTERS = "%:/?#[]@!$&*+,;=~-._"


@dataclass(frozen=True, slots=True)
class Link:
    """`url` is ASCII without spaces, quotes, parentheses, angle brackets, bars, backslashes or
    backticks."""

    words: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """What is said of one alert. `facts`: what it is about, figures, reasons, description; those
    there are.

    `when` is made of our own words only; `headline` and `facts` hold other people's text,
    cleaned and not escaped.
    """

    mark: str
    headline: str
    facts: Sequence[str]
    when: str
    links: Sequence[Link]


def paragraph(
    notification: Notification,
    alert: NotifiedAlert,
    external_url: str | None,
    *,
    said: bool = False,
    date: Callable[[datetime], str] = message.moment,
) -> Paragraph:
    """`date` writes a moment the service's way. `said`: the headline stands above already, so
    the first fact takes its place."""
    identity = message.identity(alert)
    facts = (message.figures(alert), message.why(alert), message.description(alert))
    links = (
        link(message.alert_link(external_url, alert), "Open"),
        link(message.runbook(alert), "Runbook"),
    )
    return Paragraph(
        mark=mark(alert),
        headline=identity if said else message.headline(alert),
        facts=[fact for fact in (*(() if said else (identity,)), *facts) if fact],
        when=message.times(alert, notification.created_at, date),
        links=[each for each in links if each],
    )


def link(url: str | None, words: str) -> Link | None:
    """None for no address, one that cannot be read, and an endless one."""
    if not url:
        return None
    try:
        encoded = quote(str(URL(url)), safe=_ADDRESS_CHARACTERS)
    except ValueError:
        return None
    return Link(words, encoded) if len(encoded) <= LONGEST_ADDRESS else None


def mark(alert: NotifiedAlert) -> str:
    """The alert's severity, or that it is over, as an emoji."""
    if alert.status == "resolved":
        return _RESOLVED_MARK
    return _MARKS.get(message.severity(alert), _MARKS["warning"])


def first_line(notification: Notification) -> str:
    """How bad, how many, and what is wrong with which campaign and by how much. Not escaped."""
    return f"{_title_mark(notification)} {message.title(notification)}"


def heading(notification: Notification, *, fits: Callable[[str], bool] = bool) -> tuple[str, bool]:
    """`message.heading` with its mark. Not escaped."""
    line, said = message.heading(
        notification, fits=lambda text: fits(f"{_title_mark(notification)} {text}")
    )
    return f"{_title_mark(notification)} {line}", said


def _title_mark(notification: Notification) -> str:
    if notification.reason is NotifyReason.TEST:
        return _TEST_MARK
    level = message.worst(message.news(notification))
    return _MARKS.get(level, _MARKS["warning"]) if level else _RESOLVED_MARK


def remainder(
    notification: Notification, left: Sequence[NotifiedAlert], external_url: str | None
) -> tuple[str, Link | None]:
    """What the message does not show, counted by kind, with where to see it; and which part of
    the whole the message is.

    Our own words only. Empty and None where there is nothing to say.
    """
    parts: list[str] = []
    where = None
    if more := message.remaining(notification, left):
        parts.append(more)
        where = link(external_url, "see all of them")
        if where is None:
            parts.append("see the monitor's own page for all of them")
    if notification.parts > 1:
        parts.append(f"part {notification.part} of {notification.parts}")
    return " · ".join(parts), where


def how_many_fit(costs: Sequence[int], budget: int, *, most: int) -> int:
    """How many of these, from the first on, fit into `budget` together; at least the first, at
    most `most`."""
    for number, cost in enumerate(costs):
        budget -= cost
        if (budget < 0 and number > 0) or number >= most:
            return number
    return len(costs)
