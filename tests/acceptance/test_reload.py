"""Other rules in a running daemon: by SIGHUP and by a change of files, good ones and bad ones."""

import asyncio
import json
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from monitor.simulator.api_server import Simulator
from tests.acceptance.daemon import RULES, Monitor, Receiver, monitor
from tests.acceptance.listening import listening
from tests.patience import until

pytestmark = pytest.mark.slow

LOW = (
    '\n  - alert: Low\n    when: status == "sending" and delivery_ratio < 0.5\n    summary: "{{ '
    'campaign.name }} is low"'
)
WITH_LOW = RULES.replace("\nreceivers:", f"{LOW}\nreceivers:")
WITHOUT_SPAM = re.sub(r"  - alert: Spam.*?(?=  - alert: Stopped)", "", RULES, flags=re.DOTALL)
BAD = RULES.replace('status == "spam"', 'stauts == "spam"').replace(
    "group_interval: 1s", "group_interval: soon"
)


def hang_up(subject: Monitor) -> None:
    assert subject.process is not None
    subject.process.send_signal(signal.SIGHUP)


def logged(subject: Monitor, event: str) -> list[dict[str, Any]]:
    lines = (json.loads(line) for line in subject.log.read_text().splitlines())
    return [line for line in lines if line["event"] == event]


def told(receiver: Receiver) -> list[tuple[str, str, str]]:
    """Rule, campaign and status of everything told, in order."""
    alerts = (alert for _, alert in receiver.alerts())
    return [
        (each["labels"]["alertname"], each["labels"].get("campaign_id", ""), each["status"])
        for each in alerts
    ]


async def metric(subject: Monitor, name: str) -> float:
    text = await subject.get("/metrics")
    assert text is not None
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    assert found is not None, name
    return float(found[1])


async def test_sighup_puts_new_rules_in_force_and_keeps_what_fires(
    tmp_path: Path, simulator: Simulator, provider_url: str, receiver: Receiver
) -> None:
    waits = str(simulator.world.add(name="Waits", sender="Shop", status="spam"))
    low = str(
        simulator.world.add(name="Low", sender="Shop", status="sending", sent=100, delivered=10)
    )
    with listening(tmp_path) as manager:
        async with monitor(
            tmp_path, provider_url, receiver, NOTIFY_SOCKET=manager.address
        ) as subject:
            await until(lambda: told(receiver) == [("Spam", waits, "firing")])
            before = (await alerts(subject))["Spam"]
            loaded = await metric(
                subject, "bsg_monitor_config_last_reload_success_timestamp_seconds"
            )
            (tmp_path / "rules.yaml").write_text(WITH_LOW)
            hang_up(subject)
            await until(
                lambda: told(receiver) == [("Spam", waits, "firing"), ("Low", low, "firing")]
            )
            assert (await alerts(subject))["Spam"] == before
            assert await metric(subject, "bsg_monitor_config_last_reload_successful") == 1
            assert (
                await metric(subject, "bsg_monitor_config_last_reload_success_timestamp_seconds")
                > loaded
            )
            reloaded = logged(subject, "rules_reloaded")
            assert (reloaded[0]["rules"], reloaded[0]["rules_added"]) == (4, ["Low"])
            assert (
                await metric(
                    subject, 'bsg_alerts{alertname="Low",severity="warning",state="firing"}'
                )
                == 1
            )
        assert manager.states[:3] == ["READY=1", "RELOADING=1", "READY=1"]
        times = [line for line in manager.lines if line.startswith("MONOTONIC_USEC=")]
        assert times
        assert all(int(line.partition("=")[2]) > 0 for line in times)


async def alerts(subject: Monitor) -> dict[str, dict[str, Any]]:
    code, out, err = await subject.command("alerts", "--json")
    assert code == 0, err
    return {alert["alertname"]: alert for alert in json.loads(out)}


async def test_a_bad_file_is_refused_with_everything_wrong_and_the_old_rules_stay(
    tmp_path: Path, simulator: Simulator, provider_url: str, receiver: Receiver
) -> None:
    with listening(tmp_path) as manager:
        async with monitor(
            tmp_path, provider_url, receiver, NOTIFY_SOCKET=manager.address
        ) as subject:
            await until(subject.ready)
            (tmp_path / "rules.yaml").write_text(BAD)
            hang_up(subject)
            await until(lambda: len(logged(subject, "reload_refused")) == 1)
            wrong = logged(subject, "configuration_wrong")
            assert [re.sub(r".*rules.yaml", "", each["place"]) for each in wrong] == [
                ":4:11",
                ":20:19",
            ]
            assert "stauts" in wrong[0]["problem"]
            assert await metric(subject, "bsg_monitor_config_last_reload_successful") == 0
            page = await subject.get("/")
            assert page is not None
            assert "The changed rules were refused" in page
            assert all(each["problem"].split(":")[0] in page for each in wrong)
            await until(lambda: "the changed rules were refused" in manager.status)
            waits = str(simulator.world.add(name="Waits", sender="Shop", status="spam"))
            await until(lambda: told(receiver) == [("Spam", waits, "firing")])
            (tmp_path / "rules.yaml").write_text(RULES)
            await until(lambda: len(logged(subject, "rules_reloaded")) == 1)
            assert await metric(subject, "bsg_monitor_config_last_reload_successful") == 1
            page = await subject.get("/")
            assert page is not None
            assert "refused" not in page
            assert subject.process is not None
            assert subject.process.returncode is None
        assert manager.states[:3] == ["READY=1", "RELOADING=1", "READY=1"]


async def test_a_changed_file_is_noticed_and_alerts_of_a_removed_rule_end_with_that_reason(
    tmp_path: Path, simulator: Simulator, provider_url: str, receiver: Receiver
) -> None:
    waits = str(simulator.world.add(name="Waits", sender="Shop", status="spam"))
    async with monitor(tmp_path, provider_url, receiver) as subject:
        await until(lambda: told(receiver) == [("Spam", waits, "firing")])
        new = tmp_path / "new.yaml"
        new.write_text(WITHOUT_SPAM)
        new.replace(tmp_path / "rules.yaml")  # as editors do it
        await until(
            lambda: told(receiver) == [("Spam", waits, "firing"), ("Spam", waits, "resolved")]
        )
        assert logged(subject, "rules_reloaded")[0]["rules_removed"] == ["Spam"]
        assert logged(subject, "alert_resolved")[0]["reason"] == "rule_removed"
        polls = len(logged(subject, "poll_completed"))
        await until(lambda: len(logged(subject, "poll_completed")) > polls + 2)
        assert len(logged(subject, "monitor_started")) == 1


async def test_a_config_map_is_swapped_as_kubernetes_does_it(
    tmp_path: Path, simulator: Simulator, provider_url: str, receiver: Receiver
) -> None:
    low = str(
        simulator.world.add(name="Low", sender="Shop", status="sending", sent=100, delivered=10)
    )
    mounted = tmp_path / "etc"
    for version, text in (("..1", RULES), ("..2", WITH_LOW)):
        (mounted / version).mkdir(parents=True)
        (mounted / version / "rules.yaml").write_text(text)
    (mounted / "..data").symlink_to("..1")
    (mounted / "rules.yaml").symlink_to("..data/rules.yaml")
    async with monitor(
        tmp_path, provider_url, receiver, BSG_RULES_FILE=str(mounted / "rules.yaml")
    ) as subject:
        await until(subject.ready)
        (mounted / "..data_tmp").symlink_to("..2")
        (mounted / "..data_tmp").rename(mounted / "..data")
        await until(lambda: told(receiver) == [("Low", low, "firing")])


async def test_a_pending_alert_keeps_its_time(
    tmp_path: Path, simulator: Simulator, provider_url: str, receiver: Receiver
) -> None:
    simulator.world.add(name="Waits", sender="Shop", status="spam")
    slow = RULES.replace('when: status == "spam"', 'when: status == "spam"\n    for: 1h')
    async with monitor(tmp_path, provider_url, receiver) as subject:
        await subject.stop()
        (tmp_path / "rules.yaml").write_text(slow)
        (tmp_path / "monitor.db").unlink()
        await subject.start()

        async def pending() -> bool:
            return "Spam" in await alerts(subject)

        await until(pending)
        since = (await alerts(subject))["Spam"]["active_since"]
        (tmp_path / "rules.yaml").write_text(slow.replace("for: 1h", "for: 2s"))
        hang_up(subject)
        await until(lambda: len(told(receiver)) > 0)
        assert (await alerts(subject))["Spam"]["active_since"] == since


async def test_a_delivery_under_way_to_a_receiver_that_changes_comes_once_and_the_rest_goes_the_new_way(
    tmp_path: Path, simulator: Simulator, provider_url: str, receiver: Receiver
) -> None:
    receiver.hang = asyncio.Event()
    first = str(simulator.world.add(name="First", sender="Shop", status="spam"))
    async with Receiver().serve() as other, monitor(tmp_path, provider_url, receiver) as subject:
        await until(lambda: len(receiver.attempts) == 1)
        (tmp_path / ".env").write_text("")
        (tmp_path / "rules.yaml").write_text(RULES.replace("${HOOK_URL}", "${OTHER_URL}"))
        hang_up(subject)
        await until(
            lambda: len(logged(subject, "reload_refused")) == 1
        )  # that name does not exist yet
        (tmp_path / ".env").write_text(f"OTHER_URL={other.url}\n")
        (tmp_path / ".env").chmod(0o600)
        hang_up(subject)
        await until(lambda: len(logged(subject, "rules_reloaded")) == 1)
        second = str(simulator.world.add(name="Second", sender="Shop", status="spam"))
        receiver.hang.set()
        await until(lambda: len(other.messages) == 1)
        assert told(receiver) == [("Spam", first, "firing")]
        assert ("Spam", second, "firing") in told(other)
        assert receiver.messages[0][0] != other.messages[0][0]
        assert len(receiver.attempts) == 1


async def test_a_secret_in_a_file_is_read_again_and_masked(
    tmp_path: Path, simulator: Simulator, provider_url: str, receiver: Receiver
) -> None:
    secret = tmp_path / "url"
    secret.write_text(f"http://127.0.0.1:{receiver.port}/first-secret-path")
    secret.chmod(0o600)
    rules = RULES.replace('url: "${HOOK_URL}"', "url_file: url")
    async with monitor(tmp_path, provider_url, receiver, BSG_LOG_LEVEL="debug") as subject:
        await subject.stop()
        (tmp_path / "rules.yaml").write_text(rules)
        await subject.start()
        waits = str(simulator.world.add(name="Waits", sender="Shop", status="spam"))
        await until(lambda: len(logged(subject, "receiver_failed")) == 1)  # a 404
        secret.write_text(receiver.url + "?key=second-secret")
        await until(lambda: told(receiver) == [("Spam", waits, "firing")])
        text = subject.log.read_text() + (await subject.get("/") or "")
    assert "first-secret-path" not in text
    assert "second-secret" not in text


async def test_rows_of_a_receiver_that_is_gone_are_dead_letters(
    tmp_path: Path, simulator: Simulator, provider_url: str, receiver: Receiver
) -> None:
    receiver.up = False
    simulator.world.add(name="Waits", sender="Shop", status="spam")
    async with monitor(tmp_path, provider_url, receiver) as subject:
        await until(lambda: len(receiver.attempts) >= 1)
        renamed = RULES.replace("name: hook", "name: other").replace(
            "receiver: hook", "receiver: other"
        )
        (tmp_path / "rules.yaml").write_text(renamed)
        receiver.up = True
        await until(lambda: len(receiver.messages) == 1)
        assert receiver.messages[0][1]["receiver"] == "other"

        async def buried() -> bool:
            _, out, _ = await subject.command("outbox", "list", "--json")
            return sorted((row["receiver"], row["state"]) for row in json.loads(out)) == [
                ("hook", "dead"),
                ("other", "delivered"),
            ]

        await until(buried)


async def test_a_changed_setting_is_said_to_need_a_restart(
    tmp_path: Path, simulator: Simulator, provider_url: str, receiver: Receiver
) -> None:
    async with monitor(tmp_path, provider_url, receiver) as subject:
        (tmp_path / ".env").write_text("BSG_LOOKBACK=7d\n")
        await until(lambda: len(logged(subject, "settings_changed")) == 1)
        assert logged(subject, "settings_changed")[0]["settings"] == ["BSG_LOOKBACK"]


async def test_messages_and_the_alerts_page_link_to_the_runbook_before_and_after_a_reload(
    tmp_path: Path, simulator: Simulator, provider_url: str, receiver: Receiver
) -> None:
    rules = RULES.replace('waits"\n', 'waits"\n    runbook_url: /runbooks#heldasspam\n')
    outside = "https://bsg.example.org/monitor"
    simulator.world.add(name="Waits", sender="Shop", status="spam")
    async with monitor(
        tmp_path, provider_url, receiver, rules=rules, BSG_EXTERNAL_URL=outside
    ) as subject:
        await until(lambda: len(told(receiver)) == 1)
        simulator.world.add(name="Low", sender="Shop", status="sending", sent=100, delivered=10)
        low = LOW + "\n    runbook_url: /runbooks#lowdelivery"
        (tmp_path / "rules.yaml").write_text(rules.replace("\nreceivers:", f"{low}\nreceivers:"))
        hang_up(subject)
        await until(lambda: len(told(receiver)) == 2)
        links = {
            alert["labels"]["alertname"]: alert["annotations"]["runbook_url"]
            for _, alert in receiver.alerts()
        }
        assert links == {
            "Spam": f"{outside}/runbooks#heldasspam",
            "Low": f"{outside}/runbooks#lowdelivery",
        }
        for name, alert in (await alerts(subject)).items():
            page = await subject.get(f"/alerts/{alert['id']}")
            assert page is not None
            assert f'href="{links[name]}"' in page
