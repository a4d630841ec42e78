"""A store with what a monitor would know, rules, and a time that is given: for explanations."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.domain.alerting.alert import Alert
from monitor.domain.alerting.evaluation import RuleSet
from monitor.domain.campaign.feed import Feed, FeedState, SweepOutcome
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.explain import Explanation, UnclearTargetError, explain_target, find_target, read_known
from monitor.ports import CycleCommit
from monitor.rulefile import RuleFile, parse_rules
from monitor.store import SqliteStore
from tests.unit.domain.builders import a_campaign, tracked

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOW = START.timestamp()
SMS, RCS = Feed("default", "sms"), Feed("default", "rcs")

RULES = """\
quiet_hours:
  - times: ["20:00-08:00"]
rules:
  - alert: Late
    when: status == "scheduled" and start_delay > "10m"
    for: 5m
    keep_firing_for: 15m
    severity: critical
  - alert: Stopped
    on: status_changed
    when: status == "stopped" and old_status != "done"
  - alert: Edited
    on: edited
  - alert: Quiet
    when: status == "paused" and not in_quiet_hours
  - alert: Slow
    when: increase(sent, "10m") < 5 and status == "sending"
  - alert: Odd
    when: reach < baseline(reach, "28d") - 0.1
  - alert: Detailed
    when: status == "sending" and expired > 5
    detail: true
  - alert: SenderLow
    scope: sender
    when: delivery_ratio < 0.8
  - alert: Down
    scope: account
    when: api_up == false
  - alert: Poor
    scope: account
    when: spendable < 50 and campaigns >= 0
  - alert: Failing
    scope: receiver
    when: failing_for > "15m"
receivers:
  - {name: ops, console: {}}
  - {name: desk, console: {}}
route:
  receiver: ops
  routes:
    - matchers: ['severity="critical"']
      receiver: desk
inhibit_rules:
  - {source_matchers: ['alertname="Down"'], target_matchers: ['campaign_id!=""'], equal: [account]}
"""


class Scene:
    """A store, rules, and a time that is given."""

    def __init__(self, store: SqliteStore, text: str = RULES) -> None:
        self.store = store
        self.rules: RuleFile = parse_rules(text, source="rules.yaml", lookup={}.get)
        self.now = START
        self.feeds: Sequence[Feed] = (SMS, RCS)

    async def know(self, *rows: TrackedCampaign, **more: Any) -> None:
        """Commit what a reading found; each feed has just been read."""
        for feed in self.feeds:
            state = FeedState(feed=feed, first_tried=START - timedelta(days=1)).after(
                SweepOutcome.OK, started=self.now, full=True
            )
            await self.store.commit_cycle(CycleCommit(account="default", feed=state))
        samples = {row.campaign.id: row.samples[-1] for row in rows if row.samples}
        await self.store.commit_cycle(
            CycleCommit(account="default", campaigns=rows, samples=samples, **more)
        )

    async def evaluate(self, *rows: TrackedCampaign) -> list[Alert]:
        """Let the engine decide on these campaigns now, and commit it."""
        snapshot = await self.store.load()
        known = {alert.key: alert for alert in snapshot.alerts if alert.resolved_at is None}
        evaluation = RuleSet(self.rules.rules, quiet_hours=self.rules.quiet_hours).begin(
            "default", self.now, known
        )
        evaluation.campaigns(rows)
        changes = evaluation.finish()
        await self.know(*rows, alerts=changes.alerts, dropped_alerts=changes.dropped)
        return list(changes.alerts)

    async def explain(self, named: str, subject: str | None = None, **options: str) -> Explanation:
        known = await read_known(self.store, self.rules, self.feeds, now=self.now)
        return await explain_target(known, await find_target(known, named, subject, **options))

    async def refusal(self, named: str, subject: str | None = None, **options: str) -> str:
        with pytest.raises(UnclearTargetError) as caught:
            await self.explain(named, subject, **options)
        return str(caught.value)


LATE = tracked(a_campaign(7, status="scheduled", start_at=NOW - 8 * 60, name="Spring sale"))
