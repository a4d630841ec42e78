"""How somebody is told."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from monitor.domain.alerting.notification import Notification, NotifiedAlert


class Notifier(Protocol):
    """One receiver's integration. Knows how to say it and how to send it, not when or whether."""

    @property
    def integration(self) -> str:
        """Its kind: `webhook`, `slack`, …"""

    @property
    def min_interval(self) -> float:
        """The seconds for which one attempt may begin, by the service's own rule; 0 where it has
        none."""

    @property
    def burst(self) -> int:
        """How many attempts may begin at once after a pause, as long as `min_interval` holds on
        average; at least 1."""

    async def send(self, notification: Notification) -> None:
        """Make one attempt, bounded in time. Returns when the receiver confirmed; raises
        `DeliveryError` otherwise.

        Sending the same notification again carries the same id, so that a receiver can drop the
        repeat.
        """

    async def close(self) -> None:
        """Let go of connections. Never raises."""


@runtime_checkable
class Resending(Protocol):
    """A notifier whose service forgets what it is not told again, so that it is told apart from
    the outbox as well."""

    @property
    def resend_interval(self) -> float:
        """Seconds between two tellings; a missed one or two do no harm."""

    async def resend(self, alerts: Sequence[NotifiedAlert]) -> None:
        """Tell anew that all of these fire, each bounded in time; and, for some minutes, what
        `send` said is over.

        `alerts` is what the receiver knows to fire; whatever `send` was given since it was
        gathered counts for more. Does nothing that a repetition would make different. Raises
        `DeliveryError` when nobody took it: it is called again soon.
        """


@runtime_checkable
class Acknowledging(Protocol):
    """A notifier whose service shows who looks after an alert, and is told so at once
    (`NotifyReason.ACKNOWLEDGED`). Others say it in the group's next message."""

    @property
    def shows_acknowledgements(self) -> bool:
        """True."""
