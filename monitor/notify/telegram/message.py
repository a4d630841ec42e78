"""A notification as a Telegram message: HTML, within its one limit. What does not fit is counted.

Documented limit: 4,096 characters after the markup is read
(https://core.telegram.org/bots/api#sendmessage), counted in UTF-16 units. Here the markup is
counted too, which is never less.
"""

import re

from monitor.domain.alerting.notification import Notification
from monitor.notify import message
from monitor.notify.message import width
from monitor.notify.paragraph import (
    Link,
    Paragraph,
    escaped,
    heading,
    how_many_fit,
    paragraph,
    remainder,
    still_firing,
)

LONGEST_MESSAGE = 4096
LONGEST_TITLE = 300
LONGEST_HREF = 500
MOST_ALERTS = 30  # each has three entities; Telegram reads the first hundred
MOST_STILL_FIRING = 5

_FOOTER = 700  # its words, and a link
_ENTITIES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
}  # https://core.telegram.org/bots/api#html-style
# Telegram turns host names into links and @names into mentions, whatever the parse mode.
# Look-alikes prevent both.
_HOST_DOT = re.compile(r"(?<=\w)\.(?=[^\W\d_])")
_SCHEME = re.compile(r":(?=//)")


def compose(notification: Notification, external_url: str | None) -> str:
    """The message's text for `parse_mode: HTML`."""
    alerts, rest = message.news(notification), message.the_rest(notification)
    line, said = heading(
        notification, fits=lambda text: width(escape(text, LONGEST_MESSAGE)) <= LONGEST_TITLE
    )
    title = f"<b>{escape(line, LONGEST_TITLE)}</b>"
    lines = still_firing(rest, escape, most=MOST_STILL_FIRING)
    still = "\n".join(["<b>Still firing</b>", *lines]) if lines else ""
    sections = [
        _section(paragraph(notification, alert, external_url, said=said)) for alert in alerts
    ]
    budget = LONGEST_MESSAGE - width(title) - width(still) - _FOOTER
    shown = how_many_fit([width(section) + 2 for section in sections], budget, most=MOST_ALERTS)
    words, where = remainder(
        notification, [*alerts[shown:], *rest[MOST_STILL_FIRING:]], external_url
    )
    footer = " · ".join(part for part in (words, _anchor(where) if where else "") if part)
    return "\n\n".join(part for part in (title, *sections[:shown], still, footer) if part)


def escape(text: str, limit: int) -> str:
    """`text` (already cleaned) for HTML, at most `limit` wide, without what Telegram would turn
    into a link or a mention."""
    return escaped(_SCHEME.sub("∶", _HOST_DOT.sub("․", text)).replace("@", "＠"), limit, _ENTITIES)


def _section(told: Paragraph) -> str:
    anchors = filter(None, map(_anchor, told.links))
    lines = [
        f"{told.mark} <b>{escape(told.headline, 250)}</b>",
        *(escape(fact, 400) for fact in told.facts),
        " · ".join([told.when, *anchors]),
    ]
    return "\n".join(lines)


def _anchor(link: Link) -> str:
    href = link.url.replace("&", "&amp;")
    return f'<a href="{href}">{link.words}</a>' if len(href) <= LONGEST_HREF else ""
