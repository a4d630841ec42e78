"""Every metric of the monitor. Names and labels are a contract (docs/metrics.md)."""

import collections
import platform
from collections.abc import Iterable, Mapping
from datetime import datetime

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import choose_encoder

from monitor.clock import Clock
from monitor.domain.alerting.alert import Alert, AlertState
from monitor.domain.alerting.notification import OutboxState
from monitor.domain.campaign.account import Balance
from monitor.domain.campaign.feed import Feed, SweepOutcome
from monitor.domain.campaign.snapshot import DOCUMENTED_STATUSES, FINAL_STATUSES, MessageType
from monitor.metrics.series import MOST_CAMPAIGNS, CampaignSeries, SeriesText, printable

prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # one more gauge for every counter

POLL_BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
EVALUATION_BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
LATENCY_BUCKETS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0, 120.0, 600.0, 3600.0)
LAG_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
LAG_PROBE_SECONDS = 0.25
MOST_UNKNOWN_VALUES = 20
LOOPS = (
    "poller",
    "balance",
    "flusher",
    "dispatcher",
    "presence",
    "backlog",
    "outbox_gauges",
    "resender",
    "receiver_rules",
    "retention",
    "baselines",
    "details",
    "rules",
    "overview",
    "supervision",
    "reload",
)
"""Every loop whose failures are counted. They start at 0: `increase()` does not see a counter that
starts at 1."""
OPENMETRICS_END = b"# EOF\n"


class _BoundedValues:
    """Label values that come from the provider: the documented ones, the first 20 others, and
    `other` for the rest."""

    def __init__(self, documented: Iterable[str]) -> None:
        self._documented = frozenset(documented)
        self._others: set[str] = set()

    def label(self, value: str) -> str:
        value = printable(value)
        if value in self._documented or value in self._others:
            return value
        if len(self._others) >= MOST_UNKNOWN_VALUES:
            return "other"
        self._others.add(value)
        return value


class Metrics:
    """Every metric of the monitor, on a registry of its own so that several monitors can live in
    one process."""

    def __init__(self, version: str) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        r = self.registry
        ProcessCollector(registry=r)  # memory, processor time, open files, start
        self.campaigns = Gauge(
            "bsg_campaigns",
            "Watched campaigns (live or settling).",
            ["account", "message_type", "status"],
            registry=r,
        )
        self.status_transitions = Counter(
            "bsg_status_transitions_total",
            "Observed status changes; undocumented statuses beyond 20 count as other.",
            ["account", "message_type", "from", "to"],
            registry=r,
        )
        self.account_balance = Gauge(
            "bsg_account_balance",
            "Balance of the account, without credit.",
            ["account", "currency"],
            registry=r,
        )
        self.alerts = Gauge(
            "bsg_alerts",
            "Alerts by rule and state.",
            ["alertname", "severity", "state"],
            registry=r,
        )
        self.polls = Counter(
            "bsg_monitor_polls_total",
            "Polls of a feed by outcome.",
            ["account", "message_type", "outcome"],
            registry=r,
        )
        self.poll_duration = Histogram(
            "bsg_monitor_poll_duration_seconds",
            "Time from the start of a poll to its commit.",
            buckets=POLL_BUCKETS,
            registry=r,
        )
        self.last_success = Gauge(
            "bsg_monitor_last_success_timestamp_seconds",
            "Start of the last complete sweep of a feed.",
            ["account", "message_type"],
            registry=r,
        )
        self.incomplete = Gauge(
            "bsg_monitor_incomplete_seconds",
            "Time since the first incomplete poll of a feed; 0 after a complete one.",
            ["account", "message_type"],
            registry=r,
        )
        self.read_ratio = Gauge(
            "bsg_monitor_read_ratio",
            "Share of a feed's rows that could be read with every field that is needed.",
            ["account", "message_type"],
            registry=r,
        )
        self.token_expiry = Gauge(
            "bsg_monitor_token_expiry_timestamp_seconds",
            "End of the token from the settings, where it says so.",
            ["account"],
            registry=r,
        )
        self.api_requests = Counter(
            "bsg_monitor_api_requests_total",
            "Requests to the provider by answer: a status code, or the failure's name.",
            ["account", "code"],
            registry=r,
        )
        self.rows_rejected = Counter(
            "bsg_monitor_rows_rejected_total",
            "Rows of the provider that were not used.",
            ["account", "reason"],
            registry=r,
        )
        self.fields_unreadable = Counter(
            "bsg_monitor_fields_unreadable_total",
            "Fields of the provider's rows that could not be read.",
            ["account", "message_type", "field"],
            registry=r,
        )
        self.list_total_mismatch = Counter(
            "bsg_monitor_list_total_mismatch_total",
            "Lists whose claimed total differs from what was found.",
            ["account", "message_type"],
            registry=r,
        )
        self.unknown_values = Counter(
            "bsg_monitor_unknown_values_total",
            "Values of the provider that are not documented.",
            ["account", "field"],
            registry=r,
        )
        self.evaluation_duration = Histogram(
            "bsg_monitor_evaluation_duration_seconds",
            "Time to evaluate all rules once.",
            buckets=EVALUATION_BUCKETS,
            registry=r,
        )
        self.notifications = Counter(
            "bsg_monitor_notifications_total",
            "Attempts to tell a receiver: outcome is delivered or why not, reason is why it was "
            "told.",
            ["receiver", "integration", "outcome", "reason"],
            registry=r,
        )
        self.notification_latency = Histogram(
            "bsg_monitor_notification_latency_seconds",
            "Time from the decision to tell to the receiver's confirmation.",
            buckets=LATENCY_BUCKETS,
            registry=r,
        )
        self.outbox = Gauge(
            "bsg_monitor_outbox",
            "Notifications in the outbox by state.",
            ["receiver", "state"],
            registry=r,
        )
        self.outbox_oldest = Gauge(
            "bsg_monitor_outbox_oldest_seconds",
            "Age of the oldest notification still waiting.",
            ["receiver"],
            registry=r,
        )
        self.event_loop_lag = Histogram(
            "bsg_monitor_event_loop_lag_seconds",
            "How late the event loop ran a timer.",
            buckets=LAG_BUCKETS,
            registry=r,
        )
        self.loop_failures = Counter(
            "bsg_monitor_loop_failures_total",
            "Failures of a loop that was started again.",
            ["loop"],
            registry=r,
        )
        self.bad_requests = Counter(
            "bsg_monitor_bad_http_requests_total",
            "Requests to this monitor that are not proper HTTP.",
            registry=r,
        )
        for loop in LOOPS:
            self.loop_failures.labels(loop)
        self.reload_successful = Gauge(
            "bsg_monitor_config_last_reload_successful",
            "Whether the rules in force are those of the file: 0 while a changed one is refused.",
            registry=r,
        )
        self.reload_success_time = Gauge(
            "bsg_monitor_config_last_reload_success_timestamp_seconds",
            "When the rules in force were loaded.",
            registry=r,
        )
        build = Gauge(
            "bsg_monitor_build_info", "Always 1; says what runs.", ["version", "python"], registry=r
        )
        build.labels(version, platform.python_version()).set(1)
        self.campaign_series_dropped = Gauge(
            "bsg_campaign_series_dropped",
            "Watched campaigns without series of their own, for there are more than "
            f"{MOST_CAMPAIGNS}.",
            registry=r,
        )
        self._statuses = _BoundedValues(DOCUMENTED_STATUSES)
        self._message_types = _BoundedValues(kind.value for kind in MessageType)
        self._currencies = _BoundedValues(())
        self._currency_of: dict[str, str] = {}
        self._series: dict[Feed, CampaignSeries] = {}
        self._series_writer = SeriesText()
        self._series_text = b""

    def begin(self, feeds: Iterable[Feed]) -> None:
        """Start these feeds' counters at 0: their polls, and their changes from a status that is
        not final."""
        statuses = DOCUMENTED_STATUSES
        changes = [
            (old, new)
            for old in statuses
            for new in statuses
            if old != new and old not in FINAL_STATUSES
        ]
        for feed in feeds:
            for outcome in SweepOutcome:
                self.polls.labels(feed.account, feed.message_type, outcome.value)
            for old, new in changes:
                self.status_transitions.labels(feed.account, feed.message_type, old, new)

    def reloaded(self, at: datetime) -> None:
        """The rules in force were loaded at `at` and are those in the file."""
        self.reload_successful.set(1)
        self.reload_success_time.set(at.timestamp())

    def count_transition(self, account: str, message_type: str, old: str, new: str) -> None:
        """Count one observed change of status."""
        kind = self._message_types.label(message_type)
        self.status_transitions.labels(
            account, kind, self._statuses.label(old), self._statuses.label(new)
        ).inc()

    def set_campaign_counts(self, feed: Feed, counts: Mapping[str, int]) -> None:
        """Set a feed's watched campaigns by status. A status that is not in `counts` keeps its last
        value, so pass zeros."""
        totals: dict[str, int] = {}
        for status, count in counts.items():
            label = self._statuses.label(status)
            totals[label] = totals.get(label, 0) + count
        for label, count in totals.items():
            self.campaigns.labels(feed.account, feed.message_type, label).set(count)

    def set_campaign_series(self, series: CampaignSeries) -> None:
        """Replace the feed's series and write the text that scrapes are served from."""
        self._series[series.feed] = series
        self._series_text, dropped = self._series_writer.render(self._series.values())
        self.campaign_series_dropped.set(dropped)

    def set_balance(self, account: str, balance: Balance) -> None:
        """Set an account's balance; the currency is its label."""
        currency = self._currencies.label(balance.currency or "")
        before = self._currency_of.get(account)
        if before is not None and before != currency:
            self.account_balance.remove(account, before)
        self._currency_of[account] = currency
        self.account_balance.labels(account, currency).set(balance.balance)

    def set_alerts(self, alerts: Iterable[Alert], rules: Iterable[tuple[str, str]] = ()) -> None:
        """Set the counts of pending and firing alerts. `rules` are the (name, severity) that show 0
        without an alert."""
        counts = {
            (name, severity, state): 0
            for name, severity in rules
            for state in ("pending", "firing")
        }
        firing, resolved = AlertState.FIRING, AlertState.RESOLVED
        # in one turn of the event loop, even for a hundred thousand: states have a slow hash
        found = collections.Counter(
            (alert.key.rule, alert.labels.get("severity", ""), alert.state is firing)
            for alert in alerts
            if alert.event_id is None and alert.state is not resolved
        )
        counts |= {
            (name, severity, "firing" if fires else "pending"): n
            for (name, severity, fires), n in found.items()
        }
        self.alerts.clear()
        for labels, count in counts.items():
            self.alerts.labels(*labels).set(count)

    def set_outbox(
        self, counts: Mapping[tuple[str, OutboxState], int], oldest: Mapping[str, float]
    ) -> None:
        """Set the outbox's size by receiver and state, and by receiver the age in seconds of the
        oldest pending notification."""
        self.outbox.clear()
        for receiver in sorted({receiver for receiver, _ in counts} | oldest.keys()):
            for state in OutboxState:
                self.outbox.labels(receiver, state.value).set(counts.get((receiver, state), 0))
        self.outbox_oldest.clear()
        for receiver, seconds in oldest.items():
            self.outbox_oldest.labels(receiver).set(seconds)

    def render(self, accept: str = "") -> tuple[bytes, str]:
        """Everything in one body, and its content type: what an `Accept` header asks for, by
        default Prometheus' text format 0.0.4."""
        try:
            encode, content_type = choose_encoder(accept)
        except TypeError:  # raised for a version that is not a number
            encode, content_type = choose_encoder("")
        body = encode(self.registry)
        samples = body.removesuffix(OPENMETRICS_END)
        return samples + self._series_text + body[len(samples) :], content_type


async def measure_loop_lag(clock: Clock, metrics: Metrics) -> None:
    """Observe, four times a second, how late a timer wakes up: everything else waits at least
    that long. Runs until it is cancelled."""
    while True:
        before = clock.monotonic()
        await clock.sleep(LAG_PROBE_SECONDS)
        metrics.event_loop_lag.observe(max(0.0, clock.monotonic() - before - LAG_PROBE_SECONDS))
