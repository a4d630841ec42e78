"""Signs of life and the status line, on a clock moved by hand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from monitor.daemon.supervision import Supervision
from monitor.daemon.systemd import ServiceManager
from monitor.metrics import Metrics
from monitor.web import FeedStatus, headline
from tests.clock import FakeClock


class Listener(ServiceManager):
    """Keeps what it is told."""

    def __init__(self, watchdog_seconds: float | None) -> None:
        super().__init__(watchdog_seconds=watchdog_seconds)
        self.heard: list[str] = []

    def alive(self) -> None:
        self.heard.append("alive")

    def status(self, text: str) -> None:
        self.heard.append(text)


class Stage:
    def __init__(self, watchdog_seconds: float | None = None) -> None:
        self.clock = FakeClock()
        self.metrics = Metrics("0")
        self.listener = Listener(watchdog_seconds)
        self.text = "all well"
        self.supervision = Supervision(
            self.listener, self.headline, clock=self.clock, metrics=self.metrics
        )

    def headline(self) -> str:
        if not self.text:
            raise ValueError("a bug")
        return self.text

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.supervision.run())
            await self.clock.settle()
            yield
            task.cancel()


async def test_three_signs_of_life_in_each_period() -> None:
    stage = Stage(watchdog_seconds=3.0)
    async with stage.running():
        stage.listener.heard.clear()
        await stage.clock.advance(3.5)
    assert stage.listener.heard == ["alive"] * 3


async def test_a_status_is_said_at_once_and_when_it_changes() -> None:
    stage = Stage()
    async with stage.running():
        assert "all well" in stage.listener.heard
        stage.listener.heard.clear()
        await stage.clock.advance(20)
        assert "all well" not in stage.listener.heard
        stage.text = "not so well"
        await stage.clock.advance(5)
        assert stage.listener.heard[-1] == "not so well"


async def test_a_bug_in_the_status_stops_no_sign_of_life() -> None:
    stage = Stage(watchdog_seconds=3.0)
    stage.text = ""
    async with stage.running():
        await stage.clock.advance(2.5)
    assert stage.listener.heard == ["alive"] * 3
    assert (
        stage.metrics.registry.get_sample_value(
            "bsg_monitor_loop_failures_total", {"loop": "supervision"}
        )
        == 3
    )


def feed(kind: str, *, swept: bool = True, failures: int = 0) -> FeedStatus:
    return FeedStatus(account="shop", message_type=kind, swept=swept, consecutive_failures=failures)


@pytest.mark.parametrize(
    ("feeds", "firing", "troubles", "expected"),
    [
        ([feed("sms"), feed("rcs")], 0, [], "2 feeds fresh; 0 alerts firing"),
        (
            [feed("sms"), feed("rcs", failures=2)],
            1,
            [],
            "1 feed fresh; 1 feed failing (shop/rcs); 1 alert firing",
        ),
        (
            [feed("sms", swept=False), feed("rcs", swept=False)],
            0,
            [],
            "2 feeds not read yet; 0 alerts firing",
        ),
        (
            [feed("sms", swept=False, failures=1)],
            12000,
            [],
            "1 feed failing (shop/sms); 12,000 alerts firing",
        ),
        (
            [feed("sms"), replace(feed("rcs", swept=False), legible=False)],
            0,
            [],
            "1 feed fresh; 1 feed failing (shop/rcs); 0 alerts firing",
        ),
        (
            [feed("sms")],
            0,
            ["the database does not work"],
            "the database does not work; 1 feed fresh; 0 alerts firing",
        ),
    ],
    ids=["well", "failing", "starting", "failing from the start", "unreadable", "in trouble"],
)
def test_the_headline_says_how_things_stand(
    feeds: list[FeedStatus], firing: int, troubles: list[str], expected: str
) -> None:
    assert headline(feeds, firing=firing, troubles=troubles) == expected
