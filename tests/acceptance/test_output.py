"""Where output goes when it cannot be written: a full disk, a closed stdout."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PATIENCE = 60
RULES = "rules: [{alert: Late, when: sent > 5}]\n"
CASES = """\
tests:
  - {name: one, expect: [{at: 1m, alerts: []}]}
  - {name: two, expect: [{at: 1m, alerts: []}]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "cases.yaml").write_text(CASES)
    return tmp_path


def shell(folder: Path, redirected: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command with its streams as the shell's words say."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BSG_")}
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {redirected}', "sh", sys.executable, "-m", "monitor", *arguments],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), "BSG_API_KEY": "live_output_key_0123456789"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("arguments", [("fields",), ("test", "cases.yaml")], ids=" ".join)
def test_a_full_disk_behind_stdout_is_an_error_and_no_success(
    folder: Path, arguments: tuple[str, ...]
) -> None:
    done = shell(folder, ">/dev/full", *arguments)
    assert (done.returncode, done.stderr) == (
        1,
        "error: cannot write to standard output: No space left on device\n",
    )


@pytest.mark.parametrize("redirected", [">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("arguments", [("fields",), ("test", "cases.yaml")], ids=" ".join)
def test_streams_that_are_closed_are_no_reason_to_fail(
    folder: Path, redirected: str, arguments: tuple[str, ...]
) -> None:
    done = shell(folder, redirected, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
