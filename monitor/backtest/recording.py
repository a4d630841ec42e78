"""What the store kept of campaigns, as readings in the order of time."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import msgspec

from monitor.domain.campaign import FINAL_STATUSES, LISTABLE_TYPES, Campaign, MessageType
from monitor.domain.feed import Feed
from monitor.domain.sample import Sample
from monitor.ports import Store

READ_AT_ONCE = 20_000


class Moment(NamedTuple):
    """What was read of one feed at one time (Unix seconds): the campaigns that had moved."""

    at: float
    feed: Feed
    campaigns: list[Campaign]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The history of campaigns that are still known, from `since` to `until` (Unix seconds).

    `samples` counts its samples, of which there is one an hour before `thinned_until`; `campaigns` has what stays the same of
    each, by account and id.
    """

    store: Store
    since: float
    until: float
    samples: int
    thinned_until: float | None
    campaigns: Mapping[tuple[str, int], Campaign]

    @property
    def feeds(self) -> tuple[Feed, ...]:
        """Every feed there is something of, sorted."""
        return tuple(sorted({_feed(campaign) for campaign in self.campaigns.values()}))

    async def moments(self) -> AsyncIterator[Moment]:
        """The readings, ascending by time. Campaigns that are no longer known are passed over: only their figures were kept."""
        known = {key: (campaign, _feed(campaign)) for key, campaign in self.campaigns.items()}
        at = self.since
        by_feed: dict[Feed, list[Campaign]] = {}
        async for account, id_, sample in self._samples():
            found = known.get((account, id_))
            if found is None:
                continue
            if sample.at != at:
                for feed, campaigns in by_feed.items():
                    yield Moment(at, feed, campaigns)
                at, by_feed = sample.at, {}
            campaign, feed = found
            group = by_feed.get(feed)
            if group is None:
                group = by_feed[feed] = []
            group.append(_as_of(campaign, sample))
        for feed, campaigns in by_feed.items():
            yield Moment(at, feed, campaigns)

    async def _samples(self) -> AsyncIterator[tuple[str, int, Sample]]:
        after: tuple[float, str, int] = (self.since, "", 0)
        while found := await self.store.recorded(after=after, limit=READ_AT_ONCE):
            for row in found:
                if row[2].at > self.until:
                    return
                yield row
            account, id_, sample = found[-1]
            after = (sample.at, account, id_)


async def open_recording(store: Store, *, since: datetime, until: datetime) -> Recording:
    """What the store has of that time. Raises `StoreError`."""
    campaigns = (row.campaign for row in (await store.load()).campaigns)
    extent = await store.recorded_extent(since=since, until=until)
    return Recording(
        store=store,
        since=since.timestamp() if extent.first is None else extent.first - 1.0,
        until=until.timestamp() if extent.last is None else extent.last,
        samples=extent.count,
        thinned_until=extent.thinned_until,
        campaigns={(campaign.account, campaign.id): campaign for campaign in campaigns},
    )


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
