"""The listening socket, and how many may hold on to it."""

import asyncio

from aiohttp import web

MOST_CONNECTIONS = 256
"""Far more than probes, scrapes and browsers need, and far less than the files a process may open: the provider and the
receivers need theirs."""

IDLE_SECONDS = 75.0
"""A connection over which nothing whole is asked for so long is closed."""


class BoundedSite(web.TCPSite):
    """Listens like any site; where too many hold a connection, whoever has held one longest loses it to who comes next.

    Otherwise anybody who reaches the port could keep probes out, and in the end the monitor from its provider, by opening
    connections and saying nothing.
    """

    async def start(self) -> None:
        """Open the port. OSError when that cannot be."""
        await web.BaseSite.start(self)
        server = self._runner.server
        if server is None:
            raise RuntimeError("the runner has not been set up")

        def accept() -> asyncio.Protocol:
            held = server.connections
            for longest in held[: max(0, len(held) - MOST_CONNECTIONS + 1)]:
                if longest.transport is not None:
                    longest.transport.abort()
            return server()

        self._server = await asyncio.get_running_loop().create_server(accept, self._host, self._port, backlog=self._backlog)
