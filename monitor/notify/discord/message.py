"""A notification as a Discord message: one embed for each alert, within every limit. What does
not fit is counted.

Documented limits: 10 embeds a message, 6,000 characters in all of them together, 256 a title,
4,096 a description (https://discord.com/developers/docs/resources/message#embed-object-embed-limits).
The content, which a phone shows as the notification, does not count among the 6,000; it can have
2,000.
"""

from datetime import datetime

from monitor.domain.alerting.notification import Notification
from monitor.notify import message
from monitor.notify.message import width
from monitor.notify.paragraph import (
    Link,
    Paragraph,
    escaped,
    first_line,
    heading,
    how_many_fit,
    mark,
    paragraph,
    remainder,
    still_firing,
)

MOST_EMBEDS = 10
LONGEST_EMBEDS = 6000
LONGEST_TITLE = 256
LONGEST_CONTENT = 500
MOST_STILL_FIRING = 8

_RESERVED_EMBEDS = 2  # still firing, footer
_FOOTER = 700
_COLOURS = {"🔴": 0xD00000, "🟠": 0xE8590C, "🟡": 0xF2C744, "🔵": 0x3B82F6, "✅": 0x2EB67D}
_QUIET_COLOUR = 0x8B949E
# A backslash before punctuation makes it plain: no emphasis, code, spoiler, quote, heading,
# list, masked link, mention, custom emoji or timestamp; and, before the colon of "https:", no link
# (https://support.discord.com/hc/articles/210298617).
_ESCAPES = {character: f"\\{character}" for character in "\\*_~`|<>[]()#-+@:"}

Embed = dict[str, object]


def compose(notification: Notification, external_url: str | None) -> dict[str, object]:
    """The JSON body for a webhook. It mentions no one, whatever the text says."""
    alerts, rest = message.news(notification), message.the_rest(notification)
    lines = still_firing(rest, escape, most=MOST_STILL_FIRING, date=_date)
    still = "\n".join(["**Still firing**", *lines]) if lines else ""
    _, said = heading(
        notification, fits=lambda text: width(escape(text, LONGEST_EMBEDS)) <= LONGEST_CONTENT
    )
    embeds = [
        _embed(paragraph(notification, alert, external_url, said=said, date=_date))
        for alert in alerts
    ]
    shown = how_many_fit(
        [width(str(each["title"])) + width(str(each["description"])) for each in embeds],
        LONGEST_EMBEDS - width(still) - _FOOTER,
        most=MOST_EMBEDS - _RESERVED_EMBEDS,
    )
    told = embeds[:shown]
    if still:
        told.append({"description": still, "color": _COLOURS[mark(rest[0])]})
    words, where = remainder(
        notification, [*alerts[shown:], *rest[MOST_STILL_FIRING:]], external_url
    )
    if words:
        footer = f"{words} · {_masked(where)}" if where else words
        told.append({"description": footer, "color": _QUIET_COLOUR})
    return {
        "content": escape(first_line(notification), LONGEST_CONTENT),
        "embeds": told,
        "allowed_mentions": {"parse": []},
    }


def escape(text: str, limit: int) -> str:
    """`text` (already cleaned) as Discord shows it unchanged, at most `limit` wide once escaped."""
    return escaped(text, limit, _ESCAPES)


def _embed(told: Paragraph) -> Embed:
    own = next((link.url for link in told.links if link.words == "Open"), None)
    others = [_masked(link) for link in told.links if link.words != "Open"]
    lines = [*(escape(fact, 500) for fact in told.facts), " · ".join([told.when, *others])]
    embed: Embed = {
        "title": escape(f"{told.mark} {told.headline}", LONGEST_TITLE),
        "description": "\n".join(lines),
        "color": _COLOURS[told.mark],
    }
    return embed | {"url": own} if own else embed


def _date(at: datetime) -> str:
    """A moment that Discord shows in the reader's own time zone."""
    return f"<t:{int(at.timestamp())}:f>"


def _masked(link: Link) -> str:
    return f"[{link.words}](<{link.url}>)"
