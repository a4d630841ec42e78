"""The listening socket: how many connections it may hold, and why a port cannot be opened."""

import asyncio
import errno
import resource
from pathlib import Path

from aiohttp import web

from monitor.errors import MonitorError

MOST_CONNECTIONS = 256
"""Far more than probes, scrapes and browsers need."""

SHARE_OF_FREE_FILES = 3
"""One in three files that the process may still open is for held connections. Connections accepted
and not counted yet, or lost and not closed yet, can take half as many again, so half of the files
stay for the provider and the receivers."""

ASSUMED_OPEN = 32
"""Files that a daemon has open at its start, if the system does not say."""

IDLE_SECONDS = 75.0
"""A connection without a complete request for this long is closed."""


class ListenError(MonitorError):
    """An address cannot be listened on. `what` is the fact alone, for callers whose remedy is not
    BSG_LISTEN."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}; {remedy}")
        self.what = what


def listen_error(host: str, port: int, error: OSError | OverflowError) -> ListenError:
    """What the operating system's refusal means."""
    where = f"cannot listen on {f'[{host}]' if ':' in host else host}:{port}"
    code = error.errno if isinstance(error, OSError) else None
    if code == errno.EADDRINUSE:
        remedy = "stop that one or set BSG_LISTEN to another port"
        return ListenError(f"{where}: the port is in use, perhaps by another monitor", remedy)
    if code == errno.EACCES:
        return ListenError(
            f"{where}: this user may not open that port", "set BSG_LISTEN to a port above 1023"
        )
    if code == errno.EADDRNOTAVAIL:
        remedy = "set BSG_LISTEN to one it has, such as 127.0.0.1:9780"
        return ListenError(f"{where}: this machine has no such address", remedy)
    why = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return ListenError(
        f"{where}: {why}", "set BSG_LISTEN to an address and a port, such as 127.0.0.1:9780"
    )


def connections_for(limit: int, opened: int) -> int:
    """How many connections may be held by a process that may have `limit` files open and has
    `opened`."""
    if limit == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return max(1, min(MOST_CONNECTIONS, (limit - opened) // SHARE_OF_FREE_FILES))


def _open_files() -> int:
    try:
        return len(list(Path("/dev/fd").iterdir()))
    except OSError:
        return ASSUMED_OPEN


class BoundedSite(web.TCPSite):
    """Listens like any site. When there are too many connections, a new one replaces the oldest.

    Otherwise anyone who reaches the port could open connections, say nothing, and so keep probes
    out and in the end cut the monitor off from its provider and receivers.
    """

    async def start(self) -> None:
        """Open the port. Raises OSError."""
        await web.BaseSite.start(self)
        server = self._runner.server
        if server is None:
            raise RuntimeError("the runner has not been set up")
        most = connections_for(resource.getrlimit(resource.RLIMIT_NOFILE)[0], _open_files())

        def accept() -> asyncio.Protocol:
            held = server.connections
            for longest in held[: max(0, len(held) - most + 1)]:
                if longest.transport is not None:
                    longest.transport.abort()
            return server()

        # This many connections may be accepted in one go before `accept` is called for the first.
        backlog = max(1, min(self._backlog, most // 4))
        self._server = await asyncio.get_running_loop().create_server(
            accept, self._host, self._port, backlog=backlog
        )
