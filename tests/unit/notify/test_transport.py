"""One request to a receiver: what it carries besides what it was given."""

from pathlib import Path

import pytest
from aiohttp import web

from monitor.errors import DeliveryError, DeliveryFault
from monitor.notify.transport import open_session, post


@pytest.mark.parametrize("machine", ["machine 127.0.0.1", "default"])
async def test_a_password_in_netrc_is_never_sent_to_a_receiver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, machine: str
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text(f"{machine} login bob password very-secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("http_proxy", "")
    monkeypatch.setenv("https_proxy", "http://proxy.example.org:3128")
    seen: list[str | None] = []

    async def receive(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization"))
        return web.Response()

    app = web.Application()
    app.router.add_post("/", receive)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with open_session() as session:
        await post(session, f"http://127.0.0.1:{runner.addresses[0][1]}/", b"{}", {}, seconds=5)
    await runner.cleanup()
    assert seen == [None]


async def test_a_host_that_no_dns_can_be_asked_for_is_a_failed_connection() -> None:
    async with open_session() as session:
        with pytest.raises(DeliveryError, match="could not be resolved") as failed:
            await post(session, f"https://{'a' * 64}.example/", b"{}", {}, seconds=5)
    assert failed.value.reason is DeliveryFault.CONNECTION
