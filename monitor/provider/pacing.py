"""Gentleness: how many requests at once, how soon the same one again, and how long the provider
asked us to wait."""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager

from monitor.clock import Clock
from monitor.errors import ProviderError

IN_FLIGHT = 4
SAME_REQUEST_GAP = 1.0
"""Seconds; the provider refuses identical requests in quick succession."""
LONGEST_RETRY_AFTER = 300.0
"""Seconds of a `Retry-After` that are honoured."""
_NEGLIGIBLE = 1e-6


class Pacer:
    """One account's turns to speak. Shared by all its feeds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._last: dict[
            int, float
        ] = {}  # hash of a request → when it was last under way; those of the last second only
        self._quiet_until = float("-inf")
        self._refusal: ProviderError | None = None
        self._unanswered = 0

    @property
    def refusing(self) -> bool:
        """Whether a request would fail at once."""
        return (
            self._refusal is not None and self._quiet_until - self._clock.monotonic() > _NEGLIGIBLE
        )

    def answered(self) -> None:
        """The provider answered a request as it should: a silence it asks for next is a first
        one."""
        self._unanswered = 0

    @asynccontextmanager
    async def turn(self, request: Hashable) -> AsyncIterator[None]:
        """Wait for a slot, for the end of a silence asked for, and until the same request is a
        second ago; then hold the slot.

        ProviderError at once during a silence that is too long to wait out.
        """
        key = hash(request)
        async with self._slots:
            while (wait := self._wait(key)) > _NEGLIGIBLE:
                await self._clock.sleep(wait)
            self._mark(key)
            try:
                yield
            finally:
                self._mark(
                    key
                )  # counted from its end: the provider's own clock can only see a longer gap

    def quiet(self, seconds: float, error: ProviderError) -> None:
        """The provider asked for `seconds` of silence, with `error`.

        Every request waits out up to five minutes. A longer wish is not slept through (a poll
        would hang for an hour) and not ignored: for five minutes every request fails at once
        with that error and none is sent; then one may ask again. The same holds where one
        silence follows another without an answer between: queued requests would each wait out
        one of their own, and it would take an hour to learn that the provider says no.
        """
        now = self._clock.monotonic()
        if self._quiet_until - now <= _NEGLIGIBLE:
            self._unanswered += 1
        until = now + min(seconds, LONGEST_RETRY_AFTER)
        if seconds > LONGEST_RETRY_AFTER or self._unanswered > 1:
            self._refusal = error
        self._quiet_until = max(self._quiet_until, until)

    def _wait(self, key: int) -> float:
        now = self._clock.monotonic()
        silence = self._quiet_until - now
        if silence <= _NEGLIGIBLE:
            self._refusal = None
        elif self._refusal is not None:
            raise again(self._refusal)
        return max(silence, self._last.get(key, float("-inf")) + SAME_REQUEST_GAP - now)

    def _mark(self, key: int) -> None:
        now = self._clock.monotonic()
        self._last.pop(key, None)
        self._last[key] = now
        while (oldest := next(iter(self._last))) != key and self._last[
            oldest
        ] + SAME_REQUEST_GAP <= now:
            del self._last[oldest]


def again(error: ProviderError) -> ProviderError:
    """The same error for another caller: an exception raised twice would collect both callers'
    traces."""
    return ProviderError(
        str(error),
        reason=error.reason,
        retryable=error.retryable,
        status=error.status,
        retry_after=error.retry_after,
    )
