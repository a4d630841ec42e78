"""When each feed is read. Every feed has a loop of its own, so one that hangs delays no other."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from monitor.clock import Clock
from monitor.domain.campaign.feed import Feed, SweepOutcome
from monitor.errors import ProviderError, StoreError
from monitor.metrics import Metrics
from monitor.polling.cycle import AccountCycles, CycleReport
from monitor.ports import CampaignSource

JITTER = 0.05
BALANCE_INTERVAL = timedelta(minutes=5)
LEAST_PAUSE_SECONDS = 0.5

log = structlog.get_logger()


class Poller:
    """Runs every feed's cycles at an interval with ±5 % jitter, never overlapping itself, and
    reads the balances."""

    def __init__(
        self,
        cycles: Mapping[Feed, AccountCycles],
        sources: Mapping[str, CampaignSource],
        *,
        interval: timedelta,
        clock: Clock,
        metrics: Metrics,
        random: Callable[[], float],
        on_cycle: Callable[[CycleReport], Awaitable[None]],
        on_not_committed: Callable[[StoreError], None] = lambda _: None,
    ) -> None:
        self._cycles = cycles
        self._sources = sources
        self._interval = interval.total_seconds()
        self._clock = clock
        self._metrics = metrics
        self._random = random
        self._on_cycle = on_cycle
        self._on_not_committed = on_not_committed
        self._uncommitted: set[Feed] = set()
        self._failing_since: dict[Feed, datetime] = {}
        self._warned_of_zone: set[str] = set()
        self.unread_balances: dict[str, ProviderError] = {}
        """Accounts whose balance could not be read when it was last asked for, and why."""
        for feed in cycles:  # start at 0: `increase()` does not see a counter that starts at 1
            for outcome in SweepOutcome:
                metrics.polls.labels(feed.account, feed.message_type, outcome.value)

    async def run(self) -> None:
        """Poll until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for feed in self._cycles:
                tasks.create_task(self._poll(feed), name=f"poll {feed.account} {feed.message_type}")
            for account in self._sources:
                tasks.create_task(self._read_balances(account), name=f"balance {account}")

    async def once(self, feeds: Sequence[Feed]) -> list[CycleReport]:
        """Run one cycle of each feed at the same time, balances first. Raises what they raise."""
        reports: dict[Feed, CycleReport] = {}

        async def cycle(feed: Feed) -> None:
            reports[feed] = await self._cycle(feed)

        async with asyncio.TaskGroup() as tasks:
            for account in {feed.account for feed in feeds}:
                tasks.create_task(self._read_balance(account))
        async with asyncio.TaskGroup() as tasks:
            for feed in feeds:
                tasks.create_task(cycle(feed))
        return [reports[feed] for feed in feeds]

    async def _poll(self, feed: Feed) -> None:
        while True:
            begun = self._clock.monotonic()
            try:
                report = await self._cycle(feed)
                self._log(report, self._clock.monotonic() - begun)
                await self._on_cycle(report)
            except StoreError as error:
                self._note_uncommitted(feed, error)
            except Exception:
                self._metrics.loop_failures.labels("poller").inc()
                log.exception("poller_failed", account=feed.account, message_type=feed.message_type)
            spread = 1 + JITTER * (2 * self._random() - 1)
            elapsed = self._clock.monotonic() - begun
            await self._clock.sleep(max(LEAST_PAUSE_SECONDS, self._interval * spread - elapsed))

    async def _cycle(self, feed: Feed) -> CycleReport:
        """Run one cycle. If it raises anything but `StoreError`, the poll counts as failed."""
        try:
            return await self._cycles[feed].run(feed)
        except StoreError:
            raise
        except Exception as error:
            self._metrics.loop_failures.labels("poller").inc()
            log.exception("cycle_failed", account=feed.account, message_type=feed.message_type)
            return await self._cycles[feed].failed(feed, error)

    def _note_uncommitted(self, feed: Feed, error: StoreError) -> None:
        """Count a cycle that was not committed; the next one finds the same. Log the first only."""
        self._metrics.loop_failures.labels("poller").inc()
        self._metrics.polls.labels(feed.account, feed.message_type, SweepOutcome.FAILED.value).inc()
        self._on_not_committed(error)
        if feed not in self._uncommitted:
            self._uncommitted.add(feed)
            facts = {
                "account": feed.account,
                "message_type": feed.message_type,
                "reason": error.reason.value,
            }
            log.error("cycle_not_committed", **facts, error=str(error))

    async def _read_balances(self, account: str) -> None:
        while True:
            try:
                await self._read_balance(account)
            except Exception:
                self._metrics.loop_failures.labels("balance").inc()
                log.exception("balance_loop_failed", account=account)
            await self._clock.sleep(BALANCE_INTERVAL.total_seconds())

    async def _read_balance(self, account: str) -> None:
        """Hand the account's balance to its next cycle. If it cannot be read, the last one stays
        in force."""
        try:
            balance = await self._sources[account].balance(now=self._clock.now())
        except ProviderError as error:
            if account not in self.unread_balances:
                log.warning(
                    "balance_not_read", account=account, reason=error.reason.value, error=str(error)
                )
            self.unread_balances[account] = error
            return
        if self.unread_balances.pop(account, None) is not None:
            log.warning("balance_read_again", account=account)
        for feed, cycles in self._cycles.items():
            if feed.account == account:
                cycles.balance = balance
                return

    def _log(self, report: CycleReport, seconds: float) -> None:
        """Log one line for each cycle. Of a run of failures, log the first and the recovery."""
        feed = report.feed
        facts = {"account": feed.account, "message_type": feed.message_type}
        if feed in self._uncommitted:
            self._uncommitted.discard(feed)
            log.warning("cycle_committed_again", **facts)
        if report.outcome is SweepOutcome.OK:
            since = self._failing_since.pop(feed, None)
            if since is not None:
                log.warning(
                    "poll_recovered",
                    **facts,
                    failed_for_seconds=round((self._clock.now() - since).total_seconds(), 1),
                )
            log.info(
                "poll_completed",
                **facts,
                campaigns=report.campaigns,
                changed=report.changed,
                events=report.events,
                alerts=report.alerts,
                rejected=report.rejected,
                full=report.full,
                seconds=round(seconds, 3),
            )
            if report.zone_doubt and feed.account not in self._warned_of_zone:
                self._warned_of_zone.add(feed.account)
                log.warning(
                    "campaign_created_in_the_future",
                    **facts,
                    campaigns=report.created_ahead,
                    furthest_ahead_seconds=round(report.furthest_ahead),
                    hint=report.zone_doubt,
                )
        elif feed not in self._failing_since:
            self._failing_since[feed] = self._clock.now()
            log.warning(
                "poll_failed",
                **facts,
                outcome=report.outcome.value,
                reason=report.reason,
                consecutive=1,
            )
        else:
            log.debug(
                "poll_failed_again", **facts, outcome=report.outcome.value, reason=report.reason
            )
