"""The systemd unit, by systemd's own tools, and the steps that install it."""

import re
import subprocess
from pathlib import Path

import pytest

from monitor.app import DRAIN_SECONDS
from tests.real import require

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "systemd"
UNIT = FOLDER / "bsg-monitor.service"
MOST_EXPOSED = 1.5


def said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout + done.stderr


@pytest.mark.slow
def test_the_unit_is_exposed_to_little() -> None:
    tool = require("systemd-analyze")
    report = said(str(tool), "security", "--offline=true", "--no-pager", str(UNIT))
    rated = re.search(r"Overall exposure level for \S+: ([\d.]+)", report)
    assert rated is not None
    assert float(rated[1]) <= MOST_EXPOSED


@pytest.mark.slow
def test_systemd_has_nothing_to_say_of_the_unit(tmp_path: Path) -> None:
    tool = require("systemd-analyze")
    unit = tmp_path / UNIT.name  # with a program that is there: it is not installed in /opt
    unit.write_text(UNIT.read_text().replace("/opt/bsg-monitor/bin/bsg-monitor", "/bin/true"))
    assert said(str(tool), "verify", str(unit)) == ""


def test_a_stop_is_given_the_time_that_it_takes() -> None:
    (stop,) = re.findall(r"TimeoutStopSec=(\d+)s", UNIT.read_text())
    assert int(stop) >= DRAIN_SECONDS + 5


def test_the_guide_lays_what_the_unit_asks_for(tmp_path: Path) -> None:
    guide = (FOLDER / "README.md").read_text()
    steps = re.findall(r"```sh\n(.*?)```", guide, re.DOTALL)[1]
    subprocess.run(["bash", "-euc", steps.replace("/etc/", f"{tmp_path}/etc/").replace("live_…", "live_x")], cwd=ROOT, check=True)
    unit = UNIT.read_text()
    for path in re.findall(r"(?:BSG_RULES_FILE=|EnvironmentFile=-|^LoadCredential=\w+:)(/etc/\S+)", unit, re.MULTILINE):
        assert (tmp_path / path.lstrip("/")).is_file(), path
    key = tmp_path / "etc/bsg-monitor/secrets/bsg_api_key"
    assert (key.read_text().strip(), key.stat().st_mode & 0o777, key.parent.stat().st_mode & 0o777) == ("live_x", 0o600, 0o700)
    assert "deploy/systemd/bsg-monitor.service /etc/systemd/system/" in guide
    (environment,) = re.findall(r"-m venv (\S+)", guide)
    assert f"ExecStart={environment}/bin/bsg-monitor run" in unit
