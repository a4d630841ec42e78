"""Rules over campaigns, events, accounts and receivers → what becomes of their alerts."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from monitor.domain.account import AccountView
from monitor.domain.alert import Alert, AlertKey, AlertState, ResolveReason, advance, begin, happened
from monitor.domain.baseline import NO_BASELINES, Baselines
from monitor.domain.campaign import LISTABLE_TYPES, Campaign
from monitor.domain.condition import (
    AccountFunction,
    Condition,
    EventFunction,
    ReceiverFunction,
    SenderFunction,
    compile_account,
    compile_batch,
    compile_event,
    compile_receiver,
    compile_sender,
    moves_while_failing,
)
from monitor.domain.event import CampaignEvent, EventKind
from monitor.domain.feed import Feed
from monitor.domain.fields import Subject
from monitor.domain.receiver import ReceiverView
from monitor.domain.rule import Rule, Scope
from monitor.domain.sender import SenderView, Window
from monitor.domain.settle import DEFAULT_SETTLE_SECONDS
from monitor.domain.surroundings import Surroundings
from monitor.domain.time_interval import TimeInterval
from monitor.domain.tracking import TrackedCampaign
from monitor.domain.wording import annotations, campaign_labels, scope_of, sender_labels

DESCRIBE_AGAIN = timedelta(minutes=5)
"""How old the texts of an alert may be whose campaign looks the same: "waits for 11 min" must not be repeated hours later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What an evaluation found different: `alerts` that are new or changed, `dropped` ids of pending ones that ended."""

    alerts: tuple[Alert, ...] = ()
    dropped: tuple[str, ...] = ()


class RuleSet:
    """Rules, compiled once when they are loaded, and the file's quiet hours.

    ValueError for a rule that the checks at load should have refused.
    """

    def __init__(self, rules: Sequence[Rule], *, quiet_hours: Sequence[TimeInterval] = ()) -> None:
        self.quiet_hours = tuple(quiet_hours)
        self.rules: Mapping[str, Rule] = {rule.name: rule for rule in rules}
        self.campaign_rules = [rule for rule in rules if rule.scope is Scope.CAMPAIGN and not rule.is_event_rule]
        self.moving_rules = [rule for rule in self.campaign_rules if _condition(rule).moves_by_itself]
        self.batch = compile_batch([_condition(rule) for rule in self.campaign_rules])
        self.moving_batch = compile_batch([_condition(rule) for rule in self.moving_rules])
        self.moving_names = frozenset(rule.name for rule in self.moving_rules)
        self.event_rules: dict[EventKind, list[tuple[Rule, EventFunction | None]]] = {}
        self.account_rules: list[tuple[Rule, AccountFunction, bool]] = []
        self.receiver_rules: list[tuple[Rule, ReceiverFunction]] = []
        self.sender_rules: list[tuple[Rule, SenderFunction]] = []
        self.windows = frozenset(rule.window for rule in rules if rule.scope is Scope.SENDER)
        self.asks_for_spending = any(rule.scope is Scope.ACCOUNT and "runway" in rule.names for rule in rules)
        self.baselines = frozenset(seconds for rule in rules if rule.when for seconds in rule.when.baselines)
        for rule in rules:
            if rule.is_event_rule:
                test = None if rule.when is None else compile_event(rule.when)
                for kind in rule.on:
                    self.event_rules.setdefault(kind, []).append((rule, test))
            elif rule.scope is Scope.ACCOUNT:
                condition = _condition(rule)
                self.account_rules.append((rule, compile_account(condition), moves_while_failing(condition)))
            elif rule.scope is Scope.RECEIVER:
                self.receiver_rules.append((rule, compile_receiver(_condition(rule))))
            elif rule.scope is Scope.SENDER:
                self.sender_rules.append((rule, compile_sender(_condition(rule))))

    @property
    def look_back(self) -> float:
        """How many seconds back the rules look: so far samples must reach."""
        asked = (max(rule.settle.longest, rule.when.look_back if rule.when else 0.0) for rule in self.rules.values())
        return max(DEFAULT_SETTLE_SECONDS, *asked, 0.0)

    def begin(
        self,
        account: str,
        now: datetime,
        alerts: Mapping[AlertKey, Alert],
        *,
        baselines: Baselines = NO_BASELINES,
    ) -> "Evaluation":
        """Start an evaluation as of `now`. `alerts` are pending and firing ones; those of other accounts are left alone.
        `baselines` are the account's."""
        return Evaluation(self, account, now, alerts, self.surroundings(now, baselines))

    def surroundings(self, now: datetime, baselines: Baselines = NO_BASELINES) -> Surroundings:
        """What the rules may ask beyond their subjects, as of `now`."""
        quiet = any(interval.contains(now) for interval in self.quiet_hours)
        return Surroundings(in_quiet_hours=quiet, baselines=baselines)

    def orphans(
        self, alerts: Iterable[Alert], now: datetime, *, feeds: Collection[Feed], receivers: Collection[str] = ()
    ) -> Changes:
        """End the alerts that nothing evaluates any more: their rule is gone or looks at something else now, or `feeds`,
        the polled ones, have not their account or message type, or their receiver is none of `receivers`."""
        ended: list[Alert] = []
        dropped: list[str] = []
        for alert in alerts:
            if alert.is_event or alert.state is AlertState.RESOLVED:
                continue
            if not self._evaluates(alert):
                reason = ResolveReason.RULE_REMOVED
            elif not (alert.key.subject in receivers if scope_of(alert.labels) is Scope.RECEIVER else _polled(alert, feeds)):
                reason = ResolveReason.NOT_WATCHED
            else:
                continue
            after = _end(alert, now, reason)
            if after is None:
                dropped.append(alert.id)
            else:
                ended.append(after)
        return Changes(alerts=tuple(ended), dropped=tuple(dropped))

    def _evaluates(self, alert: Alert) -> bool:
        rule = self.rules.get(alert.key.rule)
        return rule is not None and not rule.is_event_rule and rule.scope is scope_of(alert.labels)


class Evaluation:
    """One pass over what was read on good data; alerts of what is not given stay as they are. Pure: only `finish` tells.

    Its cost is that of the compiled conditions plus what is proportional to hits and active alerts.
    """

    def __init__(
        self, rules: RuleSet, account: str, now: datetime, alerts: Mapping[AlertKey, Alert], around: Surroundings
    ) -> None:
        self._rules = rules
        self._around = around
        self._account = account
        self._now = now
        self._instant = now.timestamp()
        self._before = {key: alert for key, alert in alerts.items() if key.account == account and not alert.is_event}
        self._active = dict(self._before)
        self._keys_of: dict[int, list[AlertKey]] = {}
        for key, alert in self._before.items():
            if "campaign_id" in alert.labels and key.rule in rules.rules:
                self._keys_of.setdefault(int(key.subject), []).append(key)
        self._changed: dict[str, Alert] = {}
        self._dropped: dict[str, None] = {}

    def campaigns(self, rows: Sequence[TrackedCampaign]) -> None:
        """Apply the state rules to some campaigns, each given once. The alerts of settled ones end."""
        watched = [row for row in rows if not row.settled]
        hits = self._rules.batch(watched, self._instant, self._around)
        holding = self._hold(hits, self._rules.campaign_rules)
        for row, key, alert in self._alerts_of(rows):
            if key not in holding:
                reason = ResolveReason.SETTLED if row.settled else ResolveReason.CONDITION
                self._advance(self._rules.rules[key.rule], alert, row, active=False, reason=reason)

    def unchanged(self, rows: Sequence[TrackedCampaign]) -> None:
        """Likewise for watched campaigns that are what they were when `campaigns` of these rules last saw them.

        Only what moves by itself is asked again; for the other rules their last answer stands.
        """
        moving = self._rules.moving_names
        holding = self._hold(self._rules.moving_batch(rows, self._instant, self._around), self._rules.moving_rules)
        for row, key, alert in self._alerts_of(rows):
            if key not in holding:
                held = key.rule not in moving and alert.inactive_since is None
                self._advance(self._rules.rules[key.rule], alert, row, active=held)

    def _hold(self, hits: Iterable[tuple[int, TrackedCampaign]], rules: Sequence[Rule]) -> set[AlertKey]:
        """Begin or advance an alert for each rule (by its index) that holds for a row; returns their keys."""
        holding: set[AlertKey] = set()
        for index, row in hits:
            rule, campaign = rules[index], row.campaign
            key = AlertKey(rule.name, self._account, str(campaign.id))
            holding.add(key)
            alert = self._active.get(key)
            if alert is None:
                self._keys_of.setdefault(campaign.id, []).append(key)
                alert = self._begin(key, campaign_labels(rule, campaign), campaign)
            self._advance(rule, alert, row, active=True)
        return holding

    def _alerts_of(self, rows: Iterable[TrackedCampaign]) -> Iterator[tuple[TrackedCampaign, AlertKey, Alert]]:
        """The active alerts of these rows, each with its row. They may change while this is gone through."""
        keys_of = self._keys_of
        if not keys_of:
            return
        for row in rows:
            for key in keys_of.get(row.campaign.id, ()):
                alert = self._active.get(key)
                if alert is not None:
                    yield row, key, alert

    def events(self, pairs: Iterable[tuple[CampaignEvent, TrackedCampaign]]) -> None:
        """Apply the event rules: one alert for each event and rule that its kind concerns."""
        rules = self._rules.event_rules
        for event, row in pairs:
            for rule, test in rules.get(event.kind, ()):
                if test is None or test(event, row, self._instant, self._around):
                    labels = campaign_labels(rule, event.campaign)
                    alert = happened(
                        AlertKey(rule.name, self._account, str(event.campaign.id)),
                        event.id,
                        labels=labels,
                        annotations=annotations(rule, row, self._instant, labels, around=self._around, event=event),
                        now=self._now,
                        campaign=event.campaign,
                    )
                    self._changed[alert.id] = alert

    def senders(self, views: Mapping[Window, Sequence[SenderView]], message_types: Collection[str]) -> None:
        """Apply the sender rules to all senders of these message types. A sender with no campaign in a rule's window any more
        fulfils no condition."""
        for rule, test in self._rules.sender_rules:
            seen: set[AlertKey] = set()
            for view in views.get(rule.window, ()):
                key = AlertKey(rule.name, self._account, f"{view.message_type}:{view.sender}")
                seen.add(key)
                active = test(view, self._around)
                alert = self._active.get(key)
                if alert is None and active:
                    alert = self._begin(key, sender_labels(rule, view), None)
                if alert is not None:
                    self._advance(rule, alert, view, active=active)
            silent = [
                alert
                for key, alert in self._active.items()
                if key.rule == rule.name and key not in seen and alert.labels.get("message_type") in message_types
            ]
            for alert in silent:
                self._advance(rule, alert, None, active=False)

    def account(self, view: AccountView, *, failed: bool) -> None:
        """Apply the account rules after a poll. After one that failed only those whose fields move all the same."""
        for rule, test, moves in self._rules.account_rules:
            if failed and not moves:
                continue
            key = AlertKey(rule.name, self._account, "")
            active = test(view, self._around)
            alert = self._active.get(key)
            if alert is None and active:
                labels = {"alertname": rule.name, "account": self._account, "severity": rule.severity, **rule.labels}
                alert = self._begin(key, labels, None)
            if alert is not None:
                self._advance(rule, alert, view, active=active)

    def receiver(self, view: ReceiverView) -> None:
        """Apply the receiver rules to one receiver. Receivers belong to no account: such an evaluation is begun for ""."""
        for rule, test in self._rules.receiver_rules:
            key = AlertKey(rule.name, self._account, view.receiver)
            active = test(view, self._around)
            alert = self._active.get(key)
            if alert is None and active:
                labels = {"alertname": rule.name, "receiver": view.receiver, "severity": rule.severity, **rule.labels}
                alert = self._begin(key, labels, None)
            if alert is not None:
                self._advance(rule, alert, view, active=active)

    def gone(self, campaign_id: int, reason: ResolveReason) -> None:
        """End every alert of a campaign. What this evaluation found of it before does not count."""
        for key in self._keys_of.get(campaign_id, ()):
            current = self._active.pop(key, None)
            if current is None:
                continue
            self._changed.pop(current.id, None)
            before = self._before.get(key)
            if before is not None:
                self._record(before, _end(before, self._now, reason))

    def finish(self) -> Changes:
        """What changed."""
        return Changes(alerts=tuple(self._changed.values()), dropped=tuple(self._dropped))

    def _begin(self, key: AlertKey, labels: Mapping[str, str], campaign: Campaign | None) -> Alert:
        alert = begin(key, labels=labels, now=self._now, campaign=campaign)
        self._active[key] = self._changed[alert.id] = alert
        return alert

    def _advance(
        self,
        rule: Rule,
        alert: Alert,
        subject: Subject | None,
        *,
        active: bool,
        reason: ResolveReason = ResolveReason.CONDITION,
    ) -> None:
        after = advance(alert, active=active, now=self._now, hold=rule.hold, keep_firing=rule.keep_firing, reason=reason)
        if after is not None and after.state is not AlertState.PENDING:
            after = self._described(rule, after, subject, active=active, fires=after.state is not alert.state)
        if after is not alert:
            self._record(alert, after)

    def _described(self, rule: Rule, alert: Alert, subject: Subject | None, *, active: bool, fires: bool) -> Alert:
        """The alert with texts and snapshot as of now. Texts are made while the condition holds, so that the end of an alert
        is told with what was last true of it; they follow what it is about, and the time at least every `DESCRIBE_AGAIN`."""
        campaign = subject.campaign if isinstance(subject, TrackedCampaign) else None
        same = campaign is None or campaign is alert.campaign or campaign == alert.campaign
        if not active or subject is None:
            return alert if same else msgspec.structs.replace(alert, campaign=campaign)
        recent = alert.described_at is not None and self._now - alert.described_at < DESCRIBE_AGAIN
        if not fires and recent and same and campaign is not None:
            return alert
        texts = annotations(rule, subject, self._instant, alert.labels, around=self._around)
        if not fires and campaign is None and texts == alert.annotations:
            return alert
        return msgspec.structs.replace(alert, annotations=texts, described_at=self._now, campaign=campaign)

    def _record(self, alert: Alert, after: Alert | None) -> None:
        key = alert.key
        if after is None:
            self._active.pop(key, None)
            self._changed.pop(alert.id, None)
            self._dropped[alert.id] = None
            return
        self._changed[after.id] = after
        if after.state is AlertState.RESOLVED:
            self._active.pop(key, None)
        else:
            self._active[key] = after


def _polled(alert: Alert, feeds: Collection[Feed]) -> bool:
    message_type = alert.labels.get("message_type")
    if message_type is None:
        return any(feed.account == alert.key.account for feed in feeds)
    if message_type not in LISTABLE_TYPES:
        return True  # whichever feed lists it
    return Feed(alert.key.account, message_type) in feeds


def _condition(rule: Rule) -> Condition:
    if rule.when is None:
        raise ValueError(f"rule {rule.name}: a state rule needs a condition")
    return rule.when


def _end(alert: Alert, now: datetime, reason: ResolveReason) -> Alert | None:
    """The alert once its subject or its rule is gone; None for a pending one."""
    return advance(alert, active=False, now=now, hold=timedelta(0), keep_firing=timedelta(0), reason=reason)
