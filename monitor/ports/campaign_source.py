"""How the provider is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from monitor.domain.campaign.account import Balance
from monitor.domain.campaign.detail import CampaignDetail
from monitor.domain.campaign.snapshot import Campaign


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """One reading of a feed's window.

    `campaigns` are the rows that could be read, each id once, ascending by id. A row whose bytes
    were the same in the last sweep is the *same object* as then. `unreadable` are the ids of
    rows that could not be decoded; `nameless` counts rows whose id could not be read either.
    `complete` says that every page was read and that they fit together: no campaign that was
    there all along is missing. `reason` says in words why it is not. `requests` counts HTTP
    requests made.
    """

    campaigns: Sequence[Campaign]
    complete: bool
    unreadable: frozenset[int] = frozenset()
    nameless: int = 0
    reason: str | None = None
    requests: int = 0


class CampaignSource(Protocol):
    """One account at the provider. All methods raise `ProviderError` once their own retries are
    used up."""

    async def sweep(
        self, message_type: str, *, since: float, started: float, fresh: bool = False
    ) -> Sweep:
        """Read every campaign of a type created at or after `since` (Unix seconds), as of
        `started` (now).

        `fresh` decodes every row, also those that look like the last sweep's: for the full
        sweeps.

        An incomplete reading is returned with `complete=False`, never raised, when at least the
        first page answered; a sweep whose first page failed raises.
        """
        ...

    async def campaign(self, campaign_id: int) -> Campaign | None:
        """One campaign by its id; None only when the provider answered 404 for it."""
        ...

    async def detail(self, campaign_id: int) -> CampaignDetail | None:
        """What became of a campaign's messages; None when the provider says that it knows none
        of that id.

        Asked once, with little patience: what did not come at once is a `ProviderError`, to be
        tried again another time.
        """
        ...

    async def balance(self, *, now: datetime) -> Balance:
        """What can be spent."""
        ...

    async def close(self) -> None:
        """Let go of connections. Never raises."""
        ...
