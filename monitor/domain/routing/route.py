"""The tree of routes: which receivers hear of an alert, and in which groups. Alertmanager's,
with its defaults of our own."""

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
    """Where alerts go and how they are bundled. The values are Alertmanager's, the defaults
    design decisions of ours.

    `group_wait` holds a new group's first message back; `group_interval` is the least time
    between two messages of a group; `repeat_interval` is when a firing group is told again
    though nothing changed. During `mute_time_intervals`, and outside of `active_time_intervals`
    where there are some, nothing is told; it is when that ends. What a route of a file inherits
    has been filled in.

    An alert that all `matchers` of a route hold for goes to those of `routes` that take it, or
    else to its own receiver. The first that takes it is the last that is asked, unless
    `continue_` is set. What `matchers` a root has does not count.
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
        """Why the route tells nothing at that moment, in words; None when it may."""
        if not self.mute_time_intervals and not self.active_time_intervals:
            return None
        return muted_by(self.mute_time_intervals, self.active_time_intervals, at)

    def next_boundary(self, after: datetime) -> datetime | None:
        """Until when `muted` will not change its mind, at least; None for never."""
        return next_boundary((*self.mute_time_intervals, *self.active_time_intervals), after)


class GroupId(msgspec.Struct, frozen=True, gc=False):
    """One receiver's bundle of alerts: `key` names the route and the values of the labels it is
    grouped by."""

    receiver: str
    key: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A route in its tree. `path` names it among those with its receiver: its matchers and those
    of the routes above, from the root down (the root's is empty). It stays the same whatever is
    changed elsewhere in the file; where several have the same path and receiver all but the
    first have their number appended.
    """

    path: str
    route: Route
    branches: tuple["Branch", ...] = ()


class RouteTree:
    """A tree of routes that alerts are sent through."""

    def __init__(self, root: Route) -> None:
        self.root = _grow(root, "", Counter())
        self._named = {(branch.path, branch.route.receiver): branch for branch in self.branches()}

    def branches(self) -> Iterator[Branch]:
        """All of them, those above before those below, side by side in the order of the file."""
        waiting = [self.root]
        while waiting:
            branch = waiting.pop()
            yield branch
            waiting.extend(reversed(branch.branches))

    def branch(self, path: str, receiver: str) -> Branch | None:
        """The one that has this path and receiver."""
        return self._named.get((path, receiver))

    def destinations(self, labels: Mapping[str, str]) -> list[Branch]:
        """The routes whose receivers hear of an alert with these labels, in the order of the
        file; never none."""
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
