"""Alerts that would never end: their rule, account, message type or receiver is no longer
configured."""

from collections.abc import Collection
from datetime import datetime

from monitor.domain.alerting.alert import Alert
from monitor.domain.alerting.evaluation import RuleSet
from monitor.domain.campaign.feed import Feed
from monitor.log_events import note_alerts
from monitor.ports import CycleCommit, CycleStore
from monitor.state import State


async def end_orphans(
    rules: RuleSet,
    state: State,
    store: CycleStore,
    *,
    feeds: Collection[Feed],
    receivers: Collection[str],
    now: datetime,
) -> list[Alert]:
    """Resolve such alerts, with the reason, and commit; receivers that got the alert also learn
    that it ended. Returns the ended alerts.

    Raises `StoreError`; alerts that were not committed by then have not ended.
    """
    changes = rules.orphans(state.active.values(), now, feeds=feeds, receivers=receivers)
    dropped = set(changes.dropped)
    ended = {alert.id: alert for alert in changes.alerts}
    accounts = {
        alert.key.account
        for alert in state.active.values()
        if alert.id in ended or alert.id in dropped
    }
    for account in sorted(accounts):
        mine = {alert.id for alert in state.active.values() if alert.key.account == account}
        commit = CycleCommit(
            account=account,
            alerts=[alert for alert in ended.values() if alert.id in mine],
            dropped_alerts=sorted(dropped & mine),
        )
        await store.commit_cycle(commit)
        state.apply_cycle(commit)
        note_alerts(commit.alerts, now=now)
    return list(ended.values())
