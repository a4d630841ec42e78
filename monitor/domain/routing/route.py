"""The tree of routes: which receivers get an alert, and in which groups. As in Alertmanager, with
other defaults."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from monitor.domain.routing.matcher import Matchers, all_match, matchers_text
from monitor.domain.times.intervals import NamedIntervals, muted_by, next_boundary

ALL_LABELS = "..."
"""In `group_by`: by every label there is, so that each alert is a group of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where alerts go and how they are grouped. The keys are Alertmanager's, the defaults are ours.

    - `group_wait` delays a new group's first message. `group_interval` is the least time between
      two messages of a group. `repeat_interval` is when a firing group is told again without a
      change.
    - During `mute_time_intervals`, and outside `active_time_intervals` if there are any, messages
      wait.
    - Inherited values have been filled in.

    An alert for which all `matchers` hold goes to those of `routes` that take it, or else to the
    route's own receiver. The first that takes it is the last one tried, unless it has `continue_`.
    The matchers of the root do not count.
    """

    receiver: str
    group_by: tuple[str, ...] = ("alertname", "account", "message_type")
    group_wait: timedelta = timedelta(0)
    group_interval: timedelta = timedelta(minutes=5)
    repeat_interval: timedelta = timedelta(hours=4)
    mute_time_intervals: tuple[NamedIntervals, ...] = ()
    active_time_intervals: tuple[NamedIntervals, ...] = ()
    matchers: Matchers = ()
    continue_: bool = False
    routes: tuple["Route", ...] = ()

    def muted(self, at: datetime) -> str | None:
        """Why the route sends nothing at that moment, in words; None if it may send."""
        if not self.mute_time_intervals and not self.active_time_intervals:
            return None
        return muted_by(self.mute_time_intervals, self.active_time_intervals, at)

    def next_boundary(self, after: datetime) -> datetime | None:
        """The earliest moment at which `muted` may change; None for never."""
        return next_boundary((*self.mute_time_intervals, *self.active_time_intervals), after)


class GroupId(msgspec.Struct, frozen=True, gc=False):
    """One receiver's bundle of alerts: `key` names the route and the values of the labels it is
    grouped by."""

    receiver: str
    key: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A route in its tree. `path` identifies it among those with its receiver: its matchers and
    those of the routes above it (the root's is empty). So it does not depend on the rest of the
    file. If several have the same path and receiver, all but the first have a number appended."""

    path: str
    route: Route
    branches: tuple["Branch", ...] = ()


class RouteTree:
    """A tree of routes that alerts are sent through."""

    def __init__(self, root: Route) -> None:
        self.root = _grow(root, "", Counter())
        self._named = {(branch.path, branch.route.receiver): branch for branch in self.branches()}

    def branches(self) -> Iterator[Branch]:
        """All routes, parents before children, in the order of the file."""
        waiting = [self.root]
        while waiting:
            branch = waiting.pop()
            yield branch
            waiting.extend(reversed(branch.branches))

    def branch(self, path: str, receiver: str) -> Branch | None:
        """The one that has this path and receiver."""
        return self._named.get((path, receiver))

    def destinations(self, labels: Mapping[str, str]) -> list[Branch]:
        """The routes whose receivers get an alert with these labels, in the order of the file; at
        least one."""
        found: list[Branch] = []
        _descend(self.root, labels, found)
        return found

    @property
    def receivers(self) -> frozenset[str]:
        """Every receiver that a route names."""
        return frozenset(branch.route.receiver for branch in self.branches())


def group_of(
    alert_labels: Mapping[str, str], route: Route, path: str = ""
) -> tuple[GroupId, dict[str, str]]:
    """The group of `route` (which has that `path`) an alert belongs to, and the group's labels:
    those of `group_by` that the alert has."""
    if ALL_LABELS in route.group_by:
        labels = dict(sorted(alert_labels.items()))
    else:
        labels = {name: alert_labels[name] for name in route.group_by if name in alert_labels}
    named: object = sorted(labels.items())
    digest = hashlib.sha256(json.dumps([path, named] if path else named).encode()).hexdigest()[:16]
    return GroupId(route.receiver, f"{route.receiver}:{digest}"), labels


def _grow(route: Route, path: str, seen: Counter[tuple[str, str]]) -> Branch:
    seen[path, route.receiver] += 1
    number = seen[path, route.receiver]
    path += f"#{number}" if number > 1 else ""
    below = [_grow(each, f"{path}/{matchers_text(each.matchers)}", seen) for each in route.routes]
    return Branch(path, route, tuple(below))


def _descend(branch: Branch, labels: Mapping[str, str], found: list[Branch]) -> None:
    before = len(found)
    for each in branch.branches:
        if all_match(each.route.matchers, labels):
            _descend(each, labels, found)
            if not each.route.continue_:
                break
    if len(found) == before:
        found.append(branch)
