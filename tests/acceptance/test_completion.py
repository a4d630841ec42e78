"""Completion in a real bash, with the script that the command gives out."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.real import require

pytestmark = pytest.mark.slow

SESSION = """
set -eu
eval "$(_BSG_MONITOR_COMPLETE=source_bash bsg-monitor)"
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
$(complete -p bsg-monitor | sed -E 's/.* -F ([^ ]+) .*/\\1/') bsg-monitor
printf '%s\\n' "${COMPREPLY[@]}"
"""


def offered(folder: Path, *words: str) -> list[str]:
    """What bash would show after a TAB behind the last word."""
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    done = subprocess.run(
        [str(require("bash")), "--norc", "-c", SESSION, "bash", "bsg-monitor", *words],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder), "BSG_API_KEY": "live_0123456789abcdef"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_completes_commands_and_what_settings_and_rules_name(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(
        "rules:\n  - {alert: Late, when: sent > 5}\nreceivers:\n  - {name: desk, console: "
        "{}}\nroute: {receiver: desk}\n"
    )
    assert offered(tmp_path, "cam") == ["campaigns"]
    assert offered(tmp_path, "notify-test", "") == ["desk"]
    assert offered(tmp_path, "alerts", "--alert", "L") == ["Late"]
