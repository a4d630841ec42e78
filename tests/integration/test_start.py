"""What a monitor knows when it begins to poll."""

import io
from pathlib import Path

import pytest

from monitor.clock import SystemClock
from monitor.daemon.app import running
from monitor.domain.campaign.baseline import Baselines
from monitor.domain.campaign.diff import first_sight
from monitor.polling.poller import Poller
from monitor.ports import CycleCommit
from monitor.rulefile import load_rules
from monitor.settings import load_settings
from monitor.store import SqliteStore
from tests.patience import until
from tests.sources import campaign

RULES = """
rules: [{alert: Odd, when: 'delivery_ratio < baseline(delivery_ratio, "28d")', summary: odd}]
receivers: [{name: desk, console: {}}]
route: {receiver: desk}
"""
WEEK = 7 * 86400.0


async def test_what_is_usual_is_known_before_the_first_poll_after_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, database = SystemClock(), tmp_path / "monitor.db"
    now = clock.now().timestamp()
    facts = {"status": "done", "real_start_at": None, "sent": 100, "delivered": 95}
    ended = [
        campaign(n, created_at=now - n * WEEK, finished_at=now - n * WEEK, **facts)
        for n in (1, 2, 3)
    ]
    async with SqliteStore(database) as store:
        await store.commit_cycle(
            CycleCommit(account="default", campaigns=[first_sight(each, now=now) for each in ended])
        )
    known: list[Baselines] = []

    async def begins(self: Poller) -> None:
        known.extend(cycles.baselines for cycles in self._cycles.values())

    monkeypatch.setattr(Poller, "run", begins)
    (tmp_path / "rules.yaml").write_text(RULES)
    environ = {"BSG_API_KEY": "live_x", "BSG_MESSAGE_TYPES": "sms", "BSG_LISTEN": "127.0.0.1:0"}
    environ["BSG_DATABASE_URL"] = f"sqlite:///{database}"
    loaded = load_settings(environ=environ, directory=tmp_path)
    rules = load_rules(loaded)
    async with running(loaded, rules, clock=clock, console=io.StringIO()):
        await until(lambda: bool(known))
    assert [len(each.medians) for each in known] == [1]
