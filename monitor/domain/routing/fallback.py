"""What a fallback is told instead of a receiver that cannot be reached, and what it must hear
later. Pure."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from monitor.domain.alerting.notification import (
    Notification,
    NotifiedAlert,
    NotifyReason,
    OutboxRow,
)

SUFFIX = "-fb"
"""Part of every copy's id, before six digits that stand for the fallback."""


def stand_in(notification: Notification, to: str) -> Notification:
    """The copy for `to`. Its id is made from both names, so it is the same however often it is
    decided. Its texts say whose message it is.

    The group key stays the same: the copies of a group keep their order and do not mix with `to`'s
    own groups.
    """
    for_whom = (*notification.fallback_for, notification.receiver)
    why = f"In place of {notification.receiver}, which could not be reached."
    return msgspec.structs.replace(
        notification,
        id=copy_id(notification.id, to),
        receiver=to,
        fallback_for=for_whom,
        alerts=tuple(_marked(alert, why) for alert in notification.alerts),
    )


def copy_id(notification_id: str, to: str) -> str:
    """The id of the copy for `to`."""
    return f"{notification_id}{SUFFIX}-{hashlib.sha256(to.encode()).hexdigest()[:6]}"


def _marked(alert: NotifiedAlert, why: str) -> NotifiedAlert:
    return msgspec.structs.replace(alert, note=f"{why} {alert.note}".strip())


def copy_for(notification: Notification, to: str, now: datetime) -> OutboxRow:
    """The copy as a row that is due."""
    return OutboxRow(notification=stand_in(notification, to), sequence=0, next_attempt_at=now)


class ToldInstead:
    """The alerts of which other receivers know only that they fire. They must hear of the end, even
    if the receiver itself can be reached again by then, or has another fallback."""

    def __init__(self, receiver: str, copies: Iterable[Notification] = ()) -> None:
        """`copies` are the copies sent so far, in order."""
        self._firing: dict[str, dict[str, set[str]]] = {}  # who was told, group, alerts
        for copy in copies:
            if copy.fallback_for[-1:] == (receiver,):
                self.told(copy.receiver, copy)

    def told(self, to: str, notification: Notification) -> None:
        """Note that `to` is told this copy."""
        groups = self._firing.setdefault(to, {})
        firing = groups.setdefault(notification.group_key, set())
        for alert in notification.alerts:
            if alert.event_id is not None:
                continue
            if alert.status == "firing":
                firing.add(alert.id)
            else:
                firing.discard(alert.id)
        if not firing:
            del groups[notification.group_key]

    def must_hear(self, notification: Notification) -> Mapping[str, Notification]:
        """By receiver, the ends in this message that it must hear of, as a message of its own
        (`<id>-end`): the whole message may have to be sent, too."""
        ended = [alert for alert in notification.alerts if alert.status == "resolved"]
        found: dict[str, Notification] = {}
        for to, groups in self._firing.items() if ended else ():
            known = groups.get(notification.group_key, ())
            if ends := tuple(alert for alert in ended if alert.id in known):
                id_ = f"{notification.id}-end"
                resolved = NotifyReason.RESOLVED
                found[to] = msgspec.structs.replace(
                    notification, id=id_, reason=resolved, alerts=ends, part=1, parts=1, omitted=0
                )
        return found
