"""What lists of alerts are made of: links that mean nothing in any markup, the line that counts
what is left out."""

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.alerting.notification import NotifyReason
from monitor.notify.message import width
from monitor.notify.paragraph import escaped, first_line, how_many_fit, link, paragraph, remainder
from tests.unit.notify.builders import NASTY, NOW, alert, event, notification, resolved

URL = "https://monitor.example/bsg"


def test_a_paragraph_has_what_is_known_of_an_alert() -> None:
    told = paragraph(notification(), alert(), URL)
    assert told.mark == "🔴"
    assert told.headline == "Spring sale: 71 % of 5400 delivered"
    assert told.facts == [
        "LowDelivery · critical · ShopAgent · RCS · campaign 53651994 · sending",
        "3,834 of 5,400 delivered (71.0 %) · SMS fallback 61 of 70 delivered (87.1 %) · 12.50 EUR",
    ]
    assert told.when == "Condition met since 2026-03-02 08:48 UTC, firing for 2 min"
    assert [each.words for each in told.links] == ["Open", "Runbook"]
    assert told.links[0].url == f"{URL}/alerts/a1"


def test_a_headline_above_is_not_repeated_below() -> None:
    told = paragraph(notification(), alert(), URL, said=True)
    assert told.headline == "LowDelivery · critical · ShopAgent · RCS · campaign 53651994 · sending"
    assert told.facts == [
        "3,834 of 5,400 delivered (71.0 %) · SMS fallback 61 of 70 delivered (87.1 %) · 12.50 EUR",
    ]


def test_times_say_what_they_count() -> None:
    at_once = alert(active_since=NOW - timedelta(minutes=12), starts_at=NOW - timedelta(minutes=12))
    assert (
        paragraph(notification(), at_once, None).when
        == "Firing since 2026-03-02 08:48 UTC (12 min)"
    )
    assert (
        paragraph(notification(), resolved(), None).when
        == "Fired for 2 min, until 2026-03-02 09:00 UTC"
    )
    assert paragraph(notification(), resolved(ends_at=None), None).when == "Fired for 2 min"
    assert paragraph(notification(), event(), None).when == "2026-03-02 08:48 UTC"


@pytest.mark.parametrize(
    ("url", "encoded"),
    [
        ("https://a.example/x?q=1&r=(2)#top", "https://a.example/x?q=1&r=%282%29#top"),
        ("http://[::1]:9780/alerts/a", "http://[::1]:9780/alerts/a"),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
        ("https://a.example/`'\"<>|\\^{}", "https://a.example/%60%27%22%3C%3E%7C%5C%5E%7B%7D"),
    ],
)
def test_an_address_is_encoded(url: str, encoded: str) -> None:
    found = link(url, "Open")
    assert found is not None
    assert found.url == encoded


@pytest.mark.parametrize("url", [None, "", "http://[", "https://a.example/" + "x" * 500])
def test_a_missing_or_unusable_address_gives_no_link(url: str | None) -> None:
    assert link(url, "Open") is None


@given(st.one_of(NASTY, st.text(max_size=40)))
def test_no_link_holds_what_could_end_it(tail: str) -> None:
    found = link(f"https://a.example/{tail}", "Open")
    assert found is None or re.fullmatch(r"[A-Za-z0-9%:/?#\[\]@!$&*+,;=~._-]{1,500}", found.url)


@given(st.one_of(NASTY, st.text(max_size=60)), st.integers(1, 80))
def test_an_escape_is_never_cut_and_the_limit_holds(text: str, limit: int) -> None:
    cut = escaped(text, limit, {"&": "&amp;", "<": "&lt;"})
    assert width(cut) <= limit
    assert "&" not in cut.replace("&amp;", "").replace("&lt;", "")
    assert cut == text.replace("&", "&amp;").replace("<", "&lt;") or cut.endswith("…")


def test_the_first_line_is_marked_by_what_is_worst() -> None:
    assert first_line(notification(alert(severity="info"))).startswith(
        "🔵 INFO · 1 firing · Spring sale: 71 %"
    )
    assert first_line(notification(resolved())).startswith("✅ RESOLVED · 1 resolved")
    assert first_line(notification(event(), reason=NotifyReason.TEST)).startswith("🔔 TEST · ")
    assert first_line(notification(alert(severity="page"))).startswith("🟡 PAGE")


def test_what_is_left_out_is_counted_by_kind() -> None:
    words, where = remainder(notification(part=2, parts=3), [alert(), resolved()], URL)
    assert words == "… and 2 more: 1 firing, 1 resolved · part 2 of 3"
    assert where is not None
    assert where.url == URL
    assert "own page" in remainder(notification(), [alert()], None)[0]
    assert remainder(notification(), [], URL) == ("", None)


def test_at_least_one_and_at_most_so_many_fit() -> None:
    assert how_many_fit([10, 10, 10], 25, most=9) == 2
    assert how_many_fit([100, 1], 25, most=9) == 1
    assert how_many_fit([1, 1, 1], 25, most=2) == 2
    assert how_many_fit([], 25, most=2) == 0
