"""Alerts as messages show them, and their order."""

from bisect import bisect
from collections.abc import Iterable, Sequence
from datetime import datetime

from monitor.domain.alerting.alert import Acknowledgement, Alert, AlertState
from monitor.domain.alerting.notification import NotifiedAlert
from monitor.domain.alerting.steps import ROWS_A_STEP, Steps, at_once, pause

SEVERITIES = ("critical", "error", "warning", "info")
"""From the most severe; any other severity comes after these."""

_Rank = tuple[bool, int, bool, datetime, str]
_Placed = tuple[bool, int, bool, datetime, str, datetime, str, int, NotifiedAlert]


def weight(severity: str) -> int:
    """0 for the most severe."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def _rank(alert: NotifiedAlert) -> _Rank:
    return (
        not alert.changed,
        weight(alert.labels.get("severity", "")),
        alert.status != "firing",
        alert.starts_at,
        alert.id,
    )


def in_order(alerts: Iterable[NotifiedAlert]) -> tuple[NotifiedAlert, ...]:
    """Changed alerts first, then the most severe. Instances of one alert stand together, oldest
    first: if you read from the top, an alert that fires again must not seem to be over."""
    return at_once(in_order_steps(list(alerts)))


def in_order_steps(alerts: Sequence[NotifiedAlert]) -> Steps[tuple[NotifiedAlert, ...]]:
    """`in_order` in steps: runs are sorted, and merged two by two."""
    place: dict[str, _Rank] = {}
    for first in range(0, len(alerts), ROWS_A_STEP):
        yield from pause(first)
        for alert in alerts[first : first + ROWS_A_STEP]:
            rank = _rank(alert)
            if alert.fingerprint not in place or rank < place[alert.fingerprint]:
                place[alert.fingerprint] = rank
    runs: list[list[_Placed]] = []
    for first in range(0, len(alerts), ROWS_A_STEP):
        yield from pause(len(alerts))
        part = enumerate(alerts[first : first + ROWS_A_STEP], first)
        runs.append(
            sorted(
                (*place[alert.fingerprint], alert.starts_at, alert.id, number, alert)
                for number, alert in part
            )
        )
    while len(runs) > 1:
        fewer: list[list[_Placed]] = []
        for number in range(0, len(runs), 2):
            pair = runs[number : number + 2]
            fewer.append((yield from _merged(*pair)) if len(pair) == 2 else pair[0])
        runs = fewer
    ordered: list[NotifiedAlert] = []
    for first in range(0, len(alerts), ROWS_A_STEP):
        yield from pause(first)
        ordered += [placed[-1] for placed in runs[0][first : first + ROWS_A_STEP]]
    return tuple(ordered)


def _merged(one: list[_Placed], other: list[_Placed]) -> Steps[list[_Placed]]:
    """Merge two sorted runs: parts of the first, each with the part of the other that goes before
    its end."""
    merged: list[_Placed] = []
    taken = 0
    for first in range(0, len(one), ROWS_A_STEP):
        yield from pause(len(one))
        part = one[first : first + ROWS_A_STEP]
        before = bisect(other, part[-1], taken)
        merged += sorted(part + other[taken:before])
        taken = before
    return merged + other[taken:]


def notified(
    alert: Alert, *, changed: bool, acknowledged: Acknowledgement | None = None
) -> NotifiedAlert:
    """An alert as messages show it. ValueError for a pending one."""
    if alert.fired_at is None:
        raise ValueError(f"alert {alert.id} has not fired")
    resolved = alert.state is AlertState.RESOLVED and not alert.is_event
    return NotifiedAlert(
        id=alert.id,
        fingerprint=alert.fingerprint,
        status="resolved" if resolved else "firing",
        labels=alert.labels,
        annotations=alert.annotations,
        active_since=alert.active_since,
        starts_at=alert.fired_at,
        ends_at=alert.resolved_at,
        resolve_reason=alert.resolve_reason.value if alert.resolve_reason else None,
        event_id=alert.event_id,
        changed=changed,
        campaign=alert.campaign,
        detail=alert.detail,
        note=alert.frozen,
        acknowledged_by=acknowledged.author if acknowledged else None,
        acknowledged_at=acknowledged.at if acknowledged else None,
    )
