"""Tables as a person sees them: the command in a terminal of its own."""

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

from tests.unit.cli.test_tables import WIDTHS, fill_with_long_names, records_below

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
RULES = "rules: [{alert: Late, when: sent > 5}]\n"


def screen(folder: Path, width: int, *arguments: str) -> list[str]:
    """The lines that the command shows on a terminal so many columns wide, without colours."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BSG_") and name != "COLUMNS"}
    environment = {**kept, "PYTHONPATH": str(ROOT), "BSG_API_KEY": "live_tables_key_0123456789", "TERM": "xterm-256color"}
    command = [sys.executable, "-m", "monitor", *arguments]
    with subprocess.Popen(command, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        written = b""
        while piece := _read(ours):
            written += piece
        assert process.wait() == 0, written
    os.close(ours)
    return [line.rstrip() for line in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.decode()).splitlines()]


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # nobody has the other end any more
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
