"""The life of an alert: inactive → pending → firing → resolved."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from monitor.domain.campaign.detail import CampaignDetail
from monitor.domain.campaign.snapshot import Campaign


class AlertState(StrEnum):
    """`resolved` is the end of one instance. If the condition holds again, a new instance begins.
    There is no state "inactive": there is no alert then."""

    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"


class ResolveReason(StrEnum):
    """Why an alert ended."""

    CONDITION = "condition"  # it no longer holds
    SETTLED = "settled"
    VANISHED = "vanished"
    LEFT_WINDOW = "left_window"  # older than the monitor follows
    IGNORED = "ignored"  # the campaign now falls under BSG_IGNORE
    RULE_REMOVED = "rule_removed"
    NOT_WATCHED = "not_watched"  # its account or message type is no longer configured


class AlertKey(msgspec.Struct, frozen=True, gc=False, order=True):
    """What an alert is about. `subject`: the campaign id as text, the sender's name, the
    receiver's name, "" for an account."""

    rule: str
    account: str
    subject: str


class Alert(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One rule's verdict on one campaign, sender, account or receiver, from the moment its
    condition held.

    `id` names this instance: it ends with `resolved` and is never used again. `fingerprint` is
    the same for every instance of the key. `labels` are frozen from pending until resolved.
    `active_since`: when the condition first held; `fired_at`: when it became firing (an alert's
    `startsAt`); `inactive_since`: the evaluation at which a firing alert's condition stopped
    holding, null while it holds (so that nothing needs to be written while nothing changes);
    `resolved_at`: its `endsAt`. `campaign` is the last snapshot seen, null where the subject is
    no campaign, `detail` what was last read of it in detail, null while nothing was.
    `annotations` are empty while pending; `described_at`: when they were last made. `event_id`
    is set for an event: born firing with `resolved_at` = `fired_at`, told once, never resolved.
    `frozen` says, in a sentence, why the alert is as it was: what its rule needs cannot be read.
    It is empty while the rule has an answer.
    """

    id: str
    fingerprint: str
    key: AlertKey
    state: AlertState
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    active_since: datetime
    inactive_since: datetime | None = None
    fired_at: datetime | None = None
    resolved_at: datetime | None = None
    described_at: datetime | None = None
    resolve_reason: ResolveReason | None = None
    event_id: str | None = None
    campaign: Campaign | None = None
    detail: CampaignDetail | None = None
    frozen: str = ""

    @property
    def is_event(self) -> bool:
        return self.event_id is not None

    @property
    def about(self) -> str:
        """How people know its subject: a campaign by its name, otherwise the sender, receiver or
        account."""
        return self.campaign.name if self.campaign else self.key.subject or self.key.account

    @property
    def shown_state(self) -> str:
        """The state for people and programs: an event has none but that it happened."""
        return "event" if self.is_event else self.state.value


def fingerprint(key: AlertKey) -> str:
    """16 hex digits that are the same for every instance of a key, everywhere and always."""
    return hashlib.sha256(json.dumps([key.rule, key.account, key.subject]).encode()).hexdigest()[
        :16
    ]


def begin(
    key: AlertKey, *, labels: Mapping[str, str], now: datetime, campaign: Campaign | None = None
) -> Alert:
    """A new, pending instance whose condition holds since `now`. `advance` makes it fire, at
    once where there is no `for`."""
    digest = fingerprint(key)
    return Alert(
        id=f"{digest}-{int(now.timestamp() * 1000):x}",
        fingerprint=digest,
        key=key,
        state=AlertState.PENDING,
        labels=labels,
        annotations={},
        active_since=now,
        campaign=campaign,
    )


def happened(
    key: AlertKey,
    event_id: str,
    *,
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
    now: datetime,
    campaign: Campaign | None,
    detail: CampaignDetail | None = None,
) -> Alert:
    """An event as an alert: its id is the same whenever the same event is found again."""
    digest = fingerprint(key)
    return Alert(
        id=f"{digest}-{event_id}",
        fingerprint=digest,
        key=key,
        state=AlertState.FIRING,
        labels=labels,
        annotations=annotations,
        active_since=now,
        fired_at=now,
        resolved_at=now,
        event_id=event_id,
        campaign=campaign,
        detail=detail,
    )


def advance(
    alert: Alert,
    *,
    active: bool,
    now: datetime,
    hold: timedelta,
    keep_firing: timedelta,
    reason: ResolveReason = ResolveReason.CONDITION,
) -> Alert | None:
    """The alert after one evaluation on good data: the same object if nothing changed, None if a
    pending one ends (it was never told).

    `hold` is the rule's `for`, `keep_firing` its `keep_firing_for`. A pending alert fires once its
    condition has held for `hold`. A firing one resolves once the condition has not held for
    `keep_firing`, counted from the first evaluation that found so (as in Prometheus). Time without
    evaluations counts for both, but only an evaluation decides. Any `reason` but `condition` ends
    it at once, whatever `active` says: its subject or its rule is gone. ValueError for a resolved
    alert or an event.
    """
    if alert.state is AlertState.RESOLVED or alert.is_event:
        raise ValueError(f"alert {alert.id} has ended and cannot advance")
    if alert.frozen:
        alert = msgspec.structs.replace(alert, frozen="")
    if now < alert.active_since:  # the clock was set back: what lies ahead of it counts as now
        alert = msgspec.structs.replace(alert, active_since=now)
    if alert.inactive_since is not None and now < alert.inactive_since:
        alert = msgspec.structs.replace(alert, inactive_since=now)
    gone = reason is not ResolveReason.CONDITION
    if alert.state is AlertState.PENDING:
        if gone or not active:
            return None
        if now - alert.active_since < hold:
            return alert
        return msgspec.structs.replace(alert, state=AlertState.FIRING, fired_at=now)
    if active and not gone:
        return (
            alert
            if alert.inactive_since is None
            else msgspec.structs.replace(alert, inactive_since=None)
        )
    since = alert.inactive_since or now
    if not gone and now - since < keep_firing:
        return (
            alert
            if alert.inactive_since is not None
            else msgspec.structs.replace(alert, inactive_since=since)
        )
    return msgspec.structs.replace(
        alert,
        state=AlertState.RESOLVED,
        inactive_since=since,
        resolved_at=now,
        resolve_reason=reason,
    )


class Acknowledgement(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Who is handling one instance of an alert, and since when. Its group is not repeated until
    something changes."""

    alert_id: str
    author: str
    at: datetime
    comment: str = ""
