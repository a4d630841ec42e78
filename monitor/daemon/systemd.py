"""The service manager (sd_notify(3)): one datagram for each message, if there is a manager.

By hand, for it is one `sendto`: the library for it has had no release since 2017, and the official
one needs libsystemd's headers.
"""

import os
import socket
from collections.abc import Mapping
from typing import Self

import structlog

log = structlog.get_logger()


class ServiceManager:
    """The manager that listens at `address`: a path, or `@` and a name for an abstract socket;
    None when there is none.

    `watchdog_seconds`: the manager must hear `alive` this often, or it takes the process for hung
    and ends it; None when it does not watch. Sending never waits and never raises. When the
    manager did not take a change of state, the next message repeats it.
    """

    def __init__(
        self, address: str | None = None, *, watchdog_seconds: float | None = None
    ) -> None:
        self._address = address
        self.watchdog_seconds = watchdog_seconds
        self._owed = ""
        self._failing = False

    @classmethod
    def of(cls, environ: Mapping[str, str] = os.environ, *, pid: int | None = None) -> Self:
        """From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID; `pid` is ours."""
        ours = environ.get("WATCHDOG_PID", "") in ("", str(os.getpid() if pid is None else pid))
        usec = environ.get("WATCHDOG_USEC", "")
        seconds = int(usec) / 1e6 if ours and usec.isascii() and usec.isdecimal() else 0.0
        return cls(environ.get("NOTIFY_SOCKET") or None, watchdog_seconds=seconds or None)

    def ready(self) -> None:
        """Started, or finished reloading, whether that worked or not."""
        self._state("READY=1")

    def reloading(self, monotonic: float) -> None:
        """Reloading since then, in seconds of CLOCK_MONOTONIC; `ready` ends it."""
        self._state(f"RELOADING=1\nMONOTONIC_USEC={int(monotonic * 1e6)}")

    def stopping(self) -> None:
        """Stopping, on request."""
        self._state("STOPPING=1")

    def status(self, text: str) -> None:
        """One line for people, shown by `systemctl status`."""
        self._send(f"STATUS={' '.join(text.split())}")

    def alive(self) -> None:
        """A sign of life, if the manager watches."""
        if self.watchdog_seconds is not None:
            self._send("WATCHDOG=1")

    def _state(self, message: str) -> None:
        self._owed = message
        self._send()

    def _send(self, message: str = "") -> None:
        if self._address is None:
            return
        text = "\n".join(part for part in (self._owed, message) if part)
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.setblocking(False)
                sender.sendto(text.encode(), address)
        except OSError as error:
            if not self._failing:
                log.warning(
                    "service_manager_not_told", error=error.strerror or type(error).__name__
                )
            self._failing = True
            return
        self._owed = ""
        self._failing = False
