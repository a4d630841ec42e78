"""Debian's Alertmanager receives our alerts, groups them, resolves when we resolve, and is told
again after it forgot."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web

from monitor.clock import SystemClock
from monitor.domain.alerting.notification import NotifiedAlert
from monitor.notify import INTEGRATIONS, Context, open_session
from monitor.notify.alertmanager.notifier import AlertmanagerNotifier
from tests.patience import until
from tests.ports import free_port
from tests.real import require
from tests.unit.notify import builders
from tests.unit.notify.builders import notification

pytestmark = pytest.mark.slow

CONFIG = """
route:
  receiver: hook
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 4h
receivers:
  - name: hook
    webhook_configs:
      - {url: "http://127.0.0.1:%d/", send_resolved: true}
"""


class Alertmanager:
    """One of them, without a cluster, and the messages that it sends to people."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port, self._hook = free_port(), free_port()
        self._process: asyncio.subprocess.Process | None = None
        self.messages: list[dict[str, Any]] = []
        self.url = f"http://127.0.0.1:{self._port}"

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Alertmanager"]:
        app = web.Application()
        app.router.add_post("/", self._receive)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self._hook).start()
        try:
            await self.start()
            yield self
        finally:
            await self.kill()
            await runner.cleanup()

    async def start(self) -> None:
        self._folder.mkdir(exist_ok=True)
        config = self._folder / "alertmanager.yml"
        config.write_text(CONFIG % self._hook)
        with (self._folder / "log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                require("prometheus-alertmanager"),
                f"--config.file={config}",
                f"--storage.path={self._folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self._port}",
                "--cluster.listen-address=",
                stdout=log,
                stderr=log,
            )
        await until(self._ready)

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def alerts(self) -> dict[str, dict[str, Any]]:
        """What it knows to fire, by the label campaign_id."""
        found: list[dict[str, Any]] = json.loads(await self._get("/api/v2/alerts") or "[]")
        return {each["labels"]["campaign_id"]: each for each in found}

    async def groups(self) -> set[frozenset[str]]:
        """How it bundles what it knows, by the label campaign_id. What it tells people at one
        moment may be less of a group: it takes alerts in one by one."""
        found: list[dict[str, Any]] = json.loads(await self._get("/api/v2/alerts/groups") or "[]")
        return {
            frozenset(alert["labels"]["campaign_id"] for alert in group["alerts"])
            for group in found
        }

    def told(self, status: str) -> set[str]:
        """Which alerts it has told people of in this state, by the label campaign_id."""
        every = (alert for message in self.messages for alert in message["alerts"])
        return {alert["labels"]["campaign_id"] for alert in every if alert["status"] == status}

    async def _ready(self) -> bool:
        assert self._process is not None
        assert self._process.returncode is None, (self._folder / "log").read_text()
        return await self._get("/-/ready") is not None

    async def _get(self, path: str) -> str | None:
        try:
            async with aiohttp.ClientSession() as session, session.get(self.url + path) as answer:
                return await answer.text() if answer.status == 200 else None
        except aiohttp.ClientError:
            return None

    async def _receive(self, request: web.Request) -> web.Response:
        self.messages.append(await request.json())
        return web.Response()


@pytest.fixture
async def peers(tmp_path: Path) -> AsyncIterator[list[Alertmanager]]:
    require("prometheus-alertmanager")
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(Alertmanager(tmp_path / name).running())
            for name in ("one", "two")
        ]


@pytest.fixture
async def notifier(peers: list[Alertmanager]) -> AsyncIterator[AlertmanagerNotifier]:
    kind = INTEGRATIONS["alertmanager"]
    options = kind.options.model_validate({"urls": [peer.url for peer in peers]})
    async with open_session() as session:
        context = Context(
            session=session,
            clock=SystemClock(),
            console=io.StringIO(),
            external_url="https://m.example",
        )
        built = kind.build("am", options, context)
        assert isinstance(built, AlertmanagerNotifier)
        yield built


def alert(number: int, rule: str = "LowDelivery", **changes: object) -> NotifiedAlert:
    labels: Mapping[str, str] = {
        "alertname": rule,
        "campaign_id": str(number),
        "sender": 'Shop "☀" \n<b>',
        "empty": "",
    }
    begun = SystemClock().now() - timedelta(minutes=2)
    return builders.alert(
        number, **({"labels": labels, "starts_at": begun, "active_since": begun} | changes)
    )


def over(fired: NotifiedAlert) -> NotifiedAlert:
    return msgspec.structs.replace(
        fired, status="resolved", ends_at=SystemClock().now(), resolve_reason="condition"
    )


async def test_alerts_are_received_grouped_told_and_resolved(
    peers: list[Alertmanager], notifier: AlertmanagerNotifier
) -> None:
    one, two, other = alert(1), alert(2), alert(3, "Stalled")
    await notifier.verify()
    await notifier.send(notification(one, two, other))
    for peer in peers:
        known = await peer.alerts()
        assert set(known) == {"1", "2", "3"}
        assert known["1"]["labels"]["sender"] == 'Shop "☀" \n<b>'
        assert known["1"]["annotations"]["summary"] == "Spring sale: 71 % of 5400 delivered"
        assert known["1"]["generatorURL"] == "https://m.example/alerts/a1"
        left = datetime.fromisoformat(known["1"]["endsAt"]) - SystemClock().now()
        assert timedelta(minutes=3) < left <= timedelta(minutes=4)
        await until(lambda peer=peer: peer.told("firing") == {"1", "2", "3"})
        assert await peer.groups() == {frozenset("12"), frozenset("3")}
        assert all(
            {each["labels"]["alertname"] for each in message["alerts"]}
            == {message["groupLabels"]["alertname"]}
            for message in peer.messages
        )
    await notifier.send(notification(over(one)))
    for peer in peers:
        await until(lambda peer=peer: peer.told("resolved") == {"1"})
        assert set(await peer.alerts()) == {"2", "3"}


async def test_a_peer_that_was_away_or_forgot_is_told_again(
    peers: list[Alertmanager], notifier: AlertmanagerNotifier
) -> None:
    steady, away = peers
    await away.kill()
    one, two = alert(1), alert(2)
    await notifier.send(notification(one, two))
    await notifier.send(notification(over(two)))
    assert set(await steady.alerts()) == {"1"}
    await away.start()
    assert await away.alerts() == {}
    await notifier.resend([one, two])  # gathered before `two` was over
    for peer in peers:
        assert set(await peer.alerts()) == {"1"}
        await until(lambda peer=peer: "1" in peer.told("firing"))


async def test_events_are_told_though_they_are_over_as_they_happen(
    peers: list[Alertmanager], notifier: AlertmanagerNotifier
) -> None:
    begun = SystemClock().now()
    events = [alert(number, "Stopped", event_id=f"e{number}", ends_at=begun) for number in (1, 2)]
    await notifier.send(notification(*events))
    for peer in peers:
        await until(lambda peer=peer: peer.told("firing") == {"1", "2"})


async def test_what_fires_again_under_the_same_labels_fires(
    peers: list[Alertmanager], notifier: AlertmanagerNotifier
) -> None:
    first = alert(1)
    await notifier.send(notification(first))
    await until(lambda: peers[0].told("firing") == {"1"})
    await notifier.send(notification(over(first)))
    await until(lambda: peers[0].told("resolved") == {"1"})
    again = alert(1, id="a1-again", starts_at=SystemClock().now())
    await notifier.send(notification(again))
    await notifier.resend([again])
    for peer in peers:
        (known,) = (await peer.alerts()).values()
        assert datetime.fromisoformat(known["endsAt"]) > SystemClock().now()
