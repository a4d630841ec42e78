"""Explanations as people read them: on 80 columns, whatever the condition and the names are."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from monitor.cli.tables.condition_tree import tree_lines
from monitor.cli.tables.explanation_text import explanation_lines
from monitor.cli.tables.wrapping import wrapped
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.condition import explain, parse_condition
from monitor.domain.safetext.shown_text import visible, without_controls
from monitor.explain import Explanation
from monitor.ports import CycleCommit
from monitor.store import SqliteStore
from tests.examples import examples
from tests.unit.domain.builders import NOW, a_campaign, tracked
from tests.unit.domain.expressions import conditions, rows
from tests.unit.scene import LATE, RULES, Scene


def shown(explained: Explanation, width: int = 80) -> str:
    return (
        "\n".join(
            "".join(text for text, _ in line).rstrip()
            for line in explanation_lines(explained, width)
        )
        + "\n"
    )


def tree(text: str, row: TrackedCampaign, width: int = 80) -> str:
    lines = tree_lines(explain(parse_condition(text, scope="campaign"), row, NOW), width)
    return "\n".join("".join(piece for piece, _ in line).rstrip() for line in lines) + "\n"


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with SqliteStore(None) as store:
        yield Scene(store)


async def test_a_rule_that_does_not_fire(scene: Scene) -> None:
    await scene.know(LATE)
    scene.now += timedelta(seconds=30)
    assert (
        shown(await scene.explain("Late", "7"))
        == """\
Late (critical) for campaign 7 "Spring sale" (sms, sender Shop, account default)
does not fire: its condition does not hold
as read at 2026-03-02 09:00:00 UTC (30 s ago)

when
  status == "scheduled" and start_delay > "10m"
  ✗ all of
  ├ ✓ status == "scheduled"  status = "scheduled"
  └ ✗ start_delay > "10m"    start_delay = 8 min 30 s

missing
  - start_delay is 8 min 30 s, needs > 10 min
  If nothing but time changes it will hold from 2026-03-02 09:02:01 UTC on, in 1
  min 31 s.

told
  desk, by way of route/{severity="critical"}, grouped by alertname=Late,
    account=default, message_type=sms
"""
    )


async def test_of_a_name_that_is_too_long_its_beginning_is_shown(scene: Scene) -> None:
    await scene.know(tracked(a_campaign(8, name="Sale " * 1_000, sender="Shop " * 1_000)))
    text = shown(await scene.explain("Late", "8"))
    assert '"Sale Sale Sale' in text
    assert max(text.count("Sale"), text.count("Shop")) == 16


async def test_a_pending_alert_says_how_much_of_for_is_left(scene: Scene) -> None:
    scene.now += timedelta(minutes=3)
    await scene.evaluate(LATE)
    scene.now += timedelta(minutes=2)
    first, second, *_ = shown(await scene.explain("Late", "7"), 120).split("\n")[1:]
    assert first == (
        "pending since 2026-03-02 09:03:00 UTC (2 min ago): another 3 min of `for` (5 min), until "
        "2026-03-02 09:08:00 UTC"
    )
    assert second == "as read at 2026-03-02 09:03:00 UTC (2 min ago)"
    scene.now += timedelta(minutes=4)
    assert "`for` is over, it fires with the next reading" in shown(
        await scene.explain("Late", "7"), 120
    )


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (2, "does not fire: its condition does not hold\n"),
        (
            3,
            (
                "its condition holds: it will be pending with the next reading, and fire after 5 min "
                "of `for`\n"
            ),
        ),
    ],
)
async def test_before_there_is_an_alert(scene: Scene, minutes: int, said: str) -> None:
    await scene.know(LATE)
    scene.now += timedelta(minutes=minutes)
    assert said in shown(await scene.explain("Late", "7"), 120)


async def test_an_alert_that_ends_and_one_that_has_ended(scene: Scene) -> None:
    for minutes in (3, 6):
        scene.now += timedelta(minutes=minutes)
        await scene.evaluate(LATE)
    assert "\nfires since 2026-03-02 09:09:00 UTC (0 s ago)\n" in shown(
        await scene.explain("Late", "7")
    )
    over = tracked(a_campaign(7, status="sending", start_at=NOW - 480, name="Spring sale"))
    scene.now += timedelta(minutes=1)
    await scene.evaluate(over)
    scene.now += timedelta(minutes=5)
    assert (
        "fires since 2026-03-02 09:09:00 UTC (6 min ago), but its condition does not hold any "
        "more: "
        "keep_firing_for (15m) keeps it for another 10 min, until 2026-03-02 09:25:00 UTC\n"
    ) in shown(await scene.explain("Late", "7"), 200)
    scene.now += timedelta(minutes=10)
    await scene.evaluate(over)
    assert "\nfired last from 2026-03-02 09:09:00 UTC to 2026-03-02 09:25:00 UTC" in shown(
        await scene.explain("Late", "7"), 120
    )


async def test_a_rule_without_a_receiver_says_so(scene: Scene) -> None:
    alone = Scene(scene.store, RULES[: RULES.index("receivers:")])
    await alone.know(LATE)
    assert shown(await alone.explain("Late", "7")).endswith(
        "\ntold\n  no one: there are no receivers in the rules file\n"
    )


def test_a_tree_follows_the_condition_and_alternatives_have_branches() -> None:
    row = tracked(a_campaign(sent=4_180, delivered=2_000, status="done"))
    assert (
        tree(
            '(sent > 5000 or (final and not (status == "paused" or sent < 10))) and delivered / '
            "sent < 0.3",
            row,
        )
        == """\
✗ all of
├ ✓ any of
│ ├ ✗ sent > 5000               sent = 4,180
│ └ ✓ all of
│   ├ ✓ final
│   └ ✓ not
│     └ ✗ any of
│       ├ ✗ status == "paused"  status = "done"
│       └ ✗ sent < 10           sent = 4,180
└ ✗ delivered / sent < 0.3      delivered / sent = 0.4785, delivered = 2,000,
                                sent = 4,180
"""
    )


def test_a_name_that_would_draw_on_the_terminal_is_shown_without_doing_so() -> None:
    row = tracked(a_campaign(name="Sale \x1b[31m\u202egnp.exe\nnew"))
    assert tree('name == "x"', row) == '✗ name == "x"  name = "Sale [31mgnp.exe new"\n'


@settings(max_examples=examples(200), deadline=None)
@given(text=conditions(), row=rows(), width=st.integers(40, 120))
def test_any_tree_fits_its_width_and_has_a_mark_for_every_part(
    text: str, row: TrackedCampaign, width: int
) -> None:
    drawn = tree(text, row, width)
    for line in drawn.splitlines():
        assert (
            cell_len(line) <= width or line.count("│") > width // 4
        )  # so deep that nothing would fit
        assert visible(line) == line
    assert drawn.count("✓") + drawn.count("✗") >= 1


@settings(max_examples=examples(50), deadline=None)
@given(text=conditions(), row=rows(), width=st.integers(40, 120))
def test_any_explanation_fits_its_width(text: str, row: TrackedCampaign, width: int) -> None:
    async def look() -> Explanation:
        quoted = text.replace("\n", "\n      ")
        async with SqliteStore(None) as store:
            scene = Scene(store, f"rules:\n  - alert: A\n    when: |\n      {quoted}\n")
            await store.commit_cycle(CycleCommit(account=row.campaign.account, campaigns=[row]))
            return await scene.explain("A", str(row.campaign.id))

    for line in shown(asyncio.run(look()), width).splitlines():
        assert cell_len(line) <= width
        assert visible(line) == line


@given(st.text(max_size=200).map(without_controls), st.integers(1, 60))
def test_wrapped_lines_lose_nothing_and_fit(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert all(cell_len(line) <= max(width, 2) for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
