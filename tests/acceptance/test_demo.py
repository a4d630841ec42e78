"""`bsg-monitor demo` as a newcomer starts it: nothing set up before, nothing left behind. What
it shows within a minute is checked where `.ci/run` lets it run that long; its scenario by
tests/unit/simulator/test_scenario.py.
"""

import asyncio
import os
import re
import shlex
import signal
import sys
from pathlib import Path

import aiohttp
import pytest

pytestmark = pytest.mark.slow

PATIENCE = 60


async def started(folder: Path, *options: str) -> asyncio.subprocess.Process:
    (folder / "tmp").mkdir()
    (folder / "home").mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BSG_")}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "monitor",
        "demo",
        *options,
        cwd=folder / "home",
        env={
            **kept,
            "TMPDIR": str(folder / "tmp"),
            "HTTP_PROXY": "127.0.0.1:1",
        },  # asks this machine only
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def first_alert(process: asyncio.subprocess.Process) -> str:
    """What was printed up to and with the first alert."""
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(PATIENCE):
        while "WARNING" not in said:
            line = await process.stdout.readline()
            assert line, said
            said += line.decode()
    return said


def left_behind(folder: Path) -> list[Path]:
    return [*(folder / "tmp").iterdir(), *(folder / "home").iterdir()]


async def test_it_names_its_addresses_tells_and_ends_by_itself_with_a_summary(
    tmp_path: Path,
) -> None:
    process = await started(tmp_path, "--duration", "3s", "--port", "0")
    said = await first_alert(process)
    page = re.search(r"status page   (http://127\.0\.0\.1:\d+/)\n", said)
    metrics = re.search(r"metrics       (http://127\.0\.0\.1:\d+/metrics)\n", said)
    assert page
    assert metrics
    async with aiohttp.ClientSession() as session:
        for address, expected in ((page[1], "bsg-monitor"), (metrics[1], "bsg_alerts")):
            async with session.get(address) as answer:
                assert expected in await answer.text()
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert (process.returncode, err) == (0, b"")
    assert re.search(r"\n\d+ s: 2\d campaigns watched, \d+ messages received: ", out.decode())
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_ends_when_told_and_leaves_nothing_behind(
    tmp_path: Path, number: signal.Signals
) -> None:
    process = await started(tmp_path, "--port", "0")
    await first_alert(process)
    process.send_signal(number)
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert (process.returncode, err) == (0, b"")
    (advice,) = re.findall(
        r"Nothing is left behind. To watch a real account, in a folder of its own: (.+) init\n",
        out.decode(),
    )
    own = tmp_path / "own"
    own.mkdir()
    begun = await asyncio.create_subprocess_exec(
        *shlex.split(advice), "init", cwd=own, stdout=asyncio.subprocess.PIPE
    )
    await asyncio.wait_for(begun.communicate(), PATIENCE)
    assert begun.returncode == 0
    assert (own / "rules.yaml").exists()
    assert left_behind(tmp_path) == []
