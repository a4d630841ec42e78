"""What a fallback is told in the place of another receiver."""

from dataclasses import dataclass

from monitor.domain.fallback import KnownByFallback, copy_for, stand_in
from monitor.domain.notification import Notification, NotifiedAlert, NotifyReason
from monitor.notify.webhook_body import payload
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
        id=id_, receiver="ops", group_key=group, group_labels={}, reason=NotifyReason.FIRING, alerts=told, created_at=START
    )


def test_a_copy_has_an_id_of_its_own_that_is_the_same_each_time() -> None:
    first, second = (copy_for(message("m1", Told("a")), "pager", START).notification for _ in range(2))
    assert first == second
    assert (first.id, first.receiver, first.group_key, first.fallback_for) == ("m1-fb", "pager", "ops:1", ("ops",))


def test_a_copy_says_in_its_text_whose_place_it_takes() -> None:
    [alert] = stand_in(message("m1", Told("a")), "pager").alerts
    assert alert.annotations["summary"] == "Spring sale stands still"
    assert alert.annotations["description"] == "In place of ops, which could not be reached. Look at it."


def test_a_copy_of_a_copy_names_every_receiver_before_it() -> None:
    last = stand_in(stand_in(message("m1", Told("a")), "pager"), "mail")
    assert (last.id, last.receiver, last.fallback_for) == ("m1-fb-fb", "mail", ("ops", "pager"))


def test_the_end_of_what_a_fallback_was_told_must_be_heard_by_it() -> None:
    known = KnownByFallback([message("m1", Told("a"), Told("b"))])
    assert known.must_hear(message("m2", Told("a", "resolved"), Told("b")))
    known.told(message("m2", Told("a", "resolved"), Told("b")))
    assert not known.must_hear(message("m3", Told("a", "resolved"), Told("b")))
    assert known.must_hear(message("m4", Told("b", "resolved")))


def test_what_a_fallback_never_heard_of_is_none_of_its_business() -> None:
    known = KnownByFallback([message("m1", Told("a")), message("m2", Told("e", event=True), group="ops:2")])
    assert not known.must_hear(message("m3", Told("other", "resolved")))
    assert not known.must_hear(message("m4", Told("a", "resolved"), group="ops:2"))
    assert not known.must_hear(message("m5", Told("a")))


def test_a_webhook_names_those_that_could_not_be_reached_and_only_then() -> None:
    told = message("m1", Told("a"))
    assert "fallback_for" not in payload(told, None)
    assert payload(stand_in(told, "pager"), None)["fallback_for"] == ("ops",)
