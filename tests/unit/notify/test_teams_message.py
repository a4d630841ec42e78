"""Cards for Teams: within what Teams counts, foreign text only where no markup is read, nothing
dropped without a word."""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings

from monitor.domain.alerting.notification import Notification, NotifyReason
from monitor.notify.teams.message import compose, plain
from tests.examples import examples
from tests.unit.notify.builders import alert, campaign, notification, notifications, resolved

URL = "https://monitor.example/bsg"
LINKS = re.compile(
    r"\[(?:Open|Runbook|see all of them)\]\(https://(?:monitor|runbooks)\.example[^()\s<>\"]*\)"
    r"(?: · \[Runbook\]\(https://runbooks\.example[^()\s<>\"]*\))?"
)


def card_of(told: Notification, url: str | None = URL) -> dict[str, Any]:
    message: Any = compose(told, url)
    (attachment,) = message["attachments"]
    assert message["type"] == "message"
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card: dict[str, Any] = attachment["content"]
    return card


def elements(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in items:
        yield item
        yield from elements(item.get("items", []))


def runs(card: dict[str, Any]) -> list[str]:
    blocks = [each for each in elements(card["body"]) if each["type"] == "RichTextBlock"]
    return [run["text"] for block in blocks for run in block["inlines"]]


def test_the_first_line_says_what_is_wrong_with_which_campaign_and_by_how_much() -> None:
    card = card_of(notification())
    assert (
        runs(card)[0]
        == card["fallbackText"]
        == "🔴 CRITICAL · 1 firing · Spring sale: 71 % of 5400 delivered"
    )
    assert card["version"] == "1.4"


def test_a_container_has_figures_beginning_and_links() -> None:
    container = card_of(notification())["body"][1]
    assert container["style"] == "attention"
    assert runs({"body": container["items"]}) == [
        "🔴 LowDelivery · critical · ShopAgent · RCS · campaign 53651994 · sending",
        "3,834 of 5,400 delivered (71.0 %) · SMS fallback 61 of 70 delivered (87.1 %) · 12.50 EUR",
        "Condition met since 2026-03-02 08:48 UTC, firing for 2 min",
    ]
    assert container["items"][-1]["text"] == (
        f"[Open]({URL}/alerts/a1) · [Runbook](https://runbooks.example/low?a=1&b=2)"
    )


def test_what_is_over_is_green_and_what_does_not_fit_is_counted() -> None:
    card = card_of(
        notification(*(alert(n) for n in range(60)), *(resolved(n) for n in range(60, 65)))
    )
    shown = sum(each["type"] == "Container" for each in card["body"])
    assert 15 <= shown <= 25
    assert runs(card)[-1] == f"… and {65 - shown} more: {60 - shown} firing, 5 resolved"
    assert card_of(notification(resolved()))["body"][1]["style"] == "good"


def test_what_only_goes_on_firing_is_named() -> None:
    card = card_of(notification(alert(1), alert(2, changed=False), reason=NotifyReason.NEW_ALERTS))
    assert runs(card)[-2:] == [
        "Still firing",
        "🔴 Spring sale: 71 % of 5400 delivered · since 2026-03-02 08:58 UTC",
    ]


def test_markdown_in_a_name_stays_as_it_is_and_functions_of_cards_are_disarmed() -> None:
    named = alert(
        annotations={"summary": "bad"}, campaign=campaign(name="[x](https://evil.example) **b**")
    )
    assert "🔴 CRITICAL · 1 firing · [x](https://evil.example) **b**: bad" in runs(
        card_of(notification(named))
    )
    assert (
        plain("{{DATE(2017-02-14T06:00:00Z)}} {{{x", 99) == "{ {DATE(2017-02-14T06:00:00Z)}} { { {x"
    )


@settings(
    max_examples=examples(150),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(told=notifications())
def test_every_card_is_within_the_limit_and_reads_no_foreign_markup(told: Notification) -> None:
    card = card_of(told)
    as_a_text = json.dumps(msgspec.json.encode(compose(told, URL)).decode(), ensure_ascii=False)
    assert len(as_a_text.encode()) <= 20_000  # a card is counted as a text in JSON
    for each in elements(card["body"]):
        assert each["type"] in ("Container", "RichTextBlock", "TextBlock")
        assert each["type"] != "TextBlock" or LINKS.fullmatch(each["text"])
    for text in runs(card):
        assert text
        assert "{{" not in text
        assert not re.search(
            r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]", text
        )

    full = sum(each["type"] == "Container" for each in card["body"])
    lines = runs({"body": [each for each in card["body"] if each["type"] != "Container"]})
    named = len(lines[lines.index("Still firing") + 1 :]) if "Still firing" in lines else 0
    named -= lines[-1].startswith(("…", "part ")) and named > 0
    left = re.search(r"^… and ([\d,]+) more", lines[-1])
    assert full + named + (int(left[1].replace(",", "")) if left else 0) == len(told.alerts)
