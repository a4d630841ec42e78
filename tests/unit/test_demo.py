"""What the demo's receiver prints and counts, and what the demo says of it at its end."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest

from monitor.demo.receiver import PrintingReceiver
from monitor.demo.show import _summarise
from monitor.notify.webhook.signature import signatures

SECRET = "a-secret-of-the-demo"


class Bench:
    def __init__(self) -> None:
        self.shown: list[str] = []
        self.receiver = PrintingReceiver(
            SECRET, show=self.shown.append, elapsed=lambda: 1.5, colours=False
        )
        self.url = ""

    async def tell(self, message_id: str, *alerts: dict[str, object], secret: str = SECRET) -> int:
        body = json.dumps({"alerts": alerts}).encode()
        signed = {"webhook-id": message_id, "webhook-timestamp": "1000"}
        signed["webhook-signature"] = signatures([secret.encode()], message_id, 1000, body)
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.url, data=body, headers=signed) as answer,
        ):
            return answer.status


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    async with bench.receiver.serve() as bench.url:
        yield bench


def alert(name: str, *, status: str = "firing", number: int = 1, **more: str) -> dict[str, object]:
    labels = {"alertname": name, "severity": "critical"}
    told = {
        "status": status,
        "labels": labels,
        "annotations": {"summary": f"{name} of \x1b[31m{number}"},
    }
    return told | {"fingerprint": f"{number:016x}", "startsAt": "2026-03-02T09:00:00Z"} | more


async def test_news_are_printed_once_and_counted_by_kind(bench: Bench) -> None:
    assert await bench.tell("m1", alert("Stalled")) == 204
    assert await bench.tell("m1", alert("Stalled")) == 204  # the same message once more
    assert (
        await bench.tell("m2", alert("Stalled"), alert("Stalled", number=2)) == 204
    )  # the first goes on firing
    assert (
        await bench.tell(
            "m3", alert("Stalled", status="resolved"), alert("Stopped", number=3, event_id="e1")
        )
        == 204
    )
    assert bench.shown == [
        "  1.5 s  CRITICAL  Stalled            Stalled of [31m1",
        "  1.5 s  CRITICAL  Stalled            Stalled of [31m2",
        "  1.5 s  RESOLVED  Stalled            Stalled of [31m1",
        "  1.5 s  EVENT     Stopped            Stopped of [31m3",
    ]
    receiver = bench.receiver
    assert (dict(receiver.fired), dict(receiver.resolved), dict(receiver.events)) == (
        {"Stalled": 2},
        {"Stalled": 1},
        {"Stopped": 1},
    )
    assert receiver.messages == 3


async def test_a_message_that_is_not_signed_with_the_secret_is_refused(bench: Bench) -> None:
    assert await bench.tell("m1", alert("Stalled"), secret="another") == 401
    assert bench.shown == []


@pytest.mark.parametrize(
    ("seconds", "kinds", "code"), [(90.0, 4, 0), (60.0, 3, 1), (59.0, 3, 0), (None, 0, 0)]
)
def test_a_demo_of_a_minute_that_did_not_show_what_it_promises_fails(
    seconds: float | None, kinds: int, code: int
) -> None:
    receiver = Bench().receiver
    receiver.messages = 1
    receiver.fired.update(f"Kind{number}" for number in range(kinds))
    receiver.resolved["Kind1"] = receiver.events["Stopped"] = 1
    duration = None if seconds is None else timedelta(seconds=seconds)
    lines: list[str] = []
    assert _summarise(receiver, 26, duration, 90.2, lines.append) == code
    said = "\n".join(lines)
    assert "90 s: 26 campaigns watched, 1 message received: " in said
    assert "1 resolved, 1 event." in said
    assert ("should have shown" in said) == (code == 1)
