from pathlib import Path

import pytest

from monitor.errors import ConfigError
from monitor.simulator.scenario import bulk_scenario, bundled_scenarios, load_scenario
from monitor.simulator.world import World
from tests.clock import FakeClock


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(folder: Path, text: str) -> list[str]:
    path = written(folder, text)
    with pytest.raises(ConfigError) as caught:
        load_scenario(path)
    return [str(problem).removeprefix(str(path)) for problem in caught.value.problems]


def test_every_bundled_scenario_loads_and_plays() -> None:
    assert set(bundled_scenarios()) >= {"demo", "healthy", "incidents"}
    for name in bundled_scenarios():
        assert World(load_scenario(name), FakeClock()).rows()


def test_a_file_says_what_its_campaigns_do(tmp_path: Path) -> None:
    scenario = load_scenario(
        written(
            tmp_path,
            """
seed: 3
first_id: 100
balance: {amount: 10, credit: 5, currency: USD, per_minute: 6, floor: 2}
defaults: {sender: Shop, pace: 10}
campaigns:
  - {name: "Sale {n}", size: 600, created: -5m, repeat: {every: 1m, times: 3}}
  - {name: Bad, size: 50, kind: bad_delivery, sender: Other, delivered_share: 40%}
bulk: {campaigns: 20, days: 2}
""",
        )
    )
    assert (scenario.name, scenario.seed, scenario.first_id) == ("mine", 3, 100)
    sale = scenario.campaigns[:3]
    assert [(plan.name, plan.created, plan.duration) for plan in sale] == [
        ("Sale 1", -300, 60),
        ("Sale 2", -240, 60),
        ("Sale 3", -180, 60),
    ]
    assert (scenario.campaigns[3].sender, scenario.campaigns[3].delivered_share) == ("Other", 0.4)
    assert len(scenario.campaigns) == 24
    assert [scenario.balance.at(elapsed) for elapsed in (0, 60, 3600)] == [10, 4, 2]


def test_the_documented_scenario_loads(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs/commands.md").read_text(encoding="utf-8")
    _, _, block = page.partition("A scenario file says")[2].partition("```yaml\n")
    scenario = load_scenario(written(tmp_path, block.partition("```")[0]))
    assert [plan.name for plan in scenario.campaigns][:2] == ["Spring sale", "Orders 1"]
    assert len(scenario.campaigns) == 51


def test_everything_wrong_is_told_at_once_with_line_and_column(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        """sed: 1
campaigns:
  - {name: A, sender: S, size: many}
  - {name: B, sender: S}
  - name: C
    sender: S
    size: 5
    created: soon
  - {name: D, sender: S, size: 5, kind: broken, color: red}
  - {name: E, sender: S, size: 5, repeat: {every: 1m}}
  - {name: F, sender: S, size: [1]}
  - [1]
balance: {amount: lots}
bulk: {days: 3}
""",
    )
    assert [problem.split(" ", 1)[0] for problem in found] == [
        ":1:1:", ":3:32:", ":4:5:", ":8:14:", ":9:41:", ":9:49:", ":10:43:", ":11:32:", ":12:5:", ":13:19:", ":14:7:",
    ]  # fmt: skip
    assert 'a scenario has no "sed" (did you mean "seed"?)' in found[0]
    assert 'size: expected a whole number from 0 to 1000000000000000, found "many"' in found[1]
    assert 'a campaign needs "size"' in found[2]
    assert (
        'created: expected seconds, or a text like 90s, 1h30m, -2d or forever, found "soon"'
        in found[3]
    )
    assert "kind: expected healthy, spam, late, " in found[4]
    assert 'found "broken"' in found[4]
    assert 'a campaign has no "color"' in found[5]
    assert 'repeat needs "times"' in found[6]
    assert "size: expected a whole number from 0 to 1000000000000000, found a list" in found[7]
    assert "campaigns: expected a mapping, found a list" in found[8]
    assert 'amount: expected a number, found "lots"' in found[9]
    assert 'bulk needs "campaigns"' in found[10]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the scenario is empty: expected a mapping of seed, first_id, balance"),
        ("campaigns: [", ":1:13: not valid YAML"),
        (
            "bulk: {campaigns: 5, live_share: 2}",
            ":1:34: live_share: expected a number from 0 to 1, found the number 2",
        ),
        ("balance: {amont: 1}", 'balance has no "amont" (did you mean "amount"?)'),
        ("defaults: {size: x}", ":1:18: size: expected a whole number from 0"),
        ("a: b: c", ":1:5: not valid YAML"),
        (
            "- 1",
            ":1:1: expected a mapping of seed, first_id, balance, defaults, campaigns and bulk, found a list",
        ),
        ("campaigns: 5", ":1:12: campaigns: expected a list, found the number 5"),
        ("seed: 1\nseed: 2", ':2:1: the key "seed" is there twice'),
        (
            "seed: 2026-99-99",
            ':1:7: seed: expected a whole number from 0 to 1000000000000000, found "2026-99-99"',
        ),
        ("seed: \x07", ":1:7: the character U+0007 is not allowed in YAML"),
        (
            "campaigns: [{name: A, sender: B, size: 1, stall_for: 5s}]",
            "stall_for: given without stall_after",
        ),
        (
            "campaigns: [{name: A, sender: B, size: 1, delivered_share: 0.9, not_rcs_share: 0.2}]",
            "more than delivered_share leaves",
        ),
        (
            "campaigns: [{name: A, sender: B, size: 1, pace: 2, duration: 3s}]",
            "pace: given together with duration",
        ),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, says: str) -> None:
    assert says in "\n".join(problems(tmp_path, text))


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(
        ConfigError, match=r"there is no scenario 'nope' .*demo, healthy, incidents"
    ):
        load_scenario("nope")


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the scenario does not exist"):
        load_scenario(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"seed: \xff")
    with pytest.raises(ConfigError, match="UTF-8"):
        load_scenario(tmp_path / "latin.yaml")


def test_bulk_is_the_same_for_the_same_seed_only() -> None:
    assert bulk_scenario(200, seed=4) == bulk_scenario(200, seed=4)
    assert bulk_scenario(200, seed=4) != bulk_scenario(200, seed=5)


async def test_the_live_share_of_a_bulk_moves_between_any_two_polls() -> None:
    clock = FakeClock()
    world = World(bulk_scenario(1000, live_share=0.1), clock)
    before = {state.id: state for state in world.rows()}
    assert len(before) == 1000
    for _ in range(3):
        await clock.advance(30)
        after = {state.id: state for state in world.rows()}
        moved = sum(after[campaign_id].sent > state.sent for campaign_id, state in before.items())
        assert 100 <= moved <= 110
        before = after


def test_bulk_ids_ascend_with_creation_over_the_days_asked_for() -> None:
    clock = FakeClock()
    rows = World(bulk_scenario(500, days=10), clock).rows()
    created = [state.created_at for state in rows]
    assert created == sorted(created)
    assert clock.now().timestamp() - 10 * 86400 <= created[0] < clock.now().timestamp() - 9 * 86400


async def test_the_demo_shows_every_kind_of_trouble_within_a_minute() -> None:
    clock = FakeClock()
    world = World(load_scenario("demo"), clock)

    async def seen_at(seconds: float) -> dict[str, tuple[str, int, int]]:
        await clock.advance(seconds - world.elapsed())
        return {state.name: (state.status, state.sent, state.delivered) for state in world.rows()}

    start, t15, t30, t40, t50, t58 = [await seen_at(seconds) for seconds in (0, 15, 30, 40, 50, 58)]
    spam, late, stall = (
        "Flash sale: 40 % off everything 🔥",
        "Appointment reminders, Tuesday",
        "Monthly statement is ready",
    )
    assert (start[spam][0], t30[spam][0], t40[spam][0]) == ("spam", "spam", "sending")
    assert (start[late][0], t50[late][0], t58[late][0]) == ("scheduled", "scheduled", "sending")
    assert t15[stall][:2] == t58[stall][:2] == ("sending", 4320)
    status, sent, delivered = start["Win-back, old list"]
    assert status == "done"
    assert 0.60 <= delivered / sent <= 0.62
    assert (t15["Price drop on winter tyres"][0], t30["Price drop on winter tyres"][0]) == (
        "sending",
        "stopped",
    )
    assert (t30["Vaccination week 💉"][0], t58["Vaccination week 💉"][0]) == ("paused", "sending")
    healthy = [
        name for name in start if start[name][0] == "sending" and t15[name][1] > start[name][1]
    ]
    assert len(healthy) >= 10
    assert world.balance()[0] < 50
