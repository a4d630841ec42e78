"""Rules that need more than the list shows, and what is decided once that has been read.

A rule with `detail: true` is evaluated in two steps. The part of its condition that needs no detail
selects campaigns. Their details are read if those known are too old. Then the whole condition is
evaluated.
"""

from collections.abc import Iterable, Sequence

from monitor.domain.alerting.alert import AlertKey
from monitor.domain.alerting.rule import Rule
from monitor.domain.alerting.three_valued import ThreeValuedConditions
from monitor.domain.alerting.working_alerts import WorkingAlerts
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.condition import BatchFunction, compile_batch
from monitor.domain.fields.catalogue import Surroundings

GOOD_FOR_SECONDS = 300.0
"""How old a detail may be and still count as current."""


def outdated(row: TrackedCampaign, now: float) -> bool:
    """Whether the campaign's detail is missing, or is some minutes old and the campaign has changed
    since. `now` in Unix seconds."""
    detail = row.detail
    return detail is None or (
        now - detail.read_at > GOOD_FOR_SECONDS and detail.revision != row.revision
    )


class DetailRules:
    """The rules of scope `campaign` that need details, compiled."""

    def __init__(self, state_rules: Iterable[Rule]) -> None:
        rules = list(state_rules)
        self.with_detail = [rule for rule in rules if rule.detail]
        self.names = frozenset(rule.name for rule in self.with_detail)
        self.selecting = [rule.condition.without("_d") for rule in self.with_detail]
        self.select = compile_batch(self.selecting)
        self.partly_selected = ThreeValuedConditions()
        self.ask = compile_batch([rule.condition for rule in self.with_detail])
        self.naming = [rule for rule in rules if not rule.detail and rule.condition.uses("_d")]
        self.naming_names = frozenset(rule.name for rule in self.naming)
        self.ask_naming = compile_batch([rule.condition for rule in self.naming])


class DetailPhase:
    """The part of an evaluation that waits for details. Call `postpone` for all rows before `read`
    and `decide`."""

    def __init__(
        self,
        rules: DetailRules,
        alerts: WorkingAlerts,
        now: float,
        around: Surroundings,
        partly_read: ThreeValuedConditions,
    ) -> None:
        self._rules = rules
        self._partly_read = partly_read
        self._alerts = alerts
        self._now = now
        self._around = around
        self.postponed: dict[int, TrackedCampaign] = {}
        """The campaigns for which rules with `detail: true` must still be evaluated."""

    def postpone(self, rows: Sequence[TrackedCampaign]) -> set[AlertKey]:
        """Find the watched rows that such a rule selects. Returns the alerts that must not be
        decided yet."""
        rules = self._rules.with_detail
        if not rules:
            return set()
        hits, unknown = self._rules.partly_selected.ask(
            self._rules.selecting, self._rules.select, rows, self._now, self._around
        )
        # where it is not known whether the campaign is selected, its detail may still say that
        # the whole condition does not hold; without an alert there is nothing to end
        frozen = self._alerts.freeze(unknown, rules)
        hits += [
            (index, row)
            for index, row in unknown
            if self._alerts.key(rules[index], str(row.campaign.id)) in self._alerts.active
        ]
        self.postponed.update((row.campaign.id, row) for _, row in hits)
        return frozen | {
            self._alerts.key(rules[index], str(row.campaign.id)) for index, row in hits
        }

    def forget(self, campaign_id: int) -> None:
        """Forget a campaign that is gone."""
        self.postponed.pop(campaign_id, None)

    def fired(self) -> list[int]:
        """The campaigns of which an alert now fires or an event is told, the most severe first."""
        return self._alerts.fired()

    def unexplained(self) -> list[int]:
        """The campaigns with a firing alert that has no detail, each once."""
        found = (int(alert.key.subject) for alert in self._alerts.firing() if alert.detail is None)
        return list(dict.fromkeys(found))

    def fires(self, campaign_id: int) -> bool:
        """Whether an alert on the campaign fires, as it stands."""
        return self._alerts.fires(campaign_id)

    def read(self, rows: Sequence[TrackedCampaign]) -> None:
        """Take over details just read: evaluate rules that name them again, and renew texts."""
        rules, alerts = self._rules, self._alerts
        watched = [row for row in rows if not row.settled]
        holding = self._hold(watched, rules.ask_naming, rules.naming)
        for row, rule, alert in alerts.of(rows):
            if alert.key in holding or rule.name in rules.names:
                continue
            if rule.name in rules.naming_names or not alert.frozen:
                held = rule.name not in rules.naming_names and alert.inactive_since is None
                alerts.advance(rule, alert, row, active=held)
        for row in rows:
            alerts.renew_event_texts(row)
            if row.campaign.id in self.postponed:
                self.postponed[row.campaign.id] = row

    def decide(self, campaign_ids: Iterable[int]) -> None:
        """Evaluate the rules that waited for these postponed campaigns.

        Leave out those whose detail was due and could not be read: their alerts stay as they are,
        because old facts decide nothing.
        """
        rules, alerts = self._rules, self._alerts
        rows = [self.postponed[campaign_id] for campaign_id in campaign_ids]
        holding = self._hold(rows, rules.ask, rules.with_detail)
        for row, rule, alert in alerts.of(rows):
            if rule.name in rules.names and alert.key not in holding:
                alerts.advance(rule, alert, row, active=False)

    def _hold(
        self, rows: Sequence[TrackedCampaign], batch: BatchFunction, rules: list[Rule]
    ) -> set[AlertKey]:
        """The alerts of rules that hold for these rows, and those whose rule has no answer."""
        hits, unknown = self._partly_read.ask(
            [rule.condition for rule in rules], batch, rows, self._now, self._around
        )
        return self._alerts.hold(hits, rules) | self._alerts.freeze(unknown, rules)
