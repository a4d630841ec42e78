"""The life of an alert, against an independent model."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.alerting.alert import (
    Alert,
    AlertKey,
    AlertState,
    ResolveReason,
    advance,
    begin,
    fingerprint,
    happened,
)
from tests.clock import START

KEY = AlertKey("Stalled", "default", "7")
NONE = timedelta(0)
MINUTE = timedelta(minutes=1)


def pending() -> Alert:
    return begin(KEY, labels={"alertname": "Stalled"}, now=START)


def fired() -> Alert:
    alert = advance(pending(), active=True, now=START, hold=NONE, keep_firing=NONE)
    assert alert is not None
    return alert


def test_a_new_instance_is_pending_and_named_by_its_key_and_its_beginning() -> None:
    alert = pending()
    assert (alert.state, alert.active_since, alert.fired_at) == (AlertState.PENDING, START, None)
    assert alert.id == f"{alert.fingerprint}-{int(START.timestamp() * 1000):x}"
    assert begin(KEY, labels={}, now=START + MINUTE).id != alert.id
    assert begin(KEY, labels={}, now=START + MINUTE).fingerprint == alert.fingerprint


def test_a_fingerprint_is_16_hex_digits_of_the_whole_key() -> None:
    keys = [
        AlertKey("a", "b", "c"),
        AlertKey("ab", "", "c"),
        AlertKey("a", "bc", ""),
        AlertKey("b", "a", "c"),
    ]
    assert len({fingerprint(key) for key in keys}) == len(keys)
    assert fingerprint(KEY) == fingerprint(AlertKey("Stalled", "default", "7"))
    assert len(fingerprint(KEY)) == 16
    int(fingerprint(KEY), 16)


def test_without_for_it_fires_at_once() -> None:
    assert (fired().state, fired().fired_at) == (AlertState.FIRING, START)


def test_nothing_is_written_while_nothing_changes() -> None:
    waiting, firing = pending(), fired()
    for alert in (waiting, firing):
        assert (
            advance(alert, active=True, now=START + MINUTE, hold=5 * MINUTE, keep_firing=NONE)
            is alert
        )
    kept = advance(firing, active=False, now=START, hold=NONE, keep_firing=5 * MINUTE)
    assert kept is not None
    assert (
        advance(kept, active=False, now=START + MINUTE, hold=NONE, keep_firing=5 * MINUTE) is kept
    )


def test_keep_firing_counts_from_the_first_evaluation_that_found_it_inactive() -> None:
    kept = advance(
        fired(), active=False, now=START + 10 * MINUTE, hold=NONE, keep_firing=5 * MINUTE
    )
    assert kept is not None
    assert (kept.state, kept.inactive_since) == (AlertState.FIRING, START + 10 * MINUTE)
    back = advance(kept, active=True, now=START + 12 * MINUTE, hold=NONE, keep_firing=5 * MINUTE)
    assert back is not None
    assert back.inactive_since is None
    ended = advance(kept, active=False, now=START + 15 * MINUTE, hold=NONE, keep_firing=5 * MINUTE)
    assert ended is not None
    assert (ended.state, ended.resolved_at) == (AlertState.RESOLVED, START + 15 * MINUTE)


@pytest.mark.parametrize(
    "reason", [reason for reason in ResolveReason if reason is not ResolveReason.CONDITION]
)
def test_an_alert_whose_subject_is_gone_ends_at_once(reason: ResolveReason) -> None:
    for active in (True, False):
        ended = advance(
            fired(),
            active=active,
            now=START + MINUTE,
            hold=NONE,
            keep_firing=60 * MINUTE,
            reason=reason,
        )
        assert ended is not None
        assert (ended.state, ended.resolved_at, ended.resolve_reason) == (
            AlertState.RESOLVED,
            START + MINUTE,
            reason,
        )
        assert (
            advance(
                pending(),
                active=active,
                now=START + MINUTE,
                hold=NONE,
                keep_firing=NONE,
                reason=reason,
            )
            is None
        )


def test_what_has_ended_does_not_advance() -> None:
    ended = advance(fired(), active=False, now=START, hold=NONE, keep_firing=NONE)
    assert ended is not None
    an_event = happened(KEY, "e1", labels={}, annotations={}, now=START, campaign=None)
    for alert in (ended, an_event):
        with pytest.raises(ValueError, match="has ended"):
            advance(alert, active=True, now=START, hold=NONE, keep_firing=NONE)


def test_an_event_is_born_firing_with_its_end_and_the_events_own_id() -> None:
    one = happened(KEY, "e1", labels={}, annotations={}, now=START, campaign=None)
    again = happened(KEY, "e1", labels={}, annotations={}, now=START + MINUTE, campaign=None)
    other = happened(KEY, "e2", labels={}, annotations={}, now=START, campaign=None)
    assert (one.state, one.fired_at, one.resolved_at, one.event_id) == (
        AlertState.FIRING,
        START,
        START,
        "e1",
    )
    assert one.id == again.id != other.id
    assert one.id.endswith("-e1")


def model(
    history: list[tuple[int, bool]], hold: int, keep: int
) -> list[tuple[str, int, int | None]]:
    """Every instance as (last state, fired at, resolved at), from the whole history at once:
    minutes and verdicts.

    An instance begins where the condition holds and none is open. It fires at the first
    evaluation at least `hold` into an unbroken run of true ones. It ends at the first false one
    that lies at least `keep` after the first of its run.
    """
    instances: list[tuple[str, int, int | None]] = []
    position = 0
    while position < len(history):
        if not history[position][1]:
            position += 1
            continue
        run = position
        while run < len(history) and history[run][1]:
            run += 1
        fires = next(
            (at for at, _ in history[position:run] if at - history[position][0] >= hold), None
        )
        if fires is None:
            if run == len(history):
                instances.append(("pending", -1, None))
            position = run
            continue
        end = None
        for index in range(run, len(history)):
            at, active = history[index]
            first_false = index
            while first_false > run and not history[first_false - 1][1]:
                first_false -= 1
            if not active and at - history[first_false][0] >= keep:
                end = index
                break
        if end is None:
            instances.append(("firing", fires, None))
            break
        instances.append(("resolved", fires, history[end][0]))
        position = end + 1
    return instances


@given(
    steps=st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=30),
    hold=st.integers(0, 6),
    keep=st.integers(0, 6),
    restart=st.booleans(),
)
def test_a_life_follows_the_model(
    steps: list[tuple[int, bool]], hold: int, keep: int, restart: bool
) -> None:
    clock, history = 0, []
    for gap, active in steps:
        clock += gap
        history.append((clock, active))
    ended: list[Alert] = []
    alert: Alert | None = None
    for minute, active in history:
        now = START + minute * MINUTE
        if alert is None and active:
            alert = begin(KEY, labels={}, now=now)
        if alert is not None:
            alert = advance(
                alert, active=active, now=now, hold=hold * MINUTE, keep_firing=keep * MINUTE
            )
        if alert is not None and restart:  # what the store gives back is all that is known
            alert = msgspec.json.decode(msgspec.json.encode(alert), type=Alert)
        if alert is not None and alert.state is AlertState.RESOLVED:
            ended.append(alert)
            alert = None
    instances = [*ended, *([alert] if alert is not None else [])]
    found = [
        (
            one.state.value,
            -1 if one.fired_at is None else (one.fired_at - START) // MINUTE,
            None if one.resolved_at is None else (one.resolved_at - START) // MINUTE,
        )
        for one in instances
    ]
    assert found == model(history, hold, keep)
    assert len({one.id for one in instances}) == len(instances)
