"""When a group is due to be told something: what has changed since it was last told, and what
keeps it waiting. Pure."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitor.domain.alerting.alert import Acknowledgement, Alert, AlertState
from monitor.domain.alerting.steps import ROWS_A_STEP, Steps, pause
from monitor.domain.routing.ledger import Ledger, Told
from monitor.domain.routing.route import Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """What keeps a group's alerts from being told at a moment.

    - `suppressed`: ids of alerts that are silenced or inhibited. The receiver is not told of them,
      neither now nor after they have ended. If it knows that one fires, it is told of the end.
    - `muted`: everything waits, ends included, until the mute is over.
    - `acknowledged`: by alert id, who is handling it. Its group is not repeated until there is
      news.
    - `tells_acknowledgements`: the group's receiver is told of acknowledgements at once.
    """

    suppressed: Container[str] = frozenset()
    muted: bool = False
    acknowledged: Mapping[str, Acknowledgement] = field(default_factory=dict)
    tells_acknowledgements: bool = False


def told_as(alert: Alert) -> Told:
    """What a receiver knows once it was told of the alert's current state."""
    if alert.is_event:
        return Told.EVENT
    return Told.RESOLVED if alert.state is AlertState.RESOLVED else Told.FIRING


def untold(
    alerts: Iterable[Alert], ledger: Ledger, suppressed: Container[str] = frozenset()
) -> list[Alert]:
    """The alerts of a group whose current state must still be told to its receiver. Leaves out
    pending alerts, and `suppressed` ones of which nothing was told."""
    told = ledger.told
    return [
        alert
        for alert in alerts
        if alert.state is not AlertState.PENDING
        and (known := told.get(alert.id)) != told_as(alert)
        and (known is not None or alert.id not in suppressed)
    ]


def untold_steps(
    alerts: Sequence[Alert], ledger: Ledger, suppressed: Container[str]
) -> Steps[list[Alert]]:
    """`untold` in steps."""
    found: list[Alert] = []
    for first in range(0, len(alerts), ROWS_A_STEP):
        yield from pause(first)
        found += untold(alerts[first : first + ROWS_A_STEP], ledger, suppressed)
    return found


def fires(alert: Alert) -> bool:
    """Whether the group is repeated while nothing changes."""
    return alert.state is AlertState.FIRING and not alert.is_event


def newly_acknowledged(
    alerts: Iterable[Alert], ledger: Ledger, quiet: Quiet
) -> dict[str, datetime]:
    """Acknowledged alerts that the receiver knows to fire, if it was not yet told of the
    acknowledgement; with the time of that."""
    if not quiet.tells_acknowledgements or not quiet.acknowledged:
        return {}
    return {
        alert.id: said.at
        for alert in alerts
        if (said := quiet.acknowledged.get(alert.id)) is not None
        and fires(alert)
        and ledger.told.get(alert.id) == Told.FIRING
        and ledger.acknowledged.get(alert.id) != said.at
    }


def next_flush_steps(
    alerts: Sequence[Alert],
    ledger: Ledger,
    route: Route,
    quiet: Quiet,
    *,
    now: datetime | None = None,
) -> Steps[datetime | None]:
    """When the group is due to be told something as long as `quiet` stays as it is, in steps; None
    when there is nothing to tell.

    A change is due at once in a group that waits for nothing. A group that is not known to be
    firing waits `group_wait` from its first change. No group is told before its last flush +
    `group_interval`, repeats included. That someone is handling an alert is due at once or, where
    there are changes to tell, with these. When `quiet` is muted, this is when it would be due: it
    is told when that ends, if that is later. Where `now` is given, times ahead of it hold nothing
    back: a clock that was set back must not silence anyone.
    """
    changes = yield from untold_steps(alerts, ledger, quiet.suppressed)
    return (yield from due_steps(changes, alerts, ledger, route, quiet, now=now))


def due_steps(
    changes: Sequence[Alert],
    alerts: Sequence[Alert],
    ledger: Ledger,
    route: Route,
    quiet: Quiet,
    *,
    now: datetime | None,
) -> Steps[datetime | None]:
    """`next_flush_steps` when you already know the untold `changes`."""
    flushed_at = ledger.flushed_at
    if not changes and (said := newly_acknowledged(alerts, ledger, quiet)):
        return min(said.values()) if now is None else min(now, *said.values())
    if now is not None and flushed_at is not None and flushed_at > now:
        return now if changes or (yield from _repeats(alerts, ledger, quiet)) else None
    if changes:
        first = yield from _first_news(changes, ledger)
        known = any(told == Told.FIRING for told in ledger.told.values())
        due = first if known else first + route.group_wait
        if now is not None and first > now:
            due = now
        return due if flushed_at is None else max(due, flushed_at + route.group_interval)
    if flushed_at is None or not (yield from _repeats(alerts, ledger, quiet)):
        return None
    return flushed_at + max(route.repeat_interval, route.group_interval)


def _first_news(changes: Sequence[Alert], ledger: Ledger) -> Steps[datetime]:
    earliest: list[datetime] = []
    for first in range(0, len(changes), ROWS_A_STEP):
        yield from pause(first)
        earliest.append(
            min(_news_since(alert, ledger) for alert in changes[first : first + ROWS_A_STEP])
        )
    return min(earliest)


def _news_since(alert: Alert, ledger: Ledger) -> datetime:
    """Since when there is something untold. An alert that fired and resolved untold counts from its
    firing."""
    return (alert.resolved_at if alert.id in ledger.told else alert.fired_at) or alert.active_since


def _repeats(alerts: Sequence[Alert], ledger: Ledger, quiet: Quiet) -> Steps[bool]:
    """Whether there is something to repeat while nothing changes."""
    for first in range(0, len(alerts), ROWS_A_STEP):
        yield from pause(first)
        if any(
            fires(alert) and alert.id not in quiet.suppressed
            for alert in alerts[first : first + ROWS_A_STEP]
        ):
            return not _looked_after(alerts, ledger, quiet)
    return False


def _looked_after(alerts: Iterable[Alert], ledger: Ledger, quiet: Quiet) -> bool:
    """Whether one of the alerts that fire since the group's last news is acknowledged."""
    if not quiet.acknowledged:
        return False
    said = (
        quiet.acknowledged[alert.id].at
        for alert in alerts
        if alert.id in quiet.acknowledged and fires(alert)
    )
    return any(ledger.changed_at is None or at >= ledger.changed_at for at in said)
