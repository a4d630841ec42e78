"""Record a small database of an older schema: `python -m tests.schemas.record NUMBER`. See
README.md."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from aiohttp import web

from monitor.clock import SystemClock
from monitor.simulator.api_server import Simulator
from monitor.simulator.scenario import load_scenario
from tests.patience import until

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MIGRATIONS = "monitor/store/sqlite/migrations_sql"
KEY = "live_recorded_0123456789abcdef"

SCENARIO = """
seed: 7
first_id: 5001
balance: {amount: 120, credit: 25, currency: EUR}
campaigns:
  - {name: "Spring sale ☀", sender: UrbanWear, kind: spam, size: 8000, moderation: 1d}
  - {name: "Price drop", sender: AutoPlus, kind: stopped, size: 30000, pace: 20, stop: 6s}
  - {name: "Short notice", sender: CinemaX, size: 40, pace: 20}
  - {name: "Vaccination week", sender: PharmaOne, kind: paused, size: 30000, pace: 20, pause_after: 5s}
  - {name: "Carousel", sender: TechHubAgent, kind: fallback, size: 5000, pace: 1000, created: -2h}
  - {name: "Long ago", sender: UrbanWear, size: 900, pace: 30, created: -5d}
"""

RULES = """
  - alert: Held
    when: status == "spam"
    severity: critical
    summary: "{{ campaign.name }} is held"
  - alert: Sending
    when: status == "sending"
    summary: "{{ campaign.name }} is being sent"
  - alert: Paused
    when: status == "paused"
    for: 1h
  - alert: Stopped
    on: status_changed
    when: status == "stopped"
    summary: "{{ campaign.name }} was stopped"
  - alert: Poor
    scope: account
    when: spendable < 1000
    summary: "little is left"
"""
DETAIL_RULE = """
  - alert: Expired
    when: expired > 1000000
    detail: true
"""
HOOK = """
  - name: hook
    webhook: {url: "%s/hook"}
"""
BOT = """
  - name: bot
    slack: {bot_token: xoxb-recorded, channel: C1, api_url: "%s/slack"}
"""
ROUTE = "{receiver: hook, group_by: [alertname], group_interval: 1s}"
ROUTES = """{receiver: hook, group_by: [alertname], group_interval: 1s, routes: [
  {receiver: bot, matchers: ['alertname=~"Held|Sending"'], continue: true}, {receiver: hook}]}"""

Rules = tuple[str, str, str]
"""Rules, receivers and route, each as YAML."""


def dump_of(number: int) -> Path:
    """Where the dump of a schema is kept."""
    return HERE / f"{number:04}.sql"


def restore(dump: Path, database: Path) -> None:
    """Make the database that was dumped."""
    database.touch(mode=0o600)
    db = sqlite3.connect(database)
    try:
        db.executescript(dump.read_text("utf-8"))
    finally:
        db.close()


def _git(*arguments: str) -> bytes:
    return subprocess.run(
        ["git", "-C", str(ROOT), *arguments], check=True, stdout=subprocess.PIPE
    ).stdout


def _commit_with(number: int) -> str | None:
    """The last commit whose newest schema is `number`; None when a later one came with it in the
    same commit."""
    next_ones = [name for name in _migrations("HEAD") if name.startswith(f"{number + 1:04}_")]
    commit = "HEAD"
    if next_ones:
        added = (
            _git("log", "--diff-filter=A", "--format=%H", "--", f"{MIGRATIONS}/{next_ones[0]}")
            .decode()
            .split()
        )
        commit = f"{added[-1]}^"
    return commit if len(_migrations(commit)) == number else None


def _migrations(commit: str) -> list[str]:
    return [
        Path(name).name
        for name in _git("ls-tree", "--name-only", commit, f"{MIGRATIONS}/").decode().splitlines()
    ]


class Outside:
    """A webhook that takes, refuses or fails by the alert's name, and a Slack that takes
    everything."""

    def __init__(self) -> None:
        self.url = ""

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        app = web.Application()
        app.router.add_post("/hook", self._hook)
        app.router.add_post("/slack/{method}", self._slack)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield
        finally:
            await runner.cleanup()

    async def _hook(self, request: web.Request) -> web.Response:
        body: dict[str, Any] = await request.json()
        return web.Response(
            status={"Stopped": 410, "Poor": 503}.get(body["groupLabels"]["alertname"], 204)
        )

    async def _slack(self, _: web.Request) -> web.Response:
        return web.json_response({"ok": True, "channel": "C1", "ts": "1772440000.000100"})


class Recording:
    """A monitor of some version in a folder of its own."""

    def __init__(self, code: Path, folder: Path, outside: str) -> None:
        self._folder = folder
        self._outside = outside
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("BSG_")},
            "PYTHONPATH": str(code),
            "BSG_API_KEY": KEY,
            "BSG_POLL_INTERVAL": "1s",
            "BSG_DATABASE_URL": "sqlite:///monitor.db",
            "BSG_LISTEN": "127.0.0.1:0",
        }

    @property
    def database(self) -> Path:
        return self._folder / "monitor.db"

    async def choose_rules(self) -> None:
        """As much as that version takes."""
        rules: Rules = (RULES, HOOK, ROUTE)
        wanted: list[Rules] = [
            (RULES, HOOK + BOT, ROUTES),
            (RULES + DETAIL_RULE, HOOK + BOT, ROUTES),
        ]
        for each in (rules, *wanted):
            self._write(each)
            if (await self.command("check"))[0] != 0:
                break
            rules = each
        self._write(rules)

    async def start(self, provider: str) -> asyncio.subprocess.Process:
        """Run the daemon."""
        self._environment["BSG_API_URL"] = provider
        return await self._process("run")

    async def command(self, *arguments: str) -> tuple[int, str]:
        process = await self._process(*arguments)
        out, _ = await process.communicate()
        return process.returncode or 0, out.decode()

    async def say(self) -> None:
        """What people add, as far as that version has commands for it."""
        _, listed = await self.command("alerts", "--json")
        firing = [alert["id"] for alert in json.loads(listed) if alert["state"] == "firing"]
        await self.command("ack", firing[0], "--author", "ann", "--comment", "asked BSG")
        for ending in (["--for", "365d"], ["--until-resolved"]):
            await self.command(
                "silence",
                "add",
                "alertname=Stopped",
                *ending,
                "--author",
                "ann",
                "--comment",
                "known",
            )
        code, silences = await self.command("silence", "list", "--json")
        if code == 0:
            await self.command("silence", "expire", json.loads(silences)[0]["id"], "--author", "bo")

    def found(self, statement: str) -> bool:
        """Whether the database has such a row by now."""
        try:
            db = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)
            try:
                return db.execute(statement).fetchone() is not None
            finally:
                db.close()
        except sqlite3.OperationalError:  # not there yet
            return False

    def _write(self, parts: Rules) -> None:
        rules, receivers, route = parts
        text = (
            f"rules:{rules}\nreceivers:{receivers.replace('%s', self._outside)}\nroute: {route}\n"
        )
        (self._folder / "rules.yaml").write_text(text)

    async def _process(self, *arguments: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "monitor", *arguments, cwd=self._folder, env=self._environment,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip


ENOUGH = (
    "SELECT 1 FROM outbox WHERE state = 'delivered'",
    "SELECT 1 FROM outbox WHERE state = 'pending' AND attempts > 1",
    "SELECT 1 FROM outbox WHERE state = 'dead'",
    "SELECT 1 FROM alerts WHERE state = 'pending'",
    "SELECT 1 FROM alerts WHERE closed = 1 AND resolved_at IS NOT NULL",
    "SELECT 1 FROM events WHERE kind = 'status_changed'",
    "SELECT 1 FROM balances",
)
"""What a recorded database holds at least, whatever its schema."""


async def _record(code: Path, folder: Path) -> Path:
    (folder / "scenario.yaml").write_text(SCENARIO)
    outside = Outside()
    async with outside.serve():
        recording = Recording(code, folder, outside.url)
        await recording.choose_rules()
        # The campaigns' time begins here: the daemon has to see them change.
        simulator = Simulator(
            load_scenario(str(folder / "scenario.yaml")), clock=SystemClock(), keys=(KEY,)
        )
        async with simulator.serve("127.0.0.1", 0) as provider:
            daemon = await recording.start(provider)
            try:
                for statement in ENOUGH:
                    await until(lambda statement=statement: recording.found(statement))
                await recording.say()
            finally:
                daemon.send_signal(signal.SIGTERM)
                await daemon.wait()
    return recording.database


def _write(database: Path, dump: Path, number: int) -> None:
    db = sqlite3.connect(database)
    try:
        versions = [
            int(db.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("application_id", "user_version")
        ]
        if versions[1] != number:
            raise SystemExit(f"the database has schema {versions[1]}, not {number}")
        head = [
            f"PRAGMA {name} = {value};"
            for name, value in zip(("application_id", "user_version"), versions, strict=True)
        ]
        dump.write_text("\n".join([*head, *db.iterdump()]) + "\n", "utf-8")
    finally:
        db.close()


def _forward(database: Path, number: int) -> None:
    """One migration further, by hand."""
    (script,) = (ROOT / MIGRATIONS).glob(f"{number:04}_*.sql")
    db = sqlite3.connect(database)
    try:
        db.executescript(
            f"BEGIN;\n{script.read_text('utf-8')}\nPRAGMA user_version = {number};\nCOMMIT;"
        )
    finally:
        db.close()


def main(arguments: Sequence[str]) -> int:
    """Write the dump of one schema. Returns the exit code."""
    if len(arguments) != 1 or not arguments[0].isdecimal() or int(arguments[0]) < 1:
        print("usage: python -m tests.schemas.record NUMBER", file=sys.stderr)
        return 2
    number = int(arguments[0])
    commit = _commit_with(number)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        if commit is None:
            database = work / "monitor.db"
            restore(dump_of(number - 1), database)
            _forward(database, number)
        else:
            code = work / "code"
            with tarfile.open(fileobj=BytesIO(_git("archive", commit))) as archive:
                archive.extractall(code, filter="data")
            database = asyncio.run(_record(code, work))
        _write(database, dump_of(number), number)
    print(f"wrote {dump_of(number)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
