"""The dead man's switch: a URL that is called after good cycles, so that a service elsewhere can
notice when the calls stop."""

import asyncio
from collections.abc import Callable

import aiohttp
import structlog

from monitor.net import proxy_for

TIMEOUT_SECONDS = 10.0

log = structlog.get_logger()


class Heartbeat:
    """Calls `url` once for each `beat`, while `fresh()` is true. Beats during a call become one."""

    def __init__(
        self, url: str, *, session: aiohttp.ClientSession, fresh: Callable[[], bool]
    ) -> None:
        self._url = url
        self._session = session
        self._fresh = fresh
        self._beat = asyncio.Event()
        self._failing = False

    def beat(self) -> None:
        """Say that a cycle was good."""
        self._beat.set()

    async def run(self) -> None:
        """Call until cancelled. A failed call is logged once and not repeated: the next good cycle
        calls again."""
        while True:
            await self._beat.wait()
            self._beat.clear()
            if self._fresh():
                await self._call()

    async def _call(self) -> None:
        try:
            proxy = proxy_for(self._url)
            request = self._session.get(
                self._url,
                allow_redirects=False,
                headers=proxy.request_headers,
                proxy=proxy.url,
                proxy_headers=proxy.tunnel_headers,
            )
            async with asyncio.timeout(TIMEOUT_SECONDS), request as answer:
                failure = None if answer.status < 400 else f"HTTP {answer.status}"
        except Exception as error:  # noqa: BLE001 (none may end the daemon)
            failure = type(error).__name__  # its text may hold the address, which is a secret
        if failure is not None and not self._failing:
            log.warning("heartbeat_failed", error=failure)
        elif failure is None and self._failing:
            log.info("heartbeat_recovered")
        self._failing = failure is not None
