"""What is usual for a sender at an hour of the week."""

from datetime import datetime
from statistics import median
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.campaign.baseline import Baselines, BaselineSpan, BaselineSurvey, hour_of_week
from monitor.domain.campaign.sender import SenderTally, SenderWindow
from monitor.domain.campaign.snapshot import Unreadable
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.condition import (
    ConditionError,
    compile_batch,
    compile_sender,
    explain,
    parse_condition,
)
from monitor.domain.fields.catalogue import Surroundings
from tests.clock import START
from tests.unit.domain.builders import DAY, HOUR, NOW, a_campaign, tracked

WEEK = 7 * DAY
FOUR_WEEKS = 28 * DAY


def past(
    number: int,
    weeks: float,
    *,
    sent: int = 100,
    delivered: int = 90,
    settled: bool = True,
    **values: object,
) -> TrackedCampaign:
    start = NOW - weeks * WEEK
    campaign = a_campaign(
        number,
        status="done",
        created_at=start - HOUR,
        real_start_at=start,
        sent=sent,
        delivered=delivered,
        **values,
    )
    return tracked(campaign, settled=settled)


def surveyed(*rows: TrackedCampaign, look_back: float = FOUR_WEEKS, zone: str = "UTC") -> Baselines:
    survey = BaselineSurvey([BaselineSpan(look_back, zone)], NOW)
    survey.add(rows)
    return Baselines(dict(survey.medians()))


def usual(
    baselines: Baselines, name: str = "delivery_ratio", *, at: float = NOW, zone: str = "UTC"
) -> float | None:
    return baselines.of(name, (FOUR_WEEKS, zone), "sms", "Shop", at)


def test_it_is_the_median_at_the_same_hour_of_the_week() -> None:
    rows = [
        past(1, 1, delivered=90),
        past(2, 2, delivered=80),
        past(3, 3, delivered=97),
        past(4, 1 - 1 / 168, delivered=1),
    ]
    found = surveyed(*rows)
    assert usual(found) == pytest.approx(0.9)
    assert usual(found, at=NOW + HOUR) is None
    assert usual(found, "sent") == 100


@pytest.mark.parametrize(
    "third",
    [
        past(3, 3, settled=False),
        past(3, 5),
        past(3, 3, sender="Other"),
        past(3, 3, message_type="rcs"),
        past(3, 3, sent=0),
    ],
)
def test_under_three_observations_nothing_is_usual(third: TrackedCampaign) -> None:
    assert usual(surveyed(past(1, 1), past(2, 2), third)) is None


@given(st.lists(st.tuples(st.integers(1, 200), st.integers(0, 200)), min_size=3, max_size=9))
def test_whatever_the_figures_it_is_their_median(figures: list[tuple[int, int]]) -> None:
    found = surveyed(
        *(past(number, 1, sent=sent, delivered=good) for number, (sent, good) in enumerate(figures))
    )
    assert usual(found) == pytest.approx(median(good / sent for sent, good in figures))
    assert usual(found, "settled_ratio") == pytest.approx(
        median(min(good, sent) / sent for sent, good in figures)
    )


@pytest.mark.parametrize(
    ("field", "known", "counts"),
    [
        ("delivered", True, {"sent"}),
        ("sent", True, {"delivered"}),
        ("calculated_price", True, {"sent", "delivered", "delivery_ratio"}),
        ("sender", True, {"sent", "delivered", "delivery_ratio"}),
        ("sender", False, set()),
        ("created_at", False, {"sent", "delivered", "delivery_ratio"}),
        ("real_start_at", True, {"sent", "delivered", "delivery_ratio"}),
    ],
)
def test_what_could_not_be_read_when_it_settled_is_not_part_of_what_is_usual(
    field: str, known: bool, counts: set[str]
) -> None:
    mark = Unreadable(field=field, found="?", since=NOW - 3 * WEEK, known=known)
    odd = msgspec.structs.replace(past(3, 3), unreadable=(mark,))
    baselines = surveyed(past(1, 1), past(2, 2), odd)
    names = ("sent", "delivered", "delivery_ratio")
    assert {name for name in names if usual(baselines, name) is not None} == counts


def test_a_condition_compares_a_campaign_with_what_is_usual_when_it_started() -> None:
    around = Surroundings(baselines=surveyed(*(past(number, number) for number in (1, 2, 3))))
    test = compile_batch(
        [
            parse_condition(
                'delivery_ratio < baseline(delivery_ratio, "28d") - 0.1', scope="campaign"
            )
        ]
    )
    bad = past(9, 0, delivered=70, settled=False)
    elsewhere = tracked(
        a_campaign(8, status="done", created_at=NOW - 3 * HOUR, sent=100, delivered=10)
    )
    assert [
        row.campaign.id
        for _, row in test([bad, past(10, 0, delivered=85, settled=False), elsewhere], NOW, around)
    ] == [9]
    assert test([bad], NOW) == [], "null while nothing is surveyed"


def test_a_condition_compares_a_sender_with_what_is_usual_now() -> None:
    rows = [past(number, number, delivered=90) for number in (1, 2, 3)]
    survey = BaselineSurvey([BaselineSpan(WEEK)], START.timestamp())
    survey.add(rows)
    tally = SenderTally("default", [SenderWindow()], START)
    tally.add([tracked(a_campaign(9, created_at=START.timestamp() - 60, sent=100, delivered=50))])
    (view,) = tally.views()[SenderWindow()]
    condition = compile_sender(
        parse_condition('delivery_ratio < baseline(delivery_ratio, "28d")', scope="sender")
    )
    assert START.timestamp() == NOW
    assert condition(view, Surroundings(baselines=surveyed(*rows)))
    assert not condition(view)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('baseline(name, "28d") == "a"', "there is no baseline of name"),
        ("baseline(sent) > 1", "baseline wants a field, a duration and perhaps a zone"),
        ('baseline(sent, "28d", "Europe/Berln") > 1', '"Europe/Berln" is not a time zone'),
        ('baseline(sent, "28d", 1) > 1', "baseline wants its zone written out"),
        ('baseline(sent, "1d") > 1', "baseline looks back between 1w and 12w"),
        ('baseline(sent, "1y") > 1', "baseline looks back between 1w and 12w"),
    ],
)
def test_a_baseline_that_cannot_be_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse_condition(text, scope="campaign")
    assert caught.value.faults[0].message.startswith(complaint)


def local(text: str, zone: str = "Europe/Berlin") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def test_in_a_zone_nine_o_clock_stays_nine_o_clock_when_clocks_are_changed() -> None:
    mondays = [
        "2026-03-09T09:10",
        "2026-03-16T09:20",
        "2026-03-23T09:30",
    ]  # clocks are put forward on 29 March
    rows = [past(number, (NOW - local(at)) / WEEK) for number, at in enumerate(mondays)]
    now = local("2026-03-30T09:05")
    for zone, expected in (("Europe/Berlin", 0.9), ("UTC", None)):
        survey = BaselineSurvey([BaselineSpan(FOUR_WEEKS, zone)], now)
        survey.add(rows)
        assert usual(Baselines(dict(survey.medians())), at=now, zone=zone) == expected


def test_a_condition_names_the_zone_whose_hours_it_compares() -> None:
    condition = parse_condition('reach < baseline(reach, "28d", "Asia/Kolkata")', scope="campaign")
    assert condition.baselines == {BaselineSpan(FOUR_WEEKS, "Asia/Kolkata")}
    rows = [past(number, number, delivered=90) for number in (1, 2, 3)]
    around = Surroundings(baselines=surveyed(*rows, zone="Asia/Kolkata"))
    row = past(9, 0, delivered=70, settled=False)
    assert compile_batch([condition])([row], NOW, around) == [(0, row)]
    assert explain(condition, row, NOW, around=around).holds
    other = parse_condition('reach < baseline(reach, "28d")', scope="campaign")
    assert compile_batch([other])([row], NOW, around) == [], "another span"


@given(
    st.floats(-1e11, 1e12),
    st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata", "Pacific/Apia"]),
)
def test_every_moment_has_an_hour_of_the_week(instant: float, zone: str) -> None:
    assert 0 <= hour_of_week(instant, zone) < 168
