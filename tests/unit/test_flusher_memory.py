"""Once all who must know of an alert's end have been told, nothing in memory mentions it."""

from collections.abc import Iterator, Mapping, Set
from typing import Any

import pytest

from monitor.domain.alerting.alert import Alert
from monitor.domain.routing.inhibition import InhibitRule
from monitor.domain.routing.matcher import parse_matchers
from monitor.domain.routing.silence import Silence
from monitor.ports import Snapshot
from monitor.store import SqliteStore
from tests.unit.desk import Desk

RULES = [
    InhibitRule(
        source=parse_matchers("alertname=Spam"),
        target=parse_matchers("alertname=Late"),
        equal=("account",),
    )
]


def inside(value: Any, seen: set[int]) -> Iterator[Any]:
    """Whatever can be reached from an object of ours; the store has its own memory, the
    database."""
    if id(value) in seen or isinstance(value, SqliteStore):
        return
    seen.add(id(value))
    yield value
    if isinstance(value, Mapping):
        parts = [*value.keys(), *value.values()]
    elif isinstance(value, Set | list | tuple):
        parts = list(value)
    elif type(value).__module__.startswith("monitor.") and not isinstance(value, Alert):
        slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
        parts = [*vars(value).values()] if hasattr(value, "__dict__") else []
        parts += [getattr(value, name) for name in slots if hasattr(value, name)]
    else:
        return
    for part in parts:
        yield from inside(part, seen)


def remembered(desk: Desk, *alerts: Alert) -> bool:
    ids = {alert.id for alert in alerts}
    found = inside([desk.flusher, desk.state], set())
    return any(
        value in ids if isinstance(value, str) else isinstance(value, Alert) and value.id in ids
        for value in found
    )


@pytest.mark.parametrize("restart", [False, True])
async def test_a_closed_alert_leaves_nothing_in_memory(restart: bool) -> None:
    async with SqliteStore(None) as store:
        desk = Desk(store)
        await store.add_silence(
            Silence(
                id="s1",
                matchers=parse_matchers("alertname=Muted"),
                starts_at=desk.clock.now(),
                author="anna",
                created_at=desk.clock.now(),
                until_resolved=True,
            )
        )
        desk.open(Snapshot(), rules=RULES)
        desk.flusher.look_outside()
        hidden = await desk.fire("2", rule="Late")
        told, muted = await desk.fire("1"), await desk.fire("3", rule="Muted")
        await desk.flusher.flush_due()
        await desk.deliver()
        if restart:
            desk.open(await store.load(), rules=RULES)
            desk.flusher.look_outside()
        assert all(remembered(desk, alert) for alert in (hidden, told, muted))
        happened = await desk.happen("4", "e1")
        await desk.clock.advance(300)
        for alert in (hidden, told, muted):
            await desk.resolve(alert)
        for _ in range(4):
            await desk.clock.advance(300)
            await desk.flusher.flush_due()
            await desk.deliver()
        assert (await store.load()).alerts == []
        assert not remembered(desk, hidden, told, muted, happened)
