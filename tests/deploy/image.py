"""The container image: built by a real builder, run without an engine.

No registry is asked for the base image. A stand-in takes its name: this machine's Python in an
otherwise empty root, so that each step of the Dockerfile runs as it would (buildah, in a
chroot). What comes out runs in namespaces (bubblewrap): root read-only, numeric user, no
capabilities, no environment but the image's.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.real import require

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy/container/Dockerfile"
BASE = re.findall(r"^FROM (\S+)", DOCKERFILE.read_text(), re.MULTILINE)[-1]
FROM_THE_MACHINE = tuple(dict.fromkeys(("/usr", "/etc/ssl", sys.base_prefix)))
"""Mounted read-only while steps and containers run, in place of what the base image would bring."""

_PYTHON = os.path.realpath(sys.executable)
_PASSED_ON = re.compile(
    r"PIP_(?!FIND_LINKS)|(HTTPS?|NO|ALL)_PROXY$|SSL_CERT_|REQUESTS_CA", re.IGNORECASE
)
"""Variables that say how this machine reaches the package index."""


@dataclass(frozen=True)
class Image:
    """What the image says of itself, and its files."""

    config: Mapping[str, Any]
    files: Path

    @property
    def environment(self) -> dict[str, str]:
        return dict(entry.split("=", 1) for entry in self.config["Env"])

    def command(
        self,
        *arguments: str,
        volume: Path,
        environment: Mapping[str, str] | None = None,
        entrypoint: Sequence[str] | None = None,
        mounts: Mapping[str, Path] | None = None,
    ) -> list[str]:
        """How to run it as `docker run --read-only` would, `volume` being mounted where the
        image has its own.

        `arguments` stand in place of CMD, `entrypoint` in place of ENTRYPOINT. `mounts` are
        files and folders to be read. Ports are the machine's.
        """
        user, group = self.config["User"].split(":")
        variables = self.environment | dict(environment or {})
        (mounted,) = self.config["Volumes"]
        for path, source in (
            mounts or {}
        ).items():  # an engine makes these places in the container's own layer
            place = self.files / path[1:]
            (place if source.is_dir() else place.parent).mkdir(parents=True, exist_ok=True)
            if source.is_file():
                place.touch()
        started = [
            *(self.config["Entrypoint"] if entrypoint is None else entrypoint),
            *(arguments or self.config["Cmd"]),
        ]
        return [
            *(
                str(require("bwrap")),
                "--unshare-ipc",
                "--unshare-pid",
                "--unshare-uts",
                "--die-with-parent",
            ),
            *(
                word
                for right in ("SETUID", "SETGID", "SETPCAP")
                for word in ("--cap-add", f"CAP_{right}")
            ),
            *("--ro-bind", str(self.files), "/"),
            *(word for path in FROM_THE_MACHINE for word in ("--ro-bind", path, path)),
            *(
                word
                for path, source in (mounts or {}).items()
                for word in ("--ro-bind", str(source), path)
            ),
            *(
                "--proc",
                "/proc",
                "--dev",
                "/dev",
                "--bind",
                str(volume),
                mounted,
                "--chdir",
                self.config["WorkingDir"],
            ),
            *(
                "--clearenv",
                *(word for name, value in variables.items() for word in ("--setenv", name, value)),
            ),
            *(
                "setpriv",
                "--reuid",
                user,
                "--regid",
                group,
                "--clear-groups",
                "--no-new-privs",
                "--bounding-set=-all",
            ),
            *started,
        ]


class Builder:
    """buildah with a storage of its own in `folder`."""

    def __init__(self, folder: Path) -> None:
        if os.geteuid() != 0:
            pytest.skip("building an image in a chroot wants root")
        self.folder = folder
        folder.mkdir(exist_ok=True)
        storage = (
            "--root",
            str(folder / "storage"),
            "--runroot",
            str(folder / "run"),
            "--storage-driver",
            "vfs",
        )
        self._buildah = (str(require("buildah")), *storage)

    def base(self) -> None:
        """Make the stand-in for the base image, unless it is there."""
        tag = f"docker.io/library/{BASE}"
        if self.built(tag):
            return
        root = self.folder / "base"
        for path in (
            "etc",
            "tmp",
            "proc",
            "sys",
            "dev",
            "run",
            "var/lib",
            *(mount[1:] for mount in FROM_THE_MACHINE),
        ):
            (root / path).mkdir(parents=True, exist_ok=True)
        for name in ("bin", "sbin", "lib", "lib64"):
            if Path("/", name).is_symlink():
                (root / name).symlink_to(Path("/", name).readlink())
        (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
        (root / "etc/group").write_text("root:x:0:\n")
        steps = [
            *("FROM scratch", "COPY . /"),
            *(
                f'ENV {name}="{value}"'
                for name, value in os.environ.items()
                if _PASSED_ON.match(name)
            ),
            *(f"RUN {_PYTHON} -m venv /base", "ENV PATH=/base/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
        ]
        recipe = self.folder / "base.Dockerfile"
        recipe.write_text("\n".join(steps) + "\n")
        self.build(recipe, root, tag)

    def build(self, dockerfile: Path, context: Path, tag: str, *arguments: str) -> Image:
        """The image of a Dockerfile; pytest fails with the builder's words when a step fails."""
        options = "--isolation=chroot --network=host --pull-never --format=docker"
        self._run(
            *("bud", *options.split(), f"--file={dockerfile}", f"--tag={tag}"),
            *(f"--volume={path}:{path}:ro" for path in FROM_THE_MACHINE),
            *(f"--build-arg={argument}" for argument in arguments),
            str(context),
        )
        image = self.built(tag)
        assert image is not None
        return image

    def built(self, tag: str) -> Image | None:
        """An image that was built before."""
        if not self._run("images", "--noheading", "--quiet", f"--filter=reference={tag}"):
            return None
        config = json.loads(self._run("inspect", "--type=image", tag))["Docker"]["config"]
        container = self._run("from", "--pull-never", tag).strip()
        return Image(config, Path(self._run("mount", container).strip()))

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [*self._buildah, *arguments], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            pytest.fail(
                f"buildah {arguments[0]} ended with "
                f"{done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
            )
        return done.stdout
