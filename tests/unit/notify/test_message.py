"""The wording that every integration shares."""

import unicodedata
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.alerting.notification import NotifyReason
from monitor.notify import message
from tests.unit.notify.builders import NASTY, alert, campaign, detail, event, notification, resolved


@given(st.one_of(st.text(), NASTY))
def test_clean_text_has_no_control_bidirectional_or_line_breaking_character(text: str) -> None:
    cleaned = message.clean(text)
    assert not [c for c in cleaned if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
    assert not [c for c in cleaned if unicodedata.category(c) == "Cf" and c not in "\u200c\u200d"]
    assert cleaned == " ".join(cleaned.split())
    assert message.clean(cleaned) == cleaned


def test_clean_text_keeps_letters_of_every_script_and_joined_emoji() -> None:
    assert message.clean("حملة\tالربيع  👩‍👩‍👧 é ñ") == "حملة الربيع 👩‍👩‍👧 é ñ"


@given(st.text(max_size=50), st.integers(1, 40))
def test_shortened_text_is_never_wider_than_asked(text: str, limit: int) -> None:
    short = message.shorten(text, limit)
    assert message.width(short) <= limit
    assert short == text or short.endswith("…")


def test_counts_say_what_is_new() -> None:
    assert (
        str(message.count([alert(1), alert(2, changed=False), resolved(3), event(4)]))
        == "2 firing (1 new), 1 resolved, 1 event"
    )
    assert str(message.count([alert(1, changed=False)])) == "1 still firing"
    assert str(message.count([])) == "nothing"


def test_the_title_names_the_worst_severity_of_the_news() -> None:
    told = notification(alert(1, severity="warning"), alert(2, severity="critical", changed=False))
    assert message.title(told).startswith("WARNING · 2 firing (1 new) · Spring sale")


def test_a_test_is_titled_as_one() -> None:
    assert message.title(notification(event(), reason=NotifyReason.TEST)).startswith("TEST · ")


def test_a_headline_names_the_campaign_once() -> None:
    assert message.headline(alert()) == "Spring sale: 71 % of 5400 delivered"
    assert message.headline(alert(annotations={"summary": "is slow"})) == "Spring sale: is slow"
    assert message.headline(alert(annotations={})) == "Spring sale: LowDelivery"
    assert (
        message.headline(alert(annotations={}, campaign=campaign(name="\n")))
        == "campaign 53651994: LowDelivery"
    )
    assert message.headline(alert(annotations={"summary": "API down"}, campaign=None)) == "API down"


def test_why_messages_have_not_arrived_is_said_where_it_is_known_and_not_once_it_is_over() -> None:
    reasons = "not RCS-capable 34 %, expired 8 %, failed 3 %; SMS fallback: expired 13 %"
    assert message.why(alert(detail=detail())) == f"Why: {reasons}"
    assert message.why(event(detail=detail())) == f"Why: {reasons}"
    assert message.why(alert()) == ""
    assert (
        message.why(alert(detail=detail(not_rcs_user=0, expired=0, failed=0, fallback=None))) == ""
    )
    assert message.why(resolved(detail=detail())) == ""


def test_who_is_handling_an_alert_is_shown_until_it_is_over() -> None:
    said = {
        "acknowledged_by": "Anna\u202e\n",
        "acknowledged_at": datetime(2026, 3, 2, 9, tzinfo=UTC),
    }
    assert message.headline(alert(1, **said)).startswith("acknowledged by Anna · ")
    assert message.identity(alert(1, **said)).endswith(
        " · acknowledged by Anna 2026-03-02 09:00 UTC"
    )
    assert message.acknowledged(resolved(1, **said)) == ""
    assert message.acknowledged(alert(1)) == ""


def test_figures_leave_out_what_is_not_known() -> None:
    assert message.figures(alert(campaign=None)) == ""
    bare = campaign(sent=None, delivered=None, fallback_sent=None, calculated_price=None)
    assert message.figures(alert(campaign=bare)) == ""
    assert (
        message.figures(alert(campaign=campaign(sent=0, fallback_sent=0, calculated_price=0.0)))
        == "nothing sent yet"
    )
    assert (
        message.figures(
            alert(campaign=campaign(delivered=None, fallback_sent=0, calculated_price=0.0))
        )
        == "5,400 sent"
    )


def test_an_account_is_named_where_it_tells_something() -> None:
    assert "account" not in message.identity(alert())
    assert message.identity(
        alert(labels={"alertname": "ApiDown", "account": "default"}, campaign=None)
    ).endswith("account default")


def test_links_are_encoded_and_only_web_addresses_are_runbooks() -> None:
    assert (
        message.alert_link("https://m.example/", alert(1, id="a/b c"))
        == "https://m.example/alerts/a%2Fb%20c"
    )
    assert message.alert_link(None, alert()) is None
    assert message.runbook(alert(annotations={"runbook_url": "javascript:alert(1)"})) is None
