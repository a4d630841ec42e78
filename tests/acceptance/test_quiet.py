"""What people say from the command line, beside a running daemon."""

import asyncio
from pathlib import Path

import pytest

from monitor.simulator.api_server import Simulator
from tests.acceptance.daemon import RULES, Monitor, Receiver, monitor
from tests.patience import until

pytestmark = pytest.mark.slow


async def test_silences_and_acknowledgements_take_effect_in_a_running_daemon(
    tmp_path: Path, simulator: Simulator, provider_url: str, receiver: Receiver
) -> None:
    async with monitor(tmp_path, provider_url, receiver) as subject:
        await until(subject.ready)
        code, out, err = await subject.command(
            "silence", "add", "alertname=Spam", "--for", "1h", "--author", "anna"
        )
        assert code == 0, err
        silence = out.partition(":")[0]
        await until(lambda: subject.logged("quiet_changed") == 1)
        hushed = simulator.world.add(name="Hushed", sender="Shop", status="spam")
        await until_it_fires(subject.command)
        assert receiver.messages == []
        simulator.faults.set(
            "hang"
        )  # no poll ends any more: whatever happens, happens because of the command
        code, _, err = await subject.command("silence", "expire", silence)
        assert code == 0, err
        await until(lambda: len(receiver.messages) >= 1)
        assert receiver.messages[0][1]["alerts"][0]["labels"]["campaign_id"] == str(hushed)
        code, out, err = await subject.command(
            "ack", "--matcher", "alertname=Spam", "--author", "anna"
        )
        assert code == 0, err
        assert "1 alert acknowledged by anna" in out
        _, out, _ = await subject.command("alerts")
        assert "anna" in out


async def until_it_fires(command: object) -> None:
    assert callable(command)
    for _ in range(60):
        _, out, _ = await command("alerts", "--json")
        if '"firing"' in out:
            return
    pytest.fail("nothing fires")


async def test_an_acknowledged_alert_is_not_repeated(
    tmp_path: Path, simulator: Simulator, provider_url: str, receiver: Receiver
) -> None:
    simulator.world.add(name="Waits", sender="Shop", status="spam")
    async with monitor(tmp_path, provider_url, receiver) as subject:
        await subject.stop()
        (tmp_path / "rules.yaml").write_text(
            RULES.replace("group_interval: 1s", "group_interval: 1s\n  repeat_interval: 1s")
        )
        await subject.start()
        await until(lambda: len(receiver.messages) >= 2)
        assert receiver.messages[-1][1]["notification_reason"] == "repeat"
        code, _, err = await subject.command("ack", "--matcher", "alertname=Spam")
        assert code == 0, err
        await until(lambda: subject.logged("quiet_changed") == 1)
        while await subject.pending():
            pass  # decided before that
        before = len(receiver.messages)
        await asyncio.sleep(2.5)  # noqa: TID251 (two repeats of another process)
        assert len(receiver.messages) == before


async def test_an_acknowledgement_is_pagerdutys_too_at_once(
    tmp_path: Path, simulator: Simulator, provider_url: str, receiver: Receiver
) -> None:
    simulator.world.add(name="Waits", sender="Shop", status="spam")
    subject = Monitor(
        tmp_path, provider_url, receiver.url, HOOK_SECRET="0123456789abcdef0123456789abcdef"
    )
    rules = tmp_path / "rules.yaml"
    hook = 'webhook: {url: "${HOOK_URL}", secret: "${HOOK_SECRET}"}'
    assert hook in rules.read_text()
    rules.write_text(
        rules.read_text().replace(
            hook, 'pagerduty: {url: "${HOOK_URL}", routing_key: "${HOOK_SECRET}"}'
        )
    )
    try:
        await subject.start()
        await until(lambda: [body["event_action"] for _, body in receiver.messages] == ["trigger"])
        simulator.faults.set("hang")  # no poll ends any more
        code, _, err = await subject.command("ack", "--matcher", "alertname=Spam")
        assert code == 0, err
        await until(lambda: len(receiver.messages) >= 2)
        (_, first), (_, second) = receiver.messages[:2]
        assert (second["event_action"], second["dedup_key"]) == ("acknowledge", first["dedup_key"])
    finally:
        if subject.process is not None and subject.process.returncode is None:
            await subject.kill()
