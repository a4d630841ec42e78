"""Groups that are due → outbox. Runs by timer, not only after cycles: a group's interval may end between two polls."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from monitor.clock import Clock, sleep_or_event
from monitor.domain.alert import Alert, AlertState
from monitor.domain.notification import NotifiedAlert, OutboxRow
from monitor.domain.routing import Flush, GroupId, Ledger, Route, flush, fully_told, group_of, next_flush, split
from monitor.errors import StoreError, StoreFault
from monitor.metrics import Metrics
from monitor.ports import FlushCommit, Store
from monitor.state import State

RETRY_SECONDS = 5.0
REPEAT_RECHECK = timedelta(minutes=1)

log = structlog.get_logger()


class Group:
    """The open alerts of one group. `stale` ones belong elsewhere since the route changed: only their end is told here."""

    def __init__(self, ledger: Ledger, route: Route) -> None:
        self.ledger = ledger
        self.route = route
        self.alerts: dict[str, Alert] = {}
        self.stale: set[str] = set()

    def to_tell(self) -> list[Alert]:
        """What the group's next message is made from."""
        return [alert for alert in self.alerts.values() if alert.id not in self.stale or alert.state is AlertState.RESOLVED]


class Flusher:
    """Keeps the open alerts by group, decides what is due, and writes it with its ledger in one transaction."""

    def __init__(
        self,
        *,
        store: Store,
        state: State,
        route: Route | None,
        silent_on_resolve: frozenset[str] = frozenset(),
        receivers: Sequence[str] = (),
        clock: Clock,
        metrics: Metrics,
        new_id: Callable[[], str],
        on_rows: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._state = state
        self._route = route
        self._silent_on_resolve = silent_on_resolve
        self._clock = clock
        self._metrics = metrics
        self._new_id = new_id
        self._on_rows = on_rows
        self._woken = asyncio.Event()
        self._groups: dict[GroupId, Group] = {}
        self._due: dict[GroupId, datetime] = {}
        self._told_in: dict[str, set[GroupId]] = {}
        for ledger in state.ledgers.values():
            if route is not None and ledger.group.receiver in receivers:
                self._groups[ledger.group] = Group(ledger, route)
                for alert_id in ledger.told:
                    self._told_in.setdefault(alert_id, set()).add(ledger.group)
        self._orphans = [group for group in state.ledgers if group not in self._groups]
        self.note(state.open_alerts())

    def note(self, alerts: Iterable[Alert]) -> None:
        """These alerts are new or have changed, and are committed. Due groups are flushed at once."""
        touched: set[GroupId] = set()
        for alert in alerts:
            if alert.state is AlertState.PENDING:
                continue
            current = self._current_group(alert)
            for group_id in self._groups_of(alert):
                group = self._groups[group_id]
                group.alerts[alert.id] = alert
                if group_id != current:
                    group.stale.add(alert.id)
                touched.add(group_id)
        for group_id in touched:
            self._schedule(group_id)
        self._woken.set()

    async def run(self) -> None:
        """Flush what is due, wait for the next that will be, until cancelled."""
        while True:
            self._woken.clear()
            try:
                await self.flush_due()
            except StoreError as error:
                self._metrics.loop_failures.labels("flusher").inc()
                log.error("flush_not_committed", reason=error.reason.value, error=str(error))  # noqa: TRY400 (see poller)
                await self._clock.sleep(RETRY_SECONDS)
            except Exception:
                self._metrics.loop_failures.labels("flusher").inc()
                log.exception("flush_failed")
                await self._clock.sleep(RETRY_SECONDS)
            else:
                await self._wait()

    async def flush_due(self) -> int:
        """Decide and commit every group that is due now; returns how many messages were decided. Raises `StoreError`."""
        while True:
            now = self._clock.now()
            decided = [
                found for group_id, due in list(self._due.items()) if due <= now and (found := await self._decide(group_id, now))
            ]
            commit = self._commit_of(decided, now)
            if commit is None:
                return 0
            try:
                await self._store.commit_flush(commit)
            except StoreError as error:
                if error.reason is StoreFault.CONFLICT:
                    continue  # a message that was to be replaced has just been attempted: decide on the new facts
                raise
            self._apply(commit)
            return len(commit.rows)

    # --- deciding ---------------------------------------------------------------------------------------------------

    async def _decide(self, group_id: GroupId, now: datetime) -> tuple[Flush, Sequence[str]] | None:
        group = self._groups[group_id]
        replaceable = await self._store.replaceable(group_id)
        waiting = await self._store.waiting(group_id)
        carried: list[NotifiedAlert] = [alert for row in replaceable for alert in row.notification.alerts]
        decision = flush(
            group.to_tell(),
            group.ledger,
            group.route,
            now,
            undelivered=carried,
            waiting=waiting > 0,
            send_resolved=group_id.receiver not in self._silent_on_resolve,
        )
        if decision is None:
            self._schedule(group_id, not_before=now + REPEAT_RECHECK)
            return None
        return decision, [row.notification.id for row in replaceable] if decision.alerts else []

    def _commit_of(self, decided: Sequence[tuple[Flush, Sequence[str]]], now: datetime) -> FlushCommit | None:
        rows: list[OutboxRow] = []
        superseded: list[str] = []
        ledgers = {decision.ledger.group: decision.ledger for decision, _ in decided}
        for decision, replaced in decided:
            messages = split(decision, self._new_id(), now)
            rows.extend(OutboxRow(notification=message, sequence=0, next_attempt_at=now) for message in messages)
            superseded.extend(replaced)
        closed = self._closed(ledgers)
        for alert_id in closed:
            for group_id in self._groups_of(self._state.ended[alert_id]):
                ledger = ledgers.get(group_id) or self._groups[group_id].ledger
                ledgers[group_id] = ledger.without([alert_id])
        dropped = [*self._orphans, *(g for g in self._groups if self._spent(g, ledgers, now))]
        if not rows and not ledgers and not closed and not dropped:
            return None
        return FlushCommit(
            rows=rows,
            superseded=superseded,
            ledgers=[ledger for group_id, ledger in ledgers.items() if group_id not in dropped],
            dropped_ledgers=dropped,
            closed_alerts=closed,
        )

    def _closed(self, ledgers: Mapping[GroupId, Ledger]) -> list[str]:
        closed: list[str] = []
        for alert in self._state.ended.values():
            groups = self._groups_of(alert)
            if fully_told(alert, [ledgers.get(group) or self._groups[group].ledger for group in groups]):
                closed.append(alert.id)
        return closed

    def _spent(self, group_id: GroupId, ledgers: Mapping[GroupId, Ledger], now: datetime) -> bool:
        """Whether a group is empty and its interval over, so that its ledger is worth nothing any more."""
        group = self._groups[group_id]
        ledger = ledgers.get(group_id, group.ledger)
        if ledger.told or group_id in ledgers or any(alert.id in self._state.ended for alert in group.alerts.values()):
            return False
        if any(alert.state is not AlertState.RESOLVED and not alert.is_event for alert in group.alerts.values()):
            return False
        return ledger.flushed_at is None or ledger.flushed_at + group.route.group_interval <= now

    def _apply(self, commit: FlushCommit) -> None:
        closed = [(alert_id, self._groups_of(self._state.ended[alert_id])) for alert_id in commit.closed_alerts]
        self._state.apply_flush(commit)
        self._orphans = []
        for ledger in commit.ledgers:
            group = self._groups[ledger.group]
            group.ledger = ledger
            for alert_id in ledger.told:
                self._told_in.setdefault(alert_id, set()).add(ledger.group)
        for alert_id, group_ids in closed:
            self._told_in.pop(alert_id, None)
            for group_id in group_ids:
                self._groups[group_id].alerts.pop(alert_id, None)
                self._groups[group_id].stale.discard(alert_id)
        for group_id in commit.dropped_ledgers:
            self._groups.pop(group_id, None)
            self._due.pop(group_id, None)
        for ledger in commit.ledgers:
            self._schedule(ledger.group)
        for receiver in sorted({row.notification.receiver for row in commit.rows}):
            self._on_rows(receiver)

    # --- when -------------------------------------------------------------------------------------------------------

    def _groups_of(self, alert: Alert) -> set[GroupId]:
        """Where the route sends it now, and wherever it was told before."""
        current = self._current_group(alert)
        return {*self._told_in.get(alert.id, ()), *([] if current is None else [current])}

    def _current_group(self, alert: Alert) -> GroupId | None:
        if self._route is None:
            return None
        group_id, labels = group_of(alert.labels, self._route)
        if group_id not in self._groups:
            self._groups[group_id] = Group(Ledger(group=group_id, labels=labels), self._route)
        return group_id

    def _schedule(self, group_id: GroupId, *, not_before: datetime | None = None) -> None:
        group = self._groups[group_id]
        due = next_flush(group.to_tell(), group.ledger, group.route)
        if due is None:
            self._due.pop(group_id, None)
        else:
            self._due[group_id] = due if not_before is None else max(due, not_before)

    async def _wait(self) -> None:
        """Until the next group is due or somebody wakes us."""
        if self._woken.is_set():
            return
        due = min(self._due.values(), default=None)
        if due is None:
            await self._woken.wait()
            return
        await sleep_or_event(self._clock, (due - self._clock.now()).total_seconds(), self._woken)
