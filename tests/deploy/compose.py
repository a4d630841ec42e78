"""What Compose makes of deploy/container."""

import json
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tests.deploy.image import ROOT
from tests.real import require

FOLDER = ROOT / "deploy/container"
STACK = ("compose.yaml",)
LIVE = ("compose.yaml", "compose.live.yaml")


@cache
def composed(files: tuple[str, ...] = STACK) -> Mapping[str, Any]:
    """The project as Compose understands it, its schema held against the files; nothing may be
    left to say."""
    named = [word for name in files for word in ("--file", FOLDER / name)]
    command = [require("docker-compose"), *named, "config", "--format", "json"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": "/"},
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    project: Mapping[str, Any] = json.loads(done.stdout)
    return project


def services(files: tuple[str, ...] = STACK) -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = composed(files)["services"]
    return found


def mounts(service: Mapping[str, Any]) -> dict[str, Path]:
    """The files and folders of this machine that a service sees, by the path it sees them at."""
    return {
        volume["target"]: Path(volume["source"])
        for volume in service.get("volumes", ())
        if volume["type"] == "bind"
    }


def volumes(service: Mapping[str, Any]) -> list[str]:
    """Where a service has volumes to write to."""
    return [volume["target"] for volume in service.get("volumes", ()) if volume["type"] == "volume"]
