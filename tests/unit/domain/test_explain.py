"""An explanation says of every part what it came to, and of the whole what the compiled
condition says."""

import ast
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain.alerting.rule import Scope
from monitor.domain.campaign.account import AccountView
from monitor.domain.campaign.baseline import (
    BASELINE_FIELDS,
    BaselineKey,
    Baselines,
    BaselineSpan,
    began,
    hour_of_week,
)
from monitor.domain.campaign.event import CampaignEvent
from monitor.domain.campaign.feed import Feed, FeedState
from monitor.domain.campaign.figures import Settle
from monitor.domain.campaign.receiver_view import ReceiverHealth, ReceiverView
from monitor.domain.campaign.sample import Sample
from monitor.domain.campaign.sender import SenderTally, SenderView, SenderWindow, Sums
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.condition import (
    compile_account,
    compile_batch,
    compile_event,
    compile_receiver,
    compile_sender,
    parse_condition,
)
from monitor.domain.condition.part_values import ConditionPart, explain
from monitor.domain.fields.catalogue import Surroundings
from tests.examples import examples
from tests.rules import rules_in
from tests.unit.domain.builders import a_campaign, tracked
from tests.unit.domain.expressions import NOW, conditions, events, rows
from tests.unit.domain.interpreter import campaign_values, evaluate


class Alike(dict[BaselineKey, dict[str, float]]):
    """The same is usual of everything."""

    def __init__(self, value: float) -> None:
        self._medians = dict.fromkeys(BASELINE_FIELDS, value)

    def get(self, *_: object) -> Any:
        return self._medians


AT = datetime.fromtimestamp(NOW, UTC)


def parts(part: ConditionPart) -> list[ConditionPart]:
    return [part, *(found for child in part.children for found in parts(child))]


def value(text: str, root: ConditionPart) -> object:
    """Of the part that is written so."""
    return next(part.value for part in parts(root) if part.text == text)


@settings(max_examples=examples(400), deadline=None)
@given(text=conditions(), settle=st.sampled_from([60.0, 900.0]), row=rows(), quiet=st.booleans())
def test_the_whole_is_what_the_compiled_condition_says(
    text: str, settle: float, row: TrackedCampaign, quiet: bool
) -> None:
    condition = parse_condition(text, scope="campaign", settle=Settle(settle))
    around = Surroundings(in_quiet_hours=quiet)

    root = explain(condition, row, NOW, around=around)

    assert root.holds is bool(compile_batch([condition])([row], NOW, around))


@settings(max_examples=examples(150), deadline=None)
@given(text=conditions(depth=2), event=events, row=rows())
def test_the_whole_is_what_the_compiled_condition_of_an_event_rule_says(
    text: str, event: CampaignEvent, row: TrackedCampaign
) -> None:
    row = msgspec.structs.replace(row, campaign=event.campaign)
    condition = parse_condition(f"old_status != status or ({text}\n)", scope="campaign", event=True)

    assert explain(condition, row, NOW, event=event).holds is compile_event(condition)(
        event, row, NOW
    )


@settings(max_examples=examples(150), deadline=None)
@given(text=conditions(depth=2), row=rows())
def test_every_part_is_what_the_interpreter_makes_of_its_text(
    text: str, row: TrackedCampaign
) -> None:
    root = explain(parse_condition(text, scope="campaign"), row, NOW)

    values = campaign_values(row, NOW)
    for part in parts(root):
        if part.children:  # a literal is read as what stands beside it
            expected = evaluate(ast.parse(part.text, mode="eval").body, values).value
            assert part.value == (
                pytest.approx(expected) if isinstance(expected, float) else expected
            ), part.text


@settings(max_examples=examples(100), deadline=None)
@given(
    row=rows(),
    usual=st.none() | st.sampled_from([0.0, 0.5, 1.0]),
    factor=st.sampled_from(["0.9", "1", "2"]),
)
def test_a_baseline_is_the_one_that_the_compiled_condition_asks_for(
    row: TrackedCampaign, usual: float | None, factor: str
) -> None:
    campaign = row.campaign
    key = BaselineKey(
        BaselineSpan(28 * 86_400.0),
        campaign.message_type,
        campaign.sender,
        hour_of_week(began(campaign)),
    )
    around = Surroundings(baselines=Baselines({} if usual is None else {key: {"reach": usual}}))
    condition = parse_condition(f'reach < {factor} * baseline(reach, "28d")', scope="campaign")

    root = explain(condition, row, NOW, around=around)

    assert root.holds is bool(compile_batch([condition])([row], NOW, around))
    assert value('baseline(reach, "28d")', root) == usual


DEFAULT = rules_in(Path(__file__).parents[3] / "rules.yaml").rules
OF_CAMPAIGNS = [rule for rule in DEFAULT if rule.scope is Scope.CAMPAIGN and not rule.is_event_rule]
OF_SENDERS = [rule for rule in DEFAULT if rule.scope is Scope.SENDER]


@settings(max_examples=examples(50), deadline=None)
@given(
    subjects=st.lists(rows(), min_size=1, max_size=4),
    usual=st.none() | st.sampled_from([0.5, 0.95]),
)
def test_the_default_rules_are_explained_as_they_are_decided(
    subjects: list[TrackedCampaign], usual: float | None
) -> None:
    around = Surroundings(baselines=Baselines({} if usual is None else Alike(usual)))
    for rule in OF_CAMPAIGNS:
        decided = {id(row) for _, row in compile_batch([rule.condition])(subjects, NOW, around)}
        for row in subjects:
            assert explain(rule.condition, row, NOW, around=around).holds is (id(row) in decided), (
                rule.name
            )
    for rule in OF_SENDERS:
        tally = SenderTally("default", [rule.window], AT)
        tally.add(subjects)
        for view in tally.views()[rule.window]:
            assert explain(rule.condition, view, around=around).value is compile_sender(
                rule.condition
            )(view, around), rule.name


def test_functions_of_the_past_show_what_they_are_made_of() -> None:
    samples = (
        Sample(at=NOW - 3_600, status="sending", sent=40),
        Sample(at=NOW - 60, status="sending", sent=100),
    )
    row = tracked(a_campaign(sent=100), samples=samples)
    root = explain(
        parse_condition('rate(sent, "10m") > 1 or increase(sent, "10m") < 5', scope="campaign"),
        row,
        NOW,
    )

    assert value('rate(sent, "10m")', root) == 0.1
    assert value('increase(sent, "10m")', root) == 60
    assert value('ago(sent, "10m")', root) == 40
    assert value("sent", root) == 100


def test_a_part_is_written_as_it_stands_on_one_line_without_comments() -> None:
    text = 'sent > 5  # "five"\n  and matches(name,\n  "a  # b")'
    root = explain(parse_condition(text, scope="campaign"), tracked(), NOW)
    assert root.text == 'sent > 5 and matches(name, "a  # b")'
    assert [child.text for child in root.children] == ["sent > 5", 'matches(name, "a  # b")']
    assert [child.span.line for child in root.children] == [1, 2]


def test_conditions_of_accounts_receivers_and_senders_are_explained() -> None:
    account = parse_condition("not api_up or consecutive_failures > 2", scope="account")
    feed = FeedState(feed=Feed("default", "sms"), first_tried=AT)
    view = AccountView(account="default", feeds=(feed,), balance=None, counts={}, now=AT)
    assert explain(account, view).value is compile_account(account)(view)
    receiver = parse_condition('failing_for > "5m" and waiting > 0', scope="receiver")
    failing = ReceiverView(
        receiver="ops",
        integration="slack",
        health=ReceiverHealth(failing_since=AT),
        dead_letters=0,
        waiting=1,
        oldest_at=AT,
        now=AT,
    )
    assert explain(receiver, failing).value is compile_receiver(receiver)(failing) is False
    sender = parse_condition('reach < baseline(reach, "28d") or campaigns == 0', scope="sender")
    unknown = SenderView(
        account="a", sender="Shop", message_type="sms", window=SenderWindow(), sums=Sums(), now=AT
    )
    assert explain(sender, unknown).value is compile_sender(sender)(unknown) is True
