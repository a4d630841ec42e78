"""What a backtest found: alerts by rule and messages by receiver."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from monitor.domain.alerting.alert import Alert, AlertState
from monitor.domain.alerting.notification import Notification

BUCKETS = 60
"""Columns of a timeline."""


@dataclass(slots=True)
class RuleReport:
    """How often a rule fired (an event counts once), on which subjects, and for how many seconds
    in all.

    `timeline`: for each of `BUCKETS` equal parts of the time, the most alerts that fired at once
    (of events: the most at one time).
    """

    name: str
    severity: str
    fired: int = 0
    firing_seconds: float = 0.0
    subjects: set[str] = field(default_factory=set)
    longest_seconds: float = 0.0
    timeline: list[int] = field(default_factory=lambda: [0] * BUCKETS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Times are Unix seconds. `rules` are in the order of the file, `messages` counts by receiver.

    `interval_seconds`: the usual time between two readings.
    `thinned_until`: before it there is only one sample an hour.
    `blind_seconds`: for how long at least one feed was not read.
    """

    since: float
    until: float
    samples: int
    campaigns: int
    interval_seconds: float | None
    thinned_until: float | None
    blind_seconds: float
    rules: Sequence[RuleReport]
    messages: Mapping[str, int]


class Ledgers:
    """Counts alerts and messages while history is played."""

    def __init__(self, rules: Iterable[tuple[str, str]], *, since: float, until: float) -> None:
        self._since = since
        self._until = until
        self._width = max(1e-9, (until - since) / BUCKETS)
        self._rules = {name: RuleReport(name, severity) for name, severity in rules}
        self._spans: dict[str, list[tuple[float, float]]] = {name: [] for name in self._rules}
        self._firing: dict[str, Alert] = {}
        self.messages: Counter[str] = Counter()

    def note(self, alerts: Iterable[Alert]) -> None:
        """Take alerts that are new or have changed."""
        for alert in alerts:
            if alert.fired_at is None:
                continue
            if alert.is_event:
                self._count(alert, alert.fired_at.timestamp(), alert.fired_at.timestamp())
            elif alert.state is AlertState.RESOLVED:
                self._firing.pop(alert.id, None)
                ended = alert.fired_at if alert.resolved_at is None else alert.resolved_at
                self._count(alert, alert.fired_at.timestamp(), ended.timestamp())
            else:
                self._firing[alert.id] = alert

    def tell(self, messages: Iterable[Notification]) -> None:
        """Take messages that were sent."""
        self.messages.update(message.receiver for message in messages)

    def finish(self) -> list[RuleReport]:
        """The reports. Alerts that still fire count until the end."""
        for alert in self._firing.values():
            if alert.fired_at is not None:
                self._count(alert, alert.fired_at.timestamp(), self._until)
        self._firing.clear()
        for name, spans in self._spans.items():
            self._rules[name].timeline = self._timeline(spans)
        return list(self._rules.values())

    def _count(self, alert: Alert, began: float, ended: float) -> None:
        rule = self._rules[alert.key.rule]
        rule.fired += 1
        rule.subjects.add(f"{alert.key.account} {alert.key.subject}")
        rule.firing_seconds += ended - began
        rule.longest_seconds = max(rule.longest_seconds, ended - began)
        self._spans[rule.name].append((began, ended))

    def _timeline(self, spans: Sequence[tuple[float, float]]) -> list[int]:
        """The most at once in each bucket, by a sweep over starts and ends. An event counts for a
        moment."""
        steps: list[tuple[float, int]] = []
        for began, ended in spans:
            steps += [(began, 1), (max(ended, began + 1e-6), -1)]
        steps.sort()
        most = [0] * BUCKETS
        level, bucket = 0, 0
        for at, change in steps:
            place = min(BUCKETS - 1, max(0, int((at - self._since) / self._width)))
            for between in range(bucket, place + 1):
                most[between] = max(most[between], level)
            bucket = place
            level += change
            most[bucket] = max(most[bucket], level)
        for rest in range(bucket, BUCKETS):
            most[rest] = max(most[rest], level)
        return most
