"""The image: built step by step as the Dockerfile says, and what it does when it runs as a
container would."""

import asyncio
import os
import re
import signal
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from monitor.clock import SystemClock
from monitor.simulator.api_server import Simulator
from monitor.simulator.scenario import Scenario
from tests.acceptance.daemon import KEY
from tests.deploy.image import ROOT, Builder, Image
from tests.deploy.running import innermost, started, status
from tests.patience import until
from tests.ports import free_port

pytestmark = pytest.mark.slow

STOP_SECONDS = 10
"""What an engine waits between SIGTERM and SIGKILL unless it is told otherwise."""


def run(
    image: Image, volume: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> tuple[int, str, str]:
    done = subprocess.run(
        image.command(*arguments, volume=volume, environment=environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


def owners(folder: Path) -> set[int]:
    return {path.stat().st_uid for path in folder.iterdir()}


def test_it_says_how_it_wants_to_be_run(image: Image) -> None:
    config = image.config
    assert re.fullmatch(
        r"[1-9]\d*:[1-9]\d*", config["User"]
    )  # numeric: Kubernetes can see that it is not root
    assert config["Entrypoint"] == ["bsg-monitor"]
    assert config["Cmd"] == ["run"]
    assert set(config["ExposedPorts"]) == {"9780/tcp"}
    assert config["Healthcheck"]["Test"][0] == "CMD"  # no shell
    assert not {"curl", "wget"} & set(config["Healthcheck"]["Test"])
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert config["Labels"]["org.opencontainers.image.version"] == version


def test_what_is_installed_is_what_the_tests_ran_with(image: Image) -> None:
    pinned = {
        line.lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line
    }
    found = {
        "==".join(re.fullmatch(r"(.+)-(.+)\.dist-info", folder.name).groups())
        .lower()
        .replace("_", "-")  # type: ignore[union-attr]
        for folder in (image.files / "opt/bsg-monitor").glob(
            "lib/python*/site-packages/*.dist-info"
        )
    }
    assert {"uvloop", "asyncpg", "apprise"} <= {
        name.partition("==")[0] for name in found
    }  # the extras that were asked for
    assert {name for name in found if not name.startswith("bsg-monitor==")} <= pinned
    assert not [name for name in found if name.startswith(("pip==", "hatchling==", "pytest=="))]


def test_nothing_can_be_changed_by_the_user_that_runs_it(image: Image) -> None:
    uid = int(image.config["User"].split(":")[0])
    own = [
        path
        for top in ("opt", "etc", "var")
        for path in (image.files / top).rglob("*")
        if path.lstat().st_uid == uid
    ]
    (place,) = image.config["Volumes"]
    assert own == [image.files / place[1:]]
    loose = [
        path
        for path in (image.files / "opt").rglob("*")
        if not path.is_symlink() and path.stat().st_mode & 0o022
    ]
    assert loose == []


def test_bytecode_is_there_so_that_a_start_compiles_nothing(image: Image) -> None:
    packages = next((image.files / "opt/bsg-monitor").glob("lib/python*/site-packages"))
    assert list((packages / "monitor/daemon/__pycache__").glob("app.*.pyc"))


def test_the_builder_is_sent_only_what_is_copied(builder: Builder, tmp_path: Path) -> None:
    everything = tmp_path / "Dockerfile"
    everything.write_text("FROM scratch\nCOPY . /context\n")
    litter = ROOT / "monitor/__pycache__/left-over.pyc"
    litter.parent.mkdir(exist_ok=True)
    litter.touch()
    try:
        context = builder.build(everything, ROOT, "context").files / "context"
    finally:
        litter.unlink()
    files = {path.relative_to(context) for path in context.rglob("*") if path.is_file()}
    tops = {path.parts[0] for path in files}
    assert tops == {
        "pyproject.toml",
        "constraints.txt",
        "README.md",
        "LICENSE",
        "rules.yaml",
        "monitor",
        "deploy",
    }
    assert {path for path in files if path.parts[0] == "deploy"} == {
        Path("deploy/container/healthcheck.py")
    }
    assert not [path for path in files if path.suffix == ".pyc"]
    assert {path.suffix for path in files if path.parts[0] == "monitor"} >= {
        ".py",
        ".html",
        ".css",
        ".sql",
        ".yaml",
    }


def test_it_does_not_start_before_it_was_decided_who_may_read(image: Image, volume: Path) -> None:
    code, out, err = run(image, volume, environment={"BSG_API_KEY": KEY})
    assert (code, out) == (2, "")
    assert "BSG_READ_TOKEN" in err
    assert "BSG_PUBLIC_READ=1" in err


def test_its_root_is_read_only_and_its_user_has_no_rights(image: Image, volume: Path) -> None:
    command = image.command(
        "-c", "id -u; touch /etc/x /opt/x /x; touch here", volume=volume, entrypoint=["sh"]
    )
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == image.config["User"].split(":")[0]
    assert done.stderr.count("Read-only file system") == 3
    assert (volume / "here").exists()


def test_other_commands_work_in_it(image: Image, volume: Path) -> None:
    assert run(image, volume, "--version")[0] == 0
    code, out, _ = run(
        image, volume, "check", environment={"BSG_API_KEY": KEY, "BSG_PUBLIC_READ": "1"}
    )
    assert (code, out.startswith("ok: ")) == (0, True)


async def test_it_watches_is_healthy_and_stops_in_time(
    image: Image, volume: Path, tmp_path: Path
) -> None:
    simulator = Simulator(Scenario(name="container"), clock=SystemClock(), keys=(KEY,))
    simulator.world.add(name="Spring sale", sender="Shop", status="sending", sent=100, delivered=90)
    port = free_port()
    health = image.config["Healthcheck"]["Test"][1:]
    async with simulator.serve() as provider:
        environment = {
            "BSG_API_URL": provider,
            "BSG_API_KEY": KEY,
            "BSG_LISTEN": f"0.0.0.0:{port}",
            "BSG_READ_TOKEN": "a-token-for-reading-1234",
            "BSG_POLL_INTERVAL": "1s",
        }

        def beside(*words: str) -> list[str]:
            """`docker exec`: the same namespaces but for the processes."""
            return image.command(
                *words[1:], volume=volume, environment=environment, entrypoint=[words[0]]
            )

        async with started(
            image.command(volume=volume, environment=environment), tmp_path / "log"
        ) as process:

            async def ready() -> bool:
                assert process.returncode is None, (tmp_path / "log").read_text()
                return await status(f"http://127.0.0.1:{port}/readyz") == 200

            await until(ready)
            assert await status(f"http://127.0.0.1:{port}/") == 401
            assert (
                await status(
                    f"http://127.0.0.1:{port}/metrics",
                    Authorization="Bearer a-token-for-reading-1234",
                )
                == 200
            )
            healthy = await asyncio.create_subprocess_exec(*beside(*health))
            assert await healthy.wait() == 0
            listing = await asyncio.create_subprocess_exec(
                *beside("bsg-monitor", "campaigns"), stdout=asyncio.subprocess.PIPE
            )
            out, _ = await listing.communicate()
            assert b"Spring sale" in out
            assert owners(volume) == {int(image.config["User"].split(":")[0])}

            main = innermost(process.pid)
            os.kill(main, signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), STOP_SECONDS) == 0
        assert '"monitor_stopped"' in (tmp_path / "log").read_text()
        unhealthy = await asyncio.create_subprocess_exec(
            *beside(*health), stderr=asyncio.subprocess.DEVNULL
        )
        assert await unhealthy.wait() == 1
