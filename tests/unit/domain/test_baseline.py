"""What is usual for a sender at an hour of the week."""

from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.baseline import Baselines, BaselineSurvey
from monitor.domain.condition import ConditionError, compile_batch, compile_sender, parse_condition
from monitor.domain.sender import SenderTally, Window
from monitor.domain.surroundings import Surroundings
from monitor.domain.tracking import TrackedCampaign
from tests.clock import START
from tests.unit.domain.builders import DAY, HOUR, NOW, a_campaign, tracked

WEEK = 7 * DAY
FOUR_WEEKS = 28 * DAY


def past(
    number: int, weeks: float, *, sent: int = 100, delivered: int = 90, settled: bool = True, **values: object
) -> TrackedCampaign:
    start = NOW - weeks * WEEK
    campaign = a_campaign(
        number, status="done", created_at=start - HOUR, real_start_at=start, sent=sent, delivered=delivered, **values
    )
    return tracked(campaign, settled=settled)


def surveyed(*rows: TrackedCampaign, look_back: float = FOUR_WEEKS) -> Baselines:
    survey = BaselineSurvey([look_back], NOW)
    survey.add(rows)
    return Baselines(dict(survey.medians()))


def usual(baselines: Baselines, name: str = "delivery_ratio", *, at: float = NOW, look_back: float = FOUR_WEEKS) -> float | None:
    return baselines.of(name, look_back, "sms", "Shop", at)


def test_it_is_the_median_at_the_same_hour_of_the_week() -> None:
    rows = [past(1, 1, delivered=90), past(2, 2, delivered=80), past(3, 3, delivered=97), past(4, 1 - 1 / 168, delivered=1)]
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
    found = surveyed(*(past(number, 1, sent=sent, delivered=good) for number, (sent, good) in enumerate(figures)))
    assert usual(found) == pytest.approx(median(good / sent for sent, good in figures))
    assert usual(found, "settled_ratio") == pytest.approx(median(min(good, sent) / sent for sent, good in figures))


def test_a_condition_compares_a_campaign_with_what_is_usual_when_it_started() -> None:
    around = Surroundings(baselines=surveyed(*(past(number, number) for number in (1, 2, 3))))
    test = compile_batch([parse_condition('delivery_ratio < baseline(delivery_ratio, "28d") - 0.1', scope="campaign")])
    bad = past(9, 0, delivered=70, settled=False)
    elsewhere = tracked(a_campaign(8, status="done", created_at=NOW - 3 * HOUR, sent=100, delivered=10))
    assert [row.campaign.id for _, row in test([bad, past(10, 0, delivered=85, settled=False), elsewhere], NOW, around)] == [9]
    assert test([bad], NOW) == [], "null while nothing is surveyed"


def test_a_condition_compares_a_sender_with_what_is_usual_now() -> None:
    rows = [past(number, number, delivered=90) for number in (1, 2, 3)]
    survey = BaselineSurvey([WEEK], START.timestamp())
    survey.add(rows)
    tally = SenderTally("default", [Window()], START)
    tally.add([tracked(a_campaign(9, created_at=START.timestamp() - 60, sent=100, delivered=50))])
    (view,) = tally.views()[Window()]
    condition = compile_sender(parse_condition('delivery_ratio < baseline(delivery_ratio, "28d")', scope="sender"))
    assert START.timestamp() == NOW
    assert condition(view, Surroundings(baselines=surveyed(*rows)))
    assert not condition(view)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('baseline(name, "28d") == "a"', "there is no baseline of name"),
        ("baseline(sent) > 1", "baseline wants a field and a duration"),
        ('baseline(sent, "1d") > 1', "baseline looks back between 1w and 12w"),
        ('baseline(sent, "1y") > 1', "baseline looks back between 1w and 12w"),
    ],
)
def test_a_baseline_that_cannot_be_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse_condition(text, scope="campaign")
    assert caught.value.faults[0].message.startswith(complaint)
