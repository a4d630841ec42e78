"""Builds the one transaction of a round of decisions: messages, the messages that they replace,
ledgers, and what is no longer kept."""

from collections.abc import Callable, Container, Mapping, Sequence
from datetime import datetime

from monitor.domain.alerting.notification import OutboxRow
from monitor.domain.routing.flush import Flush, GroupId, Ledger, fully_told, split
from monitor.domain.routing.suppression import Suppression
from monitor.flusher.groups import Groups
from monitor.flusher.turns import ROWS_A_GROUP, ROWS_AN_END, Turns
from monitor.ports import FlushCommit
from monitor.state import State

Decided = tuple[Flush, Sequence[str]]
"""A group's flush, and the ids of the messages that it replaces."""


class CommitBuilder:
    """Builds a `FlushCommit` from the decisions about groups. `new_id` gives message ids."""

    def __init__(
        self,
        groups: Groups,
        suppression: Suppression,
        state: State,
        turns: Turns,
        new_id: Callable[[], str],
    ) -> None:
        self._groups = groups
        self._suppression = suppression
        self._state = state
        self._turns = turns
        self._new_id = new_id

    async def build(
        self, decided: Sequence[Decided], now: datetime, *, taken: Container[str]
    ) -> FlushCommit | None:
        """The transaction for these decisions, or None if there is nothing to commit. Only ended
        alerts in `taken` can be closed."""
        rows: list[OutboxRow] = []
        superseded: list[str] = []
        ledgers: dict[GroupId, Ledger] = {}
        for decision, replaced in decided:
            ledgers[decision.ledger.group] = decision.ledger
            messages = split(decision, self._new_id(), now)
            rows.extend(
                OutboxRow(notification=message, sequence=0, next_attempt_at=now)
                for message in messages
            )
            superseded.extend(replaced)
            await self._turns.after(len(decision.alerts) + ROWS_A_GROUP)
        closed = await self._closed(ledgers, taken)
        dropped = [ledger.group for ledger in self._groups.orphans]
        for group_id in list(self._groups):
            if group_id not in ledgers and self._groups.forgettable(group_id, now):
                dropped.append(group_id)
            await self._turns.after(1)
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

    async def _closed(self, ledgers: dict[GroupId, Ledger], taken: Container[str]) -> list[str]:
        """The ended alerts that all their receivers know of, or that no receiver may be told of.
        Removes them from `ledgers`."""
        closed: list[str] = []
        told_in: dict[GroupId, list[str]] = {}
        for alert in list(self._state.ended.values()):
            await self._turns.after(ROWS_AN_END)
            if alert.id not in taken or self._suppression.alert(alert.id) != alert:
                continue  # it has changed since, and is not taken in yet
            known = {
                group_id: self._ledger(group_id, ledgers) for group_id in self._groups.of(alert)
            }
            if fully_told(alert, known.values(), suppressed=alert.id in self._suppression):
                closed.append(alert.id)
                for group_id, ledger in known.items():
                    if alert.id in ledger.told:
                        told_in.setdefault(group_id, []).append(alert.id)
        for group_id, alert_ids in told_in.items():
            ledger = self._ledger(group_id, ledgers)
            ledgers[group_id] = ledger.without(alert_ids)
            await self._turns.after(len(ledger.told))
        return closed

    def _ledger(self, group_id: GroupId, ledgers: Mapping[GroupId, Ledger]) -> Ledger:
        return ledgers.get(group_id) or self._groups[group_id].ledger
