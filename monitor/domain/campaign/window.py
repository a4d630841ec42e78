"""What to read of a feed: how far back to ask for its list, and which campaigns are cheaper to read
one by one."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import nsmallest

from monitor.domain.campaign.feed import FeedState
from monitor.domain.campaign.snapshot import Campaign
from monitor.domain.campaign.tracking import TrackedCampaign

LONGEST_WINDOW = 92 * 86400.0
"""The provider lists at most 3 calendar months; 92 days is the longest that three of them in a
row can be (seconds)."""

OVERLAP = 3600.0
"""Seconds before the last success that are read again, so that a campaign that appeared late in the
list is not missed."""

FULL_INTERVAL = timedelta(hours=6)
"""How often the whole window is read, to find campaigns that the narrow one missed."""

PAGE_STEP = 499
"""New rows on each page: of 500, one is the last row of the page before."""

SINGLE_READS = 20
"""Look-ups by id in one cycle."""

MOST_STRAGGLERS = 100
"""If there are more, the list is read: in turns of 20, each would be read every 5th cycle at
best."""

BUCKET = 3600
"""Grain of the estimate of pages (seconds of creation time)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one poll reads: the list from `since` (Unix seconds) on, and `single_reads` by id.

    `stragglers` are the watched campaigns created before `since`, ascending by id: the list will
    not show them, and those of them that are not read this time are frozen. `single_reads` are
    those of the stragglers and the unlisted whose turn it is.
    """

    since: float
    stragglers: tuple[int, ...]
    single_reads: tuple[int, ...]
    full: bool


def left_window(campaign: Campaign, *, now: float) -> bool:
    """Whether it was created before the list's reach, so that it is not followed any more."""
    return campaign.created_at < now - LONGEST_WINDOW


def full_due(state: FeedState, now: datetime) -> bool:
    """Whether the next sweep should be a full one: the first ever, then every 6 hours.

    If full sweeps fail, they alternate with narrow ones, which are more likely to succeed: a
    provider that answers only some pages must not hide today's campaigns.
    """
    if state.last_full is None or state.last_whole is None:
        return True
    recent = (
        timedelta(0) <= now - state.last_full < FULL_INTERVAL
    )  # ahead of now: the clock was set back
    return not recent and state.consecutive_failures % 2 == 0


class Horizon:
    """Collects what a plan needs. Give the feed's watched campaigns to `add`, in as many pieces as
    you like. After that, if it `wants_count`, give every tracked one to `count`."""

    def __init__(self, *, now: float, lookback: float) -> None:
        self._now = now
        self._earliest = now - LONGEST_WINDOW
        self._recent = max(now - lookback, self._earliest)
        self._created: Counter[int] = Counter()
        self._old: list[
            tuple[float, int]
        ] = []  # watched, created before `_recent`: (created_at, id)

    def add(self, rows: Iterable[TrackedCampaign]) -> None:
        """Add campaigns, each once. Settled ones are ignored."""
        earliest, recent = self._earliest, self._recent
        self._old += [
            (campaign.created_at, campaign.id)
            for row in rows
            if (campaign := row.campaign).created_at < recent
            and not row.settled
            and campaign.created_at >= earliest
        ]

    @property
    def wants_count(self) -> bool:
        """Whether there are old campaigns to compare with pages. Only then is `count` needed."""
        return bool(self._old)

    def count(self, rows: Iterable[TrackedCampaign]) -> None:
        """Count campaigns by creation time, each once, to know how many pages a window has."""
        self._created.update([int(row.campaign.created_at) // BUCKET for row in rows])

    def plan(
        self,
        *,
        last_success: float | None,
        full: bool,
        unlisted: Collection[int] = (),
        page_size: int = PAGE_STEP,
        cursor: int = 0,
    ) -> Plan:
        """Decide.

        `last_success` is the start of the last complete sweep (Unix seconds). `unlisted` are
        campaigns known to exist that the list leaves out: while they are few they are read by id
        and do not hold the window open. `cursor` counts the single reads planned so far: it says
        whose turn it is.
        """
        if full:
            return Plan(
                since=self._earliest, stragglers=(), single_reads=_turn(unlisted, cursor), full=True
            )
        base = self._recent
        if last_success is not None:
            base = max(min(base, last_success - OVERLAP), self._earliest)
        by_id = frozenset(unlisted) if len(unlisted) <= SINGLE_READS else frozenset()
        outside = (item for item in self._old if item[0] < base and item[1] not in by_id)
        old = nsmallest(MOST_STRAGGLERS + 1, outside)  # a cut further on is not considered
        since, beyond = self._cut(old, base, page_size)
        stragglers = tuple(sorted(campaign_id for _, campaign_id in old[:beyond]))
        singles = _turn({*stragglers, *unlisted}, cursor)
        return Plan(since=since, stragglers=stragglers, single_reads=singles, full=False)

    def _cut(self, old: list[tuple[float, int]], base: float, page_size: int) -> tuple[float, int]:
        """Where the list begins and how many of `old` (oldest first) lie beyond: fewest
        requests, ties to the list."""
        buckets = sorted(self._created)
        after = [0] * (len(buckets) + 1)  # campaigns created in a bucket or later
        for index in range(len(buckets) - 1, -1, -1):
            after[index] = after[index + 1] + self._created[buckets[index]]
        best = (float("inf"), 0, base)
        for beyond in range(min(len(old), MOST_STRAGGLERS) + 1):
            cut = old[beyond][0] if beyond < len(old) else base
            if beyond and old[beyond - 1][0] >= cut:
                continue  # created in the same second: the list shows both or neither
            listed = after[bisect_left(buckets, int(cut) // BUCKET)]
            requests = max(1, -(-listed // page_size)) + beyond
            if requests < best[0]:
                best = (requests, beyond, cut)
        return best[2], best[1]


def plan(
    tracked: Iterable[TrackedCampaign],
    *,
    now: float,
    lookback: float,
    last_success: float | None,
    full: bool,
    unlisted: Collection[int] = (),
    page_size: int = PAGE_STEP,
    cursor: int = 0,
) -> Plan:
    """`Horizon` in one step, for callers without an event loop."""
    horizon = Horizon(now=now, lookback=lookback)
    rows = list(tracked)
    horizon.add(rows)
    horizon.count(rows)
    return horizon.plan(
        last_success=last_success, full=full, unlisted=unlisted, page_size=page_size, cursor=cursor
    )


def _turn(ids: Collection[int], cursor: int) -> tuple[int, ...]:
    """Up to 20 of the ids, ascending from the one whose turn it is, then from the first on."""
    ordered = sorted(ids)
    if len(ordered) <= SINGLE_READS:
        return tuple(ordered)
    start = cursor % len(ordered)
    return tuple((ordered[start:] + ordered[:start])[:SINGLE_READS])
