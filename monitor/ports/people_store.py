"""The store as people need it: silences and acknowledgements."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from monitor.domain.alerting.alert import Acknowledgement
from monitor.domain.routing.silence import Silence


class PeopleStore(Protocol):
    """What people do not want to hear, and what they are handling. Transactions and errors: see
    `Store`.

    A running daemon sees what another process writes here within a second.
    """

    async def silences(self, *, ended_after: datetime | None = None) -> Sequence[Silence]:
        """Return silences that have not ended or ended later than `ended_after`; all of them when
        that is None. Oldest first."""

    async def add_silence(self, silence: Silence) -> None:
        """Store a new silence. A silence whose id already exists is left unchanged."""

    async def expire_silences(self, ids: Sequence[str], *, at: datetime, by: str) -> int:
        """End silences because `by` said so. Unknown and ended ones are skipped. Return how
        many ended."""

    async def acknowledgements(self) -> Sequence[Acknowledgement]:
        """Return the acknowledgements of alerts that are not closed."""

    async def acknowledge(self, acknowledgements: Sequence[Acknowledgement]) -> None:
        """Record who is handling an alert, in place of the person before."""

    async def forget_acknowledgements(self, alert_ids: Sequence[str]) -> int:
        """Remove the acknowledgements of these alerts. Return how many there were."""

    async def changed_outside(self) -> bool:
        """Return whether another process has written since this was last asked."""
