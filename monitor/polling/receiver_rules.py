"""Evaluates rules of scope `receiver`, which are about the monitor's own deliveries, in a loop of
their own."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import structlog

from monitor.clock import Clock
from monitor.domain.alerting.alert import Alert
from monitor.domain.alerting.evaluation import RuleSet
from monitor.domain.alerting.notification import OutboxState
from monitor.domain.campaign.receiver_view import ReceiverHealth, ReceiverView
from monitor.errors import StoreError
from monitor.log_events import note_rule_faults
from monitor.metrics import Metrics
from monitor.ports import CycleCommit, CycleStore, OutboxStore
from monitor.state import State

INTERVAL_SECONDS = 15.0
NO_ACCOUNT = ""
"""Receivers belong to no account; their alerts are committed under this one."""

log = structlog.get_logger()


class ReceiverRules:
    """Evaluates every receiver every 15 s.

    `receivers` are integrations by name. `health` gives the receivers whose health is known; the
    alerts of the others stay as they are. `on_alerts` is called with changed alerts after the
    commit. While you hold `deciding`, nothing is being decided.
    """

    def __init__(
        self,
        rules: RuleSet,
        *,
        state: State,
        store: CycleStore,
        outbox: OutboxStore,
        receivers: Mapping[str, str],
        health: Callable[[], Mapping[str, ReceiverHealth]],
        clock: Clock,
        metrics: Metrics,
        on_alerts: Callable[[Sequence[Alert]], None],
    ) -> None:
        self._state = state
        self._store = store
        self._outbox = outbox
        self._health = health
        self._clock = clock
        self._metrics = metrics
        self._on_alerts = on_alerts
        self.deciding = asyncio.Lock()
        self._failing: set[tuple[str, str]] = set()
        self.use(rules, receivers)

    def use(self, rules: RuleSet, receivers: Mapping[str, str]) -> None:
        """Switch to these rules and receivers."""
        self._rules = rules
        self._receivers = receivers

    async def run(self) -> None:
        """Evaluate until cancelled. Does nothing while there are no such rules."""
        while True:
            await self._clock.sleep(INTERVAL_SECONDS)
            try:
                if self._rules.receiver_rules:
                    async with self.deciding:
                        await self.evaluate()
            except StoreError as error:
                self._metrics.loop_failures.labels("receiver_rules").inc()
                log.error(  # noqa: TRY400 (see poller)
                    "receiver_rules_not_committed", reason=error.reason.value, error=str(error)
                )
            except Exception:
                self._metrics.loop_failures.labels("receiver_rules").inc()
                log.exception("receiver_rules_failed")

    async def evaluate(self) -> None:
        """Evaluate once. Raises `StoreError`; nothing is remembered then."""
        now = self._clock.now()
        views = await receiver_views(self._outbox, self._receivers, self._health(), now=now)
        evaluation = self._rules.begin(NO_ACCOUNT, now, self._state.alerts_of(NO_ACCOUNT))
        for view in views:
            evaluation.receiver(view)
        note_rule_faults(
            evaluation.faults, self._failing, account=NO_ACCOUNT, metrics=self._metrics
        )
        changes = evaluation.finish()
        if not changes.alerts and not changes.dropped:
            return
        commit = CycleCommit(
            account=NO_ACCOUNT, alerts=changes.alerts, dropped_alerts=changes.dropped
        )
        await self._store.commit_cycle(commit)
        self._state.apply_cycle(commit)
        self._on_alerts(changes.alerts)


async def receiver_views(
    outbox: OutboxStore,
    receivers: Mapping[str, str],
    health: Mapping[str, ReceiverHealth],
    *,
    now: datetime,
) -> list[ReceiverView]:
    """The views of those `receivers` (integrations by name) whose `health` is known. Raises
    `StoreError`."""
    summary = await outbox.outbox_summary()
    waiting = {
        line.receiver: line for line in summary if line.state is OutboxState.PENDING and line.count
    }
    dead = await outbox.dead_letters()
    return [
        ReceiverView(
            receiver=name,
            integration=integration,
            health=health[name],
            dead_letters=dead.get(name, 0),
            waiting=waiting[name].count if name in waiting else 0,
            oldest_at=waiting[name].oldest if name in waiting else None,
            now=now,
        )
        for name, integration in receivers.items()
        if name in health
    ]
