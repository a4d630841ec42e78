import math

import pytest

from monitor.simulator.plan import Hold
from monitor.simulator.planning import Kind, UnfitField, make_plan

BASE = {"name": "n", "sender": "s", "size": 100}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("sender", 5), ("size", -1), ("size", True), ("size", 1.5), ("message_type", "mms"), ("kind", "odd"),
        ("created", "forever"), ("start", None), ("moderation", "-5s"), ("moderation_status", "sending"), ("late", "soon"),
        ("duration", 0), ("pace", 0), ("pace", "fast"), ("stop", -1), ("delivered_share", 1.1), ("delivered_share", "x%"),
        ("fallback", "maybe"), ("reports", 0), ("price", math.inf), ("price", "1"), ("currency", 5), ("colour", "red"),
    ],
)  # fmt: skip
def test_an_unfit_field_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(UnfitField) as caught:
        make_plan({**BASE, field: value})
    assert caught.value.field == field


@pytest.mark.parametrize("field", BASE)
def test_a_campaign_needs_a_name_a_sender_and_a_size(field: str) -> None:
    with pytest.raises(UnfitField, match=f'a campaign needs "{field}"'):
        make_plan({name: value for name, value in BASE.items() if name != field})


@pytest.mark.parametrize("kind", Kind)
def test_what_a_kind_implies_can_be_given_instead(kind: Kind) -> None:
    given: dict[str, object] = {
        "moderation": "7s", "late": "9s", "delivered_share": "50%", "not_rcs_share": 0.2, "message_type": "viber",
        "duration": "40s", "stop": "30s", "stall_after": "20s", "stall_for": "5s", "pause_after": "26s", "pause_for": "2s",
    }  # fmt: skip
    plan = make_plan({**BASE, **given, "kind": kind.value})
    assert (
        plan.moderation,
        plan.late,
        plan.delivered_share,
        plan.not_rcs_share,
        plan.message_type,
    ) == (7, 9, 0.5, 0.2, "viber")
    assert (plan.duration, plan.stop) == (40, 30)
    assert plan.holds == (Hold(20, 25), Hold(26, 28, "paused"))


def test_a_stall_and_a_pause_begin_at_two_fifths_of_the_sending_unless_told() -> None:
    for kind, status in (("stalled", None), ("paused", "paused")):
        plan = make_plan(
            {**BASE, "kind": kind, "moderation": 10, "start": 30, "late": 5, "pace": 1}
        )
        assert plan.holds == (Hold(75.0, math.inf, status),)
    assert make_plan({**BASE, "kind": "stopped", "pace": 1, "late": 5}).stop == 55
