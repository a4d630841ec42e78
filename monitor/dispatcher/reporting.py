"""Reports a receiver's deliveries: metrics for each attempt, a log line for the first failure and
for the recovery."""

from datetime import datetime

import structlog

from monitor.domain.alerting.notification import OutboxRow, OutboxState
from monitor.domain.campaign.receiver_view import ReceiverHealth
from monitor.errors import DeliveryFault
from monitor.metrics import Metrics
from monitor.ports import DeliveryResult

log = structlog.get_logger()

SAID_SINGLY = 3
"""Up to this many deliveries in one batch have a log line each."""

_MESSAGE_ITSELF = frozenset({DeliveryFault.REJECTED.value, DeliveryFault.TOO_LARGE.value})
"""Final faults of one message. They say nothing about the receiver's health: it answered."""


class Reporting:
    """Keeps one receiver's health. Report every attempt that ended exactly once.
    `attempted`: whether one has ended since the start. `integration`: the receiver's kind."""

    def __init__(self, receiver: str, integration: str, metrics: Metrics) -> None:
        self.health = ReceiverHealth()
        self.integration = integration
        self._receiver = receiver
        self._metrics = metrics
        self.attempted = False
        self._delivered: list[OutboxRow] = []

    def restore(self, health: ReceiverHealth) -> None:
        """Take over the health from before a restart, unless an attempt has ended since."""
        if self.health.healthy and not self.attempted:
            self.health = health

    def delivered(self, row: OutboxRow, *, now: datetime) -> None:
        """The receiver confirmed."""
        since = self.health.failing_since
        self._count(row, "delivered")
        self._metrics.notification_latency.observe(
            max(0.0, (now - row.notification.created_at).total_seconds())
        )
        self.health = ReceiverHealth()
        self._delivered.append(row)
        if since is not None:
            log.info(
                "receiver_recovered",
                receiver=self._receiver,
                failed_for_seconds=round((now - since).total_seconds(), 1),
            )

    def recorded(self) -> None:
        """Log the deliveries just committed: one line each or, under load, one for all of them,
        since a line costs half as much as a delivery."""
        rows, self._delivered = self._delivered, []
        facts = {"receiver": self._receiver, "integration": self.integration}
        if len(rows) > SAID_SINGLY:
            log.info(
                "notifications_delivered",
                **facts,
                count=len(rows),
                notifications=[row.notification.id for row in rows],
            )
            return
        for row in rows:
            told = row.notification
            log.info(
                "notification_delivered",
                **facts,
                notification=told.id,
                reason=told.reason.value,
                alerts=len(told.alerts),
                attempts=row.attempts,
            )

    def failed(
        self, row: OutboxRow, result: DeliveryResult, *, outcome: str, said: str | None = None
    ) -> None:
        """The attempt failed. `result` is what becomes of the row, `outcome` the metric's label.
        A message sent in halves is not a failure.

        `said` is the receiver's own error, where the result's text has more than that."""
        self._count(row, outcome)
        id_ = row.notification.id
        facts = {"receiver": self._receiver, "integration": self.integration, "error": result.error}
        if result.state is OutboxState.SUPERSEDED:
            log.info(
                "notification_halved",
                notification=id_,
                alerts=len(row.notification.alerts),
                **facts,
            )
            return
        if result.state is OutboxState.DEAD:
            log.error("notification_dead", notification=id_, attempts=row.attempts, **facts)
            if outcome in _MESSAGE_ITSELF:
                return
        elif self.health.healthy:
            log.warning("receiver_failed", **facts)
        self.health = ReceiverHealth(self.health.failing_since or result.at, said or result.error)

    def crashed(self) -> None:
        """Our own code raised on a row or on its result."""
        self._metrics.loop_failures.labels("dispatcher").inc()

    def _count(self, row: OutboxRow, outcome: str) -> None:
        self.attempted = True
        reason = row.notification.reason.value
        self._metrics.notifications.labels(self._receiver, self.integration, outcome, reason).inc()
