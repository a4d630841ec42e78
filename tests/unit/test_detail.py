"""Which campaigns are read in detail, in which order, within a budget; and what a provider that
fails costs."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from structlog.testing import capture_logs

from monitor import __version__
from monitor.domain.campaign.detail import CampaignDetail
from monitor.metrics import Metrics
from monitor.polling.detail_phase import FAILURES_BEFORE_GIVING_UP, DetailReader
from tests.clock import FakeClock
from tests.sources import ScriptedSource, outage


def detail(**counters: int) -> CampaignDetail:
    return CampaignDetail(read_at=0.0, **counters)


class Desk:
    """A reader over a provider that knows campaigns 1 to 100."""

    def __init__(self, *, per_minute: int = 20, patience: float = 60.0) -> None:
        self.clock = FakeClock()
        self.source = ScriptedSource()
        self.source.details = {id_: detail(total_messages=id_) for id_ in range(1, 101)}
        self.metrics = Metrics(__version__)
        self.reader = DetailReader(
            "default",
            self.source,
            per_minute=per_minute,
            clock=self.clock,
            metrics=self.metrics,
            patience=patience,
        )

    async def read(self, ids: Iterable[int]) -> list[int]:
        """The ids that were answered."""
        return sorted(await self.reader.read(ids))

    def asked(self) -> list[int]:
        """The ids that were asked for since the last time."""
        asked, self.source.detail_calls = self.source.detail_calls, []
        return asked


async def test_what_is_asked_for_is_read_in_its_order() -> None:
    desk = Desk()
    answers = await desk.reader.read([5, 3, 9])
    assert answers == {id_: detail(total_messages=id_) for id_ in (5, 3, 9)}
    assert desk.asked() == [5, 3, 9]


async def test_no_minute_sees_more_calls_than_the_budget() -> None:
    desk = Desk(per_minute=7)
    calls: list[float] = []
    waiting = list(range(1, 101))
    for _ in range(40):
        before = len(desk.source.detail_calls)
        answered = await desk.read(waiting)
        calls += [desk.clock.monotonic()] * (len(desk.source.detail_calls) - before)
        waiting = [id_ for id_ in waiting if id_ not in answered]
        await desk.clock.advance(17)
    for at in calls:
        assert sum(at <= other < at + 60 for other in calls) <= 7
    assert len(calls) >= 7 * (40 * 17 // 60 - 1), (
        "and it is used up while there is something to read"
    )


async def test_failed_calls_count_against_the_budget_too() -> None:
    desk = Desk(per_minute=4)
    desk.source.details = dict.fromkeys(range(1, 101), outage())
    for _ in range(5):
        await desk.read(range(1, 101))
    assert len(desk.asked()) == 4
    await desk.clock.advance(60)
    await desk.read(range(1, 101))
    assert len(desk.asked()) == 1


async def test_without_a_budget_nothing_is_asked() -> None:
    desk = Desk(per_minute=0)
    assert await desk.read([1, 2]) == []
    assert desk.asked() == []


async def test_some_failures_end_a_round_and_what_failed_comes_last_the_next_time() -> None:
    desk = Desk()
    desk.source.details |= dict.fromkeys(range(1, 11), outage())
    assert await desk.read([20, *range(1, 11), 21]) == [20]
    asked = desk.asked()
    assert asked[0] == 20
    failed = set(asked) - {20}
    assert FAILURES_BEFORE_GIVING_UP <= len(failed) <= FAILURES_BEFORE_GIVING_UP + 2, (
        "those that were under way end"
    )
    desk.source.details = {id_: detail() for id_ in range(1, 101)}
    assert await desk.read([*range(1, 11), 21]) == [*range(1, 11), 21]
    assert set(desk.asked()[-len(failed) :]) == failed


async def test_while_nothing_can_be_read_one_call_probes() -> None:
    desk = Desk()
    known = desk.source.details
    desk.source.details = dict.fromkeys(range(1, 101), outage())
    with capture_logs() as logs:
        for _ in range(4):
            assert await desk.read(range(1, 10)) == []
        assert len(desk.asked()) <= FAILURES_BEFORE_GIVING_UP + 2 + 3
        desk.source.details = known
        assert await desk.read(range(1, 10)) == list(range(1, 10))
    events = [(entry["event"], entry.get("reason")) for entry in logs]
    assert events == [
        ("campaign_details_failed", "server_error"),
        ("campaign_details_recovered", None),
    ]


async def test_one_campaign_that_cannot_be_read_is_no_outage() -> None:
    desk = Desk()
    desk.source.details[2] = outage()
    with capture_logs() as logs:
        assert await desk.read([1, 2, 3]) == [1, 3]
        assert await desk.read([2, 4, 5]) == [4, 5]
    assert logs == []


async def test_the_providers_word_that_it_knows_nothing_is_taken_for_an_hour() -> None:
    desk = Desk()
    assert await desk.reader.read([777]) == {777: None}
    assert await desk.reader.read([777, 1]) == {777: None, 1: detail(total_messages=1)}
    assert desk.asked() == [777, 1]
    await desk.clock.advance(3601)
    await desk.reader.read([777])
    assert desk.asked() == [777]


async def test_a_provider_that_hangs_is_waited_for_no_longer_than_the_patience_lasts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = Desk(patience=0.01)
    never = asyncio.Event()

    async def hang(campaign_id: int) -> Any:
        desk.source.detail_calls.append(campaign_id)
        if campaign_id == 1:
            return detail()
        return await never.wait()

    monkeypatch.setattr(desk.source, "detail", hang)
    with capture_logs() as logs:
        assert await desk.read([1, 2, 3, 4, 5]) == [1], "what came in time counts"
        assert await desk.read([2, 3]) == []
    assert [entry["event"] for entry in logs] == ["campaign_details_failed"]


async def test_a_bug_in_reading_details_is_logged_and_counted_and_ends_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = Desk()

    async def broken(_: int) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(desk.source, "detail", broken)
    with capture_logs() as logs:
        assert await desk.read([1]) == []
    assert logs[0]["event"] == "campaign_detail_failed"
    counted = desk.metrics.registry.get_sample_value(
        "bsg_monitor_loop_failures_total", {"loop": "details"}
    )
    assert counted == 1
