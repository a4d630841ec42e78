"""The part of the store that people write: silences and acknowledgements. `ports.Store` is one
of these too."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from monitor.domain.alerting.alert import Acknowledgement
from monitor.domain.routing.silence import Silence


class QuietStore(Protocol):
    """What somebody does not want to hear, or looks after. Transactions and errors as of
    `ports.Store`.

    A running daemon sees what another process writes here within a second.
    """

    async def silences(self, *, ended_after: datetime | None = None) -> Sequence[Silence]:
        """Silences that have not ended, or ended later than that; all there are when None. The
        oldest first."""
        ...

    async def add_silence(self, silence: Silence) -> None:
        """Keep a new silence. One with the same id that is there already is left as it is."""
        ...

    async def expire_silences(self, ids: Sequence[str], *, at: datetime, by: str) -> int:
        """End silences by a person's word; unknown ones and those that have ended are passed
        over. Returns how many."""
        ...

    async def acknowledgements(self) -> Sequence[Acknowledgement]:
        """Those of alerts that are not closed."""
        ...

    async def acknowledge(self, acknowledgements: Sequence[Acknowledgement]) -> None:
        """Note who looks after an alert, in place of whoever did."""
        ...

    async def forget_acknowledgements(self, alert_ids: Sequence[str]) -> int:
        """Nobody looks after these alerts any more. Returns of how many somebody did."""
        ...
