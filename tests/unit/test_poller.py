"""Which feed is read when, and what a loop does when what it runs goes wrong."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from monitor import __version__
from monitor.domain.alerting.evaluation import RuleSet
from monitor.domain.campaign.feed import Feed, SweepOutcome
from monitor.errors import StoreError, StoreFault
from monitor.metrics import Metrics
from monitor.polling.cycle import AccountCycles, CycleReport
from monitor.polling.poller import Poller
from monitor.ports import CycleCommit, Snapshot, Sweep
from monitor.state import State
from monitor.store import SqliteStore
from tests.clock import START, FakeClock
from tests.sources import ScriptedSource, campaign, outage

SMS, RCS = Feed("default", "sms"), Feed("default", "rcs")


class Round:
    """Two feeds of one account, polled every 60 s on a clock that the test moves."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.clock = FakeClock()
        self.source = ScriptedSource([campaign(1), campaign(2, message_type="rcs")])
        self.metrics = Metrics(__version__)
        self.reports: list[CycleReport] = []
        self.random = 0.5
        self.not_committed: list[StoreError] = []
        state = State(Snapshot(), polled=[SMS, RCS])
        cycles = AccountCycles(
            account="default",
            source=self.source,
            store=store,
            state=state,
            rules=RuleSet([]),
            clock=self.clock,
            metrics=self.metrics,
            lookback=timedelta(days=3),
        )
        self.cycles = cycles
        self.poller = Poller(
            {SMS: cycles, RCS: cycles},
            {"default": self.source},
            interval=timedelta(seconds=60),
            clock=self.clock,
            metrics=self.metrics,
            random=lambda: self.random,
            on_cycle=self._note,
            on_not_committed=self.not_committed.append,
        )

    async def _note(self, report: CycleReport) -> None:
        self.reports.append(report)

    @asynccontextmanager
    async def polling(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(self.poller.run())
            yield
            task.cancel()

    async def until(self, holds: Callable[[], bool]) -> None:
        """The store works in a thread: give it real turns until it has."""
        for _ in range(2000):
            if holds():
                return
            await self.store.next_due("unknown")
            await self.clock.settle(5)
        pytest.fail("it did not come to hold")

    def count(self, feed: Feed, outcome: SweepOutcome = SweepOutcome.OK) -> int:
        return sum(report.feed == feed and report.outcome is outcome for report in self.reports)

    def failures(self) -> float:
        return (
            self.metrics.registry.get_sample_value(
                "bsg_monitor_loop_failures_total", {"loop": "poller"}
            )
            or 0.0
        )


@pytest.fixture
async def polls() -> AsyncIterator[Round]:
    async with SqliteStore(None) as store:
        yield Round(store)


async def test_every_outcome_is_counted_from_nought_on(polls: Round) -> None:
    for feed in (SMS, RCS):
        for outcome in SweepOutcome:
            labels = {
                "account": "default",
                "message_type": feed.message_type,
                "outcome": outcome.value,
            }
            assert polls.metrics.registry.get_sample_value("bsg_monitor_polls_total", labels) == 0


@pytest.mark.parametrize(("random", "seconds"), [(0.0, 57.0), (0.5, 60.0), (1.0, 63.0)])
async def test_the_interval_has_five_percent_of_jitter(
    polls: Round, random: float, seconds: float
) -> None:
    polls.random = random
    async with polls.polling():
        await polls.until(lambda: polls.count(SMS) == 1 and polls.count(RCS) == 1)
        await polls.clock.advance(seconds - 0.1)
        assert len(polls.reports) == 2
        await polls.clock.advance(0.1)
        await polls.until(lambda: len(polls.reports) == 4)


async def test_a_feed_that_hangs_delays_no_other_and_never_overlaps_itself(polls: Round) -> None:
    hanging = asyncio.Event()
    sweep = polls.source.sweep
    begun = 0

    async def stuck(message_type: str, *, since: float, started: float, **options: Any) -> Sweep:
        nonlocal begun
        if message_type == "rcs":
            begun += 1
            await hanging.wait()
        return await sweep(message_type, since=since, started=started, **options)

    polls.source.sweep = stuck  # type: ignore[method-assign]
    async with polls.polling():
        for polled in range(1, 6):
            await polls.until(lambda polled=polled: polls.count(SMS) == polled)  # type: ignore[misc]
            await polls.clock.advance(60)
        assert polls.count(RCS) == 0
        assert begun == 1
        hanging.set()
        await polls.until(lambda: polls.count(RCS) == 1)


async def test_a_commit_that_fails_is_counted_told_once_and_tried_again(
    polls: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_: CycleCommit) -> None:
        raise StoreError("no space left", reason=StoreFault.FULL, retryable=True)

    with capture_logs() as logs, monkeypatch.context() as broken:
        broken.setattr(polls.store, "commit_cycle", refuse)
        async with polls.polling():
            await polls.until(lambda: polls.failures() == 2)
            await polls.clock.advance(60)
            await polls.until(lambda: polls.failures() == 4)
            assert polls.reports == []
            assert len(polls.not_committed) == 4
            broken.undo()
            await polls.clock.advance(60)
            await polls.until(lambda: polls.count(SMS) == 1 and polls.count(RCS) == 1)
    told = [
        (entry["event"], entry["message_type"]) for entry in logs if "committed" in entry["event"]
    ]
    assert sorted(told) == [
        ("cycle_committed_again", "rcs"),
        ("cycle_committed_again", "sms"),
        ("cycle_not_committed", "rcs"),
        ("cycle_not_committed", "sms"),
    ]
    failed = {"account": "default", "message_type": "sms", "outcome": "failed"}
    assert polls.metrics.registry.get_sample_value("bsg_monitor_polls_total", failed) == 2


async def test_a_bug_in_a_cycle_does_not_end_the_loop(
    polls: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def buggy(_: Feed) -> CycleReport:
        raise ZeroDivisionError

    with capture_logs() as logs, monkeypatch.context() as broken:
        broken.setattr(polls.cycles, "run", buggy)
        async with polls.polling():
            await polls.until(lambda: polls.failures() == 2)
            broken.undo()
            await polls.clock.advance(60)
            await polls.until(lambda: polls.count(SMS) == 1)
    assert any(entry["event"] == "cycle_failed" and entry["exc_info"] for entry in logs)


async def test_the_first_failure_and_the_recovery_are_logged_and_not_each_between(
    polls: Round,
) -> None:
    polls.source.error = outage()
    with capture_logs() as logs:
        async with polls.polling():
            for failed in range(1, 4):
                await polls.until(
                    lambda failed=failed: polls.count(SMS, SweepOutcome.FAILED) == failed
                )  # type: ignore[misc]
                await polls.clock.advance(60)
            await polls.until(lambda: polls.count(SMS, SweepOutcome.FAILED) == 4)
            polls.source.error = None
            await polls.clock.advance(60)
            await polls.until(lambda: polls.count(SMS) >= 1)
    of_sms = [
        entry
        for entry in logs
        if entry.get("message_type") == "sms" and entry["log_level"] == "warning"
    ]
    assert [entry["event"] for entry in of_sms] == ["poll_failed", "poll_recovered"]
    assert of_sms[1]["failed_for_seconds"] >= 180


async def test_a_balance_is_read_at_once_and_then_every_five_minutes(polls: Round) -> None:
    read = 0
    balance = polls.source.balance

    async def counted(*, now: object) -> object:
        nonlocal read
        read += 1
        return await balance(now=now)  # type: ignore[arg-type]

    polls.source.balance = counted  # type: ignore[method-assign, assignment]
    async with polls.polling():
        await polls.until(lambda: read == 1)
        await polls.clock.advance(299)
        assert read == 1
        await polls.clock.advance(1)
        await polls.until(lambda: read == 2)


async def test_of_a_balance_that_cannot_be_read_the_first_failure_and_the_recovery_are_logged(
    polls: Round,
) -> None:
    polls.source.error = outage()
    with capture_logs() as logs:
        async with polls.polling():
            await polls.until(lambda: "default" in polls.poller.unread_balances)
            await polls.clock.advance(600)
            polls.source.error = None
            await polls.clock.advance(300)
            await polls.until(lambda: not polls.poller.unread_balances)
            await polls.clock.advance(300)
    told = [entry["event"] for entry in logs if entry["event"].startswith("balance")]
    assert told == ["balance_not_read", "balance_read_again"]


async def test_a_campaign_from_the_future_warns_once_that_the_zone_is_wrong(polls: Round) -> None:
    polls.source.put(campaign(3, created_at=START.timestamp() + 7200))
    with capture_logs() as logs:
        async with polls.polling():
            await polls.until(lambda: polls.count(SMS) == 1)
            polls.source.put(campaign(4, created_at=START.timestamp() + 7200))
            await polls.clock.advance(60)
            await polls.until(lambda: polls.count(SMS) == 2)
    warnings = [entry for entry in logs if entry["event"] == "campaign_created_in_the_future"]
    assert len(warnings) == 1
    assert warnings[0]["furthest_ahead_seconds"] == 7200
    assert warnings[0]["hint"].startswith(
        "set BSG_API_TIMEZONE to the zone of the times that BSG's own page shows: it lies at least "
        "2 h"
    )


def test_the_warning_of_a_wrong_zone_names_the_setting_of_the_account() -> None:
    report = CycleReport(
        feed=Feed("shop", "sms"),
        outcome=SweepOutcome.OK,
        full=False,
        created_ahead=1,
        furthest_ahead=5400.0,
    )
    assert report.zone_doubt is not None
    assert report.zone_doubt.startswith("set BSG_ACCOUNTS__SHOP__API_TIMEZONE to ")
    assert "at least 1 h 30 min further east" in report.zone_doubt
    assert (
        CycleReport(feed=Feed("shop", "sms"), outcome=SweepOutcome.OK, full=False).zone_doubt
        is None
    )
