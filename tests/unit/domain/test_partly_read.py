"""What is decided about campaigns of which a field could not be read."""

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain.alerting.three_valued import ThreeValuedConditions
from monitor.domain.campaign.detail import CampaignDetail
from monitor.domain.campaign.diff import observe
from monitor.domain.campaign.event import EventKind
from monitor.domain.campaign.snapshot import Campaign, PartlyRead, Unreadable
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.campaign.unreadable import filled
from monitor.domain.condition import compile_batch, parse_condition
from monitor.domain.fields.catalogue import NOTHING_SPECIAL
from tests.examples import examples
from tests.unit.domain.builders import HOUR, NOW, a_campaign, tracked

KEEP = 900.0


def partly(campaign: Campaign, *fields: str) -> PartlyRead:
    """The campaign as a row of which these fields could not be read."""
    values: dict[str, Any] = {name: getattr(campaign, name) for name in Campaign.__struct_fields__}
    empty = {"created_at": 0.0, "message_type": "", "sender": "", "name": ""}
    values |= {name: empty.get(name) for name in fields}
    marks = tuple(Unreadable(field=name, found="?") for name in fields)
    return PartlyRead(**values, unreadable=marks)


def after(
    known: TrackedCampaign | None, seen: Campaign, now: float
) -> tuple[TrackedCampaign, list[EventKind]]:
    campaign, marks = filled(known, seen, now=now, message_type="sms", keep=KEEP)
    row, events = observe(known, campaign, now=now, unreadable=marks)
    return row, [event.kind for event in events]


def holds(text: str, row: TrackedCampaign, now: float = NOW) -> bool | None:
    condition = parse_condition(text, scope="campaign")
    return ThreeValuedConditions().holds(condition, row, now, NOTHING_SPECIAL)


def marked(campaign: Campaign, *fields: str) -> TrackedCampaign:
    marks = tuple(Unreadable(field=name, found="?", since=NOW - 60) for name in fields)
    return msgspec.structs.replace(tracked(campaign), unreadable=marks)


def test_false_and_unknown_is_false_and_true_or_unknown_is_true() -> None:
    row = marked(a_campaign(status="sending", calculated_price=5.0), "calculated_price")
    assert holds("calculated_price > 3", row) is None
    assert holds('status == "done" and calculated_price > 3', row) is False
    assert holds('status == "sending" and calculated_price > 3', row) is None
    assert holds('status == "sending" or calculated_price > 3', row) is True
    assert holds('not (status == "sending" and calculated_price > 3)', row) is None
    assert holds('not (status == "done" and calculated_price > 3)', row) is True
    assert holds("calculated_price == null", row) is None
    assert holds("calculated_price in [5, 6]", row) is None
    assert holds('status == "sending"', row) is True


def test_what_is_made_of_an_unknown_field_is_unknown() -> None:
    row = marked(a_campaign(status="sending", sent=100, delivered=50, name="Spring"), "sent")
    for text in ("delivery_ratio < 0.9", "settled_sent > 3", 'stalled_for > "1m"', "reach < 1"):
        assert holds(text, row) is None, text
    for text in ('increase(sent, "10m") < 5', 'ago(sent, "10m") == 3'):
        assert holds(text, row) is None, text
    assert holds("delivered == 50", row) is True
    assert holds('matches(name, "Spring")', row) is True


def test_what_looks_back_stays_unknown_until_it_looks_past_the_gap() -> None:
    campaign = a_campaign(status="sending", sent=100, delivered=50)
    mark = Unreadable(field="sent", found="?", since=NOW - 600, until=NOW - 300)
    row = msgspec.structs.replace(tracked(campaign), unreadable=(mark,))
    assert holds("sent == 100", row) is True
    assert holds('increase(sent, "10m") < 5', row) is None
    assert holds('increase(sent, "4m") < 5', row) is True


def test_the_last_readable_value_is_what_the_next_reading_is_compared_with() -> None:
    first = tracked(a_campaign(status="sending", sent=100, delivered=50, calculated_price=5.0))
    read = first.campaign
    lost, kinds = after(first, partly(read, "calculated_price", "sent"), NOW)
    assert kinds == []
    assert (lost.campaign.sent, lost.campaign.calculated_price) == (100, 5.0)
    assert [(mark.field, mark.since, mark.known) for mark in lost.unreadable] == [
        ("calculated_price", NOW, True),
        ("sent", NOW, True),
    ]
    again, kinds = after(lost, partly(read, "calculated_price"), NOW + 60)
    assert kinds == []
    assert [(mark.field, mark.since, mark.until) for mark in again.unreadable] == [
        ("calculated_price", NOW, None),
        ("sent", NOW, NOW + 60),
    ]
    edited = msgspec.structs.replace(read, sent=120, calculated_price=6.0)
    whole, kinds = after(again, edited, NOW + 120)
    assert kinds == [EventKind.EDITED, EventKind.PROGRESSED]
    assert (whole.campaign.sent, whole.campaign.calculated_price) == (120, 6.0)


def test_no_counter_falls_because_it_could_not_be_read() -> None:
    row = tracked(a_campaign(status="sending", sent=100, delivered=50))
    fields = ("sent", "delivered", "fallback_sent", "fallback_delivered")
    lost, kinds = after(row, partly(row.campaign, *fields), NOW)
    assert kinds == []
    assert after(lost, row.campaign, NOW + 60)[1] == []


def test_the_first_readable_value_of_a_field_is_no_event() -> None:
    whole = a_campaign(status="sending", sent=100, delivered=50, calculated_price=5.0)
    row, kinds = after(None, partly(whole, "calculated_price", "created_at"), NOW)
    assert kinds == [EventKind.APPEARED]
    assert row.campaign.created_at == NOW
    assert not any(mark.known for mark in row.unreadable)
    read, kinds = after(row, whole, NOW + 60)
    assert kinds == []
    assert read.campaign == whole
    assert after(read, msgspec.structs.replace(whole, calculated_price=6.0), NOW + 120)[1] == [
        EventKind.EDITED
    ]


def test_what_was_never_read_has_not_stood_still() -> None:
    whole = a_campaign(status="sending", sent=500)
    row, _ = after(None, partly(whole, "sent"), NOW)
    read, kinds = after(row, whole, NOW + 1800)
    assert (read.progress_since, kinds) == (NOW + 1800, [])
    lost, _ = after(read, partly(whole, "sent"), NOW + 2400)
    assert after(lost, whole, NOW + 3600)[0].progress_since == NOW + 1800  # it did not grow


def test_a_figure_over_a_stretch_in_which_its_field_was_unreadable_is_unknown() -> None:
    whole = a_campaign(status="sending", sent=500, delivered=100)
    mark = Unreadable(field="sent", found="?", since=NOW - 400, until=NOW - 300)
    row = msgspec.structs.replace(
        tracked(whole, detail=CampaignDetail(read_at=NOW - HOUR, total_messages=5000)),
        unreadable=(mark,),
    )
    over_it = (
        'increase(sent, "10m") > 5',
        'rate(sent, "10m") > 5',
        'ago(sent, "10m") > 5',
        "settled_sent > 5",
        "settled_ratio < 0.5",
        'eta > "2h"',
    )
    for text in over_it:
        assert holds(text, row) is None, text
    for text in ('increase(sent, "3m") > 5', "sent < 5", "delivered > 500"):
        assert holds(text, row) is False, text
    unread = marked(whole, "sent")
    for text in (*over_it, "stalled_for > 10m", "progress > 0.5"):
        assert holds(text.replace("> 10m", '> "10m"'), unread) is None, text
    assert holds('baseline(sent, "28d") > 5', marked(whole, "sender")) is None
    assert holds('baseline(sent, "28d") > 5', marked(whole, "created_at")) is None


def test_a_mark_is_forgotten_once_no_rule_looks_that_far_back() -> None:
    row = tracked(a_campaign(status="sending", sent=100))
    lost, _ = after(row, partly(row.campaign, "sent"), NOW)
    read, _ = after(lost, row.campaign, NOW + 60)
    assert [mark.field for mark in read.unreadable] == ["sent"]
    grown = msgspec.structs.replace(row.campaign, sent=120)
    assert after(read, grown, NOW + 61 + KEEP)[0].unreadable == ()


def test_a_final_campaign_first_seen_with_an_unreadable_end_counts_as_ended_when_it_began() -> None:
    began = NOW - 80 * HOUR
    whole = a_campaign(status="done", created_at=began - 60, real_start_at=began, finished_at=NOW)
    row, _ = after(None, partly(whole, "finished_at"), NOW)
    assert row.final_since == began
    assert row.settled


CONDITIONS = [
    "sent > 50",
    "delivered < 40 or sent == null",
    'status == "sending" and calculated_price > 3',
    "not (delivered > 10 and calculated_price <= 3)",
    "delivery_ratio < 0.5",
    "calculated_price == null or not (sent > 50)",
    "(sent > 50) == (delivered > 10)",
]
VALUES: dict[str, list[Any]] = {
    "sent": [None, 0, 40, 100],
    "delivered": [None, 0, 5, 50],
    "calculated_price": [None, 0.0, 2.0, 5.0],
}


@settings(max_examples=examples(300))
@given(
    st.sampled_from(CONDITIONS),
    st.fixed_dictionaries({name: st.sampled_from(found) for name, found in VALUES.items()}),
    st.sets(st.sampled_from(sorted(VALUES)), min_size=1),
)
def test_an_answer_that_is_known_holds_for_every_value_of_what_is_not(
    text: str, values: dict[str, Any], unknown: set[str]
) -> None:
    row = marked(a_campaign(status="sending", **values), *unknown)
    verdict = holds(text, row)
    condition = parse_condition(text, scope="campaign")
    answers = {
        bool(compile_batch([condition])([tracked(each)], NOW))
        for each in _every_value(row.campaign, sorted(unknown))
    }
    if verdict is not None:
        assert answers == {verdict}


@settings(max_examples=examples(100))
@given(
    st.lists(
        st.tuples(
            st.fixed_dictionaries({name: st.sampled_from(found) for name, found in VALUES.items()}),
            st.dictionaries(
                st.sampled_from(sorted(VALUES)), st.sampled_from([None, NOW - 60, NOW - 900])
            ),
        ),
        max_size=6,
    )
)
def test_many_campaigns_are_answered_as_each_by_itself(
    found: list[tuple[dict[str, Any], dict[str, float | None]]],
) -> None:
    texts = [*CONDITIONS, "settled_sent > 50", 'ago(sent, "10m") > 50']
    conditions = [parse_condition(text, scope="campaign") for text in texts]
    rows = [
        msgspec.structs.replace(
            tracked(a_campaign(number, status="sending", **values)),
            unreadable=tuple(
                Unreadable(field=name, found="?", since=NOW - 1000, until=until)
                for name, until in sorted(marks.items())
            ),
        )
        for number, (values, marks) in enumerate(found, 1)
    ]
    hits, unknown = ThreeValuedConditions().ask(
        conditions, compile_batch(conditions), rows, NOW, NOTHING_SPECIAL
    )
    answers = {(index, row.campaign.id): True for index, row in hits}
    answers |= {(index, row.campaign.id): None for index, row in unknown}
    for index, text in enumerate(texts):
        for row in rows:
            assert answers.get((index, row.campaign.id), False) is holds(text, row)


def _every_value(campaign: Campaign, names: list[str]) -> list[Campaign]:
    found = [campaign]
    for name in names:
        found = [
            msgspec.structs.replace(each, **{name: value})
            for each in found
            for value in VALUES[name]
        ]
    return found
