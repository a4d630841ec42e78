"""Confidence bounds."""

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.campaign.figures import wilson_lower, wilson_upper
from monitor.domain.condition import compile_batch, parse_condition
from tests.unit.domain.builders import HOUR, NOW, a_campaign, tracked


@pytest.mark.parametrize(
    ("hits", "trials", "lower", "upper"),
    [
        (
            81,
            263,
            0.2553,
            0.3662,
        ),  # the example of Newcombe, Statistics in Medicine 17 (1998), 857-872, table I
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_bounds_are_the_published_ones(
    hits: int, trials: int, lower: float, upper: float
) -> None:
    assert wilson_lower(hits, trials) == pytest.approx(lower, abs=0.00006)
    assert wilson_upper(hits, trials) == pytest.approx(upper, abs=0.00006)


@pytest.mark.parametrize(("delivered", "fires"), [(80, True), (84, True), (85, False), (90, False)])
def test_84_of_100_is_the_most_that_proves_less_than_nine_tenths(
    delivered: int, fires: bool
) -> None:
    row = tracked(a_campaign(status="done", finished_at=NOW - HOUR, sent=100, delivered=delivered))
    assert (
        bool(
            compile_batch([parse_condition("delivery_ratio_upper < 0.9", scope="campaign")])(
                [row], NOW
            )
        )
        is fires
    )


@given(st.integers(1, 400), st.data())
def test_the_bounds_hold_the_ratio_between_them_and_close_with_more_messages(
    trials: int, data: st.DataObject
) -> None:
    hits = data.draw(st.integers(0, trials))
    lower, upper = wilson_lower(hits, trials), wilson_upper(hits, trials)
    assert 0.0 <= lower <= hits / trials + 1e-12
    assert hits / trials - 1e-12 <= upper <= 1.0
    assert wilson_upper(10 * hits, 10 * trials) <= upper + 1e-12
    assert wilson_lower(hits, trials) == pytest.approx(1 - wilson_upper(trials - hits, trials))


def test_all_delivered_is_exactly_one_at_best_and_none_is_exactly_nothing_at_worst() -> None:
    assert {wilson_upper(trials, trials) for trials in range(1, 3000)} == {1.0}
    assert {wilson_lower(0, trials) for trials in range(1, 3000)} == {0.0}


@pytest.mark.parametrize("ratio", [0.8, 0.9, 0.95])
def test_chance_alone_puts_a_good_campaign_under_the_bound_once_in_forty(ratio: float) -> None:
    """Summed over the binomial distribution: a campaign that really delivers `ratio` seldom
    proves less."""
    trials = 200
    wrongly = sum(
        comb(trials, hits) * ratio**hits * (1 - ratio) ** (trials - hits)
        for hits in range(trials + 1)
        if wilson_upper(hits, trials) < ratio
    )
    assert 0.005 < wrongly < 0.05
