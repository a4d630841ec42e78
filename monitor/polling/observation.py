"""The diff of a reading against what was known, gathered until the cycle commits it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from monitor.clock import Clock
from monitor.domain.alerting.alert import ResolveReason
from monitor.domain.alerting.evaluation import Evaluation
from monitor.domain.campaign.diff import observe, settle, vanish
from monitor.domain.campaign.event import CampaignEvent
from monitor.domain.campaign.sample import Sample
from monitor.domain.campaign.snapshot import (
    FINAL_STATUSES,
    Campaign,
    PartlyRead,
    Unreadable,
)
from monitor.domain.campaign.tracking import SETTLING_SECONDS, TrackedCampaign
from monitor.domain.campaign.unreadable import filled
from monitor.domain.campaign.window import left_window
from monitor.polling.feed_reader import CHUNK
from monitor.state import AccountTable


@dataclass(slots=True, kw_only=True)
class Observation:
    """One reading, observed chunk by chunk as of `now` (Unix seconds).

    - `news_after`: campaigns seen for the first time are news if they were created later than
      this (Unix seconds; None: all are).
    - `keep`: how many seconds back samples must reach.
    - `progress`: whether a counter that grew is an event.
    - `changed`: rows to write. `adopted`: rows equal to the stored ones, made from this reading's
      objects.
    - `samples`: what campaigns show from now on, by id. `forgotten`: ids no longer tracked.
    - `message_type`: the feed's.
    - `ignored`: BSG_IGNORE. If its answer is unknown (None), the last one stands: `ignored_ids`.
    """

    table: AccountTable
    evaluation: Evaluation
    now: float
    news_after: float | None
    keep: float
    progress: bool
    message_type: str
    ignored: Callable[[TrackedCampaign, float], bool | None] | None = None
    ignored_ids: set[int] = field(default_factory=set)
    changed: list[TrackedCampaign] = field(default_factory=list)
    adopted: list[TrackedCampaign] = field(default_factory=list)
    events: list[tuple[CampaignEvent, TrackedCampaign]] = field(default_factory=list)
    samples: dict[int, Sample] = field(default_factory=dict)
    forgotten: list[int] = field(default_factory=list)
    aside: dict[int, Exception] = field(default_factory=dict)
    """Campaigns that stay as they were, since the comparison or a rule raised on them, and what
    it raised."""

    def see(
        self, campaigns: Sequence[Campaign]
    ) -> tuple[list[TrackedCampaign], list[TrackedCampaign]]:
        """Diff campaigns against what is known. Returns the rows that are new or have changed,
        and the watched ones that are the same objects as before."""
        held = self.table.rows
        may_settle = (
            self.now - SETTLING_SECONDS
        )  # asked of every row: a call for each would cost more than the diff
        rows: list[TrackedCampaign] = []
        same: list[TrackedCampaign] = []
        for campaign in campaigns:
            row = held.get(campaign.id)
            found = same
            try:
                if row is None or row.campaign is not campaign:
                    seen = self._compare(row, campaign)
                    if seen is None:
                        continue
                    row, found = seen, rows
                if row.settled:
                    if found is rows:
                        rows.append(row)
                    continue
                if campaign.status in FINAL_STATUSES:
                    ended = (
                        row.status_since if campaign.finished_at is None else campaign.finished_at
                    )
                    if row.unreadable:
                        ended = row.final_since or ended
                    settled = settle(row, now=self.now) if ended <= may_settle else None
                    if settled is not None:
                        if self.changed and self.changed[-1] is row:
                            self.changed.pop()
                        (row, event), found = settled, rows
                        self.changed.append(row)
                        self.events.append((event, row))
            # whatever it is, it must not cost the other rows
            except Exception as error:  # noqa: BLE001
                self.set_aside(campaign.id, error)
                continue
            found.append(row)
        return rows, same

    def _compare(self, row: TrackedCampaign | None, campaign: Campaign) -> TrackedCampaign | None:
        """A row that is new or whose bytes changed; None if it is not to be tracked."""
        marks: tuple[Unreadable, ...] = ()
        if isinstance(campaign, PartlyRead) or (row is not None and row.unreadable):
            campaign, marks = filled(
                row, campaign, now=self.now, message_type=self.message_type, keep=self.keep
            )
        if row is None and left_window(campaign, now=self.now):
            return None
        seen, events = observe(
            row,
            campaign,
            now=self.now,
            keep=self.keep,
            progress=self.progress,
            unreadable=marks,
        )
        if row is None and self.news_after is not None and campaign.created_at <= self.news_after:
            events = ()  # it happened before monitoring began
        if self._is_ignored(row, seen):
            if row is not None:
                self.forgotten.append(campaign.id)
                self.evaluation.gone(campaign.id, ResolveReason.IGNORED, campaign)
            return None
        if row is not None and seen.revision == row.revision:
            self.adopted.append(seen)
        else:
            self.changed.append(seen)
            if not seen.settled and (row is None or seen.samples is not row.samples):
                self.samples[campaign.id] = (
                    seen.samples[-1] if seen.samples else Sample.of(campaign, self.now)
                )
        for event in events:
            self.events.append((event, seen))
        return seen

    def _is_ignored(self, row: TrackedCampaign | None, seen: TrackedCampaign) -> bool:
        if self.ignored is None:
            return False
        campaign_id = seen.campaign.id
        verdict = self.ignored(seen, self.now)
        if verdict is None:
            return row is None and campaign_id in self.ignored_ids
        (self.ignored_ids.add if verdict else self.ignored_ids.discard)(campaign_id)
        return verdict

    def set_aside(self, campaign_id: int, error: Exception) -> None:
        """Leave a campaign as it was, from the next `drop_aside` on."""
        self.aside.setdefault(campaign_id, error)

    def drop_aside(self) -> None:
        """Discard what was found for campaigns that are set aside."""
        aside = self.aside
        if not aside:
            return
        for campaign_id in aside:
            self.evaluation.keep(campaign_id)
            self.samples.pop(campaign_id, None)
        self.changed = [row for row in self.changed if row.campaign.id not in aside]
        self.adopted = [row for row in self.adopted if row.campaign.id not in aside]
        self.events = [pair for pair in self.events if pair[1].campaign.id not in aside]
        self.forgotten = [campaign_id for campaign_id in self.forgotten if campaign_id not in aside]

    def gone(self, ids: Iterable[int]) -> None:
        """The provider no longer knows these campaigns."""
        for campaign_id in sorted(ids):
            row = self.table.rows.get(campaign_id)
            if row is None:
                continue
            self.events.append((vanish(row, now=self.now), row))
            self.forgotten.append(campaign_id)
            self.evaluation.gone(campaign_id, ResolveReason.VANISHED)

    async def forget_old(self, message_type: str, clock: Clock) -> None:
        """Forget campaigns older than the three months that are followed."""
        rows = list(self.table.rows.values())
        for start in range(0, len(rows), CHUNK):
            for row in self.table.of_feed(rows[start : start + CHUNK], message_type):
                if left_window(row.campaign, now=self.now):
                    self.forgotten.append(row.campaign.id)
                    self.evaluation.gone(row.campaign.id, ResolveReason.LEFT_WINDOW)
            await clock.sleep(0)
        forgotten = set(self.forgotten)
        self.changed = [row for row in self.changed if row.campaign.id not in forgotten]
        self.adopted = [row for row in self.adopted if row.campaign.id not in forgotten]

    def put(self, rows: Sequence[TrackedCampaign]) -> None:
        """Replace what was found for these rows: more is known now."""
        if rows:
            ids = {row.campaign.id for row in rows}
            self.adopted = [row for row in self.adopted if row.campaign.id not in ids]
            self.changed = [*(row for row in self.changed if row.campaign.id not in ids), *rows]

    def finder(self, campaigns: Sequence[Campaign]) -> Callable[[int], TrackedCampaign | None]:
        """A function that gives a campaign of this reading as it will be once this is committed.
        None for one that will not be tracked, and for one that was not read."""
        seen: dict[int, TrackedCampaign | None] = {}

        def find(campaign_id: int) -> TrackedCampaign | None:
            if not seen:
                rows = self.table.rows
                seen.update((campaign.id, rows.get(campaign.id)) for campaign in campaigns)
                seen.update(
                    (row.campaign.id, row)
                    for found in (self.adopted, self.changed)
                    for row in found
                )
                seen.update(dict.fromkeys((*self.forgotten, *self.aside)))
            return seen.get(campaign_id)

        return find

    def present(self, *, settled: bool) -> list[TrackedCampaign]:
        """The account's watched campaigns as they will be after the commit; with `settled`, also
        those that ended long ago."""
        rows = dict(self.table.rows if settled else self.table.watched)
        rows.update((row.campaign.id, row) for row in self.changed)
        for campaign_id in self.forgotten:
            rows.pop(campaign_id, None)
        return list(rows.values())
