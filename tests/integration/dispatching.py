"""A dispatcher on a clock moved by hand, the real store in memory, and receivers that answer as
they are told."""

import asyncio
import functools
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec

from monitor.dispatcher import Dispatcher
from monitor.domain.alerting.notification import (
    Notification,
    NotifiedAlert,
    NotifyReason,
    OutboxRow,
    OutboxState,
)
from monitor.errors import DeliveryError, DeliveryFault
from monitor.metrics import Metrics
from monitor.ports import FlushCommit, OutboxQuery, Store
from monitor.store import SqliteStore
from tests.clock import START, FakeClock

Outcome = Exception | str | None
"""How an attempt ends: None delivered, an exception raised, "hang" never."""

HANG = "hang"


def fault(
    reason: DeliveryFault = DeliveryFault.SERVER_ERROR,
    *,
    final: bool = False,
    after: float | None = None,
) -> DeliveryError:
    return DeliveryError(f"it said {reason}", reason=reason, retryable=not final, retry_after=after)


@dataclass
class ScriptedNotifier:
    """Ends attempts at a message as `script[id]` says in turn, then as `otherwise` says. `seen`:
    (seconds since START, id)."""

    clock: FakeClock
    script: dict[str, list[Outcome]] = field(default_factory=dict)
    otherwise: Outcome = None
    integration: str = "webhook"
    min_interval: float = 0.0
    burst: int = 1
    seen: list[tuple[float, str]] = field(default_factory=list)
    delivered: list[str] = field(default_factory=list)
    active: int = 0
    most_active: int = 0
    takes: float = 0.0
    lingers: float = 0.0  # a hanging attempt that is cut off takes so long to end
    closed: int = 0

    async def send(self, notification: Notification) -> None:
        self.seen.append(((self.clock.now() - START).total_seconds(), notification.id))
        self.active += 1
        self.most_active = max(self.most_active, self.active)
        try:
            if self.takes:
                await self.clock.sleep(self.takes)
            steps = self.script.get(notification.id)
            outcome = steps.pop(0) if steps else self.otherwise
            if outcome == HANG:
                await self._hang()
            if isinstance(outcome, Exception):
                raise outcome
            self.delivered.append(notification.id)
        finally:
            self.active -= 1

    async def _hang(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            if self.lingers:
                await self.clock.sleep(self.lingers)

    async def close(self) -> None:
        self.closed += 1

    def times(self, id_: str | None = None) -> list[float]:
        """When attempts at a message (at any) began, in whole seconds."""
        return [round(at) for at, seen in self.seen if id_ in (None, seen)]


class WatchedStore:
    """Counts calls, knows when none is under way, and fails the next ones on request. Otherwise
    the store behind it."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner
        self.calls: Counter[str] = Counter()
        self.faults: dict[str, list[Exception]] = {}
        self.pending = 0
        self.answered = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def __getattr__(self, name: str) -> Any:
        return functools.partial(self._call, name)

    async def _call(self, name: str, *args: object, **kwargs: object) -> object:
        self.calls[name] += 1
        if self.faults.get(name):
            raise self.faults[name].pop(0)
        self.pending += 1
        self._idle.clear()
        try:
            return await getattr(self.inner, name)(*args, **kwargs)
        finally:
            self.pending -= 1
            self.answered += 1
            if not self.pending:
                self._idle.set()

    async def idle(self) -> None:
        await self._idle.wait()


class StoreClock(FakeClock):
    """Time moves only while no store call is under way: the store answers from another thread."""

    store: WatchedStore | None = None

    async def settle(self, turns: int = 20) -> None:
        answered = -1
        while (
            self.store is not None and answered != self.store.answered
        ):  # an answer in the last turn has work follow
            answered = self.store.answered
            await super().settle(turns)
            await self.store.idle()

    def jump(self, seconds: float) -> None:
        """Both clocks stand elsewhere, as after a sleep of the machine; who waits wakes at the
        next `advance`."""
        self._move(self.monotonic() + seconds)


class Bench:
    """What a test needs at hand. `put` commits messages to the outbox, as a flush does, without
    telling the dispatcher."""

    def __init__(self, store: WatchedStore, clock: StoreClock) -> None:
        self.store = store
        self.clock = clock
        self.metrics = Metrics("0")
        self.notifiers: dict[str, ScriptedNotifier] = {}
        self.dispatcher: Dispatcher
        self.random = 0.0

    def receiver(self, name: str = "ops", **how: Any) -> ScriptedNotifier:
        self.notifiers[name] = ScriptedNotifier(self.clock, **how)
        return self.notifiers[name]

    async def put(
        self, *ids: str, receiver: str = "ops", group: str | None = None, alerts: int = 1
    ) -> None:
        rows = [
            self.row(id_, receiver=receiver, group=group or f"group of {id_}", alerts=alerts)
            for id_ in ids
        ]
        await self.put_rows(*rows)

    async def put_rows(self, *rows: OutboxRow) -> None:
        await self.store.inner.commit_flush(FlushCommit(rows=rows))

    def row(self, id_: str, *, receiver: str, group: str, alerts: int) -> OutboxRow:
        now = self.clock.now()
        told = tuple(
            NotifiedAlert(
                id=f"{id_}.{n}",
                fingerprint="",
                status="firing",
                labels={},
                annotations={},
                active_since=now,
                starts_at=now,
            )
            for n in range(alerts)
        )
        notification = Notification(
            id=id_,
            receiver=receiver,
            group_key=group,
            group_labels={},
            reason=NotifyReason.FIRING,
            alerts=told,
            created_at=now,
        )
        return OutboxRow(notification=notification, sequence=0, next_attempt_at=now)

    @asynccontextmanager
    async def running(self, **how: Any) -> AsyncIterator[Dispatcher]:
        """A dispatcher over the receivers so far; leaving cancels it, as a crash would."""
        self.dispatcher = Dispatcher(
            self.store, self.notifiers, self.clock, self.metrics, random=lambda: self.random, **how
        )
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.dispatcher.run())
            await self.pass_time(0.05)
            try:
                yield self.dispatcher
            finally:
                task.cancel()

    @asynccontextmanager
    async def loop(self, work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
        """`work` runs beside, and is cancelled in the end."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(work)
            try:
                yield
            finally:
                task.cancel()

    async def pass_time(self, seconds: float = 0.05) -> None:
        await self.clock.advance(seconds)

    async def pass_hours(self, hours: int) -> None:
        """As `pass_time`, in strides that hold a look at everything each."""
        for _ in range(hours * 15):
            self.clock.jump(239)
            await self.pass_time(1)

    async def rows(self, state: OutboxState | None = None) -> dict[str, OutboxRow]:
        """The outbox by id."""
        found: Sequence[OutboxRow] = await self.store.inner.outbox(
            OutboxQuery(state=state, limit=100_000)
        )
        return {row.notification.id: row for row in found}

    async def state(self, id_: str) -> str:
        return (await self.rows())[id_].state.value

    def sample(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, labels)


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    clock = StoreClock()
    async with SqliteStore(None) as inner:
        clock.store = WatchedStore(inner)
        yield Bench(clock.store, clock)


def with_alerts(row: OutboxRow) -> tuple[str, ...]:
    return tuple(msgspec.structs.asdict(alert)["id"] for alert in row.notification.alerts)
