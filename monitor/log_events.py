"""Log lines about alerts and about mistakes in rules. They give names, not counts: that is what you
need at night."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import structlog

from monitor.domain.alerting.alert import Alert, AlertState
from monitor.domain.alerting.rule_faults import RuleFault
from monitor.errors import Problem
from monitor.metrics import Metrics

MOST_LINES = 20
"""How many lines one commit may log; the rest are counted."""

log = structlog.get_logger()


def note_alerts(alerts: Sequence[Alert], *, now: datetime) -> None:
    """Log a line for each of `alerts` that fired, resolved or happened at `now`."""
    firing, resolved = AlertState.FIRING, AlertState.RESOLVED
    told = [
        alert
        for alert in alerts
        if alert.state is resolved
        or alert.event_id is not None
        or (alert.state is firing and alert.fired_at == now)
    ]
    for alert in told[:MOST_LINES]:
        facts = {
            "alertname": alert.key.rule,
            "account": alert.key.account,
            "subject": alert.key.subject,
            "alert": alert.id,
        }
        if alert.resolve_reason is not None:
            facts["reason"] = alert.resolve_reason.value
        log.info(
            _verb(alert),
            severity=alert.labels.get("severity", ""),
            summary=alert.annotations.get("summary", ""),
            **facts,
        )
    if len(told) > MOST_LINES:
        log.info("more_alerts_changed", count=len(told) - MOST_LINES)


def note_rule_faults(
    faults: Iterable[RuleFault], told: set[tuple[str, str]], *, account: str, metrics: Metrics
) -> None:
    """Count rules that raised, and log those that are not in `told`. `told` is then replaced by
    these (rule, subject)."""
    now: set[tuple[str, str]] = set()
    for fault in faults:
        metrics.loop_failures.labels("rules").inc()
        now.add((fault.rule, fault.subject))
        if (fault.rule, fault.subject) not in told:
            log.error(
                "rule_failed",
                rule=fault.rule,
                account=account,
                subject=fault.subject,
                exc_info=fault.error,
            )
    told.clear()
    told.update(now)


def _verb(alert: Alert) -> str:
    if alert.is_event:
        return "event_observed"
    return "alert_resolved" if alert.state is AlertState.RESOLVED else "alert_fired"


def note_doubts(doubts: Iterable[Problem]) -> None:
    """Log a line for each thing in settings and rules that works but is probably not meant."""
    for doubt in doubts:
        log.warning(
            "configuration_doubtful", place=_place(doubt), doubt=doubt.message, hint=doubt.hint
        )


def note_problems(problems: Iterable[Problem]) -> None:
    """Log a line for each mistake in settings and rules."""
    for problem in problems:
        log.error(
            "configuration_wrong", place=_place(problem), problem=problem.message, hint=problem.hint
        )


def _place(problem: Problem) -> str | None:
    return None if problem.place is None else str(problem.place)
