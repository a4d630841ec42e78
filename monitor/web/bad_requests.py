"""Requests that are not valid HTTP: anyone who reaches the port can send them at any rate."""

import logging

import structlog
from aiohttp.http_exceptions import HttpProcessingError, InvalidURLError
from aiohttp.web import RequestPayloadError

from monitor.clock import Clock
from monitor.metrics import Metrics

EVERY_SECONDS = 60.0
LONGEST_REASON = 200

log = structlog.get_logger()


class BadRequests(logging.Filter):
    """Counts the server's log records about requests that it could not read, and logs one line a
    minute in place of a traceback each.

    Other records, about faults of the server itself, pass.
    """

    def __init__(self, metrics: Metrics, clock: Clock) -> None:
        super().__init__()
        self._metrics = metrics
        self._clock = clock
        self._quiet_until = 0.0
        self._unsaid = 0

    def logger(self) -> logging.Logger:
        """A logger for one server."""
        # not a shared one: each server counts its own
        found = logging.Logger("monitor.web", logging.DEBUG)  # noqa: LOG001
        found.parent = logging.getLogger("aiohttp.server")
        found.addFilter(self)
        return found

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, HttpProcessingError | RequestPayloadError):
            return record.levelno > logging.DEBUG
        self._metrics.bad_requests.inc()
        self._unsaid += 1
        now = self._clock.monotonic()
        if now >= self._quiet_until:
            self._quiet_until = now + EVERY_SECONDS
            log.warning("bad_http_request", reason=_reason(error), since_last_line=self._unsaid)
            self._unsaid = 0
        return False


def _reason(error: HttpProcessingError | RequestPayloadError) -> str:
    """What the parser found, in one line."""
    if isinstance(error, RequestPayloadError):
        return "the body cannot be decoded"
    first = next(
        (line.strip(" :") for line in error.message.splitlines() if line.strip()),
        type(error).__name__,
    )
    return (f"not a URL: {first}" if isinstance(error, InvalidURLError) else first)[:LONGEST_REASON]
