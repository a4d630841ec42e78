"""A notification as an Adaptive Card for Microsoft Teams, within its limits. What does not fit is
counted.

Other people's text is in text runs only: they do not read Markdown, whose escapes differ between
Teams' platforms (microsoft/AdaptiveCards#5590). Links, in our own words, are Markdown in a text
block. Documented limit: about 28 KB a message
(https://learn.microsoft.com/connectors/teams/#known-issues-and-limitations-with-actions). Teams
counts the card as a text within JSON, where each quote takes three bytes instead of one. A
workflow answers 202 to a larger message and then loses it (MicrosoftDocs/msteams-docs#11274:
24,453 bytes were counted as 28,897).
"""

import re
from collections.abc import Sequence

import msgspec

from monitor.domain.alerting.notification import Notification
from monitor.notify import message
from monitor.notify.message import shorten, width
from monitor.notify.paragraph import (
    MOST_STILL_FIRING,
    Link,
    Paragraph,
    first_line,
    heading,
    how_many_fit,
    paragraph,
    remainder,
    still_firing,
)

LARGEST_MESSAGE = 20_000
"""Bytes as Teams counts them (`counted`), with a margin for what else it may count."""
MOST_ALERTS = 25
LONGEST_LINE = 300

_FOOTER = 1200
_STYLES = {"🔴": "attention", "🟠": "attention", "🟡": "warning", "🔵": "accent", "✅": "good"}
_CALL = re.compile(r"\{(?=\{)")  # "{{DATE(…)}}" is a function of cards

Element = dict[str, object]


def compose(notification: Notification, external_url: str | None) -> dict[str, object]:
    """The JSON body for a workflow that posts the cards it is sent."""
    alerts, rest = message.news(notification), message.the_rest(notification)
    line, said = heading(notification, fits=lambda text: width(text) <= LONGEST_LINE - 10)
    containers = [
        _container(paragraph(notification, alert, external_url, said=said)) for alert in alerts
    ]
    still = [_text(line) for line in still_firing(rest, plain)]
    if still:
        still = [_text("Still firing", weight="Bolder", separator=True), *still]
    bare = counted(_envelope(notification, line, still))
    costs = [counted(container) + 1 for container in containers]
    shown = how_many_fit(costs, LARGEST_MESSAGE - bare - _FOOTER, most=MOST_ALERTS)
    body = [*containers[:shown], *still]
    words, where = remainder(
        notification, [*alerts[shown:], *rest[MOST_STILL_FIRING:]], external_url
    )
    if words:
        body.append(_text(words, isSubtle=True, separator=True))
    if where:
        body.append(_links([where]))
    return _envelope(notification, line, body)


def counted(value: object) -> int:
    """Bytes of a value's JSON as a text within JSON."""
    return len(msgspec.json.encode(msgspec.json.encode(value).decode()))


def plain(text: str, limit: int) -> str:
    """`text` (already cleaned) for a text run, which shows it as it is; at most `limit` wide."""
    return shorten(_CALL.sub("{ ", text), limit)


def _envelope(notification: Notification, line: str, body: Sequence[Element]) -> dict[str, object]:
    title = plain(first_line(notification), LONGEST_LINE)
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": title,
        "msteams": {"width": "Full"},
        "body": [_text(plain(line, LONGEST_LINE), size="Medium", weight="Bolder"), *body],
    }
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return {"type": "message", "summary": title, "attachments": [attachment]}


def _text(text: str, *, separator: bool = False, **looks: object) -> Element:
    block: Element = {
        "type": "RichTextBlock",
        "spacing": "Small",
        "inlines": [{"type": "TextRun", "text": text, **looks}],
    }
    return block | {"separator": True} if separator else block


def _links(links: Sequence[Link]) -> Element:
    words = " · ".join(f"[{link.words}]({link.url})" for link in links)
    return {"type": "TextBlock", "spacing": "Small", "wrap": True, "text": words}


def _container(told: Paragraph) -> Element:
    items = [
        _text(plain(f"{told.mark} {told.headline}", 250), weight="Bolder"),
        *(_text(plain(fact, 400)) for fact in told.facts),
        _text(told.when, isSubtle=True),
    ]
    if told.links:
        items.append(_links(told.links))
    return {"type": "Container", "style": _STYLES[told.mark], "separator": True, "items": items}
