"""What people install: the wheel, built from the source archive, in a clean environment with
nothing but its dependencies."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from monitor import __version__
from monitor.clock import SystemClock
from monitor.simulator.api_server import Simulator
from monitor.simulator.scenario import Scenario
from tests.acceptance.daemon import KEY
from tests.real import require

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]

EVERY_MODULE = """
import importlib, pkgutil, monitor
names = [each.name for each in pkgutil.walk_packages(monitor.__path__, "monitor.") if each.name != "monitor.__main__"]
for name in names:
    importlib.import_module(name)
print(len(names), monitor.__file__)
"""


def run(
    *command: str | Path, cwd: Path | None = None, environment: Mapping[str, str] | None = None
) -> str:
    """What it prints. AssertionError with everything it said when it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@dataclass(frozen=True, slots=True)
class Package:
    """`source` is the unpacked source archive, `python` an environment in which the wheel that
    was built from it is installed."""

    source: Path
    python: Path
    environment: Mapping[str, str]

    @property
    def command(self) -> Path:
        return self.python.with_name("bsg-monitor")

    @property
    def installed(self) -> Path:
        return Path(
            run(
                self.python,
                "-c",
                "import monitor; print(monitor.__path__[0])",
                environment=self.environment,
            ).strip()
        )


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    folder = tmp_path_factory.mktemp("package")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder / "dist", ROOT)
    (wheel,) = (folder / "dist").glob("*.whl")
    (archive,) = (folder / "dist").glob("*.tar.gz")
    with tarfile.open(archive) as file:
        file.extractall(folder / "source", filter="data")
    (source,) = (folder / "source").iterdir()
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("BSG_", "PYTHON", "COV", "VIRTUAL"))
    }
    run(sys.executable, "-m", "venv", "--without-pip", folder / "environment", environment=clean)
    python = folder / "environment" / "bin" / "python"
    install = ("-m", "pip", "--python", python, "install", "--quiet", "--disable-pip-version-check")
    run(
        sys.executable, *install, "--constraint", ROOT / "constraints.txt", wheel, environment=clean
    )
    return Package(source=source, python=python, environment=clean)


def test_the_command_says_its_version(package: Package, tmp_path: Path) -> None:
    said = run(package.command, "--version", cwd=tmp_path, environment=package.environment)
    assert said == f"bsg-monitor {__version__}\n"


def test_every_module_can_be_imported_without_what_the_tests_need(
    package: Package, tmp_path: Path
) -> None:
    said = run(
        package.python,
        "-W",
        "error",
        "-c",
        EVERY_MODULE,
        cwd=tmp_path,
        environment=package.environment,
    )
    number, place = said.split()
    assert (
        int(number) == len(list((ROOT / "monitor").rglob("*.py"))) - 2
    )  # monitor itself and __main__
    assert str(package.python.parents[1]) in place


def test_everything_that_is_not_code_is_installed_too(package: Package) -> None:
    def files(folder: Path) -> dict[str, bytes]:
        found = (
            path
            for path in folder.rglob("*")
            if path.is_file() and path.suffix not in {".py", ".pyc"}
        )
        return {str(path.relative_to(folder)): path.read_bytes() for path in found}

    installed = files(package.installed)
    assert installed == files(ROOT / "monitor")
    assert {Path(name).suffix for name in installed} >= {".sql", ".yaml", ".html", ".css"}


def test_a_fresh_installation_works_from_init_to_once(package: Package, tmp_path: Path) -> None:
    environment = {**package.environment, "BSG_API_KEY": KEY}
    assert "wrote rules.yaml" in run(package.command, "init", cwd=tmp_path, environment=environment)
    assert run(package.command, "check", cwd=tmp_path, environment=environment).startswith("ok: ")
    simulator = Simulator(Scenario(name="package"), clock=SystemClock(), keys=(KEY,))
    simulator.world.add(name="Runs", sender="Shop", status="sending", sent=10, delivered=9)

    async def once() -> str:
        async with simulator.serve() as url:
            at = {**environment, "BSG_API_URL": url}
            return await asyncio.to_thread(
                run, package.command, "once", "--json", cwd=tmp_path, environment=at
            )

    found = json.loads(asyncio.run(once()))
    assert (found["watched"], found["failures"]) == (1, [])


def test_the_source_archive_holds_every_file_of_the_repository(package: Package) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout: there is nothing to compare with")
    listed = run(
        require("git"), "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard"
    ).splitlines()
    tracked = {name for name in listed if (ROOT / name).is_file()}
    archived = {
        str(path.relative_to(package.source))
        for path in package.source.rglob("*")
        if path.is_file()
    }
    assert tracked - archived == set()
    assert archived - tracked == {"PKG-INFO"}


def test_the_list_of_what_an_installation_consists_of_is_made_from_the_source_archive(
    package: Package, tmp_path: Path
) -> None:
    source = shutil.copytree(
        package.source, tmp_path / "source"
    )  # what is made there is no part of the archive
    run(
        require("make"),
        "-C",
        source,
        "sbom",
        f"PYTHON={sys.executable}",
        environment=package.environment,
    )
    made = json.loads((source / "dist" / "bsg-monitor.cdx.json").read_text())
    assert (made["bomFormat"], made["metadata"]["component"]["name"]) == (
        "CycloneDX",
        "bsg-monitor",
    )
    components = {each["name"].lower(): each for each in made["components"]}
    assert {"aiohttp", "asyncpg", "apprise", "uvloop"} <= components.keys()
    assert {"pip", "pytest", "cyclonedx-bom"}.isdisjoint(components)
    assert [name for name, each in components.items() if not each.get("licenses")] == []
    pinned = dict(
        line.lower().replace("_", "-").split("==")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line
    )
    assert {
        name: each["version"]
        for name, each in components.items()
        if pinned[name.replace("_", "-")] != each["version"]
    } == {}
