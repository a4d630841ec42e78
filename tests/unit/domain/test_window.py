"""What a poll reads: how far back the list, and which campaigns by id."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.campaign.feed import Feed, FeedState, SweepOutcome
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.campaign.window import (
    LONGEST_WINDOW,
    Horizon,
    Plan,
    full_due,
    left_window,
    plan,
)
from tests.unit.domain.builders import DAY, HOUR, NOW, a_campaign, tracked

LOOKBACK = 3 * DAY
START = datetime.fromtimestamp(NOW, UTC)


def created(campaign_id: int, age: float, *, settled: bool = False) -> TrackedCampaign:
    status = "done" if settled else "sending"
    return tracked(a_campaign(campaign_id, created_at=NOW - age, status=status), settled=settled)


def planned(rows: list[TrackedCampaign], **values: object) -> Plan:
    settings: dict[str, object] = {
        "now": NOW,
        "lookback": LOOKBACK,
        "last_success": NOW - 60,
        "full": False,
        **values,
    }
    return plan(rows, **settings)  # type: ignore[arg-type]


def test_nothing_tracked_is_read_as_far_back_as_recent_reaches() -> None:
    assert planned([]) == Plan(since=NOW - LOOKBACK, stragglers=(), single_reads=(), full=False)


def test_the_window_reaches_back_to_the_last_success_less_one_hour() -> None:
    assert planned([], last_success=NOW - 10 * DAY).since == NOW - 10 * DAY - HOUR


def test_the_window_never_reaches_back_more_than_three_months() -> None:
    assert planned([], last_success=NOW - 300 * DAY).since == NOW - LONGEST_WINDOW
    assert planned([], lookback=300 * DAY).since == NOW - LONGEST_WINDOW


def test_an_old_live_campaign_is_followed_by_the_list_when_that_costs_no_more() -> None:
    rows = [created(1, 10 * DAY), *(created(n, 5 * DAY, settled=True) for n in range(2, 200))]
    assert planned(rows) == Plan(since=NOW - 10 * DAY, stragglers=(), single_reads=(), full=False)


def test_an_old_live_campaign_is_read_by_id_when_the_list_would_cost_more_pages() -> None:
    rows = [created(1, 60 * DAY), *(created(n, 30 * DAY, settled=True) for n in range(2, 5000))]
    assert planned(rows) == Plan(
        since=NOW - LOOKBACK, stragglers=(1,), single_reads=(1,), full=False
    )


def test_settled_campaigns_do_not_hold_the_window_open() -> None:
    assert planned([created(1, 60 * DAY, settled=True)]).since == NOW - LOOKBACK


def test_a_full_sweep_reads_three_months_and_no_stragglers() -> None:
    rows = [created(1, 60 * DAY), *(created(n, 30 * DAY, settled=True) for n in range(2, 5000))]
    assert planned(rows, full=True, unlisted={7}) == Plan(
        since=NOW - LONGEST_WINDOW, stragglers=(), single_reads=(7,), full=True
    )


def test_a_campaign_the_list_leaves_out_is_read_by_id_and_does_not_hold_the_window_open() -> None:
    assert planned([created(1, 10 * DAY)], unlisted={1}) == Plan(
        since=NOW - LOOKBACK, stragglers=(), single_reads=(1,), full=False
    )


def test_when_the_list_leaves_out_more_than_can_be_read_by_id_the_window_covers_them() -> None:
    rows = [created(n, 10 * DAY) for n in range(1, 30)]
    assert planned(rows, unlisted=range(1, 30)).since == NOW - 10 * DAY


def test_a_campaign_older_than_three_months_does_not_move_the_window() -> None:
    old = created(1, LONGEST_WINDOW + 1)
    assert left_window(old.campaign, now=NOW)
    assert not left_window(created(1, LONGEST_WINDOW).campaign, now=NOW)
    assert planned([old]).since == NOW - LOOKBACK


def test_single_reads_take_turns_of_twenty() -> None:
    unlisted = range(100, 150)
    seen: list[int] = []
    for _ in range(5):
        singles = planned([], unlisted=unlisted, cursor=len(seen)).single_reads
        assert len(set(singles)) == 20
        seen += singles
    assert sorted(seen) == sorted([*unlisted, *unlisted])


@given(
    ages=st.lists(st.tuples(st.integers(0, 95 * 24), st.booleans()), max_size=60),
    page_size=st.integers(1, 12),
    success=st.none() | st.integers(0, 100 * 24),
    pieces=st.integers(1, 7),
)
def test_the_cut_costs_the_fewest_requests(
    ages: list[tuple[int, bool]], page_size: int, success: int | None, pieces: int
) -> None:
    rows = [created(n, hours * HOUR, settled=settled) for n, (hours, settled) in enumerate(ages)]
    last_success = None if success is None else NOW - success * HOUR
    horizon = Horizon(now=NOW, lookback=LOOKBACK)
    for start in range(0, len(rows), pieces):
        horizon.add(rows[start : start + pieces])
    for start in range(0, len(rows) if horizon.wants_count else 0, pieces):
        horizon.count(rows[start : start + pieces])
    found = horizon.plan(last_success=last_success, full=False, page_size=page_size)

    base = max(
        NOW - LONGEST_WINDOW,
        min(NOW - LOOKBACK, NOW if last_success is None else last_success - HOUR),
    )
    watched = [
        row.campaign
        for row in rows
        if not row.settled and row.campaign.created_at >= NOW - LONGEST_WINDOW
    ]

    def requests(since: float) -> tuple[int, int]:
        beyond = sum(c.created_at < since for c in watched)
        listed = sum(row.campaign.created_at >= since for row in rows)
        return max(1, math.ceil(listed / page_size)) + beyond, beyond

    cuts = {base, *(c.created_at for c in watched if c.created_at < base)}
    assert found.since in cuts
    assert requests(found.since) == min(requests(cut) for cut in cuts)
    assert found.stragglers == tuple(sorted(c.id for c in watched if c.created_at < found.since))
    assert set(found.single_reads) <= set(found.stragglers)
    assert len(found.single_reads) == min(20, len(found.stragglers))


def test_more_stragglers_than_take_turns_are_left_to_the_list() -> None:
    live = [created(n, 80 * DAY - n * HOUR) for n in range(300)]
    rows = [*live, *(created(n, 5 * DAY, settled=True) for n in range(1000, 1600))]
    found = planned(rows, page_size=1)
    assert len(found.stragglers) <= 100
    assert found.since <= min(row.campaign.created_at for row in live[100:])


def state(**values: object) -> FeedState:
    return FeedState(feed=Feed("default", "sms"), first_tried=START - timedelta(days=1), **values)  # type: ignore[arg-type]


def test_the_first_sweep_is_a_full_one_however_often_it_fails() -> None:
    assert full_due(state(), START)
    assert full_due(state(consecutive_failures=3), START)


@pytest.mark.parametrize(("hours", "due"), [(5.9, False), (6, True)])
def test_a_full_sweep_is_due_every_six_hours(hours: float, due: bool) -> None:
    assert (
        full_due(state(last_success=START, last_full=START - timedelta(hours=hours)), START) is due
    )


def test_a_failing_full_sweep_takes_turns_with_narrow_ones() -> None:
    overdue = state(last_success=START - timedelta(hours=7), last_full=START - timedelta(hours=7))
    assert full_due(overdue, START)
    failed = overdue.after(SweepOutcome.PARTIAL, started=START, full=True)
    assert not full_due(failed, START)
    assert full_due(failed.after(SweepOutcome.OK, started=START, full=False), START)
    assert full_due(failed.after(SweepOutcome.FAILED, started=START, full=False), START)
