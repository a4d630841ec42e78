"""`rules.yaml`: from its text to rules, receivers and route, or to everything that is wrong in
it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from monitor.domain.alerting.evaluation import RuleSet
from monitor.domain.alerting.rule import Rule
from monitor.domain.campaign.figures import DEFAULT_SETTLE, Settle
from monitor.domain.campaign.snapshot import DOCUMENTED_STATUSES
from monitor.domain.routing.inhibition import InhibitRule
from monitor.domain.routing.policy import NotificationPolicy
from monitor.domain.routing.route import Route, RouteTree
from monitor.domain.times.intervals import TimeInterval
from monitor.errors import ConfigError, Place, Problem
from monitor.rulefile.expansion import Expansion
from monitor.rulefile.fallbacks import check_fallbacks
from monitor.rulefile.file_keys import KEYS, STATUS
from monitor.rulefile.inhibit_rules import read_inhibit_rules
from monitor.rulefile.matchers import KnownLabels
from monitor.rulefile.quiet_hours import read_quiet_hours
from monitor.rulefile.receivers import Receiver, ReceiverReader, receiver_knows, receiver_may_show
from monitor.rulefile.routes import KEYS as ROUTE_KEYS
from monitor.rulefile.routes import Intervals, RouteReader
from monitor.rulefile.rule_keys import KEYS as RULE_KEYS
from monitor.rulefile.rules import read_rule
from monitor.rulefile.settle_key import read_settle
from monitor.rulefile.time_intervals import read_time_intervals
from monitor.settings import Lookup
from monitor.yamlfile.document import Listing, Scalar, Table, described, parse_yaml
from monitor.yamlfile.excerpts import KeyPath, Veil
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.tables import TableReader, tables

OTHERWISE = {
    "mute_time_intervals": "define it under time_intervals, and name it in a route",
    "groups": "rules are not grouped: they are a list under rules",
}
_OPEN = frozenset(KEYS) - {"receivers"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """A rules file that has been found right. `route` is the root of the tree; None when there
    is no receiver: nobody is told.

    `rules` and `receivers` are in the order of the file. `warnings` are what works and is
    probably not meant. `files` are those that receivers name: secrets and certificates. Of a
    file that was read without reaching anybody, receivers have no options.
    """

    rules: tuple[Rule, ...]
    receivers: tuple[Receiver, ...] = ()
    route: Route | None = None
    inhibit_rules: tuple[InhibitRule, ...] = ()
    quiet_hours: tuple[TimeInterval, ...] = ()
    extra_statuses: tuple[str, ...] = ()
    warnings: tuple[Problem, ...] = ()
    path: Path | None = None
    files: tuple[Path, ...] = ()

    def compiled(self) -> RuleSet:
        """The rules, compiled."""
        return RuleSet(self.rules, quiet_hours=self.quiet_hours)

    def policy(self, *, acknowledging: frozenset[str] = frozenset()) -> NotificationPolicy:
        """Who is told of what; `acknowledging` are receivers that show who is handling an alert."""
        return NotificationPolicy(
            route=self.route,
            receivers=tuple(each.name for each in self.receivers),
            inhibit_rules=self.inhibit_rules,
            silent_on_resolve=frozenset(
                each.name for each in self.receivers if not each.send_resolved
            ),
            acknowledging=acknowledging,
        )


def parse_rules(
    text: str,
    *,
    source: str,
    lookup: Lookup,
    allow_insecure_http: bool = False,
    external_url: str | None = None,
    accounts: Collection[str] = (),
    reaching: bool = True,
) -> RuleFile:
    """Check a rules file's text. `source` is its path: it stands in messages, and secret files
    are looked for beside it.

    `lookup` gives the value of `${NAME}`, `external_url` says where runbooks of the monitor's
    own are, `accounts` which accounts there are (none: it is not known). Where nobody will be
    told, `reaching` is false: how receivers are reached is not read then, so that no secret is
    needed. ConfigError with everything that is wrong, with line and column.
    """
    findings = Findings()
    document = parse_yaml(text, source=source, findings=findings, veil=VEIL)
    findings.raise_if_wrong()
    if not isinstance(document, Table):
        found = "is empty" if document is None else f"is {described(document, veiled=True)}"
        hint = (
            f"expected a mapping with {', '.join(KEYS)}; `bsg-monitor init` writes a file to start "
            "from"
        )
        raise ConfigError([Problem(f"the rules file {found}", Place(source, 1, 1), hint)])
    reader = TableReader(document, "the rules file", findings)
    reader.check_keys(KEYS, instead=OTHERWISE)
    statuses = _extra_statuses(reader)
    rules = _rules(reader, statuses, read_settle(reader, DEFAULT_SETTLE), external_url)
    expansion = Expansion(lookup, findings)
    receiver_reader = ReceiverReader(
        folder=Path(source).parent,
        allow_insecure_http=allow_insecure_http,
        reaching=reaching,
        findings=findings,
    )
    receivers = _receivers(reader, expansion, receiver_reader)
    known = KnownLabels.of(
        rules, alerts=_alert_names(reader), receivers=receivers, accounts=accounts
    )
    route = _route(reader, expansion, receivers, read_time_intervals(reader), known)
    inhibit_rules = read_inhibit_rules(reader, known)
    quiet_hours = read_quiet_hours(reader)
    findings.raise_if_wrong()
    return RuleFile(
        rules=tuple(rules),
        receivers=tuple(each for each in receivers.values() if each is not None),
        route=route,
        inhibit_rules=inhibit_rules,
        quiet_hours=quiet_hours,
        extra_statuses=statuses,
        warnings=findings.warnings,
        path=Path(source),
        files=tuple(receiver_reader.files),
    )


def _may_be_shown(path: KeyPath) -> bool:
    """Whether the value under these keys of the file is no secret. What nobody knows may be one
    in the wrong place."""
    match path:
        case ("receivers", *below):
            return receiver_may_show(tuple(below))
        case ("rules", key, *_):
            return key in RULE_KEYS
        case ("route", *keys):
            return all(key in ROUTE_KEYS for key in keys)
        case (key, *_):
            return key in _OPEN
    return False


def _is_known(path: KeyPath) -> bool:
    """Whether the last of these keys is one of the words that the file is made of."""
    match path:
        case (key,):
            return key in KEYS
        case ("receivers", *below):
            return receiver_knows(tuple(below))
        case ("rules", key):
            return key in RULE_KEYS
        case ("route", *_, key):
            return key in ROUTE_KEYS
    return False


VEIL = Veil(shows=_may_be_shown, knows=_is_known, open=_OPEN, closed=frozenset(KEYS) - _OPEN)
"""What of a rules file may be shown beside an error."""


def _extra_statuses(reader: TableReader) -> tuple[str, ...]:
    statuses: dict[str, None] = {}
    for node in reader.texts("extra_statuses"):
        if not STATUS.fullmatch(node.text):
            hint = "lower-case letters, digits, _ and -"
            reader.findings.wrong(
                f"extra_statuses: {described(node)} cannot be a status", node.place, hint
            )
        elif node.text in DOCUMENTED_STATUSES:
            reader.findings.warn(
                f'extra_statuses: "{node.text}" is known anyway', node.place, "leave it out"
            )
        elif node.text in statuses:
            reader.findings.wrong(f'extra_statuses: "{node.text}" is there twice', node.place)
        statuses[node.text] = None
    return tuple(statuses)


def _rules(
    reader: TableReader, extra_statuses: tuple[str, ...], settle: Settle, external_url: str | None
) -> list[Rule]:
    findings = reader.findings
    node = reader.require("rules", 'a list; each rule begins with "- alert: Name"')
    first: dict[str, Place] = {}
    rules: list[Rule] = []
    entries = tables(node, "rules", findings)
    for table in entries:
        rule = read_rule(
            table,
            extra_statuses=extra_statuses,
            settle=settle,
            findings=findings,
            external_url=external_url,
        )
        if rule is not None:
            rules.append(rule)
        _once(table, "alert", "a rule", first, findings)
    if isinstance(node, Listing) and not node.items:
        findings.warn(
            "rules: there are none, nothing can fire",
            node.place,
            "`bsg-monitor init` writes some, in an empty folder",
        )
    return rules


def _once(table: Table, key: str, what: str, first: dict[str, Place], findings: Findings) -> None:
    """Refuse a name that an earlier entry has."""
    name = table.value(key)
    if not isinstance(name, Scalar) or not isinstance(name.value, str):
        return
    if name.text in first:
        findings.wrong(
            f'{what} named "{name.text}" is there already',
            name.place,
            f"the first is in line {first[name.text].line}",
        )
    first.setdefault(name.text, name.place)


def _receivers(
    reader: TableReader, expansion: Expansion, each: ReceiverReader
) -> Mapping[str, Receiver | None]:
    """By name; None for one in which something is wrong."""
    findings = reader.findings
    node = reader.table.value("receivers")
    receivers: dict[str, Receiver | None] = {}
    first: dict[str, Place] = {}
    for table in tables(
        expansion.expand(each.wanted(node)) if node else None, "receivers", findings, veiled=True
    ):
        receiver = each.read(table)
        _once(table, "name", "a receiver", first, findings)
        name = table.value("name")
        if isinstance(name, Scalar):
            receivers.setdefault(name.text, receiver)
    check_fallbacks(receivers, findings)
    return receivers


def _route(
    reader: TableReader,
    expansion: Expansion,
    receivers: Mapping[str, Receiver | None],
    intervals: Intervals,
    known: KnownLabels,
) -> Route | None:
    findings = reader.findings
    node = reader.table.value("route")
    if node is None:
        if receivers:
            hint = f'add "route: {{receiver: {next(iter(receivers))}}}"'
            findings.wrong(
                'there are receivers and no "route" that leads to one', reader.table.place, hint
            )
        elif not reader.has("receivers") or findings.count == 0:
            hint = (
                'add "receivers" and "route"; {name: console, console: {}} prints what would be '
                "told"
            )
            findings.warn(
                "there are no receivers: nobody will be told of anything",
                Place(reader.table.place.source),
                hint,
            )
        return None
    routes = RouteReader(receivers=receivers, intervals=intervals, known=known, findings=findings)
    route = routes.read(expansion.expand(node))
    if route is not None:
        fallbacks = {each.fallback for each in receivers.values() if each}
        used = RouteTree(route).receivers
        for unused in (
            each
            for each in receivers.values()
            if each and used != {""} and each.name not in used | fallbacks
        ):
            if (
                not unused.is_console
            ):  # nobody waits for what it would print; the rules of `init` have one
                hint = 'name it in a route or as the "fallback" of a receiver, or take it out'
                findings.warn(
                    f'nothing is routed to the receiver "{unused.name}"', unused.place, hint
                )
    for name, (_, place) in intervals.items():
        if name not in routes.used_intervals:
            hint = (
                "name it under mute_time_intervals or active_time_intervals of a route, or take it "
                "out"
            )
            findings.warn(f'time_intervals: no route names "{name}"', place, hint)
    return route


def _alert_names(reader: TableReader) -> list[str]:
    """What the rules are called, those in which something is wrong included."""
    node = reader.table.value("rules")
    entries = node.items if isinstance(node, Listing) else ()
    names = (entry.value("alert") for entry in entries if isinstance(entry, Table))
    return [name.text for name in names if isinstance(name, Scalar)]
