"""A receiver that answers as it is told, and every integration that speaks HTTP pointed at it."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from monitor.clock import Clock
from monitor.domain.alerting.notification import Notification, NotifiedAlert, NotifyReason
from monitor.notify import INTEGRATIONS, Context, Integration, open_session
from monitor.ports import Notifier
from tests.clock import START

SECRET = "s3cr3t-8f2b6a"
"""Stands in every place where a receiver's options may hold one."""

ROUTING_KEY = "s3cr3t0000000000000000000008f2b6"
"""The same for PagerDuty, whose keys have a form of their own."""


NOTIFICATION = Notification(
    id="ntf_01JNB",
    receiver="ops",
    group_key="ops:1",
    group_labels={"alertname": "LowDelivery"},
    reason=NotifyReason.FIRING,
    alerts=(
        NotifiedAlert(
            id="a1",
            fingerprint="f1",
            status="firing",
            labels={"alertname": "LowDelivery", "severity": "critical"},
            annotations={"summary": "Spring sale ☀: 71 % delivered"},
            active_since=START,
            starts_at=START,
        ),
    ),
    created_at=START,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What to answer. `hang`: say nothing; `reset`: cut the connection; `raw`: these bytes
    instead of HTTP."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    hang: bool = False
    hang_in_body: bool = False
    reset: bool = False
    raw: bytes | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived; names of headers in lower case."""

    target: str
    headers: Mapping[str, str]
    body: bytes


class ScriptedReceiver:
    """Speaks just enough HTTP/1.1 to misbehave in every way. Answers `replies` in turn, the last
    of them for ever."""

    def __init__(self) -> None:
        self.replies: list[Reply] = [Reply()]
        self.requests: list[Request] = []
        self.url = ""
        self.asked = asyncio.Event()
        self._release = asyncio.Event()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["ScriptedReceiver"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/hooks/{SECRET}?token={SECRET}"
        async with server:
            try:
                yield self
            finally:
                self._release.set()
        await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {
            name.lower(): value
            for name, _, value in (line.partition(": ") for line in head[1:] if line)
        }
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.requests.append(Request(head[0].split(" ")[1], headers, body))
        self.asked.set()
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if reply.hang:
            await self._release.wait()
            return False
        if reply.reset:
            writer.transport.abort()
            return False
        if reply.raw is not None:
            writer.write(reply.raw)
            await writer.drain()
            return False
        length = len(reply.body) + (100 if reply.hang_in_body else 0)
        lines = [
            f"HTTP/1.1 {reply.status} Whatever",
            *(f"{k}: {v}" for k, v in reply.headers.items()),
            f"Content-Length: {length}",
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode() + reply.body)
        await writer.drain()
        if reply.hang_in_body:
            await self._release.wait()
        return not reply.hang_in_body


def _webhook(url: str) -> dict[str, Any]:
    return {
        "url": url,
        "secret": [SECRET, f"old-{SECRET}"],
        "bearer": SECRET,
        "headers": {"X-Api-Key": SECRET},
    }


def _slack(url: str) -> dict[str, Any]:
    return {"url": url}


def _slack_bot(url: str) -> dict[str, Any]:
    parts = urlsplit(url)  # where the Web API is is no secret
    return {
        "bot_token": f"xoxb-{SECRET}",
        "channel": "C012AB3CD",
        "api_url": f"{parts.scheme}://{parts.netloc}/api",
    }


def _alertmanager(url: str) -> dict[str, Any]:
    return {"urls": [url], "bearer": SECRET}


def _pagerduty(url: str) -> dict[str, Any]:
    return {"url": url, "routing_key": ROUTING_KEY}


def _telegram(url: str) -> dict[str, Any]:
    return {"url": url, "token": f"123456:{SECRET}", "chat_id": "-1001234567890"}


def _hook(url: str) -> dict[str, Any]:
    return {"url": url}


OVER_HTTP: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "alertmanager": _alertmanager,
    "discord": _hook,
    "pagerduty": _pagerduty,
    "slack": _slack,
    "slack bot": _slack_bot,
    "teams": _hook,
    "telegram": _telegram,
    "webhook": _webhook,
}
"""Every integration that speaks HTTP, with options full of secrets for a receiver at a URL."""


def integration_of(kind: str) -> Integration[Any]:
    """The integration that a kind of the above is built by."""
    return INTEGRATIONS[kind.partition(" ")[0]]


def success(kind: str) -> bytes:
    """The body of an answer by which that kind's service says yes."""
    return (
        b'{"ok": true, "channel": "C012AB3CD", "ts": "1772442000.000100"}'
        if kind == "slack bot"
        else b"ok"
    )


@asynccontextmanager
async def notifier_for(
    kind: str,
    url: str,
    clock: Clock,
    *,
    seconds: float = 10.0,
    options: dict[str, Any] | None = None,
) -> AsyncIterator[Notifier]:
    """A notifier of that kind as the monitor builds it, with every secret or with `options`;
    `seconds` bounds an attempt."""
    integration = integration_of(kind)
    checked = integration.options.model_validate(options or OVER_HTTP[kind](url))
    async with open_session() as session:
        context = Context(
            session=session,
            clock=clock,
            console=io.StringIO(),
            external_url="https://m.example",
            attempt_seconds=seconds,
        )
        notifier = integration.build("ops", checked, context)
        yield notifier
        await notifier.close()
