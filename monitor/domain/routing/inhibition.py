"""Inhibition: an alert that fires suppresses alerts that only follow from it, such as an account's
those of its campaigns."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from monitor.domain.alerting.alert import Alert
from monitor.domain.routing.matcher import Matchers, all_match
from monitor.domain.routing.silence import fires

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InhibitRule:
    """While an alert that `source` matches fires, alerts that `target` matches and that have the
    same `equal` labels are not told.

    A missing label counts as empty. As in Alertmanager, an alert that matches both sides is not
    inhibited by another such alert, so none inhibits itself.
    """

    source: Matchers
    target: Matchers
    equal: tuple[str, ...] = ()

    def key(self, labels: Mapping[str, str]) -> Key:
        return tuple(labels.get(name, "") for name in self.equal)


def fired_beside(source: Alert, target: Alert) -> bool:
    """Whether `source` was firing when `target` ended. Everything that one cycle finds has the same
    time. So an alert that ends together with its source was inhibited until then, but an event
    found as its source ends was not."""
    if (
        source.is_event
        or source.fired_at is None
        or target.resolved_at is None
        or source.fired_at > target.resolved_at
    ):
        return False
    if source.resolved_at is None:
        return True
    return (
        target.resolved_at < source.resolved_at
        if target.is_event
        else target.resolved_at <= source.resolved_at
    )


def inhibits(rule: InhibitRule, source: Alert, target: Alert) -> bool:
    """Whether `source` keeps `target` from being told: it fires or, for a target that has ended, it
    fired at that time."""
    if rule.key(source.labels) != rule.key(target.labels):
        return False
    if not all_match(rule.source, source.labels) or not all_match(rule.target, target.labels):
        return False
    if all_match(rule.source, target.labels) and all_match(rule.target, source.labels):
        return False
    return fires(source) if target.resolved_at is None else fired_beside(source, target)


class _Side(msgspec.Struct, gc=False):
    """The sources of a rule with one key, by id. `both` are those that are targets too."""

    firing: dict[str, Alert] = msgspec.field(default_factory=dict)
    ended: dict[str, Alert] = msgspec.field(default_factory=dict)

    def source_for(self, target: Alert) -> str | None:
        if target.resolved_at is None:
            return next(iter(self.firing), None)
        for group in (self.firing, self.ended):
            for alert in group.values():
                if fired_beside(alert, target):
                    return alert.id
        return None


class _RuleIndex:
    """One rule's sources and targets by the values of its equal labels."""

    def __init__(self, rule: InhibitRule) -> None:
        self._rule = rule
        self._one_sided: dict[Key, _Side] = {}
        self._two_sided: dict[Key, _Side] = {}
        self._targets: dict[Key, dict[str, Alert]] = {}

    def put(self, alert: Alert) -> set[str]:
        """Add an alert. Returns ids of targets that may be affected, perhaps its own."""
        rule, key = self._rule, self._rule.key(alert.labels)
        is_source = all_match(rule.source, alert.labels)
        is_target = all_match(rule.target, alert.labels)
        touched: set[str] = set()
        if is_source and not alert.is_event:
            sides = self._two_sided if is_target else self._one_sided
            side = sides.setdefault(key, _Side())
            before = bool(side.firing)
            side.firing.pop(alert.id, None)
            (side.firing if fires(alert) else side.ended)[alert.id] = alert
            if before != bool(side.firing):
                touched.update(self._targets.get(key, ()))
        if is_target:
            self._targets.setdefault(key, {})[alert.id] = alert
            touched.add(alert.id)
        return touched

    def remove(self, alert: Alert) -> None:
        key = self._rule.key(alert.labels)
        for sides in (self._one_sided, self._two_sided):
            if key in sides:
                side = sides[key]
                side.firing.pop(alert.id, None)
                side.ended.pop(alert.id, None)
                if not side.firing and not side.ended:
                    del sides[key]
        if key in self._targets:
            self._targets[key].pop(alert.id, None)
            if not self._targets[key]:
                del self._targets[key]

    def source_for(self, target: Alert) -> str | None:
        key = self._rule.key(target.labels)
        if target.id not in self._targets.get(key, ()):
            return None
        sides = (
            [self._one_sided]
            if all_match(self._rule.source, target.labels)
            else [self._one_sided, self._two_sided]
        )
        for each in sides:
            if key in each and (found := each[key].source_for(target)) is not None:
                return found
        return None


class Inhibitions:
    """Which alert inhibits which, kept up to date as alerts come and go. A change costs only what
    it changes.

    Agrees with `inhibits` over all alerts that were put and not removed. For an alert that has
    ended, over those at its last put.
    """

    def __init__(self, rules: Sequence[InhibitRule] = ()) -> None:
        self._rules = [_RuleIndex(rule) for rule in rules]
        self._alerts: dict[str, Alert] = {}
        self.hidden: dict[str, str] = {}
        """A hidden alert's id and that of one that hides it."""

    def put(self, alerts: Iterable[Alert]) -> set[str]:
        """Add new or changed alerts, all that one cycle found. Returns ids of alerts that are now
        inhibited or no longer are.

        An alert that has ended keeps what was found at its end.
        """
        if not self._rules:
            return set()
        touched: set[str] = set()
        fresh: set[str] = set()
        for alert in alerts:
            fresh.add(alert.id)
            self._alerts[alert.id] = alert
            for rule in self._rules:
                touched |= rule.put(alert)
        judged = (self._alerts[id_] for id_ in touched)
        return {
            alert.id
            for alert in judged
            if (alert.resolved_at is None or alert.id in fresh) and self._judge(alert)
        }

    def remove(self, alert_id: str) -> None:
        """Forget an alert that has ended and whose receivers all know."""
        alert = self._alerts.pop(alert_id, None)
        if alert is not None:
            self.hidden.pop(alert_id, None)
            for rule in self._rules:
                rule.remove(alert)

    def _judge(self, alert: Alert) -> bool:
        found = next(
            (source for rule in self._rules if (source := rule.source_for(alert)) is not None), None
        )
        before = self.hidden.pop(alert.id, None)
        if found is not None:
            self.hidden[alert.id] = found
        return (found is None) != (before is None)
