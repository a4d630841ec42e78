"""A webhook receiver that prints the alerts it gets over HTTP."""

import base64
import binascii
import hashlib
import hmac
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import web

from monitor.domain.safetext.shown_text import clean

COLOURS = {"critical": "31;1", "warning": "33;1", "resolved": "32", "event": "36"}


class PrintingReceiver:
    """Checks each message's signature and prints what is new in it, one line for each alert.
    Ignores a message whose id is known."""

    def __init__(
        self,
        secret: str,
        *,
        show: Callable[[str], None],
        elapsed: Callable[[], float],
        colours: bool,
    ) -> None:
        self.fired: Counter[str] = Counter()
        self.resolved: Counter[str] = Counter()
        self.events: Counter[str] = Counter()
        self.messages = 0
        self._secret = secret.encode()
        self._show = show
        self._elapsed = elapsed
        self._colours = colours
        self._seen: set[str] = set()

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        """Listen on a free port of this machine; gives the URL to post to."""
        app = web.Application()
        app.router.add_post("/", self._receive)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
        finally:
            await runner.cleanup()

    async def _receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        message_id = request.headers.get("webhook-id", "")
        if not self._genuine(message_id, request.headers, body):
            return web.Response(status=401, text="wrong signature\n")
        if message_id in self._seen:
            return web.Response(status=204)
        self._seen.add(message_id)
        self.messages += 1
        for alert in msgspec.json.decode(body)["alerts"]:
            self._print(alert)
        return web.Response(status=204)

    def _genuine(self, message_id: str, headers: Any, body: bytes) -> bool:
        signed = b".".join(
            (message_id.encode(), headers.get("webhook-timestamp", "").encode(), body)
        )
        expected = hmac.new(self._secret, signed, hashlib.sha256).digest()
        for signature in headers.get("webhook-signature", "").split():
            version, _, value = signature.partition(",")
            try:
                if version == "v1" and hmac.compare_digest(base64.b64decode(value), expected):
                    return True
            except binascii.Error:
                continue
        return False

    def _print(self, alert: dict[str, Any]) -> None:
        name = alert["labels"]["alertname"]
        if alert.get("event_id"):
            kind, book = "event", self.events
        elif alert["status"] == "resolved":
            kind, book = "resolved", self.resolved
        else:
            kind, book = alert["labels"].get("severity", "warning"), self.fired
        key = f"{alert['fingerprint']} {alert['startsAt']}"
        if kind not in ("event", "resolved") and key in self._seen:
            return  # still firing: repeated beside what is new in its group
        self._seen.add(key)
        book[name] += 1
        word = kind.upper()
        head = f"\x1b[{COLOURS.get(kind, '33')}m{word:<9}\x1b[0m" if self._colours else f"{word:<9}"
        self._show(
            f"{self._elapsed():5.1f} s  {head} {name:<18} "
            f"{clean(alert['annotations'].get('summary', ''))}"
        )
