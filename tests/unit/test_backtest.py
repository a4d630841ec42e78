"""Rules over recorded history: the same as was seen live, as far as the steps allow."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from monitor.backtest import Recording, Report, backtest, open_recording
from monitor.backtest.recording import SenderKey
from monitor.backtest.report import BUCKETS, Ledgers
from monitor.domain.campaign.detail import CampaignDetail
from monitor.domain.campaign.feed import BlindSpell, Feed
from monitor.domain.campaign.snapshot import Campaign
from monitor.rulefile import RuleFile, parse_rules
from monitor.store import SqliteStore
from tests.clock import START
from tests.sources import campaign
from tests.unit.desk import Desk
from tests.unit.recorder import Recorder

FEED = Feed("default", "sms")
LAST_MOVE = 100
"""The minute after which nothing moves any more: there the recording ends."""

RULES = """\
rules:
  - {alert: Stalled, when: stalled_for > "20m"}
  - {alert: Low, when: settled_sent >= 100 and delivery_ratio_upper < 0.8, severity: critical}
  - {alert: Paused, when: status == "paused", for: 10m}
  - {alert: Stopped, on: status_changed, when: status == "stopped"}
  - {alert: Halved, when: final and delivered < sent, for: 7m}
  - {alert: Weak, scope: sender, when: delivery_ratio < 0.7}
receivers: [{name: ops, console: {}}, {name: pager, console: {}}]
route: {receiver: ops, repeat_interval: 1d, routes: [{matchers: [severity="critical"], receiver: pager}]}
"""


def rules(text: str = RULES) -> RuleFile:
    return parse_rules(text, source="rules.yaml", lookup=lambda _: None)


def at_minute(minute: int) -> list[Campaign]:
    """What the provider shows: one campaign that goes well, one that stands still from minute 30
    to 70, one of which half arrives, one that is paused for half an hour and stopped at last."""

    def sent(upto: int, pace: int = 20) -> int:
        return pace * min(minute, upto)

    still = sent(30) if minute < 70 else sent(30) + 20 * (min(minute, 100) - 70)
    fine, bad = sent(60), sent(40)
    paused = "paused" if 20 <= minute < 50 else "stopped" if minute >= 60 else "sending"
    done = "done" if minute >= 60 else "sending"
    return [
        campaign(1, sent=fine, delivered=fine, status=done),
        campaign(2, sent=still, delivered=still, status="done" if minute >= 100 else "sending"),
        campaign(3, sent=bad, delivered=bad // 2, status=done, sender="Other"),
        campaign(4, sent=sent(20), delivered=sent(20), status=paused),
    ]


async def recorded(path: Path) -> Recording:
    reader = partial(SqliteStore, path, daemon=False, read_only=True)
    return await open_recording(
        reader, since=START - timedelta(hours=1), until=START + timedelta(days=1)
    )


async def played(path: Path, file: RuleFile) -> Report:
    return await backtest(await recorded(path), file)


async def test_what_is_played_fires_as_what_was_seen_live(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "a.db") as store:
        recorder = Recorder(store, rules(), [FEED], at_minute, until=LAST_MOVE)
        await recorder.live(120)
    report = await played(tmp_path / "a.db", rules())
    live = {rule.name: rule for rule in recorder.ledgers.finish()}
    assert {rule.name: (rule.fired, rule.subjects) for rule in report.rules} == {
        name: (rule.fired, rule.subjects) for name, rule in live.items()
    }
    assert [live[name].fired for name in ("Stalled", "Low", "Paused", "Stopped", "Halved")] == [
        1
    ] * 5
    for rule in report.rules:
        step = 3600 if rule.name == "Weak" else 300
        assert abs(rule.firing_seconds - live[rule.name].firing_seconds) <= 2 * step, rule.name
    assert report.messages["pager"] == 1
    assert report.interval_seconds == 60.0


async def test_other_rules_over_the_same_history_change_what_would_have_been_told(
    tmp_path: Path,
) -> None:
    async with SqliteStore(tmp_path / "a.db") as store:
        await Recorder(store, rules(), [FEED], at_minute).live(120)
    tamer = await played(
        tmp_path / "a.db", rules(RULES.replace('"20m"', '"2h"').replace("< 0.8", "< 0.4"))
    )
    fired = {rule.name: rule.fired for rule in tamer.rules}
    assert (fired["Stalled"], fired["Low"], fired["Paused"]) == (0, 0, 1)
    assert tamer.messages["pager"] == 0


async def test_while_the_monitor_was_away_nothing_is_taken_to_have_stood_still(
    tmp_path: Path,
) -> None:
    async with SqliteStore(tmp_path / "a.db") as store:
        recorder = Recorder(store, rules(), [FEED], at_minute, until=LAST_MOVE)
        await recorder.live(120, away=range(5, 45))
    live = {rule.name: rule.subjects for rule in recorder.ledgers.finish()}
    recording = await recorded(tmp_path / "a.db")
    start = START.timestamp()
    assert recording.blind == [BlindSpell(FEED, start + 4 * 60, start + 45 * 60)]
    report = await backtest(recording, rules())
    assert {rule.name: rule.subjects for rule in report.rules} == live
    assert (live["Stalled"], report.blind_seconds) == ({"default 2"}, 41 * 60.0)
    blindly = await backtest(replace(recording, blind=()), rules())
    assert next(rule for rule in blindly.rules if rule.name == "Stalled").subjects > live["Stalled"]


COMING_AND_GOING = """\
rules:
  - {alert: New, on: appeared}
  - {alert: Gone, on: vanished}
  - {alert: Paused, when: status == "paused", for: 10m}
receivers: [{name: ops, console: {}}]
route: {receiver: ops}
"""


async def came_and_went(path: Path, *, gone_at: int) -> Recorder:
    """Recorded with campaigns 1 and 4 there before; 5 appears in minute 10, and 4, paused since
    minute 20, vanishes."""

    def shown(minute: int) -> list[Campaign]:
        found = [campaign(1, sent=min(minute, 60), delivered=0)]
        if minute >= 10:
            found.append(
                campaign(
                    5,
                    created_at=START.timestamp() + 590,
                    sent=min(minute, 60),
                    delivered=0,
                    sender="Other",
                )
            )
        if minute < gone_at:
            found.append(
                campaign(
                    4,
                    status="paused" if minute >= 20 else "sending",
                    sent=min(minute, 20),
                    delivered=0,
                )
            )
        else:
            recorder.source.campaigns.pop(4, None)
        return found

    async with SqliteStore(path) as store:
        recorder = Recorder(store, rules(COMING_AND_GOING), [FEED], shown, until=LAST_MOVE)
        recorder.source.put(campaign(1, sent=0, delivered=0), campaign(4, sent=0, delivered=0))
        await recorder.live(90)
    return recorder


@pytest.mark.parametrize("gone_at", [40, 43, 70])
async def test_what_vanished_is_played_until_then_and_what_was_there_before_does_not_appear(
    tmp_path: Path, gone_at: int
) -> None:
    recorder = await came_and_went(tmp_path / "a.db", gone_at=gone_at)
    live = {rule.name: rule for rule in recorder.ledgers.finish()}
    report = await played(tmp_path / "a.db", rules(COMING_AND_GOING))
    subjects = {"New": {"default 5"}, "Gone": {"default 4"}, "Paused": {"default 4"}}
    for found in (live.values(), report.rules):
        assert {rule.name: (rule.fired, rule.subjects) for rule in found} == {
            name: (1, of) for name, of in subjects.items()
        }
    assert live["Paused"].firing_seconds == (gone_at - 30) * 60.0
    assert abs(report.rules[-1].firing_seconds - live["Paused"].firing_seconds) <= 300


async def test_a_part_of_the_senders_has_every_reading_and_only_what_vanished_of_its_own(
    tmp_path: Path,
) -> None:
    await came_and_went(tmp_path / "a.db", gone_at=70)
    recording = await recorded(tmp_path / "a.db")
    whole = [moment async for moment in recording.moments()]
    for sender, gone in (("Shop", [4]), ("Other", [])):
        part = [moment async for moment in recording.moments([SenderKey("default", "sms", sender)])]
        assert [(moment.at, moment.feed) for moment in part] == [
            (moment.at, moment.feed) for moment in whole
        ]
        assert (part[-1].at, part[-1].gone) == (START.timestamp() + 70 * 60, gone)


async def test_a_campaign_that_has_sent_everything_is_known_to_have(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "a.db") as store:
        await Recorder(store, rules(), [FEED], at_minute).live(120)
    asking = rules(
        "rules: [{alert: Stalled, when: 'stalled_for > \"20m\" and not (progress >= 1)'}]"
    )
    recording = await recorded(tmp_path / "a.db")
    fired = []
    for totals in ({}, {("default", 2): 10_000}, {("default", 2): 600}):
        (rule,) = (await backtest(replace(recording, totals=totals), asking)).rules
        fired.append(sorted(rule.subjects))
    assert recording.totals == {}
    assert fired == [["default 2"], ["default 2"], []]


async def test_how_large_a_campaign_is_was_recorded_with_its_detail(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "a.db") as store:
        recorder = Recorder(store, rules(), [FEED], at_minute, details_per_minute=10)
        recorder.source.details = {
            1: CampaignDetail(read_at=START.timestamp(), total_messages=1200)
        }
        await recorder.live(5)
    assert (await recorded(tmp_path / "a.db")).totals == {("default", 1): 1200}


async def test_a_store_without_history_has_nothing_to_play(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "a.db"):
        pass
    report = await played(tmp_path / "a.db", rules())
    assert (report.samples, report.interval_seconds) == (0, None)
    assert [rule.fired for rule in report.rules] == [0] * 6


async def test_a_moment_that_is_split_between_two_pieces_is_one_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.backtest.recording.READ_AT_ONCE", 3)
    async with SqliteStore(tmp_path / "a.db") as store:
        await Recorder(store, rules(), [FEED], at_minute).live(5)
    moments = [moment async for moment in (await recorded(tmp_path / "a.db")).moments()]
    assert [len(moment.campaigns) for moment in moments] == [4] * 6
    assert [moment.at for moment in moments] == [
        START.timestamp() + 60 * minute for minute in range(6)
    ]


async def test_the_timeline_shows_the_most_at_once() -> None:
    ledgers = Ledgers(
        [("Spam", "warning")], since=START.timestamp(), until=START.timestamp() + BUCKETS * 60
    )
    async with SqliteStore(None) as store:
        desk = Desk(store)
        first = await desk.fire("1")
        second = await desk.fire("2")
        await desk.clock.advance(120.0)
        ledgers.note([first, second, await desk.resolve(first)])
        await desk.clock.advance(180.0)
        ledgers.note([await desk.resolve(second)])
    (rule,) = ledgers.finish()
    assert rule.timeline == [2, 2, 2, 1, 1, 1] + [0] * (BUCKETS - 6)
    assert (rule.fired, rule.firing_seconds, rule.longest_seconds) == (2, 420.0, 300.0)
