"""What conditions mean, case by case; the property tests say that nothing else happens."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.domain.campaign.account import AccountView, Balance
from monitor.domain.campaign.event import CampaignEvent, Change, EventKind
from monitor.domain.campaign.feed import ApiError, Feed, FeedState, Legibility
from monitor.domain.condition import (
    Condition,
    compile_account,
    compile_batch,
    compile_event,
    field_values,
    moves_while_failing,
    parse_condition,
)
from tests.unit.domain.builders import HOUR, NOW, a_campaign, tracked
from tests.unit.domain.interpreter import account_values, holds


def holds_for(text: str, **values: Any) -> bool:
    condition = parse_condition(text, scope="campaign")
    return bool(compile_batch([condition])([tracked(a_campaign(**values))], NOW))


@pytest.mark.parametrize("operator", ["==", "!=", "<", "<=", ">", ">="])
def test_a_comparison_with_null_is_false_whichever_it_is(operator: str) -> None:
    assert not holds_for(f"sent {operator} 5", sent=None)
    assert not holds_for(f"5 {operator} sent", sent=None)
    assert not holds_for(f"sent {operator} delivered", sent=None, delivered=None)


def test_null_is_tested_with_equal_and_unequal() -> None:
    assert holds_for("sent == null", sent=None)
    assert not holds_for("sent != null", sent=None)
    assert holds_for("null != sent", sent=0)
    assert holds_for("delivery_ratio == null", sent=0, delivered=0)
    assert holds_for("sent / delivered == null", sent=1, delivered=0)
    assert not holds_for("sent / 2 == null", sent=1)


def test_not_of_a_comparison_with_null_is_true() -> None:
    assert holds_for("not sent > 5", sent=None)


def test_membership_of_null_is_false_both_ways() -> None:
    assert not holds_for('currency in ["EUR"]', currency=None)
    assert not holds_for('currency not in ["EUR"]', currency=None)
    assert holds_for('currency not in ["EUR"]', currency="USD")


def test_arithmetic_with_null_and_division_by_zero_are_null() -> None:
    assert not holds_for("sent + 1 > 0", sent=None)
    assert not holds_for("sent / 0 > 0 or sent / 0 <= 0", sent=1)
    assert holds_for("min(sent, delivered) == null", sent=1, delivered=None)
    assert holds_for("max(sent, 5) == 5 and abs(-sent) == 1", sent=1)


def test_a_text_beside_a_duration_or_a_time_is_read_as_one() -> None:
    old = {"created_at": NOW - 2 * HOUR}
    assert holds_for('age > "1h59m" and age <= "2h"', **old)
    assert holds_for('"1h" < now - created_at < "3h"', **old)
    assert holds_for('created_at + "2h" == now and now - "2h" == created_at', **old)
    assert holds_for('age / "1h" == 2 and age * 2 == "4h" and age - "30m" == "1h30m"', **old)
    assert holds_for(
        'created_at >= "2026-03-02T07:00" and created_at < "2026-03-02T09:30+02:00"', **old
    )
    assert holds_for('age in ["1h", "2h"]', **old)
    assert holds_for('max(age, "3h") == "3h"', **old)
    assert holds_for('now - "2026-03-02" == "9h"', **old)


def test_what_one_side_of_or_or_not_knows_is_not_taken_for_known() -> None:
    assert not holds_for("(sent > 5 or true) and sent > 1", sent=None)
    assert not holds_for("(not sent > 5) and sent < 1", sent=None)
    assert not holds_for(
        "(delivered / sent > 5 or true) and delivered / sent > 0", sent=None, delivered=1
    )
    assert not holds_for("(sent == null or sent > 0) and sent > 0", sent=None)
    assert holds_for("sent != null and (delivered > 1 or sent > 1) and delivered == null", sent=2)


def test_chains_hold_when_every_pair_does() -> None:
    assert holds_for("1 < sent < 10", sent=5)
    assert not holds_for("1 < sent < 10", sent=10)
    assert holds_for("null != sent < 10", sent=5)


def test_a_condition_may_go_over_several_lines_with_comments() -> None:
    text = """
      status == "sending"   # under way
      and (sent > 10
           or delivered > 10)
    """
    assert holds_for(text, sent=11)
    assert holds_for(text.replace("\n", "\r\n"), sent=11)


def test_matches_searches_and_survives_any_name() -> None:
    assert holds_for('matches(name, "(?i)TEST|demo")', name="a Demo of it")
    assert not holds_for('matches(name, "^demo")', name="a demo")
    assert holds_for(r'matches(name, "\d{3}") and matches(name, r"\bx\b")', name="123 x")
    assert not holds_for('matches(currency, "")', currency=None)
    assert not holds_for('matches(name, "x")', name="\ud800 lone")


def test_a_pattern_that_would_hang_re_does_not_hang() -> None:
    assert not holds_for('matches(name, "(a+)+$")', name="a" * 5_000 + "!")


def test_extra_statuses_may_be_named() -> None:
    condition = parse_condition('status == "frozen"', scope="campaign", extra_statuses=["frozen"])
    assert compile_batch([condition])([tracked(a_campaign(status="frozen"))], NOW)


def test_overflow_is_no_exception() -> None:
    assert not holds_for("calculated_price * calculated_price < 0", calculated_price=1e308)
    product = " * ".join(["sent"] * 30)
    assert holds_for(f"{product} > 1e15 and {product} / 7 > 1", sent=2**63)
    assert not holds_for(
        "calculated_price * calculated_price - calculated_price * calculated_price == 0",
        calculated_price=1e308,
    )


def test_truth_values_can_be_compared() -> None:
    assert holds_for("final == false and (sent > 1) == (delivered > 1)", sent=None, delivered=0)
    assert holds_for("final", status="done")


def test_hits_come_by_row_and_then_by_condition() -> None:
    rows = [tracked(a_campaign(1, sent=1)), tracked(a_campaign(2, sent=5))]
    batch = compile_batch(
        [
            parse_condition(text, scope="campaign")
            for text in ('matches(name, "S") and sent > 0', "sent > 3", "sent > 0")
        ]
    )
    assert [(index, row.campaign.id) for index, row in batch(rows, NOW)] == [
        (0, 1),
        (2, 1),
        (0, 2),
        (1, 2),
        (2, 2),
    ]
    assert compile_batch([])(rows, NOW) == []


def test_an_event_condition_sees_the_events_snapshot_and_the_old_status() -> None:
    changes = (Change("status", "sending", "stopped"),)
    event = CampaignEvent(
        id="e",
        kind=EventKind.STATUS_CHANGED,
        at=NOW,
        campaign=a_campaign(status="stopped"),
        changes=changes,
    )
    text = 'status == "stopped" and old_status not in ["done", "stopped"]'
    test = compile_event(parse_condition(text, scope="campaign", event=True))
    assert test(event, tracked(a_campaign(status="sending")), NOW) is True
    assert (
        test(
            CampaignEvent(id="f", kind=EventKind.EDITED, at=NOW, campaign=event.campaign),
            tracked(),
            NOW,
        )
        is False
    )


def a_view(**values: Any) -> AccountView:
    when = datetime.fromtimestamp(NOW, UTC)
    feed = FeedState(feed=Feed("default", "sms"), first_tried=when - timedelta(hours=2))
    other = FeedState(
        feed=Feed("default", "rcs"),
        first_tried=when - timedelta(days=1),
        last_success=when - timedelta(minutes=1),
        consecutive_failures=3,
        answered=False,
    )
    balance = Balance(balance=-50.25, credit=125.0, currency="USD", read_at=when)
    known: dict[str, Any] = {
        "account": "default",
        "feeds": [feed, other],
        "balance": balance,
        "counts": {"spam": 2, "frozen": 1},
        "now": when,
    }
    return AccountView(**{**known, **values})


def a_poorly_read_view() -> AccountView:
    sms, rcs = a_view().feeds
    return a_view(
        feeds=[
            replace(sms, legibility=Legibility(rejected=(7,), nameless=2, read_ratio=0.4)),
            replace(
                rcs,
                api_error=ApiError.CREDENTIALS,
                incomplete_since=a_view().now - timedelta(minutes=5),
                legibility=Legibility(unreadable_fields=4, read_ratio=1.0),
            ),
        ],
        token_ends=NOW + 86_400.0,
    )


@pytest.mark.parametrize("view", [a_view(), a_view(balance=None, counts={}), a_poorly_read_view()])
@pytest.mark.parametrize(
    "text",
    [
        'not api_up and last_success_age >= "2h"',
        "spendable < 100 or spendable == null",
        "campaigns == 3 and campaigns_spam > 1",
        'balance + credit == spendable and currency == "USD"',
        'now > "2026-01-01" and consecutive_failures >= 3',
        "campaigns_spam / campaigns > 0.5",
        'api_error == "credentials" and incomplete_for > "1m"',
        "rejected_rows >= 2 and unreadable_fields >= 1 and read_ratio < 0.5",
        'token_expires_in < "3d" or rejected_rows == null',
    ],
)
def test_an_account_condition_agrees_with_the_interpreter(view: AccountView, text: str) -> None:
    assert compile_account(parse_condition(text, scope="account"))(view) is holds(
        text, account_values(view)
    )
    assert field_values("account", view) == {
        name: typed.value for name, typed in account_values(view).items()
    }


def test_the_last_success_is_never_less_than_no_time_ago_after_the_clock_was_set_back() -> None:
    view = a_view()
    back = a_view(now=view.now - timedelta(days=2))
    assert field_values("account", back)["last_success_age"] == 0
    assert compile_account(parse_condition('last_success_age >= "0s"', scope="account"))(back)


def test_only_what_moves_while_polls_fail_may_be_evaluated_then() -> None:
    def moves(text: str, scope: str = "account") -> bool:
        return moves_while_failing(parse_condition(text, scope=scope))

    assert moves("not api_up")
    assert moves('last_success_age > "5m" and spendable < 10')
    assert moves("consecutive_failures > 3")
    assert moves('api_error == "credentials"')
    assert moves("rejected_rows >= 1 or unreadable_fields >= 1")
    assert moves('read_ratio < 0.5 or incomplete_for > "1h" or token_expires_in < "3d"')
    assert not moves("spendable < 10")
    assert not moves('now > "2026-01-01"')
    assert not moves("sent > 1", scope="campaign")


def test_a_condition_is_a_value() -> None:
    one, same = (parse_condition("sent > 5", scope="campaign") for _ in range(2))
    assert one == same
    assert hash(one) == hash(same)
    assert one != parse_condition("sent > 5", scope="campaign", event=True)
    assert one.fields == {"sent"}
    assert parse_condition("reach > 0.5 and now > created_at", scope="campaign").fields == {
        "reach",
        "now",
        "created_at",
    }


@pytest.mark.parametrize("compiler", [compile_event, compile_account])
def test_a_condition_of_another_kind_of_rule_is_not_compiled(compiler: Any) -> None:
    with pytest.raises(ValueError, match="not a condition of"):
        compiler(parse_condition("true", scope="campaign"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not sent > 5", 'sent can be null: this is then false, and true under "not"'),
        ('not (status == "done" or reach < 0.5)', "reach can be null"),
        ("id == null", "id is never null: this is always false"),
        ("1 < 2", "this compares constants"),
        ("delivery_ratio < 80", "write 0.8 for 80 %"),
        ('status == "done" and status == "stopped"', "always false"),
        ('status != "done" or status != "stopped"', "join with and instead"),
    ],
)
def test_what_is_hardly_meant_is_warned_of(text: str, said: str) -> None:
    warnings = parse_condition(text, scope="campaign").warnings
    assert len(warnings) == 1
    assert said in str(warnings[0])


@pytest.mark.parametrize(
    "text",
    [
        "not final",
        "sent != null and not sent > 5",
        "not (sent == null)",
        "delivery_ratio < 1.2",
        'status == "done" or status == "stopped"',
        'status != "done" and status != "stopped"',
        'not matches(name, "test")',
    ],
)
def test_what_is_meant_is_not_warned_of(text: str) -> None:
    assert parse_condition(text, scope="campaign").warnings == ()


def test_a_condition_shows_little_of_itself() -> None:
    condition: Condition = parse_condition("sent > 5", scope="campaign")
    assert (
        repr(condition)
        == "Condition(text='sent > 5', scope='campaign', event=False, settle=Settle(default=900.0, by_type=()))"
    )
