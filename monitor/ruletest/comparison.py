"""What differs between what was expected and what was found, in words."""

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
Wanted = TypeVar("Wanted")
MOST_EXTRA = 10
"""How much that was not expected is shown; the rest is counted."""
BELOW = "    "


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as expected: where that is written, at which time, and lines that
    say what was expected (`-`) and what was found (`+`); what belongs to a line is indented
    below it."""

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
    """Everything that differs at one time; empty when all is as expected. `start` is what times
    count from."""
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
    """A time of a test, as it is written there: `20m`, `-1h`."""
    span = format_duration(timedelta(seconds=abs(seconds)))
    return f"-{span}" if seconds < 0 else span


def _paired(
    wanted: Sequence[Wanted],
    found: Sequence[Found],
    unlikeness: Callable[[Wanted, Found], int | None],
) -> tuple[list[tuple[Wanted, Found | None]], list[Found]]:
    """What was expected and is not there, each with what comes nearest to it, and what is there
    and was not expected.

    `unlikeness` is 0 where all fits, the larger the less does, and None where the two have
    nothing to do with each other.
    """
    rest = list(found)
    missing: list[Wanted] = []
    for expected in wanted:
        fitting = next((each for each in rest if unlikeness(expected, each) == 0), None)
        if fitting is None:
            missing.append(expected)
        else:
            rest.remove(fitting)
    pairs: list[tuple[Wanted, Found | None]] = []
    for expected in missing:
        near = [
            (unlike, each) for each in rest if (unlike := unlikeness(expected, each)) is not None
        ]
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
    wanted: Sequence[ExpectedAlert], found: Sequence[Alert | NotifiedAlert]
) -> list[str]:
    pairs, rest = _paired(wanted, found, _unlike)
    lines: list[str] = []
    for expected, near in pairs:
        lines.append(f"- {_expected(expected)}")
        if near is not None:
            lines.append(f"+ {_beside(near, expected)}")
    return lines + _extra([[f"+ {_shown(each)}"] for each in rest])


def _unlike(expected: ExpectedAlert, alert: Alert | NotifiedAlert) -> int | None:
    name, subject, state = _facts(alert)
    if expected.alert != name or (expected.subject is not None and expected.subject != subject):
        return None
    unlike = int(expected.state not in (None, state))
    unlike += sum(
        alert.labels.get(label) != value for label, value in expected.compared_labels.items()
    )
    texts = (("summary", expected.summary), ("description", expected.description))
    return unlike + sum(
        text is not None and text.strip() != _texts(alert).get(key) for key, text in texts
    )


def _facts(alert: Alert | NotifiedAlert) -> tuple[str, str, str]:
    labels = alert.labels
    subject = labels.get("campaign_id") or labels.get("sender") or labels.get("receiver") or ""
    if isinstance(alert, Alert):
        return labels["alertname"], subject, alert.state.value
    return labels["alertname"], subject, "event" if alert.event_id is not None else alert.status


def _texts(alert: Alert | NotifiedAlert) -> Mapping[str, str]:
    """What it says, or in a message is told to say."""
    return annotations(alert) if isinstance(alert, NotifiedAlert) else alert.annotations


def _expected(alert: ExpectedAlert) -> str:
    more = [f"{name}={value!r}" for name, value in alert.compared_labels.items()]
    more += [
        f"{name} {text!r}"
        for name, text in (("summary", alert.summary), ("description", alert.description))
        if text
    ]
    return " ".join(part for part in (alert.alert, alert.subject, alert.state, *more) if part)


def _beside(alert: Alert | NotifiedAlert, expected: ExpectedAlert) -> str:
    """What was found, as far as it was asked for."""
    more = [
        f"{name}={alert.labels[name]!r}" if name in alert.labels else f"without {name}"
        for name in expected.compared_labels
    ]
    for name, text in (("summary", expected.summary), ("description", expected.description)):
        if text:
            more.append(
                f"{name} {_texts(alert)[name]!r}" if name in _texts(alert) else f"without {name}"
            )
    return " ".join(part for part in (*_facts(alert), *more) if part)


def _shown(alert: Alert | NotifiedAlert) -> str:
    summary = _texts(alert).get("summary")
    return " ".join(
        part for part in (*_facts(alert), f"summary {summary!r}" if summary else "") if part
    )


# --- messages -------------------------------------------------------------------------------------


def _message_lines(
    wanted: Sequence[ExpectedMessage], found: Sequence[Notification], start: datetime
) -> list[str]:
    pairs, rest = _paired(wanted, found, _unlike_message)
    lines: list[str] = []
    for expected, near in pairs:
        if near is None:
            lines += [
                f"- {_head(expected)}",
                *(f"{BELOW}{_expected(each)}" for each in expected.alerts or ()),
            ]
            continue
        told = f"{_found_head(near)}, at {elapsed((near.created_at - start).total_seconds())}"
        if expected.reason in (None, near.reason.value):
            lines.append(f"  {told}")
        else:
            lines += [f"- {_head(expected)}", f"+ {told}"]
        if expected.alerts is not None:
            lines += [f"{BELOW}{line}" for line in _alert_lines(expected.alerts, near.alerts)]
    extra = [
        [
            f"+ {_found_head(each)}, at {elapsed((each.created_at - start).total_seconds())}",
            *(f"{BELOW}{_shown(a)}" for a in each.alerts),
        ]
        for each in rest
    ]
    return lines + _extra(extra)


def _unlike_message(expected: ExpectedMessage, message: Notification) -> int | None:
    if expected.receiver != message.receiver:
        return None
    unlike = int(expected.reason not in (None, message.reason.value))
    return (
        unlike
        if expected.alerts is None
        else unlike + len(_alert_lines(expected.alerts, message.alerts))
    )


def _head(message: ExpectedMessage) -> str:
    return f"to {message.receiver}{f' ({message.reason})' if message.reason else ''}"


def _found_head(message: Notification) -> str:
    return f"to {message.receiver} ({message.reason.value})"
