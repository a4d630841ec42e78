"""Looking ahead: a moment that is promised is one at which the condition holds."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings

from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.condition import compile_batch, explain, parse_condition
from monitor.domain.fields.catalogue import Surroundings
from monitor.domain.times.intervals import TimeInterval
from monitor.explain.outlook import holds_from
from tests.examples import examples
from tests.unit.domain.builders import a_campaign, tracked
from tests.unit.domain.expressions import conditions, rows
from tests.unit.scene import NOW, START

NIGHT = TimeInterval(times=((20 * 60, 24 * 60), (0, 8 * 60)))


def around(moment: datetime) -> Surroundings:
    return Surroundings(in_quiet_hours=NIGHT.contains(moment))


def foreseen(text: str, row: TrackedCampaign) -> datetime | None:
    condition = parse_condition(text, scope="campaign")
    present = explain(condition, row, NOW, around=around(START))
    return holds_from(
        condition, present, lambda _: row, around, now=START, rows=(row,), quiet_hours=(NIGHT,)
    )


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ('status_age > "2h"', timedelta(hours=1, seconds=1)),
        ('status_age >= "2h"', timedelta(hours=1)),
        ('created_at + "1d" < now', timedelta(hours=23, seconds=1)),
        ('now > "2026-03-04"', timedelta(hours=39, seconds=1)),
        ('status_age > "2h" and age > "3h"', timedelta(hours=2, seconds=1)),
        ('status_age / "30m" > 3.5', timedelta(minutes=45, seconds=1)),
        ("in_quiet_hours", timedelta(hours=11)),
        ('in_quiet_hours and status_age > "13h"', timedelta(hours=12, seconds=1)),
        ("settled_sent >= 100", timedelta(minutes=14)),
        ("sent > 5000", None),
        ('status_age < "10m"', None),
        ('status_age > "60d"', None),
    ],
)
def test_the_moment_is_found_to_the_second(text: str, after: timedelta | None) -> None:
    row = tracked(a_campaign(sent=100), first_seen=NOW - 60)
    assert foreseen(text, row) == (None if after is None else START + after)


def test_nothing_is_foreseen_for_when_the_campaign_is_no_longer_looked_at() -> None:
    row = tracked(
        a_campaign(status="done", finished_at=NOW - 70 * 3_600), status_since=NOW - 70 * 3_600
    )
    assert foreseen('status_age > "71h"', row) == START + timedelta(hours=1, seconds=1)
    assert foreseen('status_age > "73h"', row) is None


@settings(max_examples=examples(200), deadline=None)
@given(text=conditions(depth=2), row=rows())
def test_at_the_moment_that_is_foreseen_the_compiled_condition_holds(
    text: str, row: TrackedCampaign
) -> None:
    moment = foreseen(text, row)
    if moment is not None:
        assert moment > START
        assert compile_batch([parse_condition(text, scope="campaign")])(
            [row], moment.timestamp(), around(moment)
        )
