"""Who is told what, and why: groups, the ledger of what was told, and the flush that compares
the two."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.domain.alerting.alert import Alert, AlertState
from monitor.domain.alerting.notification import Notification, NotifiedAlert, NotifyReason
from monitor.domain.alerting.notified import SEVERITIES, in_order_steps, notified
from monitor.domain.alerting.steps import ROWS_A_STEP, Steps, pause
from monitor.domain.routing.due import (
    Quiet,
    due_steps,
    fires,
    newly_acknowledged,
    next_flush_steps,
    told_as,
    untold,
    untold_steps,
)
from monitor.domain.routing.ledger import Ledger, Told
from monitor.domain.routing.route import GroupId, Route, group_of

__all__ = [
    "LARGEST_MESSAGE",
    "SEVERITIES",
    "Flush",
    "GroupId",
    "Ledger",
    "Quiet",
    "Route",
    "Told",
    "flush_steps",
    "fully_told",
    "group_of",
    "next_flush_steps",
    "notified",
    "split",
]

LARGEST_MESSAGE = 200
"""Alerts in one message; more are split into several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flush:
    """The decision to tell a group's receiver something now: why, what, and the ledger afterwards.

    Without `alerts` there is no message, only a ledger to write (for a receiver with
    `send_resolved: false`). It replaces no older message then.
    """

    reason: NotifyReason
    alerts: tuple[NotifiedAlert, ...]
    ledger: Ledger


def _reason(shown: Iterable[NotifiedAlert], known: bool) -> NotifyReason:
    changed = [alert for alert in shown if alert.changed]
    if any(alert.status == "firing" and alert.event_id is None for alert in changed):
        return NotifyReason.NEW_ALERTS if known else NotifyReason.FIRING
    if any(alert.status == "resolved" for alert in changed):
        return NotifyReason.RESOLVED
    return NotifyReason.EVENT if changed else NotifyReason.REPEAT


def flush_steps(
    alerts: Sequence[Alert],
    ledger: Ledger,
    route: Route,
    now: datetime,
    *,
    quiet: Quiet,
    undelivered: Sequence[NotifiedAlert],
    waiting: bool,
    send_resolved: bool,
) -> Steps[Flush | None]:
    """What to tell the group's receiver now, or None when nothing is due; in steps, between which
    nothing you passed in may change.

    `alerts` are all open ones of the group; pending ones are skipped. `undelivered` is what older
    messages of the group hold, oldest first, that were never attempted and that this one will
    replace: their news is still news. `waiting` says that an older message, attempted or not, has
    not been confirmed: then nothing is repeated (None, although `next_flush_steps` has passed: ask
    again later).

    The message shows the group's current state, as Alertmanager does: everything that fires, and
    what resolved or happened that the receiver does not know. Of what `quiet` suppresses it shows
    only what the receiver knows to be firing, and only beside news: left out, it would seem to be
    over. A message about who is handling alerts begins with these, and no interval begins with
    it; it waits for news that was never attempted.

    With `send_resolved` false, the end of an alert whose firing was told is noted and not told.
    An alert that ended before its firing was told is told all the same: that it fired is the news.
    """
    if quiet.muted:
        return None
    listed = yield from untold_steps(alerts, ledger, quiet.suppressed)
    due = yield from due_steps(listed, alerts, ledger, route, quiet, now=now)
    if due is None or due > now:
        return None
    yield from pause(len(alerts))
    changes = {alert.id: alert for alert in listed}
    carried = {alert.id: alert for alert in undelivered if alert.changed}
    yield from pause(len(undelivered))
    said = {} if changes else newly_acknowledged(alerts, ledger, quiet)
    if not changes and (carried or (waiting and not said)):
        return None
    silent = (
        set()
        if send_resolved
        else {id_ for id_ in changes if _ends_known(changes[id_], ledger) and id_ not in carried}
    )
    news = changes.keys() - silent
    told = yield from _told_then(listed, ledger)
    if silent and not news and not carried:
        return Flush(
            reason=NotifyReason.RESOLVED,
            alerts=(),
            ledger=replace(ledger, told=told, changed_at=now),
        )
    shown: dict[str, NotifiedAlert] = {}
    for first in range(0, len(alerts), ROWS_A_STEP):
        yield from pause(first)
        shown |= {
            alert.id: notified(
                alert,
                changed=alert.id in news or alert.id in carried,
                acknowledged=quiet.acknowledged.get(alert.id),
            )
            for alert in alerts[first : first + ROWS_A_STEP]
            if alert.id in news
            or (
                fires(alert)
                and (
                    alert.id not in quiet.suppressed
                    or ((changes or said) and alert.id in ledger.told)
                )
            )
        }
    yield from pause(len(alerts))
    for number, (id_, alert) in enumerate(carried.items(), 1):
        shown.setdefault(id_, alert)
        if number % ROWS_A_STEP == 0:
            yield
    known = yield from _knows_that_it_fires(ledger, carried)
    told_of = _told_acknowledgements(shown.values(), ledger, quiet)
    ordered = yield from in_order_steps(list(shown.values()))
    yield from pause(len(alerts))
    if said:
        acknowledged_first = sorted(ordered, key=lambda alert: alert.id not in said)
        return Flush(
            reason=NotifyReason.ACKNOWLEDGED,
            alerts=tuple(acknowledged_first),
            ledger=replace(ledger, acknowledged=told_of),
        )
    return Flush(
        reason=_reason(shown.values(), known),
        alerts=ordered,
        ledger=replace(
            ledger,
            told=told,
            flushed_at=now,
            changed_at=now if changes else ledger.changed_at,
            acknowledged=told_of,
        ),
    )


def _knows_that_it_fires(ledger: Ledger, carried: Container[str]) -> Steps[bool]:
    """Whether the receiver knows that something of the group fires, without counting messages that
    are replaced."""
    told = list(ledger.told.items())
    for first in range(0, len(told), ROWS_A_STEP):
        yield from pause(first)
        if any(
            state == Told.FIRING and id_ not in carried
            for id_, state in told[first : first + ROWS_A_STEP]
        ):
            return True
    return False


def _told_then(changes: Sequence[Alert], ledger: Ledger) -> Steps[Mapping[str, Told]]:
    """What the receiver knows once it was told of the changes."""
    told = dict(ledger.told)
    for first in range(0, len(changes), ROWS_A_STEP):
        yield from pause(first)
        told.update((alert.id, told_as(alert)) for alert in changes[first : first + ROWS_A_STEP])
    return told


def _told_acknowledgements(
    shown: Iterable[NotifiedAlert], ledger: Ledger, quiet: Quiet
) -> dict[str, datetime]:
    """The alerts as the receiver will know them. An alert that is new in this message counts as not
    told, because a service must know an alert before it can show who is handling it."""
    if not quiet.tells_acknowledgements:
        return {}
    told = {id_: at for id_, at in ledger.acknowledged.items() if id_ in quiet.acknowledged}
    return told | {
        alert.id: at
        for alert in shown
        if not alert.changed and (at := alert.acknowledged_at) is not None
    }


def _ends_known(alert: Alert, ledger: Ledger) -> bool:
    """Whether it is the end of an alert that the receiver was told of."""
    return alert.state is AlertState.RESOLVED and ledger.told.get(alert.id) == Told.FIRING


# the field's own name
def split(decision: Flush, id: str, now: datetime) -> list[Notification]:  # noqa: A002
    """The messages of a flush, in order: none, one with `id`, or several of at most 200 alerts
    with `<id>-1`, `<id>-2`, …

    All news is in them. What only goes on firing fills the last one up; the rest of it is
    counted (`omitted`), for one new alert beside a thousand old ones is one message, not six.
    """
    news = [alert for alert in decision.alerts if alert.changed]
    old = [alert for alert in decision.alerts if not alert.changed]
    parts = max(1, -(-len(news) // LARGEST_MESSAGE)) if decision.alerts else 0
    room = parts * LARGEST_MESSAGE - len(news)
    listed = [*news, *old[:room]]
    group = decision.ledger.group
    return [
        Notification(
            id=id if parts == 1 else f"{id}-{part}",
            receiver=group.receiver,
            group_key=group.key,
            group_labels=decision.ledger.labels,
            reason=decision.reason,
            alerts=tuple(listed[(part - 1) * LARGEST_MESSAGE : part * LARGEST_MESSAGE]),
            created_at=now,
            part=part,
            parts=parts,
            omitted=max(0, len(old) - room) if part == parts else 0,
        )
        for part in range(1, parts + 1)
    ]


def fully_told(alert: Alert, ledgers: Iterable[Ledger], *, suppressed: bool = False) -> bool:
    """Whether nothing is left to tell about an ended alert or an event: each of its groups knows
    how it ended, or must not be told (`suppressed`).

    `ledgers` has one for each of its groups, empty ones included. An alert without groups needs no
    telling.
    """
    quieted = (alert.id,) if suppressed else ()
    ended = alert.state is AlertState.RESOLVED or alert.is_event
    return ended and not any(untold([alert], ledger, quieted) for ledger in ledgers)
