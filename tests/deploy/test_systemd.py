"""The systemd unit, by systemd's own tools, and the guide that installs it: its steps are run,
and the service as it says."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.cli.failures import WRONG_USE
from monitor.clock import SystemClock
from monitor.daemon.app import DRAIN_SECONDS
from monitor.simulator.api_server import Simulator
from monitor.simulator.scenario import Scenario
from tests.acceptance.daemon import KEY, free_port
from tests.acceptance.listening import listening
from tests.deploy.sandbox import settings
from tests.deploy.service import SANDBOX, Service, below
from tests.patience import until
from tests.real import require

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "systemd"
UNIT = FOLDER / "bsg-monitor.service"
GUIDE = (FOLDER / "README.md").read_text()
MOST_EXPOSED = 1.5


def said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout + done.stderr


@pytest.mark.slow
def test_the_unit_is_exposed_to_as_little_as_the_guide_says() -> None:
    tool = require("systemd-analyze")
    report = said(str(tool), "security", "--offline=true", "--no-pager", str(UNIT))
    rated = re.search(r"Overall exposure level for \S+: ([\d.]+)", report)
    assert rated is not None
    assert float(rated[1]) <= MOST_EXPOSED
    assert f"rates the unit at {rated[1]} " in GUIDE


@pytest.mark.slow
def test_systemd_has_nothing_to_say_of_the_unit(tmp_path: Path) -> None:
    tool = require("systemd-analyze")
    unit = tmp_path / UNIT.name  # with a program that is there: it is not installed in /opt
    unit.write_text(UNIT.read_text().replace("/opt/bsg-monitor/bin/bsg-monitor", "/bin/true"))
    assert said(str(tool), "verify", str(unit)) == ""
    for number, additions in enumerate(re.findall(r"```ini\n(.*?)```", GUIDE, re.DOTALL)):
        if "notify-reload" in additions:
            continue  # for a later systemd than the one that the tests may have
        folder = tmp_path / f"{UNIT.name}.d"
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.conf").write_text(additions)
    assert said(str(tool), "verify", str(unit)) == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    "deed",
    [
        "import mmap; mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC)",
        "import socket; socket.socket(socket.AF_NETLINK)",
        "import os; os.setpriority(os.PRIO_PROCESS, 0, 5)",
        "import os; os.chroot('/')",
    ],
    ids=["code made at run time", "netlink", "priority", "chroot"],
)
def test_the_filters_that_the_service_is_tried_under_are_in_force(deed: str) -> None:
    require("systemd-analyze")
    said_of_it = said(sys.executable, str(SANDBOX), str(UNIT), sys.executable, "-c", deed)
    assert "not permitted" in said_of_it or "not supported" in said_of_it


def test_a_stop_is_given_the_time_that_it_takes() -> None:
    (stop,) = settings(UNIT)["TimeoutStopSec"]
    assert int(stop.removesuffix("s")) >= DRAIN_SECONDS + 5


def test_what_cannot_mend_itself_is_not_started_again() -> None:
    assert settings(UNIT)["RestartPreventExitStatus"] == [str(WRONG_USE)]


class Guide:
    """The guide's steps, below a folder instead of at the root. What talks to a running systemd
    is left out."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.blocks = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
        (root / "etc" / "systemd" / "system").mkdir(parents=True)
        (root / "opt").mkdir()

    def step(self, *numbers: int, **variables: str) -> str:
        """Run them as one script, as in one shell; what it printed."""
        lines = "\n".join(self.blocks[number - 1] for number in numbers).splitlines()
        script = "\n".join(
            below(self.root, line)
            for line in lines
            if not line.startswith(("systemctl", "journalctl"))
        )
        clean = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("BSG_", "PYTHON", "COV", "VIRTUAL"))
        }
        done = subprocess.run(
            ["bash", "-euc", script],
            cwd=ROOT,
            env={**clean, **variables},
            input=f"{KEY}\n",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout


def test_the_guide_lays_what_the_unit_asks_for_where_only_root_reads_secrets(
    tmp_path: Path,
) -> None:
    guide = Guide(tmp_path)
    said = guide.step(2)
    assert KEY not in said
    for path in re.findall(
        r"(?:BSG_RULES_FILE=|EnvironmentFile=-|^LoadCredential=\w+:)(/etc/\S+)",
        UNIT.read_text(),
        re.MULTILINE,
    ):
        assert (tmp_path / path.lstrip("/")).is_file(), path
    key = tmp_path / "etc/bsg-monitor/secrets/bsg_api_key"
    assert (
        key.read_text().strip(),
        key.stat().st_mode & 0o777,
        key.parent.stat().st_mode & 0o777,
    ) == (KEY, 0o600, 0o700)


async def test_the_guides_commands_read_whatever_values_the_service_takes(tmp_path: Path) -> None:
    simulator = Simulator(Scenario(name="service"), clock=SystemClock(), keys=(KEY,))
    guide = Guide(tmp_path)
    guide.step(2)
    program = tmp_path / "opt/bsg-monitor/bin/bsg-monitor"
    program.parent.mkdir(parents=True)
    program.symlink_to(Path(sys.executable).with_name("bsg-monitor"))
    async with simulator.serve() as provider_url:
        odd = (
            f'BSG_API_URL={provider_url}\nBSG_IGNORE=matches(name, "^test") and sender != "$HOME"\n'
        )
        (tmp_path / "etc/bsg-monitor/bsg-monitor.env").write_text(odd)
        checked = await run_beside(guide, 3)
    assert "ok: account default can be read" in checked


@pytest.mark.slow
async def test_the_guide_leads_to_a_service_that_is_ready_reloads_and_stops(
    tmp_path: Path,
) -> None:
    require("systemd-analyze")
    simulator = Simulator(Scenario(name="service"), clock=SystemClock(), keys=(KEY,))
    guide = Guide(tmp_path / "root")
    guide.step(1, 2)
    async with simulator.serve() as provider_url:
        with (guide.root / "etc/bsg-monitor/bsg-monitor.env").open("a") as file:
            file.write(
                f"BSG_API_URL={provider_url}\nBSG_LISTEN=127.0.0.1:{free_port()}\nBSG_POLL_INTERVAL=1s\n"
            )
            file.write('BSG_IGNORE=matches(name, "^test")\n')
        checked = await run_beside(guide, 3)
        assert "ok: account default can be read" in checked
        guide.step(4)
        service = Service(guide.root / "etc/systemd/system/bsg-monitor.service", guide.root)
        socket = tmp_path / "socket"
        socket.mkdir()
        with listening(socket) as manager:
            async with service.running(manager.address):
                await until(
                    lambda: manager.states == ["READY=1"] or service.process.returncode is not None
                )
                await until(lambda: manager.status == "2 feeds fresh; 0 alerts firing")
                assert manager.signs_of_life
                await service.reload()
                await until(lambda: manager.states == ["READY=1", "RELOADING=1", "READY=1"])
                assert "rules_reloaded" in service.log.read_text()
                assert "alertname" in await run_beside(guide, 3, 5)
                os.kill(service.main, signal.SIGTERM)
                assert await service.process.wait() == 0
            assert manager.states[-1] == "STOPPING=1"
        modes = {path.name: path.stat().st_mode & 0o777 for path in service.state.iterdir()}
        assert modes["monitor.db"] == 0o600
        log = service.log.read_text()
        assert '"level": "error"' not in log
        assert "Traceback" not in log
        assert KEY not in log


async def run_beside(guide: Guide, *numbers: int) -> str:
    """Steps that ask the provider, which lives in this process."""
    return await asyncio.to_thread(guide.step, *numbers)
