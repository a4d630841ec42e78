"""Rules, rows, and the alerts of one account as a daemon would hold them from cycle to cycle."""

from datetime import timedelta
from typing import Any

from monitor.domain.alerting.alert import Alert, AlertKey, AlertState, ResolveReason
from monitor.domain.alerting.evaluation import Changes, Evaluation, RuleSet
from monitor.domain.alerting.rule import Rule, Scope
from monitor.domain.campaign.account import AccountView, Balance
from monitor.domain.campaign.event import EventKind
from monitor.domain.campaign.feed import Feed, FeedState, SweepOutcome
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.condition import parse_condition
from monitor.domain.texts.template import Template
from tests.clock import START
from tests.unit.domain.builders import a_campaign, tracked

MINUTE = timedelta(minutes=1)
ACCOUNT = "default"


def rule(
    name: str = "Low",
    when: str | None = "delivered < 10",
    *,
    summary: str = "{{ name }} {{ delivered }}",
    **values: Any,
) -> Rule:
    scope, event = values.get("scope", Scope.CAMPAIGN), bool(values.get("on"))
    condition = None if when is None else parse_condition(when, scope=scope.value, event=event)
    return Rule(
        name=name,
        when=condition,
        summary=Template.parse(summary, scope=scope.value, event=event),
        **values,
    )


def on(*kinds: EventKind) -> frozenset[EventKind]:
    return frozenset(kinds)


def row(campaign_id: int = 1, *, settled: bool = False, **values: Any) -> TrackedCampaign:
    return tracked(
        a_campaign(campaign_id, **{"delivered": 5, "sent": 10, **values}), settled=settled
    )


class Life:
    """The alerts of one account as a daemon would hold them from cycle to cycle."""

    def __init__(self, *rules: Rule) -> None:
        self.rules = RuleSet(rules)
        self.now = START
        self.active: dict[AlertKey, Alert] = {}
        self.ended: list[Alert] = []
        self.last = Changes()

    def begin(self, *, minutes: float = 0) -> Evaluation:
        self.now += minutes * MINUTE
        return self.rules.begin(ACCOUNT, self.now, self.active)

    def finish(self, evaluation: Evaluation) -> Changes:
        self.last = evaluation.finish()
        held = {alert.id: alert for alert in self.active.values()}
        for id_ in self.last.dropped:
            assert held[id_].state is AlertState.PENDING, "only what was never told is dropped"
            del self.active[held[id_].key]
        for alert in self.last.alerts:
            assert alert != held.get(alert.id), "reported as changed though it is the same"
            if alert.is_event or alert.state is AlertState.RESOLVED:
                self.ended.append(alert)
                self.active.pop(alert.key, None) if not alert.is_event else None
            else:
                self.active[alert.key] = alert
        return self.last

    def see(self, *rows: TrackedCampaign, minutes: float = 0) -> Changes:
        evaluation = self.begin(minutes=minutes)
        evaluation.campaigns(rows)
        return self.finish(evaluation)

    def poll(self, view: AccountView, *, failed: bool = False) -> Changes:
        self.now = view.now
        evaluation = self.begin()
        evaluation.account(view, failed=failed)
        return self.finish(evaluation)

    def end(self, campaign_id: int, reason: ResolveReason) -> Changes:
        evaluation = self.begin(minutes=1)
        evaluation.gone(campaign_id, reason)
        return self.finish(evaluation)


def view(minute: int = 0, *, up: bool = True, balance: float | None = 100.0) -> AccountView:
    now = START + minute * MINUTE
    feed = FeedState(feed=Feed(ACCOUNT, "sms"), first_tried=START, last_success=START)
    if not up:
        feed = feed.after(SweepOutcome.FAILED, started=now, full=False)
    money = (
        None
        if balance is None
        else Balance(balance=balance, credit=0.0, currency="EUR", read_at=now)
    )
    return AccountView(
        account=ACCOUNT, feeds=(feed,), balance=money, counts={"sending": 1}, now=now
    )


POOR = rule("Poor", "spendable < 10", scope=Scope.ACCOUNT, summary="{{ spendable }}")
DOWN = rule("Down", "not api_up", scope=Scope.ACCOUNT, hold=2 * MINUTE, summary="down")
