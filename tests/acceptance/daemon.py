"""The command as a process, with a simulated provider and a receiver beside it in the test's
own."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from tests.patience import BOUND_SECONDS, until
from tests.ports import free_port

KEY = "live_acceptance_key_0123456789"
WEBHOOK_SECRET = "whsec_c2VjcmV0LW9mLXRoZS13ZWJob29r"

RULES = """
rules:
  - alert: Spam
    when: status == "spam"
    summary: "{{ campaign.name }} waits"
  - alert: Stopped
    on: status_changed
    when: status == "stopped"
    summary: "{{ campaign.name }} was stopped"
  - alert: ApiDown
    scope: account
    when: api_up == false
    summary: "down"
receivers:
  - name: hook
    webhook: {url: "${HOOK_URL}", secret: "${HOOK_SECRET}"}
route:
  receiver: hook
  group_by: [alertname]
  group_interval: 1s
"""


class Receiver:
    """A webhook that keeps what it was sent. `up` false: it answers 503 and keeps nothing."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, dict[str, Any]]] = []
        self.attempts: list[str] = []
        self.up = True
        self.port = free_port()
        self.hang: asyncio.Event | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @asynccontextmanager
    async def serve(self) -> AsyncIterator["Receiver"]:
        app = web.Application()
        app.router.add_post("/hook", self._receive)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        try:
            yield self
        finally:
            if self.hang is not None:
                self.hang.set()
            await runner.cleanup()

    async def _receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.attempts.append(request.headers["webhook-id"])
        if self.hang is not None:
            await self.hang.wait()
        if not self.up:
            return web.Response(status=503)
        self.messages.append((request.headers["webhook-id"], json.loads(body)))
        return web.Response(status=204)

    def alerts(self) -> list[tuple[str, dict[str, Any]]]:
        """Every alert of every message, with the message's id, in the order received."""
        return [
            (message_id, alert) for message_id, body in self.messages for alert in body["alerts"]
        ]


class Monitor:
    """`bsg-monitor run` in a folder of its own."""

    def __init__(
        self, folder: Path, provider_url: str, receiver_url: str, *, rules: str = RULES, **more: str
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.log = folder / "monitor.log"
        (folder / "rules.yaml").write_text(rules)
        self.environment: Mapping[str, str] = {
            **{name: value for name, value in os.environ.items() if not name.startswith("BSG_")},
            "BSG_API_KEY": KEY,
            "BSG_API_URL": provider_url,
            "BSG_POLL_INTERVAL": "1s",
            "BSG_DATABASE_URL": "sqlite:///monitor.db",
            "BSG_LISTEN": f"127.0.0.1:{self.port}",
            "BSG_LOG_FORMAT": "json",
            "HOOK_URL": receiver_url,
            "HOOK_SECRET": WEBHOOK_SECRET,
            **more,
        }
        self.process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def command(self, *arguments: str) -> tuple[int, str, str]:
        """Run another command beside it: exit code, standard output, standard error."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "monitor",
            *arguments,
            cwd=self.folder,
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()

    async def start(self, *under: str) -> None:
        """Start it (by a command that starts commands, where one is given) and wait until it
        answers."""
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *under,
                sys.executable,
                "-m",
                "monitor",
                "run",
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        await until(self.healthy)

    async def healthy(self) -> bool:
        assert self.process is not None
        assert self.process.returncode is None, self.log.read_text()
        return await self.get("/healthz") is not None

    async def ready(self) -> bool:
        return await self.get("/readyz") is not None

    async def get(self, path: str) -> str | None:
        """The body of a 200; None for anything else."""
        try:
            async with aiohttp.ClientSession() as session, session.get(self.url + path) as answer:
                return await answer.text() if answer.status == 200 else None
        except aiohttp.ClientError:
            return None

    def logged(self, event: str) -> int:
        """How many lines of its log tell of this event."""
        return self.log.read_text().count(f'"event": "{event}"')

    async def pending(self) -> list[dict[str, Any]]:
        """What its outbox holds that is not confirmed, the newest first, each with its alerts."""
        code, out, err = await self.command("outbox", "list", "--state", "pending", "--json")
        assert code == 0, err
        shown = [
            await self.command("outbox", "show", row["id"], "--json") for row in json.loads(out)
        ]
        return [json.loads(out) for code, out, _ in shown if code == 0]

    async def kill(self) -> None:
        """As the kernel does it: no warning."""
        assert self.process is not None
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        """As systemd does it: SIGTERM, then wait; returns the exit code."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), BOUND_SECONDS)


@asynccontextmanager
async def monitor(
    folder: Path, provider_url: str, receiver: Receiver, *, under: Sequence[str] = (), **more: str
) -> AsyncIterator[Monitor]:
    """A monitor that has been started; stopped at the end however the test ends."""
    subject = Monitor(folder, provider_url, receiver.url, **more)
    await subject.start(*under)
    try:
        yield subject
    finally:
        if subject.process is not None and subject.process.returncode is None:
            await subject.stop()
