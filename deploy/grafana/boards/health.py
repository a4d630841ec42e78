"""The dashboard of the monitor itself: can you still rely on it?"""

from collections.abc import Iterable

from grafana_foundation_sdk.builders.dashboard import Dashboard

from boards.board import ACCOUNT, INSTANCE, MESSAGE_TYPE, alerts_about_the_monitor, board, many
from boards.panels import (
    BAD_FROM_ONE,
    ODD_FROM_ONE,
    STALE,
    Panel,
    colored,
    counted,
    graph,
    stacked,
    stat,
    timeline,
)
from boards.promql import OF_FEED, growth, once, quantiles

HERE = 'instance=~"$instance"'
OURS = f'job="bsg-monitor",{HERE}'
"""Of metrics that other programs have too."""
OF_ACCOUNT = f'{HERE},account=~"$account"'
FEEDS = f"{HERE},{OF_FEED}"
LAG = {0.05: "orange", 0.25: "red"}
"""Seconds: what it stays below, and what the alert about it asks for."""
WAITING = {120: "orange", 600: "red"}
UP = {float("-inf"): "red", 1: "green"}


def dashboard() -> Dashboard:
    """The monitor's health."""
    rows = {
        "Now": _now(),
        "Reading the provider": _reading(),
        "Telling people": _telling(),
        "The process": _process(),
    }
    made = board(
        "bsg-health",
        "BSG / Monitor health",
        "The monitor itself: does it read, does it tell, is it well.",
        rows,
    )
    for variable in (INSTANCE, ACCOUNT, MESSAGE_TYPE):
        made.with_variable(many(variable))
    made.annotation(alerts_about_the_monitor())
    return made


def _now() -> Iterable[Panel]:
    yield stat(
        "Answers",
        "Whether Prometheus could read the monitor's metrics: 1 yes, 0 no; of several monitors, "
        "the worst.",
        (f"min(up{{{OURS}}}) or vector(0)", ""),
        steps=UP,
        span=3,
    )
    yield stat(
        "Age of the data",
        "Time since the last complete reading of the feed that waits longest.",
        (f"max(time() - bsg_monitor_last_success_timestamp_seconds{{{FEEDS}}})", ""),
        unit="s",
        steps=STALE,
        span=3,
    ).no_value("never read")
    yield stat(
        "Waiting to be told",
        "Age of the oldest notification that its receiver has not taken yet. By 10 minutes it was "
        "tried six times.",
        (f"max(bsg_monitor_outbox_oldest_seconds{{{HERE}}}) or vector(0)", ""),
        unit="s",
        steps=WAITING,
        span=3,
    )
    dead = once(f'bsg_monitor_outbox{{{HERE},state="dead"}}', "receiver")
    yield stat(
        "Could not be told",
        "Notifications that were given up. `bsg-monitor outbox retry` sends them again, `outbox "
        "drop` puts them aside.",
        (f"sum({dead}) or vector(0)", ""),
        steps=BAD_FROM_ONE,
        span=3,
    )
    yield stat(
        "Rules in force",
        "Whether the rules in force are those of the file: 1 yes, 0 a changed file was refused "
        "and those before it apply.",
        (f"min(bsg_monitor_config_last_reload_successful{{{HERE}}})", ""),
        steps=UP,
        span=3,
    )
    yield stat(
        "Loop failures",
        "Failures of any loop of the monitor since it was started. Each is a bug, or a database "
        "that cannot be written.",
        (f"sum(bsg_monitor_loop_failures_total{{{HERE}}})", ""),
        steps=ODD_FROM_ONE,
        span=3,
    )
    yield stat(
        "Running for",
        "Time since its start; of several monitors, the youngest.",
        (f"time() - max(process_start_time_seconds{{{OURS}}})", ""),
        unit="s",
        span=3,
    )
    yield stat(
        "Version",
        "What runs.",
        (f"count by (version) (bsg_monitor_build_info{{{HERE}}})", "{{version}}"),
        span=3,
    ).text_mode("name")


def _reading() -> Iterable[Panel]:
    yield graph(
        "Age of the data, by feed",
        "Saw teeth as high as the polling interval are right. Lines: three and five polls at the "
        "default of one minute.",
        (
            f"time() - bsg_monitor_last_success_timestamp_seconds{{{FEEDS}}}",
            "{{account}} {{message_type}}",
        ),
        unit="s",
        steps=STALE,
    )
    yield colored(
        counted(
            "Polls",
            "Readings of a feed: complete, in part, or not at all. A partial one changes nothing "
            "that it did not see.",
            (_grown("outcome", "bsg_monitor_polls_total", FEEDS), "{{outcome}}"),
        ),
        {"ok": "green", "partial": "orange", "failed": "red"},
    )
    yield graph(
        "How long a poll takes",
        "From its start to its commit.",
        *quantiles("bsg_monitor_poll_duration_seconds", HERE, 0.5, 0.99),
        unit="s",
        span=8,
    )
    yield counted(
        "Answers of the provider",
        "Requests by status code, or by the name of the failure.",
        (_grown("code", "bsg_monitor_api_requests_total", OF_ACCOUNT), "{{code}}"),
        span=8,
    )
    yield counted(
        "What could not be understood",
        "Rows that were not used, by reason, and undocumented values, by field. Rows of "
        "another feed do not count.",
        (
            _grown(
                "reason", "bsg_monitor_rows_rejected_total", f'{OF_ACCOUNT},reason!="other_feed"'
            ),
            "row: {{reason}}",
        ),
        (_grown("field", "bsg_monitor_unknown_values_total", OF_ACCOUNT), "value: {{field}}"),
        span=8,
    )


def _telling() -> Iterable[Panel]:
    pending, dead = (
        once(f'bsg_monitor_outbox{{{HERE},state="{state}"}}', "receiver")
        for state in ("pending", "dead")
    )
    oldest = once(f"bsg_monitor_outbox_oldest_seconds{{{HERE}}}", "receiver")
    yield counted(
        "Attempts to tell",
        "By receiver and by what came of them: delivered, or why not.",
        (
            _grown("receiver, outcome", "bsg_monitor_notifications_total", HERE),
            "{{receiver}}: {{outcome}}",
        ),
    )
    yield graph(
        "How long it takes to tell",
        "From the decision to the receiver's confirmation. No line where nothing was sent.",
        *quantiles("bsg_monitor_notification_latency_seconds", HERE, 0.5, 0.95),
        unit="s",
    )
    yield stacked(
        "Waiting, by receiver",
        "Notifications that their receiver has not taken yet.",
        (pending, "{{receiver}}"),
        span=8,
    )
    yield graph(
        "Age of the oldest one waiting",
        "0 where nothing waits. Lines: 2 minutes, and the 10 of the alert about it.",
        (f"{oldest} or {pending} * 0", "{{receiver}}"),
        unit="s",
        steps=WAITING,
        span=8,
    )
    yield timeline(
        "Given up",
        "Notifications that are dead letters, by receiver. They are kept for 30 days.",
        (dead, "{{receiver}}"),
        steps=BAD_FROM_ONE,
        span=8,
    )


def _process() -> Iterable[Panel]:
    yield graph(
        "Event loop lag",
        "How late timers run. Above 50 ms it lacks processor time or a fast disk, or watches more "
        "than it was sized for.",
        *quantiles("bsg_monitor_event_loop_lag_seconds", HERE, 0.5, 0.99, 0.999),
        unit="s",
        steps=LAG,
    )
    yield graph(
        "Evaluating all rules",
        "Time for all rules once.",
        *quantiles("bsg_monitor_evaluation_duration_seconds", HERE, 0.5, 0.99),
        unit="s",
    )
    yield graph(
        "Memory",
        "Resident memory.",
        (f"process_resident_memory_bytes{{{OURS}}}", "{{instance}}"),
        unit="bytes",
        span=8,
    )
    yield graph(
        "Processor",
        "Processor time used in each second; 1 is all of one core.",
        (f"rate(process_cpu_seconds_total{{{OURS}}}[$__rate_interval])", "{{instance}}"),
        unit="percentunit",
        span=8,
    )
    yield graph(
        "Open files",
        "Files and connections, as a share of how many it may have.",
        (f"process_open_fds{{{OURS}}} / process_max_fds{{{OURS}}}", "{{instance}}"),
        unit="percentunit",
        span=8,
    )
    yield counted(
        "Loop failures",
        "Failures of a loop that was started again. The log has the details.",
        (_grown("loop", "bsg_monitor_loop_failures_total", HERE), "{{loop}}"),
    )
    yield graph(
        "Campaigns without series of their own",
        "Beyond 2,000 watched campaigns the older ones are left out here, and in the dashboards "
        "and ratios. Rules see them all.",
        (f"bsg_campaign_series_dropped{{{HERE}}}", "{{instance}}"),
    )


def _grown(labels: str, counter: str, selector: str) -> str:
    return f"sum by ({labels}) ({growth(counter, selector)})"
