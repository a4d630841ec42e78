"""What a campaign showed some time ago."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.campaign.diff import observe, settle
from monitor.domain.campaign.figures import Settle, settled_sent
from monitor.domain.campaign.history import extended, shown_at
from monitor.domain.campaign.sample import Sample
from monitor.domain.campaign.tracking import TrackedCampaign
from tests.unit.domain.builders import HOUR, NOW, a_campaign, tracked

MINUTE = 60.0


def sending(*readings: tuple[float, int], keep: float = HOUR, **values: object) -> TrackedCampaign:
    """A campaign read at these minutes, with so much sent."""
    row: TrackedCampaign | None = None
    for minute, sent in readings:
        row, _ = observe(row, a_campaign(sent=sent, **values), now=NOW + minute * MINUTE, keep=keep)
    assert row is not None
    return row


def sent_at(row: TrackedCampaign, minute: float) -> int | None:
    shown = shown_at(row, NOW + minute * MINUTE)
    return None if shown is None else shown.sent


def test_between_two_readings_it_is_what_the_earlier_showed() -> None:
    row = sending((0, 10), (5, 20), (6, 20), (9, 30))
    assert [sent_at(row, minute) for minute in (0, 4.99, 5, 8.99, 9, 100)] == [
        10,
        10,
        20,
        20,
        30,
        30,
    ]


def test_before_the_first_sight_nothing_is_known() -> None:
    assert sent_at(sending((0, 10), (5, 20)), -0.01) is None
    assert sent_at(sending((0, 10)), -0.01) is None


def test_a_campaign_that_has_not_moved_yields_no_samples() -> None:
    assert sending((0, 10), (5, 10), (9, 10)).samples == ()


def test_an_edited_name_is_no_sample() -> None:
    row = sending((0, 10), (5, 20))
    edited, _ = observe(row, a_campaign(sent=20, name="other"), now=NOW + 9 * MINUTE, keep=HOUR)
    assert edited.samples is row.samples


readings = st.lists(st.tuples(st.integers(1, 20), st.integers(0, 5)), min_size=1, max_size=30)


@given(readings, st.integers(1, 60))
def test_what_is_kept_answers_every_question_within_the_look_back(
    found: list[tuple[int, int]], keep: int
) -> None:
    minute, row = 0, None
    known: list[tuple[int, int]] = []
    for gap, sent in found:
        minute += gap
        row, _ = observe(row, a_campaign(sent=sent), now=NOW + minute * MINUTE, keep=keep * MINUTE)
        known.append((minute, sent))
    assert row is not None
    for asked in range(max(0, minute - keep), minute + 5):
        expected = [sent for at, sent in known if at <= asked]
        assert sent_at(row, asked) == (expected[-1] if expected else None)
    if row.samples:  # trimmed whenever it grows
        grown_at = row.samples[-1].at
        assert sum(sample.at <= grown_at - keep * MINUTE for sample in row.samples) <= 1


@given(readings, st.integers(0, 30), st.integers(1, 10))
def test_a_campaign_that_was_loaded_or_must_look_further_back_learns_what_was_recorded(
    found: list[tuple[int, int]], cut: int, keep: int
) -> None:
    minute, whole, held = 0, None, None
    recorded: tuple[Sample, ...] = ()
    for number, (gap, sent) in enumerate(found):
        minute += gap
        now = NOW + minute * MINUTE
        whole, _ = observe(whole, a_campaign(sent=sent), now=now, keep=HOUR * 24)
        held, _ = observe(held, a_campaign(sent=sent), now=now, keep=keep * MINUTE)
        recorded = whole.samples or (Sample.of(whole.campaign, whole.first_seen),)
        if number == cut:  # a restart: loaded without samples, and told of them
            loaded = tracked(held.campaign, first_seen=held.first_seen)
            held = extended(loaded, recorded)
    assert whole is not None
    assert held is not None
    again = extended(held, recorded)
    assert [sent_at(again, asked) for asked in range(minute + 2)] == [
        sent_at(whole, asked) for asked in range(minute + 2)
    ]


def test_a_settled_campaign_keeps_no_samples() -> None:
    row = sending((0, 10), (5, 20))
    done, _ = observe(row, a_campaign(sent=20, status="done"), now=NOW + 6 * MINUTE, keep=HOUR)
    found = settle(done, now=NOW + 80 * HOUR)
    assert found is not None
    assert found[0].samples == ()


def judged(row: TrackedCampaign, minute: float, settle: float = 15) -> int | None:
    return settled_sent(row, NOW + minute * MINUTE, Settle(settle * MINUTE))


def test_of_a_campaign_that_goes_on_after_it_was_settled_nothing_is_known_before_it_settled() -> (
    None
):
    ended, hour = NOW + HOUR, 3600.0
    row = sending((0, 10), (60, 500), status="done", finished_at=ended)
    settled = settle(row, now=ended + 80 * hour)
    assert settled is not None
    again, _ = observe(
        settled[0], a_campaign(sent=600, status="sending"), now=ended + 90 * hour, keep=100 * hour
    )
    edited, _ = observe(
        settled[0],
        a_campaign(sent=500, status="done", finished_at=ended + 60 * hour),
        now=ended + 90 * hour,
    )
    for found in (again, edited):
        assert not found.settled
        assert shown_at(found, ended + 71 * hour) is None
        shown = shown_at(found, ended + 73 * hour)
        assert shown is not None
        assert shown.sent == 500


def test_what_was_sent_a_quarter_of_an_hour_ago_is_settled() -> None:
    row = sending((0, 0), (10, 100), (20, 200), (30, 300))
    assert [judged(row, minute) for minute in (14, 15, 25, 34, 35, 45, 60)] == [
        None,
        0,
        100,
        100,
        200,
        300,
        300,
    ]


def test_all_is_settled_once_it_ended_longer_ago_even_before_it_was_first_seen() -> None:
    row = sending((0, 100), status="done", finished_at=NOW - 20 * MINUTE)
    assert judged(row, 0) == 100
    row = sending((0, 100), status="done", finished_at=NOW - 10 * MINUTE)
    assert [judged(row, minute) for minute in (0, 4.9, 5)] == [None, None, 100]


def test_each_type_can_settle_in_its_own_time() -> None:
    settle = Settle(900.0, (("rcs", 3600.0),))
    assert (settle.seconds("sms"), settle.seconds("rcs"), settle.longest) == (900.0, 3600.0, 3600.0)
