"""What the store recorded of campaigns, as readings by time; and what it does not record."""

from collections import deque
from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from math import inf
from statistics import median
from typing import NamedTuple

import msgspec

from monitor.domain.alerting.rule import Rule, Scope
from monitor.domain.campaign.feed import BlindSpell, Feed
from monitor.domain.campaign.sample import Sample
from monitor.domain.campaign.snapshot import FINAL_STATUSES, Campaign
from monitor.domain.fields.account_fields import ACCOUNT_FIELDS, CAMPAIGN_COUNTS
from monitor.domain.fields.catalogue import FIELDS
from monitor.domain.fields.detail_fields import DETAIL_FIELDS
from monitor.ports import HistoryStore, Store

OpenStore = Callable[[], AbstractAsyncContextManager[Store]]
"""Opens the store that has the recording. To play in several processes it must be picklable."""

READ_AT_ONCE = 20_000


class SenderKey(NamedTuple):
    """One sender of one message type."""

    account: str
    message_type: str
    sender: str

    @classmethod
    def of(cls, campaign: Campaign) -> "SenderKey":
        """The sender of a campaign."""
        return cls(campaign.account, campaign.message_type, campaign.sender)


class Moment(NamedTuple):
    """What was read of one feed at one time (Unix seconds): the campaigns that had moved, and the
    ids of those that had vanished."""

    at: float
    feed: Feed
    campaigns: list[Campaign]
    gone: list[int]


class _Gathered:
    """Collects what was read at one time, by feed, until a later time begins."""

    def __init__(
        self, at: float, feeds: Sequence[Feed], vanished: deque[tuple[float, Campaign | None, int]]
    ) -> None:
        """`vanished`: ascending times, each with the campaign that vanished (None when it is in
        another part) and the index of its feed."""
        self.at = at
        self.shown: list[Moment | None] = [None] * len(feeds)
        self._feeds = feeds
        self._vanished = vanished

    def of(self, place: int) -> Moment:
        """The feed's reading at this time."""
        found = self.shown[place]
        if found is None:
            found = self.shown[place] = Moment(self.at, self._feeds[place], [], [])
        return found

    def before(self, then: float) -> Iterator[Moment]:
        """Yield every collected reading before `then`, and start collecting at `then`."""
        vanished = self._vanished
        while True:
            while vanished and vanished[0][0] <= self.at:
                _, campaign, place = vanished.popleft()
                moment = self.of(place)
                if campaign is not None:
                    moment.gone.append(campaign.id)
            yield from filter(None, self.shown)
            self.shown = [None] * len(self._feeds)
            if not vanished or vanished[0][0] >= then:
                break
            self.at = vanished[0][0]
        self.at = then


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The history from `since` to `until` (Unix seconds) of campaigns that are still known or
    vanished in it.

    `samples`: how many samples it has; before `thinned_until` there is one an hour.
    `interval_seconds`: the usual time between two readings.
    `campaigns`: what does not change of each, by account and id.
    `totals`: how many messages each has, where that was read.
    `earlier`: the campaigns that were there before, so they do not count as new.
    `vanished`: ascending times (Unix seconds), each with the campaign that vanished then.
    `blind`: when feeds were not read, by the end of the spell.
    """

    open_store: OpenStore
    since: float
    until: float
    samples: int
    thinned_until: float | None
    interval_seconds: float | None
    campaigns: Mapping[tuple[str, int], Campaign]
    totals: Mapping[tuple[str, int], int]
    earlier: frozenset[tuple[str, int]] = frozenset()
    vanished: Sequence[tuple[float, tuple[str, int]]] = ()
    blind: Sequence[BlindSpell] = ()

    @property
    def feeds(self) -> tuple[Feed, ...]:
        """Every feed that has campaigns, sorted."""
        return tuple(sorted({Feed.of(campaign) for campaign in self.campaigns.values()}))

    @property
    def blind_seconds(self) -> float:
        """For how many seconds at least one feed was not read."""
        total, seen = 0.0, self.since
        for spell in sorted(self.blind, key=lambda spell: spell.since):
            begun, seen_again = max(spell.since, seen), min(spell.until, self.until)
            if seen_again > begun:
                total += seen_again - begun
                seen = seen_again
        return total

    async def moments(self, senders: Collection[SenderKey] | None = None) -> AsyncGenerator[Moment]:
        """The readings, by time, then by feed. Campaigns that became too old to be known are left
        out: only their figures were kept.

        With `senders` every reading has only their campaigns, and may have none. Raises
        `StoreError`.
        """
        feeds = self.feeds
        places = {feed: place for place, feed in enumerate(feeds)}
        known = {
            key: (
                campaign if senders is None or SenderKey.of(campaign) in senders else None,
                places[Feed.of(campaign)],
            )
            for key, campaign in self.campaigns.items()
        }
        vanished = deque((when, *known[key]) for when, key in self.vanished)
        gathered = _Gathered(self.since, feeds, vanished)
        async with aclosing(self._samples()) as pieces:
            async for samples in pieces:
                for account, id_, sample in samples:
                    if sample.at != gathered.at:
                        for moment in gathered.before(sample.at):
                            yield moment
                    found = known.get((account, id_))
                    if found is not None:
                        campaign, place = found
                        moment = gathered.shown[place] or gathered.of(place)
                        if campaign is not None:
                            moment.campaigns.append(_as_of(campaign, sample))
        for moment in gathered.before(inf):
            yield moment

    async def _samples(self) -> AsyncGenerator[Sequence[tuple[str, int, Sample]]]:
        """The samples, many at a time: a turn of the event loop costs more than a sample."""
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
    """What the store recorded between two times. Raises `StoreError`."""
    async with open_store() as store:
        known = {
            (row.campaign.account, row.campaign.id): row for row in (await store.load()).campaigns
        }
        extent = await store.recorded_extent(since=since, until=until)
        first = since.timestamp() if extent.first is None else extent.first - 1.0
        last = until.timestamp() if extent.last is None else extent.last
        campaigns = {key: row.campaign for key, row in known.items()}
        earlier = {key for key, row in known.items() if row.first_seen <= first + 1.0}
        vanished: list[tuple[float, tuple[str, int]]] = []
        for event in await store.vanished(since=time_of(first), until=until):
            key = (event.campaign.account, event.campaign.id)
            vanished.append((event.at, key))
            last = max(last, event.at)
            if key not in campaigns:
                campaigns[key] = event.campaign
                if event.campaign.created_at <= first:
                    earlier.add(key)
        return Recording(
            open_store=open_store,
            since=first,
            until=last,
            samples=extent.count,
            thinned_until=extent.thinned_until,
            interval_seconds=await _interval(store, max(first, extent.thinned_until or first))
            or await _interval(store, first),
            campaigns=campaigns,
            earlier=frozenset(earlier),
            vanished=vanished,
            blind=await store.blind_spells(since=time_of(first), until=time_of(last)),
            totals={
                key: total
                for key, row in known.items()
                if row.detail and (total := row.detail.total_messages) is not None
            },
        )


def time_of(at: float) -> datetime:
    """Unix seconds as an aware time."""
    return datetime.fromtimestamp(at, UTC)


async def _interval(store: HistoryStore, after: float) -> float | None:
    """The usual number of seconds between two readings, from the first ones after a time; None
    with fewer than two."""
    found = await store.recorded(after=(after, "", 0), limit=READ_AT_ONCE)
    times = dict.fromkeys(sample.at for _, _, sample in found)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    return median(gaps) if gaps else None


def _as_of(known: Campaign, sample: Sample) -> Campaign:
    """The campaign as it was then: with the sample's figures, and without later times."""
    started = known.real_start_at
    return msgspec.structs.replace(
        known,
        status=sample.status,
        sent=sample.sent,
        delivered=sample.delivered,
        fallback_sent=sample.fallback_sent,
        fallback_delivered=sample.fallback_delivered,
        real_start_at=started if started is not None and started <= sample.at else None,
        finished_at=known.finished_at if sample.status in FINAL_STATUSES else None,
    )


_KNOWN = ("account", "now", "in_quiet_hours")
_TOTALS = frozenset({"total_messages", "progress", "eta"})
"""What does not change of a detail: how large a campaign is, and what follows from it."""
_NEVER = {
    Scope.CAMPAIGN: frozenset(field.name for field in DETAIL_FIELDS) - _TOTALS,
    Scope.SENDER: frozenset[str](),
    Scope.ACCOUNT: frozenset(field.name for field in ACCOUNT_FIELDS)
    - CAMPAIGN_COUNTS
    - frozenset(_KNOWN),
    Scope.RECEIVER: frozenset(FIELDS[Scope.RECEIVER]) - frozenset(_KNOWN),
}


def unrecorded(rule: Rule) -> tuple[str, ...]:
    """The fields in the rule's condition that are not recorded, sorted. In a backtest they are
    null, or say that all is well."""
    named = frozenset[str]() if rule.when is None else rule.when.fields
    return tuple(sorted(named & _NEVER[rule.scope]))


def cannot_be_tried(rule: Rule) -> bool:
    """Whether history cannot say if the rule would have fired."""
    return (
        rule.detail
        or rule.scope is Scope.RECEIVER
        or (rule.scope is Scope.ACCOUNT and bool(unrecorded(rule)))
    )
