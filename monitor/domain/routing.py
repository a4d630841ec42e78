"""Who is told what, and why: groups, the ledger of what was told, and the flush that compares the two."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.domain.acknowledgement import Acknowledgement
from monitor.domain.alert import Alert, AlertState
from monitor.domain.ledger import Ledger, Told
from monitor.domain.notification import Notification, NotifiedAlert, NotifyReason
from monitor.domain.notified import SEVERITIES, in_order, notified
from monitor.domain.route import GroupId, Route, group_of

__all__ = [
    "LARGEST_MESSAGE",
    "SEVERITIES",
    "SPOKEN",
    "Flush",
    "GroupId",
    "Ledger",
    "Quiet",
    "Route",
    "Told",
    "flush",
    "fully_told",
    "group_of",
    "next_flush",
    "notified",
    "split",
    "untold",
]

LARGEST_MESSAGE = 200
"""Alerts in one message; more are split into several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """What keeps a group's alerts from being told at a moment.

    `suppressed` holds the ids of alerts that are silenced or inhibited: those that a receiver does not know to fire are not
    told to it, neither now nor, once they have ended, later; those it knows are told when they end. `muted` puts everything
    off, ends included, until it no longer is. `acknowledged` maps an alert's id to who looks after it: its group is not
    repeated until there is news. With `tells_acknowledgements` the group's receiver is told so at once.
    """

    suppressed: Container[str] = frozenset()
    muted: bool = False
    acknowledged: Mapping[str, Acknowledgement] = field(default_factory=dict)
    tells_acknowledgements: bool = False


SPOKEN = Quiet()
"""Nothing is kept quiet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flush:
    """The decision to tell a group's receiver something now: why, what, and the ledger once it is written.

    Without `alerts` there is no message, only the ledger to write (somebody who does not want to hear of resolves); no
    older message is replaced then.
    """

    reason: NotifyReason
    alerts: tuple[NotifiedAlert, ...]
    ledger: Ledger


def _told_as(alert: Alert) -> Told:
    if alert.is_event:
        return Told.EVENT
    return Told.RESOLVED if alert.state is AlertState.RESOLVED else Told.FIRING


def untold(alerts: Iterable[Alert], ledger: Ledger, suppressed: Container[str] = frozenset()) -> list[Alert]:
    """The alerts of a group whose present state its receiver has not been told and must be. Pending ones are nobody's business,
    and so are `suppressed` ones of which nothing was told."""
    told = ledger.told
    return [
        alert
        for alert in alerts
        if alert.state is not AlertState.PENDING
        and (known := told.get(alert.id)) != _told_as(alert)
        and (known is not None or alert.id not in suppressed)
    ]


def _news_since(alert: Alert, ledger: Ledger) -> datetime:
    """Since when there is something untold: for one that fired and resolved untold, since it fired."""
    return (alert.resolved_at if alert.id in ledger.told else alert.fired_at) or alert.active_since


def _fires(alert: Alert) -> bool:
    return alert.state is AlertState.FIRING and not alert.is_event


def _looked_after(alerts: Iterable[Alert], ledger: Ledger, quiet: Quiet) -> bool:
    """Whether somebody has acknowledged one of the alerts that fire since the last news of the group."""
    if not quiet.acknowledged:
        return False
    said = (quiet.acknowledged[alert.id].at for alert in alerts if _fires(alert) and alert.id in quiet.acknowledged)
    return any(ledger.changed_at is None or at >= ledger.changed_at for at in said)


def _newly_acknowledged(alerts: Iterable[Alert], ledger: Ledger, quiet: Quiet) -> dict[str, datetime]:
    """Which alerts that the receiver knows to fire somebody looks after without its having been told; since when."""
    if not quiet.tells_acknowledgements:
        return {}
    return {
        alert.id: said.at
        for alert in alerts
        if (said := quiet.acknowledged.get(alert.id)) is not None
        and _fires(alert)
        and ledger.told.get(alert.id) == Told.FIRING
        and ledger.acknowledged.get(alert.id) != said.at
    }


def next_flush(
    alerts: Sequence[Alert], ledger: Ledger, route: Route, quiet: Quiet = SPOKEN, *, now: datetime | None = None
) -> datetime | None:
    """When the group is due to be told something as long as `quiet` stays as it is; None when there is nothing to tell.

    A change is due at once in a group that waits for nothing; a group of which nobody knows that it fires waits
    `group_wait` from its first change; and no group is told before its last flush + `group_interval`, repeats included.
    That somebody looks after it is due at once or, where there are changes to be told, with these.
    When `quiet` is muted this is when it would be due: it will be told when that ends, if that is later.
    Where `now` is given, what lies ahead of it holds nothing back: a clock that was set back must not silence anybody.
    """
    flushed_at = ledger.flushed_at
    changes = untold(alerts, ledger, quiet.suppressed)
    if not changes and (said := _newly_acknowledged(alerts, ledger, quiet)):
        return min(said.values()) if now is None else min(now, *said.values())
    if now is not None and flushed_at is not None and flushed_at > now:
        return now if changes or _repeats(alerts, ledger, quiet) else None
    if changes:
        first = min(_news_since(alert, ledger) for alert in changes)
        known = any(told == Told.FIRING for told in ledger.told.values())
        due = first if known else first + route.group_wait
        if now is not None and first > now:
            due = now
        return due if flushed_at is None else max(due, flushed_at + route.group_interval)
    if flushed_at is None or not _repeats(alerts, ledger, quiet):
        return None
    return flushed_at + max(route.repeat_interval, route.group_interval)


def _repeats(alerts: Sequence[Alert], ledger: Ledger, quiet: Quiet) -> bool:
    """Whether there is something to be told again for as long as nothing changes."""
    fires = any(_fires(alert) and alert.id not in quiet.suppressed for alert in alerts)
    return fires and not _looked_after(alerts, ledger, quiet)


def _reason(shown: Iterable[NotifiedAlert], known: bool) -> NotifyReason:
    changed = [alert for alert in shown if alert.changed]
    if any(alert.status == "firing" and alert.event_id is None for alert in changed):
        return NotifyReason.NEW_ALERTS if known else NotifyReason.FIRING
    if any(alert.status == "resolved" for alert in changed):
        return NotifyReason.RESOLVED
    return NotifyReason.EVENT if changed else NotifyReason.REPEAT


def flush(
    alerts: Sequence[Alert],
    ledger: Ledger,
    route: Route,
    now: datetime,
    *,
    quiet: Quiet = SPOKEN,
    undelivered: Sequence[NotifiedAlert] = (),
    waiting: bool = False,
    send_resolved: bool = True,
) -> Flush | None:
    """What to tell the group's receiver now, or None when nothing is due.

    `alerts` are all open ones of the group (pending ones are passed over). `undelivered` is what older messages of the group
    hold, oldest first, that were never attempted and that this one will replace: their news is news still. `waiting` says
    that any older message, attempted or not, has not been confirmed: then nothing is repeated (None, though
    `next_flush` has passed: ask again later). The message shows the group's present state, Alertmanager's way: everything
    that fires, and what resolved or happened that the receiver does not know. Of what `quiet` suppresses it shows only what
    the receiver knows to fire, and that only beside news: otherwise it would have to believe that it is over. A message that
    somebody looks after alerts begins with these, and no interval begins with it; it waits for news never attempted to be told.

    With `send_resolved` false, the end of an alert whose firing was told is noted and not told. One that ended before anybody
    heard of it is told all the same: that it fired is the news.
    """
    due = None if quiet.muted else next_flush(alerts, ledger, route, quiet, now=now)
    if due is None or due > now:
        return None
    changes = {alert.id: alert for alert in untold(alerts, ledger, quiet.suppressed)}
    carried = {alert.id: alert for alert in undelivered if alert.changed}
    said = {} if changes else _newly_acknowledged(alerts, ledger, quiet)
    if not changes and (carried or (waiting and not said)):
        return None
    silent = set() if send_resolved else {id_ for id_ in changes if _ends_known(changes[id_], ledger) and id_ not in carried}
    news = changes.keys() - silent
    told = {**ledger.told, **{id_: _told_as(alert) for id_, alert in changes.items()}}
    if silent and not news and not carried:
        return Flush(reason=NotifyReason.RESOLVED, alerts=(), ledger=replace(ledger, told=told, changed_at=now))
    shown = {
        alert.id: notified(alert, changed=alert.id in news or alert.id in carried, acknowledged=quiet.acknowledged.get(alert.id))
        for alert in alerts
        if alert.id in news
        or (_fires(alert) and (alert.id not in quiet.suppressed or ((changes or said) and alert.id in ledger.told)))
    }
    for id_, alert in carried.items():
        shown.setdefault(id_, alert)
    known = any(state == Told.FIRING and id_ not in carried for id_, state in ledger.told.items())
    told_of = _told_acknowledgements(shown.values(), ledger, quiet)
    if said:
        acknowledged_first = sorted(in_order(shown.values()), key=lambda alert: alert.id not in said)
        return Flush(
            reason=NotifyReason.ACKNOWLEDGED, alerts=tuple(acknowledged_first), ledger=replace(ledger, acknowledged=told_of)
        )
    return Flush(
        reason=_reason(shown.values(), known),
        alerts=in_order(shown.values()),
        ledger=replace(ledger, told=told, flushed_at=now, changed_at=now if changes else ledger.changed_at, acknowledged=told_of),
    )


def _told_acknowledgements(shown: Iterable[NotifiedAlert], ledger: Ledger, quiet: Quiet) -> dict[str, datetime]:
    """As the receiver will know them: what a message says of alerts that are news in it counts as not told, for a service that
    is to hear of an alert has to know it."""
    if not quiet.tells_acknowledgements:
        return {}
    told = {id_: at for id_, at in ledger.acknowledged.items() if id_ in quiet.acknowledged}
    return told | {alert.id: at for alert in shown if not alert.changed and (at := alert.acknowledged_at) is not None}


def _ends_known(alert: Alert, ledger: Ledger) -> bool:
    """Whether it is the end of something the receiver was told of."""
    return alert.state is AlertState.RESOLVED and ledger.told.get(alert.id) == Told.FIRING


def split(decision: Flush, id: str, now: datetime) -> list[Notification]:  # noqa: A002 (the field's own name)
    """The messages of a flush, in order: none, one with `id`, or several of at most 200 alerts with `<id>-1`, `<id>-2`, …

    All news is in them. What only goes on firing fills the last one up; the rest of it is counted (`omitted`), for one new
    alert beside a thousand old ones is one message, not six.
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
    """Whether an ended alert (or an event) needs no more telling: each of the groups it belongs to knows how it ended, or may
    not be told of it at all (`suppressed`).

    `ledgers` has one for each of these groups, empty ones included; an alert of no group concerns nobody.
    """
    quieted = (alert.id,) if suppressed else ()
    ended = alert.state is AlertState.RESOLVED or alert.is_event
    return ended and not any(untold([alert], ledger, quieted) for ledger in ledgers)
