"""Events for PagerDuty: one incident for each alert, within every limit."""

import re

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from monitor.domain.alerting.notification import Notification, NotifyReason
from monitor.notify.pagerduty.message import dedup_key, event
from tests.unit.notify import builders
from tests.unit.notify.builders import alert, notification, notifications, resolved

URL = "https://monitor.example/bsg"


def test_what_fires_triggers_with_figures_and_links() -> None:
    told = event(notification(), alert(), URL)
    assert told == {
        "event_action": "trigger",
        "dedup_key": "a1",
        "client": "bsg-monitor",
        "client_url": f"{URL}/alerts/a1",
        "links": [
            {"href": f"{URL}/alerts/a1", "text": "Alert"},
            {"href": "https://runbooks.example/low?a=1&b=2", "text": "Runbook"},
        ],
        "payload": {
            "summary": "Spring sale: 71 % of 5400 delivered",
            "source": "ShopAgent",
            "severity": "critical",
            "timestamp": "2026-03-02T08:58:00Z",
            "class": "LowDelivery",
            "custom_details": {
                "about": "LowDelivery · critical · ShopAgent · RCS · campaign 53651994 · sending",
                "figures": "3,834 of 5,400 delivered (71.0 %) · SMS fallback 61 of 70 delivered "
                "(87.1 %) · 12.50 EUR",
                "holds_since": "2026-03-02T08:48:00Z",
                "firing_for": "2 min",
                "campaign_id": 53651994,
                "campaign": "Spring sale",
                "status": "sending",
                "sent": 5400,
                "delivered": 3834,
                "delivery_ratio": 0.71,
                "fallback_sent": 70,
                "fallback_delivered": 61,
                "price": 12.5,
                "currency": "EUR",
                "labels": {
                    "alertname": "LowDelivery",
                    "account": "default",
                    "severity": "critical",
                    "campaign_id": "53651994",
                },
            },
        },
    }


def test_what_is_over_resolves_the_same_key() -> None:
    assert event(notification(), resolved(), URL) == {"event_action": "resolve", "dedup_key": "a1"}
    assert event(notification(), alert(), URL)["dedup_key"] == "a1"


def test_an_acknowledged_alert_is_acknowledged_once_it_is_known() -> None:
    known = alert(changed=False, acknowledged_by="Ana")
    assert event(notification(), known, URL) == {"event_action": "acknowledge", "dedup_key": "a1"}
    assert (
        event(notification(), alert(changed=True, acknowledged_by="Ana"), URL)["event_action"]
        == "trigger"
    )
    assert event(notification(), resolved(acknowledged_by="Ana"), URL)["event_action"] == "resolve"


def test_what_only_happened_triggers() -> None:
    assert event(notification(), builders.event(), URL)["event_action"] == "trigger"


@pytest.mark.parametrize(
    ("severity", "theirs"),
    [
        ("critical", "critical"),
        ("error", "error"),
        ("warning", "warning"),
        ("info", "info"),
        ("page", "warning"),
        ("", "warning"),
    ],
)
def test_severities_are_the_four_that_pagerduty_knows(severity: str, theirs: str) -> None:
    payload = event(notification(), alert(severity=severity), None)["payload"]
    assert isinstance(payload, dict)
    assert payload["severity"] == theirs


def test_an_alert_without_a_campaign_names_its_account_as_the_source() -> None:
    told = alert(
        campaign=None,
        labels={"alertname": "ApiDown", "account": "shop"},
        annotations={"summary": "API is down"},
    )
    payload = event(notification(), told, None)["payload"]
    assert isinstance(payload, dict)
    assert (payload["source"], payload["summary"]) == ("shop", "API is down")


def test_a_key_that_is_too_long_is_the_same_every_time_all_the_same() -> None:
    long = alert(id="x" * 300)
    assert dedup_key(long) == dedup_key(alert(id="x" * 300)) != dedup_key(alert(id="x" * 301))
    assert len(dedup_key(long)) <= 255


def test_a_test_says_that_it_is_one() -> None:
    payload = event(notification(reason=NotifyReason.TEST), builders.event(), None)["payload"]
    assert isinstance(payload, dict)
    assert str(payload["summary"]).startswith("TEST · ")


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(told=notifications())
def test_every_event_is_within_limits_and_clean(told: Notification) -> None:
    for each in told.alerts[:6]:
        made = event(told, each, URL)
        assert 0 < len(str(made["dedup_key"])) <= 255
        assert len(msgspec.json.encode(made)) <= 100_000
        if made["event_action"] != "trigger":
            continue
        payload = made["payload"]
        assert isinstance(payload, dict)
        assert 0 < len(payload["summary"].encode("utf-16-le")) <= 2 * 1024
        assert payload["source"]
        assert payload["severity"] in ("critical", "error", "warning", "info")
        text = msgspec.json.encode(made).decode().replace(r"\\", "")  # a backslash may be told
        assert not re.search(
            r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\\u00|\\n",
            text,
        )


def test_many_labels_are_counted_where_they_are_left_out() -> None:
    told = alert(labels={f"l{n}": "v" for n in range(60)})
    payload = event(notification(), told, None)["payload"]
    assert isinstance(payload, dict)
    assert payload["custom_details"]["labels_left_out"] == 10
