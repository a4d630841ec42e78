"""The service manager's end of NOTIFY_SOCKET."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Listening:
    """What a service said so far: `lines` in order."""

    def __init__(self, bound: socket.socket, address: str) -> None:
        self._bound = bound
        self.address = address
        self._lines: list[str] = []

    @property
    def lines(self) -> list[str]:
        """`READY=1`, `STATUS=…`, one for each thing said."""
        while True:
            try:
                self._lines += self._bound.recv(65536).decode().splitlines()
            except BlockingIOError:
                return self._lines

    @property
    def states(self) -> list[str]:
        """The same without signs of life, status and times."""
        return [line for line in self.lines if line in ("READY=1", "RELOADING=1", "STOPPING=1")]

    @property
    def status(self) -> str:
        """The last status line."""
        return next(
            (
                line.removeprefix("STATUS=")
                for line in reversed(self.lines)
                if line.startswith("STATUS=")
            ),
            "",
        )

    @property
    def signs_of_life(self) -> int:
        return self.lines.count("WATCHDOG=1")


@contextmanager
def listening(folder: Path, *, abstract: bool = False) -> Iterator[Listening]:
    """A socket in a folder or, as systemd's user instances have it, with an abstract name."""
    path = str(folder / "notify.socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.bind("\0" + path if abstract else path)
        bound.setblocking(False)
        yield Listening(bound, "@" + path if abstract else path)
