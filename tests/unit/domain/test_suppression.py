"""Silences and inhibition: what must not be told, by definition and as it is kept up to date."""

from datetime import timedelta
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.alerting.alert import Alert, begin
from monitor.domain.alerting.steps import at_once
from monitor.domain.routing.inhibition import Inhibitions, InhibitRule, inhibits
from monitor.domain.routing.matcher import parse_matchers
from monitor.domain.routing.silence import Silence, SilenceState
from monitor.domain.routing.suppression import Suppression
from tests.clock import START
from tests.unit.domain.flushes import MINUTE, event, firing, resolved

BY_ACCOUNT = InhibitRule(
    source=parse_matchers("alertname=ApiDown"),
    target=parse_matchers('campaign_id!=""'),
    equal=("account",),
)


def a_silence(matchers: str = "alertname=Stalled", **values: Any) -> Silence:
    known: dict[str, Any] = {"id": "s1", "starts_at": START, "author": "anna", "created_at": START}
    return Silence(matchers=parse_matchers(matchers), **{**known, **values})


def labelled(number: int, **labels: str) -> Alert:
    return firing(number, **labels)


# --- silences -------------------------------------------------------------------------------------


def test_a_silence_begins_and_ends_on_time() -> None:
    silence = a_silence(starts_at=START + MINUTE, ends_at=START + 2 * MINUTE)
    assert [silence.state(START + n * MINUTE) for n in (0, 1, 2)] == [
        SilenceState.PENDING,
        SilenceState.ACTIVE,
        SilenceState.EXPIRED,
    ]
    assert [silence.in_force(START + n * MINUTE) for n in (0, 1, 2)] == [False, True, False]


def test_a_silence_that_was_ended_early_is_over() -> None:
    silence = a_silence(ends_at=START + 5 * MINUTE, ended_at=START + MINUTE, ended_by="anna")
    assert silence.end == START + MINUTE
    assert not silence.in_force(START + MINUTE)


def test_an_alert_that_ended_is_silenced_by_what_was_in_force_when_it_ended() -> None:
    ended = resolved(firing(), now=START + 3 * MINUTE)
    assert a_silence(ends_at=START + 4 * MINUTE).silences(ended, START + timedelta(days=1))
    assert not a_silence(ends_at=START + 2 * MINUTE).silences(ended, START + MINUTE)
    assert not a_silence(starts_at=START + 4 * MINUTE).silences(ended, START + 5 * MINUTE)


def test_pending_alerts_are_passed_over() -> None:
    pending = begin(firing().key, labels={"alertname": "Stalled"}, now=START)
    suppression = Suppression()
    at_once(suppression.load([a_silence(until_resolved=True)], START))
    suppression.put([pending], START)
    assert pending.id not in suppression
    assert suppression.newly_matched() == []


def test_a_silence_until_resolved_is_over_once_nothing_it_matched_fires() -> None:
    suppression = Suppression()
    at_once(
        suppression.load(
            [
                a_silence(until_resolved=True),
                a_silence("alertname=Other", id="s2", until_resolved=True),
            ],
            START,
        )
    )
    assert suppression.over() == []
    suppression.put([firing(1), firing(2)], START)
    assert [each.id for each in suppression.newly_matched()] == ["s1"]
    at_once(suppression.replace(a_silence(until_resolved=True, matched_at=START), START))
    suppression.put([resolved(firing(1))], START + MINUTE)
    assert suppression.over() == []
    suppression.put([resolved(firing(2))], START + MINUTE)
    assert [each.id for each in suppression.over()] == ["s1"]
    at_once(
        suppression.replace(
            a_silence(until_resolved=True, matched_at=START, ended_at=START + MINUTE),
            START + MINUTE,
        )
    )
    assert firing(2).id in suppression  # what ended in silence is never told
    suppression.put([firing(3)], START + MINUTE)
    assert firing(3).id not in suppression


def test_what_fires_and_ends_at_once_is_what_a_silence_waited_for() -> None:
    suppression = Suppression()
    at_once(suppression.load([a_silence(until_resolved=True)], START))
    suppression.put([resolved(firing())], START + MINUTE)
    assert [each.id for each in suppression.over()] == ["s1"]


def test_an_event_is_not_what_a_silence_waits_for() -> None:
    suppression = Suppression()
    at_once(suppression.load([a_silence("alertname=Stopped", until_resolved=True)], START))
    suppression.put([event()], START)
    assert event().id in suppression
    assert (suppression.newly_matched(), suppression.over()) == ([], [])


# --- inhibition -----------------------------------------------------------------------------------


def test_an_accounts_alert_hides_those_of_its_campaigns_and_no_others() -> None:
    source = labelled(0, alertname="ApiDown")
    mine, other = labelled(1, campaign_id="1"), labelled(2, campaign_id="2", account="other")
    inhibitions = Inhibitions([BY_ACCOUNT])
    assert inhibitions.put([mine, other]) == set()
    assert inhibitions.put([source]) == {mine.id}
    assert inhibitions.hidden == {mine.id: source.id}
    assert inhibitions.put([resolved(source)]) == {mine.id}
    assert inhibitions.hidden == {}


def test_what_ends_with_what_hid_it_stays_hidden() -> None:
    source, target = labelled(0, alertname="ApiDown"), labelled(1, campaign_id="1")
    inhibitions = Inhibitions([BY_ACCOUNT])
    inhibitions.put([source, target])
    inhibitions.put([resolved(source), resolved(target)])
    assert target.id in inhibitions.hidden
    inhibitions.remove(source.id)
    inhibitions.put([labelled(0, alertname="ApiDown", now=START + 5 * MINUTE)])
    assert target.id in inhibitions.hidden


def test_an_event_that_is_found_as_what_could_hide_it_ends_is_not_hidden() -> None:
    rule = InhibitRule(
        source=parse_matchers("alertname=ApiDown"), target=parse_matchers("alertname=Stopped")
    )
    source = labelled(0, alertname="ApiDown")
    inhibitions = Inhibitions([rule])
    inhibitions.put([source, event(1, now=START + MINUTE)])
    assert inhibitions.hidden.keys() == {event(1, now=START + MINUTE).id}
    inhibitions.put([resolved(source, now=START + 2 * MINUTE), event(2, now=START + 2 * MINUTE)])
    assert event(2, now=START + 2 * MINUTE).id not in inhibitions.hidden


def test_an_alert_on_both_sides_does_not_hide_itself_or_its_like() -> None:
    rule = InhibitRule(
        source=parse_matchers("severity=critical"),
        target=parse_matchers("severity=~critical|warning"),
    )
    one, two = labelled(1, severity="critical"), labelled(2, severity="critical")
    warning = labelled(3, severity="warning")
    inhibitions = Inhibitions([rule])
    inhibitions.put([one, two, warning])
    assert inhibitions.hidden.keys() == {warning.id}


def test_a_label_that_both_lack_is_equal() -> None:
    rule = InhibitRule(
        source=parse_matchers("a=1"), target=parse_matchers("a=2"), equal=("nowhere",)
    )
    assert inhibits(rule, labelled(1, a="1"), labelled(2, a="2", nowhere=""))


def test_ten_thousand_alerts_on_both_sides_take_no_time_squared() -> None:
    rule = InhibitRule(
        source=parse_matchers("severity=critical"), target=parse_matchers("severity=critical")
    )
    inhibitions = Inhibitions([rule])
    inhibitions.put([labelled(number, severity="critical") for number in range(10_000)])
    assert inhibitions.hidden == {}


# --- both, over time ------------------------------------------------------------------------------

RULES = (
    BY_ACCOUNT,
    InhibitRule(
        source=parse_matchers("severity=critical"),
        target=parse_matchers("severity=~critical|warning"),
    ),
)
steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("fire"),
            st.sampled_from(["ApiDown", "Stalled"]),
            st.sampled_from(["critical", "warning", "info"]),
        ),
        st.tuples(st.just("event"), st.just(""), st.just("")),
        st.tuples(st.just("resolve"), st.integers(0, 5), st.just("")),
        st.tuples(
            st.just("silence"),
            st.sampled_from(["alertname=Stalled", "severity!=info"]),
            st.integers(0, 3),
        ),
        st.tuples(st.just("expire"), st.integers(0, 3), st.just("")),
        st.tuples(st.just("pass"), st.just(""), st.just("")),
    ),
    max_size=25,
)


@given(steps)
def test_what_is_kept_up_to_date_is_what_the_definitions_say(
    steps: list[tuple[str, Any, Any]],
) -> None:
    suppression = Suppression(RULES)
    now = START
    alerts: dict[str, Alert] = {}
    silences: dict[str, Silence] = {}
    ended: dict[str, bool] = {}  # an ended alert keeps what held when it ended

    def suppressed(alert: Alert) -> bool:
        by_silence = any(silence.silences(alert, now) for silence in silences.values())
        return by_silence or any(
            inhibits(rule, other, alert) for rule in RULES for other in alerts.values()
        )

    for number, (kind, a, b) in enumerate(steps):
        put: list[Alert] = []
        now += timedelta(seconds=1)
        if kind == "fire":
            campaign = {"campaign_id": str(number)} if a == "Stalled" else {}
            put = [firing(number, now=now, alertname=a, severity=b, **campaign)]
        elif kind == "event":
            put = [event(number, now=now)]
        elif kind == "resolve":
            fire = sorted(id_ for id_, alert in alerts.items() if alert.resolved_at is None)
            put = [resolved(alerts[fire[a % len(fire)]], now=now)] if fire else []
        elif kind == "silence":
            begun = now + b * MINUTE
            silences[f"s{number}"] = a_silence(
                a, id=f"s{number}", starts_at=begun, ends_at=begun + 2 * MINUTE
            )
            at_once(suppression.load(silences.values(), now))
        elif kind == "expire" and silences:
            id_ = sorted(silences)[a % len(silences)]
            silences[id_] = msgspec.structs.replace(silences[id_], ended_at=now, ended_by="x")
            at_once(suppression.load(silences.values(), now))
        elif kind == "pass":
            now += MINUTE
        alerts.update({alert.id: alert for alert in put})
        suppression.put(put, now)
        at_once(suppression.tick(now))
        ended.update(
            {alert.id: suppressed(alert) for alert in put if alert.resolved_at is not None}
        )
        for id_, alert in alerts.items():
            expected = ended[id_] if id_ in ended else suppressed(alert)
            assert (id_ in suppression) is expected, (kind, id_)
        change = suppression.next_change()
        assert change is None or change > now


def test_an_alert_is_forgotten_with_everything_about_it() -> None:
    suppression = Suppression(RULES)
    at_once(suppression.load([a_silence()], START))
    suppression.put([resolved(firing())], START)
    suppression.remove(firing().id)
    assert firing().id not in suppression
    assert suppression.alert(firing().id) is None
