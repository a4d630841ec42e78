"""A notification as a mail: plain text and HTML, readable on a phone. What does not fit is counted.

Retries are the same mail: `Message-ID` is made from the notification's id, and `Date` is when it
was decided. All mails about a group refer to one root that was never sent, which makes them one
thread (as Alertmanager's `threading` does).
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from html import escape
from typing import Any

from monitor.domain.alerting.notification import Notification, NotifiedAlert
from monitor.notify import message
from monitor.notify.paragraph import (
    MOST_STILL_FIRING,
    Link,
    Paragraph,
    how_many_fit,
    paragraph,
    remainder,
)

MOST_ALERTS = 50
LARGEST_HTML = 60_000
"""Bytes of all alerts shown in full. Gmail cuts a mail off after 102 KB."""

_COLOURS = {"critical": "#d00000", "error": "#e8590c", "warning": "#b58900", "info": "#3b82f6"}
_RESOLVED_COLOUR = "#1a7f4b"


class _Policy(EmailPolicy):
    """`email.policy.SMTP` with another folding of the subject. Python's own drops spaces between
    words that need encoding (python/cpython gh-92081, and gh-144156 after that was fixed); its
    older way does not.
    """

    def fold(self, name: str, value: Any) -> str:
        return self._subject(name, value) or super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        subject = self._subject(name, value)
        return subject.encode("ascii") if subject else super().fold_binary(name, value)

    def _subject(self, name: str, value: Any) -> str | None:
        text = str(value)
        if name != "Subject" or (text.isascii() and "=?" not in text):
            return None
        return (
            f"{name}: "
            f"{Header(text, 'utf-8', header_name=name).encode(linesep=self.linesep)}{self.linesep}"
        )


_POLICY = _Policy(linesep="\r\n")


def compose(
    notification: Notification, *, sender: Address, to: Sequence[Address], external_url: str | None
) -> EmailMessage:
    """The mail. Other people's text cannot add a header: the subject is one line, and
    `EmailMessage` refuses line breaks."""
    mail = EmailMessage(policy=_POLICY)
    mail["Subject"] = message.title(notification)
    mail["From"] = sender
    mail["To"] = tuple(to)
    mail["Date"] = notification.created_at
    mail["Message-ID"] = f"<{re.sub('[^A-Za-z0-9_-]', '-', notification.id)}@{sender.domain}>"
    root = f"<group.{_digest(notification.group_key)}@{sender.domain}>"
    mail["In-Reply-To"] = root
    mail["References"] = root
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies
    mail["X-Auto-Response-Suppress"] = "All"
    shown = _shown(notification, external_url)
    words, where = remainder(notification, shown.left, external_url)
    mail.set_content(_text(shown, words, where), cte="quoted-printable")
    mail.add_alternative(_html(shown, words, where), subtype="html", cte="quoted-printable")
    # not random: a retry is the same to the byte
    mail.set_boundary(f"=_{_digest(notification.id)}")
    return mail


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class _MailContent:
    """The first line, the alerts shown in full with their colours, those named as still firing, and
    those only counted."""

    heading: str
    told: Sequence[tuple[Paragraph, str]]
    still: Sequence[NotifiedAlert]
    left: Sequence[NotifiedAlert]


def _shown(notification: Notification, external_url: str | None) -> _MailContent:
    news, rest = list(message.news(notification)), list(message.the_rest(notification))
    heading, said = message.heading(notification)
    told = [
        (paragraph(notification, alert, external_url, said=said), _colour(alert))
        for alert in news[:MOST_ALERTS]
    ]
    sizes = [sum(len(line.encode()) for line in _section(part, colour)) for part, colour in told]
    fit = how_many_fit(sizes, LARGEST_HTML, most=MOST_ALERTS)
    return _MailContent(
        heading, told[:fit], rest[:MOST_STILL_FIRING], [*news[fit:], *rest[MOST_STILL_FIRING:]]
    )


def _text(shown: _MailContent, words: str, where: Link | None) -> str:
    blocks = [shown.heading]
    for part, _ in shown.told:
        links = [f"{link.words}: {link.url}" for link in part.links]
        blocks.append(
            "\n".join(
                [
                    f"{part.mark} {part.headline}",
                    *(f"  {line}" for line in (*part.facts, part.when, *links)),
                ]
            )
        )
    if shown.still:
        blocks.append(
            "\n".join(["Still firing", *(f"  {message.headline(alert)}" for alert in shown.still)])
        )
    if words:
        blocks.append(f"{words}: {where.url}" if where else words)
    return "\n\n".join(blocks) + "\n"


def _html(shown: _MailContent, words: str, where: Link | None) -> str:
    body = [f'<h1 style="font-size:18px;margin:0 0 16px">{escape(shown.heading)}</h1>']
    for part, colour in shown.told:
        body += _section(part, colour)
    if shown.still:
        items = "".join(f"<li>{escape(message.headline(alert))}</li>" for alert in shown.still)
        body.append(
            '<p style="margin:16px 0 4px"><b>Still firing</b></p><ul '
            f'style="margin:0;padding-left:20px">{items}</ul>'
        )
    if words:
        more = f' · <a href="{escape(where.url)}">{escape(where.words)}</a>' if where else ""
        body.append(f'<p style="color:#666">{escape(words)}{more}</p>')
    inside = "\n".join(body)
    return (
        '<!DOCTYPE html>\n<html><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"></head>\n'
        '<body style="font:15px/1.45 -apple-system,Segoe '
        'UI,Roboto,sans-serif;margin:0;padding:16px;max-width:640px">\n'
        f"{inside}\n</body></html>\n"
    )


def _section(part: Paragraph, colour: str) -> Iterator[str]:
    yield f'<div style="border-left:4px solid {colour};padding:2px 0 2px 12px;margin:0 0 16px">'
    yield f"<b>{part.mark} {escape(part.headline)}</b>"
    for fact in (*part.facts, part.when):
        yield f"<br>{escape(fact)}"
    if part.links:
        yield "<br>" + " · ".join(
            f'<a href="{escape(link.url)}">{escape(link.words)}</a>' for link in part.links
        )
    yield "</div>"


def _colour(alert: NotifiedAlert) -> str:
    if alert.status == "resolved":
        return _RESOLVED_COLOUR
    return _COLOURS.get(message.severity(alert), _COLOURS["warning"])
