"""A Slack with one channel: the three methods of its Web API that the bot uses, and refusals on
demand."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from slack_sdk.models.attachments import BlockAttachment
from slack_sdk.models.blocks import Block

from monitor.clock import Clock
from monitor.notify import INTEGRATIONS, Context, Memory, VolatileMemory, open_session
from monitor.ports import Notifier
from tests.contract.receivers import SECRET

TOKEN = f"xoxb-{SECRET}"
CHANNEL = "C012AB3CD"


@dataclass
class Post:
    """A message as it stands now. `told` are all its texts, the newest last."""

    ts: str
    body: dict[str, Any]
    thread: str | None = None
    broadcast: bool = False
    told: list[str] = field(default_factory=list)


class FakeSlack:
    """Keeps messages by `ts`. `refusals` are answers to give first, by method: an error's code,
    or a whole response."""

    def __init__(self) -> None:
        self.url = ""
        self.posts: dict[str, Post] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.refusals: dict[str, list[str | web.Response]] = {}

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["FakeSlack"]:
        app = web.Application(client_max_size=10_000_000)
        app.router.add_post("/api/{method}", self._answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api"
        yield self
        await runner.cleanup()

    @property
    def channel(self) -> list[Post]:
        """The messages outside threads, the oldest first."""
        return [post for post in self.posts.values() if post.thread is None]

    def thread(self, post: Post) -> list[str]:
        """The texts below a message, the oldest first."""
        return [
            "\n".join(texts(each.body)) for each in self.posts.values() if each.thread == post.ts
        ]

    async def _answer(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        body: dict[str, Any] = json.loads(await request.text())
        self.calls.append((method, body))
        waiting = self.refusals.get(method)
        if waiting:
            refusal = waiting.pop(0)
            return (
                refusal
                if isinstance(refusal, web.Response)
                else web.json_response({"ok": False, "error": refusal})
            )
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"ok": False, "error": "invalid_auth"})
        if method == "auth.test":
            return web.json_response({"ok": True, "user": "monitor"})
        validate(body)
        error = self._post(body) if method == "chat.postMessage" else self._update(body)
        return web.json_response(error)

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        if body["channel"] not in (CHANNEL, "#alerts"):
            return {"ok": False, "error": "channel_not_found"}
        ts = f"1772442000.{len(self.posts):06}"
        self.posts[ts] = Post(
            ts, body, body.get("thread_ts"), body.get("reply_broadcast", False), [body["text"]]
        )
        return {
            "message": body,
            "ok": True,
            "channel": CHANNEL,
            "ts": ts,
        }  # not in this order in truth, but any is JSON

    def _update(self, body: dict[str, Any]) -> dict[str, Any]:
        post = self.posts.get(body["ts"])
        if body["channel"] != CHANNEL or post is None:
            return {"ok": False, "error": "message_not_found"}
        post.body = body
        post.told.append(body["text"])
        return {"ok": True, "channel": CHANNEL, "ts": post.ts, "text": body["text"]}


def validate(body: dict[str, Any]) -> None:
    """By the block models of Slack's own library."""
    for block in Block.parse_all(body["blocks"]):
        block.validate_json()
    for attachment in body.get("attachments", []):
        BlockAttachment(
            blocks=Block.parse_all(attachment["blocks"]), color=attachment["color"]
        ).validate_json()
    blocks = [
        *body["blocks"],
        *(block for each in body.get("attachments", []) for block in each["blocks"]),
    ]
    assert len(blocks) <= 50
    assert all(0 < len(text) <= 3000 for text in texts(body))
    assert re.fullmatch(r"[a-z_]+", body["metadata"]["event_type"])


def texts(body: dict[str, Any]) -> list[str]:
    """What is shown, without the fallback."""
    blocks = [
        *body["blocks"],
        *(block for each in body.get("attachments", []) for block in each["blocks"]),
    ]
    return [text for block in blocks for text in _in_block(block)]


def _in_block(block: dict[str, Any]) -> list[str]:
    return (
        [block["text"]["text"]]
        if "text" in block
        else [element["text"] for element in block["elements"]]
    )


@asynccontextmanager
async def bot(
    slack: FakeSlack,
    clock: Clock,
    *,
    memory: Memory | None = None,
    seconds: float = 10.0,
    channel: str = CHANNEL,
    receiver: str = "ops",
    token: str = TOKEN,
) -> AsyncIterator[Notifier]:
    """The bot as the monitor builds it."""
    integration = INTEGRATIONS["slack"]
    options = integration.options.model_validate(
        {"bot_token": token, "channel": channel, "api_url": slack.url}
    )
    async with open_session() as session:
        context = Context(
            session=session,
            clock=clock,
            console=None,
            external_url="https://m.example",
            attempt_seconds=seconds,
            memory=memory or VolatileMemory(),
        )
        yield integration.build(receiver, options, context)
