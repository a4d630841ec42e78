"""Tables as a person sees them: the command in a terminal of its own."""

import asyncio
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from rich.cells import cell_len

from monitor.clock import SystemClock
from monitor.domain.campaign.sample import Sample
from monitor.ports import CycleCommit
from monitor.simulator.api_server import Simulator
from monitor.simulator.scenario import load_scenario
from monitor.store import SqliteStore
from tests.clock import START
from tests.unit.cli.test_tables import NAMES, SENDERS, WIDTHS, fill_with_long_names, records_below

pytestmark = pytest.mark.slow

KEY = "live_tables_key_0123456789"
ROOT = Path(__file__).parents[2]
RULES = "rules: [{alert: Late, when: sent > 5}]\n"


def screen(folder: Path, width: int, *arguments: str, **settings: str) -> list[str]:
    """The lines that the command shows on a terminal so many columns wide, without colours."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("BSG_") and name != "COLUMNS"
    }
    environment = {
        **kept,
        "PYTHONPATH": str(ROOT),
        "BSG_API_KEY": KEY,
        "TERM": "xterm-256color",
        **settings,
    }
    command = [sys.executable, "-m", "monitor", *arguments]
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        written = b""
        while piece := _read(ours):
            written += piece
        assert process.wait() in (0, 1), written  # 1: something fires, or differs
    os.close(ours)
    return [
        line.rstrip()
        for line in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.decode()).splitlines()
    ]


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other end is closed
        return b""


@pytest.mark.parametrize("width", WIDTHS)
async def test_alerts_fit_a_real_terminal_of_any_usual_width(tmp_path: Path, width: int) -> None:
    (tmp_path / "rules.yaml").write_text(RULES)
    await fill_with_long_names(tmp_path / "bsg-monitor.db")
    lines = screen(tmp_path, width, "alerts")
    assert width - 1 <= max(map(cell_len, lines)) <= width
    records = records_below(lines)
    assert [first.split()[0] for first, *_ in records] == [
        "critical",
        "warning",
        "business-critical",
        "business-critical",
        "warning",
    ]
    assert max(map(len, records)) <= 2


SCENARIO = f"""\
campaigns:
  - {{name: "{NAMES[0]}", sender: "{SENDERS[0]}", size: 4000, created: -2h}}
  - {{name: "{NAMES[1]}", sender: "{SENDERS[1]}", size: 4000, created: -2h}}
  - {{name: Sale, sender: Shop, size: 4000, created: -2h}}
"""
FIRING = """\
rules:
  - {alert: LateSinceYesterdayEvening, when: sent > 5, severity: business-critical, summary: "{{ campaign.name }} is late"}
"""


@pytest.mark.parametrize("width", WIDTHS)
async def test_one_reading_fits_a_real_terminal_of_any_usual_width(
    tmp_path: Path, width: int
) -> None:
    (tmp_path / "rules.yaml").write_text(FIRING)
    (tmp_path / "scenario.yaml").write_text(SCENARIO)
    simulator = Simulator(
        load_scenario(str(tmp_path / "scenario.yaml")), clock=SystemClock(), keys=(KEY,)
    )
    async with simulator.serve() as url:
        lines = await asyncio.to_thread(screen, tmp_path, width, "once", BSG_API_URL=url)
    assert max(map(cell_len, lines)) <= width
    records = records_below(lines)
    assert [first.split()[0] for first, *_ in records] == ["business-critical"] * 3
    assert max(map(len, records)) <= 2


@pytest.mark.parametrize("width", WIDTHS)
async def test_the_providers_list_fits_a_real_terminal_of_any_usual_width(
    tmp_path: Path, width: int
) -> None:
    (tmp_path / "scenario.yaml").write_text(SCENARIO)
    simulator = Simulator(
        load_scenario(str(tmp_path / "scenario.yaml")), clock=SystemClock(), keys=(KEY,)
    )
    async with simulator.serve() as url:
        lines = await asyncio.to_thread(screen, tmp_path, width, "list", "--all", BSG_API_URL=url)
    assert max(map(cell_len, lines)) <= width
    records = records_below(lines)
    assert len(records) == 3
    assert max(map(len, records)) <= 2


@pytest.mark.parametrize("width", WIDTHS)
async def test_one_campaign_fits_a_real_terminal(tmp_path: Path, width: int) -> None:
    database = tmp_path / "bsg-monitor.db"
    await fill_with_long_names(database)
    async with SqliteStore(database) as store:
        about = next(
            each for each in await store.open_alerts() if each.campaign is not None
        ).campaign
        assert about is not None
        for minute in range(5):
            figures = Sample(
                START.timestamp() + 60 * minute, "sending", 1000 * minute, 900 * minute
            )
            await store.commit_cycle(
                CycleCommit(account=about.account, samples={about.id: figures})
            )
    lines = screen(tmp_path, width, "campaigns", "show", str(about.id), "--samples")
    assert max(map(cell_len, lines)) <= width
    assert "5 samples" in lines
    (drawn,) = [line for line in lines if line.startswith("sent ") and "█" in line]
    assert drawn.endswith("  4,000")


CASES = f"""\
tests:
  - name: "{NAMES[0]} {NAMES[1]}"
    campaigns:
      - {{id: 7, name: "{NAMES[2]}", sender: "{SENDERS[0]}", status: sending, sent: 9}}
    expect: [{{at: 1m, alerts: []}}]
"""


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("command", ["test cases.yaml", "doctor --offline"])
def test_findings_are_broken_between_words(tmp_path: Path, width: int, command: str) -> None:
    (tmp_path / "rules.yaml").write_text(FIRING)
    (tmp_path / "cases.yaml").write_text(CASES)
    assert max(map(cell_len, screen(tmp_path, width, *command.split()))) <= width
