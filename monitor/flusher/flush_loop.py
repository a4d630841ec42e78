"""Decides what is due and writes it. It runs by timer, not only after cycles: intervals and
silences end between two polls."""

import asyncio
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from monitor.clock import Clock, sleep_or_event
from monitor.domain.alerting.alert import Alert
from monitor.domain.alerting.notification import OutboxRow
from monitor.domain.routing.flush import GroupId, flush_steps
from monitor.domain.routing.policy import NotificationPolicy
from monitor.errors import StoreError, StoreFault
from monitor.flusher.flush_commits import CommitBuilder, Decided
from monitor.flusher.flush_schedule import Schedule
from monitor.flusher.groups import Groups, told_in
from monitor.flusher.suppression_state import SuppressionState
from monitor.flusher.turns import ROWS_A_GROUP, ROWS_AN_END, Turns
from monitor.metrics import Metrics
from monitor.ports import FlushCommit, OutboxStore, PeopleStore
from monitor.state import State

RETRY_SECONDS = 5.0
LONGEST_WAIT_SECONDS = 60.0
"""How often to look at the latest: the wall clock may jump, and a timer does not count the time in
which the machine sleeps."""
REPEAT_RECHECK = timedelta(minutes=1)

TAKEN_AT_ONCE = 500
"""Alerts sorted into groups before the event loop gets its turn."""

LEDGERS_AT_ONCE = 500

DECIDED_AT_ONCE = 200
"""Groups whose waiting messages are read at once."""

HOLD_SECONDS = 5.0
"""How long what a sweep has found waits for what else it finds."""

log = structlog.get_logger()


@dataclass(slots=True)
class _Held:
    """What a sweep has found, by alert. It waits until `until`, on the monotonic clock."""

    until: float
    alerts: dict[str, Alert]


class Flusher:
    """Keeps the open alerts by group and what must stay quiet, decides what is due, and writes
    it with its ledger in one transaction. While you hold `deciding`, nothing is being decided."""

    def __init__(
        self,
        *,
        store: OutboxStore,
        people: PeopleStore,
        state: State,
        policy: NotificationPolicy,
        clock: Clock,
        metrics: Metrics,
        new_id: Callable[[], str],
        on_rows: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._people = people
        self._state = state
        self._clock = clock
        self._metrics = metrics
        self._new_id = new_id
        self._on_rows = on_rows
        self._woken = asyncio.Event()
        self._turns = Turns(clock)
        self.deciding = asyncio.Lock()
        self._told = told_in(state.ledgers.values())
        self.use(policy)

    def use(self, policy: NotificationPolicy) -> None:
        """Switch to this policy. Sorts all open alerts into groups again; what was told stays
        known."""
        self._policy = policy
        self._groups = Groups(policy.route, policy.receivers, self._told)
        self._ledgers = list(self._state.ledgers.values())  # those not restored yet
        self._quiet = SuppressionState(
            self._people, policy.inhibit_rules, self._turns, acknowledging=policy.acknowledging
        )
        self._suppression = self._quiet.suppression
        self._schedule = Schedule(self._groups, self._quiet, self._turns)
        self._commits = CommitBuilder(
            self._groups, self._suppression, self._state, self._turns, self._new_id
        )
        self._taken: set[str] = set()
        self._held: dict[Hashable, _Held] = {}
        self._news: list[Alert] = self._state.open_alerts()
        self._outside = True  # nothing is decided before silences have been read
        self._woken.set()

    def note(self, alerts: Collection[Alert]) -> None:
        """Note alerts that are new or have changed, after their commit. Due groups are flushed at
        once."""
        for held in self._held.values():
            for alert in alerts:  # what is held of them is older
                held.alerts.pop(alert.id, None)
        self._news.extend(alerts)
        self._woken.set()

    def hold(self, sweep: Hashable, alerts: Collection[Alert]) -> None:
        """The same for what a sweep has found that goes on: it waits until `release`, at most
        `HOLD_SECONDS`, so that one message tells what one sweep found."""
        if alerts:
            until = self._clock.monotonic() + HOLD_SECONDS
            held = self._held.setdefault(sweep, _Held(until, {}))
            held.alerts.update((alert.id, alert) for alert in alerts)
            self._woken.set()  # to wait no longer than that

    def release(self, sweep: Hashable) -> None:
        """Note what is held of a sweep."""
        if held := self._held.pop(sweep, None):
            self.note(held.alerts.values())

    def look_outside(self) -> None:
        """Read silences and acknowledgements again: a command may have written some. They take
        effect at once."""
        self._outside = True
        self._woken.set()

    async def run(self) -> None:
        """Flush what is due and wait for what will be due next, until cancelled."""
        while True:
            self._woken.clear()
            try:
                async with self.deciding:
                    await self.flush_due()
            except StoreError as error:
                self._metrics.loop_failures.labels("flusher").inc()
                # see poller
                log.error("flush_not_committed", reason=error.reason.value, error=str(error))  # noqa: TRY400
                await self._clock.sleep(RETRY_SECONDS)
            except Exception:
                self._metrics.loop_failures.labels("flusher").inc()
                log.exception("flush_failed")
                await self._clock.sleep(RETRY_SECONDS)
            else:
                await self._wait()

    async def flush_due(self) -> int:
        """Decide and commit every group that is due now. Returns the number of messages. Raises
        `StoreError`."""
        await self._take_in()
        while True:
            now = self._clock.now()
            decided = await self._decide_all(self._schedule.due(now), now)
            commit = await self._commits.build(decided, now, taken=self._taken)
            if commit is None:
                return 0
            try:
                await self._store.commit_flush(commit)
            except StoreError as error:
                if error.reason is StoreFault.CONFLICT:
                    continue  # a message to be replaced has just been attempted: decide again
                raise
            await self._apply(commit, now)
            return len(commit.rows)

    # --- taking in --------------------------------------------------------------------------------

    async def _take_in(self) -> None:
        """Update groups and suppressions with the noted alerts, what commands have written, and
        the time."""
        while self._ledgers:
            self._groups.restore(self._ledgers[-LEDGERS_AT_ONCE:])
            del self._ledgers[-LEDGERS_AT_ONCE:]
            await self._clock.sleep(0)
        for sweep, held in list(self._held.items()):
            if held.until <= self._clock.monotonic():
                self.release(sweep)
        changed: set[str] = set()
        if self._outside:
            changed |= await self._read_outside()
        touched: set[GroupId] = set()
        while self._news:
            news, self._news = self._news, []
            # What suppressed an ended alert is decided once and for all. So firing alerts, which
            # may have inhibited it, go first.
            news.sort(key=lambda alert: alert.resolved_at is not None)
            for start in range(0, len(news), TAKEN_AT_ONCE):
                part = [
                    alert
                    for alert in news[start : start + TAKEN_AT_ONCE]
                    if alert.fired_at is not None
                ]
                changed |= self._suppression.put(part, self._clock.now())
                for alert in part:
                    touched |= self._put(alert)
                if len(news) > TAKEN_AT_ONCE:
                    await self._clock.sleep(0)
        changed |= await self._turns.through(self._suppression.tick(self._clock.now()))
        await self._schedule.put_all(
            touched | await self._groups_of_ids(changed), self._clock.now()
        )

    def _put(self, alert: Alert) -> set[GroupId]:
        try:
            groups = self._groups.put(alert)
        except Exception:  # it would fail again, and must not keep the others from being told
            self._metrics.loop_failures.labels("flusher").inc()
            log.exception("alert_not_routed", alert=alert.id, rule=alert.key.rule)
            return set()
        self._taken.add(alert.id)
        return groups

    async def _read_outside(self) -> set[str]:
        self._outside = False
        now = self._clock.now()
        ends = (
            alert.resolved_at
            for alert in self._state.ended.values()
            if alert.resolved_at is not None
        )
        try:
            return await self._quiet.read(now, ended_after=min((now, *ends)))
        except BaseException:
            self._outside = True
            raise

    async def _groups_of_ids(self, alert_ids: Iterable[str]) -> set[GroupId]:
        found: set[GroupId] = set()
        for id_ in alert_ids:
            if alert := self._suppression.alert(id_):
                found |= self._groups.of(alert)
            await self._turns.after(1)
        return found

    # --- deciding ---------------------------------------------------------------------------------

    async def _decide_all(self, due: Sequence[GroupId], now: datetime) -> list[Decided]:
        """Decide what to tell each group, and which messages that replaces."""
        decided: list[Decided] = []
        for start in range(0, len(due), DECIDED_AT_ONCE):
            part = due[start : start + DECIDED_AT_ONCE]
            waiting = await self._store.replaceable(part)
            for group_id in part:
                if self._groups[group_id].route.muted(now) is not None:
                    await self._schedule.put(group_id, now)  # for when the mute ends
                elif found := await self._decide(group_id, now, waiting.get(group_id)):
                    decided.append(found)
        return decided

    async def _decide(
        self, group_id: GroupId, now: datetime, waiting: Sequence[OutboxRow] | None
    ) -> Decided | None:
        """`waiting` are the group's messages that were never attempted; None if the outbox has no
        message of the group at all."""
        group = self._groups[group_id]
        replaceable = waiting or ()
        alerts = group.to_tell()
        steps = flush_steps(
            alerts,
            group.ledger,
            group.route,
            now,
            quiet=self._quiet.at(group.route, now),
            undelivered=[alert for row in replaceable for alert in row.notification.alerts],
            waiting=waiting is not None,
            send_resolved=group_id.receiver not in self._policy.silent_on_resolve,
        )
        decision = await self._turns.through(steps)
        await self._turns.after(len(alerts) + ROWS_A_GROUP)
        if decision is None:
            await self._schedule.put(group_id, now, not_before=now + REPEAT_RECHECK)
            return None
        return decision, [row.notification.id for row in replaceable] if decision.alerts else []

    async def _apply(self, commit: FlushCommit, now: datetime) -> None:
        closed = [self._state.ended[alert_id] for alert_id in commit.closed_alerts]
        self._state.apply_flush(commit)
        self._groups.forget_orphans()
        for ledger in commit.ledgers:
            await self._turns.through(self._groups.put_ledger(ledger))
            await self._turns.after(1)
        for alert in closed:
            self._groups.remove(alert)
            self._taken.discard(alert.id)
            self._quiet.forget(alert.id)
            await self._turns.after(ROWS_AN_END)
        for group_id in commit.dropped_ledgers:
            self._groups.drop(group_id)
            self._schedule.drop(group_id)
            await self._turns.after(1)
        changed = await self._quiet.apply(commit, now)
        touched = [
            *(ledger.group for ledger in commit.ledgers),
            *await self._groups_of_ids(changed),
        ]
        await self._schedule.put_all(touched, self._clock.now())
        for receiver in sorted({row.notification.receiver for row in commit.rows}):
            self._on_rows(receiver)

    # --- when -------------------------------------------------------------------------------------

    def next_due(self) -> datetime | None:
        """When there will be something to do if nothing is noted until then; None if never. In
        the past if something became due during the last flush."""
        moments = (self._schedule.first(), self._suppression.next_change())
        return min((moment for moment in moments if moment is not None), default=None)

    async def _wait(self) -> None:
        """Wait until the next group is due, a silence begins or ends, or something is noted."""
        if self._woken.is_set():
            return
        waits = [held.until - self._clock.monotonic() for held in self._held.values()]
        if due := self.next_due():
            waits.append((due - self._clock.now()).total_seconds())
        if not waits:
            await self._woken.wait()
            return
        await sleep_or_event(self._clock, min(*waits, LONGEST_WAIT_SECONDS), self._woken)
