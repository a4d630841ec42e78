"""What the store kept of campaigns, as readings in the order of time."""

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median
from typing import NamedTuple

import msgspec

from monitor.domain.campaign import FINAL_STATUSES, LISTABLE_TYPES, Campaign, MessageType
from monitor.domain.feed import BlindSpell, Feed
from monitor.domain.sample import Sample
from monitor.ports import Store

OpenStore = Callable[[], AbstractAsyncContextManager[Store]]
"""Opens the store that has the recording; can be pickled, if it is to be played in several processes."""

READ_AT_ONCE = 20_000


class SenderKey(NamedTuple):
    """One sender of one message type."""

    account: str
    message_type: str
    sender: str

    @classmethod
    def of(cls, campaign: Campaign) -> "SenderKey":
        """Who sends it."""
        return cls(campaign.account, campaign.message_type, campaign.sender)


class Moment(NamedTuple):
    """What was read of one feed at one time (Unix seconds): the campaigns that had moved."""

    at: float
    feed: Feed
    campaigns: list[Campaign]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The history of campaigns that are still known, from `since` to `until` (Unix seconds).

    `samples` counts its samples, of which there is one an hour before `thinned_until`; `interval_seconds` is the usual time
    between two readings. By account and id `campaigns` has what stays the same of each, `totals` how many messages it has in all,
    where that was read. `blind` are the times in which feeds were not read, in the order of their ends.
    """

    open_store: OpenStore
    since: float
    until: float
    samples: int
    thinned_until: float | None
    interval_seconds: float | None
    campaigns: Mapping[tuple[str, int], Campaign]
    totals: Mapping[tuple[str, int], int]
    blind: Sequence[BlindSpell] = ()

    @property
    def feeds(self) -> tuple[Feed, ...]:
        """Every feed there is something of, sorted."""
        return tuple(sorted({_feed(campaign) for campaign in self.campaigns.values()}))

    @property
    def blind_seconds(self) -> float:
        """How long any feed was not read."""
        total, seen = 0.0, self.since
        for spell in sorted(self.blind, key=lambda spell: spell.since):
            begun, seen_again = max(spell.since, seen), min(spell.until, self.until)
            if seen_again > begun:
                total += seen_again - begun
                seen = seen_again
        return total

    async def moments(self, senders: Collection[SenderKey] | None = None) -> AsyncGenerator[Moment]:
        """The readings, ascending by time, then by feed. Campaigns that are no longer known are passed over: only their
        figures were kept.

        With `senders` every reading is given all the same, but of their campaigns alone, and maybe of none. Raises `StoreError`.
        """
        feeds = self.feeds
        places = {feed: place for place, feed in enumerate(feeds)}
        known = {
            key: (campaign if senders is None or SenderKey.of(campaign) in senders else None, places[_feed(campaign)])
            for key, campaign in self.campaigns.items()
        }
        at = self.since
        shown: list[list[Campaign] | None] = [None] * len(feeds)
        async with aclosing(self._samples()) as pieces:
            async for samples in pieces:
                for account, id_, sample in samples:
                    if sample.at != at:
                        for place, campaigns in enumerate(shown):
                            if campaigns is not None:
                                yield Moment(at, feeds[place], campaigns)
                                shown[place] = None
                        at = sample.at
                    found = known.get((account, id_))
                    if found is not None:
                        campaign, place = found
                        campaigns = shown[place]
                        if campaigns is None:
                            campaigns = shown[place] = []
                        if campaign is not None:
                            campaigns.append(_as_of(campaign, sample))
        for place, campaigns in enumerate(shown):
            if campaigns is not None:
                yield Moment(at, feeds[place], campaigns)

    async def _samples(self) -> AsyncGenerator[Sequence[tuple[str, int, Sample]]]:
        """Many at a time: a turn of the event loop for each would cost more than the sample."""
        after: tuple[float, str, int] = (self.since, "", 0)
        async with self.open_store() as store:
            while found := await store.recorded(after=after, limit=READ_AT_ONCE):
                account, id_, sample = found[-1]
                if sample.at > self.until:
                    yield [row for row in found if row[2].at <= self.until]
                    return
                yield found
                after = (sample.at, account, id_)


async def open_recording(open_store: OpenStore, *, since: datetime, until: datetime) -> Recording:
    """What the store has of that time. Raises `StoreError`."""
    async with open_store() as store:
        known = {(row.campaign.account, row.campaign.id): row for row in (await store.load()).campaigns}
        extent = await store.recorded_extent(since=since, until=until)
        first = since.timestamp() if extent.first is None else extent.first - 1.0
        last = until.timestamp() if extent.last is None else extent.last
        return Recording(
            open_store=open_store,
            since=first,
            until=last,
            samples=extent.count,
            thinned_until=extent.thinned_until,
            interval_seconds=await _interval(store, max(first, extent.thinned_until or first)) or await _interval(store, first),
            campaigns={key: row.campaign for key, row in known.items()},
            blind=await store.blind_spells(since=time_of(first), until=time_of(last)),
            totals={key: total for key, row in known.items() if row.detail and (total := row.detail.total_messages) is not None},
        )


def time_of(at: float) -> datetime:
    """A time of a recording (Unix seconds) as an aware one."""
    return datetime.fromtimestamp(at, UTC)


async def _interval(store: Store, after: float) -> float | None:
    """The usual time between two readings, by the first that come after a time; None when there are not two."""
    found = await store.recorded(after=(after, "", 0), limit=READ_AT_ONCE)
    times = dict.fromkeys(sample.at for _, _, sample in found)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    return median(gaps) if gaps else None


def _feed(campaign: Campaign) -> Feed:
    kind = campaign.message_type if campaign.message_type in LISTABLE_TYPES else MessageType.SMS.value
    return Feed(campaign.account, kind)


def _as_of(known: Campaign, sample: Sample) -> Campaign:
    """The campaign as it was then: with the figures of the sample, and without what had not happened yet."""
    at = sample.at
    started, finished = known.real_start_at, known.finished_at
    return msgspec.structs.replace(
        known,
        status=sample.status,
        sent=sample.sent,
        delivered=sample.delivered,
        fallback_sent=sample.fallback_sent,
        fallback_delivered=sample.fallback_delivered,
        real_start_at=started if started is not None and started <= at else None,
        finished_at=finished if finished is not None and sample.status in FINAL_STATUSES else None,
    )
