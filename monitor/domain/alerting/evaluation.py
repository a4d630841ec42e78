"""Evaluates rules over campaigns, events, accounts and receivers, and decides what becomes of their
alerts."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from monitor.domain.alerting.alert import Alert, AlertKey, AlertState, ResolveReason
from monitor.domain.alerting.detail_rules import DetailPhase, DetailRules
from monitor.domain.alerting.rule import Rule, Scope
from monitor.domain.alerting.rule_faults import RuleFault
from monitor.domain.alerting.three_valued import ThreeValuedConditions, needed_of
from monitor.domain.alerting.wording import account_labels, receiver_labels, scope_of, sender_labels
from monitor.domain.alerting.working_alerts import DESCRIBE_AGAIN, Changes, WorkingAlerts, end
from monitor.domain.campaign.account import AccountView
from monitor.domain.campaign.baseline import NO_BASELINES, Baselines
from monitor.domain.campaign.event import CampaignEvent, EventKind
from monitor.domain.campaign.feed import Feed
from monitor.domain.campaign.figures import DEFAULT_SETTLE_SECONDS
from monitor.domain.campaign.receiver_view import ReceiverView
from monitor.domain.campaign.sender import SenderView, SenderWindow
from monitor.domain.campaign.snapshot import LISTABLE_TYPES, Campaign
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.campaign.unreadable import marks_of
from monitor.domain.condition import (
    AccountFunction,
    BatchFunction,
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
from monitor.domain.fields.catalogue import Surroundings, attributes
from monitor.domain.times.intervals import TimeInterval

__all__ = ["Changes", "Evaluation", "RuleSet"]


class RuleSet:
    """Rules, compiled once when they are loaded, and the file's quiet hours.

    ValueError for a rule that the checks at load should have refused.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        *,
        quiet_hours: Sequence[TimeInterval] = (),
        describe_again: timedelta = DESCRIBE_AGAIN,
    ) -> None:
        """`describe_again`: how old the texts of an alert may be while its campaign looks the
        same."""
        self.quiet_hours = tuple(quiet_hours)
        self.describe_again = describe_again
        self.rules: Mapping[str, Rule] = {rule.name: rule for rule in rules}
        state_rules = [
            rule for rule in rules if rule.scope is Scope.CAMPAIGN and not rule.is_event_rule
        ]
        self.detail = DetailRules(state_rules)
        self.partly_read = ThreeValuedConditions()
        self.campaign_rules = [rule for rule in state_rules if not rule.detail]
        self.moving_rules = [rule for rule in self.campaign_rules if rule.condition.moves_by_itself]
        self.batch = compile_batch([rule.condition for rule in self.campaign_rules])
        self.moving_batch = compile_batch([rule.condition for rule in self.moving_rules])
        self.moving_names = frozenset(rule.name for rule in self.moving_rules)
        self.event_rules: dict[EventKind, list[tuple[Rule, EventFunction | None]]] = {}
        self.account_rules: list[tuple[Rule, AccountFunction, bool]] = []
        self.receiver_rules: list[tuple[Rule, ReceiverFunction]] = []
        self.sender_rules: list[tuple[Rule, SenderFunction]] = []
        self.windows = frozenset(rule.window for rule in rules if rule.scope is Scope.SENDER)
        self.asks_for_spending = any(
            rule.scope is Scope.ACCOUNT and "runway" in rule.names for rule in rules
        )
        self.needed = _needed(rules)
        self.baselines = frozenset(
            span for rule in rules if rule.when for span in rule.when.baselines
        )
        for rule in rules:
            if rule.is_event_rule:
                test = None if rule.when is None else compile_event(rule.when)
                for kind in rule.on:
                    self.event_rules.setdefault(kind, []).append((rule, test))
            elif rule.scope is Scope.ACCOUNT:
                condition = rule.condition
                self.account_rules.append(
                    (rule, compile_account(condition), moves_while_failing(condition))
                )
            elif rule.scope is Scope.RECEIVER:
                self.receiver_rules.append((rule, compile_receiver(rule.condition)))
            elif rule.scope is Scope.SENDER:
                self.sender_rules.append((rule, compile_sender(rule.condition)))

    @property
    def look_back(self) -> float:
        """How many seconds back samples must reach for these rules."""
        asked = (
            max(rule.settle.longest, rule.when.look_back if rule.when else 0.0)
            for rule in self.rules.values()
        )
        return max(DEFAULT_SETTLE_SECONDS, *asked, 0.0)

    def begin(
        self,
        account: str,
        now: datetime,
        alerts: Mapping[AlertKey, Alert],
        *,
        baselines: Baselines = NO_BASELINES,
    ) -> "Evaluation":
        """Start an evaluation as of `now`. `alerts` are the pending and firing ones; those of other
        accounts are ignored. `baselines` are the account's."""
        return Evaluation(self, account, now, alerts, self.surroundings(now, baselines))

    def surroundings(self, now: datetime, baselines: Baselines = NO_BASELINES) -> Surroundings:
        """What the rules know beyond their subjects, as of `now`."""
        quiet = any(interval.contains(now) for interval in self.quiet_hours)
        return Surroundings(in_quiet_hours=quiet, baselines=baselines)

    def orphans(
        self,
        alerts: Iterable[Alert],
        now: datetime,
        *,
        feeds: Collection[Feed],
        receivers: Collection[str] = (),
    ) -> Changes:
        """End alerts that no rule evaluates any more: their rule is gone or has changed its scope,
        their account or message type is not among the polled `feeds`, or their receiver is not
        among `receivers`."""
        ended: list[Alert] = []
        dropped: list[str] = []
        for alert in alerts:
            if alert.is_event or alert.state is AlertState.RESOLVED:
                continue
            if not self._evaluates(alert):
                reason = ResolveReason.RULE_REMOVED
            elif not (
                alert.key.subject in receivers
                if scope_of(alert.labels) is Scope.RECEIVER
                else _polled(alert, feeds)
            ):
                reason = ResolveReason.NOT_WATCHED
            else:
                continue
            after = end(alert, now, reason)
            if after is None:
                dropped.append(alert.id)
            else:
                ended.append(after)
        return Changes(alerts=tuple(ended), dropped=tuple(dropped))

    def _evaluates(self, alert: Alert) -> bool:
        rule = self.rules.get(alert.key.rule)
        return rule is not None and not rule.is_event_rule and rule.scope is scope_of(alert.labels)


class Evaluation:
    """One pass over what was read. Alerts about anything that is not given stay as they are. Pure:
    only `finish` returns the changes.

    The cost is that of the compiled conditions, plus a part proportional to hits and active alerts.
    """

    def __init__(
        self,
        rules: RuleSet,
        account: str,
        now: datetime,
        alerts: Mapping[AlertKey, Alert],
        around: Surroundings,
    ) -> None:
        self._rules = rules
        self._around = around
        self._account = account
        self._instant = now.timestamp()
        self._alerts = WorkingAlerts(
            account,
            now,
            alerts,
            rules=rules.rules,
            around=around,
            describe_again=rules.describe_again,
        )
        self.detail = DetailPhase(
            rules.detail, self._alerts, self._instant, around, rules.partly_read
        )
        """The part that is decided after campaigns have been read in detail."""
        self.faults: list[RuleFault] = []
        """Rules about senders, accounts or receivers that raised. (A rule about campaigns raises to
        the caller.)"""

    def campaigns(self, rows: Sequence[TrackedCampaign]) -> None:
        """Apply the state rules to some campaigns, each given once. Alerts of settled campaigns
        end."""
        watched = [row for row in rows if not row.settled]
        holding = self._hold(watched, self._rules.batch, self._rules.campaign_rules)
        holding |= self.detail.postpone(watched)
        for row, rule, alert in self._alerts.of(rows):
            if alert.key not in holding:
                reason = ResolveReason.SETTLED if row.settled else ResolveReason.CONDITION
                self._alerts.advance(rule, alert, row, active=False, reason=reason)

    def unchanged(self, rows: Sequence[TrackedCampaign]) -> None:
        """The same for watched campaigns that have not changed since `campaigns` of these rules
        last saw them.

        Only rules that depend on time are evaluated; for the others, the last answer stands.
        """
        asked = self._rules.moving_names | self._rules.detail.names
        holding = self._hold(rows, self._rules.moving_batch, self._rules.moving_rules)
        holding |= self.detail.postpone(rows)
        for row, rule, alert in self._alerts.of(rows):
            if alert.key not in holding and (rule.name in asked or not alert.frozen):
                held = rule.name not in asked and alert.inactive_since is None
                self._alerts.advance(rule, alert, row, active=held)

    def _hold(
        self, rows: Sequence[TrackedCampaign], batch: BatchFunction, rules: list[Rule]
    ) -> set[AlertKey]:
        """Ask state rules about watched campaigns. Returns the alerts that hold, and those that
        stay as they are since what their rule asks for could not be read."""
        hits, unknown = self._rules.partly_read.ask(
            [rule.condition for rule in rules], batch, rows, self._instant, self._around
        )
        return self._alerts.hold(hits, rules) | self._alerts.freeze(unknown, rules)

    def events(self, pairs: Iterable[tuple[CampaignEvent, TrackedCampaign]]) -> None:
        """Apply the event rules: one alert for each event and each rule for its kind."""
        rules = self._rules.event_rules
        for event, row in pairs:
            for rule, test in rules.get(event.kind, ()):
                if rule.when is not None and (marks := marks_of(row)):
                    held = self._rules.partly_read.happened(
                        rule.when, event, row, self._instant, self._around
                    )
                    if held is not False:  # it is asked only once: better told in vain than not
                        needed = needed_of(rule.when, marks, self._instant)
                        unknown = {mark.field for mark in needed} if held is None else ()
                        self._alerts.happened(rule, event, row, unknown=unknown)
                elif test is None or test(event, row, self._instant, self._around):
                    self._alerts.happened(rule, event, row)

    def senders(
        self, views: Mapping[SenderWindow, Sequence[SenderView]], elsewhere: Collection[str]
    ) -> None:
        """Apply the sender rules to all senders but those of message types that other feeds show
        (`elsewhere`). A sender without campaigns in a rule's window fulfils no condition."""
        for rule, test in self._rules.sender_rules:
            seen: set[str] = set()
            for view in views.get(rule.window, ()):
                subject = f"{view.message_type}:{view.sender}"
                seen.add(subject)
                if view.unreadable:
                    self._alerts.freeze_sender(self._alerts.key(rule, subject))
                    continue
                with self._apart(rule, subject):
                    self._alerts.about(
                        rule,
                        subject,
                        view,
                        sender_labels(rule, view),
                        active=test(view, self._around),
                    )
            silent = [
                alert
                for key, alert in self._alerts.active.items()
                if key.rule == rule.name
                and key.subject not in seen
                and alert.labels.get("message_type") not in elsewhere
            ]
            for alert in silent:
                self._alerts.advance(rule, alert, None, active=False)

    def account(self, view: AccountView, *, failed: bool) -> None:
        """Apply the account rules after a poll. After a failed one, only rules whose fields change
        without data. Rules about the age of data wait until every feed has been tried."""
        for rule, test, moves in self._rules.account_rules:
            if (failed and not moves) or (
                view.untried and rule.when is not None and "last_success_age" in rule.when.fields
            ):
                continue
            with self._apart(rule, ""):
                self._alerts.about(
                    rule,
                    "",
                    view,
                    account_labels(rule, self._account),
                    active=test(view, self._around),
                )

    def receiver(self, view: ReceiverView) -> None:
        """Apply the receiver rules to one receiver. Receivers belong to no account: begin such an
        evaluation for ""."""
        for rule, test in self._rules.receiver_rules:
            labels = receiver_labels(rule, view.receiver)
            with self._apart(rule, view.receiver):
                self._alerts.about(
                    rule, view.receiver, view, labels, active=test(view, self._around)
                )

    def gone(self, campaign_id: int, reason: ResolveReason, seen: Campaign | None = None) -> None:
        """End every alert of a campaign, last seen as `seen`. Discards what this evaluation found
        of it."""
        self.detail.forget(campaign_id)
        self._alerts.gone(campaign_id, reason, seen)

    def keep(self, campaign_id: int) -> None:
        """Leave every alert of a campaign as it was: it could not be decided."""
        self.detail.forget(campaign_id)
        self._alerts.keep(campaign_id)

    def finish(self) -> Changes:
        """What changed."""
        return self._alerts.changes()

    @contextmanager
    def _apart(self, rule: Rule, subject: str) -> Iterator[None]:
        """Note a rule that raised: it decides nothing, and keeps no other rule from deciding."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 (whatever it is)
            self._alerts.restore([self._alerts.key(rule, subject)])
            self.faults.append(RuleFault(rule.name, subject, error))


TRACKED_FIELDS = frozenset({"created_at", "message_type", "sender", "finished_at", "sent"})
"""The fields of a row that campaigns are followed by, whatever the rules are."""

SUMMED_FIELDS = frozenset({"delivered", "real_start_at", "start_at"})
SPENDING_FIELDS = frozenset({"calculated_price", "currency", "real_start_at"})


def _needed(rules: Iterable[Rule]) -> frozenset[str]:
    """The fields of the provider's rows that the rules and tracking need."""
    found = set(TRACKED_FIELDS)
    for rule in rules:
        match rule.scope:
            case Scope.CAMPAIGN:
                for name in rule.names:
                    found |= attributes("campaign", name)
            case Scope.SENDER:
                found |= SUMMED_FIELDS
            case Scope.ACCOUNT if "runway" in rule.names:
                found |= SPENDING_FIELDS
    return frozenset(found)


def _polled(alert: Alert, feeds: Collection[Feed]) -> bool:
    message_type = alert.labels.get("message_type")
    if message_type is None:
        return any(feed.account == alert.key.account for feed in feeds)
    if message_type not in LISTABLE_TYPES:
        return True  # whichever feed lists it
    return Feed(alert.key.account, message_type) in feeds
