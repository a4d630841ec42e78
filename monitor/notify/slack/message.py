"""A notification as a Slack message: Block Kit in coloured attachments, within every limit. What
does not fit is counted.

A header says how bad and how many, and for one alert also the headline. One section for each
changed alert follows, then one that names what is still firing. Documented limits: 50 blocks a
message, 3,000 characters a section, 150 a header
(https://docs.slack.dev/reference/block-kit/blocks). Not documented, but known from Slack's
answers: about 12,000 characters in all (`msg_blocks_too_long`, slackapi/bolt-js#2509) and 20
blocks an attachment (`invalid_attachments`, slackapi/bolt-python#914).
"""

import re
from datetime import datetime
from itertools import groupby

from monitor.domain.alerting.notification import Notification
from monitor.notify import message
from monitor.notify.message import width
from monitor.notify.paragraph import (
    MOST_STILL_FIRING,
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

MOST_BLOCKS = 50
LONGEST_SECTION = 3000
LONGEST_HEADER = 150
LONGEST_FALLBACK = 1000
BLOCKS_PER_ATTACHMENT = 20
LONGEST_MESSAGE = 10_000
"""Width of all texts together, with `BLOCK_OVERHEAD` for each block."""
BLOCK_OVERHEAD = 60
MOST_IN_HISTORY = 10

_RESERVED = 3  # header, still firing, footer
_FOOTER = 1000
_COLOURS = {"🔴": "#d00000", "🟠": "#e8590c", "🟡": "#f2c744", "🔵": "#3b82f6", "✅": "#2eb67d"}
_QUIET_COLOUR = "#8b949e"
# https://docs.slack.dev/messaging/formatting-message-text#escaping: these three, and only these,
# are written as entities. Without a bare "<" there is no link, no mention and no <!channel>.
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# mrkdwn has no escape for its emphasis marks, so a look-alike replaces them where they could begin
# or end emphasis. Inside a word ("Shop_Agent", "5*3") they do nothing and stay, except the
# backtick, which works there too.
_EMPHASIS = re.compile(r"`|(?<![^\W_])[*_~]|[*_~](?![^\W_])")
_LOOKALIKES = {"*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ"}

Block = dict[str, object]


def compose(notification: Notification, external_url: str | None) -> dict[str, object]:
    """The JSON body for an incoming webhook."""
    alerts, rest = message.news(notification), message.the_rest(notification)
    lines = still_firing(rest, escape, date=_moment)
    still = "\n".join(["*Still firing*", *lines]) if lines else ""
    line, said = heading(
        notification, fits=lambda text: width(escape(text, LONGEST_SECTION)) <= LONGEST_HEADER
    )
    sections = [
        _section(paragraph(notification, alert, external_url, said=said, date=_moment))
        for alert in alerts
    ]
    shown = how_many_fit(
        [width(section) + BLOCK_OVERHEAD for section in sections],
        LONGEST_MESSAGE - LONGEST_HEADER - width(still) - _FOOTER - _RESERVED * BLOCK_OVERHEAD,
        most=MOST_BLOCKS - _RESERVED,
    )

    attachments: list[dict[str, object]] = []
    told = list(zip(alerts[:shown], sections[:shown], strict=True))
    for colour, group in groupby(told, key=lambda pair: _COLOURS[mark(pair[0])]):
        blocks = [_block(text) for _, text in group]
        starts = range(0, len(blocks), BLOCKS_PER_ATTACHMENT)
        attachments += [
            {"color": colour, "blocks": blocks[start : start + BLOCKS_PER_ATTACHMENT]}
            for start in starts
        ]
    if still:
        attachments.append({"color": _COLOURS[mark(rest[0])], "blocks": [_block(still)]})
    left = [*alerts[shown:], *rest[MOST_STILL_FIRING:]]
    words, where = remainder(notification, left, external_url)
    if footer := " · ".join(part for part in (words, _link(where) if where else "") if part):
        attachments.append(
            {"color": _QUIET_COLOUR, "blocks": [{"type": "context", "elements": [_mrkdwn(footer)]}]}
        )

    header = {
        "type": "header",
        "text": {"type": "plain_text", "text": escape(line, LONGEST_HEADER), "emoji": False},
    }
    others = [f"{mark(alert)} {message.headline(alert)}" for alert in alerts[1:5]]
    fallback = "\n".join(
        escape(each, LONGEST_FALLBACK // 5 - 1) for each in (first_line(notification), *others)
    )
    return {"text": fallback, "blocks": [header], "attachments": attachments}


def history(notification: Notification, *, before: str = "") -> dict[str, object]:
    """A line of a group's history as the JSON of a message: what changed, and in which alerts.
    `before` are lines from `opening` that come first.
    """
    lines = _history(notification)
    blocks = [_block(text) for text in (before, lines) if text]
    return {"text": lines, "blocks": blocks}


def opening(notification: Notification) -> str:
    """The first lines of a group's history with their time, to be posted later."""
    return f"{_moment(notification.created_at)}\n{_history(notification)}"


def _history(notification: Notification) -> str:
    """Mrkdwn, about 1,500 wide at most."""
    told = message.news(notification)
    others = [f"{mark(alert)} {message.headline(alert)}" for alert in told[1:MOST_IN_HISTORY]]
    more = [f"… and {len(told) - MOST_IN_HISTORY:,} more"] if len(told) > MOST_IN_HISTORY else []
    return "\n".join(
        [escape(line, LONGEST_HEADER) for line in (first_line(notification), *others)] + more
    )


def _mrkdwn(text: str) -> Block:
    # verbatim: Slack does not look for addresses, channels or people in it
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _block(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(text)}


def _section(told: Paragraph) -> str:
    """One alert, at most `LONGEST_SECTION` wide."""
    lines = [
        f"{told.mark} *{escape(told.headline, 400)}*",
        *(escape(fact, 500) for fact in told.facts),
        " · ".join([told.when, *map(_link, told.links)]),
    ]
    return "\n".join(lines)


def _moment(at: datetime) -> str:
    """A moment that Slack shows in the reader's own time zone."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{message.moment(at)}>"


def _link(link: Link) -> str:
    return f"<{escaped(link.url, LONGEST_SECTION, _ENTITIES)}|{link.words}>"


def escape(text: str, limit: int) -> str:
    """`text` (already cleaned) for a mrkdwn or plain text object, which shows it as it is; at most
    `limit` wide once escaped."""
    return escaped(_EMPHASIS.sub(lambda found: _LOOKALIKES[found[0]], text), limit, _ENTITIES)
