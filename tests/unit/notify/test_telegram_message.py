"""Telegram messages: valid HTML within the limit, nothing smuggled in, nothing dropped without a
word."""

import re
from html.parser import HTMLParser

from hypothesis import HealthCheck, given, settings

from monitor.domain.alerting.notification import Notification, NotifyReason
from monitor.notify.telegram.message import compose, escape
from tests.examples import examples
from tests.unit.notify.builders import alert, campaign, notification, notifications, resolved

URL = "https://monitor.example/bsg"


class Reader(HTMLParser):
    """What Telegram would make of it: the text, the addresses, and a complaint for anything it
    does not know."""

    def __init__(self, message: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.addresses: list[str] = []
        self._open: list[str] = []
        self.feed(message)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ("a", "b")
        assert [name for name, _ in attrs] == (["href"] if tag == "a" else [])
        self.addresses += [value or "" for _, value in attrs]
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment")


def test_the_first_line_says_what_is_wrong_with_which_campaign_and_by_how_much() -> None:
    lines = compose(notification(), URL).splitlines()
    assert lines[0] == "<b>🔴 CRITICAL · 1 firing · Spring sale: 71 % of 5400 delivered</b>"
    assert lines[2:] == [
        "🔴 <b>LowDelivery · critical · ShopAgent · RCS · campaign 53651994 · sending</b>",
        "3,834 of 5,400 delivered (71.0 %) · SMS fallback 61 of 70 delivered (87.1 %) · 12.50 EUR",
        (
            "Condition met since 2026-03-02 08:48 UTC, firing for 2 min · <a "
            f'href="{URL}/alerts/a1">Open</a> · '
            '<a href="https://runbooks.example/low?a=1&amp;b=2">Runbook</a>'
        ),
    ]


def test_what_only_goes_on_firing_is_named_and_the_rest_counted() -> None:
    old = [alert(n, changed=False) for n in range(2, 12)]
    message = compose(notification(alert(1), *old, reason=NotifyReason.NEW_ALERTS), URL)
    assert "11 firing (1 new)" in message
    assert message.count("· since 2026-03-02") == 5
    assert f'… and 5 more: 5 still firing · <a href="{URL}">see all of them</a>' in message


def test_names_of_hosts_and_people_become_no_links_and_figures_stay() -> None:
    assert escape("pay at evil.example/x or https://t.me, ask @admin: 71.0 %", 200) == (
        "pay at evil․example/x or https∶//t․me, ask ＠admin: 71.0 %"
    )


def test_markup_in_a_name_is_shown_as_it_is() -> None:
    told = notification(
        alert(annotations={"summary": "bad"}, campaign=campaign(name='<b>x</b> & "y"'))
    )
    assert '<b>x</b> & "y": bad' in Reader(compose(told, None)).text


def test_a_message_of_what_is_over_says_so() -> None:
    assert "✅ RESOLVED · 1 resolved" in compose(notification(resolved()), URL)


@settings(
    max_examples=examples(150),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(told=notifications())
def test_every_message_is_within_the_limit_and_free_of_foreign_markup(told: Notification) -> None:
    message = compose(told, URL)
    assert 0 < len(message.encode("utf-16-le")) <= 2 * 4096
    read = Reader(message)
    assert message.count("<b>") + message.count("<a ") <= 100
    assert all(
        re.match(r"https://(monitor|runbooks)\.example(/|$)", address) for address in read.addresses
    )
    assert "@" not in read.text
    assert "://" not in read.text
    assert not re.search(r"\w\.[^\W\d_]", read.text)
    assert not re.search(
        r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]", message
    )

    full = len(re.findall(r"/alerts/(a\d+)\">Open<", message))
    named = message.count(" · since ")
    left = re.search(r"… and ([\d,]+) more", message)
    assert full + named + (int(left[1].replace(",", "")) if left else 0) == len(told.alerts)
