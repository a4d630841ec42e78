"""The `route:` of the rules file: a tree, each route inheriting from the one above what it does not say itself."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta

from monitor.config.findings import Findings
from monitor.config.matching import KnownLabels, read_matchers
from monitor.config.suggestion import did_you_mean
from monitor.config.tables import TableReader, tables
from monitor.config.values import boolean
from monitor.config.yamlfile import Table, YamlNode, described
from monitor.domain.matcher import Matchers, contradiction, covers, matchers_text
from monitor.domain.route import ALL_LABELS, Route
from monitor.domain.time_interval import NamedIntervals
from monitor.errors import Place

ROOT_KEYS = (
    "receiver",
    "group_by",
    "group_wait",
    "group_interval",
    "repeat_interval",
    "mute_time_intervals",
    "active_time_intervals",
    "routes",
)
KEYS = (*ROOT_KEYS, "matchers", "continue")
OLD = dict.fromkeys(("match", "match_re"), "write matchers: ['name=\"value\"']")
OF_CHILDREN = dict.fromkeys(
    ("matchers", "match", "match_re", "continue"), "every alert comes to the first route; put it in routes"
)
LONGEST_WAIT = timedelta(days=31)
USUAL = Route(receiver="")

Intervals = Mapping[str, tuple[NamedIntervals | None, Place]]


class RouteReader:
    """Reads a tree of routes. `receivers` and `intervals` are the names there are; `used_intervals` those that were named."""

    def __init__(self, *, receivers: Collection[str], intervals: Intervals, known: KnownLabels, findings: Findings) -> None:
        self._receivers = receivers
        self._intervals = intervals
        self._known = known
        self._findings = findings
        self.used_intervals: set[str] = set()

    def read(self, node: YamlNode) -> Route | None:
        """The tree, whose `${NAME}` are replaced; None when there is none. What is wrong is noted, and filled in somehow."""
        if not isinstance(node, Table):
            self._findings.wrong(f"route: expected a mapping such as receiver: ops, found {described(node)}", node.place)
            return None
        reader = TableReader(node, "a route", self._findings)
        reader.check_keys(ROOT_KEYS, instead=OF_CHILDREN)
        reader.require("receiver", "the name of one of the receivers")
        return self._route(reader, USUAL, ())

    def _route(self, reader: TableReader, above: Route, path: Matchers) -> Route:
        """`above` has what is inherited, `path` the matchers of all routes above and its own."""
        name = reader.text("receiver")
        if name is not None and name.text not in self._receivers:
            there = f"there are {', '.join(self._receivers)}" if self._receivers else "there are none"
            hint = did_you_mean(name.text, self._receivers) or there
            self._findings.wrong(f"receiver: {described(name)} is no receiver of this file", name.place, hint)
        route = Route(
            receiver=name.text if name else above.receiver,
            group_by=self._group_by(reader) if reader.has("group_by") else above.group_by,
            group_wait=reader.duration("group_wait", above.group_wait, longest=LONGEST_WAIT),
            group_interval=reader.duration("group_interval", above.group_interval, longest=LONGEST_WAIT),
            repeat_interval=reader.duration(
                "repeat_interval", above.repeat_interval, shortest=timedelta(seconds=1), longest=LONGEST_WAIT
            ),
            mute_time_intervals=self._named(reader, "mute_time_intervals"),
            active_time_intervals=self._named(reader, "active_time_intervals"),
        )
        return replace(route, routes=self._children(reader, route, path))

    def _children(self, reader: TableReader, above: Route, path: Matchers) -> tuple[Route, ...]:
        found: list[Route] = []
        earlier: list[tuple[Matchers, int | None]] = []
        for table in tables(reader.table.value("routes"), "routes", self._findings):
            child = TableReader(table, "a route", self._findings)
            child.check_keys(KEYS, instead=OLD)
            matchers = read_matchers(child, "matchers", self._known)
            goes_on = child.parsed("continue", boolean) is True
            if matchers is not None:
                self._check_reachable(table, matchers, path, earlier)
                if not goes_on:
                    earlier.append((matchers, table.place.line))
            route = self._route(child, above, (*path, *(matchers or ())))
            found.append(replace(route, matchers=matchers or (), continue_=goes_on))
        return tuple(found)

    def _check_reachable(
        self, table: Table, matchers: Matchers, path: Matchers, earlier: list[tuple[Matchers, int | None]]
    ) -> None:
        """Refuse a route that nothing can reach, as far as `covers` and `contradiction` see."""
        if contradiction(path):
            return  # that has been told of a route above
        all_of_it = (*path, *matchers)
        place = table.entries["matchers"].place if "matchers" in table.entries else table.place
        if clash := contradiction(all_of_it):
            self._findings.wrong(f"no alert reaches this route: {clash[0]} and {clash[1]} never hold together", place)
            return
        for wide, line in earlier:
            if covers(wide, all_of_it):
                what = f"{matchers_text(wide)} in line {line}" if wide else f"the route in line {line}, which has no matchers,"
                hint = 'give that one "continue: true", or put this one before it'
                self._findings.wrong(f"no alert reaches this route: {what} takes all of its alerts", place, hint)
                return

    def _named(self, reader: TableReader, key: str) -> tuple[NamedIntervals, ...]:
        found: list[NamedIntervals] = []
        for node in reader.texts(key):
            self.used_intervals.add(node.text)
            if node.text not in self._intervals:
                there = f"there are {', '.join(self._intervals)}" if self._intervals else 'define it under "time_intervals"'
                hint = did_you_mean(node.text, self._intervals) or there
                self._findings.wrong(f"{key}: there is no time interval {described(node)}", node.place, hint)
            elif (interval := self._intervals[node.text][0]) is not None:
                found.append(interval)
        return tuple(found)

    def _group_by(self, reader: TableReader) -> tuple[str, ...]:
        labels: dict[str, None] = {}
        nodes = reader.texts("group_by")
        for node in nodes:
            if node.text == ALL_LABELS:
                if len(nodes) > 1:
                    self._findings.wrong('group_by: "..." means every label', node.place, "leave the others out")
            elif node.text in labels:
                self._findings.wrong(f'group_by: "{node.text}" is there twice', node.place)
            else:
                self._known.doubt(reader, "group_by", node.text, node)
            labels[node.text] = None
        return tuple(labels)
