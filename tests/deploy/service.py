"""What systemd makes of the unit: the process, its environment, its credentials and its folder,
below another root."""

import asyncio
import os
import re
import shlex
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tests.deploy.sandbox import settings
from tests.real import require

SANDBOX = Path(__file__).with_name("sandbox.py")
MOVED = ("/etc/", "/opt/", "/var/lib/")
"""Where installed files are."""


def below(root: Path, text: str) -> str:
    """Text whose paths of installed files lead below another root."""
    return re.sub(rf"(?<![\w.])({'|'.join(MOVED)})", rf"{root}\1", text)


class Service:
    """An installed unit below `root`. `process` is the main process once it has been started."""

    def __init__(self, unit: Path, root: Path) -> None:
        self.root = root
        self._unit = unit
        self._given = settings(unit)
        self.process: asyncio.subprocess.Process
        self.log = root / "log"
        self.credentials = root / "run" / "credentials"
        (self.state,) = (root / "var" / "lib" / name for name in self._given["StateDirectory"])

    @property
    def environment(self) -> Mapping[str, str]:
        """What `EnvironmentFile=` and `Environment=` give, with the folder of credentials for
        `%d`."""
        found: dict[str, str] = {}
        for path in self._given["EnvironmentFile"]:
            lines = Path(below(self.root, path.removeprefix("-"))).read_text().splitlines()
            found |= dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
        for line in self._given["Environment"]:
            found |= dict(word.split("=", 1) for word in shlex.split(line))
        return {
            name: below(self.root, value).replace("%d", str(self.credentials))
            for name, value in found.items()
        }

    def load_credentials(self) -> None:
        """Copies that only the service can read."""
        self.credentials.mkdir(parents=True, mode=0o500)
        for line in self._given["LoadCredential"]:
            name, _, source = line.partition(":")
            copy = self.credentials / name
            copy.write_bytes(Path(below(self.root, source)).read_bytes())
            copy.chmod(0o400)

    @asynccontextmanager
    async def running(self, notify: str) -> AsyncIterator["Service"]:
        """Started under the unit's system call filters, with nothing but its own folder to write
        to."""
        self.load_credentials()
        self.state.mkdir(parents=True, mode=int(self._given["StateDirectoryMode"][-1], 8))
        seconds = int(self._given["WatchdogSec"][-1].removesuffix("s"))
        manager = {"NOTIFY_SOCKET": notify, "WATCHDOG_USEC": str(seconds * 1_000_000)}
        environment = {**self.environment, **manager, "PATH": os.environ["PATH"]}
        (start,) = self._given["ExecStart"]
        write = (self.state, Path(notify).parent)
        confined = (
            *(str(require("bwrap")), "--die-with-parent", "--ro-bind", "/", "/", "--dev", "/dev"),
            *(word for path in write for word in ("--bind", str(path), str(path))),
            *("--chdir", below(self.root, self._given["WorkingDirectory"][-1])),
            *(sys.executable, str(SANDBOX), str(self._unit)),
        )
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *confined,
                *shlex.split(below(self.root, start)),
                env=environment,
                stdout=log,
                stderr=log,
            )
        try:
            yield self
        finally:
            if self.process.returncode is None:
                self.process.kill()
                await self.process.wait()

    @property
    def main(self) -> int:
        """`$MAINPID`: bwrap's child, which has become the monitor."""
        children = (
            Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        )
        return int(children[0])

    async def reload(self) -> None:
        """`systemctl reload`."""
        (command,) = self._given["ExecReload"]
        done = await asyncio.create_subprocess_exec(
            *shlex.split(command.replace("$MAINPID", str(self.main)))
        )
        assert await done.wait() == 0
