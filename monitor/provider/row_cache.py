"""A feed's rows from sweep to sweep: what has not changed since the last one is neither decoded
nor made again."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter, le

import msgspec
import structlog

from monitor.domain.campaign.feed import Feed, RejectReason
from monitor.domain.campaign.snapshot import Campaign, PartlyRead
from monitor.metrics import Metrics
from monitor.provider.rejects import Rejects, ToldRejects
from monitor.provider.row import RowDecoder, RowError, row_id, undocumented

log = structlog.get_logger()
_ID = attrgetter("id")
_SPARE = 1000
_MOST_ROWS = 2_000_000
"""Rows kept while no sweep is ever complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRows:
    """One page: its rows as far as they could be read, in their order, and what `paging` asks of
    it.

    `unreadable` are the ids of rows that could not be used; `ids` are those of all rows, but for
    the rows without a readable id, which `nameless` counts by the hash of their bytes. `first_id`
    and `last_id` are those of the first and last row, null where unreadable; `last_key` is the
    hash of the last row's bytes. `ascending`: no id is above a later one. `total` is what the
    page claims, `requested_at` when it was asked for, on the monotonic clock.
    """

    campaigns: Sequence[Campaign]
    unreadable: frozenset[int]
    nameless: Counter[int]
    ids: Sequence[int]
    first_id: int | None
    last_id: int | None
    last_key: int | None
    ascending: bool
    total: int | None
    requested_at: float

    @property
    def count(self) -> int:
        return len(self.ids) + self.nameless.total()


@dataclass(frozen=True, slots=True)
class Cut:
    """Where the next sweep of so many `windows` begins: in which of them, the newest being 0, at
    which offset, null for the usual order."""

    windows: int
    window: int
    offset: int | None


@dataclass(slots=True)
class FeedMemory:
    """One feed's rows by the hash of their bytes: 64 bits, keyed differently in every process. Same
    bytes, same campaign.

    Two different rows share a hash once in 10^9 sweeps of 100,000 rows; a `fresh` sweep heals
    even that. `foreign` are the ids of good rows that belong to another feed. Rows that have
    changed since stay in `known` until they are a tenth of it; then a sweep starts a new one (to
    do so each time would double what an unchanged row costs).

    `page_size` is what the feed's pages were seen to hold, `cut` where its last sweep stopped,
    and `told_total` whether the log says that its total is wrong.
    """

    known: dict[int, Campaign] = field(default_factory=dict)
    foreign: dict[int, int] = field(default_factory=dict)
    rejects: ToldRejects = field(default_factory=ToldRejects)
    outgrown: bool = False
    unreadable_fields: set[str] = field(default_factory=set)
    page_size: int = 0
    cut: Cut | None = None
    told_total: bool = False


class SweepRows:
    """The rows of one sweep of one feed. `read` pages in any order, then `finish` once."""

    def __init__(
        self,
        feed: Feed,
        *,
        memory: FeedMemory,
        decoder: RowDecoder,
        other_types: frozenset[str],
        metrics: Metrics,
        fresh: bool = False,
    ) -> None:
        """`other_types` are the message types that other feeds list, polled or not. `fresh` decodes
        every row."""
        self._feed = feed
        self._memory = memory
        self._decoder = decoder
        self._other_types = other_types
        self._metrics = metrics
        self._fresh = fresh
        starting_over = fresh or memory.outgrown
        self._known: dict[int, Campaign] = {} if starting_over else memory.known
        self._foreign: dict[int, int] = {} if starting_over else memory.foreign
        self._starting_over = starting_over
        self._rows = 0
        self._rejects = Rejects(feed, memory.rejects)

    def read(
        self, rows: Sequence[msgspec.Raw], *, total: int | None = None, requested_at: float = 0.0
    ) -> PageRows:
        """Rows → campaigns; a row with the bytes of one in the last sweep gives the same object
        as then. `total` and `requested_at` are the page's."""
        keys = list(map(hash, map(bytes, rows)))
        self._rows += len(keys)
        earlier: dict[int, Campaign] = {} if self._fresh else self._memory.known
        unreadable: set[int] = set()
        nameless = Counter[int]()
        try:  # the steady state, without a line of Python a row
            campaigns = list(map(earlier.__getitem__, keys))
            row_ids: list[int | None] = list(map(_ID, campaigns))
            if self._starting_over:
                self._known.update(zip(keys, campaigns, strict=True))
        except KeyError:
            campaigns, row_ids = [], []
            for key, raw, known in zip(keys, rows, map(earlier.get, keys), strict=True):
                campaign, id_ = self._read_one(key, raw) if known is None else (known, known.id)
                row_ids.append(id_)
                if campaign is not None:
                    campaigns.append(campaign)
                    self._known[key] = campaign
                elif id_ is None:
                    nameless[key] += 1
                elif key not in self._foreign:
                    unreadable.add(id_)
        self._rejects.read(campaigns)
        ids = [id_ for id_ in row_ids if id_ is not None]
        return PageRows(
            campaigns=campaigns,
            unreadable=frozenset(unreadable),
            nameless=nameless,
            ids=ids,
            first_id=row_ids[0] if row_ids else None,
            last_id=row_ids[-1] if row_ids else None,
            last_key=keys[-1] if keys else None,
            ascending=all(map(le, ids, ids[1:])),
            total=total,
            requested_at=requested_at,
        )

    def finish(self, *, complete: bool) -> None:
        """Remember this sweep's rows for the next, and log which could not be used, as far as
        that is news."""
        memory = self._memory
        if complete and self._starting_over:
            memory.known, memory.foreign = self._known, self._foreign
        elif self._starting_over:
            memory.known.update(self._known)
            memory.foreign.update(self._foreign)
        if complete:
            memory.outgrown = len(memory.known) + len(memory.foreign) > 1.1 * self._rows + _SPARE
        elif len(memory.known) + len(memory.foreign) > _MOST_ROWS:
            memory.known, memory.foreign = {}, {}
        self._rejects.tell(everything=complete and self._fresh)

    def _read_one(self, key: int, raw: msgspec.Raw) -> tuple[Campaign | None, int | None]:
        """(campaign or null, id or null) of a row that the last sweep did not have."""
        again = self._known.get(key)  # a window that is read once more
        if again is not None:
            return again, again.id
        foreign = None if self._fresh else self._memory.foreign.get(key)
        if foreign is not None:
            return self._pass_over(key, foreign)
        try:
            campaign = self._decoder.decode(raw)
        except RowError as error:
            id_ = row_id(raw)
            self._reject(error.reason, key, id_, str(error))
            return None, id_
        if campaign.message_type in self._other_types:
            return self._pass_over(key, campaign.id)
        if isinstance(campaign, PartlyRead):
            self._note_unreadable(campaign)
        for name in undocumented(campaign):
            self._metrics.unknown_values.labels(self._feed.account, name).inc()
        before = self._memory.known.get(key)
        return (before if before == campaign else campaign), campaign.id

    def _note_unreadable(self, campaign: PartlyRead) -> None:
        """Count what could not be read of a row, and log each field once."""
        for mark in campaign.unreadable:
            self._metrics.fields_unreadable.labels(
                self._feed.account, self._feed.message_type, mark.field
            ).inc()
            if mark.field not in self._memory.unreadable_fields:
                self._memory.unreadable_fields.add(mark.field)
                log.warning(
                    "field_unreadable",
                    account=self._feed.account,
                    message_type=self._feed.message_type,
                    field=mark.field,
                    found=mark.found,
                    example_campaign_id=campaign.id,
                )

    def _pass_over(self, key: int, id_: int) -> tuple[None, int]:
        self._foreign[key] = id_
        self._reject(
            RejectReason.OTHER_FEED,
            key,
            id_,
            "its message type belongs to another feed: filter[type] was not obeyed",
        )
        return None, id_

    def _reject(self, reason: RejectReason, key: int, id_: int | None, detail: str) -> None:
        self._metrics.rows_rejected.labels(self._feed.account, reason.value).inc()
        self._rejects.add(reason, key, id_, detail)
