"""`check --online` shows credentials where a service takes them without a message, and sends
none."""

import asyncio
import socket
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Invoke

RULES = """rules:
  - {{alert: A, when: sent > 5}}
receivers:
  - name: desk
    {receiver}
route: {{receiver: desk}}
"""


def checked(invoke: Invoke, folder: Path, receiver: str) -> str:
    """What is said of the receiver; there is no provider, so the exit code is 1 in any case."""
    (folder / "rules.yaml").write_text(RULES.format(receiver=receiver))
    done = invoke("check", "--online")
    assert done.exit_code == 1
    return next(
        line
        for line in (*done.stdout.splitlines(), *done.stderr.splitlines())
        if "receiver desk" in line
    )


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> int:
    """A port without a listener."""
    monkeypatch.setenv("BSG_API_URL", "http://127.0.0.1:9")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@pytest.mark.parametrize(
    "receiver",
    [
        (
            "email: {{host: 127.0.0.1, port: {port}, tls: none, from: a@example.org, to: "
            "b@example.org}}"
        ),
        "slack: {{bot_token: xoxb-s3cr3t, channel: C1, api_url: 'http://127.0.0.1:{port}/api'}}",
    ],
)
def test_a_service_that_is_not_there_is_told(
    invoke: Invoke, folder: Path, nowhere: int, receiver: str
) -> None:
    said = checked(invoke, folder, receiver.format(port=nowhere))
    assert "could not connect" in said
    assert "s3cr3t" not in said


def test_what_cannot_be_tried_is_told_as_such(invoke: Invoke, folder: Path) -> None:
    assert "ok: receiver desk (apprise) cannot be tried without a message" in checked(
        invoke, folder, "apprise: {url: 'json://127.0.0.1/s3cr3t'}"
    )
    assert "ok: receiver desk (console) needs no network" in checked(invoke, folder, "console: {}")


def test_a_server_that_takes_us_is_fine(invoke: Invoke, folder: Path) -> None:
    from threading import Event, Thread

    from tests.contract.mailserver import mail_server

    ports: list[int] = []
    ready, over = Event(), Event()

    async def serve() -> None:
        async with mail_server() as server:
            ports.append(server.port)
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    ready.wait()
    try:
        said = checked(
            invoke,
            folder,
            f"email: {{host: 127.0.0.1, port: {ports[0]}, tls: none, from: a@example.org, to: b@example.org}}",
        )
    finally:
        over.set()
        thread.join()
    assert (
        said
        == "ok: receiver desk (email) can be reached and accepts the credentials; notify-test proves the rest"
    )
