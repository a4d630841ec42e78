"""Alerts in each state, and a ledger to hold them against."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from monitor.domain.alerting.alert import Alert, AlertKey, advance, begin, happened
from monitor.domain.alerting.notification import NotifiedAlert
from monitor.domain.alerting.steps import at_once
from monitor.domain.routing.flush import (
    Flush,
    Ledger,
    Quiet,
    Route,
    flush_steps,
    group_of,
    next_flush_steps,
)
from tests.clock import START

MINUTE = timedelta(minutes=1)
NEVER = timedelta(0)
ROUTE = Route(receiver="ops")
SPOKEN = Quiet()


def firing(number: int = 1, *, now: datetime = START, **labels: str) -> Alert:
    key = AlertKey("Stalled", "default", str(number))
    pending = begin(
        key,
        labels={"alertname": "Stalled", "account": "default", "severity": "warning", **labels},
        now=now,
    )
    alert = advance(pending, active=True, now=now, hold=NEVER, keep_firing=NEVER)
    assert alert is not None
    return alert


def resolved(alert: Alert, *, now: datetime = START + MINUTE) -> Alert:
    after = advance(alert, active=False, now=now, hold=NEVER, keep_firing=NEVER)
    assert after is not None
    return after


def event(number: int = 1, *, now: datetime = START) -> Alert:
    key = AlertKey("Stopped", "default", str(number))
    return happened(
        key,
        f"event{number}",
        labels={"alertname": "Stopped"},
        annotations={},
        now=now,
        campaign=None,
    )


def a_ledger(**values: Any) -> Ledger:
    group, labels = group_of({"alertname": "Stalled", "account": "default"}, ROUTE)
    return Ledger(group=group, labels=labels, **values)


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
    """All steps of a flush, of which a test says only what matters to it."""
    return at_once(
        flush_steps(
            alerts,
            ledger,
            route,
            now,
            quiet=quiet,
            undelivered=undelivered,
            waiting=waiting,
            send_resolved=send_resolved,
        )
    )


def next_flush(
    alerts: Sequence[Alert],
    ledger: Ledger,
    route: Route,
    quiet: Quiet = SPOKEN,
    *,
    now: datetime | None = None,
) -> datetime | None:
    return at_once(next_flush_steps(alerts, ledger, route, quiet, now=now))
