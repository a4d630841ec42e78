"""The `route:` of the rules file: a tree, each route inheriting from the one above what it does
not say itself."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta

from monitor.domain.routing.matcher import Matchers, contradiction, covers, matchers_text
from monitor.domain.routing.route import ALL_LABELS, Route
from monitor.domain.times.duration import format_duration
from monitor.domain.times.intervals import NamedIntervals
from monitor.errors import Place
from monitor.rulefile.keys import Key, Keys, table_shape
from monitor.rulefile.matchers import MONITOR_LABELS, KnownLabels, check_labels, read_matchers
from monitor.yamlfile.document import Table, YamlNode, described
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.kinds import BOOLEAN, DURATION, TEXT, listed, several, suggesting
from monitor.yamlfile.suggestion import did_you_mean, meant_of_several
from monitor.yamlfile.tables import TableReader, tables
from monitor.yamlfile.values import boolean

ROUTE_REFERENCE = "#/definitions/route"
_LABELS = several(suggesting((*MONITOR_LABELS, "..."), TEXT))
_OWN = "none, **not** inherited (as in Alertmanager)"

ROOT_KEYS: Keys = {
    "receiver": Key(
        meaning="who is told; the first route must name one", shape=TEXT, default="inherited"
    ),
    "group_by": Key(
        meaning="alerts that agree in these labels are one message; `[...]` (three dots) makes "
        "each alert one of its own; `[]` "
        "puts all into one",
        shape=_LABELS,
        default="inherited; `[alertname, account, message_type]`",
    ),
    "group_wait": Key(
        meaning="how long the first message of a new group waits for more",
        shape=DURATION,
        default="inherited; `0s`",
    ),
    "group_interval": Key(
        meaning="the least time between two messages of a group",
        shape=DURATION,
        default="inherited; `5m`",
    ),
    "repeat_interval": Key(
        meaning="when what still fires is told again", shape=DURATION, default="inherited; `4h`"
    ),
    "mute_time_intervals": Key(
        meaning="names of `time_intervals` during which nothing is told",
        shape=several(TEXT),
        default=_OWN,
    ),
    "active_time_intervals": Key(
        meaning="names of `time_intervals` outside of which nothing is told",
        shape=several(TEXT, least=1),
        default=_OWN,
    ),
    "routes": Key(
        meaning="routes below: they take what they match, the rest stays here",
        shape=listed({"$ref": ROUTE_REFERENCE}),
    ),
}
KEYS: Keys = {
    **ROOT_KEYS,
    "matchers": Key(
        meaning="all must hold for an alert to take this route; without them it takes every "
        "alert. Not in the first route",
        shape=several(TEXT, least=1),
        default="none",
    ),
    "continue": Key(
        meaning="whether the routes after this one are asked too", shape=BOOLEAN, default="`false`"
    ),
}
ROOT_SHAPE = table_shape({**ROOT_KEYS, "receiver": replace(ROOT_KEYS["receiver"], required=True)})
ROUTE_SHAPE = table_shape(KEYS)
OLD = dict.fromkeys(("match", "match_re"), "write matchers: ['name=\"value\"']")
OF_CHILDREN = dict.fromkeys(
    ("matchers", "match", "match_re", "continue"),
    "every alert comes to the first route; put it in routes",
)
LONGEST_WAIT = timedelta(days=31)
USUAL = Route(receiver="")

Intervals = Mapping[str, tuple[NamedIntervals | None, Place]]


class RouteReader:
    """Reads a tree of routes. `receivers` and `intervals` are the names there are;
    `used_intervals` those that were named."""

    def __init__(
        self,
        *,
        receivers: Collection[str],
        intervals: Intervals,
        known: KnownLabels,
        findings: Findings,
    ) -> None:
        self._receivers = receivers
        self._intervals = intervals
        self._known = known
        self._findings = findings
        self.used_intervals: set[str] = set()

    def read(self, node: YamlNode) -> Route | None:
        """The tree, whose `${NAME}` are replaced; None when there is none. What is wrong is
        noted, and filled in somehow."""
        if not isinstance(node, Table):
            self._findings.wrong(
                f"route: expected a mapping such as receiver: ops, found {described(node)}",
                node.place,
            )
            return None
        reader = TableReader(node, "a route", self._findings)
        reader.check_keys(ROOT_KEYS, instead=OF_CHILDREN)
        reader.require("receiver", "the name of one of the receivers")
        return self._route(reader, USUAL, ())

    def _route(self, reader: TableReader, above: Route, path: Matchers) -> Route:
        """`above` has what is inherited, `path` the matchers of all routes above and its own."""
        reader.refuse_empty("active_time_intervals")
        name = reader.text("receiver")
        if name is not None and name.text not in self._receivers:
            there = (
                f"there are {', '.join(self._receivers)}" if self._receivers else "there are none"
            )
            hint = did_you_mean(name.text, self._receivers) or there
            self._findings.wrong(
                f"receiver: {described(name)} is no receiver of this file", name.place, hint
            )
        route = Route(
            receiver=name.text if name else above.receiver,
            group_by=self._group_by(reader) if reader.has("group_by") else above.group_by,
            group_wait=reader.duration("group_wait", above.group_wait, longest=LONGEST_WAIT),
            group_interval=reader.duration(
                "group_interval", above.group_interval, longest=LONGEST_WAIT
            ),
            repeat_interval=reader.duration(
                "repeat_interval",
                above.repeat_interval,
                shortest=timedelta(seconds=1),
                longest=LONGEST_WAIT,
            ),
            mute_time_intervals=self._named(reader, "mute_time_intervals"),
            active_time_intervals=self._named(reader, "active_time_intervals"),
        )
        self._check_times(reader, route)
        return replace(route, routes=self._children(reader, route, path))

    def _check_times(self, reader: TableReader, route: Route) -> None:
        """Warn of times that do not go together, at the route that says one of them."""
        wait, interval, repeat = map(
            format_duration, (route.group_wait, route.group_interval, route.repeat_interval)
        )
        if route.repeat_interval < route.group_interval and (
            place := _place(reader, "repeat_interval", "group_interval")
        ):
            message = (
                f"repeat_interval: {repeat} is less than the group_interval: repeats come every "
                f"{interval}"
            )
            self._findings.warn(
                message,
                place,
                f"write repeat_interval: {interval} or more, or shorten group_interval",
            )
        longest = max(route.group_interval, USUAL.group_interval)
        if route.group_wait > longest and (place := _place(reader, "group_wait", "group_interval")):
            message = (
                f"group_wait: the first message of every group comes {wait} late, later than news "
                "about it would"
            )
            hint = (
                f'write {format_duration(longest)} or less, or a longer group_interval; "for" is '
                "how long something must last"
            )
            self._findings.warn(message, place, hint)

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
        self,
        table: Table,
        matchers: Matchers,
        path: Matchers,
        earlier: list[tuple[Matchers, int | None]],
    ) -> None:
        """Refuse a route that nothing can reach, as far as `covers` and `contradiction` see."""
        if contradiction(path):
            return  # that has been told of a route above
        all_of_it = (*path, *matchers)
        place = table.entries["matchers"].place if "matchers" in table.entries else table.place
        if clash := contradiction(all_of_it):
            self._findings.wrong(
                f"no alert reaches this route: {clash[0]} and {clash[1]} never hold together", place
            )
            return
        for wide, line in earlier:
            if covers(wide, all_of_it):
                what = (
                    f"{matchers_text(wide)} in line {line}"
                    if wide
                    else f"the route in line {line}, which has no matchers,"
                )
                hint = 'give that one "continue: true", or put this one before it'
                self._findings.wrong(
                    f"no alert reaches this route: {what} takes all of its alerts", place, hint
                )
                return

    def _named(self, reader: TableReader, key: str) -> tuple[NamedIntervals, ...]:
        found: list[NamedIntervals] = []
        for node in reader.texts(key):
            self.used_intervals.add(node.text)
            if node.text not in self._intervals:
                there = (
                    f"there are {', '.join(self._intervals)}"
                    if self._intervals
                    else 'define it under "time_intervals"'
                )
                hint = meant_of_several(node.text, self._intervals) or there
                self._findings.wrong(
                    f"{key}: there is no time interval {described(node)}", node.place, hint
                )
            elif (interval := self._intervals[node.text][0]) is not None:
                found.append(interval)
        return tuple(found)

    def _group_by(self, reader: TableReader) -> tuple[str, ...]:
        labels: dict[str, None] = {}
        nodes = reader.texts("group_by")
        for node in nodes:
            if node.text == ALL_LABELS:
                if len(nodes) > 1:
                    self._findings.wrong(
                        'group_by: "..." means every label', node.place, "leave the others out"
                    )
            elif node.text in labels:
                self._findings.wrong(f'group_by: "{node.text}" is there twice', node.place)
            else:
                check_labels(reader, "group_by", [node], self._known)
            labels[node.text] = None
        return tuple(labels)


def _place(reader: TableReader, *keys: str) -> Place | None:
    """Where the first of these keys that the table has is written; None where it has none of
    them."""
    return next((node.place for key in keys if (node := reader.table.value(key)) is not None), None)
