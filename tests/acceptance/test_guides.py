"""The commands in the guides are run as they stand there, by a shell, beside a monitor that
watches a simulated account."""

import asyncio
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.clock import SystemClock
from monitor.simulator.api_server import Simulator
from monitor.simulator.scenario import load_scenario
from tests.acceptance.daemon import KEY

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
GUIDES = [
    ROOT / "README.md",
    ROOT / "docs/operations.md",
    *sorted((ROOT / "deploy").glob("*/README.md")),
]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
OURS = re.compile(r"^(?:(?:docker exec|kubectl .*\bexec) \S+ (?:-- )?)?(bsg-monitor .+)$")
MOVED = re.compile(r"/var/(?:backups|lib/bsg-monitor)")
ENDLESS = "bsg-monitor run"
ANSWERS = {
    "bsg-monitor once": "VeryLowDelivery",  # something fires: exit code 1
    "bsg-monitor ack 6086a1b2c3d4e5f6-19cadc69a80": "no firing alert has the id",
    'bsg-monitor explain LowDelivery "spring sale"': "no campaign 'spring sale' is known",
}
"""What names an alert or a campaign of the reader's, or says no by its exit code, and what it
says here."""

PATIENCE = 60


def commands() -> Iterator[tuple[str, str]]:
    """Each line that calls the monitor, with its guide; what runs it in a container is left out:
    the rest is the same."""
    for guide in GUIDES:
        for block in BLOCK.findall(guide.read_text()):
            for line in block.replace("\\\n", " ").splitlines():
                if found := OURS.match(line):
                    yield str(guide.relative_to(ROOT)), found[1]


ALL = list(dict.fromkeys(commands()))


async def shell(line: str, folder: Path, environment: dict[str, str]) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        "bash",
        "-c",
        line,
        cwd=folder,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    return process.returncode or 0, out.decode()


def test_the_guides_have_commands_of_ours() -> None:
    assert {"README.md", "docs/operations.md"} <= {guide for guide, _ in ALL}


async def test_every_command_in_the_guides_can_be_run_as_it_stands(tmp_path: Path) -> None:
    simulator = Simulator(load_scenario("demo"), clock=SystemClock(), keys=(KEY,))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BSG_")}
    environment = kept | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}",
        "BSG_API_KEY": KEY,
    }
    faults: list[str] = []
    (tmp_path / "elsewhere").mkdir()
    async with simulator.serve() as provider_url:
        environment |= {
            "BSG_API_URL": provider_url,
            "SLACK_WEBHOOK_URL": "",
            "BSG_LISTEN": "127.0.0.1:0",
        }
        status, said = await shell("bsg-monitor init", tmp_path, environment)
        assert status == 0, said
        shutil.copy(tmp_path / "rules.yaml", tmp_path / "new-rules.yaml")
        daemon = await asyncio.create_subprocess_exec(
            "bsg-monitor",
            "run",
            cwd=tmp_path,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert daemon.stdout is not None
        await asyncio.wait_for(daemon.stdout.readline(), PATIENCE)  # the first alert
        try:
            for guide, line in ALL:
                if line.split("#")[0].strip() == ENDLESS:
                    continue  # it is what runs beside
                folder = tmp_path
                if line.startswith("bsg-monitor init"):
                    folder = tmp_path / "empty"
                    folder.mkdir(exist_ok=True)
                status, said = await shell(
                    MOVED.sub(rf"{tmp_path}/elsewhere", line), folder, environment
                )
                answers = next(
                    (told for begin, told in ANSWERS.items() if line.startswith(begin)), None
                )
                good = status == 0 if answers is None else status in (0, 1) and answers in said
                if not good or "warning: " in said:
                    faults.append(f"{guide}: {line}\n{status}: {said[:1000]}")
        finally:
            daemon.terminate()
            await daemon.communicate()
    assert not faults, "\n\n".join(faults)
