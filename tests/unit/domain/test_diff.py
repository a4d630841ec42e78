"""The diff: two readings in, events and what is known out."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.campaign.detail import CampaignDetail
from monitor.domain.campaign.diff import first_sight, observe, settle, vanish
from monitor.domain.campaign.event import CampaignEvent, Change, EventKind
from monitor.domain.campaign.snapshot import Campaign
from monitor.domain.campaign.tracking import TrackedCampaign
from tests.unit.domain.builders import DAY, HOUR, NOW, a_campaign, campaigns, tracked

COUNTERS = ("sent", "delivered", "fallback_sent", "fallback_delivered")


def apply(campaign: Campaign | None, events: Sequence[CampaignEvent]) -> Campaign:
    """What the events make of a reading."""
    values: dict[str, Any] = {
        change.field: change.new for event in events for change in event.changes
    }
    return Campaign(**values) if campaign is None else msgspec.structs.replace(campaign, **values)


def kinds(events: Sequence[CampaignEvent]) -> list[str]:
    return [event.kind.value for event in events]


def then(
    previous: TrackedCampaign, now: float = NOW, **values: Any
) -> tuple[TrackedCampaign, tuple[CampaignEvent, ...]]:
    return observe(previous, msgspec.structs.replace(previous.campaign, **values), now=now)


@given(campaigns(), campaigns())
def test_replaying_the_events_of_two_readings_gives_the_second(
    first: Campaign, second: Campaign
) -> None:
    held, appeared = observe(None, first, now=NOW)
    _, events = observe(held, second, now=NOW + 60)
    assert apply(None, appeared) == first
    assert apply(first, events) == second


@given(campaigns(), campaigns())
def test_every_field_is_in_exactly_one_event_and_only_if_it_differs(
    first: Campaign, second: Campaign
) -> None:
    _, events = observe(first_sight(first, now=NOW), second, now=NOW + 60)
    named = [change for event in events for change in event.changes]
    one, other = msgspec.structs.asdict(first), msgspec.structs.asdict(second)
    assert sorted(change.field for change in named) == sorted(
        name for name in one if one[name] != other[name]
    )
    assert all(
        (change.old, change.new) == (one[change.field], other[change.field]) for change in named
    )


@given(campaigns(), campaigns())
def test_the_kinds_are_those_of_an_independent_model(first: Campaign, second: Campaign) -> None:
    one, other = msgspec.structs.asdict(first), msgspec.structs.asdict(second)
    expected = set()
    texts = [
        "name",
        "sender",
        "message_type",
        "created_at",
        "start_at",
        "calculated_price",
        "currency",
    ]
    if one["status"] == other["status"]:
        texts += ["real_start_at", "finished_at"]
    else:
        expected.add("status_changed")
    if [one[name] for name in texts] != [other[name] for name in texts]:
        expected.add("edited")
    steps = [
        ((-1 if one[n] is None else one[n]), (-1 if other[n] is None else other[n]))
        for n in COUNTERS
    ]
    if any(after > before for before, after in steps):
        expected.add("progressed")
    if any(after < before for before, after in steps):
        expected.add("rewound")
    _, events = observe(first_sight(first, now=NOW), second, now=NOW + 60)
    assert set(kinds(events)) == expected
    assert len(events) == len(expected)


def test_the_same_reading_again_makes_no_event_and_holds_the_new_object() -> None:
    held = tracked(a_campaign(sent=5))
    again = msgspec.structs.replace(held.campaign)
    after, events = observe(held, again, now=NOW)
    assert events == ()
    assert after.campaign is again
    assert after == held
    assert observe(after, again, now=NOW + 60)[0] is after


def test_a_new_campaign_appears_with_every_value_it_has() -> None:
    campaign = a_campaign(sent=3)
    after, (event,) = observe(None, campaign, now=NOW)
    assert after == first_sight(campaign, now=NOW)
    assert event.kind is EventKind.APPEARED
    assert event.at == NOW
    assert Change("sent", None, 3) in event.changes


def test_a_start_is_a_status_change_with_its_time_and_no_edit() -> None:
    held = tracked(a_campaign(status="scheduled"))
    after, (event,) = then(held, status="sending", real_start_at=NOW - 60)
    assert event.kind is EventKind.STATUS_CHANGED
    assert event.old_status == "scheduled"
    assert event.changes == (
        Change("status", "scheduled", "sending"),
        Change("real_start_at", None, NOW - 60),
    )
    assert after.status_since == NOW - 60
    assert after.progress_since == NOW


def test_a_start_time_that_moves_alone_is_an_edit() -> None:
    _, events = then(tracked(), real_start_at=NOW - 60)
    assert kinds(events) == ["edited"]
    assert events[0].old_status is None


def test_counters_may_grow_and_fall_at_once() -> None:
    held = tracked(a_campaign(sent=10, delivered=None, fallback_sent=4, fallback_delivered=2))
    _, events = then(held, sent=8, delivered=0, fallback_sent=None, fallback_delivered=3)
    assert [(event.kind.value, [change.field for change in event.changes]) for event in events] == [
        ("progressed", ["delivered", "fallback_delivered"]),
        ("rewound", ["sent", "fallback_sent"]),
    ]


def test_a_status_change_without_a_time_of_the_provider_counts_from_now() -> None:
    after, _ = then(tracked(), status="paused")
    assert after.status_since == NOW


def test_a_time_of_the_provider_from_before_the_last_status_or_from_the_future_is_not_believed() -> (
    None
):
    paused = tracked(
        a_campaign(status="paused", real_start_at=NOW - 2 * HOUR), status_since=NOW - HOUR
    )
    assert then(paused, status="sending")[0].status_since == NOW
    assert then(tracked(), status="done", finished_at=NOW + HOUR)[0].status_since == NOW


def test_progress_moves_when_sent_grows_and_not_when_reports_arrive() -> None:
    held = tracked(a_campaign(sent=10, delivered=1))
    assert then(held, delivered=9)[0].progress_since == held.progress_since
    assert then(held, sent=9)[0].progress_since == held.progress_since
    assert then(held, sent=11)[0].progress_since == NOW
    assert then(tracked(a_campaign(sent=None)), sent=1)[0].progress_since == NOW


def test_statistics_that_are_missing_for_a_while_are_no_progress() -> None:
    row = first_sight(a_campaign(sent=1000), now=NOW)
    for minute, sent in ((5, None), (6, None), (7, 1000)):
        row, _ = observe(row, a_campaign(sent=sent), now=NOW + 60.0 * minute)
        assert row.progress_since == NOW
    row, _ = observe(row, a_campaign(sent=1001), now=NOW + 600.0)
    assert row.progress_since == NOW + 600.0


def test_progress_starts_again_when_a_paused_campaign_goes_on() -> None:
    held = tracked(a_campaign(status="paused", sent=10))
    assert then(held, status="sending")[0].progress_since == NOW


def test_what_was_read_in_detail_stays_known_whatever_the_list_says_later() -> None:
    detail = CampaignDetail(read_at=NOW, total_messages=10)
    held = tracked(a_campaign(status="sending", sent=1), detail=detail)
    moved, _ = then(held, sent=2)
    ended, _ = then(moved, status="done", finished_at=NOW - 80 * HOUR)
    settled = settle(ended, now=NOW)
    assert settled is not None
    assert [row.detail for row in (moved, ended, settled[0])] == [detail] * 3


def test_a_settled_campaign_that_sends_again_is_live_again() -> None:
    held = first_sight(a_campaign(status="done", finished_at=NOW - 5 * DAY), now=NOW)
    assert held.settled
    after, events = then(held, status="sending", finished_at=None)
    assert not after.settled
    assert kinds(events) == ["status_changed"]


def test_a_settled_campaign_stays_settled_when_a_late_report_arrives() -> None:
    held = first_sight(
        a_campaign(status="done", finished_at=NOW - 5 * DAY, sent=5, delivered=4), now=NOW
    )
    after, events = then(held, delivered=5)
    assert after.settled
    assert kinds(events) == ["progressed"]


def test_a_campaign_settles_72_hours_after_its_end_and_once() -> None:
    held = tracked(a_campaign(status="done", finished_at=NOW - 72 * HOUR))
    assert settle(held, now=NOW - 1) is None
    result = settle(held, now=NOW)
    assert result is not None
    settled, event = result
    assert settled.settled
    assert (event.kind, event.changes) == (EventKind.SETTLED, ())
    assert settle(settled, now=NOW + 60) is None


def test_a_live_campaign_never_settles() -> None:
    assert settle(tracked(status_since=NOW - 30 * DAY), now=NOW) is None


def test_a_vanished_campaign_is_told_with_its_last_snapshot() -> None:
    held = tracked()
    event = vanish(held, now=NOW)
    assert (event.kind, event.campaign, event.changes) == (EventKind.VANISHED, held.campaign, ())


@given(campaigns(), campaigns(), st.floats(1, DAY))
def test_a_difference_found_again_from_the_same_state_has_the_same_id(
    first: Campaign, second: Campaign, later: float
) -> None:
    held = first_sight(first, now=NOW)
    once, again = (
        observe(held, second, now=NOW + 60)[1],
        observe(held, second, now=NOW + 60 + later)[1],
    )
    assert [event.id for event in once] == [event.id for event in again]
    assert all(len(event.id) == 20 for event in once)
    assert vanish(held, now=NOW).id == vanish(held, now=NOW + later).id
    assert observe(None, first, now=NOW)[1][0].id == observe(None, second, now=NOW + later)[1][0].id


@given(st.lists(campaigns(), min_size=2, max_size=12))
def test_no_two_events_of_a_campaigns_life_share_an_id(readings: list[Campaign]) -> None:
    held, events = observe(None, readings[0], now=NOW)
    ids = [event.id for event in events]
    for reading in (
        readings[1:] * 2
    ):  # the same changes, in the same order, once more; the clock may stand still
        held, events = observe(held, reading, now=NOW)
        ids += [event.id for event in events]
    ids.append(vanish(held, now=NOW).id)
    assert len(ids) == len(set(ids))


def test_campaigns_with_the_same_id_of_two_accounts_have_different_events() -> None:
    one, other = tracked(a_campaign(account="a")), tracked(a_campaign(account="b"))
    assert vanish(one, now=NOW).id != vanish(other, now=NOW).id


def test_two_different_campaigns_are_not_compared() -> None:
    with pytest.raises(ValueError, match="is not 1 of default"):
        observe(tracked(a_campaign(1)), a_campaign(2), now=NOW)


@given(campaigns(), campaigns(), st.booleans(), st.booleans())
def test_the_revision_rises_by_one_whenever_anything_differs(
    first: Campaign, second: Campaign, progress: bool, settled: bool
) -> None:
    held = tracked(first, settled=settled, revision=7)
    after, _ = observe(held, second, now=NOW, progress=progress)
    assert after.revision == (7 if first == second else 8)
    assert after.campaign is second


@pytest.mark.parametrize("progress", [True, False])
@pytest.mark.parametrize("counter", COUNTERS)
def test_the_revision_rises_when_a_counter_grows(counter: str, progress: bool) -> None:
    held = tracked(
        a_campaign(sent=1, delivered=1, fallback_sent=1, fallback_delivered=1), revision=7
    )
    after, _ = observe(
        held, msgspec.structs.replace(held.campaign, **{counter: 2}), now=NOW, progress=progress
    )
    assert after.revision == 8


@pytest.mark.parametrize("progress", [True, False])
def test_ids_of_events_do_not_repeat_when_a_campaign_goes_to_and_fro(progress: bool) -> None:
    held, seen = tracked(a_campaign(sent=1)), []
    for step in range(1, 9):
        now = msgspec.structs.replace(held.campaign, sent=step, name="ab"[step % 2])
        held, events = observe(held, now, now=NOW, progress=progress)
        seen += [event.id for event in events]
    held, events = observe(
        held, msgspec.structs.replace(held.campaign, sent=0), now=NOW, progress=progress
    )
    assert len(set(seen)) == len(seen) == (16 if progress else 8) - (1 if progress else 0)
    assert {event.id for event in events}.isdisjoint(seen)
