"""What becomes of an outbox row after an attempt: delivered, retried later, given up, or sent in
halves. Pure functions."""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from monitor.domain.alerting.notification import (
    GIVE_UP_AFTER,
    OutboxRow,
    OutboxState,
    halves,
    retry_delay,
)
from monitor.errors import DeliveryError, DeliveryFault
from monitor.ports import DeliveryResult

LEASE = timedelta(seconds=30)
"""How long a claim holds. After that, a row without a result is due again."""

MOST_CRASHES = 5
"""How often the monitor's own code may raise on a row before it is given up."""


def delivered(row: OutboxRow, *, now: datetime) -> DeliveryResult:
    """The receiver confirmed the message."""
    return DeliveryResult(id=row.notification.id, state=OutboxState.DELIVERED, at=now)


def after_failure(
    row: OutboxRow,
    error: DeliveryError,
    *,
    now: datetime,
    random: float,
    long_enough: Callable[[datetime], bool],
) -> DeliveryResult:
    """The result of a failed attempt on `row`, whose `attempts` count this one.

    - A message that was too large is replaced by two halves; with only one alert, it is dead.
    - After any other final fault it is dead.
    - After `GIVE_UP_AFTER` of attempts it is dead: `long_enough` says whether that has passed
      since a moment.
    - Otherwise it is tried again later. `random` in [0, 1) spreads the next attempts.
    """
    id_ = row.notification.id
    if error.reason is DeliveryFault.TOO_LARGE and len(row.notification.alerts) > 1:
        return DeliveryResult(
            id=id_,
            state=OutboxState.SUPERSEDED,
            at=now,
            error=f"{error}; sent in halves",
            replacements=_replacements(row, now),
        )
    if not error.retryable:
        return DeliveryResult(id=id_, state=OutboxState.DEAD, at=now, error=str(error))
    if long_enough(row.first_attempt_at or row.notification.created_at):
        return given_up(row, now=now, error=str(error))
    delay = retry_delay(row.attempts, retry_after=error.retry_after, random=random)
    return again(row, now=now, at=now + delay, error=str(error))


def given_up(row: OutboxRow, *, now: datetime, error: str) -> DeliveryResult:
    """It has been tried for too long, or has waited too long for its receiver."""
    hours = GIVE_UP_AFTER.total_seconds() / 3600
    text = f"given up after {hours:.0f} h; last: {error}"
    return DeliveryResult(id=row.notification.id, state=OutboxState.DEAD, at=now, error=text)


def after_crash(
    row: OutboxRow, error: Exception, *, crashes: int, now: datetime, random: float
) -> DeliveryResult:
    """The monitor's own code raised on this row for the `crashes`th time: try again later, in the
    end give up.

    The error's text is not kept: it may contain a secret.
    """
    text = f"internal error: {type(error).__name__} (the log has its traceback)"
    if crashes >= MOST_CRASHES:
        return DeliveryResult(id=row.notification.id, state=OutboxState.DEAD, at=now, error=text)
    return again(
        row, now=now, at=now + retry_delay(crashes, retry_after=None, random=random), error=text
    )


def again(
    row: OutboxRow, *, now: datetime, at: datetime, error: str | None = None
) -> DeliveryResult:
    """Try the row again at `at`."""
    return DeliveryResult(
        id=row.notification.id, state=OutboxState.PENDING, at=now, next_attempt_at=at, error=error
    )


def _replacements(row: OutboxRow, now: datetime) -> tuple[OutboxRow, ...]:
    """The two halves as rows. They were never attempted, but their 72 hours began with the whole
    message. The store puts them in its place."""
    return tuple(
        msgspec.structs.replace(
            row, notification=half, attempts=0, next_attempt_at=now, last_error=None
        )
        for half in halves(row.notification)
    )
