"""What differs between what was expected and what was found, in words."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from monitor.domain.alert import Alert, AlertState
from monitor.domain.notification import Notification, NotifiedAlert
from monitor.errors import Place
from monitor.ruletest.cases import Expectation, ExpectedAlert, ExpectedMessage

Found = TypeVar("Found")
Wanted = TypeVar("Wanted")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as expected: where that is written, at which time, and lines that say what was expected (`-`) and
    what was found (`+`)."""

    place: Place
    at: float
    what: str
    lines: tuple[str, ...]


def compare(expectation: Expectation, alerts: Iterable[Alert], messages: Sequence[Notification]) -> list[Difference]:
    """Everything that differs at one time; empty when all is as expected."""
    differences: list[Difference] = []
    if expectation.alerts is not None:
        pending = any(expected.state == AlertState.PENDING for expected in expectation.alerts)
        there = [alert for alert in alerts if alert.state is AlertState.FIRING or (pending and alert.state is AlertState.PENDING)]
        lines = _lines(expectation.alerts, sorted(there, key=lambda alert: alert.key), _alert_differs, _expected, _shown)
        if lines:
            differences.append(Difference(expectation.place, expectation.at, "alerts", lines))
    if expectation.messages is not None:
        lines = _lines(expectation.messages, messages, _message_differs, _expected_message, _message)
        if lines:
            differences.append(Difference(expectation.place, expectation.at, "messages since the expectation before", lines))
    return differences


def _lines(
    wanted: Sequence[Wanted],
    found: Sequence[Found],
    differs: Callable[[Wanted, Found], str | None],
    show_wanted: Callable[[Wanted], str],
    show_found: Callable[[Found], str],
) -> tuple[str, ...]:
    """Pairs what fits; what remains is missing (`-`) or too much (`+`). Empty when nothing remains."""
    rest = list(found)
    missing: list[Wanted] = []
    for expected in wanted:
        fitting = next((each for each in rest if differs(expected, each) is None), None)
        if fitting is None:
            missing.append(expected)
        else:
            rest.remove(fitting)
    lines: list[str] = []
    for expected in missing:
        lines.append(f"- {show_wanted(expected)}")
        near = min(rest, key=lambda each: len(differs(expected, each) or ""), default=None)
        if near is not None and (why := differs(expected, near)) and not why.startswith("another"):
            lines += [f"+ {show_found(near)}", f"  {why}"]
            rest.remove(near)
    return (*lines, *(f"+ {show_found(each)}" for each in rest))


def _alert_differs(expected: ExpectedAlert, alert: Alert | NotifiedAlert) -> str | None:
    """What is wrong with it, beginning with "another" when it is not the same alert at all; None when it fits."""
    name, subject, state = _facts(alert)
    if expected.alert != name or (expected.subject is not None and expected.subject != subject):
        return "another alert"
    if expected.state != state:
        return f"it is {state}"
    for label, value in expected.labels.items():
        if alert.labels.get(label) != value:
            return f"its label {label} is {alert.labels.get(label)!r}"
    for text in ("summary", "description"):
        wanted, found = getattr(expected, text), alert.annotations.get(text)
        if wanted is not None and wanted.strip() != found:
            return f"its {text} is {found!r}"
    return None


def _message_differs(expected: ExpectedMessage, message: Notification) -> str | None:
    if expected.receiver != message.receiver:
        return "another receiver"
    if expected.reason is not None and expected.reason != message.reason.value:
        return f"its reason is {message.reason.value}"
    if expected.alerts is None:
        return None
    lines = _lines(expected.alerts, message.alerts, _alert_differs, _expected, _shown)
    return "; ".join(lines) or None


def _facts(alert: Alert | NotifiedAlert) -> tuple[str, str, str]:
    labels = alert.labels
    subject = labels.get("campaign_id") or labels.get("sender") or labels.get("receiver") or ""
    if isinstance(alert, Alert):
        return labels["alertname"], subject, alert.state.value
    return labels["alertname"], subject, "event" if alert.event_id is not None else alert.status


def _expected(alert: ExpectedAlert) -> str:
    more = [f"{name}={value!r}" for name, value in alert.labels.items()]
    more += [f"{name} {text!r}" for name, text in (("summary", alert.summary), ("description", alert.description)) if text]
    return " ".join(part for part in (alert.alert, alert.subject or "", alert.state, *more) if part)


def _shown(alert: Alert | NotifiedAlert) -> str:
    name, subject, state = _facts(alert)
    summary = alert.annotations.get("summary")
    return " ".join(part for part in (name, subject, state, f"summary {summary!r}" if summary else "") if part)


def _expected_message(message: ExpectedMessage) -> str:
    alerts = "" if message.alerts is None else f": {', '.join(map(_expected, message.alerts))}"
    return f"to {message.receiver}{f' ({message.reason})' if message.reason else ''}{alerts}"


def _message(message: Notification) -> str:
    return f"to {message.receiver} ({message.reason.value}): {', '.join(map(_shown, message.alerts))}"
