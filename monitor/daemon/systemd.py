"""What is said to the service manager: sd_notify(3), one datagram for each thing said. Where
nobody listens, nothing is.

By hand, for it is one `sendto`: the library for it has seen no release since 2017, the official
one needs libsystemd's headers.
"""

import os
import socket
from collections.abc import Mapping
from typing import Self

import structlog

log = structlog.get_logger()


class ServiceManager:
    """Whoever listens at `address`: a path, or `@` and a name for an abstract socket; None for
    nobody.

    `watchdog_seconds`: within so much time it wants to hear `alive`, or it takes the process for
    hung and ends it; None when it does not care. Sending never waits and never raises: what a
    full queue or an absent listener did not take of the service's state goes out with the next
    thing said.
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
        """As NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID have it; `pid` is ours."""
        ours = environ.get("WATCHDOG_PID", "") in ("", str(os.getpid() if pid is None else pid))
        usec = environ.get("WATCHDOG_USEC", "")
        seconds = int(usec) / 1e6 if ours and usec.isascii() and usec.isdecimal() else 0.0
        return cls(environ.get("NOTIFY_SOCKET") or None, watchdog_seconds=seconds or None)

    def ready(self) -> None:
        """Started, or done with reloading, well or not."""
        self._state("READY=1")

    def reloading(self, monotonic: float) -> None:
        """Reading the configuration anew since then, in seconds of CLOCK_MONOTONIC; `ready` says
        when it is over."""
        self._state(f"RELOADING=1\nMONOTONIC_USEC={int(monotonic * 1e6)}")

    def stopping(self) -> None:
        """Asked to stop, and bringing things to an end."""
        self._state("STOPPING=1")

    def status(self, text: str) -> None:
        """One line for people, shown by `systemctl status`."""
        self._send(f"STATUS={' '.join(text.split())}")

    def alive(self) -> None:
        """A sign of life, for who wants one."""
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
