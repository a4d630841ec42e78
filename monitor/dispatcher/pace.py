"""When a lane may begin an attempt: the service's pace, the circuit, and what the receiver
itself asked for."""

from monitor.dispatcher.breaker import CircuitBreaker
from monitor.dispatcher.bucket import TokenBucket
from monitor.domain.alerting.notification import LONGEST_RETRY_AFTER


class Pace:
    """One attempt every `interval` seconds with bursts of `burst`, `in_flight` at once. Times
    are monotonic, in seconds."""

    def __init__(self, interval: float, burst: int, in_flight: int, *, now: float) -> None:
        self._bucket = TokenBucket(interval, burst, now=now)
        self._breaker = CircuitBreaker()
        self._paused_until = now
        self.in_flight = 1 if interval > 0 else in_flight

    @property
    def open(self) -> bool:
        """Whether the receiver keeps failing, so that it is asked with one message at a time."""
        return self._breaker.open

    @property
    def at_once(self) -> int:
        return 1 if self._breaker.open else self.in_flight

    def held_until(self) -> float:
        """Before that nothing is sent to the receiver."""
        return max(self._paused_until, self._breaker.ready_at(), self._bucket.ready_at())

    def begin(self, now: float) -> None:
        """An attempt begins; the caller has seen that it may."""
        self._bucket.take(now)

    def succeeded(self) -> None:
        self._breaker.succeeded()

    def failed(self, now: float) -> None:
        """For a reason that is not the message's."""
        self._breaker.failed(now)

    def pause(self, seconds: float, now: float) -> float:
        """The receiver asked to be left alone (`Retry-After`); returns for how long it will be."""
        seconds = min(seconds, LONGEST_RETRY_AFTER.total_seconds())
        self._paused_until = max(self._paused_until, now + seconds)
        return seconds
