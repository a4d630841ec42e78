"""Looks up campaigns that a sweep did not show, one by one: are they gone, or only missing from
the list?"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

import structlog

from monitor.clock import Clock
from monitor.domain.campaign.snapshot import Campaign
from monitor.errors import ProviderError
from monitor.ports import CampaignSource

LOOKUPS_PER_CYCLE = 20
FAILURES_BEFORE_GIVING_UP = 3
MOST_FROZEN = 20
"""How many campaigns may stay unexplained in a complete reading, and at most one in a hundred."""
FREEZE_AFTER_SECONDS = 3600.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The results of single look-ups. `unknown` were not asked for, or got no usable answer.
    `requested_at` says when each of those found was asked for, on the monotonic clock."""

    found: Sequence[Campaign] = ()
    requested_at: Sequence[float] = ()
    gone: frozenset[int] = frozenset()
    unknown: frozenset[int] = frozenset()


@dataclass(slots=True)
class Lookup:
    """Looks up campaigns of one feed by id, within a budget for each cycle, and remembers the
    results.

    `unlisted` are campaigns that exist although the list does not show them. They are followed by
    id from then on. A confirmed 404 is remembered until a cycle can act on it, so that hundreds of
    deletions are worked off twenty at a time without asking twice.
    """

    account: str
    source: CampaignSource
    clock: Clock
    unlisted: set[int] = field(default_factory=set)
    _gone: set[int] = field(default_factory=set)
    _failed: dict[int, float] = field(default_factory=dict)  # since when, on the monotonic clock

    def listed(self, ids: Iterable[int]) -> None:
        """The list shows these (again)."""
        if self.unlisted or self._gone or self._failed:
            self.forget(ids)

    def forget(self, ids: Iterable[int]) -> None:
        """These are no longer tracked."""
        for campaign_id in ids:
            self.unlisted.discard(campaign_id)
            self._gone.discard(campaign_id)
            self._failed.pop(campaign_id, None)

    def frozen(self, unknown: Collection[int], *, of: int) -> bool:
        """Whether these campaigns may stay as they are while everything else is decided: they are
        few among the `of` watched ones, and their look-up has failed for an hour."""
        now = self.clock.monotonic()
        return len(unknown) <= min(MOST_FROZEN, max(1, of // 100)) and all(
            now - self._failed.get(campaign_id, now) >= FREEZE_AFTER_SECONDS
            for campaign_id in unknown
        )

    async def explain(self, missing: Sequence[int]) -> Answers:
        """Ask for campaigns that should have been in the list: at most `LOOKUPS_PER_CYCLE`
        requests.

        Campaigns that are found are `unlisted` from then on. Never raises `ProviderError`: a
        campaign that could not be asked for is unknown.
        """
        gone = self._gone.intersection(missing)
        answers = await self.read(
            [campaign_id for campaign_id in missing if campaign_id not in gone]
        )
        self._gone |= answers.gone
        self.unlisted |= {campaign.id for campaign in answers.found}
        return replace(answers, gone=answers.gone | gone)

    async def read(self, ids: Sequence[int], *, budget: int = LOOKUPS_PER_CYCLE) -> Answers:
        """Read these one after another, those that failed last time at the end. After three
        failures the rest waits."""
        found: list[Campaign] = []
        requested_at: list[float] = []
        gone: set[int] = set()
        failures = 0
        for campaign_id in sorted(ids, key=self._failed.__contains__)[: max(0, budget)]:
            asked = self.clock.monotonic()
            try:
                campaign = await self.source.campaign(campaign_id)
            except ProviderError as error:
                self._failed.setdefault(campaign_id, self.clock.monotonic())
                failures += 1
                log.warning(
                    "campaign_lookup_failed",
                    account=self.account,
                    campaign_id=campaign_id,
                    reason=error.reason.value,
                    error=str(error),
                )
                if failures == FAILURES_BEFORE_GIVING_UP:
                    break
                continue
            self._failed.pop(campaign_id, None)
            if campaign is None:
                gone.add(campaign_id)
            else:
                found.append(campaign)
                requested_at.append(asked)
        answered = gone.union(campaign.id for campaign in found)
        return Answers(
            found=found,
            requested_at=requested_at,
            gone=frozenset(gone),
            unknown=frozenset(ids) - answered,
        )
