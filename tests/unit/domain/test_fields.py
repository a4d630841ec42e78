"""What each field means, and that the documentation says the same."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.campaign.detail import COUNTERS, CampaignDetail, Split
from monitor.domain.campaign.snapshot import DOCUMENTED_STATUSES
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.condition import compile_batch, field_values, parse_condition
from monitor.domain.fields.catalogue import FIELDS, MOVING_ACCOUNT_FIELDS, fields_of
from monitor.domain.fields.detail_fields import DETAIL_FIELDS
from tests.unit.domain.builders import DAY, HOUR, NOW, a_campaign, tracked
from tests.unit.domain.expressions import rows

RULES = Path(__file__).parents[3] / "docs" / "rules.md"


def value(name: str, *, known: dict[str, float] | None = None, **values: Any) -> Any:
    return field_values("campaign", tracked(a_campaign(**values), **(known or {})), NOW)[name]


def test_ratios_are_null_without_anything_sent() -> None:
    for name in ("delivery_ratio", "reach"):
        assert value(name, sent=None, delivered=None) is None
        assert value(name, sent=0, delivered=0) is None
        assert value(name, sent=10, delivered=None) is None
        assert value(name, sent=10, delivered=8) == 0.8
    assert value("fallback_ratio", fallback_sent=0, fallback_delivered=0) is None
    assert value("fallback_ratio", fallback_sent=4, fallback_delivered=None) is None
    assert value("fallback_ratio", fallback_sent=4, fallback_delivered=1) == 0.25


def test_more_delivered_than_sent_is_data() -> None:
    assert value("delivery_ratio", sent=10, delivered=11) == 1.1


def test_reach_counts_both_channels_and_a_missing_fallback_as_nothing() -> None:
    assert (
        value("reach", sent=500, delivered=412, fallback_sent=70, fallback_delivered=61)
        == 473 / 500
    )


def test_start_delay_is_how_late_it_started() -> None:
    assert value("start_delay", start_at=NOW - HOUR, real_start_at=NOW - HOUR + 17) == 17
    assert value("start_delay", start_at=NOW - HOUR, real_start_at=NOW - HOUR - 5) == 0


def test_start_delay_is_how_late_it_is_while_it_has_not_started() -> None:
    assert value("start_delay", status="scheduled", start_at=NOW - 90) == 90
    assert value("start_delay", status="paused", start_at=NOW - 90) == 90
    assert value("start_delay", status="frozen", start_at=NOW - 90) == 90
    assert value("start_delay", status="scheduled", start_at=NOW + 90) == 0


def test_start_delay_is_null_where_it_cannot_be_known() -> None:
    assert value("start_delay", status="scheduled") is None
    assert value("start_delay", real_start_at=NOW) is None
    for status in ("sending", "done", "stopped"):
        assert value("start_delay", status=status, start_at=NOW - 90) is None


def test_duration_ends_with_the_campaign() -> None:
    assert value("duration") is None
    assert value("duration", real_start_at=NOW - HOUR) == HOUR
    assert (
        value("duration", real_start_at=NOW - HOUR, finished_at=NOW - 600, status="done")
        == HOUR - 600
    )
    assert (
        value(
            "duration", real_start_at=NOW - HOUR, status="stopped", known={"status_since": NOW - 60}
        )
        == HOUR - 60
    )
    assert value("duration", real_start_at=NOW + HOUR) == 0


def test_stalled_for_counts_only_while_sending() -> None:
    known = {"progress_since": NOW - 1200}
    assert value("stalled_for", status="sending", known=known) == 1200
    assert value("stalled_for", status="sending", sent=None, known=known) == 1200
    for status in set(DOCUMENTED_STATUSES) - {"sending"}:
        assert value("stalled_for", status=status, known=known) is None


def test_ages_count_from_creation_and_from_the_status() -> None:
    assert value("age", created_at=NOW - DAY) == DAY
    assert value("status_age", known={"status_since": NOW - 61}) == 61


def test_no_age_is_below_nought_after_the_clock_was_set_back() -> None:
    ahead = tracked(
        a_campaign(status="sending", created_at=NOW + 60),
        status_since=NOW + 60,
        progress_since=NOW + 60,
        detail=CampaignDetail(read_at=NOW + 60),
    )
    names = ("age", "status_age", "stalled_for", "detail_age")
    assert [field_values("campaign", ahead, NOW)[name] for name in names] == [0, 0, 0, 0]
    texts = [*(f'{name} >= "0s"' for name in names), *(f'{name} < "0s"' for name in names)]
    hits = compile_batch([parse_condition(text, scope="campaign") for text in texts])([ahead], NOW)
    assert [index for index, _ in hits] == [0, 1, 2, 3]


def test_final_is_done_or_stopped() -> None:
    assert {status for status in DOCUMENTED_STATUSES if value("final", status=status)} == {
        "done",
        "stopped",
    }


def detailed(name: str, detail: CampaignDetail | None, **values: Any) -> Any:
    return field_values("campaign", tracked(a_campaign(**values), detail=detail), NOW)[name]


def test_what_the_detail_says_is_null_until_it_was_read() -> None:
    names = {field.name for field in DETAIL_FIELDS}
    values = field_values("campaign", tracked(a_campaign(sent=10, delivered=5)), NOW)
    assert {values[name] for name in names} == {None}
    read = CampaignDetail(
        read_at=NOW - 90, awaiting_report=4, fallback=Split(expired=2), total_price=1.5
    )
    assert [
        detailed(name, read) for name in ("awaiting_report", "fallback_expired", "total_price")
    ] == [4, 2, 1.5]
    assert detailed("detail_age", read) == 90
    assert (
        detailed("why", CampaignDetail(read_at=NOW, delivered=62, not_rcs_user=38))
        == "not RCS-capable 38 %"
    )


def test_every_state_of_a_detail_has_a_field() -> None:
    assert set(COUNTERS) - {"delivered"} <= {field.name for field in DETAIL_FIELDS}


def test_progress_is_a_share_of_all_and_never_more_than_one() -> None:
    size = CampaignDetail(read_at=NOW, total_messages=200)
    assert detailed("progress", size, sent=50) == 0.25
    assert detailed("progress", size, sent=201) == 1.0
    assert detailed("progress", size, sent=None) is None
    assert detailed("progress", CampaignDetail(read_at=NOW, total_messages=0), sent=0) is None


def test_the_currency_is_the_lists_and_else_the_details() -> None:
    read = CampaignDetail(read_at=NOW, currency="EUR")
    assert detailed("currency", read) == "EUR"
    assert detailed("currency", read, currency="USD") == "USD"
    assert detailed("currency", None) is None


def test_fields_are_kept_by_scope() -> None:
    assert "old_status" not in fields_of("campaign")
    assert "old_status" in fields_of("campaign", event=True)
    assert set(fields_of("account")) >= MOVING_ACCOUNT_FIELDS | {
        f"campaigns_{status}" for status in DOCUMENTED_STATUSES
    }
    with pytest.raises(ValueError, match="campaign, sender, account, receiver"):
        fields_of("route")


def test_field_values_want_the_subject_of_their_scope() -> None:
    with pytest.raises(TypeError, match="wants AccountView"):
        field_values("account", tracked())
    with pytest.raises(TypeError, match="wants TrackedCampaign and the time"):
        field_values("campaign", tracked())


@pytest.mark.parametrize("name", fields_of("campaign"))
def test_every_field_can_be_used_alone_in_a_condition(name: str) -> None:
    field = FIELDS["campaign"][name]
    text = name if field.type == "bool" else f"{name} != null"
    row = tracked(a_campaign())
    assert bool(compile_batch([parse_condition(text, scope="campaign")])([row], NOW)) is (
        value(name) not in (None, False)
    )


def test_every_field_has_a_description_and_a_place_it_comes_from() -> None:
    for table in FIELDS.values():
        for name, field in table.items():
            assert field.description
            assert field.name == name
            assert bool(field.read) + bool(field.made_of) == (
                0 if name == "now" and not field.read else 1
            )


@given(row=rows(), later=st.sampled_from([1.0, 60.0, 900.0, 3_600.0, 4 * 86_400.0]))
def test_what_time_alone_can_change_is_known_to_move_by_itself(
    row: TrackedCampaign, later: float
) -> None:
    before, after = field_values("campaign", row, NOW), field_values("campaign", row, NOW + later)
    changed = [name for name in before if before[name] != after[name]]
    standing = [
        name
        for name in changed
        if not parse_condition(f"{name} != null", scope="campaign").moves_by_itself
    ]
    assert standing == [], (
        "rules that name them would not be asked again about a campaign that did not change"
    )
