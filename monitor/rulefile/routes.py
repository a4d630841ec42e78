"""The `route:` of the rules file: a tree in which each route inherits from the one above what it
does not say itself."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, ClassVar

from monitor.domain.routing.matcher import Matchers, contradiction, covers, matchers_text
from monitor.domain.routing.route import ALL_LABELS, Route
from monitor.domain.times.duration import format_duration
from monitor.domain.times.intervals import NamedIntervals
from monitor.errors import Place
from monitor.rulefile.matchers import (
    MONITOR_LABELS,
    KnownLabels,
    MatcherTexts,
    check_labels,
    read_matchers,
)
from monitor.rulefile.time_intervals import Intervals
from monitor.yamlfile.document import Scalar, described
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.kinds import (
    TEXT,
    Boolean,
    Text,
    TextNode,
    duration,
    expandable,
    suggesting,
    text_node,
)
from monitor.yamlfile.models import NARROWS, Items, Leaf, YamlModel, key
from monitor.yamlfile.suggestion import did_you_mean, meant_of_several

LONGEST_WAIT = timedelta(days=31)
USUAL = Route(receiver="")

_OWN = "none, **not** inherited (as in Alertmanager)"
_WAIT = duration(timedelta(0), LONGEST_WAIT)
_GROUP_LABEL = Leaf(text_node, suggesting((*MONITOR_LABELS, ALL_LABELS), TEXT))


class RootKeys(YamlModel):
    """`route:`, the first route."""

    what = "a route"
    shown_as = "a mapping such as receiver: ops"
    instead: ClassVar = dict.fromkeys(
        ("matchers", "match", "match_re", "continue"),
        "every alert comes to the first route; put it in routes",
    )
    schema_change = expandable

    receiver: Text | None = key(
        "who is told; the first route must name one",
        example="the name of one of the receivers",
    )
    group_by: Annotated[tuple[Annotated[Scalar, _GROUP_LABEL], ...], Items(alone=True)] = key(
        "alerts that agree in these labels are one message; `[...]` (three dots) makes each alert "
        "one of its own; `[]` puts all into one",
        default=(),
        shown="inherited; `[alertname, account, message_type]`",
    )
    group_wait: Annotated[timedelta | None, _WAIT] = key(
        "how long the first message of a new group waits for more",
        default=None,
        shown="inherited; `0s`",
    )
    group_interval: Annotated[timedelta | None, _WAIT] = key(
        "the least time between two messages of a group", default=None, shown="inherited; `5m`"
    )
    repeat_interval: Annotated[timedelta | None, duration(timedelta(seconds=1), LONGEST_WAIT)] = (
        key("when what still fires is told again", default=None, shown="inherited; `4h`")
    )
    mute_time_intervals: Annotated[tuple[TextNode, ...], Items(alone=True)] = key(
        "names of `time_intervals` during which nothing is told", default=(), shown=_OWN
    )
    active_time_intervals: Annotated[tuple[TextNode, ...], Items(alone=True, empty=NARROWS)] = key(
        "names of `time_intervals` outside of which nothing is told", default=(), shown=_OWN
    )
    routes: Annotated[tuple["RouteKeys", ...], Items()] = key(
        "routes below: they take what they match, the rest stays here", default=()
    )


class RouteKeys(RootKeys):
    """One entry of `routes:`."""

    shown_as = "a mapping"
    instead: ClassVar = dict.fromkeys(("match", "match_re"), "write matchers: ['name=\"value\"']")

    receiver: Text | None = key(
        "who is told; the first route must name one", default=None, shown="inherited"
    )
    matchers: MatcherTexts | None = key(
        "all must hold for an alert to take this route; without them it takes every alert. Not in "
        "the first route",
        default=None,
        shown="none",
    )
    continue_: Boolean = key(
        "whether the routes after this one are asked too",
        default=False,
        shown="`false`",
        alias="continue",
    )


RootKeys.model_rebuild()


class RouteChecks:
    """Builds a tree of routes from its keys. `receivers` and `intervals` are the names there are;
    `used_intervals` are those that were named."""

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

    def route(self, keys: RootKeys, above: Route = USUAL, path: Matchers = ()) -> Route:
        """`above` has what is inherited, `path` the matchers of all routes above and its own.
        What is wrong is noted, and reads as left out."""
        name = keys.receiver
        if name is not None and name not in self._receivers:
            there = (
                f"there are {', '.join(self._receivers)}" if self._receivers else "there are none"
            )
            self._findings.wrong(
                f"receiver: there is no receiver {described(keys.entries['receiver'].value)}",
                keys.place("receiver"),
                did_you_mean(name, self._receivers) or there,
            )
        route = Route(
            receiver=name or above.receiver,
            group_by=self._group_by(keys) if keys.given("group_by") else above.group_by,
            group_wait=_or(keys.group_wait, above.group_wait),
            group_interval=_or(keys.group_interval, above.group_interval),
            repeat_interval=_or(keys.repeat_interval, above.repeat_interval),
            mute_time_intervals=self._named("mute_time_intervals", keys.mute_time_intervals),
            active_time_intervals=self._named("active_time_intervals", keys.active_time_intervals),
        )
        self._check_times(keys, route)
        return replace(route, routes=self._children(keys, route, path))

    def _check_times(self, keys: RootKeys, route: Route) -> None:
        """Warn of times that do not go together, at the route that says one of them."""
        wait, interval, repeat = map(
            format_duration, (route.group_wait, route.group_interval, route.repeat_interval)
        )
        if route.repeat_interval < route.group_interval and (
            place := _place(keys, "repeat_interval", "group_interval")
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
        if route.group_wait > longest and (place := _place(keys, "group_wait", "group_interval")):
            message = (
                f"group_wait: the first message of every group comes {wait} late, later than news "
                "about it would"
            )
            hint = (
                f'write {format_duration(longest)} or less, or a longer group_interval; "for" is '
                "how long something must last"
            )
            self._findings.warn(message, place, hint)

    def _children(self, keys: RootKeys, above: Route, path: Matchers) -> tuple[Route, ...]:
        found: list[Route] = []
        earlier: list[tuple[Matchers, int | None]] = []
        for child in keys.routes:
            matchers = read_matchers(child, "matchers", child.matchers, self._known, self._findings)
            if matchers is not None:
                self._check_reachable(child, matchers, path, earlier)
                if not child.continue_:
                    earlier.append((matchers, child.place().line))
            route = self.route(child, above, (*path, *(matchers or ())))
            found.append(replace(route, matchers=matchers or (), continue_=child.continue_))
        return tuple(found)

    def _check_reachable(
        self,
        keys: RouteKeys,
        matchers: Matchers,
        path: Matchers,
        earlier: list[tuple[Matchers, int | None]],
    ) -> None:
        """Refuse a route that nothing can reach, as far as `covers` and `contradiction` see."""
        if contradiction(path):
            return  # that has been told of a route above
        all_of_it = (*path, *matchers)
        place = keys.entries["matchers"].place if keys.given("matchers") else keys.place()
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

    def _named(self, key: str, names: Collection[Scalar]) -> tuple[NamedIntervals, ...]:
        found: list[NamedIntervals] = []
        for node in names:
            self.used_intervals.add(node.text)
            if node.text not in self._intervals:
                there = (
                    f"there are {', '.join(self._intervals)}"
                    if self._intervals
                    else 'define it under "time_intervals"'
                )
                self._findings.wrong(
                    f"{key}: there is no time interval {described(node)}",
                    node.place,
                    meant_of_several(node.text, self._intervals) or there,
                )
            elif (interval := self._intervals[node.text][0]) is not None:
                found.append(interval)
        return tuple(found)

    def _group_by(self, keys: RootKeys) -> tuple[str, ...]:
        labels: dict[str, None] = {}
        for node in keys.group_by:
            if node.text == ALL_LABELS:
                if len(keys.group_by) > 1:
                    self._findings.wrong(
                        'group_by: "..." means every label', node.place, "leave the others out"
                    )
            elif node.text in labels:
                self._findings.wrong(f'group_by: "{node.text}" is there twice', node.place)
            else:
                check_labels("group_by", [node], self._known, self._findings)
            labels[node.text] = None
        return tuple(labels)


def _or(own: timedelta | None, inherited: timedelta) -> timedelta:
    return inherited if own is None else own


def _place(keys: RootKeys, *names: str) -> Place | None:
    """Where the value of the first of these keys that is there stands; None without any."""
    return next((keys.place(name) for name in names if keys.given(name)), None)
