"""What garbage collection has to go through: next to nothing, however many alerts fire."""

import gc
import importlib
import pkgutil
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import msgspec
import pytest

import monitor
from monitor.daemon.service import GC_THRESHOLDS
from monitor.domain.alerting.evaluation import RuleSet
from monitor.domain.campaign.snapshot import Campaign
from monitor.domain.campaign.tracking import first_sight
from monitor.domain.routing.matcher import parse_matchers
from monitor.domain.routing.policy import NotificationPolicy
from monitor.domain.routing.silence import Silence
from monitor.flusher import Flusher
from monitor.metrics import Metrics
from monitor.ports import CycleCommit, Snapshot
from monitor.rulefile.parsing import parse_rules
from monitor.state import State
from monitor.store import SqliteStore
from tests.clock import FakeClock

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ALERTS = 1_000

RULES = """
rules:
  - {alert: A, when: sent >= 0, severity: critical, summary: "{{ campaign.name }}"}
  - {alert: B, when: sent >= 0, summary: "{{ campaign.name }}"}
receivers: [{name: ops, console: {}}]
route: {receiver: ops}
inhibit_rules: [{source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [campaign_id]}]
"""


def tracked_objects() -> Counter[str]:
    """What a collection would go through, by type. Newer Pythons track every dict."""
    gc.collect()
    return Counter(type(each).__name__ for each in gc.get_objects() if not isinstance(each, dict))


def test_no_value_is_tracked_for_none_can_form_a_cycle() -> None:
    for module in pkgutil.walk_packages(monitor.__path__, "monitor."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    waiting, structs = [msgspec.Struct], []
    while waiting:
        waiting += (
            fresh := [
                each
                for each in waiting.pop().__subclasses__()
                if each.__module__.startswith("monitor.")
            ]
        )
        structs += fresh
    assert len(structs) > 30
    assert [each.__qualname__ for each in structs if each.__struct_config__.gc] == []


async def test_alerts_that_fire_and_are_told_leave_nothing_that_is_tracked() -> None:
    clock, ids = FakeClock(NOW), count()
    rules = parse_rules(RULES, source="rules.yaml", lookup=lambda _: None)
    instant = NOW.timestamp()
    rows = [
        first_sight(
            Campaign(
                account="default",
                id=number,
                name=f"Sale {number}",
                sender="FreshMart",
                status="sending",
                message_type="sms",
                created_at=instant,
                sent=number,
            ),
            now=instant,
        )
        for number in range(ALERTS)
    ]
    async with SqliteStore(None) as store:
        silence = Silence(
            id="s1",
            matchers=parse_matchers('campaign_id=~".*[02468]"'),
            starts_at=NOW,
            author="ann",
            created_at=NOW,
        )
        await store.add_silence(silence)
        state = State(Snapshot(), polled=())
        flusher = Flusher(
            store=store,
            people=store,
            state=state,
            policy=NotificationPolicy(
                route=rules.route, receivers=("ops",), inhibit_rules=rules.inhibit_rules
            ),
            clock=clock,
            metrics=Metrics("test"),
            new_id=lambda: f"msg_{next(ids)}",
        )
        await flusher.flush_due()
        before = tracked_objects()
        evaluation = RuleSet(rules.rules).begin("default", NOW, {})
        evaluation.campaigns(rows)
        commit = CycleCommit(account="default", campaigns=rows, alerts=evaluation.finish().alerts)
        await store.commit_cycle(commit)
        state.apply_cycle(commit)
        flusher.note(commit.alerts)
        assert await flusher.flush_due() > 0
        held = tracked_objects() - before
    assert len(state.active) == 2 * ALERTS
    assert {kind: number for kind, number in held.items() if number > ALERTS / 4} == {}


DAEMON = """
import asyncio, gc, os, signal, sys
from pathlib import Path
from monitor.clock import SystemClock
from monitor.settings import load_settings
from monitor.rulefile import parse_rules
from monitor.daemon.service import run_daemon

async def look():
    before = len(gc.get_objects())
    while not gc.get_freeze_count():
        await asyncio.sleep(0.01)
    print(gc.get_freeze_count() > 0.9 * before, gc.get_threshold(), gc.isenabled(), file=sys.stderr)
    os.kill(os.getpid(), signal.SIGTERM)

async def main():
    folder = Path(sys.argv[1])
    environment = {
        "BSG_API_KEY": "live_x",
        "BSG_API_URL": "http://127.0.0.1:9",
        "BSG_DATABASE_URL": f"sqlite:///{folder / 'm.db'}",
        "BSG_LISTEN": "127.0.0.1:0",
    }
    looking = asyncio.create_task(look())
    rules = parse_rules("rules: []", source="rules.yaml", lookup=lambda _: None)
    await run_daemon(load_settings(environ=environment, directory=folder), rules, clock=SystemClock())
    await looking

asyncio.run(main())
"""


@pytest.mark.slow
def test_a_daemon_looks_seldom_for_garbage_and_never_in_what_it_loaded_at_its_start(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-c", DAEMON, str(tmp_path)]
    ran = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    assert ran.stderr.splitlines()[-1] == f"True {GC_THRESHOLDS} True"
