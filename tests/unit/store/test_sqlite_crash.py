"""Processes that are killed in the middle of their work."""

import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from monitor.domain.alerting.notification import OutboxState
from monitor.errors import StoreError, StoreFault
from monitor.ports import OutboxQuery
from monitor.store import SqliteStore
from tests.contract.stores import group
from tests.unit.store.crash_writer import CAMPAIGNS

ROOT = Path(__file__).parents[3]
LONGEST_WAIT = 0.02
"""Seconds after a commit within which the process is killed: a few commits' worth."""


@contextmanager
def writer(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that commits to `path` until the end of the block, where it is killed."""
    command = [sys.executable, "-m", "tests.unit.store.crash_writer", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            yield process
        finally:
            process.kill()


def committed(process: subprocess.Popen[str]) -> int:
    """The next generation that the process says it has committed."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "the writer ended by itself"
    return int(line)


def killed_at_some_point(path: Path, chance: random.Random) -> int:
    """Let a process commit a few times and kill it at any moment. Returns what it last said was
    committed."""
    with writer(path) as process:
        for _ in range(chance.randint(1, 4)):
            last = committed(process)
        try:
            process.wait(timeout=chance.uniform(0, LONGEST_WAIT))
        except subprocess.TimeoutExpired:
            process.kill()
        rest, _ = process.communicate()
    return int(rest.split()[-1]) if rest.split() else last


@pytest.mark.slow
async def test_a_kill_at_any_moment_leaves_whole_commits_and_all_that_were_confirmed(
    tmp_path: Path,
) -> None:
    path = tmp_path / "monitor.db"
    chance = random.Random(20260302)
    for _ in range(8):
        confirmed = killed_at_some_point(path, chance)
        async with SqliteStore(path) as store:
            found = await store.load()
            generation = int(found.balances["default"].balance)
            assert generation >= confirmed
            assert {t.campaign.sent for t in found.campaigns} == {generation}
            assert [state.consecutive_failures for state in found.feeds.values()] == [generation]
            assert len(found.alerts) == generation
            assert len(await store.events(limit=10**6)) == generation * CAMPAIGNS
            (told,) = found.ledgers
            (pending,) = (await store.replaceable([group()]))[group()]
            flushed = int(next(iter(told.told)))
            assert pending.notification.id == f"message-{flushed}"
            assert confirmed <= flushed <= generation
            others = await store.outbox(OutboxQuery(state=OutboxState.SUPERSEDED, limit=10**6))
            assert pending.notification.id not in {r.notification.id for r in others}


@pytest.mark.slow
async def test_a_killed_daemon_leaves_its_lock_to_the_next(tmp_path: Path) -> None:
    path = tmp_path / "monitor.db"
    with writer(path) as process:
        committed(process)
        with pytest.raises(
            StoreError, match=rf"another bsg-monitor \(pid {process.pid}\)"
        ) as failure:
            async with SqliteStore(path):
                pass
    assert failure.value.reason is StoreFault.LOCKED
    async with SqliteStore(path) as store:
        assert len((await store.load()).campaigns) == CAMPAIGNS
