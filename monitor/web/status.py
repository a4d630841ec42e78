"""The monitor's own state: plain values that the daemon fills and `/` and `/readyz` show."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.domain.alerting.alert import Alert, AlertState
from monitor.domain.alerting.notified import weight
from monitor.domain.campaign.feed import FeedState
from monitor.domain.safetext.shown_text import counted

MOST_ALERTS = 200
"""How many alerts the page lists; the rest are counted."""

MOST_OF_ONE_RULE = 10
"""How many firing (or pending) alerts of one rule are listed; the others are counted, so that one
cause does not hide another."""

FRESH_FOR = timedelta(minutes=5)
"""A feed without a complete reading for this long is stale, unless its poll interval is long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedStatus:
    """One feed. `swept` says that it was read since this process started, `answered` that its last
    poll had a usable answer, even a partial one, and `legible` that at least half of the rows in
    it could be read. `counts` are watched campaigns by status; `rejected` counts rows of the last
    answered poll that could not be used, and `unread` says which rows lack something.
    """

    account: str
    message_type: str
    swept: bool
    answered: bool = True
    last_success: datetime | None = None
    last_outcome: str | None = None
    consecutive_failures: int = 0
    failing_since: datetime | None = None
    reason: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    rejected: int = 0
    legible: bool = True
    unread: str | None = None

    @property
    def watched(self) -> int:
        return sum(self.counts.values())

    @classmethod
    def of(
        cls,
        state: FeedState,
        *,
        swept: bool,
        counts: Mapping[str, int],
        reason: str | None = None,
        rejected: int = 0,
        unread: str | None = None,
    ) -> "FeedStatus":
        """From a feed's state; `reason` says why its last poll was not complete, `unread` which
        rows could not be read."""
        return cls(
            account=state.feed.account,
            message_type=state.feed.message_type,
            swept=swept,
            answered=state.answered,
            last_success=state.last_success,
            last_outcome=state.last_outcome.value if state.last_outcome else None,
            consecutive_failures=state.consecutive_failures,
            failing_since=state.failing_since,
            reason=reason,
            counts=dict(counts),
            rejected=rejected,
            legible=state.legibility.enough,
            unread=unread,
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
    """A pending or firing alert. `subject` is the campaign's name, or else the sender or account.

    `more`, set on the last listed alert of a rule and state, counts the ones that are not listed.
    """

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
    more: int = 0

    @classmethod
    def of(cls, alert: Alert) -> "AlertStatus":
        campaign = alert.campaign
        return cls(
            id=alert.id,
            alertname=alert.key.rule,
            severity=alert.labels.get("severity", ""),
            firing=alert.state is AlertState.FIRING,
            account=alert.key.account,
            subject=alert.about,
            campaign_id=campaign.id if campaign else None,
            message_type=campaign.message_type if campaign else "",
            summary=alert.annotations.get("summary", ""),
            since=alert.active_since,
        )


def worst_alerts(alerts: Iterable[Alert], limit: int = MOST_ALERTS) -> tuple[AlertStatus, ...]:
    """The pending and firing alerts among `alerts`: at most `limit`, and at most
    `MOST_OF_ONE_RULE` of one rule and state.

    Firing ones come first; among them those about a whole account or a receiver, then the most
    severe, then the oldest. If a rule has more alerts than are listed, the listed ones stand
    together at the place of the first.
    """

    def order(alert: Alert) -> tuple[bool, bool, int, datetime, str]:
        severity = weight(alert.labels.get("severity", ""))
        return (
            alert.state is not AlertState.FIRING,
            not _is_wide(alert),
            severity,
            alert.active_since,
            alert.id,
        )

    active = sorted(
        (a for a in alerts if a.state is not AlertState.RESOLVED and not a.is_event), key=order
    )
    of_rule: dict[tuple[bool, str], list[Alert]] = {}
    for alert in active:
        of_rule.setdefault((alert.state is AlertState.FIRING, alert.key.rule), []).append(alert)
    listed: list[AlertStatus] = []
    for alert in active:
        if len(listed) >= limit:
            break
        group = of_rule[alert.state is AlertState.FIRING, alert.key.rule]
        if len(group) <= MOST_OF_ONE_RULE:
            listed.append(AlertStatus.of(alert))
        elif alert is group[0]:
            shown = [
                AlertStatus.of(each) for each in group[: min(MOST_OF_ONE_RULE, limit - len(listed))]
            ]
            listed += [*shown[:-1], replace(shown[-1], more=len(group) - len(shown))]
    return tuple(listed)


def _is_wide(alert: Alert) -> bool:
    """Whether it is about an account or a receiver, and so may be the cause of the others."""
    return not alert.key.subject or not alert.key.account


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverStatus:
    """One receiver's outbox: how many notifications are in which state, and since when the
    oldest pending one waits."""

    receiver: str
    integration: str
    pending: int = 0
    delivered: int = 0
    superseded: int = 0
    dead: int = 0
    oldest_pending: datetime | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the page may be out of date: `what` is wrong, since when, and `why`."""

    what: str
    since: datetime | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Everything at one moment. `alerts` are the worst ones, `firing` and `pending` count all.

    `reload_problems` says why the rules in force are not those of the file; `store_error` is set
    while the store does not work. A feed without a complete reading for longer than `fresh_for`
    is stale.
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
    reload_problems: Sequence[str] = ()
    store_error: str | None = None
    fresh_for: timedelta = FRESH_FOR

    @property
    def unlisted(self) -> int:
        """Firing and pending alerts that `alerts` neither lists nor counts."""
        return (
            self.firing + self.pending - len(self.alerts) - sum(alert.more for alert in self.alerts)
        )

    @property
    def counts(self) -> dict[str, int]:
        """Watched campaigns by status, over all feeds."""
        totals: dict[str, int] = {}
        for feed in self.feeds:
            for status, count in feed.counts.items():
                totals[status] = totals.get(status, 0) + count
        return totals

    def not_ready(self) -> list[str]:
        """Why the monitor is not ready, in words that anyone may read; empty when it is."""
        reasons = [
            f"feed {feed.account}/{feed.message_type} has not been read yet{_failed(feed)}"
            for feed in self.feeds
            if not feed.swept
        ]
        if self.store_error is not None:
            reasons.append("the store does not work")
        return reasons

    def troubles(self) -> list[Trouble]:
        """What keeps the monitor from seeing or storing the current state, if anything."""
        found = (
            []
            if self.store_error is None
            else [Trouble("The database does not work", None, self.store_error)]
        )
        down = {feed.account: feed for feed in reversed(self.feeds) if not feed.answered}
        for account, feed in sorted(down.items()):
            found.append(
                Trouble(
                    f"Account {account}: no usable answer from the provider",
                    feed.failing_since,
                    feed.reason,
                )
            )
        for feed in self.feeds:
            if not feed.legible:
                what = f"Feed {feed.account} / {feed.message_type}: most rows cannot be read"
                found.append(Trouble(what, feed.last_success or self.started_at, feed.unread))
            elif feed.account not in down and self.is_stale(feed):
                what = f"Feed {feed.account} / {feed.message_type} has not been read completely"
                found.append(Trouble(what, feed.last_success or self.started_at, feed.reason))
        return found

    def is_stale(self, feed: FeedStatus) -> bool:
        """Whether its last complete reading is too long ago; a monitor that has just started gets
        the same time."""
        last = max(feed.last_success or self.started_at, self.started_at)
        return self.now - last > self.fresh_for


def _failed(feed: FeedStatus) -> str:
    """How many polls failed in a row, for readers who may not know why."""
    if feed.consecutive_failures:
        return f" ({counted(feed.consecutive_failures, 'poll')} failed in a row)"
    return "" if feed.legible else " (most of its rows cannot be read)"


def headline(feeds: Sequence[FeedStatus], *, firing: int, troubles: Sequence[str] = ()) -> str:
    """`2 feeds fresh; 1 alert firing`, and what is wrong before it. A feed is fresh when its
    last reading was complete and at least half of its rows could be read."""
    failing = [feed for feed in feeds if feed.consecutive_failures or not feed.legible]
    waiting = sum(not feed.swept and feed not in failing for feed in feeds)
    parts = list(troubles)
    fresh = len(feeds) - len(failing) - waiting
    if fresh:
        parts.append(f"{counted(fresh, 'feed')} fresh")
    if failing:
        names = ", ".join(f"{feed.account}/{feed.message_type}" for feed in failing)
        parts.append(f"{counted(len(failing), 'feed')} failing ({names})")
    if waiting:
        parts.append(f"{counted(waiting, 'feed')} not read yet")
    return "; ".join([*parts, f"{counted(firing, 'alert')} firing"])
