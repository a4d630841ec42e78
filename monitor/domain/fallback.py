"""What another receiver is told in the place of one that cannot be reached, and what it has to hear of later. Pure."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from monitor.domain.notification import Notification, NotifiedAlert, OutboxRow

SUFFIX = "-fb"


def stand_in(notification: Notification, to: str) -> Notification:
    """The copy for `to`: id `<id>-fb`, so that it is made once however often it is decided, and its texts say whose it is.

    The group key stays: the copies of a group keep their order among themselves and mix with no group of `to`'s own.
    """
    for_whom = (*notification.fallback_for, notification.receiver)
    why = f"In place of {notification.receiver}, which could not be reached."
    return msgspec.structs.replace(
        notification,
        id=f"{notification.id}{SUFFIX}",
        receiver=to,
        fallback_for=for_whom,
        alerts=tuple(_marked(alert, why) for alert in notification.alerts),
    )


def _marked(alert: NotifiedAlert, why: str) -> NotifiedAlert:
    description = f"{why} {alert.annotations.get('description', '')}".strip()
    return msgspec.structs.replace(alert, annotations={**alert.annotations, "description": description})


def copy_for(notification: Notification, to: str, now: datetime) -> OutboxRow:
    """The copy as a row that is due."""
    return OutboxRow(notification=stand_in(notification, to), sequence=0, next_attempt_at=now)


class KnownByFallback:
    """Which alerts a fallback was told are firing and has not been told the end of: it must hear of that too, also when the
    receiver itself can be reached again by then."""

    def __init__(self, copies: Iterable[Notification] = ()) -> None:
        """`copies` are what the fallback was told so far, in order."""
        self._firing: dict[str, set[str]] = {}
        for notification in copies:
            self.told(notification)

    def told(self, notification: Notification) -> None:
        """The fallback is told this, or the receiver's own message that it is a copy of."""
        firing = self._firing.setdefault(notification.group_key, set())
        for alert in notification.alerts:
            if alert.event_id is not None:
                continue
            if alert.status == "firing":
                firing.add(alert.id)
            else:
                firing.discard(alert.id)
        if not firing:
            del self._firing[notification.group_key]

    def must_hear(self, notification: Notification) -> bool:
        """Whether it tells the end of something that the fallback believes to be firing."""
        firing = self._firing.get(notification.group_key, set())
        return any(alert.status == "resolved" and alert.id in firing for alert in notification.alerts)
