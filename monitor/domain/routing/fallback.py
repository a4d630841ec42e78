"""What another receiver is told in the place of one that cannot be reached, and what it has to
hear of later. Pure."""

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
"""In the id of every copy, before six digits that stand for who is told."""


def stand_in(notification: Notification, to: str) -> Notification:
    """The copy for `to`: its id is made from both, so that it is made once however often it is
    decided, and its texts say whose it is.

    The group key stays: the copies of a group keep their order among themselves and mix with no
    group of `to`'s own.
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
    """Which alerts others were told are firing in the place of one receiver, and were not told
    the end of. They must hear of that too, also when the receiver itself can be reached again by
    then, or another is its fallback."""

    def __init__(self, receiver: str, copies: Iterable[Notification] = ()) -> None:
        """`copies` are what was told in the place of anybody so far, in order."""
        self._firing: dict[str, dict[str, set[str]]] = {}  # who was told, group, alerts
        for copy in copies:
            if copy.fallback_for[-1:] == (receiver,):
                self.told(copy.receiver, copy)

    def told(self, to: str, notification: Notification) -> None:
        """`to` is told this, or the receiver's own message that it is a copy of."""
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
        """Who believes something to be firing of which it tells the end; for each, that end and
        nothing else, as a message of its own (`<id>-end`): the whole may have to be told too."""
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
