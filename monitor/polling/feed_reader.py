"""Reading a feed: what to ask for, and what the answer decides."""

from array import array
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.clock import Clock
from monitor.domain.campaign.feed import ApiError, Feed, FeedState, SweepOutcome
from monitor.domain.campaign.snapshot import Campaign
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.campaign.window import Horizon, Plan, full_due
from monitor.errors import ProviderError
from monitor.polling.lookup import LOOKUPS_PER_CYCLE, Answers, Lookup
from monitor.ports import CampaignSource, Sweep, SweptRows
from monitor.state import AccountTable

CHUNK = 2000
"""Rows before the event loop gets its turn. This keeps its lag under 50 ms with 100,000
campaigns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The result of a poll. `campaigns` are the rows that could be read, each id once: they are
    facts, whatever the outcome. The others are `rejected`, by their ids, and `nameless` ones.
    `api_error` is what went wrong with the last page that failed.

    `requested_at` says for each campaign when it was requested, on the monotonic clock; it is empty
    where no other reading may be newer. `began` is when the poll began: the 404s are not older.

    Absence is a fact only if the outcome is `ok`: `gone` were answered with 404 then, and with
    `sums`, rules about many campaigns at once are evaluated. `reason` explains any other outcome.
    """

    outcome: SweepOutcome
    full: bool
    campaigns: Sequence[Campaign] = ()
    requested_at: Sequence[float] = ()
    began: float = 0.0
    gone: frozenset[int] = frozenset()
    reason: str | None = None
    sums: bool = True
    rejected: frozenset[int] = frozenset()
    nameless: int = 0
    api_error: ApiError | None = None


class FeedReader:
    """Reads one feed, poll after poll, and remembers which campaigns its list leaves out."""

    def __init__(
        self, feed: Feed, source: CampaignSource, *, clock: Clock, lookback: timedelta
    ) -> None:
        self.feed = feed
        self._source = source
        self._clock = clock
        self._lookback = lookback.total_seconds()
        self._lookup = Lookup(feed.account, source, clock)
        self._cursor = 0

    def forget(self, ids: Sequence[int]) -> None:
        """These campaigns are no longer tracked."""
        self._lookup.forget(ids)

    async def read(
        self,
        table: AccountTable,
        before: FeedState,
        started: datetime,
        on_page: Callable[[Reading], Awaitable[None]] | None = None,
    ) -> Reading:
        """Sweep the window and look up campaigns that it does not show. Never raises
        `ProviderError`: a failure is an outcome.

        A full sweep takes long: each of its pages is given to `on_page` as soon as it is read, one
        at a time. What that raises ends the sweep.
        """
        began = self._clock.monotonic()
        plan = await self._plan(table, before, started)

        async def seen(page: SweptRows) -> None:
            if on_page is not None:
                campaigns = list({campaign.id: campaign for campaign in page.campaigns}.values())
                table.listed(campaigns, self.feed.message_type)
                await on_page(
                    Reading(
                        outcome=SweepOutcome.PARTIAL,
                        full=True,
                        campaigns=campaigns,
                        requested_at=array("d", [page.requested_at]) * len(campaigns),
                        began=began,
                        sums=False,
                        rejected=page.unreadable,
                        nameless=page.nameless,
                    )
                )

        try:
            sweep = await self._source.sweep(
                self.feed.message_type,
                since=plan.since,
                started=started.timestamp(),
                fresh=plan.full,
                seen=seen if plan.full else None,
            )
        except ProviderError as error:
            return Reading(
                outcome=SweepOutcome.FAILED,
                full=plan.full,
                reason=f"{error.reason.value}: {error}",
                api_error=ApiError.of(error.reason),
            )
        shown = {campaign.id for campaign in sweep.campaigns}
        table.listed(sweep.campaigns, self.feed.message_type)
        self._lookup.listed(shown)

        def reading(*found: Answers, gone: frozenset[int] = frozenset()) -> Reading:
            campaigns, requested_at = list(sweep.campaigns), array("d", sweep.requested_at)
            for answers in found:
                campaigns += answers.found
                requested_at.extend(answers.requested_at)
            return Reading(
                outcome=SweepOutcome.OK,
                full=plan.full,
                campaigns=campaigns,
                requested_at=requested_at,
                began=began,
                gone=gone,
                rejected=sweep.unreadable,
                nameless=sweep.nameless,
                api_error=None if sweep.fault is None else ApiError.of(sweep.fault),
            )

        def partial(reason: str | None, *found: Answers) -> Reading:
            read = reading(*found)
            return replace(read, outcome=SweepOutcome.PARTIAL, reason=reason, sums=False)

        if not sweep.complete:
            single = await self._read_singly(plan, shown, budget=LOOKUPS_PER_CYCLE)
            return partial(sweep.reason, single)
        missing = await self._missing(table, plan, sweep, shown)
        if sweep.nameless:
            # A row without an id may be any of the missing ones: they stay as they are, and a 404
            # would prove nothing.
            if len(missing) > sweep.nameless:
                return partial(_unexplained(len(missing)))
            return reading()
        answers = await self._lookup.explain(missing)
        single = await self._read_singly(plan, shown, budget=LOOKUPS_PER_CYCLE - len(missing))
        if answers.unknown and not self._lookup.frozen(answers.unknown, of=len(table.watched)):
            return partial(_unexplained(len(answers.unknown)), answers, single)
        return reading(answers, single, gone=answers.gone | single.gone)

    async def _read_singly(self, plan: Plan, shown: set[int], *, budget: int) -> Answers:
        """Read the stragglers and unlisted campaigns whose turn it is, by id."""
        singles = [campaign_id for campaign_id in plan.single_reads if campaign_id not in shown]
        self._cursor += len(plan.single_reads)
        return await self._lookup.read(singles, budget=budget)

    async def _plan(self, table: AccountTable, before: FeedState, started: datetime) -> Plan:
        horizon = Horizon(now=started.timestamp(), lookback=self._lookback)
        full = full_due(before, started)
        if not full:
            await self._pass_over(table, table.watched, horizon.add)
            if horizon.wants_count:
                await self._pass_over(table, table.rows, horizon.count)
        return horizon.plan(
            last_success=before.last_whole.timestamp() if before.last_whole else None,
            full=full,
            unlisted=self._lookup.unlisted,
            cursor=self._cursor,
        )

    async def _pass_over(
        self,
        table: AccountTable,
        tracked: Mapping[int, TrackedCampaign],
        see: Callable[[Sequence[TrackedCampaign]], None],
    ) -> None:
        """Pass the feed's campaigns among `tracked` to `see`, chunk by chunk."""
        rows = list(tracked.values())
        message_type = self.feed.message_type
        for start in range(0, len(rows), CHUNK):
            see(table.of_feed(rows[start : start + CHUNK], message_type))
            await self._clock.sleep(0)

    async def _missing(
        self, table: AccountTable, plan: Plan, sweep: Sweep, shown: set[int]
    ) -> list[int]:
        """Ids of watched campaigns of the window that the sweep should have shown but did not,
        oldest first."""
        excused = shown | sweep.unreadable | set(plan.stragglers) | self._lookup.unlisted
        candidates = [
            row for campaign_id, row in table.watched.items() if campaign_id not in excused
        ]
        missing: list[TrackedCampaign] = []
        for start in range(0, len(candidates), CHUNK):
            missing += [
                row
                for row in table.of_feed(candidates[start : start + CHUNK], self.feed.message_type)
                if row.campaign.created_at >= plan.since
            ]
            await self._clock.sleep(0)
        return [row.campaign.id for row in sorted(missing, key=lambda row: row.campaign.created_at)]


def _unexplained(count: int) -> str:
    return f"{count} campaigns are missing from the list and could not be looked up yet"
