"""`rules.yaml`: from its text to rules, receivers and route, or to everything that is wrong in
it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from monitor.domain.alerting.evaluation import RuleSet
from monitor.domain.alerting.rule import Rule
from monitor.domain.campaign.figures import DEFAULT_SETTLE
from monitor.domain.campaign.snapshot import DOCUMENTED_STATUSES
from monitor.domain.routing.inhibition import InhibitRule
from monitor.domain.routing.policy import NotificationPolicy
from monitor.domain.routing.route import Route, RouteTree
from monitor.domain.times.intervals import TimeInterval
from monitor.errors import ConfigError, Place, Problem
from monitor.rulefile.expansion import Expansion
from monitor.rulefile.file_keys import STATUS, FileKeys
from monitor.rulefile.inhibit_rules import inhibit_rules_of
from monitor.rulefile.matchers import KnownLabels
from monitor.rulefile.receivers import (
    Receiver,
    ReceiverReader,
    check_fallbacks,
    receiver_knows,
    receiver_may_show,
)
from monitor.rulefile.routes import RouteChecks, RouteKeys
from monitor.rulefile.rules import RuleKeys, rule_of, settle_of
from monitor.rulefile.time_intervals import Intervals, quiet_hours_of, time_intervals_of
from monitor.settings import Lookup
from monitor.yamlfile.document import Scalar, Table, described, parse_yaml
from monitor.yamlfile.excerpts import KeyPath, Veil
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.models import YamlModel, read_partial


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """A rules file in which nothing is wrong. `route` is the root of the tree; None when there
    is no receiver, so that no alert is sent.

    `rules` and `receivers` are in the order of the file. `warnings` are what works and is
    probably not meant. `files` are those that receivers name: secrets and certificates. Of a
    file that was read without `reaching`, receivers have no options.
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
    own are, `accounts` which accounts there are (none: it is not known). For callers that
    send nothing, `reaching` is false: how receivers are reached is not read then, so that no
    secret is needed. ConfigError with everything that is wrong, with line and column.
    """
    findings = Findings()
    document = parse_yaml(text, source=source, findings=findings, veil=VEIL)
    findings.raise_if_wrong()
    if not isinstance(document, Table):
        found = "is empty" if document is None else f"is {described(document, veiled=True)}"
        hint = (
            f"expected a mapping with {', '.join(FileKeys.by_key())}; `bsg-monitor init` writes a "
            "file to start from"
        )
        raise ConfigError([Problem(f"the rules file {found}", Place(source, 1, 1), hint)])
    expansion = Expansion(lookup, findings)
    reader = ReceiverReader(
        folder=Path(source).parent,
        allow_insecure_http=allow_insecure_http,
        reaching=reaching,
        findings=findings,
    )
    keys = _keys(document, reader, expansion, findings)
    statuses = _extra_statuses(keys, findings)
    rules = _rules(keys, statuses, external_url, findings)
    receivers = _receivers(keys, reader, findings)
    known = KnownLabels.of(
        rules, alerts=(rule.name for rule in rules), receivers=receivers, accounts=accounts
    )
    intervals = time_intervals_of(keys.time_intervals, findings)
    route = _route(keys, receivers, intervals, known, findings)
    inhibit_rules = inhibit_rules_of(keys.inhibit_rules, known, findings)
    quiet_hours = quiet_hours_of(keys.quiet_hours, findings)
    findings.raise_if_wrong()
    return RuleFile(
        rules=rules,
        receivers=tuple(each for each in receivers.values() if each is not None),
        route=route,
        inhibit_rules=inhibit_rules,
        quiet_hours=quiet_hours,
        extra_statuses=statuses,
        warnings=findings.warnings,
        path=Path(source),
        files=tuple(reader.files),
    )


def _may_be_shown(path: KeyPath) -> bool:
    """Whether the value under these keys of the file may be shown. An unknown key may hold a
    secret in the wrong place."""
    match path:
        case ("receivers", *below):
            return receiver_may_show(tuple(below))
        case ("rules", key, *_):
            return key in RuleKeys.by_key()
        case ("route", *keys):
            return all(key in RouteKeys.by_key() for key in keys)
        case (key, *_):
            return key in FileKeys.by_key()
    return False


def _is_known(path: KeyPath) -> bool:
    """Whether the last of these keys is one of the words that the file is made of."""
    match path:
        case (key,):
            return key in FileKeys.by_key()
        case ("receivers", *below):
            return receiver_knows(tuple(below))
        case ("rules", key):
            return key in RuleKeys.by_key()
        case ("route", *_, key):
            return key in RouteKeys.by_key()
    return False


VEIL = Veil(shows=_may_be_shown, knows=_is_known)
"""What of a rules file may be shown beside an error."""


def _keys(
    document: Table, reader: ReceiverReader, expansion: Expansion, findings: Findings
) -> FileKeys:
    """What the file says, with `${NAME}` replaced where it may stand."""
    entries = dict(document.entries)
    for name, needed in (("receivers", reader.needed), ("route", lambda node: node)):
        if name in entries:
            value = expansion.expand(needed(entries[name].value))
            entries[name] = replace(entries[name], value=value)
    keys = read_partial(FileKeys, replace(document, entries=entries), findings)
    if keys is None:
        raise TypeError("a mapping is read as a model")
    return keys


def _extra_statuses(keys: FileKeys, findings: Findings) -> tuple[str, ...]:
    statuses: dict[str, None] = {}
    for node in keys.extra_statuses:
        message = f'extra_statuses: "{node.text}" is'
        if not STATUS.fullmatch(node.text):
            findings.wrong(
                f"extra_statuses: {described(node)} cannot be a status",
                node.place,
                "lower-case letters, digits, _ and -",
            )
        elif node.text in DOCUMENTED_STATUSES:
            findings.warn(f"{message} known anyway", node.place, "leave it out")
        elif node.text in statuses:
            findings.wrong(f"{message} there twice", node.place)
        statuses[node.text] = None
    return tuple(statuses)


def _rules(
    keys: FileKeys, statuses: tuple[str, ...], external_url: str | None, findings: Findings
) -> tuple[Rule, ...]:
    settle = settle_of(keys.settle, DEFAULT_SETTLE)
    rules = [
        rule_of(
            each,
            extra_statuses=statuses,
            settle=settle,
            findings=findings,
            external_url=external_url,
        )
        for each in keys.rules
    ]
    _refuse_twice(keys.rules, "alert", "a rule", findings)
    if keys.given("rules") and not keys.rules:
        findings.warn(
            "rules: there are none, nothing can fire",
            keys.place("rules"),
            "`bsg-monitor init` writes some, in an empty folder",
        )
    return tuple(rule for rule in rules if rule is not None)


def _refuse_twice(entries: Sequence[YamlModel], name: str, what: str, findings: Findings) -> None:
    """Refuse a name that an earlier entry has."""
    first: dict[str, Place] = {}
    for node in (entry.entries[name].value for entry in entries if entry.given(name)):
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            continue
        if node.text in first:
            findings.wrong(
                f'{what} named "{node.text}" is there already',
                node.place,
                f"the first is in line {first[node.text].line}",
            )
        first.setdefault(node.text, node.place)


def _receivers(
    keys: FileKeys, reader: ReceiverReader, findings: Findings
) -> Mapping[str, Receiver | None]:
    """By name; None for one in which something is wrong."""
    receivers: dict[str, Receiver | None] = {}
    for each in keys.receivers:
        receiver = reader.read(each)
        name = each.entries["name"].value if each.given("name") else None
        if isinstance(name, Scalar):
            receivers.setdefault(name.text, receiver)
    _refuse_twice(keys.receivers, "name", "a receiver", findings)
    check_fallbacks(receivers, findings)
    return receivers


def _route(
    keys: FileKeys,
    receivers: Mapping[str, Receiver | None],
    intervals: Intervals,
    known: KnownLabels,
    findings: Findings,
) -> Route | None:
    if not keys.given("route"):
        if receivers:
            hint = f'add "route: {{receiver: {next(iter(receivers))}}}"'
            findings.wrong(
                'there are receivers and no "route" that leads to one', keys.place(), hint
            )
        elif not keys.given("receivers") or findings.count == 0:
            hint = (
                'add "receivers" and "route"; {name: console, console: {}} prints what would be '
                "told"
            )
            findings.warn(
                "there are no receivers: no alert will be sent",
                Place(keys.place().source),
                hint,
            )
        return None
    checks = RouteChecks(receivers=receivers, intervals=intervals, known=known, findings=findings)
    route = None if keys.route is None else checks.route(keys.route)
    if route is not None:
        fallbacks = {each.fallback for each in receivers.values() if each}
        used = RouteTree(route).receivers | fallbacks
        for unused in receivers.values():
            # the rules of `init` have a console, which is also there for notify-test
            if unused and unused.name not in used and not unused.is_console:
                hint = 'name it in a route or as the "fallback" of a receiver, or take it out'
                findings.warn(
                    f'nothing is routed to the receiver "{unused.name}"', unused.place, hint
                )
    for name, (_, place) in intervals.items():
        if name not in checks.used_intervals:
            hint = (
                "name it under mute_time_intervals or active_time_intervals of a route, or take it "
                "out"
            )
            findings.warn(f'time_intervals: no route names "{name}"', place, hint)
    return route
