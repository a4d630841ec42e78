"""How much a list shows: to a person a screen or two, to a program everything."""

import asyncio
import json
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from typer.main import get_command

from monitor.cli import app
from monitor.domain.alerting.alert import AlertState
from monitor.domain.alerting.notification import OutboxRow
from monitor.domain.campaign.event import CampaignEvent, Change, EventKind
from monitor.domain.routing.matcher import parse_matchers
from monitor.domain.routing.silence import Silence
from monitor.ports import CycleCommit, FlushCommit
from monitor.store import SqliteStore
from tests.clock import START
from tests.unit.cli.conftest import Invoke, alert, campaign, notification, tracked
from tests.unit.cli.test_printing import Terminal

MANY = 60


@pytest.fixture
def many(folder: Path) -> None:
    """A store with more of everything than a table shows."""

    async def fill() -> None:
        about = [campaign(number) for number in range(MANY)]
        at = START.timestamp()
        events = [
            CampaignEvent(id=f"e{each.id}", kind=EventKind.APPEARED, at=at, campaign=each)
            for each in about
        ]
        alerts = [alert(f"a{each.id}", AlertState.FIRING, about=each) for each in about]
        rows = [
            OutboxRow(
                notification=notification(f"msg_{number}"), sequence=number, next_attempt_at=START
            )
            for number in range(MANY)
        ]
        async with SqliteStore(folder / "bsg-monitor.db") as store:
            commit = CycleCommit(
                account="default", campaigns=list(map(tracked, about)), events=events, alerts=alerts
            )
            await store.commit_cycle(commit)
            await store.commit_flush(FlushCommit(rows=rows))
            for number in range(MANY):
                matchers = parse_matchers(f'{{alertname="Rule{number}"}}')
                await store.add_silence(
                    Silence(
                        id=f"s{number}",
                        matchers=matchers,
                        starts_at=START,
                        until_resolved=True,
                        author="a",
                        created_at=START,
                    )
                )

    asyncio.run(fill())


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(
    "command", ["campaigns", "alerts", "events", "outbox list", "silence list"]
)
def test_programs_get_everything_and_a_terminal_the_first_fifty(
    invoke: Invoke,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    assert len(json.loads(invoke(*command.split(), "--json").stdout)) == MANY
    piped = invoke(*command.split())
    assert (len(piped.stdout.splitlines()), piped.stderr) == (1 + MANY, "")
    assert len(invoke(*command.split(), "--limit", "7").stdout.splitlines()) == 1 + 7
    monkeypatch.setenv("COLUMNS", "200")
    with redirect_stdout(Terminal()) as terminal:
        get_command(app).main(command.split(), prog_name="bsg-monitor", standalone_mode=False)
    assert len([line for line in terminal.text.splitlines() if line.strip()]) == 2 + 50
    assert "more; --limit 0 shows all" in capsys.readouterr().err


def test_a_pipe_gets_every_change_of_an_event_whole(invoke: Invoke, folder: Path) -> None:
    names = (
        "An old name that is longer than thirty characters",
        "A new name that is longer than thirty characters",
    )
    changes = (
        Change("name", *names),
        *(Change(f"field{number}", None, number) for number in range(5)),
    )
    edited = CampaignEvent(
        id="e", kind=EventKind.EDITED, at=START.timestamp(), campaign=campaign(1), changes=changes
    )

    async def fill() -> None:
        async with SqliteStore(folder / "bsg-monitor.db") as store:
            await store.commit_cycle(
                CycleCommit(account="default", campaigns=[tracked(campaign(1))], events=[edited])
            )

    asyncio.run(fill())
    line = invoke("events").stdout.splitlines()[1]
    assert f"name {' → '.join(names)}, field0 – → 0, field1 – → 1," in line
    assert line.endswith("field4 – → 4")
