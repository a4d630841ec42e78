"""PagerDuty: Events API v2, one event for each alert."""

import asyncio
import re
from collections import OrderedDict, deque
from typing import Annotated

import msgspec
from pydantic import AfterValidator, Field, SecretStr

from monitor.domain.alerting.notification import Notification, NotifiedAlert, NotifyReason
from monitor.errors import DeliveryError, DeliveryFault
from monitor.notify import message
from monitor.notify.answers import Meaning, check, confirm, json_object
from monitor.notify.integration import Context, HttpNotifier, Integration
from monitor.notify.options import ReceiverOptions, Secret, SecretUrl
from monitor.notify.pagerduty.message import event, is_acknowledged
from monitor.notify.transport import Answer, post

AT_ONCE = 8
"""Events on their way at the same time."""
MOST_REMEMBERED = 1000
"""How many notifications keep their progress between attempts."""

_KEY = re.compile(r"[A-Za-z0-9]{32}", re.ASCII)
_WRONG_KEY: tuple[str, Meaning] = (
    (
        "PagerDuty does not know the routing_key; expected the integration key of an Events API v2 "
        "integration"
    ),
    (DeliveryFault.UNAUTHORIZED, True),
)


def _integration_key(value: SecretStr) -> SecretStr:
    if not _KEY.fullmatch(value.get_secret_value()):
        raise ValueError(
            "is not an integration key of Events API v2; expected 32 letters and digits"
        )
    return value


class PagerDutyOptions(ReceiverOptions):
    """Options of a PagerDuty receiver."""

    routing_key: Annotated[Secret, AfterValidator(_integration_key)] = Field(
        description="The integration key of a service or an event orchestration, 32 characters."
    )
    url: SecretUrl = Field(
        default=SecretStr("https://events.pagerduty.com/v2/enqueue"),
        description="Where events go; for accounts in the EU "
        "`https://events.eu.pagerduty.com/v2/enqueue`.",
    )


class PagerDutyNotifier(HttpNotifier[PagerDutyOptions]):
    """Sends one event for each alert that changed or was acknowledged (in a repetition, for each
    that fires), `AT_ONCE` at a time.

    PagerDuty takes about 120 events a minute for one key. If that or anything else cuts an
    attempt short, the next one continues where it stopped. After a restart all events are sent
    again, which does no harm: the same `dedup_key` is the same incident.
    """

    integration = "pagerduty"
    min_interval = 0.5
    shows_acknowledgements = True

    def __init__(self, receiver: str, options: PagerDutyOptions, context: Context) -> None:
        super().__init__(receiver, options, context)
        self._progress: OrderedDict[str, dict[str, DeliveryError | None]] = OrderedDict()

    async def send(self, notification: Notification) -> None:
        """Send all events. Raises `DeliveryError` with what stopped them for now, or else with what
        PagerDuty refused for good."""
        alerts = _to_send(notification)
        settled = self._progress.setdefault(notification.id, {})
        self._progress.move_to_end(notification.id)
        if len(self._progress) > MOST_REMEMBERED:
            self._progress.popitem(last=False)
        waiting = deque(alert for alert in alerts if alert.id not in settled)
        obstacles: list[DeliveryError] = []
        deadline = self._context.clock.monotonic() + self._context.attempt_seconds
        async with asyncio.TaskGroup() as group:
            for _ in range(min(AT_ONCE, len(waiting))):
                group.create_task(
                    self._send_each(notification, waiting, settled, obstacles, deadline)
                )
        if obstacles:
            longest = max(
                obstacles,
                key=lambda error: -1.0 if error.retry_after is None else error.retry_after,
            )
            raise _with_progress(
                longest,
                sum(e is None for e in settled.values()),
                len(alerts),
            )
        self._progress.pop(notification.id, None)
        if refused := [error for error in settled.values() if error is not None]:
            raise _with_progress(refused[0], len(alerts) - len(refused), len(alerts))

    async def _send_each(
        self,
        notification: Notification,
        waiting: deque[NotifiedAlert],
        settled: dict[str, DeliveryError | None],
        obstacles: list[DeliveryError],
        deadline: float,
    ) -> None:
        """Send until none is left, or until one fails in a way that the others would too."""
        while waiting and not obstacles:
            alert = waiting.popleft()
            try:
                await self._send_one(
                    notification, alert, deadline - self._context.clock.monotonic()
                )
            except DeliveryError as error:
                if error.retryable:
                    obstacles.append(error)
                    return
                settled[alert.id] = error
            else:
                settled[alert.id] = None

    async def _send_one(
        self, notification: Notification, alert: NotifiedAlert, seconds: float
    ) -> None:
        context, options = self._context, self._options
        if seconds <= 0:
            words = f"not all events were taken within {context.attempt_seconds:g} s"
            raise DeliveryError(words, reason=DeliveryFault.TIMEOUT, retryable=True)
        told = {"routing_key": options.routing_key.get_secret_value()} | event(
            notification, alert, context.external_url
        )
        headers = {"webhook-id": notification.id}
        body = msgspec.json.encode(told)
        answer = await post(
            context.session,
            options.url.get_secret_value(),
            body,
            headers,
            seconds=max(0.1, round(seconds, 1)),
        )
        detail, meaning = _reading(answer)
        check(answer, now=context.clock.now(), detail=detail, meaning=meaning)
        confirm(answer, "PagerDuty")


def _to_send(notification: Notification) -> list[NotifiedAlert]:
    """The news (in a repetition, all that fires), and what it knows that was acknowledged."""
    if notification.reason is NotifyReason.ACKNOWLEDGED:
        return list(filter(is_acknowledged, notification.alerts))
    return [*message.news(notification), *filter(is_acknowledged, message.the_rest(notification))]


def _reading(answer: Answer) -> tuple[str | None, Meaning | None]:
    """A wrong key is a 400 like a wrong event, but a person can correct it."""
    said = json_object(answer)
    errors = said.get("errors")
    words = " ".join(
        map(str, [said.get("message", ""), *(errors if isinstance(errors, list) else [errors])])
    ).lower()
    if answer.status == 400 and ("routing key" in words or "routing_key" in words):
        return _WRONG_KEY
    return None, None


def _with_progress(error: DeliveryError, taken: int, total: int) -> DeliveryError:
    if total == 1:
        return error
    text = f"{error}; {taken} of {total} events taken"
    return DeliveryError(
        text, reason=error.reason, retryable=error.retryable, retry_after=error.retry_after
    )


PAGERDUTY = Integration(
    "pagerduty", "an incident for each alert", PagerDutyOptions, PagerDutyNotifier
)
