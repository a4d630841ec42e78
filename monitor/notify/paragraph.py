"""One alert as a paragraph, for services that show a list of alerts: plain text in parts, which
each integration escapes, and links whose addresses contain nothing special to any service.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from yarl import URL

from monitor.domain.alerting.notification import Notification, NotifiedAlert, NotifyReason
from monitor.notify import message

MOST_STILL_FIRING = 10
"""How many alerts that are still firing are named; the others are counted."""
LONGEST_ADDRESS = 500
LONGEST_STILL_FIRING = 120

_MARKS = {"critical": "🔴", "error": "🟠", "warning": "🟡", "info": "🔵"}
_RESOLVED_MARK = "✅"
_TEST_MARK = "🔔"
# None of these means anything in HTML or Markdown, or can end an address there.
_ADDRESS_CHARACTERS = "%:/?#[]@!$&*+,;=~-._"


@dataclass(frozen=True, slots=True)
class Link:
    """`url` is ASCII without spaces, quotes, parentheses, angle brackets, bars, backslashes and
    backticks."""

    words: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """What a message says about one alert. `facts` are what it is about, figures, reasons and
    description, as far as they are known.

    `when` consists of our own words only; `headline` and `facts` contain other people's text,
    cleaned but not escaped.
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
    """The paragraph about one alert. `date` writes a moment the service's way. `said`: the line
    above the alerts has the headline already, so the first fact takes its place."""
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
    """The link to an address; None if there is none, or it cannot be read or is too long."""
    if not url:
        return None
    try:
        encoded = quote(str(URL(url)), safe=_ADDRESS_CHARACTERS)
    except ValueError:
        return None
    return Link(words, encoded) if len(encoded) <= LONGEST_ADDRESS else None


def mark(alert: NotifiedAlert) -> str:
    """An emoji for the alert's severity, or for its end."""
    if alert.status == "resolved":
        return _RESOLVED_MARK
    return _MARKS.get(message.severity(alert), _MARKS["warning"])


def first_line(notification: Notification) -> str:
    """How bad, how many, and what is wrong with which campaign by how much. Not escaped."""
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
    """What the message does not show, counted by kind, with a link to it; and which part of the
    whole the message is.

    Our own words only. Empty and None if there is nothing to say.
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
    """How many of these, from the first one on, fit into `budget` together: at least one, at most
    `most`."""
    for number, cost in enumerate(costs):
        budget -= cost
        if (budget < 0 and number > 0) or number >= most:
            return number
    return len(costs)


def still_firing(
    rest: Sequence[NotifiedAlert],
    escape: Callable[[str, int], str],
    *,
    most: int = MOST_STILL_FIRING,
    date: Callable[[datetime], str] = message.moment,
) -> list[str]:
    """A line for each of the first `most` alerts that are still firing. `escape` gets a text and
    its largest width."""
    return [
        f"{mark(alert)} {escape(message.headline(alert), LONGEST_STILL_FIRING)} · since "
        f"{date(alert.starts_at)}"
        for alert in rest[:most]
    ]


def escaped(text: str, limit: int, escapes: Mapping[str, str]) -> str:
    """`text` (already cleaned) with `escapes` applied, at most `limit` wide once escaped, with "…"
    if it was cut. Never cuts an escape in two."""
    pieces: list[str] = []
    used = 0
    last = len(text) - 1
    for position, character in enumerate(text):
        piece = escapes.get(character, character)
        wide = message.width(piece)
        if used + wide > limit - (position < last):
            return "".join(pieces).rstrip() + "…"
        pieces.append(piece)
        used += wide
    return "".join(pieces)
