"""What the monitor says of itself to whoever looks: plain values, filled by the app, shown by `/` and `/readyz`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitor.domain.alert import Alert, AlertState
from monitor.domain.feed import FeedState
from monitor.domain.routing import SEVERITIES

MOST_ALERTS = 200
"""Alerts listed on the page; the rest is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedStatus:
    """One feed. `swept`: read completely at least once since this process started. `counts` are watched campaigns by status."""

    account: str
    message_type: str
    swept: bool
    last_success: datetime | None = None
    last_outcome: str | None = None
    consecutive_failures: int = 0
    failing_since: datetime | None = None
    reason: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def watched(self) -> int:
        return sum(self.counts.values())

    @classmethod
    def of(cls, state: FeedState, *, swept: bool, counts: Mapping[str, int], reason: str | None = None) -> "FeedStatus":
        """From what is remembered of the feed; `reason` says why its last poll was not complete."""
        return cls(
            account=state.feed.account,
            message_type=state.feed.message_type,
            swept=swept,
            last_success=state.last_success,
            last_outcome=state.last_outcome.value if state.last_outcome else None,
            consecutive_failures=state.consecutive_failures,
            failing_since=state.failing_since,
            reason=reason,
            counts=dict(counts),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceStatus:
    """One account's money, in units of `currency`."""

    account: str
    balance: float
    credit: float
    currency: str | None
    read_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertStatus:
    """A pending or firing alert. `subject` is the campaign's name where it is about one, else the sender or the account."""

    id: str
    alertname: str
    severity: str
    firing: bool
    account: str
    subject: str
    campaign_id: int | None
    message_type: str
    summary: str
    since: datetime

    @classmethod
    def of(cls, alert: Alert) -> "AlertStatus":
        campaign = alert.campaign
        return cls(
            id=alert.id,
            alertname=alert.key.rule,
            severity=alert.labels.get("severity", ""),
            firing=alert.state is AlertState.FIRING,
            account=alert.key.account,
            subject=campaign.name if campaign else alert.key.subject or alert.key.account,
            campaign_id=campaign.id if campaign else None,
            message_type=campaign.message_type if campaign else "",
            summary=alert.annotations.get("summary", ""),
            since=alert.active_since,
        )


def worst_alerts(alerts: Iterable[Alert], limit: int = MOST_ALERTS) -> tuple[AlertStatus, ...]:
    """The pending and firing alerts among `alerts`: firing first, then the most severe, then the oldest; at most `limit`."""
    rank = {severity: place for place, severity in enumerate(SEVERITIES)}

    def order(alert: Alert) -> tuple[bool, int, datetime, str]:
        weight = rank.get(alert.labels.get("severity", ""), len(rank))
        return (alert.state is not AlertState.FIRING, weight, alert.active_since, alert.id)

    active = [alert for alert in alerts if alert.state is not AlertState.RESOLVED and not alert.is_event]
    return tuple(AlertStatus.of(alert) for alert in sorted(active, key=order)[:limit])


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverStatus:
    """One receiver's outbox: how many notifications are in which state, and since when the oldest pending one waits."""

    receiver: str
    integration: str
    pending: int = 0
    delivered: int = 0
    superseded: int = 0
    dead: int = 0
    oldest_pending: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Everything at one moment. `alerts` are the worst ones, `firing` and `pending` count all.

    `reload_error` is set while the rules in force are not those of the file; `store_error` while the store does not work.
    """

    version: str
    now: datetime
    started_at: datetime
    rules: int
    feeds: Sequence[FeedStatus]
    balances: Sequence[BalanceStatus] = ()
    alerts: Sequence[AlertStatus] = ()
    firing: int = 0
    pending: int = 0
    receivers: Sequence[ReceiverStatus] = ()
    last_reload: datetime | None = None
    reload_error: str | None = None
    store_error: str | None = None

    @property
    def counts(self) -> dict[str, int]:
        """Watched campaigns by status, over all feeds."""
        totals: dict[str, int] = {}
        for feed in self.feeds:
            for status, count in feed.counts.items():
                totals[status] = totals.get(status, 0) + count
        return totals

    def not_ready(self) -> list[str]:
        """Why the monitor is not ready, in words fit for anybody; empty when it is."""
        reasons = [f"feed {f.account}/{f.message_type} has not been read completely yet" for f in self.feeds if not f.swept]
        if self.store_error is not None:
            reasons.append("the store does not work")
        return reasons
