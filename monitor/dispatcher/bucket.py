"""How fast a receiver may be told: a token bucket."""


class TokenBucket:
    """One token every `interval` seconds, at most `burst` of them kept; no limit with an
    interval of 0. Times are monotonic."""

    def __init__(self, interval: float, burst: int, *, now: float) -> None:
        if interval < 0 or burst < 1:
            raise ValueError(f"a bucket of {burst} tokens, one every {interval} s, cannot be")
        self._interval = interval
        self._slack = interval * (burst - 1)
        self._full_at = (
            now  # a token less moves it an interval away; the bucket is as full as this is near
        )

    def ready_at(self) -> float:
        """When there is a token; in the past when there is one now."""
        return self._full_at - self._slack

    def take(self, now: float) -> None:
        """Use a token up; the caller has seen that there is one."""
        self._full_at = max(self._full_at, now) + self._interval
