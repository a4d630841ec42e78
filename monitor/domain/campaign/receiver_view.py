"""What rules of scope `receiver` see: the state of the deliveries to one receiver."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ReceiverHealth:
    """Whether the last attempt succeeded. `failing_since`: the first failure since the last
    success, null while healthy."""

    failing_since: datetime | None = None
    last_error: str | None = None

    @property
    def healthy(self) -> bool:
        return self.failing_since is None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverView:
    """One receiver at one moment.

    `dead_letters` are messages given up and kept, without those a person dropped; `waiting`
    those not yet confirmed, the oldest of them decided at `oldest_at`.
    """

    receiver: str
    integration: str
    health: ReceiverHealth
    dead_letters: int
    waiting: int
    oldest_at: datetime | None
    now: datetime

    @property
    def failing_for(self) -> float | None:
        """Seconds since the first failure since the last success; null while healthy."""
        return _seconds(self.health.failing_since, self.now)

    @property
    def oldest_waiting(self) -> float | None:
        """Seconds since the oldest waiting message was decided; null when none waits."""
        return _seconds(self.oldest_at, self.now)


def _seconds(since: datetime | None, now: datetime) -> float | None:
    """Never negative: the wall clock may have been set back."""
    return None if since is None else max(0.0, (now - since).total_seconds())
