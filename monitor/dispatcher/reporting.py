"""What is said of a receiver's deliveries: metrics for each attempt, a log line for the first failure and the recovery."""

from dataclasses import dataclass
from datetime import datetime

import structlog

from monitor.domain.notification import OutboxRow, OutboxState
from monitor.metrics import Metrics
from monitor.ports import DeliveryResult

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ReceiverHealth:
    """Whether the last attempt succeeded. `failing_since`: the first failure since the last success, null while healthy."""

    failing_since: datetime | None = None
    last_error: str | None = None

    @property
    def healthy(self) -> bool:
        return self.failing_since is None


class Reporting:
    """Keeps one receiver's health; every attempt that ended is reported exactly once."""

    def __init__(self, receiver: str, integration: str, metrics: Metrics) -> None:
        self.health = ReceiverHealth()
        self._receiver = receiver
        self._integration = integration
        self._metrics = metrics

    def delivered(self, row: OutboxRow, *, now: datetime) -> None:
        """The receiver confirmed."""
        since = self.health.failing_since
        self._count(row, "delivered")
        self._metrics.notification_latency.observe(max(0.0, (now - row.notification.created_at).total_seconds()))
        self.health = ReceiverHealth()
        if since is not None:
            log.info("receiver_recovered", receiver=self._receiver, failed_for_seconds=round((now - since).total_seconds(), 1))

    def failed(self, row: OutboxRow, result: DeliveryResult, *, outcome: str) -> None:
        """It did not; `result` is what becomes of the row, `outcome` the metric's label. A halved message is no failure."""
        self._count(row, outcome)
        id_ = row.notification.id
        facts = {"receiver": self._receiver, "integration": self._integration, "error": result.error}
        if result.state is OutboxState.SUPERSEDED:
            log.info("notification_halved", notification=id_, alerts=len(row.notification.alerts), **facts)
            return
        if result.state is OutboxState.DEAD:
            log.error("notification_dead", notification=id_, attempts=row.attempts, **facts)
        elif self.health.healthy:
            log.warning("receiver_failed", **facts)
        self.health = ReceiverHealth(self.health.failing_since or result.at, result.error)

    def crashed(self) -> None:
        """Our own code raised on a row or on its result."""
        self._metrics.loop_failures.labels("dispatcher").inc()

    def _count(self, row: OutboxRow, outcome: str) -> None:
        reason = row.notification.reason.value
        self._metrics.notifications.labels(self._receiver, self._integration, outcome, reason).inc()
