"""The listening socket, and how many may hold on to it."""

import asyncio
import resource
from pathlib import Path

from aiohttp import web

MOST_CONNECTIONS = 256
"""Far more than probes, scrapes and browsers need."""

SHARE_OF_FREE_FILES = 3
"""Of the files that a process may still open, one in so many is for held connections. Those that
have been accepted and not counted yet, or lost and not closed yet, are up to half as many: half
of the files stay for the provider and the receivers."""

ASSUMED_OPEN = 32
"""Files that a daemon has open at its start, where the system does not tell."""

IDLE_SECONDS = 75.0
"""A connection over which nothing whole is asked for so long is closed."""


def connections_for(limit: int, opened: int) -> int:
    """How many connections may be held, where a process may have `limit` files open and has
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
    """Listens like any site; where too many hold a connection, whoever has held one longest
    loses it to who comes next.

    Otherwise anybody who reaches the port could keep probes out, and in the end the monitor from
    its provider and receivers, by opening connections and saying nothing.
    """

    async def start(self) -> None:
        """Open the port. OSError when that cannot be."""
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

        # So many connections may be accepted in one go, before `accept` is asked for the first of
        # them.
        backlog = max(1, min(self._backlog, most // 4))
        self._server = await asyncio.get_running_loop().create_server(
            accept, self._host, self._port, backlog=backlog
        )
