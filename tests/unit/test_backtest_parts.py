"""History that is played in parts, and in several processes, decides what it decides as a whole."""

import multiprocessing
import os
import random
import resource
import signal
import struct
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from monitor.backtest import Recording, backtest, open_recording
from monitor.backtest.backtesting import merged
from monitor.backtest.play import HistoryPart, Step, divide, play
from monitor.backtest.process import PartProcess, received
from monitor.backtest.recording import SenderKey
from monitor.domain.alerting.alert import AlertState
from monitor.domain.campaign.feed import Feed
from monitor.domain.campaign.snapshot import Campaign
from monitor.errors import MonitorError, StoreError
from monitor.rulefile import RuleFile, parse_rules
from monitor.store import SqliteStore
from tests.clock import START
from tests.sources import campaign
from tests.unit.recorder import Recorder

RULES = """\
rules:
  - {alert: Stalled, when: stalled_for > "20m" and not in_quiet_hours}
  - {alert: Low, when: settled_sent >= 100 and delivery_ratio_upper < 0.8, severity: critical, keep_firing_for: 10m}
  - {alert: Waits, when: 'status == "moderation" and matches(name, "3")', for: 10m}
  - {alert: Stopped, on: status_changed, when: status == "stopped"}
  - {alert: Weak, scope: sender, when: delivery_ratio < 0.7}
  - {alert: Idle, scope: account, when: api_up and last_success_age < "1h"}
  - {alert: Poor, when: not_rcs_user > 10, detail: true}
quiet_hours: [{times: ["09:30-10:30"], zone: UTC}]
receivers: [{name: ops, console: {}}, {name: pager, console: {}}]
route: {receiver: ops, group_by: [alertname], repeat_interval: 1d, routes: [{matchers: [severity="critical"], receiver: pager}]}
"""
FEEDS = (Feed("default", "rcs"), Feed("default", "sms"))
MINUTES = 150


def rules(text: str = RULES) -> RuleFile:
    return parse_rules(text, source="rules.yaml", lookup=lambda _: None)


def at_minute(seed: int, minute: int) -> list[Campaign]:
    """A dozen campaigns of five senders, that begin, stand still, are stopped and end as it
    comes."""
    shown = []
    for number in range(12):
        dice = random.Random(seed * 1000 + number)
        begins, lasts, stands = dice.randrange(60), dice.randrange(20, 80), dice.randrange(60)
        ratio, ending = dice.choice([0.3, 0.6, 0.9, 1.0]), dice.choice(["done", "done", "stopped"])
        going = min(lasts, max(0, minute - begins))
        sent = 40 * (going if dice.random() < 0.6 else min(going, stands))
        status = "moderation" if going == 0 else ending if going == lasts else "sending"
        kind = dice.choice(["sms", "rcs"])
        sender = f"Sender {dice.randrange(5)}"
        counts = {"sent": sent, "delivered": int(sent * ratio)}
        shown.append(
            campaign(
                number,
                name=f"No {number}",
                sender=sender,
                message_type=kind,
                status=status,
                **counts,
            )
        )
    return shown


async def recorded(folder: Path, seed: int = 1) -> Recording:
    path = folder / f"{seed}.db"
    async with SqliteStore(path) as store:
        await Recorder(store, rules(), FEEDS, partial(at_minute, seed)).live(MINUTES)
    reader = partial(SqliteStore, path, daemon=False, read_only=True)
    return await open_recording(
        reader, since=START - timedelta(hours=1), until=START + timedelta(days=1)
    )


async def told(steps: AsyncGenerator[Step]) -> list[tuple[float, Feed, list[object]]]:
    return [(step.at, step.feed, sorted(map(str, step.alerts))) async for step in steps]


def in_parts(recording: Recording, parts: Sequence[HistoryPart]) -> AsyncGenerator[Step]:
    hours = rules().quiet_hours
    return merged([play(recording, part, hours) for part in parts])


@pytest.mark.parametrize("seed", range(4))
async def test_what_is_played_in_parts_is_what_is_played_as_a_whole(
    tmp_path: Path, seed: int
) -> None:
    recording = await recorded(tmp_path, seed)
    whole = await told(in_parts(recording, divide(recording, rules(), 1)))
    assert sum(len(alerts) for _, _, alerts in whole) > 5
    for most in (2, 3, 9):
        parts = divide(recording, rules(), most)
        assert len(parts) > 1
        assert await told(in_parts(recording, parts)) == whole, most


async def test_steps_come_in_the_order_of_time_then_of_feeds(tmp_path: Path) -> None:
    recording = await recorded(tmp_path, seed=0)
    order = [
        (at, feed) for at, feed, _ in await told(in_parts(recording, divide(recording, rules(), 1)))
    ]
    assert order == sorted(set(order))


async def test_an_alert_that_goes_on_is_told_of_once(tmp_path: Path) -> None:
    recording = await recorded(tmp_path)
    loud = rules("rules: [{alert: Loud, when: sent > 0, for: 5m}]")
    steps = [step async for step in play(recording, HistoryPart(loud.rules))]
    changes = [(alert.id, alert.state) for step in steps for alert in step.alerts]
    assert len(changes) > 5
    assert len(changes) == len(set(changes))
    assert AlertState.PENDING not in {state for _, state in changes}


@pytest.mark.slow
async def test_several_processes_report_what_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.backtest.backtesting.SAMPLES_A_PROCESS", 1)
    recording = await recorded(tmp_path)
    shares: list[float] = []
    several = await backtest(recording, rules(), processes=3, on_progress=shares.append)
    assert several == await backtest(recording, rules())
    assert sum(rule.fired for rule in several.rules) > 10
    assert sum(several.messages.values()) > 3
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


async def test_a_history_is_divided_by_sender(tmp_path: Path) -> None:
    recording = await recorded(tmp_path)
    senders = {SenderKey.of(each) for each in recording.campaigns.values()}
    first, second = divide(recording, rules(), 2)
    assert first.senders is not None
    assert second.senders is not None
    assert (first.senders | second.senders, first.senders & second.senders) == (
        senders,
        frozenset(),
    )
    assert len(divide(recording, rules(), 100)) == len(senders)


async def test_what_history_says_nothing_of_is_not_played(tmp_path: Path) -> None:
    recording = await recorded(tmp_path)
    played = [
        [rule.name for rule in part.rules]
        for most in (1, 2)
        for part in divide(recording, rules(), most)
    ]
    assert played == [["Stalled", "Low", "Waits", "Stopped", "Weak"]] * 3
    idle = (
        "rules: [{alert: Idle, scope: account, when: api_up}]\nreceivers: [{name: ops, console: "
        "{}}]\nroute: {receiver: ops}\n"
    )
    report = await backtest(recording, rules(idle))
    assert ([rule.fired for rule in report.rules], report.messages) == ([0], {"ops": 0})


@pytest.mark.parametrize("asks", ["campaigns > 5", "campaigns_spam > 5 and not in_quiet_hours"])
async def test_a_rule_that_counts_all_campaigns_keeps_them_together(
    tmp_path: Path, asks: str
) -> None:
    recording = await recorded(tmp_path)
    counting = rules(f"rules: [{{alert: Crowd, scope: account, when: {asks}}}]")
    assert divide(recording, counting, 2) == [HistoryPart(counting.rules)]


async def test_the_campaigns_of_one_sender_stay_together(tmp_path: Path) -> None:
    recording = await recorded(tmp_path)
    alone = {
        key: each
        for key, each in recording.campaigns.items()
        if each.sender == "Sender 1" and each.message_type == "sms"
    }
    assert [part.senders for part in divide(replace(recording, campaigns=alone), rules(), 2)] == [
        None
    ]


@pytest.mark.slow
async def test_a_store_that_another_process_cannot_open_is_told_as_everywhere(
    tmp_path: Path,
) -> None:
    gone = partial(SqliteStore, tmp_path / "gone.db", daemon=False, read_only=True)
    process = PartProcess(
        replace(await recorded(tmp_path), open_store=gone), HistoryPart(rules().rules), ()
    )
    process.start()
    await process.set_to_work()
    with pytest.raises(StoreError, match=r"gone\.db"):
        await anext(process.steps())
    process.stop()


def test_a_process_that_ends_in_the_middle_of_a_message_has_ended() -> None:
    here, there = multiprocessing.Pipe()
    os.write(there.fileno(), struct.pack("!i", 100) + b"half")
    there.close()
    with here, pytest.raises(EOFError):
        received(here)


@pytest.mark.slow
async def test_a_process_that_is_killed_is_told_in_words(tmp_path: Path) -> None:
    process = PartProcess(await recorded(tmp_path), HistoryPart(rules().rules), ())
    process.start()
    await process.set_to_work()
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    with pytest.raises(MonitorError, match="exit code -9; -9 may mean that memory ran out"):
        await anext(process.steps())
    process.stop()


@pytest.mark.slow
async def test_ctrl_c_does_not_reach_a_process_that_is_being_loaded(tmp_path: Path) -> None:
    process = PartProcess(await recorded(tmp_path), HistoryPart(rules().rules), ())
    process.start()
    assert process.pid is not None
    os.kill(process.pid, signal.SIGINT)
    await process.set_to_work()
    assert [step async for step in process.steps()]
    process.stop()


async def test_a_system_that_lets_no_more_be_started_is_told_in_words(tmp_path: Path) -> None:
    process = PartProcess(await recorded(tmp_path), HistoryPart(rules().rules), ())
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, before[1]))
    try:
        with pytest.raises(MonitorError, match=r"cannot start a process .*; --jobs 1 needs none"):
            process.start()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        process.stop()
