"""Decides what is due and writes it. Runs by timer, not only after cycles: intervals and silences end between two polls."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from monitor.clock import Clock, sleep_or_event
from monitor.domain.alert import Alert
from monitor.domain.notification import OutboxRow
from monitor.domain.routing import Flush, GroupId, Ledger, flush, fully_told, next_flush, split
from monitor.errors import StoreError, StoreFault
from monitor.flusher.groups import Groups, told_in
from monitor.flusher.quieting import Quieting
from monitor.flusher.telling import Telling
from monitor.metrics import Metrics
from monitor.ports import FlushCommit, Store
from monitor.state import State

RETRY_SECONDS = 5.0
REPEAT_RECHECK = timedelta(minutes=1)

TAKEN_AT_ONCE = 1_000
"""Alerts taken in before the event loop gets its turn."""

DECIDED_AT_ONCE = 200
"""Groups whose messages are asked for in one read."""

log = structlog.get_logger()


class Flusher:
    """Keeps the open alerts by group and what must stay quiet, decides what is due, and writes it with its ledger in one
    transaction. Whoever has `deciding` knows that nothing is being decided."""

    def __init__(
        self,
        *,
        store: Store,
        state: State,
        telling: Telling,
        clock: Clock,
        metrics: Metrics,
        new_id: Callable[[], str],
        on_rows: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._state = state
        self._clock = clock
        self._metrics = metrics
        self._new_id = new_id
        self._on_rows = on_rows
        self._woken = asyncio.Event()
        self.deciding = asyncio.Lock()
        self._told = told_in(state.ledgers.values())
        self.use(telling)

    def use(self, telling: Telling) -> None:
        """Decide by this from now on: everything open is sorted into groups anew, and what was told is known."""
        self._telling = telling
        self._groups = Groups(telling.route, self._state.ledgers.values(), telling.receivers, self._told)
        self._due: dict[GroupId, datetime] = {}
        self._quieting = Quieting(self._store, telling.inhibit_rules, acknowledging=telling.acknowledging)
        self._suppression = self._quieting.suppression
        self._taken: set[str] = set()
        self._news: list[Alert] = self._state.open_alerts()
        self._outside = True  # nothing is decided before silences have been read
        self._woken.set()

    def note(self, alerts: Iterable[Alert]) -> None:
        """These alerts are new or have changed, and are committed. Due groups are flushed at once."""
        self._news.extend(alerts)
        self._woken.set()

    def look_outside(self) -> None:
        """Silences or acknowledgements may have been written by somebody else: they take effect at once."""
        self._outside = True
        self._woken.set()

    async def run(self) -> None:
        """Flush what is due, wait for the next that will be, until cancelled."""
        while True:
            self._woken.clear()
            try:
                async with self.deciding:
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
        await self._take_in()
        while True:
            now = self._clock.now()
            decided = await self._decide_all([group_id for group_id, due in self._due.items() if due <= now], now)
            commit = self._commit_of(decided, now)
            if commit is None:
                return 0
            try:
                await self._store.commit_flush(commit)
            except StoreError as error:
                if error.reason is StoreFault.CONFLICT:
                    continue  # a message that was to be replaced has just been attempted: decide on the new facts
                raise
            self._apply(commit, now)
            return len(commit.rows)

    # --- taking in --------------------------------------------------------------------------------------------------

    async def _take_in(self) -> None:
        """Bring groups and quiet up to date with what has been noted, what was written outside, and the time."""
        changed: set[str] = set()
        if self._outside:
            changed |= await self._read_outside()
        touched: set[GroupId] = set()
        while self._news:
            news, self._news = self._news, []
            # What an ended alert was hidden by is decided once and for all: those that may have hidden it go first.
            news.sort(key=lambda alert: alert.resolved_at is not None)
            for start in range(0, len(news), TAKEN_AT_ONCE):
                part = [alert for alert in news[start : start + TAKEN_AT_ONCE] if alert.fired_at is not None]
                changed |= self._suppression.put(part, self._clock.now())
                for alert in part:
                    touched |= self._put(alert)
                if len(news) > TAKEN_AT_ONCE:
                    await self._clock.sleep(0)
        changed |= self._suppression.tick(self._clock.now())
        self._schedule_all(touched | self._groups_of_ids(changed))

    def _put(self, alert: Alert) -> set[GroupId]:
        try:
            groups = self._groups.put(alert)
        except Exception:  # it would be as bad the next time: it must not keep all others from being told
            self._metrics.loop_failures.labels("flusher").inc()
            log.exception("alert_not_routed", alert=alert.id, rule=alert.key.rule)
            return set()
        self._taken.add(alert.id)
        return groups

    async def _read_outside(self) -> set[str]:
        self._outside = False
        now = self._clock.now()
        ends = (alert.resolved_at for alert in self._state.ended.values() if alert.resolved_at is not None)
        try:
            return await self._quieting.read(now, ended_after=min((now, *ends)))
        except BaseException:
            self._outside = True
            raise

    def _groups_of_ids(self, alert_ids: Iterable[str]) -> set[GroupId]:
        alerts = (self._suppression.alert(id_) for id_ in alert_ids)
        return {group_id for alert in alerts if alert is not None for group_id in self._groups.of(alert)}

    # --- deciding ---------------------------------------------------------------------------------------------------

    async def _decide_all(self, due: Sequence[GroupId], now: datetime) -> list[tuple[Flush, Sequence[str]]]:
        """What to tell each group, and which messages that replaces."""
        decided: list[tuple[Flush, Sequence[str]]] = []
        for start in range(0, len(due), DECIDED_AT_ONCE):
            part = due[start : start + DECIDED_AT_ONCE]
            waiting = await self._store.replaceable(part)
            for group_id in part:
                if self._groups[group_id].route.muted(now) is not None:
                    self._schedule(group_id, now)  # for when that ends
                elif found := self._decide(group_id, now, waiting.get(group_id)):
                    decided.append(found)
        return decided

    def _decide(
        self, group_id: GroupId, now: datetime, waiting: Sequence[OutboxRow] | None
    ) -> tuple[Flush, Sequence[str]] | None:
        """`waiting` has what was never attempted of the group's messages; None when none at all is in the outbox."""
        group = self._groups[group_id]
        replaceable = waiting or ()
        decision = flush(
            group.to_tell(),
            group.ledger,
            group.route,
            now,
            quiet=self._quieting.at(group.route, now),
            undelivered=[alert for row in replaceable for alert in row.notification.alerts],
            waiting=waiting is not None,
            send_resolved=group_id.receiver not in self._telling.silent_on_resolve,
        )
        if decision is None:
            self._schedule(group_id, now, not_before=now + REPEAT_RECHECK)
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
        dropped = [*self._groups.orphans, *(g for g in self._groups if g not in ledgers and self._groups.spent(g, now))]
        matched = {silence.id: now for silence in self._suppression.newly_matched()}
        over = {silence.id: now for silence in self._suppression.over()}
        if not (rows or ledgers or closed or dropped or matched or over):
            return None
        return FlushCommit(
            rows=rows,
            superseded=superseded,
            ledgers=list(ledgers.values()),
            dropped_ledgers=dropped,
            closed_alerts=closed,
            matched_silences=matched,
            over_silences=over,
        )

    def _closed(self, ledgers: dict[GroupId, Ledger]) -> list[str]:
        """Ended alerts that everybody concerned will know of, or nobody may; `ledgers` forgets them."""
        closed: list[str] = []
        told_in: dict[GroupId, list[str]] = {}
        for alert in self._state.ended.values():
            if alert.id not in self._taken:
                continue
            known = {group_id: self._ledger(group_id, ledgers) for group_id in self._groups.of(alert)}
            if fully_told(alert, known.values(), suppressed=alert.id in self._suppression):
                closed.append(alert.id)
                for group_id, ledger in known.items():
                    if alert.id in ledger.told:
                        told_in.setdefault(group_id, []).append(alert.id)
        for group_id, alert_ids in told_in.items():
            ledgers[group_id] = self._ledger(group_id, ledgers).without(alert_ids)
        return closed

    def _ledger(self, group_id: GroupId, ledgers: Mapping[GroupId, Ledger]) -> Ledger:
        return ledgers.get(group_id) or self._groups[group_id].ledger

    def _apply(self, commit: FlushCommit, now: datetime) -> None:
        closed = [self._state.ended[alert_id] for alert_id in commit.closed_alerts]
        self._state.apply_flush(commit)
        self._groups.orphans = []
        for ledger in commit.ledgers:
            self._groups.put_ledger(ledger)
        for alert in closed:
            self._groups.remove(alert)
            self._taken.discard(alert.id)
        for group_id in commit.dropped_ledgers:
            self._groups.drop(group_id)
            self._due.pop(group_id, None)
        self._quieting.forget(commit.closed_alerts)
        changed = self._quieting.apply(commit, now)
        self._schedule_all({*(ledger.group for ledger in commit.ledgers), *self._groups_of_ids(changed)})
        for receiver in sorted({row.notification.receiver for row in commit.rows}):
            self._on_rows(receiver)

    # --- when -------------------------------------------------------------------------------------------------------

    def _schedule_all(self, group_ids: Iterable[GroupId]) -> None:
        now = self._clock.now()
        for group_id in group_ids:
            self._schedule(group_id, now)

    def _schedule(self, group_id: GroupId, now: datetime, *, not_before: datetime | None = None) -> None:
        """Note when to look at the group next: when it is due or, while it is mute, when that may end."""
        group = self._groups[group_id]
        quiet = self._quieting.at(group.route, now)
        due = next_flush(group.to_tell(), group.ledger, group.route, quiet, now=now)
        if due is None:
            self._due.pop(group_id, None)
            return
        if quiet.muted:
            due = max(due, group.route.next_boundary(now) or due)
        self._due[group_id] = due if not_before is None else max(due, not_before)

    def next_due(self, now: datetime) -> datetime | None:
        """When there will be something to do if nobody notes anything until then; None when there will not."""
        moments = (min(self._due.values(), default=None), self._suppression.next_change(now))
        return min((moment for moment in moments if moment is not None), default=None)

    async def _wait(self) -> None:
        """Until the next group is due, a silence begins or ends, or somebody wakes us."""
        if self._woken.is_set():
            return
        now = self._clock.now()
        due = self.next_due(now)
        if due is None:
            await self._woken.wait()
            return
        await sleep_or_event(self._clock, (due - now).total_seconds(), self._woken)
