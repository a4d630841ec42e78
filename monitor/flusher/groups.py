"""The groups in which alerts are told: those that the routes send them to now, and those in which
they were told before."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.domain.alerting.alert import Alert, AlertState
from monitor.domain.alerting.steps import ROWS_A_STEP, Steps, pause
from monitor.domain.routing.flush import Ledger
from monitor.domain.routing.route import Branch, GroupId, Route, RouteTree, group_of

ToldIn = dict[str, tuple[GroupId, ...]]
"""Groups by alert. They are tuples, because garbage collection skips tuples whose values cannot
form a cycle."""


class Group:
    """The open alerts of one group. `stale` ones belong to another group since the routes changed:
    only their end is told here."""

    def __init__(self, ledger: Ledger, route: Route) -> None:
        self.ledger = ledger
        self.route = route
        self.alerts: dict[str, Alert] = {}
        self.stale: set[str] = set()

    def to_tell(self) -> list[Alert]:
        """The alerts for the group's next message."""
        if not self.stale:
            return list(self.alerts.values())
        return [
            alert
            for alert in self.alerts.values()
            if alert.id not in self.stale or alert.state is AlertState.RESOLVED
        ]


class Groups:
    """All groups by id, kept up to date with alerts and commits.

    An alert is routed once, since its labels do not change. `orphans` are ledgers of receivers
    that no longer exist. `told` is what `told_in` gives for the ledgers; it is kept up to date and
    survives a change of routes.
    """

    def __init__(self, route: Route | None, receivers: Collection[str], told: ToldIn) -> None:
        self._tree = None if route is None else RouteTree(route)
        self._receivers = receivers
        self._groups: dict[GroupId, Group] = {}
        self._told = told
        self._homes: dict[str, tuple[GroupId, ...]] = {}
        self.orphans: list[Ledger] = []

    def restore(self, ledgers: Iterable[Ledger]) -> None:
        """Make the groups of these ledgers, before any alert is put."""
        for ledger in ledgers:
            if self._tree is None or ledger.group.receiver not in self._receivers:
                self.orphans.append(ledger)
                continue
            self._groups[ledger.group] = Group(ledger, _route_of(ledger, self._tree))

    def __getitem__(self, group_id: GroupId) -> Group:
        return self._groups[group_id]

    def __iter__(self) -> Iterator[GroupId]:
        return iter(self._groups)

    def of(self, alert: Alert) -> set[GroupId]:
        """The groups that the routes send it to now, and those in which it was told before."""
        return self._former(alert) | self._current(alert)

    def put(self, alert: Alert) -> set[GroupId]:
        """Add an alert that is new or has changed. Returns the groups that it belongs to."""
        current = self._current(alert)
        found = self._former(alert) | current
        for group_id in found:
            group = self._groups[group_id]
            group.alerts[alert.id] = alert
            if group_id not in current:
                group.stale.add(alert.id)
        return found

    def remove(self, alert: Alert) -> None:
        """Forget an alert that has ended and whose receivers all know."""
        for group_id in self.of(alert):
            self._groups[group_id].alerts.pop(alert.id, None)
            self._groups[group_id].stale.discard(alert.id)
        self._told.pop(alert.id, None)
        self._homes.pop(alert.id, None)

    def put_ledger(self, ledger: Ledger) -> Steps[None]:
        """Take over a group's ledger that has been committed."""
        self._groups[ledger.group].ledger = ledger
        told = list(ledger.told)
        for first in range(0, len(told), ROWS_A_STEP):
            yield from pause(first)
            _note_told(self._told, told[first : first + ROWS_A_STEP], ledger.group)

    def forget_orphans(self) -> None:
        """Forget the orphans, whose ledgers were deleted. If their receivers come back, they start
        with nothing told, as after a restart."""
        for ledger in self.orphans:
            for alert_id in ledger.told:
                left = tuple(
                    group for group in self._told.get(alert_id, ()) if group != ledger.group
                )
                if left:
                    self._told[alert_id] = left
                else:
                    self._told.pop(alert_id, None)
        self.orphans = []

    def drop(self, group_id: GroupId) -> None:
        """Forget a group."""
        self._groups.pop(group_id, None)

    def forgettable(self, group_id: GroupId, now: datetime) -> bool:
        """Whether a group is empty and its interval over, so that its ledger is not needed."""
        group = self._groups[group_id]
        ledger = group.ledger
        return not (ledger.told or group.alerts) and (
            ledger.flushed_at is None or ledger.flushed_at + group.route.group_interval <= now
        )

    def _former(self, alert: Alert) -> set[GroupId]:
        """The existing groups in which it was told."""
        return {group_id for group_id in self._told.get(alert.id, ()) if group_id in self._groups}

    def _current(self, alert: Alert) -> set[GroupId]:
        homes = self._homes.get(alert.id)
        if homes is None or not all(group_id in self._groups for group_id in homes):
            branches = () if self._tree is None else self._tree.destinations(alert.labels)
            homes = self._homes[alert.id] = tuple(
                self._group_in(branch, alert) for branch in branches
            )
        return set(homes)

    def _group_in(self, branch: Branch, alert: Alert) -> GroupId:
        """The group in which a branch of the tree tells the alert; made if there is none."""
        group_id, labels = group_of(alert.labels, branch.route, branch.path)
        group = self._groups.get(group_id)
        if group is None:
            group = Group(Ledger(group=group_id, labels=labels, path=branch.path), branch.route)
            self._groups[group_id] = group
        return group.ledger.group  # one object for all its alerts


def told_in(ledgers: Iterable[Ledger]) -> ToldIn:
    """By alert, the groups in which it was told."""
    told: ToldIn = {}
    for ledger in ledgers:
        _note_told(told, ledger.told, ledger.group)
    return told


def _note_told(told: ToldIn, alert_ids: Iterable[str], group_id: GroupId) -> None:
    for alert_id in alert_ids:
        known = told.get(alert_id, ())
        if group_id not in known:
            told[alert_id] = (*known, group_id)


def _route_of(ledger: Ledger, tree: RouteTree) -> Route:
    """The route that made a group. If it is gone, one that tells the rest at once."""
    branch = tree.branch(ledger.path, ledger.group.receiver)
    if branch is not None:
        return branch.route
    return replace(
        tree.root.route,
        receiver=ledger.group.receiver,
        group_wait=timedelta(0),
        mute_time_intervals=(),
        active_time_intervals=(),
    )
