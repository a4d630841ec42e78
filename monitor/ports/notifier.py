"""How a receiver is told."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from monitor.domain.alerting.notification import Notification, NotifiedAlert


class Notifier(Protocol):
    """One receiver's integration. It knows how to write and send a message, not when or whether."""

    @property
    def integration(self) -> str:
        """Its kind: `webhook`, `slack`, …"""

    @property
    def min_interval(self) -> float:
        """Seconds between the starts of two attempts that the service asks for, on average; 0 when
        it sets no limit."""

    @property
    def burst(self) -> int:
        """How many attempts may start at once after a pause, as long as `min_interval` holds on
        average; at least 1."""

    async def send(self, notification: Notification) -> None:
        """Make one attempt, bounded in time. Returns once the receiver has confirmed; raises
        `DeliveryError` otherwise.

        The same notification sent again has the same id, so a receiver can drop the repeat.
        """

    async def close(self) -> None:
        """Close the connections. Never raises."""


@runtime_checkable
class Resending(Protocol):
    """A notifier whose service forgets alerts that it is not told again, and so is told outside the
    outbox too."""

    @property
    def resend_interval(self) -> float:
        """Seconds between two calls of `resend`; missing one or two does no harm."""

    async def resend(self, alerts: Sequence[NotifiedAlert]) -> None:
        """Tell again that all of `alerts` are firing, bounded in time, and for some minutes also
        which ones `send` said are over.

        `alerts` are those that the receiver knows to be firing; what `send` was given after they
        were gathered takes precedence. Repeating the call changes nothing. Raises `DeliveryError`
        when the service did not accept it: it is called again soon.
        """


@runtime_checkable
class Acknowledging(Protocol):
    """A notifier whose service shows who is handling an alert, and is told so at once
    (`NotifyReason.ACKNOWLEDGED`). Others say it in the group's next message."""

    @property
    def shows_acknowledgements(self) -> bool:
        """True."""
