"""What a receiver's answer means: delivered, try again, or give up. It is decided only here;
docs/receivers.md has it as a table."""

import math
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus

import msgspec

from monitor.errors import DeliveryError, DeliveryFault
from monitor.net import LONGEST_WAIT, retry_after
from monitor.notify.transport import Answer

_FAULTS: Mapping[int, tuple[DeliveryFault, bool]] = {
    400: (DeliveryFault.REJECTED, False),
    401: (DeliveryFault.UNAUTHORIZED, True),
    403: (DeliveryFault.UNAUTHORIZED, True),
    404: (DeliveryFault.NOT_FOUND, True),
    408: (DeliveryFault.TIMEOUT, True),
    410: (DeliveryFault.GONE, False),
    413: (DeliveryFault.TOO_LARGE, False),
    422: (DeliveryFault.REJECTED, False),
    425: (DeliveryFault.RATE_LIMITED, True),
    429: (DeliveryFault.RATE_LIMITED, True),
    503: (DeliveryFault.UNAVAILABLE, True),
}
# any other 3xx, 4xx and 5xx, and what is none of these
_BY_CLASS: Mapping[int, tuple[DeliveryFault, bool]] = {
    3: (DeliveryFault.REDIRECT, True),
    4: (DeliveryFault.REJECTED, True),
    5: (DeliveryFault.SERVER_ERROR, True),
}
_UNKNOWN = (DeliveryFault.BAD_ANSWER, True)
_OBEYS_RETRY_AFTER = frozenset({DeliveryFault.RATE_LIMITED, DeliveryFault.UNAVAILABLE})

UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError)
"""What decoding JSON from elsewhere can raise."""

Meaning = tuple[DeliveryFault, bool]
"""Why it was not delivered, and whether it is tried again."""


def check(
    answer: Answer,
    *,
    now: datetime,
    detail: str | None = None,
    meaning: Meaning | None = None,
    asked_wait: float | None = None,
) -> None:
    """Return if the answer is a success; otherwise raise `DeliveryError` with the decision.

    Statuses without a line of their own: another 4xx is tried again, because a person may correct
    the address or the receiver; so is 5xx. A redirect is never followed, because the request may
    contain a secret, but it may be gone tomorrow. `detail` is the integration's own explanation,
    in our words, never the receiver's. `meaning` is its own reading of an answer whose status
    says too little. `asked_wait` are the seconds to wait that the body asks for; they take
    precedence over `Retry-After`.
    """
    status = answer.status
    if 200 <= status < 300:
        return
    reason, retryable = meaning or _FAULTS.get(status) or _BY_CLASS.get(status // 100, _UNKNOWN)
    wait = retry_after(answer.headers, now=now) if asked_wait is None else asked_wait
    raise DeliveryError(
        f"{status_words(status)}: {detail}" if detail else status_words(status),
        reason=reason,
        retryable=retryable,
        retry_after=wait if reason in _OBEYS_RETRY_AFTER else None,
    )


def json_object(answer: Answer) -> Mapping[str, object]:
    """The answer's body if it is a JSON object, otherwise empty. Never show it: it may repeat what
    was sent."""
    try:
        said = msgspec.json.decode(answer.body)
    except UNREADABLE:
        return {}
    return said if isinstance(said, dict) else {}


def seconds(value: object) -> float | None:
    """A number of seconds from a JSON body; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(min(value, LONGEST_WAIT)) if 0 <= value < math.inf else None


def confirm(answer: Answer, service: str) -> None:
    """Raise `DeliveryError` BAD_ANSWER for a success whose body is a web page: it comes from a
    proxy, not from the service."""
    if answer.body.lstrip().startswith(b"<"):
        raise unconfirmed(answer, service)


def unconfirmed(answer: Answer, service: str) -> DeliveryError:
    """The error for a success status whose body says otherwise."""
    reason = f"HTTP {answer.status}, but the answer does not say that {service} took the message"
    return DeliveryError(reason, reason=DeliveryFault.BAD_ANSWER, retryable=True)


def status_words(status: int) -> str:
    """`HTTP 404 Not Found`; for a redirect, also that it is not followed."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        return f"HTTP {status}"
    followed = ", a redirect, which is never followed" if 300 <= status < 400 else ""
    return f"HTTP {status} {phrase}{followed}"
