"""A campaign's state is a function of its plan and the time: consistent at every moment, and
never going back."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.simulator.campaign_state import CampaignState, outcomes, state_at
from monitor.simulator.curves import ReportCurve, Segment, handed_over, reported
from monitor.simulator.plan import CampaignPlan, Hold
from monitor.simulator.timeline import work_out

SPANS = st.floats(0, 5000, allow_nan=False)
GROWING = (
    "sent", "delivered", "read", "undelivered", "failed", "expired", "unknown", "not_rcs", "fallback_sent", "fallback_delivered",
)  # fmt: skip


@st.composite
def plans(draw: st.DrawFn) -> CampaignPlan:
    delivered = draw(st.floats(0, 1))
    holds = []
    for status in draw(st.lists(st.sampled_from([None, "paused"]), max_size=3)):
        begin = draw(SPANS)
        holds.append(Hold(begin, begin + draw(st.one_of(SPANS, st.just(math.inf))), status))
    return CampaignPlan(
        name="n",
        sender="s",
        size=draw(st.integers(0, 100_000)),
        message_type="rcs",
        start=draw(st.one_of(SPANS, st.floats(-100, 0))),
        creation=draw(SPANS),
        moderation=draw(SPANS),
        late=draw(st.one_of(SPANS, st.just(math.inf))),
        duration=draw(st.floats(0.5, 5000)),
        holds=tuple(holds),
        stop=draw(st.one_of(SPANS, st.just(math.inf))),
        delivered_share=delivered,
        read_share=draw(st.floats(0, 1)),
        not_rcs_share=draw(st.floats(0, 1)) * (1 - delivered),
        fallback=draw(st.booleans()),
        fallback_delivered_share=draw(st.floats(0, 1)),
        reports=draw(st.floats(0.1, 600)),
        validity=draw(st.floats(1, 300_000)),
    )


def at(plan: CampaignPlan, seconds: float) -> CampaignState:
    return state_at(plan, work_out(plan), 1, 1_000_000, seconds)


@given(plans(), st.floats(0, 1_000_000))
def test_the_parts_never_exceed_the_whole(plan: CampaignPlan, seconds: float) -> None:
    state = at(plan, seconds)
    reported_now = (
        state.delivered
        + state.undelivered
        + state.failed
        + state.expired
        + state.unknown
        + state.not_rcs
    )
    assert 0 <= reported_now <= state.sent <= state.total == plan.size
    assert state.read <= state.delivered
    assert state.awaiting == state.sent - reported_now
    if state.fallback_sent is not None:
        assert (
            0
            <= (state.fallback_delivered or 0) + state.fallback_failed
            <= state.fallback_sent
            <= state.not_rcs
        )


@given(plans(), st.lists(st.floats(0, 1_000_000), min_size=2, max_size=6))
def test_counters_only_grow(plan: CampaignPlan, moments: list[float]) -> None:
    states = [at(plan, moment) for moment in sorted(moments)]
    for earlier, later in pairwise(states):
        for name in GROWING:
            assert (getattr(earlier, name) or 0) <= (getattr(later, name) or 0), name


@given(plans(), st.floats(0, 1_000_000))
def test_times_and_status_agree(plan: CampaignPlan, seconds: float) -> None:
    state = at(plan, seconds)
    assert (state.finished_at is not None) == (state.status in ("done", "stopped"))
    if state.sent:
        assert state.real_start_at is not None
    if state.status == "sending":
        assert state.real_start_at is not None
    if state.status == "done":
        assert state.sent == state.total
    if state.status in ("creation", "spam", "scheduled"):
        assert state.sent == 0


@given(plans(), st.floats(0, 1_000_000))
def test_nothing_moves_once_the_timeline_is_still(plan: CampaignPlan, later: float) -> None:
    still = work_out(plan).still
    assert at(plan, still) == at(plan, still + later)


def test_all_reports_are_in_by_the_validity() -> None:
    plan = CampaignPlan(
        name="n", sender="s", size=1000, duration=50, delivered_share=0.61, validity=600
    )
    end = at(plan, work_out(plan).still)
    assert (end.delivered, end.awaiting, end.sent) == (610, 0, 1000)


@given(plans())
def test_outcomes_add_up_to_the_size(plan: CampaignPlan) -> None:
    final = outcomes(plan)
    parts = (
        final.delivered,
        final.not_rcs,
        final.undelivered,
        final.failed,
        final.expired,
        final.unknown,
    )
    assert sum(parts) == plan.size
    assert min(parts) >= 0


@given(st.floats(0.1, 600), st.floats(1, 300_000), st.floats(0, 400_000))
def test_the_area_under_a_report_curve_is_that_of_its_slices(
    mean: float, validity: float, age: float
) -> None:
    """An independent sum over the curve's definition, trapezoid by trapezoid."""
    curve = ReportCurve(mean, validity)

    def share(a: float) -> float:
        raw = sum(w * (1 - math.exp(-a / (mean * m))) for w, m in ((0.8, 1), (0.15, 8), (0.05, 60)))
        full = sum(
            w * (1 - math.exp(-validity / (mean * m))) for w, m in ((0.8, 1), (0.15, 8), (0.05, 60))
        )
        return min(1.0, raw / full) if a < validity else 1.0

    low, high = (
        sum(share(age * i / 400) for i in range(400)),
        sum(share(age * i / 400) for i in range(1, 401)),
    )
    assert low * age / 400 - 1e-6 <= curve.area(age) * (1 + 1e-9) + 1e-6
    assert curve.area(age) <= high * age / 400 * (1 + 1e-9) + 1e-6


@given(st.floats(0.1, 600), st.floats(0, 100_000))
def test_no_more_is_reported_than_was_handed_over(mean: float, moment: float) -> None:
    segments = (Segment(10, 110, 0.0, 0.4), Segment(500, 900, 0.4, 1.0))
    assert (
        0
        <= reported(segments, moment, ReportCurve(mean, 3600))
        <= handed_over(segments, moment) + 1e-9
    )


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (
            {"moderation": 30.0, "creation": 5.0},
            {0: "creation", 5: "spam", 34: "spam", 35: "sending", 95: "done"},
        ),
        ({"start": 100.0}, {0: "scheduled", 99: "scheduled", 100: "sending", 160: "done"}),
        ({"start": 10.0, "late": 50.0}, {59: "scheduled", 60: "sending", 120: "done"}),
        (
            {"holds": (Hold(20, 50, "paused"),)},
            {19: "sending", 20: "paused", 49: "paused", 50: "sending", 89: "sending", 90: "done"},
        ),
        ({"holds": (Hold(20, math.inf),)}, {20: "sending", 1e9: "sending"}),
        ({"stop": 30.0}, {29: "sending", 30: "stopped", 1e9: "stopped"}),
        ({"stop": 60.0}, {60: "done"}),
        ({"moderation": 100.0, "stop": 30.0}, {29: "spam", 30: "stopped"}),
    ],
)
def test_a_campaign_passes_through_its_statuses_on_time(
    plan: dict[str, float], expected: dict[float, str]
) -> None:
    campaign = CampaignPlan(name="n", sender="s", size=600, duration=60, **plan)
    assert {moment: at(campaign, moment).status for moment in expected} == expected


def test_a_stall_keeps_sending_as_its_status_and_its_counter_where_it_is() -> None:
    plan = CampaignPlan(name="n", sender="s", size=600, duration=60, holds=(Hold(20, 80),))
    assert [at(plan, moment).sent for moment in (20, 50, 80, 90, 120)] == [200, 200, 200, 300, 600]
    assert at(plan, 50).status == "sending"
