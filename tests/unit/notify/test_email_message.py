"""Mails: one subject, one thread per group, the same in every retry, harmless whatever a
campaign is called."""

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from html.parser import HTMLParser

from hypothesis import HealthCheck, given, settings

from monitor.domain.alerting.notification import Notification, NotifyReason
from monitor.notify import message
from monitor.notify.email.message import compose
from monitor.notify.email.options import mailbox
from tests.examples import examples
from tests.unit.notify.builders import (
    alert,
    campaign,
    detail,
    notification,
    notifications,
    resolved,
)

URL = "https://m.example/bsg"
TO = ("ops@example.org", "Léa <lea@example.org>")


def mail(told: Notification, external_url: str | None = URL) -> EmailMessage:
    """The mail as a recipient's program reads it."""
    sender = mailbox("BSG monitor <monitor@example.org>")
    sent = compose(
        told, sender=sender, to=[mailbox(each) for each in TO], external_url=external_url
    ).as_bytes()
    assert max(map(len, sent.split(b"\r\n"))) <= 998
    sent.decode("ascii")
    read = message_from_bytes(sent, policy=SMTP)
    assert isinstance(read, EmailMessage)
    return read


def part(read: EmailMessage, kind: str) -> str:
    found = read.get_body((kind,))
    assert isinstance(found, EmailMessage)
    content: str = found.get_content()
    return content.replace("\r\n", "\n")


class Page(HTMLParser):
    """Tags and the text between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.said: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]
        assert all(name in ("style", "href", "charset", "name", "content") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def test_the_subject_says_what_is_wrong_and_the_text_has_figures_and_links() -> None:
    read = mail(notification())
    assert read["Subject"] == "CRITICAL · 1 firing · Spring sale: 71 % of 5400 delivered"
    assert read["From"] == "BSG monitor <monitor@example.org>"
    assert [each.addr_spec for each in read["To"].addresses] == [
        "ops@example.org",
        "lea@example.org",
    ]
    assert part(read, "plain").splitlines() == [
        "CRITICAL · 1 firing · Spring sale: 71 % of 5400 delivered",
        "",
        "🔴 LowDelivery · critical · ShopAgent · RCS · campaign 53651994 · sending",
        (
            "  3,834 of 5,400 delivered (71.0 %) · SMS fallback 61 of 70 delivered (87.1 %) · 12.50 "
            "EUR"
        ),
        "  Condition met since 2026-03-02 08:48 UTC, firing for 2 min",
        "  Open: https://m.example/bsg/alerts/a1",
        "  Runbook: https://runbooks.example/low?a=1&b=2",
    ]
    page = Page(part(read, "html"))
    assert page.links == ["https://m.example/bsg/alerts/a1", "https://runbooks.example/low?a=1&b=2"]


def test_both_texts_say_why_messages_have_not_arrived() -> None:
    read = mail(notification(alert(detail=detail())))
    for kind in ("plain", "html"):
        assert "Why: not RCS-capable 34 %, expired 8 %, failed 3 %" in part(read, kind)


def test_a_retry_is_the_same_mail_and_a_group_is_one_thread() -> None:
    first, again = mail(notification()), mail(notification())
    assert first.as_bytes() == again.as_bytes()
    other, elsewhere = (
        mail(notification(id="ntf_02")),
        mail(notification(id="ntf_03", group_key="ops:other")),
    )
    assert first["Message-ID"] == again["Message-ID"] == "<ntf_01@example.org>"
    assert first["Date"] == again["Date"]
    assert other["Message-ID"] != first["Message-ID"]
    assert other["References"] == other["In-Reply-To"] == first["References"]
    assert elsewhere["References"] != first["References"]
    assert first["Auto-Submitted"] == "auto-generated"


def test_no_name_can_add_a_header_or_markup() -> None:
    told = alert(
        campaign=campaign(name="Sale\r\nBcc: all@example.org\r\n\r\n<script>alert(1)</script>"),
        annotations={},
    )
    read = mail(notification(told))
    assert read["Bcc"] is None
    assert "Sale Bcc: all@example.org <script>" in read["Subject"]
    assert "script" not in Page(part(read, "html")).tags


def test_what_does_not_fit_is_counted_and_linked() -> None:
    told = notification(*(alert(n) for n in range(200)), *(resolved(n) for n in range(200, 210)))
    read = mail(told)
    assert "… and 160 more: 150 firing, 10 resolved" in part(read, "plain")
    assert "see all of them" in part(read, "html")
    assert len(read.as_bytes()) < 102_000
    assert "see the monitor's own page" in part(mail(told, None), "plain")


def test_what_goes_on_firing_is_named() -> None:
    told = notification(
        alert(1), *(alert(n, changed=False) for n in range(2, 5)), reason=NotifyReason.NEW_ALERTS
    )
    assert part(mail(told), "plain").split("Still firing\n")[1].count("71 % of 5400") == 3
    assert part(mail(told), "html").count("<li>") == 3


@settings(
    max_examples=examples(80),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(told=notifications())
def test_every_mail_can_be_read_back_and_holds_no_foreign_markup(told: Notification) -> None:
    read = mail(told)
    assert read["Subject"] == message.title(told)
    assert len(part(read, "html").encode()) < 90_000
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", part(read, "plain"))
    page = Page(part(read, "html"))
    assert page.tags <= {
        "html",
        "head",
        "meta",
        "body",
        "h1",
        "div",
        "b",
        "br",
        "a",
        "p",
        "ul",
        "li",
    }
    assert all(link.startswith(("https://", "http://")) for link in page.links)
    assert message.heading(told)[0] in "".join(page.said)
    assert message.headline(message.news(told)[0]) in "".join(page.said)
