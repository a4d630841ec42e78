"""Delivery of 10,000 messages to a webhook that answers in 20 ms, alone and beside a receiver that
hangs; and 100,000 messages that wait.

The webhook has its own process. Everything else is what a daemon runs: dispatcher, webhook
notifier, store on disk.
"""

import asyncio
import contextlib
import functools
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from benchmarks.memory import PAGE
from benchmarks.receiver import receiver
from benchmarks.table import Row
from monitor.clock import SystemClock
from monitor.dispatcher import Dispatcher
from monitor.domain.alerting.notification import (
    Notification,
    NotifiedAlert,
    NotifyReason,
    OutboxRow,
    OutboxState,
)
from monitor.logs import configure_logs
from monitor.metrics import Metrics
from monitor.notify import INTEGRATIONS, Context, open_session
from monitor.ports import FlushCommit, Notifier
from monitor.store import SqliteStore

MESSAGES = 10_000
WAITING = 100_000
IN_FLIGHT = 32
LEAST_PER_SECOND = 1_000
LEAST_PER_COMMIT = 10
LEAST_BESIDE_HANGING = 0.9
MOST_DELAY_MS = 10.0
ROUNDS = 200
MOST_GROWTH = 20.0
"""MiB."""
WATCHED_SECONDS = 20.0
"""How long attempts at the receiver with 100,000 waiting messages are watched; all of them fail."""

WRITES = frozenset({"claim", "settle", "hasten", "commit_flush", "retry", "release"})

# --- the subject ----------------------------------------------------------------------------------


class _Counted:
    """A store that counts its calls."""

    def __init__(self, inner: SqliteStore) -> None:
        self.inner = inner
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        return functools.partial(self._call, name)

    async def _call(self, name: str, *args: object, **kwargs: object) -> object:
        self.calls[name] += 1
        return await getattr(self.inner, name)(*args, **kwargs)

    @property
    def commits(self) -> int:
        return sum(count for name, count in self.calls.items() if name in WRITES)


def _row(number: int, receiver: str, clock: SystemClock) -> OutboxRow:
    now = clock.now()
    labels = {
        "alertname": "Stalled",
        "account": "default",
        "campaign_id": str(number),
        "severity": "critical",
    }
    told = NotifiedAlert(
        id=f"{receiver}-{number}",
        fingerprint=f"{number:016x}",
        status="firing",
        labels=labels,
        annotations={
            "summary": f"Campaign {number} is sending, but nothing has gone out for 17 min"
        },
        active_since=now,
        starts_at=now,
    )
    notification = Notification(
        id=f"msg_{receiver}_{number}",
        receiver=receiver,
        group_key=f"{receiver}:{number}",
        group_labels=labels,
        reason=NotifyReason.FIRING,
        alerts=(told,),
        created_at=now,
    )
    return OutboxRow(notification=notification, sequence=0, next_attempt_at=now)


@contextlib.asynccontextmanager
async def _subject(
    folder: Path, urls: dict[str, str], timed: "dict[str, _Timed] | None" = None
) -> AsyncIterator[tuple[Dispatcher, _Counted, Metrics]]:
    clock = SystemClock()
    async with SqliteStore(folder / "bench.db") as inner, open_session() as session:
        store: Any = _Counted(inner)
        webhook = INTEGRATIONS["webhook"]
        context = Context(session=session, clock=clock, console=sys.stdout)
        notifiers: dict[str, Notifier] = {
            name: webhook.build(name, webhook.options.model_validate({"url": url}), context)
            for name, url in urls.items()
        }
        if timed is not None:
            timed.update({name: _Timed(notifier) for name, notifier in notifiers.items()})
            notifiers.update(timed)
        metrics = Metrics("bench")
        yield Dispatcher(store, notifiers, clock, metrics, in_flight=IN_FLIGHT), store, metrics


async def _put(store: SqliteStore, receiver: str, count: int) -> None:
    clock = SystemClock()
    for start in range(0, count, 2_000):
        rows = [_row(number, receiver, clock) for number in range(start, min(start + 2_000, count))]
        await store.commit_flush(FlushCommit(rows=rows))


async def _pending(store: SqliteStore, receiver: str) -> int:
    summary = await store.outbox_summary()
    return sum(
        line.count
        for line in summary
        if line.receiver == receiver and line.state is OutboxState.PENDING
    )


def _delivered(metrics: Metrics) -> float:
    """How many messages were confirmed, from the metrics: queries of the outbox would be measured
    as the dispatcher's work."""
    return (
        metrics.registry.get_sample_value("bsg_monitor_notification_latency_seconds_count") or 0.0
    )


async def _deliver(folder: Path, urls: dict[str, str]) -> dict[str, float]:
    """Deliver every message of the receiver "ok"; returns how long it took and what it cost."""
    async with _subject(folder, urls) as (dispatcher, store, metrics):
        for receiver in urls:
            await _put(store.inner, receiver, MESSAGES)
        spent, begun = time.process_time(), time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(dispatcher.run())
            # there is no event for it
            while _delivered(metrics) < MESSAGES or await _pending(store.inner, "ok"):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            seconds, cpu, commits = (
                time.perf_counter() - begun,
                time.process_time() - spent,
                store.commits,
            )
            running.cancel()
    return {"seconds": seconds, "cpu": cpu, "commits": commits}


class _Timed:
    """A notifier that records when an attempt begins."""

    def __init__(self, inner: Notifier) -> None:
        self._inner = inner
        self.integration, self.min_interval, self.burst = (
            inner.integration,
            inner.min_interval,
            inner.burst,
        )
        self.begun = asyncio.Event()

    async def send(self, notification: Notification) -> None:
        self.begun.set()
        await self._inner.send(notification)

    async def close(self) -> None:
        await self._inner.close()


async def _promptness(folder: Path, urls: dict[str, str]) -> dict[str, float]:
    """Time from the commit of a message for "ok" to the start of its attempt while other receivers
    are busy: median and worst."""
    timed: dict[str, _Timed] = {}
    waits: list[float] = []
    async with _subject(folder, urls, timed) as (dispatcher, store, _):
        for receiver in urls.keys() - {"ok"}:
            await _put(store.inner, receiver, MESSAGES)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(dispatcher.run())
            await asyncio.sleep(2)
            for number in range(ROUNDS):
                timed["ok"].begun.clear()
                await store.commit_flush(FlushCommit(rows=[_row(number, "ok", SystemClock())]))
                begun = time.perf_counter()
                dispatcher.wake("ok")
                await timed["ok"].begun.wait()
                waits.append(time.perf_counter() - begun)
                await asyncio.sleep(0.03)
            running.cancel()
    return {"median": statistics.median(waits) * 1e3, "worst": max(waits) * 1e3}


async def _wait(folder: Path, urls: dict[str, str]) -> dict[str, float]:
    """How much the process grows while 100,000 messages wait for a receiver that refuses them."""
    async with _subject(folder, urls) as (dispatcher, store, _):
        await _put(store.inner, "fail", 100)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(dispatcher.run())
            await asyncio.sleep(2)
            before = _resident()
            await _fill(folder)
            dispatcher.wake()
            await asyncio.sleep(WATCHED_SECONDS)
            after = _resident()
            waiting = await _pending(store.inner, "fail")
            running.cancel()
    return {"growth": (after - before) / 2**20, "waiting": waiting}


async def _fill(folder: Path) -> None:
    """Run in another process, so that its memory is not counted here."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.delivery", "fill", str(folder)
    )
    assert await process.wait() == 0


async def _fill_beside(folder: Path) -> None:
    async with SqliteStore(folder / "bench.db", daemon=False, busy_timeout=60.0) as store:
        await _put(store, "fail", WAITING)


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def _measured(what: str, **urls: str) -> dict[str, float]:
    """One measurement, in its own process."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.delivery", what, folder, json.dumps(urls)]
        with (Path(folder) / "log").open("w") as log:
            done = subprocess.run(
                command, check=True, stdout=subprocess.PIPE, stderr=log, text=True
            )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def rows() -> list[Row]:
    """The rows of the table."""
    with receiver() as url:
        alone = _measured("deliver", ok=f"{url}/ok")
        beside = _measured("deliver", ok=f"{url}/ok", hang=f"{url}/hang")
        usual = _measured("promptness", ok=f"{url}/ok")
        amid = _measured("promptness", ok=f"{url}/ok", hang=f"{url}/hang", fail=f"{url}/fail")
        waiting = _measured("wait", fail=f"{url}/fail")
    rate = MESSAGES / alone["seconds"]
    per_commit = MESSAGES / alone["commits"]
    late = amid["median"] - usual["median"]
    ratio = alone["seconds"] / beside["seconds"]
    cpu = alone["cpu"] / MESSAGES * 1e6
    where = f"{MESSAGES:,} messages, answers in 20 ms, {IN_FLIGHT} in flight"
    return [
        Row(
            f"deliveries a second, {where}",
            f"{rate:,.0f} ({cpu:.0f} µs CPU each)",
            f"≥ {LEAST_PER_SECOND:,}",
            rate >= LEAST_PER_SECOND,
        ),
        Row(
            "deliveries per commit, claims counted too",
            f"{per_commit:.1f}",
            f"≥ {LEAST_PER_COMMIT}",
            per_commit >= LEAST_PER_COMMIT,
        ),
        Row(
            "the same beside a receiver that hangs, of the rate alone",
            f"{ratio:.2f}",
            f"≥ {LEAST_BESIDE_HANGING}",
            ratio >= LEAST_BESIDE_HANGING,
        ),
        Row(
            f"commit → attempt beside one that hangs and one that fails, {MESSAGES:,} waiting "
            "each, above the usual",
            f"{late:+.1f} ms (usual {usual['median']:.1f}, worst {usual['worst']:.0f}; amid them "
            f"{amid['worst']:.0f})",
            f"≤ {MOST_DELAY_MS:.0f} ms",
            late <= MOST_DELAY_MS,
        ),
        Row(
            f"memory grown by {waiting['waiting']:,.0f} messages that wait",
            f"{waiting['growth']:.1f} MiB",
            f"≤ {MOST_GROWTH:.0f}",
            waiting["growth"] <= MOST_GROWTH and waiting["waiting"] >= WAITING,
        ),
    ]


def main(what: str, *arguments: str) -> None:
    """One part, in its own process."""
    folder = Path(arguments[0])
    if what == "fill":
        asyncio.run(_fill_beside(folder))
        return
    configure_logs("info", "json")
    measure = {"deliver": _deliver, "promptness": _promptness, "wait": _wait}[what]
    print(json.dumps(asyncio.run(measure(folder, json.loads(arguments[1])))))


if __name__ == "__main__":
    main(*sys.argv[1:])
