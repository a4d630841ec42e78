"""The errors that cross a boundary. Each carries the decision it leads to, not a sentence to
parse."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class MonitorError(Exception):
    """Base of every error that is meant for a person: its text is shown, never its traceback."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something was written: a file with line and column (both from 1), or the name of a
    variable.

    `end_column`, where it is known, is just past the end on the same line. Two places are the
    same wherever they end.
    """

    source: str
    line: int | None = None
    column: int | None = None
    end_column: int | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return ":".join(
            str(part) for part in (self.source, self.line, self.column) if part is not None
        )


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The line of a place as it may be shown, without what may be secret in it.
    `line[start:end]` is what is meant, and empty where the place has no end or lies past the
    line's."""

    line: str
    start: int
    end: int

    @classmethod
    def of(cls, line: str, place: Place) -> "Excerpt":
        """The whole line as it is written."""
        start = min((place.column or 1) - 1, len(line))
        return cls(line, start, min(max(start, (place.end_column or 0) - 1), len(line)))


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a setting or a rule: where, what was found, what was expected, what to do.

    `excerpt` shows it, where that is possible; two problems are the same whatever it is.
    """

    message: str
    place: Place | None = None
    hint: str | None = None
    excerpt: Excerpt | None = field(default=None, compare=False, repr=False)

    @property
    def words(self) -> str:
        """Message and hint, without the place."""
        return f"{self.message} ({self.hint})" if self.hint else self.message

    def __str__(self) -> str:
        return f"{self.place}: {self.words}" if self.place else self.words


class ConfigError(MonitorError):
    """Settings or rules are wrong. Carries every problem found, not the first, in the order of
    the file."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def where_raised(error: BaseException) -> str:
    """What was raised and where, as "OverflowError in values.py:22". No value: a message may
    quote anything."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    name = type(error).__name__
    return (
        name
        if last is None
        else f"{name} in {Path(last.tb_frame.f_code.co_filename).name}:{last.tb_lineno}"
    )


class ProviderFault(StrEnum):
    """Why the provider could not be read. A closed set."""

    UNAUTHORIZED = "unauthorized"  # 401 or 403, also after a fresh log-in
    NOT_FOUND = "not_found"
    INVALID_REQUEST = "invalid_request"  # 422 and other 4xx
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    TIMEOUT = "timeout"
    CONNECTION = "connection"  # DNS, TLS, refused, reset
    REDIRECT = "redirect"
    BAD_BODY = "bad_body"  # cut, not JSON, not the documented shape, or an `error` in a 200
    TOO_LARGE = "too_large"


class ProviderError(MonitorError):
    """A call to the provider failed for good (its retries included). The text may name
    the API's URL, which holds no secret; it names no key and no token.

    `status` is the HTTP status where there was one, `retry_after` the provider's own wish in
    seconds.
    """

    def __init__(
        self,
        message: str,
        *,
        reason: ProviderFault,
        retryable: bool,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.retryable = retryable
        self.status = status
        self.retry_after = retry_after


class DeliveryFault(StrEnum):
    """Why a receiver did not take a notification. A closed set: it becomes the metric label
    `outcome`."""

    REJECTED = "rejected"  # 400, 422: this message will never be taken
    UNAUTHORIZED = "unauthorized"  # 401, 403: a secret is being rotated
    NOT_FOUND = "not_found"  # 404: a service is being rolled out
    GONE = "gone"  # 410
    TOO_LARGE = "too_large"  # 413: halve and try again
    RATE_LIMITED = "rate_limited"  # 429
    UNAVAILABLE = "unavailable"  # 503
    SERVER_ERROR = "server_error"  # other 5xx
    REDIRECT = "redirect"  # 3xx: never followed, a secret may be in the request
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    BAD_ANSWER = "bad_answer"  # a success status with a body that says otherwise


class DeliveryError(MonitorError):
    """One attempt at one receiver failed. The text names no URL or secret.

    `retryable` false means this message is dead for this receiver; `retry_after` is in seconds.
    """

    def __init__(
        self,
        message: str,
        *,
        reason: DeliveryFault,
        retryable: bool,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.retryable = retryable
        self.retry_after = retry_after


class StoreFault(StrEnum):
    """Why the database could not be used. A closed set."""

    LOCKED = "locked"  # another daemon holds it
    NEWER = "newer"  # written by a newer version
    CORRUPT = "corrupt"
    READ_ONLY = "read_only"
    FULL = "full"  # no space left
    UNAVAILABLE = "unavailable"  # cannot be opened or reached
    CONFLICT = "conflict"  # what the change was decided on has changed; decide again


class StoreError(MonitorError):
    """The database refused. Nothing of the change that met this error is in it: committed state
    is intact."""

    def __init__(self, message: str, *, reason: StoreFault, retryable: bool) -> None:
        super().__init__(message)
        self.reason = reason
        self.retryable = retryable
