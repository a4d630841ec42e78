"""What a receiver is told, and when it is tried again."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from monitor.domain.campaign.detail import CampaignDetail
from monitor.domain.campaign.snapshot import Campaign


class NotifyReason(StrEnum):
    """Why a notification was decided. Each has exactly one of these reasons."""

    FIRING = "firing"  # the group's first firing alerts
    NEW_ALERTS = "new_alerts"  # more alerts of a group that is known to fire
    RESOLVED = "resolved"  # nothing new fires, something resolved
    REPEAT = "repeat"  # nothing changed; `repeat_interval` passed
    ACKNOWLEDGED = "acknowledged"  # someone is handling it; told if the service shows that
    EVENT = "event"
    TEST = "test"  # notify-test


class NotifiedAlert(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One alert as a receiver is told of it. `status` is "firing" or "resolved"; an event is
    "firing" and has `ends_at`.

    `changed` marks what the receiver has not been told yet; the others complete the picture of
    the group. `detail` is what was last read of the campaign in detail. `acknowledged_by` looks
    after it since `acknowledged_at`. `recorded` says that the monitor keeps the alert and has a
    page about it. `note` is said before the rule's description, and of what is over in its
    place.
    """

    id: str
    fingerprint: str
    status: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    active_since: datetime
    starts_at: datetime
    ends_at: datetime | None = None
    resolve_reason: str | None = None
    event_id: str | None = None
    changed: bool = True
    campaign: Campaign | None = None
    detail: CampaignDetail | None = None
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    recorded: bool = True
    note: str = ""


class Notification(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One message to one receiver about one group, independent of how it will be sent.

    `id` stays the same through every retry. `alerts` come changed ones first, then the most
    severe, then the oldest. `group_key` identifies the group across messages. `part` of `parts`
    (from 1) where one flush needed several messages. `omitted` counts alerts of the group that
    only go on firing and are not among `alerts`. `fallback_for`: the receivers in whose place
    this one is told, the first that could not be reached first.
    """

    id: str
    receiver: str
    group_key: str
    group_labels: Mapping[str, str]
    reason: NotifyReason
    alerts: tuple[NotifiedAlert, ...]
    created_at: datetime
    part: int = 1
    parts: int = 1
    omitted: int = 0
    fallback_for: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """ "firing" while any alert in it fires, else "resolved" (Alertmanager's rule)."""
        return "firing" if any(alert.status == "firing" for alert in self.alerts) else "resolved"


class OutboxState(StrEnum):
    """What became of a decided notification; the `state` label of `bsg_monitor_outbox`."""

    PENDING = "pending"
    DELIVERED = "delivered"
    SUPERSEDED = "superseded"  # replaced by a newer one before it was ever attempted
    DEAD = "dead"  # given up; kept, shown and re-sendable


class OutboxRow(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A notification and how its delivery stands. `sequence` orders the rows of a group: older
    ones go first; the store sets it.

    `attempts` counts those begun, so a row whose attempt a crash cut short is known to have been
    attempted.
    """

    notification: Notification
    sequence: int
    state: OutboxState = OutboxState.PENDING
    attempts: int = 0
    first_attempt_at: datetime | None = None
    next_attempt_at: datetime
    finished_at: datetime | None = None
    last_error: str | None = None


FIRST_DELAYS = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2))
STEADY_DELAY = timedelta(minutes=5)
GIVE_UP_AFTER = timedelta(hours=72)
LONGEST_RETRY_AFTER = timedelta(hours=1)
JITTER = 0.2


def retry_delay(attempts: int, *, retry_after: float | None, random: float) -> timedelta:
    """How long to wait after `attempts` (at least 1) failed ones: 5 s, 30 s, 2 min, then every 5
    min.

    A receiver's own `retry_after` (seconds), bounded to an hour, is the least that is waited,
    and so is the schedule. `random` in [0, 1) adds up to a fifth of the schedule's step, so that
    what failed together is not tried together.
    """
    step = FIRST_DELAYS[attempts - 1] if 1 <= attempts <= len(FIRST_DELAYS) else STEADY_DELAY
    wished = timedelta(
        seconds=min(max(0.0, retry_after or 0.0), LONGEST_RETRY_AFTER.total_seconds())
    )
    return max(step, wished) + step * JITTER * random


def halves(notification: Notification) -> tuple[Notification, Notification]:
    """The two halves of a message that was too large, in order; ids `<id>-1` and `<id>-2`.

    Part p of n becomes parts 2p-1 and 2p of 2n: the same place in the whole. ValueError if there is
    nothing to halve.
    """
    if len(notification.alerts) < 2:
        raise ValueError(f"notification {notification.id} tells of one alert only")
    middle = (len(notification.alerts) + 1) // 2
    first, second = (
        msgspec.structs.replace(
            notification,
            id=f"{notification.id}-{half}",
            alerts=alerts,
            part=2 * notification.part - 2 + half,
            parts=2 * notification.parts,
            omitted=notification.omitted if half == 2 else 0,
        )
        for half, alerts in ((1, notification.alerts[:middle]), (2, notification.alerts[middle:]))
    )
    return first, second


# the field's own name
def test_notification(receiver: str, now: datetime, id: str) -> Notification:  # noqa: A002
    """A test message with one alert, which says that it is a test wherever people may look."""
    labels = {"alertname": "Test", "severity": "info", "receiver": receiver}
    alert = NotifiedAlert(
        id=id,
        fingerprint=hashlib.sha256(f"test:{receiver}".encode()).hexdigest()[:16],
        status="firing",
        labels=labels,
        annotations={
            "summary": f"Test message of bsg-monitor to receiver {receiver}",
            "description": "Nothing is wrong. `bsg-monitor notify-test` sent this. If you can read "
            "it, the receiver works.",
        },
        active_since=now,
        starts_at=now,
        ends_at=now,
        event_id=id,
        recorded=False,
    )
    return Notification(
        id=id,
        receiver=receiver,
        group_key=f"{receiver}:test",
        group_labels={"alertname": "Test"},
        reason=NotifyReason.TEST,
        alerts=(alert,),
        created_at=now,
    )
