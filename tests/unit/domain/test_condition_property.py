"""The compiled conditions against the slow interpreter, and the parser against anything at all."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain.campaign.event import CampaignEvent
from monitor.domain.campaign.figures import Settle
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.condition import (
    ConditionError,
    ConditionFault,
    TextSpan,
    compile_batch,
    compile_event,
    field_values,
    parse_condition,
)
from monitor.domain.fields.catalogue import Surroundings, fields_of
from tests.examples import examples
from tests.unit.domain.expressions import NOW, conditions, events, rows
from tests.unit.domain.interpreter import campaign_values, holds


@settings(max_examples=examples(400), deadline=None)
@given(
    texts=st.lists(st.tuples(conditions(), st.sampled_from([60.0, 900.0])), min_size=1, max_size=4),
    subjects=st.lists(rows(), min_size=1, max_size=6),
    quiet=st.booleans(),
)
def test_a_compiled_batch_finds_what_the_interpreter_finds(
    texts: list[tuple[str, float]], subjects: list[TrackedCampaign], quiet: bool
) -> None:
    checked = [
        parse_condition(text, scope="campaign", settle=Settle(seconds)) for text, seconds in texts
    ]

    hits = compile_batch(checked)(subjects, NOW, Surroundings(in_quiet_hours=quiet))

    expected = []
    for row in subjects:
        for index, (text, seconds) in enumerate(texts):
            if holds(text, campaign_values(row, NOW, settle=seconds, quiet=quiet)):
                expected.append((index, row))
    assert [(index, id(row)) for index, row in hits] == [
        (index, id(row)) for index, row in expected
    ]


@settings(max_examples=examples(150), deadline=None)
@given(
    text=conditions(depth=2),
    status=st.sampled_from(
        [
            'old_status == "paused"',
            "old_status == null",
            'old_status not in ["done"]',
            "old_status != status",
        ]
    ),
    event=events,
    row=rows(),
)
def test_a_compiled_event_condition_agrees_with_the_interpreter(
    text: str, status: str, event: CampaignEvent, row: TrackedCampaign
) -> None:
    row = msgspec.structs.replace(row, campaign=event.campaign)
    whole = f"{status} and ({text}\n)"

    found = compile_event(parse_condition(whole, scope="campaign", event=True))(event, row, NOW)

    assert found is holds(whole, campaign_values(row, NOW, event))


@settings(max_examples=examples(150), deadline=None)
@given(event=events, row=rows())
def test_field_values_are_what_the_independent_getters_read(
    event: CampaignEvent, row: TrackedCampaign
) -> None:
    row = msgspec.structs.replace(row, campaign=event.campaign)

    assert field_values("campaign", row, NOW) == pytest.approx(
        {name: typed.value for name, typed in campaign_values(row, NOW).items() if " " not in name}
    )
    with_event = {
        name: typed for name, typed in campaign_values(row, NOW, event).items() if " " not in name
    }
    assert field_values("campaign", row, NOW, event=event) == pytest.approx(
        {name: typed.value for name, typed in with_event.items()}
    )
    fields = fields_of("campaign", event=True)
    assert {name: field.type.value for name, field in fields.items()} == {
        name: typed.kind for name, typed in with_event.items()
    }
    assert all(
        fields[name].nullable or typed.value is not None for name, typed in with_event.items()
    )


_WORDS = (
    'sent status now and or not in ( ) [ ] , "done" \' " 5 1e999 null True == < - + * / ** % = := '
    "lambda : if else for . "
    "matches min # \\ é 🎉 f'' {}"
)
_soup = st.lists(st.sampled_from([*_WORDS.split(), "\n"]), max_size=25).map(" ".join)


@settings(max_examples=examples(500), deadline=None)
@given(text=st.text(max_size=60) | _soup)
def test_whatever_the_text_is_the_answer_is_a_condition_or_faults_within_the_text(
    text: str,
) -> None:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for fault in faults_of(text):
        span = fault.span
        assert 1 <= span.line <= span.end_line <= len(lines)
        assert 1 <= span.column <= len(lines[span.line - 1]) + 1
        assert 1 <= span.end_column <= len(lines[span.end_line - 1]) + 2
        assert (span.end_line, span.end_column) >= (span.line, span.column)


def faults_of(text: str) -> tuple[ConditionFault, ...]:
    """What is wrong with it; nothing if it can be compiled."""
    try:
        condition = parse_condition(text, scope="campaign")
    except ConditionError as error:
        return error.faults or (ConditionFault("an error without a fault", TextSpan(0, 0, 0, 0)),)
    compile_batch([condition])([], NOW)
    return condition.warnings
