"""A circuit breaker: a receiver that keeps failing is asked with one message at a time, until it
takes one."""

OPEN_AFTER = 5
"""Failures in a row."""

PROBE_SECONDS = (5.0, 10.0, 20.0, 30.0)
"""The least time after each failed probe; the last goes on. A message's own schedule may ask for
more."""


class CircuitBreaker:
    """Open once `OPEN_AFTER` attempts in a row have failed. Times are monotonic, in seconds."""

    def __init__(self) -> None:
        self._failures = 0
        self._probes = 0
        self._probe_at = 0.0

    @property
    def open(self) -> bool:
        return self._failures >= OPEN_AFTER

    def failed(self, now: float) -> None:
        """The receiver did not take a message, for a reason that is not the message's."""
        if not self.open:
            self._failures += 1
            if not self.open:
                return
        elif now < self._probe_at:
            return  # no probe: it was in flight already when the circuit opened
        self._probe_at = now + PROBE_SECONDS[min(self._probes, len(PROBE_SECONDS) - 1)]
        self._probes += 1

    def succeeded(self) -> None:
        """It took one: closed."""
        self._failures = self._probes = 0
        self._probe_at = 0.0

    def ready_at(self) -> float:
        """When the next attempt may begin; in the past when it may begin now."""
        return self._probe_at
