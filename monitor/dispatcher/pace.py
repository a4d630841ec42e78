"""When a lane may begin an attempt: the service's rate limit, the circuit breaker, and what the
receiver itself asked for. Times are monotonic, in seconds."""

from monitor.domain.alerting.notification import LONGEST_RETRY_AFTER


class TokenBucket:
    """A rate limit: one token every `interval` seconds, at most `burst` of them kept. An interval
    of 0 means no limit."""

    def __init__(self, interval: float, burst: int, *, now: float) -> None:
        if interval < 0 or burst < 1:
            raise ValueError(f"a bucket of {burst} tokens, one every {interval} s, cannot be")
        self._interval = interval
        self._slack = interval * (burst - 1)
        self._full_at = now  # each token taken moves this one interval into the future

    def ready_at(self) -> float:
        """When the next token is there; in the past if there is one now."""
        return self._full_at - self._slack

    def take(self, now: float) -> None:
        """Use a token. Check `ready_at` first."""
        self._full_at = max(self._full_at, now) + self._interval


OPEN_AFTER = 5
"""Failures in a row."""

PROBE_SECONDS = (5.0, 10.0, 20.0, 30.0)
"""The shortest wait after each failed probe; the last one repeats. A message's own schedule may
ask for more."""


class CircuitBreaker:
    """Open after `OPEN_AFTER` failures in a row. While it is open, the receiver is probed with one
    message at a time, until it takes one."""

    def __init__(self) -> None:
        self._failures = 0
        self._probes = 0
        self._probe_at = 0.0

    @property
    def open(self) -> bool:
        return self._failures >= OPEN_AFTER

    def failed(self, now: float) -> None:
        """An attempt failed, and the message itself was not the reason."""
        if not self.open:
            self._failures += 1
            if not self.open:
                return
        elif now < self._probe_at:
            return  # not a probe: it was in flight already when the circuit opened
        self._probe_at = now + PROBE_SECONDS[min(self._probes, len(PROBE_SECONDS) - 1)]
        self._probes += 1

    def succeeded(self) -> None:
        """It took one: closed."""
        self._failures = self._probes = 0
        self._probe_at = 0.0

    def ready_at(self) -> float:
        """When the next attempt may begin; in the past when it may begin now."""
        return self._probe_at


class Pace:
    """One attempt every `interval` seconds with bursts of `burst`, at most `in_flight` at once."""

    def __init__(self, interval: float, burst: int, in_flight: int, *, now: float) -> None:
        self._bucket = TokenBucket(interval, burst, now=now)
        self._breaker = CircuitBreaker()
        self._paused_until = now
        self.in_flight = 1 if interval > 0 else in_flight

    @property
    def open(self) -> bool:
        """Whether the receiver keeps failing, so that it is probed with one message at a time."""
        return self._breaker.open

    @property
    def at_once(self) -> int:
        return 1 if self._breaker.open else self.in_flight

    def held_until(self) -> float:
        """Nothing is sent to the receiver before this moment."""
        return max(self._paused_until, self._breaker.ready_at(), self._bucket.ready_at())

    def begin(self, now: float) -> None:
        """Note that an attempt begins. Check `held_until` first."""
        self._bucket.take(now)

    def succeeded(self) -> None:
        self._breaker.succeeded()

    def failed(self, now: float) -> None:
        """An attempt failed, and the message itself was not the reason."""
        self._breaker.failed(now)

    def pause(self, seconds: float, now: float) -> float:
        """Pause as the receiver asked (`Retry-After`). Returns for how many seconds."""
        seconds = min(seconds, LONGEST_RETRY_AFTER.total_seconds())
        self._paused_until = max(self._paused_until, now + seconds)
        return seconds
