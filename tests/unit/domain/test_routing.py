"""Groups, flushes and ledgers: who is told what, when and why."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from monitor.domain.alerting.alert import Acknowledgement, Alert, AlertKey, ResolveReason, begin
from monitor.domain.alerting.notification import NotifyReason
from monitor.domain.routing.flush import (
    Flush,
    Ledger,
    Quiet,
    Route,
    Told,
    fully_told,
    group_of,
    split,
)
from tests.clock import START
from tests.unit.domain.flushes import (
    MINUTE,
    ROUTE,
    a_ledger,
    event,
    firing,
    flush,
    next_flush,
    resolved,
)


def decided(
    alerts: Iterable[Alert], ledger: Ledger, now: datetime, route: Route = ROUTE, **more: Any
) -> Flush:
    decision = flush(list(alerts), ledger, route, now, **more)
    assert decision is not None
    return decision


def summary(decision: Flush) -> list[tuple[str, str, bool]]:
    return [(alert.id, alert.status, alert.changed) for alert in decision.alerts]


# --- groups ---------------------------------------------------------------------------------------


def test_a_group_is_named_by_the_labels_it_is_grouped_by() -> None:
    sms = group_of(
        {"alertname": "A", "account": "x", "message_type": "sms", "campaign_id": "1"}, ROUTE
    )
    assert sms == group_of(
        {"campaign_id": "2", "message_type": "sms", "account": "x", "alertname": "A"}, ROUTE
    )
    assert sms[1] == {"alertname": "A", "account": "x", "message_type": "sms"}
    assert sms[0] != group_of({"alertname": "A", "account": "x", "message_type": "rcs"}, ROUTE)[0]
    assert sms[0] != group_of({**sms[1]}, replace(ROUTE, receiver="other"))[0]


def test_a_label_that_is_missing_is_another_group_than_one_that_is_empty() -> None:
    assert (
        group_of({"alertname": "A"}, ROUTE)[0]
        != group_of({"alertname": "A", "account": ""}, ROUTE)[0]
    )


# --- when -----------------------------------------------------------------------------------------


def test_a_change_is_due_at_once_where_nothing_is_waited_for() -> None:
    assert next_flush([firing()], a_ledger(), ROUTE) == START


def test_a_new_group_waits_from_its_first_change() -> None:
    route = Route(receiver="ops", group_wait=3 * MINUTE)
    flapped = resolved(firing(1), now=START + 2 * MINUTE)
    assert (
        next_flush([firing(2, now=START + MINUTE), flapped], a_ledger(), route)
        == START + 3 * MINUTE
    )


def test_a_group_that_is_known_to_fire_does_not_wait_but_keeps_its_interval() -> None:
    route = Route(receiver="ops", group_wait=30 * MINUTE)
    known = a_ledger(told={firing(1).id: Told.FIRING}, flushed_at=START)
    late = [firing(1), firing(2, now=START + MINUTE)]
    assert next_flush(late, known, route) == START + 5 * MINUTE
    later = [firing(1), firing(2, now=START + 20 * MINUTE)]
    assert next_flush(later, known, route) == START + 20 * MINUTE


def test_a_firing_group_repeats_and_never_faster_than_its_interval() -> None:
    told = a_ledger(told={firing().id: Told.FIRING}, flushed_at=START)
    assert next_flush([firing()], told, ROUTE) == START + timedelta(hours=4)
    hasty = Route(receiver="ops", repeat_interval=MINUTE)
    assert next_flush([firing()], told, hasty) == START + 5 * MINUTE


def test_pending_alerts_ends_that_were_told_and_told_events_are_not_due() -> None:
    pending = begin(AlertKey("Stalled", "default", "1"), labels={}, now=START)
    ended = resolved(firing(2))
    told = a_ledger(told={ended.id: Told.RESOLVED, event().id: Told.EVENT}, flushed_at=START)
    assert next_flush([pending, ended, event()], told, ROUTE) is None
    assert flush([pending, ended, event()], told, ROUTE, START + timedelta(days=1)) is None


def test_nothing_is_decided_before_it_is_due() -> None:
    told = a_ledger(told={firing().id: Told.FIRING}, flushed_at=START)
    assert flush([resolved(firing())], told, ROUTE, START + 4 * MINUTE) is None


# --- what and why ---------------------------------------------------------------------------------


def test_the_first_firing_alerts_of_a_group_are_told() -> None:
    decision = decided([firing()], a_ledger(), START)
    assert decision.reason is NotifyReason.FIRING
    assert summary(decision) == [(firing().id, "firing", True)]
    assert decision.ledger == a_ledger(
        told={firing().id: Told.FIRING}, flushed_at=START, changed_at=START
    )


def test_a_new_alert_of_a_firing_group_comes_first_with_the_others_behind_it() -> None:
    told = a_ledger(told={firing(1).id: Told.FIRING}, flushed_at=START)
    decision = decided([firing(1), firing(2, now=START + MINUTE)], told, START + 5 * MINUTE)
    assert decision.reason is NotifyReason.NEW_ALERTS
    assert [changed for _, _, changed in summary(decision)] == [True, False]


def test_an_alert_that_fired_and_resolved_in_between_is_told_as_resolved() -> None:
    alert = resolved(firing())
    decision = decided([alert], a_ledger(), START + MINUTE)
    assert decision.reason is NotifyReason.RESOLVED
    (told,) = decision.alerts
    assert (told.status, told.starts_at, told.ends_at) == ("resolved", START, START + MINUTE)
    assert told.resolve_reason == ResolveReason.CONDITION.value


def test_an_event_is_told_once_as_firing_with_its_end() -> None:
    decision = decided([event()], a_ledger(), START)
    (told,) = decision.alerts
    assert decision.reason is NotifyReason.EVENT
    assert (told.status, told.starts_at, told.ends_at, told.event_id) == (
        "firing",
        START,
        START,
        "event1",
    )
    assert fully_told(event(), [decision.ledger])
    assert next_flush([event()], decision.ledger, ROUTE) is None


def test_a_repeat_shows_all_that_fires_and_marks_nothing_as_new() -> None:
    told = a_ledger(told={firing().id: Told.FIRING}, flushed_at=START)
    decision = decided([firing()], told, START + timedelta(hours=4))
    assert decision.reason is NotifyReason.REPEAT
    assert summary(decision) == [(firing().id, "firing", False)]


def test_nothing_is_repeated_while_an_older_message_waits() -> None:
    told = a_ledger(told={firing().id: Told.FIRING}, flushed_at=START)
    assert flush([firing()], told, ROUTE, START + timedelta(days=1), waiting=True) is None
    assert (
        flush([firing(), event()], told, ROUTE, START + timedelta(days=1), waiting=True) is not None
    )


def test_the_most_severe_come_first_then_the_oldest() -> None:
    alerts = [
        firing(1, severity="unheard-of"),
        firing(2, severity="warning", now=START + MINUTE),
        firing(3, severity="warning"),
        firing(4, severity="critical", now=START + MINUTE),
    ]
    decision = decided(alerts, a_ledger(), START + MINUTE)
    assert [alert.id for alert in decision.alerts] == [alerts[n].id for n in (3, 2, 1, 0)]


def test_what_a_replaced_message_would_have_told_is_news_still() -> None:
    first = decided([firing(1), event()], a_ledger(), START)
    alerts = [
        firing(1),
        firing(2, now=START + MINUTE),
    ]  # the event is closed: the outbox is all that knows it
    second = decided(alerts, first.ledger, START + 5 * MINUTE, undelivered=first.alerts)
    assert second.reason is NotifyReason.FIRING
    assert sorted(summary(second)) == sorted(
        [
            (firing(1).id, "firing", True),
            (alerts[1].id, "firing", True),
            (event().id, "firing", True),
        ]
    )


def test_a_replaced_firing_that_has_resolved_is_told_as_resolved() -> None:
    first = decided([firing()], a_ledger(), START)
    second = decided(
        [resolved(firing())], first.ledger, START + 5 * MINUTE, undelivered=first.alerts
    )
    assert summary(second) == [(firing().id, "resolved", True)]


def test_who_does_not_want_resolves_is_told_nothing_and_the_alert_can_be_closed() -> None:
    told = a_ledger(told={firing().id: Told.FIRING}, flushed_at=START)
    alert = resolved(firing())
    decision = decided([alert], told, START + 5 * MINUTE, send_resolved=False)
    assert decision.alerts == ()
    assert decision.ledger.flushed_at == START
    assert split(decision, "id", START) == []
    assert fully_told(alert, [decision.ledger])


def test_who_does_not_want_resolves_still_hears_of_what_came_and_went() -> None:
    decision = decided([resolved(firing())], a_ledger(), START + MINUTE, send_resolved=False)
    assert summary(decision) == [(firing().id, "resolved", True)]
    first = decided([firing()], a_ledger(), START, send_resolved=False)
    second = decided(
        [resolved(firing())],
        first.ledger,
        START + 5 * MINUTE,
        undelivered=first.alerts,
        send_resolved=False,
    )
    assert summary(second) == [(firing().id, "resolved", True)]


def test_a_quiet_end_never_loses_what_a_replaced_message_holds() -> None:
    told = a_ledger(told={firing(1).id: Told.FIRING}, flushed_at=START)
    first = decided([firing(1), event()], told, START + 5 * MINUTE, send_resolved=False)
    second = decided(
        [resolved(firing(1))],
        first.ledger,
        START + 10 * MINUTE,
        undelivered=first.alerts,
        send_resolved=False,
    )
    assert summary(second) == [(event().id, "firing", True)]


def test_an_alert_is_fully_told_when_every_group_knows_its_end() -> None:
    alert = resolved(firing())
    knows, does_not = (
        a_ledger(told={alert.id: Told.RESOLVED}),
        a_ledger(told={alert.id: Told.FIRING}),
    )
    assert fully_told(alert, [knows])
    assert not fully_told(alert, [knows, does_not])
    assert not fully_told(alert, [a_ledger()])
    assert not fully_told(firing(), [a_ledger(told={firing().id: Told.FIRING})])


def test_a_ledger_forgets_closed_alerts() -> None:
    ledger = a_ledger(
        told={"a": Told.RESOLVED, "b": Told.FIRING},
        flushed_at=START,
        acknowledged={"a": START, "b": START},
    )
    assert ledger.without(["a", "c"]) == a_ledger(
        told={"b": Told.FIRING}, flushed_at=START, acknowledged={"b": START}
    )


# --- acknowledgements, where the receiver's service shows them ------------------------------------


def looked_after(*alerts: Alert, at: datetime = START + MINUTE, **more: Any) -> Quiet:
    said = {alert.id: Acknowledgement(alert_id=alert.id, author="anna", at=at) for alert in alerts}
    return Quiet(acknowledged=said, tells_acknowledgements=True, **more)


BOTH_TOLD = a_ledger(
    told={firing(1).id: Told.FIRING, firing(2).id: Told.FIRING}, flushed_at=START, changed_at=START
)


def test_an_acknowledgement_is_told_at_once_and_once_and_begins_no_interval() -> None:
    alerts, quiet = [firing(1), firing(2)], looked_after(firing(2))
    assert next_flush(alerts, BOTH_TOLD, ROUTE, quiet) == START + MINUTE
    decision = decided(alerts, BOTH_TOLD, START + MINUTE, quiet=quiet)
    assert decision.reason is NotifyReason.ACKNOWLEDGED
    assert summary(decision) == [(firing(2).id, "firing", False), (firing(1).id, "firing", False)]
    assert [alert.acknowledged_by for alert in decision.alerts] == ["anna", None]
    assert decision.ledger == replace(BOTH_TOLD, acknowledged={firing(2).id: START + MINUTE})
    assert next_flush(alerts, decision.ledger, ROUTE, quiet) is None
    again = looked_after(firing(2), at=START + 2 * MINUTE)
    assert next_flush(alerts, decision.ledger, ROUTE, again) == START + 2 * MINUTE


def test_who_is_handling_it_is_told_with_changes_where_there_are_some() -> None:
    alerts, quiet = [firing(1), firing(2), firing(3, now=START + MINUTE)], looked_after(firing(2))
    assert next_flush(alerts, BOTH_TOLD, ROUTE, quiet) == START + ROUTE.group_interval
    decision = decided(alerts, BOTH_TOLD, START + ROUTE.group_interval, quiet=quiet)
    assert decision.reason is NotifyReason.NEW_ALERTS
    assert decision.ledger.acknowledged == {firing(2).id: START + MINUTE}
    repeat = START + ROUTE.group_interval + ROUTE.repeat_interval
    assert next_flush(alerts, decision.ledger, ROUTE, quiet) == repeat  # there were news since


def test_what_was_acknowledged_before_the_receiver_knew_it_is_told_so_once_it_does() -> None:
    alerts, quiet = [firing(1)], looked_after(firing(1))
    first = decided(alerts, a_ledger(), START + MINUTE, quiet=quiet)
    assert (first.reason, first.ledger.acknowledged) == (NotifyReason.FIRING, {})
    assert (
        flush(
            alerts,
            first.ledger,
            ROUTE,
            START + MINUTE,
            quiet=quiet,
            undelivered=first.alerts,
            waiting=True,
        )
        is None
    )
    then = decided(alerts, first.ledger, START + 2 * MINUTE, quiet=quiet, waiting=True)
    assert (then.reason, summary(then)) == (
        NotifyReason.ACKNOWLEDGED,
        [(firing(1).id, "firing", False)],
    )


def test_a_mute_puts_it_off_and_others_are_not_told_of_it_by_itself() -> None:
    alerts = [firing(1), firing(2)]
    assert (
        flush(alerts, BOTH_TOLD, ROUTE, START + MINUTE, quiet=looked_after(firing(2), muted=True))
        is None
    )
    assert (
        next_flush(
            alerts, BOTH_TOLD, ROUTE, replace(looked_after(firing(2)), tells_acknowledgements=False)
        )
        is None
    )


def test_of_silenced_alerts_only_those_that_the_receiver_knows_are_beside_it() -> None:
    alerts = [firing(1), firing(2), firing(3)]
    quiet = looked_after(firing(2), suppressed={alert.id for alert in alerts})
    decision = decided(alerts, BOTH_TOLD, START + MINUTE, quiet=quiet)
    assert summary(decision) == [(firing(2).id, "firing", False), (firing(1).id, "firing", False)]


def test_a_clock_that_was_set_back_holds_nothing_of_it_back() -> None:
    later = replace(BOTH_TOLD, flushed_at=START + timedelta(days=1))
    quiet = looked_after(firing(2), at=START + timedelta(hours=1))
    assert next_flush([firing(1), firing(2)], later, ROUTE, quiet, now=START) == START


@pytest.mark.parametrize(
    ("count", "ids", "sizes"),
    [
        (1, ["x"], [1]),
        (200, ["x"], [200]),
        (201, ["x-1", "x-2"], [200, 1]),
        (450, ["x-1", "x-2", "x-3"], [200, 200, 50]),
    ],
)
def test_more_than_200_alerts_are_several_messages(
    count: int, ids: list[str], sizes: list[int]
) -> None:
    decision = decided([firing(number) for number in range(count)], a_ledger(), START)
    messages = split(decision, "x", START)
    assert [message.id for message in messages] == ids
    assert [len(message.alerts) for message in messages] == sizes
    assert [(message.part, message.parts) for message in messages] == [
        (n, len(ids)) for n in range(1, len(ids) + 1)
    ]
    assert tuple(alert for message in messages for alert in message.alerts) == decision.alerts


def test_one_new_alert_beside_a_thousand_old_ones_is_one_message_that_counts_the_rest() -> None:
    old = [firing(number) for number in range(1000)]
    told = a_ledger(told={alert.id: Told.FIRING for alert in old}, flushed_at=START)
    decision = decided([*old, firing(1000)], told, START + 5 * MINUTE)
    (message,) = split(decision, "x", START)
    assert [alert.changed for alert in message.alerts] == [True] + [False] * 199
    assert message.omitted == 801
    repeated = decided(old, told, START + timedelta(hours=4))
    (repeat,) = split(repeated, "x", START)
    assert (repeat.reason, len(repeat.alerts), repeat.omitted) == (NotifyReason.REPEAT, 200, 800)


def test_instances_of_one_alert_stand_together_oldest_first() -> None:
    first = resolved(firing(1))
    second = msgspec.structs.replace(firing(1), id="again", fired_at=START + 2 * MINUTE)
    decision = decided([second, first, firing(2)], a_ledger(), START + 3 * MINUTE)
    assert [alert.id for alert in decision.alerts] == [firing(2).id, first.id, "again"]
