"""Puts an explanation together: how the rule stands, what is missing, who is told."""

from collections.abc import Mapping
from datetime import datetime

from monitor.domain.alerting.alert import Alert, AlertKey, AlertState, begin, fingerprint
from monitor.domain.alerting.rule import Rule, Scope
from monitor.domain.alerting.wording import account_labels, campaign_labels, receiver_labels
from monitor.domain.campaign.baseline import Baselines
from monitor.domain.campaign.event import CampaignEvent
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.condition import ConditionPart, explain, missing
from monitor.domain.fields.catalogue import Subject, Surroundings
from monitor.domain.routing.inhibition import inhibits
from monitor.domain.routing.matcher import all_match
from monitor.domain.routing.route import RouteTree, group_of
from monitor.domain.routing.silence import SilenceState
from monitor.explain.explanation import (
    About,
    Destination,
    EventSeen,
    Explanation,
    Standing,
    Telling,
)
from monitor.explain.known import Known
from monitor.explain.outlook import holds_from
from monitor.explain.subject import SubjectSeen, see
from monitor.explain.target import Target
from monitor.ports import EVERYTHING

MOST_EVENTS = 5
"""Of the kinds that an event rule is about, the latest."""
NO_RULE = "the rule is not in the rules file any more, or is another one now: nothing asks it"


async def explain_target(known: Known, target: Target) -> Explanation:
    """Why the rule fires or does not. Raises `StoreError`."""
    about, rule = target.about, target.rule
    key = AlertKey(target.rule_name, about.account, about.subject)
    active = known.state.active.get(key)
    alert = active or target.alert or await known.last_of(key)
    if rule is None:
        labels: Mapping[str, str] = alert.labels if alert else {}
        return Explanation(
            rule=None,
            rule_name=target.rule_name,
            about=about,
            now=known.now,
            standing=Standing.UNASKED if active is None else Standing(active.state.value),
            obstacles=(NO_RULE,),
            alert=alert,
            telling=_telling(known, key, labels, active),
        )
    seen = await see(known, rule, about)
    labels = active.labels if active else _labels(rule, about)
    telling = _telling(known, key, labels, active)
    if rule.is_event_rule:
        return Explanation(
            rule=rule,
            rule_name=rule.name,
            about=about,
            now=known.now,
            standing=Standing.EVENT,
            as_of=seen.as_of,
            obstacles=(*([seen.obstacle] if seen.obstacle else []), *seen.doubts),
            alert=alert,
            events=await _events(known, rule, about, key, seen),
            telling=telling,
        )
    return _of_state(known, rule, about, seen, active, alert, telling=telling)


def _of_state(
    known: Known,
    rule: Rule,
    about: About,
    seen: SubjectSeen,
    active: Alert | None,
    alert: Alert | None,
    *,
    telling: Telling,
) -> Explanation:
    condition = rule.condition
    baselines = known.baselines(about.account, condition.baselines)

    def around(moment: datetime) -> Surroundings:
        return known.ruleset.surroundings(moment, baselines)

    subject = seen.at(known.now)
    present = (
        None
        if subject is None
        else explain(condition, subject, _instant(subject, known.now), around=around(known.now))
    )
    holds = present is not None and present.holds and seen.obstacle is None
    later = None
    if present is not None and not present.holds and seen.obstacle is None:
        later = holds_from(
            condition,
            present,
            seen.at,
            around,
            now=known.now,
            rows=seen.rows,
            quiet_hours=known.ruleset.quiet_hours,
        )
    standing = _standing(active, holds=holds, asked=seen.obstacle is None)
    return Explanation(
        rule=rule,
        rule_name=rule.name,
        about=about,
        now=known.now,
        standing=standing,
        as_of=seen.as_of,
        obstacles=(*([seen.obstacle] if seen.obstacle else []), *seen.doubts),
        condition=present,
        lack=None if present is None else missing(present),
        holds_from=later,
        alert=alert,
        changes_at=_changes_at(standing, rule, active, known.now),
        telling=telling,
    )


def _standing(active: Alert | None, *, holds: bool, asked: bool) -> Standing:
    if active is not None and active.state is AlertState.FIRING:
        return Standing.FIRING if holds else Standing.ENDING
    if active is not None:
        return Standing.PENDING if holds else Standing.LAPSING
    if not asked:
        return Standing.UNASKED
    return Standing.DUE if holds else Standing.INACTIVE


def _changes_at(
    standing: Standing, rule: Rule, active: Alert | None, now: datetime
) -> datetime | None:
    """When `for` or `keep_firing_for` ends; None if neither runs."""
    if standing is Standing.PENDING and active is not None:
        return active.active_since + rule.hold
    if standing is Standing.ENDING and active is not None and rule.keep_firing:
        return (active.inactive_since or now) + rule.keep_firing
    return now + rule.hold if standing is Standing.DUE and rule.hold else None


async def _events(
    known: Known, rule: Rule, about: About, key: AlertKey, seen: SubjectSeen
) -> tuple[EventSeen, ...]:
    """The latest events of the kinds that the rule is about, the newest first."""
    events = await known.store.events(
        campaign_id=int(about.subject), account=about.account, limit=EVERYTHING
    )
    baselines = known.baselines(about.account, rule.when.baselines if rule.when else ())
    found: list[EventSeen] = []
    for event in [event for event in events if event.kind in rule.on][:MOST_EVENTS]:
        told = await known.store.alert(f"{fingerprint(key)}-{event.id}") is not None
        found.append(
            EventSeen(event=event, told=told, part=_at_event(known, rule, event, seen, baselines))
        )
    return tuple(found)


def _at_event(
    known: Known, rule: Rule, event: CampaignEvent, seen: SubjectSeen, baselines: Baselines
) -> ConditionPart | None:
    subject = seen.at(known.now)
    if rule.when is None or subject is None:
        return None
    moment = datetime.fromtimestamp(event.at, known.now.tzinfo)
    around = known.ruleset.surroundings(moment, baselines)
    return explain(rule.when, subject, event.at, event=event, around=around)


def _labels(rule: Rule, about: About) -> dict[str, str]:
    """The labels that an alert would have, if there were one."""
    if about.scope is Scope.CAMPAIGN and about.campaign is not None:
        return campaign_labels(rule, about.campaign)
    if about.scope is Scope.RECEIVER:
        return receiver_labels(rule, about.subject)
    labels = account_labels(rule, about.account)
    if about.scope is Scope.SENDER:
        labels |= {"sender": about.name, "message_type": about.message_type or ""}
    return labels


def _instant(subject: Subject, now: datetime) -> float | None:
    """The time at which a campaign is asked; the views of other scopes carry their own."""
    return now.timestamp() if isinstance(subject, TrackedCampaign) else None


# --- who is told ---


def _telling(
    known: Known, key: AlertKey, labels: Mapping[str, str], alert: Alert | None
) -> Telling:
    """Who is told of `alert` or, without one, who would be told of an alert with these `labels`."""
    asked = begin(key, labels=labels, now=known.now) if alert is None else alert
    silences = (
        each
        for each in known.silences
        if all_match(each.matchers, labels) and each.state(known.now) is not SilenceState.EXPIRED
    )
    return Telling(
        acknowledged=known.acknowledged.get(asked.id),
        silences=tuple(sorted(silences, key=lambda silence: silence.starts_at)),
        inhibited_by=_inhibitor(known, asked),
        destinations=tuple(_destinations(known, labels, asked)),
    )


def _inhibitor(known: Known, asked: Alert) -> Alert | None:
    others = [alert for alert in known.state.open_alerts() if alert.id != asked.id]
    return next(
        (
            each
            for rule in known.rules.inhibit_rules
            for each in others
            if inhibits(rule, each, asked)
        ),
        None,
    )


def _destinations(known: Known, labels: Mapping[str, str], asked: Alert) -> list[Destination]:
    if known.rules.route is None:
        return []
    found: list[Destination] = []
    for branch in RouteTree(known.rules.route).destinations(labels):
        group, group_labels = group_of(labels, branch.route, branch.path)
        ledger = known.state.ledgers.get(group)
        found.append(
            Destination(
                receiver=branch.route.receiver,
                path=f"route{branch.path}",
                group_labels=group_labels,
                muted=branch.route.muted(known.now),
                told=ledger.told.get(asked.id) if ledger else None,
                told_at=ledger.flushed_at if ledger else None,
            )
        )
    return found
