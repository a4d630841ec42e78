"""A cycle that raises, and a row that cannot be read, as a user of the daemon sees them."""

import asyncio
import io
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from monitor.clock import SystemClock
from monitor.daemon.app import running
from monitor.doctor.database_checks import examine_content
from monitor.domain.campaign.feed import Feed
from monitor.polling.feed_reader import FeedReader, Reading
from monitor.rulefile import load_rules
from monitor.settings import load_settings
from tests.patience import until
from tests.unit.provider.scripted import LIST, ScriptedProvider, ok, page, row, scripted

RULES = """
rules:
  - {alert: ApiDown, scope: account, when: consecutive_failures >= 1, summary: down}
  - {alert: Sending, when: sent > 0, summary: sends}
receivers: [{name: desk, console: {}}]
route: {receiver: desk}
"""
SMS = Feed("default", "sms")


async def watched(
    folder: Path, provider: ScriptedProvider, seen: Callable[[str, str, str], bool]
) -> None:
    """Run a daemon until its page, readiness and metrics are seen to be so."""
    (folder / "rules.yaml").write_text(RULES)
    environ = {
        "BSG_API_KEY": "live_x",
        "BSG_API_URL": provider.url,
        "BSG_MESSAGE_TYPES": "sms",
        "BSG_POLL_INTERVAL": "1s",
        "BSG_LISTEN": "127.0.0.1:0",
        "BSG_DATABASE_URL": f"sqlite:///{folder}/monitor.db",
    }
    loaded = load_settings(environ=environ, directory=folder)
    rules = load_rules(loaded)
    async with (
        running(loaded, rules, clock=SystemClock(), console=io.StringIO()) as daemon,
        aiohttp.ClientSession() as session,
    ):

        async def get(path: str) -> str:
            async with session.get(daemon.url + path) as answer:
                return await answer.text()

        async def is_so() -> bool:
            return seen(await get("/"), await get("/readyz"), await get("/metrics"))

        await until(is_so)


async def test_a_cycle_that_raises_is_seen_as_a_failed_poll_on_page_and_readiness_in_metrics_and_by_doctor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def buggy(*_: object) -> Reading:
        raise OverflowError("int too large to convert to float")

    monkeypatch.setattr(FeedReader, "read", buggy)

    def seen(shown: str, ready: str, metrics: str) -> bool:
        return (
            "the monitor itself failed" in shown
            and "OverflowError in test_failed_cycle.py" in shown
            and "polls failed in a row" in ready
            and 'bsg_monitor_polls_total{account="default",message_type="sms",outcome="failed"} 2.0'
            in metrics
            and 'bsg_monitor_loop_failures_total{loop="poller"} 2.0' in metrics
            and 'bsg_alerts{alertname="ApiDown",severity="warning",state="firing"} 1.0' in metrics
        )

    async with scripted({LIST: [ok(page())]}) as provider:
        await watched(tmp_path, provider, seen)
    found = await examine_content(tmp_path / "monitor.db", clock=SystemClock(), polled=[SMS])
    assert [each.subject for each in found] == ["feed default/sms"]
    assert "polls failed or were incomplete, since" in found[0].message
    assert (
        await examine_content(
            tmp_path / "monitor.db", clock=SystemClock(), polled=[Feed("default", "rcs")]
        )
        == []
    )


async def test_a_daemon_is_ready_and_shows_alerts_once_the_first_page_of_each_feed_was_read(
    tmp_path: Path,
) -> None:
    facts = {"message_type": "sms", "created_at": "2099-01-01 00:00:00"}
    goes_on = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.query["page[offset]"] == "0":
            return ok(page(row(1, **facts), row(2, **facts), total=3))
        await goes_on.wait()
        return ok(page(row(2, **facts), row(3, **facts), total=3))

    def seen(_: str, ready: str, metrics: str) -> bool:
        return (
            'message_type="sms",outcome="ok"} 0.0' in metrics
            and 'bsg_alerts{alertname="Sending",severity="warning",state="firing"} 2.0' in metrics
            and '"ready": true' in ready
        )

    async with scripted({LIST: answer}) as provider:
        await watched(tmp_path, provider, seen)
        goes_on.set()


async def test_a_number_of_309_digits_costs_its_field_which_is_counted(tmp_path: Path) -> None:
    unreadable = 'bsg_monitor_fields_unreadable_total{account="default",field="sent",'

    def seen(_: str, ready: str, metrics: str) -> bool:
        return (
            '"ready": true' in ready
            and f'{unreadable}message_type="sms"}} 1.0' in metrics
            and 'bsg_alerts{alertname="Sending",severity="warning",state="firing"} 1.0' in metrics
        )

    facts = {"message_type": "sms", "created_at": "2099-01-01 00:00:00"}
    rows = [row(1, statistics={"sent": "9" * 309}, **facts), row(2, **facts)]
    async with scripted({LIST: [ok(page(*rows))]}) as provider:
        await watched(tmp_path, provider, seen)
