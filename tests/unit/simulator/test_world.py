from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from monitor.simulator.plan import CampaignPlan
from monitor.simulator.scenario import Scenario, bulk_scenario, load_scenario
from monitor.simulator.world import World
from tests.clock import START, FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def world(clock: FakeClock) -> World:
    return World(Scenario(name="empty"), clock)


def test_rows_are_a_pure_function_of_the_time(clock: FakeClock) -> None:
    one, other = World(load_scenario("incidents"), clock), World(load_scenario("incidents"), clock)
    for minutes in (45, 0, 7, 600):
        now = START + timedelta(minutes=minutes)
        assert one.rows(now) == other.rows(now)


def test_a_campaign_is_seen_from_its_creation_on(clock: FakeClock) -> None:
    world = World(
        Scenario(
            name="s", campaigns=(CampaignPlan(name="later", sender="s", size=1, created=60.0),)
        ),
        clock,
    )
    assert world.rows() == []
    assert [state.name for state in world.rows(START + timedelta(seconds=60))] == ["later"]


async def test_an_added_campaign_follows_its_plan_from_now_on(
    world: World, clock: FakeClock
) -> None:
    await clock.advance(10)
    campaign_id = world.add(name="New", size=100, duration="50s", kind="stopped")
    await clock.advance(20)
    state = world.campaign(campaign_id)
    assert state is not None
    assert (state.status, state.sent, state.created_at) == (
        "sending",
        40,
        int(START.timestamp()) + 10,
    )
    await clock.advance(20)
    assert world.rows()[0].status == "stopped"


async def test_an_added_campaign_with_a_status_stays_as_it_is(
    world: World, clock: FakeClock
) -> None:
    campaign_id = world.add(
        id=7, status="sending", sent=50, delivered=40, created_at=START - timedelta(days=1)
    )
    first = world.campaign(campaign_id)
    await clock.advance(1000)
    assert campaign_id == 7
    assert world.campaign(7) == first
    assert first is not None
    assert (first.created_at, first.sent, first.delivered) == (
        int(START.timestamp()) - 86400,
        50,
        40,
    )


async def test_a_change_fixes_the_rest_as_it_is(clock: FakeClock) -> None:
    world = World(
        Scenario(name="s", campaigns=(CampaignPlan(name="n", sender="s", size=100, duration=100),)),
        clock,
    )
    (campaign_id,) = [state.id for state in world.rows()]
    await clock.advance(30)
    state = world.change(campaign_id, status="stopped", name="renamed")
    assert (state.sent, state.status, state.name, state.finished_at) == (
        30,
        "stopped",
        "renamed",
        int(START.timestamp()) + 30,
    )
    await clock.advance(30)
    assert world.campaign(campaign_id) == state
    again = world.change(campaign_id, status="sending", sent=150)
    assert (again.finished_at, again.sent, again.total) == (None, 150, 150)


async def test_a_stop_ends_sending_while_reports_keep_arriving(clock: FakeClock) -> None:
    world = World(
        Scenario(
            name="s", campaigns=(CampaignPlan(name="n", sender="s", size=1000, duration=100),)
        ),
        clock,
    )
    campaign_id = world.rows()[0].id
    await clock.advance(50)
    assert world.stop(campaign_id)
    before = world.campaign(campaign_id)
    await clock.advance(600)
    after = world.campaign(campaign_id)
    assert before is not None
    assert after is not None
    assert (after.status, after.sent, before.sent) == ("stopped", 500, 500)
    assert after.delivered > before.delivered
    assert not world.stop(campaign_id)


def test_a_deleted_campaign_is_gone(world: World) -> None:
    campaign_id = world.add()
    world.delete(campaign_id)
    assert world.rows() == []
    assert world.row(campaign_id) is None
    assert world.between("sms", 0, 2**40)[0] == []
    with pytest.raises(KeyError):
        world.delete(campaign_id)


@pytest.mark.parametrize(
    "fields",
    [
        {"color": "red"},
        {"sent": "many"},
        {"size": -1},
        {"status": 5},
        {"created_at": "soon"},
        {"created_at": datetime(2026, 1, 1)},  # noqa: DTZ001 (naive on purpose)
        {"sent": True},
    ],
)
def test_unfit_fields_are_refused_by_name(world: World, fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(fields))):
        world.add(fields)


def test_a_taken_id_is_refused(world: World) -> None:
    world.add(id=5)
    with pytest.raises(ValueError, match="5 exists already"):
        world.add(id=5)


def test_a_window_lists_its_campaigns_whatever_order_they_were_added_in(world: World) -> None:
    at = {9: 50, 3: 10, 7: 30, 5: 30}
    for campaign_id, age in at.items():
        world.add(id=campaign_id, status="done", created_at=START - timedelta(seconds=age))
    now = int(START.timestamp())
    rows, ascending = world.between("sms", now - 40, now - 10)
    assert [row.id for row in rows] == [5, 7, 3]
    assert not ascending


def test_rows_that_shift_keep_the_world_consistent(clock: FakeClock) -> None:
    world = World(bulk_scenario(300, days=5), clock)
    rng, now = Random(4), int(START.timestamp())
    before = {state.id for state in world.rows()}
    for _ in range(60):
        world.shift("sms", 0, now, rng)
    after = {state.id for state in world.rows()}
    assert before - after
    assert after - before
    for message_type in ("sms", "rcs"):
        rows, ascending = world.between(message_type, 0, now)
        assert ascending
        assert [row.id for row in rows] == sorted(
            state.id for state in world.rows() if state.message_type == message_type
        )


def test_the_balance_runs_down_unless_it_is_fixed(world: World) -> None:
    assert world.balance(datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) == (250.0, 0.0, "EUR")
    world.set_balance(-3.5)
    assert world.balance()[0] == -3.5
