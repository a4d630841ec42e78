"""What the page and `/readyz` say: the state and the outbox as plain values, kept fresh at a
price that does not grow."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
import structlog

from monitor import __version__
from monitor.clock import Clock
from monitor.domain.alerting.alert import Alert, AlertState
from monitor.domain.alerting.notification import OutboxState
from monitor.domain.campaign.feed import Feed, FeedState, SweepOutcome
from monitor.domain.campaign.snapshot import Unreadable
from monitor.errors import StoreError
from monitor.metrics import Metrics
from monitor.polling.cycle import CycleReport
from monitor.ports import OutboxSummary, Store
from monitor.state import State
from monitor.web import (
    FRESH_FOR,
    BalanceStatus,
    FeedStatus,
    ReceiverStatus,
    Status,
    headline,
    worst_alerts,
)

COMPLETE_WITHIN = timedelta(minutes=30)
"""How long a feed may go without a complete reading before it is no longer fresh."""

OUTSIDE_SECONDS = 0.5
"""How soon a change made from the command line is noticed: it takes effect within a second."""

SUMMARY_EVERY = 10
"""How many such looks there are between two counts of the outbox."""

log = structlog.get_logger()


class Overview:
    """Watches the store and says how the monitor is."""

    def __init__(
        self,
        *,
        state: State,
        store: Store,
        feeds: Sequence[Feed],
        receivers: Mapping[str, str],
        rules: int,
        clock: Clock,
        metrics: Metrics,
        on_outside_change: Callable[[], None],
        fresh_for: timedelta = FRESH_FOR,
    ) -> None:
        self._state = state
        self._store = store
        self._feeds = feeds
        self._clock = clock
        self._metrics = metrics
        self._on_outside_change = on_outside_change
        self._fresh_for = max(fresh_for, FRESH_FOR)
        self._started_at = clock.now()
        self._swept: set[Feed] = set()
        self._reasons: dict[Feed, str | None] = {}
        self._rejected: dict[Feed, int] = {}
        self._read_at: dict[Feed, datetime] = {}
        self._unread: dict[Feed, str | None] = {}
        self._outbox: Sequence[OutboxSummary] = ()
        self._read_error: str | None = None
        self._write_error: str | None = None
        self._reload_problems: tuple[str, ...] = ()
        self.use(receivers, rules)

    def use(self, receivers: Mapping[str, str], rules: int) -> None:
        """The receivers' integrations by name, and how many rules there are, from now on."""
        self._receivers = receivers
        self._rules = rules
        self._loaded_at = self._clock.now()
        self._reload_problems = ()

    def refused(self, problems: Sequence[str]) -> None:
        """Note that changed rules were refused, and why."""
        self._reload_problems = tuple(problems)

    def cycle(self, report: CycleReport) -> None:
        """Note the end of a cycle."""
        self._reasons[report.feed] = report.reason
        self._write_error = None
        if report.outcome is not SweepOutcome.FAILED:
            self._rejected[report.feed] = report.rejected
            self._unread[report.feed] = report.unread
        if report.legible and report.started is not None:
            self._swept.add(report.feed)
            self._read_at[report.feed] = report.started

    def page(self, feed: Feed) -> None:
        """Note that a part of a feed was read, while its sweep goes on."""
        self._swept.add(feed)

    def not_committed(self, error: StoreError) -> None:
        """Note that a cycle could not be written: its alerts and events wait until one can."""
        self._write_error = str(error)

    def fresh(self, limit: timedelta) -> bool:
        """Whether every feed was read at most `limit` ago, if only in part, and completely within
        half an hour. Readings in which less than half of the rows could be read do not count."""
        now = self._clock.now()
        complete_since = now - max(limit, COMPLETE_WITHIN)
        return all(
            (read_at := self._read_at.get(feed)) is not None
            and read_at >= now - limit
            and (complete_at := self._last_success(feed)) is not None
            and complete_at >= complete_since
            for feed in self._feeds
        )

    async def run(self) -> None:
        """Look until cancelled. When the store does not answer, `/readyz` says so."""
        turn = 0
        while True:
            try:
                if await self._store.changed_outside():
                    turn = 0
                    self._on_outside_change()
                if turn % SUMMARY_EVERY == 0:
                    await self.count()
                self._read_error = None
            except StoreError as error:
                self._read_error = str(error)
            except Exception:
                log.exception("overview_failed")
                self._metrics.loop_failures.labels("overview").inc()
            turn += 1
            await self._clock.sleep(OUTSIDE_SECONDS)

    async def count(self) -> None:
        """Count the outbox again, for the page. (The gauges are the dispatcher's.)"""
        self._outbox = await self._store.outbox_summary()

    def status(self) -> Status:
        """The current status, from memory."""
        state = self._state
        active = list(state.active.values())
        firing = sum(alert.state is AlertState.FIRING for alert in active)
        return Status(
            version=__version__,
            now=self._clock.now(),
            started_at=self._started_at,
            rules=self._rules,
            feeds=[self._feed(feed) for feed in self._feeds],
            balances=[
                BalanceStatus(
                    account=account,
                    balance=balance.balance,
                    credit=balance.credit,
                    currency=balance.currency,
                    read_at=balance.read_at,
                )
                for account, balance in sorted(state.balances.items())
            ],
            alerts=worst_alerts(active),
            firing=firing,
            pending=len(active) - firing,
            receivers=[self._receiver(name, kind) for name, kind in self._receivers.items()],
            last_reload=self._loaded_at,
            reload_problems=self._reload_problems,
            store_error=self._write_error or self._read_error,
            fresh_for=self._fresh_for,
        )

    def headline(self) -> str:
        """The status in one line."""
        firing = sum(alert.state is AlertState.FIRING for alert in self._state.active.values())
        troubles = ["the database does not work"] if self._write_error or self._read_error else []
        troubles += (
            ["the changed rules were refused, the earlier ones are in force"]
            if self._reload_problems
            else []
        )
        return headline(
            [self._feed(feed) for feed in self._feeds], firing=firing, troubles=troubles
        )

    async def alert(self, alert_id: str) -> Alert | None:
        """The alert with that id; None when there is none. A firing alert has its campaign as it
        is now.

        Alerts in memory are found even when the store fails; others raise `StoreError` then.
        """
        active = next(
            (alert for alert in self._state.active.values() if alert.id == alert_id), None
        )
        if active is None:
            return self._state.ended.get(alert_id) or await self._store.alert(alert_id)
        tracked = (
            None
            if active.campaign is None
            else self._state.table(active.key.account).rows.get(active.campaign.id)
        )
        return (
            active
            if tracked is None
            else msgspec.structs.replace(active, campaign=tracked.campaign)
        )

    def unreadable(self, alert: Alert) -> Sequence[Unreadable]:
        """The fields of its campaign that cannot be read now; none for an alert that has ended."""
        if alert.campaign is None or alert.resolved_at is not None:
            return ()
        row = self._state.table(alert.key.account).rows.get(alert.campaign.id)
        return [mark for mark in row.unreadable if mark.until is None] if row else ()

    def _last_success(self, feed: Feed) -> datetime | None:
        known = self._state.feeds.get(feed)
        return known.last_success if known else None

    def _feed(self, feed: Feed) -> FeedStatus:
        known = self._state.feeds.get(feed) or FeedState(feed=feed, first_tried=self._started_at)
        counts = self._state.table(feed.account).counts_of(feed.message_type)
        return FeedStatus.of(
            known,
            swept=feed in self._swept,
            counts=counts,
            reason=self._reasons.get(feed),
            rejected=self._rejected.get(feed, 0),
            unread=self._unread.get(feed),
        )

    def _receiver(self, name: str, integration: str) -> ReceiverStatus:
        rows = {row.state: row for row in self._outbox if row.receiver == name}
        count = {state: rows[state].count if state in rows else 0 for state in OutboxState}
        return ReceiverStatus(
            receiver=name,
            integration=integration,
            pending=count[OutboxState.PENDING],
            delivered=count[OutboxState.DELIVERED],
            superseded=count[OutboxState.SUPERSEDED],
            dead=count[OutboxState.DEAD],
            oldest_pending=rows[OutboxState.PENDING].oldest
            if OutboxState.PENDING in rows
            else None,
        )
