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
    """Why a sweep is not known to be the whole list. A closed set."""

    FAILED = "failed"  # pages could not be read; the sweep's `fault` says how
    CUT = "cut"  # after 1,000,000 rows or 5 minutes; the next sweep goes on from there
    UNSORTED = "unsorted"  # rows do not come sorted by id
    APART = "apart"  # two pages could not be joined: rows moved again and again
    NO_END = "no_end"  # nothing proves where the list ends


@dataclass(frozen=True, slots=True, kw_only=True)
class SweptRows:
    """One page as it comes, for what is decided before the sweep is over; the fields as in `Sweep`.

    `requested_at` is when the page was asked for, on the monotonic clock.
    """

    campaigns: Sequence[Campaign]
    unreadable: frozenset[int]
    nameless: int
    requested_at: float


RowsSeen = Callable[[SweptRows], Awaitable[None]]
"""Called with each page; the sweep goes on when it returns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """One reading of a feed's window: what was read, and whether that is all there is.

    `campaigns` are the rows that could be read, each id once, ascending by id. A row whose bytes
    were the same in the last sweep is the *same object* as then. `requested_at` says for each of
    them when it was asked for, on the monotonic clock: of two readings of a campaign the one
    asked for later wins, in here too. `unreadable` are the ids of rows that could not be decoded
    and are not among the campaigns; `nameless` counts rows whose id could not be read either,
    each once.

    `complete` says that the pages join from the list's beginning to its end: no campaign that was
    there all along is missing. Where it is false, `incomplete` and `reason` say why, the latter
    in words; what was read counts all the same. `fault` is that of the page that failed last, if
    one did and the list is not complete for it. `cut_at` is the row at which a sweep stopped that
    took too long. `requests` counts HTTP requests made.
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
        """How many rows the provider gave, each once; those of other feeds do not count."""
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

        `fresh` is for the full sweeps: it decodes every row, also those that look like the last
        sweep's, and takes nothing but a request of its own for proof of the list's end. `seen` gets
        each page as it comes, one at a time: the first page of the newest window, then from the
        newest page backwards. What it raises ends the sweep.

        An incomplete reading is returned with `complete=False`, never raised, when at least the
        first page answered; a sweep whose first page failed raises. A sweep that was cut, after
        1,000,000 rows or 5 minutes, is incomplete; the next one of the feed begins where it
        stopped.
        """
        ...

    async def campaign(self, campaign_id: int) -> Campaign | None:
        """One campaign by its id; None only when the provider answered 404 for it."""
        ...

    async def detail(self, campaign_id: int) -> CampaignDetail | None:
        """What became of a campaign's messages; None when the provider says that it knows none of
        that id.

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
