"""What the store and the rules file say at one time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.dispatcher import HEALTH, read_health
from monitor.domain.alerting.alert import Acknowledgement, Alert, AlertKey
from monitor.domain.alerting.evaluation import RuleSet
from monitor.domain.campaign.baseline import NO_BASELINES, Baselines, BaselineSpan, survey
from monitor.domain.campaign.feed import Feed
from monitor.domain.campaign.receiver_view import ReceiverView
from monitor.domain.campaign.snapshot import CampaignKey
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.routing.silence import Silence
from monitor.polling.receiver_rules import receiver_views
from monitor.ports import EVERYTHING, Store
from monitor.rulefile import RuleFile
from monitor.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """`state` is what a daemon that started now would know. `rows` are all campaigns in the
    store, also those of accounts and message types that are not polled any more; `silences`
    those that have not ended; `token_ends` says by account when its token ends (Unix seconds)."""

    now: datetime
    rules: RuleFile
    ruleset: RuleSet
    state: State
    rows: Mapping[CampaignKey, TrackedCampaign]
    silences: Sequence[Silence]
    acknowledged: Mapping[str, Acknowledgement]
    store: Store
    token_ends: Mapping[str, float] = field(default_factory=dict)

    def baselines(self, account: str, spans: Collection[BaselineSpan]) -> Baselines:
        """What is usual for the account's senders, worked out now."""
        if not spans:
            return NO_BASELINES
        return survey(spans, self.state.table(account).rows.values(), self.now.timestamp())

    async def receiver(self, name: str) -> ReceiverView | None:
        """How the deliveries to a receiver of the file stand. Raises `StoreError`."""
        integrations = {
            each.name: each.integration for each in self.rules.receivers if each.name == name
        }
        health = {each: read_health(await self.store.recall(each, HEALTH)) for each in integrations}
        return next(
            iter(await receiver_views(self.store, integrations, health, now=self.now)), None
        )

    async def ended(self) -> Sequence[Alert]:
        """Alerts that have ended, and events, the latest first; those that a receiver may still
        have to be told of among them. Raises `StoreError`."""
        found = {alert.id: alert for alert in await self.store.alert_history(limit=EVERYTHING)}
        found |= self.state.ended
        return sorted(
            found.values(), key=lambda alert: alert.resolved_at or alert.active_since, reverse=True
        )

    async def last_of(self, key: AlertKey) -> Alert | None:
        """The alert of that key that ended last; no event. Raises `StoreError`."""
        return next(
            (alert for alert in await self.ended() if alert.key == key and not alert.is_event), None
        )


async def read_known(
    store: Store,
    rules: RuleFile,
    feeds: Sequence[Feed],
    *,
    now: datetime,
    token_ends: Mapping[str, float] | None = None,
) -> Known:
    """Read what is known. `feeds` are those that the settings name; without any, those that were
    polled are taken. Raises `StoreError`."""
    snapshot = await store.load()
    state = State(snapshot, polled=feeds or tuple(snapshot.feeds))
    ruleset = RuleSet(rules.rules, quiet_hours=rules.quiet_hours)
    state.remember(await store.samples(since=now - timedelta(seconds=ruleset.look_back)))
    rows = {CampaignKey(row.campaign.account, row.campaign.id): row for row in snapshot.campaigns}
    rows |= {
        CampaignKey(row.campaign.account, id_): row
        for table in state.accounts.values()
        for id_, row in table.rows.items()
    }
    return Known(
        now=now,
        rules=rules,
        ruleset=ruleset,
        state=state,
        rows=rows,
        silences=await store.silences(ended_after=now),
        acknowledged={each.alert_id: each for each in await store.acknowledgements()},
        store=store,
        token_ends=token_ends or {},
    )
