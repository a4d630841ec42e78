"""How the provider is read."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from monitor.domain.campaign.account import Balance
from monitor.domain.campaign.detail import CampaignDetail
from monitor.domain.campaign.snapshot import Campaign
from monitor.errors import ProviderFault


class Incomplete(StrEnum):
    """Why a sweep may not be the whole list. A closed set."""

    FAILED = "failed"  # pages could not be read; the sweep's `fault` says how
    CUT = "cut"  # after 1,000,000 rows or 5 minutes; the next sweep goes on from there
    UNSORTED = "unsorted"  # rows do not come sorted by id
    APART = "apart"  # two pages could not be joined: rows moved again and again
    NO_END = "no_end"  # nothing proves where the list ends


@dataclass(frozen=True, slots=True, kw_only=True)
class SweptRows:
    """One page as it arrives, for decisions before the sweep ends; fields as in `Sweep`.

    `requested_at` is when the page was asked for, on the monotonic clock.
    """

    campaigns: Sequence[Campaign]
    unreadable: frozenset[int]
    nameless: int
    requested_at: float


RowsSeen = Callable[[SweptRows], Awaitable[None]]
"""Called with each page; the sweep continues when it returns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """One reading of a feed's window: what was read, and whether that is all there is.

    `campaigns` are the rows that could be read, each id once, ascending by id. A row whose bytes
    are the same as in the last sweep is the *same object*. `requested_at` says for each of them
    when it was requested, on the monotonic clock: of two readings of a campaign the one requested
    later wins, within a sweep too. `unreadable` are the ids of rows that could not be decoded and
    are not among the campaigns; `nameless` counts rows whose id could not be read either, each
    once.

    `complete` says that the pages join from the start of the list to its end: no campaign that
    was there all along is missing. If it is false, `incomplete` says why and `reason` says it in
    words; what was read is still valid. `fault` is that of the last page that failed, if that is
    why the list is incomplete. `cut_at` is the row at which a sweep that took too long stopped.
    `requests` counts the HTTP requests made.
    """

    campaigns: Sequence[Campaign]
    complete: bool
    unreadable: frozenset[int] = frozenset()
    nameless: int = 0
    reason: str | None = None
    requests: int = 0
    requested_at: Sequence[float] = ()
    incomplete: Incomplete | None = None
    fault: ProviderFault | None = None
    cut_at: int | None = None

    @property
    def rows_given(self) -> int:
        """How many rows the provider returned, each once, without those of other feeds."""
        return len(self.campaigns) + len(self.unreadable) + self.nameless


class CampaignSource(Protocol):
    """One account at the provider. All methods raise `ProviderError` once their own retries are
    used up."""

    async def sweep(
        self,
        message_type: str,
        *,
        since: float,
        started: float,
        fresh: bool = False,
        seen: RowsSeen | None = None,
    ) -> Sweep:
        """Read every campaign of a type created at or after `since` (Unix seconds), as of
        `started`.

        `fresh` is for full sweeps: it decodes every row, even one that equals the last sweep's,
        and proves the end of the list only with a request of its own. `seen` is called with each
        page as it arrives, one at a time: the first page of the newest window, then from the
        newest page backwards. An exception from it ends the sweep.

        If at least the first page was read, an incomplete reading is returned with
        `complete=False` and not raised; if the first page failed, the sweep raises. A sweep that
        is cut, after 1,000,000 rows or 5 minutes, is incomplete; the feed's next sweep starts
        where it stopped.
        """

    async def campaign(self, campaign_id: int) -> Campaign | None:
        """Return one campaign by its id; None only when the provider answers 404."""

    async def detail(self, campaign_id: int) -> CampaignDetail | None:
        """Return what happened to a campaign's messages; None when the provider does not know the
        id.

        There is one attempt with a short timeout; a `ProviderError` can be tried again later.
        """

    async def balance(self, *, now: datetime) -> Balance:
        """Return the account's balance and credit, read at `now`."""

    async def close(self) -> None:
        """Close the connections. Never raises."""
