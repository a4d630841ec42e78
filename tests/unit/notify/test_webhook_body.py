"""The webhook's body: Alertmanager's version 4, with what we add."""

import json
from datetime import timedelta, timezone
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings

from monitor.domain.alerting.notification import Notification
from monitor.domain.campaign.detail import COUNTERS
from monitor.notify.webhook.message import payload
from tests.unit.notify.builders import (
    NOW,
    alert,
    campaign,
    detail,
    event,
    notification,
    notifications,
    resolved,
)

ALERTMANAGER = [
    "receiver", "status", "alerts", "groupLabels", "commonLabels", "commonAnnotations", "externalURL", "version", "groupKey",
    "truncatedAlerts",
]  # fmt: skip
ALERT = ["status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint"]


def body(told: Notification, external_url: str | None = "https://m.example") -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(msgspec.json.encode(payload(told, external_url)))
    return decoded


def test_the_body_has_alertmanagers_fields_in_its_order_and_ours_behind() -> None:
    told = body(notification())
    assert list(told) == [*ALERTMANAGER, "notification_reason"]
    assert list(told["alerts"][0]) == [*ALERT, "campaign"]
    assert (told["version"], told["truncatedAlerts"], told["status"]) == ("4", 0, "firing")
    assert told["notification_reason"] == "firing"
    assert told["externalURL"] == "https://m.example"
    assert told["alerts"][0]["generatorURL"] == "https://m.example/alerts/a1"


def test_a_firing_alert_ends_at_gos_zero_time_and_a_resolved_one_when_it_ended() -> None:
    firing, ended = body(notification(alert(1), resolved(2)))["alerts"]
    assert (firing["startsAt"], firing["endsAt"]) == (
        "2026-03-02T08:58:00Z",
        "0001-01-01T00:00:00Z",
    )
    assert (ended["status"], ended["endsAt"]) == ("resolved", "2026-03-02T09:00:00Z")


def test_an_event_fires_ends_at_once_and_has_an_id() -> None:
    (told,) = body(notification(event()))["alerts"]
    assert (told["status"], told["endsAt"], told["event_id"]) == ("firing", told["startsAt"], "e1")


def test_a_message_is_resolved_only_when_all_of_it_is() -> None:
    assert body(notification(resolved(1), resolved(2)))["status"] == "resolved"
    assert body(notification(resolved(1), alert(2)))["status"] == "firing"


def test_common_labels_and_annotations_are_what_all_alerts_share() -> None:
    told = body(
        notification(alert(1), alert(2, severity="warning", annotations={"summary": "other"}))
    )
    assert told["commonLabels"] == {
        "alertname": "LowDelivery",
        "account": "default",
        "campaign_id": "53651994",
    }
    assert told["commonAnnotations"] == {}


def test_a_snapshot_has_every_field_with_times_in_rfc_3339() -> None:
    told = body(notification())["alerts"][0]["campaign"]
    assert set(told) == {*campaign().__struct_fields__, "detail"}
    assert told["created_at"] == "2026-03-02T07:00:00Z"
    assert told["real_start_at"] == "2026-03-02T08:00:09.500000Z"
    assert told["finished_at"] is None
    assert body(notification(alert(campaign=None)))["alerts"][0]["campaign"] is None


def test_a_campaign_that_was_read_in_detail_has_every_figure_of_it() -> None:
    assert body(notification(alert()))["alerts"][0]["campaign"]["detail"] is None
    told = body(notification(alert(detail=detail())))["alerts"][0]["campaign"]["detail"]
    # the first says of which of the monitor's own snapshots it is, the second what it left out
    ours = {"revision", "unreadable"}
    assert {*COUNTERS, *detail().__struct_fields__, "why"} - ours == set(told)
    assert (told["read_at"], told["total_price"], told["not_rcs_user"]) == (
        "2026-03-02T08:58:59.500000Z",
        54.0,
        2052,
    )
    assert (
        told["why"] == "not RCS-capable 34 %, expired 8 %, failed 3 %; SMS fallback: expired 13 %"
    )
    assert set(told["fallback"]) == set(COUNTERS)
    assert (told["fallback"]["delivered"], told["fallback"]["failed"]) == (61, None)
    assert (
        body(notification(alert(detail=detail(fallback=None))))["alerts"][0]["campaign"]["detail"][
            "fallback"
        ]
        is None
    )


def test_without_an_external_url_the_urls_are_empty() -> None:
    told = body(notification(), None)
    assert (told["externalURL"], told["alerts"][0]["generatorURL"]) == ("", "")


def test_a_part_says_of_how_many() -> None:
    told = body(notification(part=2, parts=3))
    assert (told["part"], told["parts"]) == (2, 3)


def test_times_of_other_zones_are_told_in_utc() -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=3)))
    assert (
        body(notification(alert(starts_at=elsewhere)))["alerts"][0]["startsAt"]
        == "2026-03-02T09:00:00Z"
    )


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(told=notifications())
def test_names_and_texts_arrive_as_they_are(told: Notification) -> None:
    decoded = body(told)
    assert [a["labels"] for a in decoded["alerts"]] == [dict(a.labels) for a in told.alerts]
    assert [a["campaign"] and a["campaign"]["name"] for a in decoded["alerts"]] == [
        a.campaign and a.campaign.name for a in told.alerts
    ]
