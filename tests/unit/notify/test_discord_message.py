"""Discord messages: within every limit, no one mentioned, nothing smuggled in, nothing dropped
without a word."""

import re
from typing import Any

from hypothesis import HealthCheck, given, settings

from monitor.domain.alerting.notification import Notification, NotifyReason
from monitor.notify.discord.message import compose, escape
from tests.examples import examples
from tests.unit.notify.builders import alert, notification, notifications, resolved

URL = "https://monitor.example/bsg"
OURS = re.compile(
    r"<t:\d+:f>|\[(?:Runbook|see all of "
    r"them)\]\(<https://(?:runbooks|monitor)\.example[^<>()\s]*>\)|\*\*Still firing\*\*"
)


def composed(told: Notification, url: str | None = URL) -> dict[str, Any]:
    return compose(told, url)


def plain(text: str) -> str:
    return re.sub(r"\\(?=[^0-9A-Za-z\s])", "", text)


def width(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def test_the_first_line_says_what_is_wrong_with_which_campaign_and_by_how_much() -> None:
    message = composed(notification())
    assert (
        plain(message["content"]) == "🔴 CRITICAL · 1 firing · Spring sale: 71 % of 5400 delivered"
    )
    assert message["allowed_mentions"] == {"parse": []}


def test_an_embed_has_figures_beginning_and_links() -> None:
    (embed,) = composed(notification())["embeds"]
    assert embed["url"] == f"{URL}/alerts/a1"
    assert embed["color"] == 0xD00000
    assert (
        plain(embed["title"])
        == "🔴 LowDelivery · critical · ShopAgent · RCS · campaign 53651994 · sending"
    )
    assert plain(embed["description"]).splitlines() == [
        "3,834 of 5,400 delivered (71.0 %) · SMS fallback 61 of 70 delivered (87.1 %) · 12.50 EUR",
        (
            "Condition met since <t:1772441280:f>, firing for 2 min · "
            "[Runbook](<https://runbooks.example/low?a=1&b=2>)"
        ),
    ]


def test_without_an_external_url_an_embed_leads_nowhere() -> None:
    assert "url" not in composed(notification(), None)["embeds"][0]


def test_what_does_not_fit_is_counted_by_kind_and_linked() -> None:
    embeds = composed(
        notification(*(alert(n) for n in range(40)), *(resolved(n) for n in range(40, 45)))
    )["embeds"]
    assert (
        embeds[-1]["description"]
        == f"… and 37 more: 32 firing, 5 resolved · [see all of them](<{URL}>)"
    )
    assert len(embeds) == 9


def test_what_only_goes_on_firing_is_named_in_one_embed() -> None:
    old = [alert(n, changed=False, severity="info") for n in range(2, 5)]
    embeds = composed(notification(alert(1), *old, reason=NotifyReason.NEW_ALERTS))["embeds"]
    assert len(embeds) == 2
    assert embeds[1]["description"].startswith("**Still firing**\n🔵 ")
    assert embeds[1]["description"].count(" · since <t:") == 3


def test_markup_mentions_and_links_are_shown_as_they_are() -> None:
    written = "**b** [x](https://evil.example) @everyone <@1> ||s|| `c` # h"
    assert plain(escape(written, 500)) == written
    assert escape("@everyone https://e", 50) == r"\@everyone https\://e"


@settings(
    max_examples=examples(150),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(told=notifications())
def test_every_message_is_within_limits_and_free_of_foreign_markup(told: Notification) -> None:
    message = composed(told)
    embeds = message["embeds"]
    assert 1 <= len(embeds) <= 10
    assert 0 < width(message["content"]) <= 2000
    assert message["allowed_mentions"] == {"parse": []}
    texts = [
        text
        for embed in embeds
        for text in (embed.get("title"), embed["description"])
        if text is not None
    ]
    assert sum(map(width, texts)) <= 6000
    assert all(0 < width(embed["title"]) <= 256 for embed in embeds if "title" in embed)
    assert all(0 < width(embed["description"]) <= 4096 for embed in embeds)
    assert all(
        re.fullmatch(r"https://monitor\.example/bsg/alerts/a\d+", embed["url"])
        for embed in embeds
        if "url" in embed
    )

    for text in [message["content"], *texts]:
        foreign = re.sub(r"\\[^0-9A-Za-z\s]", "", OURS.sub("", text))
        assert not re.search(r"[*_~`|<>\[\]\\#@]|://", foreign), text
        assert not re.search(
            r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]", text
        )

    full = sum("url" in embed for embed in embeds)
    named = sum(text.count(" · since <t:") for text in texts if text.startswith("**Still firing**"))
    left = re.search(r"… and ([\d,]+) more", texts[-1])
    assert full + named + (int(left[1].replace(",", "")) if left else 0) == len(told.alerts)
