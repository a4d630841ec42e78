"""When to look at each group next."""

from collections.abc import Iterable
from datetime import datetime

from monitor.domain.routing.flush import GroupId, next_flush_steps
from monitor.flusher.groups import Groups
from monitor.flusher.suppression_state import SuppressionState
from monitor.flusher.turns import ROWS_A_GROUP, Turns


class Schedule:
    """The next moment of each group. A group with nothing to tell has none."""

    def __init__(self, groups: Groups, quiet_state: SuppressionState, turns: Turns) -> None:
        self._groups = groups
        self._quiet = quiet_state
        self._turns = turns
        self._due: dict[GroupId, datetime] = {}

    def due(self, now: datetime) -> list[GroupId]:
        """The groups to look at now."""
        return [group_id for group_id, due in self._due.items() if due <= now]

    def first(self) -> datetime | None:
        """The earliest moment; None if there is none."""
        return min(self._due.values(), default=None)

    def drop(self, group_id: GroupId) -> None:
        """Forget a group."""
        self._due.pop(group_id, None)

    async def put_all(self, group_ids: Iterable[GroupId], now: datetime) -> None:
        """Note when to look at each of these next."""
        for group_id in group_ids:
            await self.put(group_id, now)

    async def put(
        self, group_id: GroupId, now: datetime, *, not_before: datetime | None = None
    ) -> None:
        """Note when to look at the group next: when it is due or, while it is muted, when the
        mute may end."""
        group = self._groups[group_id]
        quiet = self._quiet.at(group.route, now)
        alerts = group.to_tell()
        due = await self._turns.through(
            next_flush_steps(alerts, group.ledger, group.route, quiet, now=now)
        )
        await self._turns.after(len(alerts) + ROWS_A_GROUP)
        if due is None:
            self._due.pop(group_id, None)
            return
        if quiet.muted:
            due = max(due, group.route.next_boundary(now) or due)
        self._due[group_id] = due if not_before is None else max(due, not_before)
