"""An account's alerts during an evaluation: what was committed, and what the evaluation makes of
it."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from monitor.domain.alerting.alert import (
    Alert,
    AlertKey,
    AlertState,
    ResolveReason,
    advance,
    begin,
    happened,
)
from monitor.domain.alerting.notified import weight
from monitor.domain.alerting.rule import Rule, Scope
from monitor.domain.alerting.three_valued import frozen_since, moment_text
from monitor.domain.alerting.wording import (
    annotations,
    campaign_labels,
    scope_of,
    with_unknown,
)
from monitor.domain.campaign.event import CampaignEvent
from monitor.domain.campaign.sender import MOST_UNREADABLE
from monitor.domain.campaign.snapshot import Campaign
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.campaign.unreadable import marks_of
from monitor.domain.fields.catalogue import Subject, Surroundings

DESCRIBE_AGAIN = timedelta(minutes=5)
"""How old an alert's texts may be while its campaign does not change: "waits for 11 min" must not
be repeated hours later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What an evaluation changed: `alerts` that are new or changed, `dropped` ids of pending ones
    that ended."""

    alerts: tuple[Alert, ...] = ()
    dropped: tuple[str, ...] = ()


class WorkingAlerts:
    """The pending and firing alerts of an account as of `now`. Pure: nothing outside changes,
    `changes` returns the result."""

    def __init__(
        self,
        account: str,
        now: datetime,
        alerts: Mapping[AlertKey, Alert],
        *,
        rules: Mapping[str, Rule],
        around: Surroundings,
        describe_again: timedelta = DESCRIBE_AGAIN,
    ) -> None:
        """`alerts` of other accounts are ignored. `rules` are by name; an alert of none of them
        stays as it is. Texts are renewed when they are `describe_again` old, even if the campaign
        has not changed."""
        self._account = account
        self._now = now
        self._instant = now.timestamp()
        self._around = around
        self._describe_again = describe_again
        self._rules = rules
        self._before: dict[AlertKey, Alert] = {}
        self._keys_of: dict[int, tuple[AlertKey, ...]] = {}
        before, keys_of = self._before, self._keys_of
        for key, alert in alerts.items():  # in one turn of the event loop, be it a hundred thousand
            if key.account != account or alert.event_id is not None:
                continue
            before[key] = alert
            if "campaign_id" in alert.labels and key.rule in rules:
                campaign_id = int(key.subject)
                others = keys_of.get(campaign_id)
                keys_of[campaign_id] = (key,) if others is None else (*others, key)
        self.active = before.copy()
        self._changed: dict[str, Alert] = {}
        self._dropped: dict[str, None] = {}
        self._events: dict[int, list[tuple[Rule, CampaignEvent, str, Collection[str]]]] = {}

    def key(self, rule: Rule, subject: str) -> AlertKey:
        """What identifies the rule's alert on that subject."""
        return AlertKey(rule.name, self._account, subject)

    def of(self, rows: Iterable[TrackedCampaign]) -> Iterator[tuple[TrackedCampaign, Rule, Alert]]:
        """The active alerts of these rows, each with its row and rule. You may change alerts while
        iterating."""
        keys_of = self._keys_of
        if not keys_of:
            return
        for row in rows:
            for key in keys_of.get(row.campaign.id, ()):
                alert = self.active.get(key)
                if alert is not None:
                    yield row, self._rules[key.rule], alert

    def hold(self, hits: Iterable[tuple[int, TrackedCampaign]], rules: list[Rule]) -> set[AlertKey]:
        """Begin or advance an alert for each rule (by its index) that holds for a row. Returns
        their keys."""
        holding: set[AlertKey] = set()
        for index, row in hits:
            rule, campaign = rules[index], row.campaign
            key = self.key(rule, str(campaign.id))
            holding.add(key)
            alert = self.active.get(key)
            if alert is None:
                keys = self._keys_of.get(campaign.id, ())
                if key not in keys:
                    self._keys_of[campaign.id] = (*keys, key)
                alert = self._begin(key, campaign_labels(rule, campaign), campaign)
            self.advance(rule, alert, row, active=True)
        return holding

    def freeze(
        self, unknown: Iterable[tuple[int, TrackedCampaign]], rules: list[Rule]
    ) -> set[AlertKey]:
        """Leave the alert of each rule (by its index) on a row as it is, since what the rule needs
        could not be read, and note since when. Returns their keys."""
        keys: set[AlertKey] = set()
        for index, row in unknown:
            rule = rules[index]
            key = self.key(rule, str(row.campaign.id))
            keys.add(key)
            if (alert := self.active.get(key)) is not None:
                self._note(alert, frozen_since(rule.condition, marks_of(row), self._instant))
        return keys

    def freeze_sender(self, key: AlertKey) -> None:
        """Leave the alert on a sender, if there is one, as it is, since too little of the sender's
        messages can be read, and note since when."""
        alert = self.active.get(key)
        if alert is not None and not alert.frozen:
            share = f"{MOST_UNREADABLE:.0%}".replace("%", " %")
            self._note(
                alert,
                f"sent or delivered of more than {share} of the messages not readable since "
                f"{moment_text(self._instant)}, so this is as it was then.",
            )

    def _note(self, alert: Alert, frozen: str) -> None:
        if alert.frozen != frozen:
            self._record(alert, msgspec.structs.replace(alert, frozen=frozen))

    def about(
        self, rule: Rule, subject: str, view: Subject, labels: Mapping[str, str], *, active: bool
    ) -> None:
        """Begin or advance the rule's alert on a subject that is not a campaign. A new one gets
        `labels`."""
        key = self.key(rule, subject)
        alert = self.active.get(key)
        if alert is None and active:
            alert = self._begin(key, labels, None)
        if alert is not None:
            self.advance(rule, alert, view, active=active)

    def advance(
        self,
        rule: Rule,
        alert: Alert,
        subject: Subject | None,
        *,
        active: bool,
        reason: ResolveReason = ResolveReason.CONDITION,
    ) -> None:
        """Advance an alert whose condition holds (`active`) or not. Calling it twice has no further
        effect.

        `subject` is None if nothing is left to make its texts from.
        """
        after = advance(
            alert,
            active=active,
            now=self._now,
            hold=rule.hold,
            keep_firing=rule.keep_firing,
            reason=reason,
        )
        if after is not None and after.state is not AlertState.PENDING:
            after = self._described(
                rule, after, subject, active=active, fires=after.state is not alert.state
            )
        if after is not alert:
            self._record(alert, after)

    def happened(
        self,
        rule: Rule,
        event: CampaignEvent,
        row: TrackedCampaign,
        *,
        unknown: Collection[str] = (),
    ) -> None:
        """An event that the rule tells. `unknown` are fields without which it could not be said
        whether the rule's condition held."""
        labels = campaign_labels(rule, event.campaign)
        alert = happened(
            self.key(rule, str(event.campaign.id)),
            event.id,
            labels=labels,
            annotations=with_unknown(
                annotations(rule, row, self._instant, labels, around=self._around, event=event),
                unknown,
            ),
            now=self._now,
            campaign=event.campaign,
            detail=row.detail,
        )
        self._changed[alert.id] = alert
        self._events.setdefault(event.campaign.id, []).append((rule, event, alert.id, unknown))

    def renew_event_texts(self, row: TrackedCampaign) -> None:
        """Renew the texts of the campaign's events: more is known of it."""
        for rule, event, alert_id, unknown in self._events.get(row.campaign.id, ()):
            alert = self._changed[alert_id]
            texts = annotations(
                rule, row, self._instant, alert.labels, around=self._around, event=event
            )
            self._changed[alert_id] = msgspec.structs.replace(
                alert, annotations=with_unknown(texts, unknown), detail=row.detail
            )

    def gone(self, campaign_id: int, reason: ResolveReason, seen: Campaign | None = None) -> None:
        """End every alert of a campaign, last seen as `seen`. Discards what was found of it
        before."""
        for key in self._keys_of.get(campaign_id, ()):
            current = self.active.pop(key, None)
            if current is None:
                continue
            self._changed.pop(current.id, None)
            before = self._before.get(key)
            if before is not None:
                last = before if seen is None else msgspec.structs.replace(before, campaign=seen)
                self._record(before, end(last, self._now, reason))

    def keep(self, campaign_id: int) -> None:
        """Leave every alert of a campaign as it was, and discard its events."""
        for _, _, alert_id, _ in self._events.pop(campaign_id, ()):
            self._changed.pop(alert_id, None)
        self.restore(self._keys_of.get(campaign_id, ()))

    def restore(self, keys: Iterable[AlertKey]) -> None:
        """Leave these alerts as they were, and discard what was found of them."""
        for key in keys:
            before = self._before.get(key)
            for alert in (self.active.pop(key, None), before):
                if alert is not None:
                    self._changed.pop(alert.id, None)
                    self._dropped.pop(alert.id, None)
            if before is not None:
                self.active[key] = before

    def fired(self) -> list[int]:
        """The campaigns of which an alert now fires or an event is told, each once, the most severe
        first."""
        by_severity: dict[str, dict[int, None]] = {}
        for alert in self._changed.values():
            if (
                alert.fired_at == self._now
                and alert.state is AlertState.FIRING
                and scope_of(alert.labels) is Scope.CAMPAIGN
            ):
                by_severity.setdefault(alert.labels.get("severity", ""), {})[
                    int(alert.key.subject)
                ] = None
        found: dict[int, None] = {}
        for severity in sorted(by_severity, key=weight):
            found |= by_severity[severity]
        return list(found)

    def fires(self, campaign_id: int) -> bool:
        """Whether an alert on the campaign fires, as it stands."""
        found = (self.active.get(key) for key in self._keys_of.get(campaign_id, ()))
        return any(alert is not None and alert.state is AlertState.FIRING for alert in found)

    def firing(self) -> Iterator[Alert]:
        """The alerts on campaigns that fire, as it stands."""
        return (
            alert
            for alert in self.active.values()
            if alert.state is AlertState.FIRING and scope_of(alert.labels) is Scope.CAMPAIGN
        )

    def changes(self) -> Changes:
        """What changed."""
        return Changes(alerts=tuple(self._changed.values()), dropped=tuple(self._dropped))

    def _begin(self, key: AlertKey, labels: Mapping[str, str], campaign: Campaign | None) -> Alert:
        alert = begin(key, labels=labels, now=self._now, campaign=campaign)
        self.active[key] = self._changed[alert.id] = alert
        return alert

    def _described(
        self, rule: Rule, alert: Alert, subject: Subject | None, *, active: bool, fires: bool
    ) -> Alert:
        """The alert with current texts and snapshot. Texts are made while the condition holds, so
        the end is told with what was last true. They follow their subject, and time at least every
        `describe_again`."""
        campaign, detail = (
            (subject.campaign, subject.detail)
            if isinstance(subject, TrackedCampaign)
            else (None, None)
        )
        same = campaign is None or (
            (campaign is alert.campaign or campaign == alert.campaign)
            and (detail is alert.detail or detail == alert.detail)
        )
        if not active or subject is None:
            return (
                alert if same else msgspec.structs.replace(alert, campaign=campaign, detail=detail)
            )
        recent = (
            alert.described_at is not None and self._now - alert.described_at < self._describe_again
        )
        if not fires and recent and same and campaign is not None:
            return alert
        texts = annotations(rule, subject, self._instant, alert.labels, around=self._around)
        if not fires and campaign is None and texts == alert.annotations:
            return alert
        return msgspec.structs.replace(
            alert, annotations=texts, described_at=self._now, campaign=campaign, detail=detail
        )

    def _record(self, alert: Alert, after: Alert | None) -> None:
        key = alert.key
        if after is None:
            self.active.pop(key, None)
            self._changed.pop(alert.id, None)
            self._dropped[alert.id] = None
            return
        self._changed[after.id] = after
        if after.state is AlertState.RESOLVED:
            self.active.pop(key, None)
        else:
            self.active[key] = after


def end(alert: Alert, now: datetime, reason: ResolveReason) -> Alert | None:
    """The alert once its subject or its rule is gone; None for a pending one."""
    return advance(
        alert, active=False, now=now, hold=timedelta(0), keep_firing=timedelta(0), reason=reason
    )
