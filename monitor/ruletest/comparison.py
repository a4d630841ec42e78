"""The differences between what was expected and what was found, in words."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from monitor.domain.alerting.alert import Alert, AlertState
from monitor.domain.alerting.headline import annotations
from monitor.domain.alerting.notification import Notification, NotifiedAlert
from monitor.domain.times.duration import format_duration
from monitor.errors import Place
from monitor.ruletest.cases import Expectation, ExpectedAlert, ExpectedMessage

Found = TypeVar("Found")
Expected = TypeVar("Expected")
MOST_EXTRA = 10
"""How many unexpected alerts or messages are shown; the rest is counted."""
BELOW = "    "


@dataclass(frozen=True, slots=True)
class Difference:
    """One expectation that was not met: where it is written, its time, and lines that say what was
    expected (`-`) and what was found (`+`). Details are indented below their line."""

    place: Place
    at: float
    what: str
    lines: tuple[str, ...]


def compare(
    expectation: Expectation,
    alerts: Iterable[Alert],
    messages: Sequence[Notification],
    *,
    start: datetime,
) -> list[Difference]:
    """Everything that differs at one time; empty when all is as expected. Times count from
    `start`."""
    differences: list[Difference] = []
    if expectation.alerts is not None:
        pending = any(expected.state == AlertState.PENDING for expected in expectation.alerts)
        states = (AlertState.FIRING, AlertState.PENDING) if pending else (AlertState.FIRING,)
        there = sorted(
            (alert for alert in alerts if alert.state in states), key=lambda alert: alert.key
        )
        lines = _alert_lines(expectation.alerts, there)
        if lines:
            differences.append(
                Difference(expectation.place(), expectation.at, "alerts", tuple(lines))
            )
    if expectation.messages is not None:
        lines = _message_lines(expectation.messages, messages, start)
        if lines:
            what = "messages since the expectation before"
            differences.append(Difference(expectation.place(), expectation.at, what, tuple(lines)))
    return differences


def elapsed(seconds: float) -> str:
    """A time as tests write it: `20m`, `-1h`."""
    span = format_duration(timedelta(seconds=abs(seconds)))
    return f"-{span}" if seconds < 0 else span


def _paired(
    expectations: Sequence[Expected],
    found: Sequence[Found],
    unlikeness: Callable[[Expected, Found], int | None],
) -> tuple[list[tuple[Expected, Found | None]], list[Found]]:
    """What was expected and not found, each with the nearest of what was found; and the rest of
    what was found.

    `unlikeness` is 0 for a match, larger the more differs, and None where the two are unrelated.
    """
    rest = list(found)
    missing: list[Expected] = []
    for expected in expectations:
        fitting = [each for each in rest if unlikeness(expected, each) == 0]
        if fitting:
            rest.remove(fitting[0])
        else:
            missing.append(expected)
    pairs: list[tuple[Expected, Found | None]] = []
    for expected in missing:
        near = [(unlike, each) for each in rest if (unlike := unlikeness(expected, each))]
        nearest = min(near, key=lambda pair: pair[0])[1] if near else None
        pairs.append((expected, nearest))
        if nearest is not None:
            rest.remove(nearest)
    return pairs, rest


def _extra(lines: Sequence[Sequence[str]]) -> list[str]:
    """What was not expected, up to a limit."""
    shown = [line for each in lines[:MOST_EXTRA] for line in each]
    more = len(lines) - MOST_EXTRA
    return [*shown, f"+ … and {more:,} more"] if more > 0 else shown


# --- alerts ---------------------------------------------------------------------------------------


def _alert_lines(
    expectations: Sequence[ExpectedAlert], found: Sequence[Alert | NotifiedAlert]
) -> list[str]:
    pairs, rest = _paired(expectations, found, _unlike)
    lines: list[str] = []
    for expected, near in pairs:
        lines.append(f"- {_expected(expected)}")
        if near is not None:
            lines.append(f"+ {_found(near, expected.compared_labels, expected.compared_texts)}")
    return lines + _extra([[f"+ {_found(each)}"] for each in rest])


def _unlike(expected: ExpectedAlert, alert: Alert | NotifiedAlert) -> int | None:
    name, subject, state = _facts(alert)
    if expected.alert != name or expected.subject not in (None, subject):
        return None
    texts = expected.compared_texts
    return (
        (expected.state not in (None, state))
        + sum(alert.labels.get(each) != value for each, value in expected.compared_labels.items())
        + sum(text.strip() != _texts(alert).get(each) for each, text in texts.items())
    )


def _facts(alert: Alert | NotifiedAlert) -> tuple[str, str, str]:
    labels = alert.labels
    subject = labels.get("campaign_id") or labels.get("sender") or labels.get("receiver") or ""
    if isinstance(alert, Alert):
        return labels["alertname"], subject, alert.state.value
    return labels["alertname"], subject, "event" if alert.event_id is not None else alert.status


def _texts(alert: Alert | NotifiedAlert) -> Mapping[str, str]:
    """The alert's texts; in a message, those that the message shows."""
    return annotations(alert) if isinstance(alert, NotifiedAlert) else alert.annotations


def _expected(alert: ExpectedAlert) -> str:
    labels = [f"{name}={value!r}" for name, value in alert.compared_labels.items()]
    texts = [f"{name} {text!r}" for name, text in alert.compared_texts.items()]
    return " ".join(filter(None, (alert.alert, alert.subject, alert.state, *labels, *texts)))


def _found(
    alert: Alert | NotifiedAlert,
    labels: Iterable[str] = (),
    texts: Iterable[str] | None = None,
) -> str:
    """An alert with these of its labels and texts; without `texts`, with its summary if it has
    one."""
    values = _texts(alert)
    asked = [name for name in ("summary",) if values.get(name)] if texts is None else texts
    return " ".join(
        [
            *filter(None, _facts(alert)),
            *(f"{n}={alert.labels[n]!r}" if n in alert.labels else f"without {n}" for n in labels),
            *(f"{n} {values[n]!r}" if n in values else f"without {n}" for n in asked),
        ]
    )


# --- messages -------------------------------------------------------------------------------------


def _message_lines(
    expectations: Sequence[ExpectedMessage], found: Sequence[Notification], start: datetime
) -> list[str]:
    def told(message: Notification) -> str:
        at = elapsed((message.created_at - start).total_seconds())
        return f"to {message.receiver} ({message.reason.value}), at {at}"

    pairs, rest = _paired(expectations, found, _unlike_message)
    lines: list[str] = []
    for expected, near in pairs:
        reason = f" ({expected.reason})" if expected.reason else ""
        if near is not None and expected.reason in (None, near.reason.value):
            lines.append(f"  {told(near)}")
        else:
            lines.append(f"- to {expected.receiver}{reason}")
            lines += [f"+ {told(near)}"] if near is not None else []
        alerts = expected.alerts or ()
        if near is None:
            lines += [f"{BELOW}{_expected(each)}" for each in alerts]
        elif expected.alerts is not None:
            lines += [f"{BELOW}{line}" for line in _alert_lines(alerts, near.alerts)]
    return lines + _extra(
        [[f"+ {told(each)}", *(f"{BELOW}{_found(a)}" for a in each.alerts)] for each in rest]
    )


def _unlike_message(expected: ExpectedMessage, message: Notification) -> int | None:
    if expected.receiver != message.receiver:
        return None
    alerts = [] if expected.alerts is None else _alert_lines(expected.alerts, message.alerts)
    return (expected.reason not in (None, message.reason.value)) + len(alerts)
