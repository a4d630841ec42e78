"""What is missing: nothing where the condition holds, and otherwise what would make it hold."""

import pytest
from hypothesis import given, settings

from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.condition import parse_condition
from monitor.domain.condition.nodes import Comparison, Constant, Junction, Not
from monitor.domain.condition.part_values import ConditionPart, explain
from monitor.domain.condition.unmet import Lack, missing
from tests.examples import examples
from tests.unit.domain.builders import NOW, a_campaign, tracked
from tests.unit.domain.expressions import conditions, rows

ROW = tracked(
    a_campaign(
        status="done", sent=4_180, delivered=3_887, start_at=NOW - 3_600, real_start_at=NOW - 3_480
    ),
    status_since=NOW - 90 * 60,
)


def said(text: str, row: TrackedCampaign = ROW) -> object:
    """The words; those of which all are needed as a list, alternatives as a tuple."""

    def plain(lack: Lack | None) -> object:
        if lack is None or not lack.below:
            return lack.words if lack else None
        found = [plain(each) for each in lack.below]
        return tuple(found) if lack.any_of else found

    return plain(missing(explain(parse_condition(text, scope="campaign"), row, NOW)))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("delivery_ratio < 0.90", "delivery_ratio is 0.9299, needs < 0.9"),
        ("0.90 > delivery_ratio", "delivery_ratio is 0.9299, needs < 0.9"),
        ("sent >= 5000", "sent is 4,180, needs >= 5,000"),
        ('status_age > "2h"', "status_age is 1 h 30 min, needs > 2 h"),
        (
            'created_at > "2026-03-02T08:30Z"',
            "created_at is 2026-03-02 08:00:00 UTC, needs > 2026-03-02 08:30:00 UTC",
        ),
        ('status == "sending"', 'status is "done", needs to be "sending"'),
        ('status != "done"', 'status is "done", needs to be other than "done"'),
        ('status in ["paused", "spam"]', 'status is "done", needs to be one of "paused", "spam"'),
        (
            'status not in ["done", "stopped"]',
            'status is "done", needs to be none of "done", "stopped"',
        ),
        ('matches(name, "^test")', 'name is "Spring sale", needs to match "^test"'),
        ('not matches(name, "sale")', 'name is "Spring sale", needs not to match "sale"'),
        ("in_quiet_hours", "in_quiet_hours is false, needs to be true"),
        ("not final", "final is true, needs to be false"),
        ("final == false", "final is true, needs to be false"),
        ("false", "false stands in the condition: this part is always so"),
        ("start_at == null", "start_at is 2026-03-02 08:00:00 UTC, needs to be null"),
        ("finished_at != null", "finished_at is null, needs a value (null until then)"),
        ("fallback_sent > 0", "fallback_sent is null, needs a value > 0 (null without a fallback)"),
        (
            "calculated_price > 5",
            "calculated_price is null, needs a value > 5 (the provider gives none)",
        ),
        (
            "expired > 5",
            "expired is null, needs a value > 5 (not read in detail yet, or not given there)",
        ),
        (
            "sent / (sent - 4180) > 5",
            "sent / (sent - 4180) is null, needs a value > 5 (sent - 4180 is 0)",
        ),
        ("not sent > 5", "sent is 4,180, needs <= 5"),
        ("delivered > sent", "delivered is 3,887, needs > sent, which is 4,180"),
        (
            'reach < baseline(reach, "28d")',
            (
                'reach is 0.9299, needs < baseline(reach, "28d"), which is null (fewer than three '
                "settled campaigns to compare with)"
            ),
        ),
        (
            'ago(sent, "2h") > 5',
            'ago(sent, "2h") is null, needs a value > 5 (nothing is known of what sent was then)',
        ),
    ],
)
def test_one_thing_that_is_missing_is_said_in_words(text: str, words: str) -> None:
    assert said(text) == words


def test_a_condition_that_holds_lacks_nothing() -> None:
    assert said("final and sent > 100") is None


def test_of_what_is_joined_by_and_all_that_fails_is_missing() -> None:
    assert said("final and sent > 5000 and delivery_ratio < 0.9") == [
        "sent is 4,180, needs > 5,000",
        "delivery_ratio is 0.9299, needs < 0.9",
    ]
    assert said("0.80 <= delivery_ratio < 0.90") == "delivery_ratio is 0.9299, needs < 0.9"


def test_of_what_is_joined_by_or_any_one_would_do() -> None:
    assert said('sent > 5000 or (status == "paused" and not final)') == (
        "sent is 4,180, needs > 5,000",
        ['status is "done", needs to be "paused"', "final is true, needs to be false"],
    )


def test_under_not_it_is_the_other_way_round() -> None:
    assert said("not (final and sent > 100)") == (
        "final is true, needs to be false",
        "sent is 4,180, needs <= 100",
    )
    assert said("not (final or sent > 5000)") == "final is true, needs to be false"
    assert said("not not (sent > 5000)") == "sent is 4,180, needs > 5,000"


def test_what_differs_by_little_is_written_with_enough_digits_to_see_it() -> None:
    row = tracked(a_campaign(sent=1_000_000, delivered=900_001), status_since=NOW - 599.7)
    assert said("delivery_ratio < 0.9", row) == "delivery_ratio is 0.900001, needs < 0.9"
    assert said('status_age > "10m"', row) == "status_age is 9 min 59 s, needs > 10 min"
    row = tracked(a_campaign(start_at=NOW - 3_600), status_since=NOW - 3_612)
    assert (
        said('status_age > "1h5s" and status_age > "1h20s"', row)
        == "status_age is 3612 s, needs > 3620 s"
    )


def truth(part: ConditionPart, changed: dict[int, bool]) -> bool:
    """Whether a part would hold were these others as given."""
    if id(part) in changed:
        return changed[id(part)]
    below = part.children
    match part.node:
        case Not():
            return not truth(below[0], changed)
        case Junction():
            return (all if part.node.operator == "and" else any)(
                truth(each, changed) for each in below
            )
        case Comparison() if any(isinstance(each.value, bool) for each in below):
            sides = [
                each.value if isinstance(each.node, Constant) else truth(each, changed)
                for each in below
            ]
            return None not in [each.value for each in below] and (sides[0] is sides[1]) is (
                part.node.operator == "=="
            )
    return part.holds


def changes(lack: Lack, pick: int) -> dict[int, bool]:
    if lack.part is not None:
        return {id(lack.part): lack.needed}
    chosen = [lack.below[pick % len(lack.below)]] if lack.any_of else lack.below
    return {key: value for each in chosen for key, value in changes(each, pick).items()}


@settings(max_examples=examples(300), deadline=None)
@given(text=conditions(), row=rows())
def test_with_what_is_missing_it_would_hold(text: str, row: TrackedCampaign) -> None:
    root = explain(parse_condition(text, scope="campaign"), row, NOW)
    lack = missing(root)
    assert (lack is None) is root.holds
    if lack is not None:
        for pick in range(3):
            assert truth(root, changes(lack, pick))
