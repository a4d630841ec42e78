"""What /metrics says: names and labels are a contract, whatever text the provider puts into
them."""

import asyncio
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

import monitor
from monitor.domain.alerting.alert import Alert, AlertKey, AlertState
from monitor.domain.alerting.notification import OutboxState
from monitor.domain.campaign.account import Balance
from monitor.domain.campaign.feed import Feed
from monitor.domain.campaign.snapshot import Campaign
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.metrics import LOOPS, MOST_CAMPAIGNS, CampaignSeries, Metrics, measure_loop_lag
from tests.clock import FakeClock
from tests.real import require

SMS = Feed("default", "sms")
RCS = Feed("default", "rcs")
OPENMETRICS = "application/openmetrics-text;version=1.0.0"


def campaign(
    id_: int = 1,
    *,
    status: str = "sending",
    sent: int | None = 100,
    delivered: int | None = 90,
    sender: str = "Shop",
    message_type: str = "sms",
    created_at: float = 1_700_000_000.0,
    settled: bool = False,
    name: str | None = None,
) -> TrackedCampaign:
    snapshot = Campaign(
        account="default",
        id=id_,
        name=f"campaign {id_}" if name is None else name,
        sender=sender,
        status=status,
        message_type=message_type,
        created_at=created_at,
        sent=sent,
        delivered=delivered,
    )
    return TrackedCampaign(
        campaign=snapshot, first_seen=0, status_since=0, progress_since=0, settled=settled
    )


def series(feed: Feed, *rows: TrackedCampaign) -> CampaignSeries:
    selection = CampaignSeries(feed)
    selection.add(rows)
    return selection


def samples(metrics: Metrics, name: str) -> dict[tuple[tuple[str, str], ...], float]:
    """Samples called `name` by their sorted labels, as an independent parser reads the text
    format."""
    return {
        tuple(sorted(sample.labels.items())): sample.value
        for family in parse_text(metrics.render()[0].decode())
        for sample in family.samples
        if sample.name == name
    }


def full_metrics() -> Metrics:
    """Every metric with at least one sample."""
    metrics = Metrics("1.2.3")
    metrics.set_campaign_series(series(SMS, campaign(1), campaign(2, sender='a"b\\c\nd')))
    metrics.set_campaign_counts(SMS, {"sending": 2, "invented": 1})
    metrics.count_transition("default", "sms", "scheduled", "sending")
    metrics.set_balance(
        "default",
        Balance(
            balance=-50.25, credit=125, currency="USD", read_at=datetime(2026, 1, 1, tzinfo=UTC)
        ),
    )
    metrics.set_alerts([], rules=[("LowDelivery", "critical")])
    metrics.polls.labels("default", "sms", "ok").inc()
    metrics.poll_duration.observe(0.2)
    metrics.last_success.labels("default", "sms").set(1_700_000_000)
    metrics.incomplete.labels("default", "sms").set(90)
    metrics.read_ratio.labels("default", "sms").set(0.75)
    metrics.token_expiry.labels("default").set(1_700_000_000)
    metrics.api_requests.labels("default", "200").inc()
    metrics.rows_rejected.labels("default", "bad_row").inc()
    metrics.list_total_mismatch.labels("default", "sms").inc()
    metrics.fields_unreadable.labels("default", "sms", "sent").inc()
    metrics.unknown_values.labels("default", "status").inc()
    metrics.evaluation_duration.observe(0.01)
    metrics.notifications.labels("ops", "slack", "delivered", "firing").inc()
    metrics.notification_latency.observe(0.5)
    metrics.set_outbox({("ops", OutboxState.PENDING): 3}, {"ops": 12.5})
    metrics.event_loop_lag.observe(0.001)
    metrics.loop_failures.labels("poller").inc()
    return metrics


CONTRACT = {
    "bsg_campaigns": {"account", "message_type", "status"},
    "bsg_campaign_info": {"account", "campaign_id", "campaign_name", "sender", "message_type"},
    "bsg_campaign_sent_messages": {"account", "campaign_id", "sender", "message_type"},
    "bsg_campaign_delivered_messages": {"account", "campaign_id", "sender", "message_type"},
    "bsg_campaign_delivery_ratio": {"account", "campaign_id", "sender", "message_type"},
    "bsg_campaign_series_dropped": set(),
    "bsg_status_transitions_total": {"account", "message_type", "from", "to"},
    "bsg_account_balance": {"account", "currency"},
    "bsg_alerts": {"alertname", "severity", "state"},
    "bsg_monitor_polls_total": {"account", "message_type", "outcome"},
    "bsg_monitor_poll_duration_seconds_count": set(),
    "bsg_monitor_last_success_timestamp_seconds": {"account", "message_type"},
    "bsg_monitor_incomplete_seconds": {"account", "message_type"},
    "bsg_monitor_read_ratio": {"account", "message_type"},
    "bsg_monitor_token_expiry_timestamp_seconds": {"account"},
    "bsg_monitor_api_requests_total": {"account", "code"},
    "bsg_monitor_rows_rejected_total": {"account", "reason"},
    "bsg_monitor_fields_unreadable_total": {"account", "message_type", "field"},
    "bsg_monitor_list_total_mismatch_total": {"account", "message_type"},
    "bsg_monitor_unknown_values_total": {"account", "field"},
    "bsg_monitor_evaluation_duration_seconds_count": set(),
    "bsg_monitor_notifications_total": {"receiver", "integration", "outcome", "reason"},
    "bsg_monitor_notification_latency_seconds_count": set(),
    "bsg_monitor_outbox": {"receiver", "state"},
    "bsg_monitor_outbox_oldest_seconds": {"receiver"},
    "bsg_monitor_event_loop_lag_seconds_count": set(),
    "bsg_monitor_loop_failures_total": {"loop"},
    "bsg_monitor_bad_http_requests_total": set(),
    "bsg_monitor_config_last_reload_successful": set(),
    "bsg_monitor_config_last_reload_success_timestamp_seconds": set(),
    "bsg_monitor_build_info": {"version", "python"},
}


@pytest.mark.parametrize("accept", ["", OPENMETRICS], ids=["text", "openmetrics"])
def test_names_and_labels_are_those_of_the_contract(accept: str) -> None:
    text = full_metrics().render(accept)[0].decode()
    families = (parse_openmetrics if accept else parse_text)(text)
    found = {
        sample.name: set(sample.labels) - {"le"} for family in families for sample in family.samples
    }
    found = {
        name: labels for name, labels in found.items() if not name.endswith(("_bucket", "_sum"))
    }
    assert {
        name: labels for name, labels in found.items() if not name.startswith("process_")
    } == CONTRACT
    assert {
        "process_resident_memory_bytes",
        "process_cpu_seconds_total",
        "process_start_time_seconds",
    } <= found.keys()


def test_promtool_has_nothing_to_say() -> None:
    tool = require("promtool")
    for metrics in (full_metrics(), Metrics("1.2.3")):
        done = subprocess.run(
            [tool, "check", "metrics"],
            input=metrics.render()[0],
            capture_output=True,
            timeout=30,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_every_loop_begins_with_no_failures() -> None:
    counted = {
        dict(labels)["loop"]: value
        for labels, value in samples(Metrics("1"), "bsg_monitor_loop_failures_total").items()
    }
    assert counted == dict.fromkeys(LOOPS, 0.0)
    sources = [path.read_text() for path in Path(monitor.__file__).parent.rglob("*.py")]
    named = {
        name
        for source in sources
        for name in re.findall(r'(?:loop_failures\.labels|\b_keep)\("(\w+)"', source)
    }
    assert named == set(LOOPS)


def test_each_family_is_described_once() -> None:
    metrics = Metrics("1")
    metrics.set_campaign_series(series(SMS, campaign(1)))
    metrics.set_campaign_series(series(RCS, campaign(2, message_type="rcs")))
    described = re.findall(r"^# TYPE (\S+)", metrics.render()[0].decode(), re.MULTILINE)
    assert len(described) == len(set(described))
    assert "bsg_campaign_delivery_ratio" in described


def test_openmetrics_ends_with_its_mark() -> None:
    assert full_metrics().render(OPENMETRICS)[0].endswith(b"\n# EOF\n")


def test_no_created_series_are_exported() -> None:
    assert b"_created" not in full_metrics().render()[0] + full_metrics().render(OPENMETRICS)[0]


def test_a_campaign_shows_its_counters_and_their_ratio() -> None:
    metrics = Metrics("1")
    metrics.set_campaign_series(series(SMS, campaign(7, sent=500, delivered=412)))
    labels = (
        ("account", "default"),
        ("campaign_id", "7"),
        ("message_type", "sms"),
        ("sender", "Shop"),
    )
    assert samples(metrics, "bsg_campaign_sent_messages") == {labels: 500}
    assert samples(metrics, "bsg_campaign_delivered_messages") == {labels: 412}
    assert samples(metrics, "bsg_campaign_delivery_ratio") == {labels: 0.824}


def test_unknown_counters_and_a_ratio_of_nothing_are_absent() -> None:
    metrics = Metrics("1")
    metrics.set_campaign_series(
        series(SMS, campaign(1, sent=None, delivered=None), campaign(2, sent=0, delivered=0))
    )
    assert [dict(key)["campaign_id"] for key in samples(metrics, "bsg_campaign_sent_messages")] == [
        "2"
    ]
    assert samples(metrics, "bsg_campaign_delivery_ratio") == {}


def test_campaigns_with_series_have_their_names() -> None:
    rows = (
        campaign(1, sent=None, delivered=None, name="Unknown"),
        campaign(2, name='The "big"\\ one\n'),
        campaign(3, name="n" * 999),
    )
    metrics = Metrics("1")
    metrics.set_campaign_series(series(SMS, *rows))
    names = {
        dict(key)["campaign_id"]: dict(key)["campaign_name"]
        for key in samples(metrics, "bsg_campaign_info")
    }
    assert names == {"2": 'The "big"\\ one\n', "3": "n" * 200}
    assert set(samples(metrics, "bsg_campaign_info").values()) == {1}


def test_settled_campaigns_and_other_types_have_no_series() -> None:
    metrics = Metrics("1")
    metrics.set_campaign_series(
        series(SMS, campaign(1, settled=True), campaign(2, message_type="rcs"), campaign(3))
    )
    assert [dict(key)["campaign_id"] for key in samples(metrics, "bsg_campaign_sent_messages")] == [
        "3"
    ]


def test_a_feeds_next_series_replace_its_last() -> None:
    metrics = Metrics("1")
    metrics.set_campaign_series(series(SMS, campaign(1)))
    metrics.set_campaign_series(series(RCS, campaign(2, message_type="rcs")))
    metrics.set_campaign_series(series(SMS, campaign(3)))
    shown = {dict(key)["campaign_id"] for key in samples(metrics, "bsg_campaign_sent_messages")}
    assert shown == {"2", "3"}


def test_beyond_two_thousand_live_ones_come_first_then_the_newest_and_the_rest_is_counted() -> None:
    live_sms = [campaign(i, created_at=i) for i in range(1, 1501)]
    done_sms = [campaign(i, created_at=i, status="done") for i in range(10_001, 13_001)]
    live_rcs = [campaign(i, created_at=i, message_type="rcs") for i in range(20_001, 20_101)]
    metrics = Metrics("1")
    selection = CampaignSeries(SMS)
    rows = [*done_sms, *live_sms]
    for start in range(0, len(rows), 500):
        selection.add(rows[start : start + 500])
    metrics.set_campaign_series(selection)
    metrics.set_campaign_series(series(RCS, *live_rcs))
    shown = {
        int(dict(key)["campaign_id"]) for key in samples(metrics, "bsg_campaign_sent_messages")
    }
    expected = {row.campaign.id for row in live_sms + live_rcs} | set(range(12_601, 13_001))
    assert len(shown) == MOST_CAMPAIGNS
    assert shown == expected
    assert samples(metrics, "bsg_campaign_series_dropped") == {(): 2600}


@settings(max_examples=50, deadline=None)
@given(
    sender=st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc"]) | st.sampled_from('\\"\n{},= '),
        max_size=30,
    )
)
def test_whatever_a_sender_is_called_both_formats_read_back_the_same(sender: str) -> None:
    metrics = Metrics("1")
    metrics.set_campaign_series(series(SMS, campaign(1, sender=sender)))
    for text, parse in (
        (metrics.render()[0], parse_text),
        (metrics.render(OPENMETRICS)[0], parse_openmetrics),
    ):
        found = [
            s.labels["sender"]
            for f in parse(text.decode())
            for s in f.samples
            if s.name == "bsg_campaign_sent_messages"
        ]
        assert found == [sender]


def test_control_characters_in_the_providers_text_do_not_end_the_scrape() -> None:
    tool = require("promtool")
    metrics = Metrics("1")
    metrics.set_campaign_series(series(SMS, campaign(1, sender="a\0b\rc\x1b[31m")))
    metrics.count_transition("default", "sms", "bad\0status", "done")
    done = subprocess.run(
        [tool, "check", "metrics"],
        input=metrics.render()[0],
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\0" not in metrics.render()[0]


def test_undocumented_statuses_beyond_twenty_count_as_other() -> None:
    metrics = Metrics("1")
    for number in range(30):
        metrics.count_transition("default", "sms", "scheduled", f"new{number}")
    metrics.count_transition("default", "sms", "scheduled", "new3")
    metrics.count_transition("default", "sms", "scheduled", "done")
    found = {
        dict(key)["to"]: value
        for key, value in samples(metrics, "bsg_status_transitions_total").items()
    }
    assert len(found) == 22
    assert (found["other"], found["new3"], found["done"]) == (10, 2, 1)


def test_what_a_feed_will_count_is_there_at_zero_from_the_start() -> None:
    metrics = Metrics("1")
    metrics.begin([SMS, RCS])
    polls = samples(metrics, "bsg_monitor_polls_total")
    assert {dict(key)["outcome"] for key in polls} == {"ok", "partial", "failed"}
    transitions = samples(metrics, "bsg_status_transitions_total")
    assert (len(polls), len(transitions), {*polls.values(), *transitions.values()}) == (
        2 * 3,
        2 * 6 * 7,
        {0},
    )
    metrics.count_transition("default", "sms", "sending", "stopped")
    assert sum(samples(metrics, "bsg_status_transitions_total").values()) == 1
    assert len(samples(metrics, "bsg_status_transitions_total")) == len(transitions)


def test_a_balance_whose_currency_changed_leaves_no_old_series() -> None:
    metrics = Metrics("1")
    at = datetime(2026, 1, 1, tzinfo=UTC)
    metrics.set_balance("default", Balance(balance=1, credit=0, currency="EUR", read_at=at))
    metrics.set_balance("default", Balance(balance=2, credit=0, currency="USD", read_at=at))
    assert samples(metrics, "bsg_account_balance") == {
        (("account", "default"), ("currency", "USD")): 2
    }


def alert(rule: str, state: AlertState, *, event_id: str | None = None) -> Alert:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Alert(
        id=f"{rule}-{state}",
        fingerprint="f",
        key=AlertKey(rule=rule, account="default", subject="1"),
        state=state,
        labels={"alertname": rule, "severity": "warning"},
        annotations={},
        active_since=at,
        event_id=event_id,
    )


def test_alerts_are_counted_by_rule_and_state_and_rules_at_rest_show_zero() -> None:
    metrics = Metrics("1")
    metrics.set_alerts([alert("Gone", AlertState.FIRING)])
    metrics.set_alerts(
        [
            alert("Late", AlertState.FIRING),
            alert("Late", AlertState.FIRING),
            alert("Late", AlertState.RESOLVED),
            alert("Stopped", AlertState.FIRING, event_id="e"),
        ],
        rules=[("Late", "warning"), ("Low", "critical")],
    )
    found = {
        (k["alertname"], k["state"]): v
        for k, v in ((dict(key), v) for key, v in samples(metrics, "bsg_alerts").items())
    }
    assert found == {
        ("Late", "pending"): 0,
        ("Late", "firing"): 2,
        ("Low", "pending"): 0,
        ("Low", "firing"): 0,
    }


def test_a_receiver_that_is_gone_leaves_the_outbox_metrics() -> None:
    metrics = Metrics("1")
    metrics.set_outbox({("old", OutboxState.PENDING): 3}, {"old": 12.5})
    metrics.set_outbox({("ops", OutboxState.DEAD): 2}, {})
    found = {
        (dict(k)["receiver"], dict(k)["state"]): v
        for k, v in samples(metrics, "bsg_monitor_outbox").items()
    }
    assert found == {
        ("ops", "pending"): 0,
        ("ops", "delivered"): 0,
        ("ops", "superseded"): 0,
        ("ops", "dead"): 2,
    }
    assert samples(metrics, "bsg_monitor_outbox_oldest_seconds") == {}


class LateClock(FakeClock):
    """Wakes its sleepers later than they asked."""

    def __init__(self, delays: Iterator[float]) -> None:
        super().__init__()
        self._delays = delays

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds + next(self._delays))


async def test_the_loops_lag_is_how_much_later_a_timer_woke() -> None:
    metrics = Metrics("1")
    clock = LateClock(iter([0.0, 0.03, 2.0, 0.0]))
    async with asyncio.TaskGroup() as group:
        probe = group.create_task(measure_loop_lag(clock, metrics))
        await clock.advance(2.8)
        probe.cancel()
    found = {
        dict(key)["le"]: value
        for key, value in samples(metrics, "bsg_monitor_event_loop_lag_seconds_bucket").items()
    }
    assert (found["0.001"], found["0.025"], found["0.05"], found["1.0"], found["5.0"]) == (
        1,
        1,
        2,
        2,
        3,
    )
