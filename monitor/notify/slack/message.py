"""A notification as a Slack message: Block Kit in coloured attachments, within every limit, with
what did not fit counted.

A header says how bad and how many, and of one alert also the headline; one section per changed
alert follows, then one that names what only goes on firing. Documented limits: 50 blocks a
message, 3,000 characters a section, 150 a header
(https://docs.slack.dev/reference/block-kit/blocks). Not documented, but known from Slack's
answers: about 12,000 characters in all (`msg_blocks_too_long`, slackapi/bolt-js#2509) and 20
blocks an attachment (`invalid_attachments`, slackapi/bolt-python#914).
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from monitor.domain.alerting.notification import Notification, NotifiedAlert
from monitor.notify import message
from monitor.notify.message import width
from monitor.notify.paragraph import first_line, heading
from monitor.notify.slack.mrkdwn import escape, link

MOST_BLOCKS = 50
LONGEST_SECTION = 3000
LONGEST_HEADER = 150
LONGEST_FALLBACK = 1000
BLOCKS_PER_ATTACHMENT = 20
LONGEST_MESSAGE = 10_000
"""Width of all texts together, with `BLOCK_OVERHEAD` for each block."""
BLOCK_OVERHEAD = 60
MOST_STILL_FIRING = 10
MOST_IN_HISTORY = 10

_RESERVED_BLOCKS = 3  # header, still firing, footer
_LOOKS = {
    "critical": ("🔴", "#d00000"),
    "error": ("🟠", "#e8590c"),
    "warning": ("🟡", "#f2c744"),
    "info": ("🔵", "#3b82f6"),
}
_RESOLVED_LOOK = ("✅", "#2eb67d")
_QUIET_COLOUR = "#8b949e"

Block = dict[str, object]


def compose(notification: Notification, external_url: str | None) -> dict[str, object]:
    """The JSON body for an incoming webhook."""
    alerts, rest = message.news(notification), message.the_rest(notification)
    still = _still_firing(rest)
    line, said = heading(
        notification, fits=lambda text: width(escape(text, LONGEST_SECTION)) <= LONGEST_HEADER
    )
    sections = [_section(notification, alert, external_url, said=said) for alert in alerts]
    shown = _how_many_fit(
        sections,
        LONGEST_MESSAGE - LONGEST_HEADER - width(still) - 1000 - _RESERVED_BLOCKS * BLOCK_OVERHEAD,
    )

    attachments: list[dict[str, object]] = []
    told = list(zip(alerts[:shown], sections[:shown], strict=True))
    for colour, group in groupby(told, key=lambda pair: _look(pair[0])[1]):
        blocks = [_block(text) for _, text in group]
        starts = range(0, len(blocks), BLOCKS_PER_ATTACHMENT)
        attachments += [
            {"color": colour, "blocks": blocks[start : start + BLOCKS_PER_ATTACHMENT]}
            for start in starts
        ]
    if still:
        attachments.append({"color": _look(rest[0])[1], "blocks": [_block(still)]})
    left = [*alerts[shown:], *rest[MOST_STILL_FIRING:]]
    if footer := _footer(notification, left, external_url):
        attachments.append(
            {"color": _QUIET_COLOUR, "blocks": [{"type": "context", "elements": [_mrkdwn(footer)]}]}
        )

    header = {
        "type": "header",
        "text": {"type": "plain_text", "text": escape(line, LONGEST_HEADER), "emoji": False},
    }
    others = [f"{_look(alert)[0]} {message.headline(alert)}" for alert in alerts[1:5]]
    fallback = "\n".join(
        escape(each, LONGEST_FALLBACK // 5 - 1) for each in (first_line(notification), *others)
    )
    return {"text": fallback, "blocks": [header], "attachments": attachments}


def history(notification: Notification, *, before: str = "") -> dict[str, object]:
    """A line of a group's history as the JSON of a message: what changed, and of which alerts.
    `before` are lines made by `opening` that come first.
    """
    lines = _history(notification)
    blocks = [_block(text) for text in (before, lines) if text]
    return {"text": lines, "blocks": blocks}


def opening(notification: Notification) -> str:
    """The first lines of a group's history, with when it was: for when they are posted later."""
    return f"{_moment(notification.created_at)}\n{_history(notification)}"


def _history(notification: Notification) -> str:
    """Mrkdwn, at most some 1,500 wide."""
    told = message.news(notification)
    others = [f"{_look(alert)[0]} {message.headline(alert)}" for alert in told[1:MOST_IN_HISTORY]]
    more = [f"… and {len(told) - MOST_IN_HISTORY:,} more"] if len(told) > MOST_IN_HISTORY else []
    return "\n".join(
        [escape(line, LONGEST_HEADER) for line in (first_line(notification), *others)] + more
    )


def _mrkdwn(text: str) -> Block:
    # verbatim: Slack looks for no addresses, channels or people in it on its own account
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _block(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(text)}


def _how_many_fit(sections: Sequence[str], budget: int) -> int:
    for number, text in enumerate(sections):
        budget -= width(text) + BLOCK_OVERHEAD
        if (budget < 0 and number > 0) or number >= MOST_BLOCKS - _RESERVED_BLOCKS:
            return number
    return len(sections)


def _look(alert: NotifiedAlert) -> tuple[str, str]:
    """Its emoji and its colour."""
    if alert.status == "resolved":
        return _RESOLVED_LOOK
    return _LOOKS.get(message.severity(alert), _LOOKS["warning"])


def _section(
    notification: Notification, alert: NotifiedAlert, external_url: str | None, *, said: bool
) -> str:
    """One alert: headline, unless the header has `said` it, what it is about, figures, reasons,
    description, since when, where to look.

    At most `LONGEST_SECTION` wide.
    """
    identity = escape(message.identity(alert), 400)
    lines = [
        f"{_look(alert)[0]} *{identity if said else escape(message.headline(alert), 300)}*",
        "" if said else identity,
        escape(message.figures(alert), 200),
        escape(message.why(alert), 300),
        escape(message.description(alert), 500),
        " · ".join(
            part
            for part in (
                message.times(alert, notification.created_at, _moment),
                *_links(alert, external_url),
            )
            if part
        ),
    ]
    return "\n".join(line for line in lines if line)


def _moment(at: datetime) -> str:
    """Shown by Slack in the reader's own time zone."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{message.moment(at)}>"


def _links(alert: NotifiedAlert, external_url: str | None) -> list[str]:
    found = (
        link(message.alert_link(external_url, alert), "Open"),
        link(message.runbook(alert), "Runbook"),
    )
    return [each for each in found if each]


def _still_firing(rest: Sequence[NotifiedAlert]) -> str:
    if not rest:
        return ""
    lines = [
        f"{_look(alert)[0]} {escape(message.headline(alert), 120)} · since "
        f"{_moment(alert.starts_at)}"
        for alert in rest[:MOST_STILL_FIRING]
    ]
    return "\n".join(["*Still firing*", *lines])


def _footer(
    notification: Notification, left: Sequence[NotifiedAlert], external_url: str | None
) -> str:
    parts = []
    if more := message.remaining(notification, left):
        parts.append(more)
        parts.append(
            link(external_url, "see all of them") or "see the monitor's own page for all of them"
        )
    if notification.parts > 1:
        parts.append(f"part {notification.part} of {notification.parts}")
    return " · ".join(parts)
