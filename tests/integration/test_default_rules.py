"""The default rules over what the simulator plays: an ordinary month is quiet, every incident is
told of in its time."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

import pytest

from monitor.clock import SteppedClock
from monitor.domain.alerting.alert import Alert
from monitor.domain.campaign.account import Balance
from monitor.domain.campaign.feed import Feed
from monitor.domain.campaign.snapshot import Campaign
from monitor.replay import Replay, replaying
from monitor.rulefile import RuleFile
from monitor.ruletest import load_cases, run_case
from monitor.simulator.campaign_state import CampaignState
from monitor.simulator.scenario import bulk_scenario, load_scenario
from monitor.simulator.world import World
from tests.clock import START
from tests.rules import rules_in, settings_for

ROOT = Path(__file__).parents[2]
FEEDS = (Feed("default", "rcs"), Feed("default", "sms"))
CASES = load_cases(ROOT / "tests" / "default_rules_test.yaml", settings_for(ROOT / "rules.yaml"))


def default_rules() -> RuleFile:
    return rules_in(ROOT / "rules.yaml")


def as_listed(state: CampaignState) -> Campaign:
    """What the provider's list says of it: without a price."""
    return Campaign(
        account="default",
        id=state.id,
        name=state.name,
        sender=state.sender,
        status=state.status,
        message_type=state.message_type,
        created_at=state.created_at,
        start_at=state.start_at,
        real_start_at=state.real_start_at,
        finished_at=state.finished_at,
        sent=state.sent,
        delivered=state.delivered,
        fallback_sent=state.fallback_sent,
        fallback_delivered=state.fallback_delivered,
    )


@pytest.mark.parametrize("case", CASES.cases, ids=lambda case: case.name)
async def test_the_default_rules_do_what_their_tests_say(case: object) -> None:
    assert await run_case(case, CASES.rules) == []


async def read(
    replay: Replay, now: datetime, campaigns: Iterable[Campaign], balance: Balance | None = None
) -> list[Alert]:
    await replay.flushes.flush_until(now)
    by_type = {
        kind: list(found) for kind, found in groupby(sorted(campaigns, key=_type), key=_type)
    }
    alerts: list[Alert] = []
    for feed in FEEDS:
        alerts += await replay.read(feed, by_type.get(feed.message_type, []), balance=balance)
    return alerts


def _type(campaign: Campaign) -> str:
    return campaign.message_type


@pytest.mark.slow
async def test_an_ordinary_month_of_two_thousand_campaigns_is_worth_three_messages_at_the_most() -> (
    None
):
    clock = SteppedClock(START)
    world = World(bulk_scenario(2000, days=30, live_share=0.0), clock)
    month, step = timedelta(days=30), timedelta(minutes=5)
    # A campaign is looked at from its creation until nothing of it moves any more, or for a day.
    begun = sorted((plan.created, number) for number, plan in enumerate(world.scenario.campaigns))
    ids = sorted(state.id for state in world.rows(START))
    assert len(ids) == len(begun) == 2000
    start = START - month
    async with replaying(default_rules(), FEEDS, start) as replay:
        moving: dict[int, float] = {}
        shown: dict[int, Campaign] = {}
        waiting = [
            (START.timestamp() + created, id_) for (created, _), id_ in zip(begun, ids, strict=True)
        ]
        now = start
        while now <= START + timedelta(days=1):
            at = now.timestamp()
            while waiting and waiting[0][0] <= at:
                created, id_ = waiting.pop(0)
                moving[id_] = created + 86400
            for id_ in [id_ for id_, until in moving.items() if until < at]:
                del moving[id_]
            states = (world.campaign(id_, now) for id_ in moving)
            fresh = [as_listed(state) for state in states if state is not None]
            shown.update((campaign.id, campaign) for campaign in fresh)
            await read(replay, now, fresh)
            now += step
        await replay.flushes.flush_until(now)
    assert len(shown) == 2000
    assert sum(campaign.sent or 0 for campaign in shown.values()) > 1_000_000
    assert len(replay.flushes.messages) <= 3, [
        (m.reason, [a.labels["alertname"] for a in m.alerts]) for m in replay.flushes.messages
    ]


INCIDENTS = (
    ("Spring sale", "HeldAsSpam", 15),
    ("Investment opportunity", "LongModeration", 15),
    ("Investment opportunity", "ModerationBlocksStart", 20),
    ("Appointment reminders", "LateStart", 5 + 15),
    ("Event invitation", "LateStart", 10 + 15),
    ("Statement ready", "Stalled", 20 + 17),
    ("Boarding info", "Stalled", 15 + 17),
    ("Win-back, old list", "VeryLowDelivery", 6 + 21),
    ("First send to the new list", "LowDelivery", 9 + 2 * 60 + 17),
    ("RCS api campaign / carousel", "VeryLowReach", 7 + 62),
    ("Vaccination week", "PausedTooLong", 10 + 2 * 60 + 2),
    ("Price drop", "Stopped", 12 + 2),
)
"""Campaign of the scenario `incidents`, rule, and the minute after the scenario's start by which
it is told: when it shows there plus what the rule waits for. docs/rules.md says the same."""


@pytest.mark.slow
async def test_every_incident_is_told_of_within_its_time_and_nothing_else_is() -> None:
    clock = SteppedClock(START)
    world = World(load_scenario("incidents"), clock)
    fired: dict[tuple[str, str], datetime] = {}
    told: set[tuple[str, str]] = set()
    async with replaying(default_rules(), FEEDS, START - timedelta(minutes=1)) as replay:
        for minute in range(4 * 60):
            now = START + timedelta(minutes=minute)
            amount, credit, currency = world.balance(now)
            balance = Balance(balance=amount, credit=credit, currency=currency, read_at=now)
            for alert in await read(replay, now, map(as_listed, world.rows(now)), balance):
                if alert.fired_at is not None:
                    name = alert.campaign.name if alert.campaign else ""
                    fired.setdefault((name, alert.key.rule), alert.fired_at)
        await replay.flushes.flush_until(now)
        for message in replay.flushes.messages:
            told |= {
                (alert.campaign.name if alert.campaign else "", alert.labels["alertname"])
                for alert in message.alerts
            }
    expected = {(name, rule) for name, rule, _ in INCIDENTS} | {
        ("", "LowBalance"),
        ("", "OutOfMoney"),
    }
    assert set(fired) == told == expected
    late = {
        (name, rule): (fired[name, rule] - START).total_seconds() / 60 - by
        for name, rule, by in (*INCIDENTS, ("", "LowBalance", 12), ("", "OutOfMoney", 62))
    }
    assert {key: minutes for key, minutes in late.items() if minutes > 0} == {}


async def test_a_machine_that_was_suspended_says_nothing_of_its_readings_when_it_wakes() -> None:
    awake = START + timedelta(hours=2)
    async with replaying(default_rules(), FEEDS, START) as replay:
        await replay.flushes.flush_until(awake)
        assert await replay.read(FEEDS[0], []) == []
        assert await replay.fail(FEEDS[1], partial=True) == []
        await replay.flushes.flush_until(awake + timedelta(minutes=1))
        news = await replay.fail(FEEDS[1], partial=True)
        assert [alert.key.rule for alert in news] == ["ReadingIncomplete"]
