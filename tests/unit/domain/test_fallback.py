"""What a fallback is told in the place of another receiver."""

from dataclasses import dataclass

import msgspec

from monitor.domain.alerting.notification import Notification, NotifiedAlert, NotifyReason
from monitor.domain.routing.fallback import ToldInstead, copy_for, copy_id, stand_in
from monitor.notify.webhook.message import payload
from tests.clock import START


@dataclass
class Told:
    """One alert of a message."""

    id: str
    status: str = "firing"
    event: bool = False


def message(id_: str, *alerts: Told, group: str = "ops:1") -> Notification:
    told = tuple(
        NotifiedAlert(
            id=alert.id,
            fingerprint="f",
            status=alert.status,
            labels={"alertname": "Stalled"},
            annotations={"summary": "Spring sale stands still", "description": "Look at it."},
            active_since=START,
            starts_at=START,
            event_id="e" if alert.event else None,
        )
        for alert in alerts
    )
    return Notification(
        id=id_,
        receiver="ops",
        group_key=group,
        group_labels={},
        reason=NotifyReason.FIRING,
        alerts=told,
        created_at=START,
    )


def test_a_copy_has_an_id_of_its_own_that_is_the_same_each_time() -> None:
    first, second = (
        copy_for(message("m1", Told("a")), "pager", START).notification for _ in range(2)
    )
    assert first == second
    assert (first.id, first.receiver, first.group_key, first.fallback_for) == (
        copy_id("m1", "pager"),
        "pager",
        "ops:1",
        ("ops",),
    )
    assert first.id.startswith("m1-fb-")
    assert copy_id("m1", "mail") != first.id


def test_a_copy_says_in_its_text_whose_place_it_takes() -> None:
    [alert] = stand_in(message("m1", Told("a")), "pager").alerts
    assert alert.annotations["summary"] == "Spring sale stands still"
    assert alert.note == "In place of ops, which could not be reached."
    assert alert.annotations["description"] == "Look at it."


def test_a_copy_of_a_copy_names_every_receiver_before_it() -> None:
    last = stand_in(stand_in(message("m1", Told("a")), "pager"), "mail")
    assert (last.id, last.receiver, last.fallback_for) == (
        copy_id(copy_id("m1", "pager"), "mail"),
        "mail",
        ("ops", "pager"),
    )


def heard(told: ToldInstead, message: Notification) -> dict[str, list[str]]:
    """Who must hear of the message, and of which alerts."""
    return {to: [alert.id for alert in ends.alerts] for to, ends in told.must_hear(message).items()}


def test_a_stand_in_that_was_told_must_hear_the_end_of_that_and_of_nothing_else() -> None:
    told = ToldInstead("ops", [stand_in(message("m1", Told("a"), Told("b")), "pager")])
    told.told("mail", message("m2", Told("b")))
    end = message(
        "m3", Told("a", "resolved"), Told("b", "resolved"), Told("c"), Told("d", "resolved")
    )
    assert heard(told, end) == {"pager": ["a", "b"], "mail": ["b"]}
    assert {(ends.id, ends.reason.value, ends.status) for ends in told.must_hear(end).values()} == {
        ("m3-end", "resolved", "resolved")
    }
    told.told("pager", end)
    assert heard(told, end) == {"mail": ["b"]}
    assert heard(told, message("m4", Told("c", "resolved"))) == {"pager": ["c"]}


def test_what_no_stand_in_was_told_must_be_heard_by_no_stand_in() -> None:
    told = ToldInstead("ops", [stand_in(message("m1", Told("a")), "pager")])
    told.told("pager", message("m2", Told("e", event=True), group="ops:2"))
    assert heard(told, message("m3", Told("other", "resolved"))) == {}
    assert heard(told, message("m4", Told("a", "resolved"), group="ops:2")) == {}
    assert heard(told, message("m5", Told("a"))) == {}
    others = [
        msgspec.structs.replace(
            stand_in(message("m1", Told("a")), "pager"), fallback_for=("ops", "desk")
        )
    ]
    assert heard(ToldInstead("ops", others), message("m6", Told("a", "resolved"))) == {}


def test_a_webhook_names_those_that_could_not_be_reached_and_only_then() -> None:
    told = message("m1", Told("a"))
    assert "fallback_for" not in payload(told, None)
    assert payload(stand_in(told, "pager"), None)["fallback_for"] == ("ops",)
