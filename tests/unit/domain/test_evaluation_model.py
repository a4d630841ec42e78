"""Evaluation, cycle after cycle, against a model that knows nothing but minutes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.alerting.alert import ResolveReason
from monitor.domain.campaign.diff import observe
from monitor.domain.campaign.tracking import TrackedCampaign
from tests.clock import START
from tests.unit.domain.life import MINUTE, Life, row, rule

RULES: Mapping[str, tuple[int, int, int]] = {
    "A": (10, 0, 0),
    "B": (10, 3, 0),
    "C": (6, 0, 2),
    "D": (6, 2, 3),
}
"""name -> (fires below that many delivered, `for`, `keep_firing_for`), in minutes."""


def naive(
    life: dict[tuple[str, int], dict[str, Any]],
    seen: dict[int, tuple[int, bool]],
    gone: set[int],
    minute: int,
) -> None:
    """The same cycle, one alert after the other, with nothing but minutes."""
    for name, (limit, hold, keep) in RULES.items():
        for campaign_id in {*seen, *gone}:
            key = (name, campaign_id)
            held = life.get(key)
            if campaign_id in gone or seen[campaign_id][1]:
                life.pop(key, None)
            elif seen[campaign_id][0] < limit:
                if held is None:
                    held = life[key] = {"since": minute, "fired": None, "lapsed": None}
                held["lapsed"] = None
                if held["fired"] is None and minute - held["since"] >= hold:
                    held["fired"] = minute
            elif held is not None:
                if held["fired"] is None:
                    del life[key]
                    continue
                if held["lapsed"] is None:
                    held["lapsed"] = minute
                if minute - held["lapsed"] >= keep:
                    del life[key]


turns = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.dictionaries(
            st.integers(1, 3),
            st.tuples(st.sampled_from([3, 8, 20]), st.sampled_from(["sending", "paused"])),
            max_size=3,
        ),
    ),
    max_size=12,
)


@given(turns)
def test_rows_that_did_not_change_need_not_be_asked_what_time_does_not_move(
    turns: list[tuple[int, dict[int, tuple[int, str]]]],
) -> None:
    rules = (
        rule("Still", "delivered < 10"),
        rule("Waits", "delivered < 10", hold=3 * MINUTE),
        rule("Lingers", "delivered < 6", hold=MINUTE, keep_firing=2 * MINUTE),
        rule("Moving", 'status == "paused" and status_age > "1h2m"', keep_firing=2 * MINUTE),
        rule("Stands", 'increase(delivered, "3m") == 0 and status == "sending"', hold=MINUTE),
    )
    asked, spared = Life(*rules), Life(*rules)
    held: dict[int, TrackedCampaign] = {}
    for gap, seen in turns:
        every, few = asked.begin(minutes=gap), spared.begin(minutes=gap)
        changed, same = [], []
        for number, (delivered, status) in seen.items():
            campaign = row(number, delivered=delivered, status=status).campaign
            before = held.get(number)
            if before is not None and before.campaign == campaign:
                same.append(before)
                continue
            held[number], _ = observe(before, campaign, now=asked.now.timestamp(), keep=180.0)
            changed.append(held[number])
        every.campaigns([*changed, *same])
        few.campaigns(changed)
        few.unchanged(same)
        asked.finish(every)
        spared.finish(few)
        assert spared.active == asked.active
        assert spared.ended == asked.ended


cycles = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.dictionaries(
            st.integers(1, 4), st.tuples(st.sampled_from([3, 8, 20]), st.booleans()), max_size=4
        ),
        st.sets(st.integers(1, 4), max_size=2),
        st.integers(1, 4),
    ),
    max_size=15,
)


@given(cycles)
def test_cycle_after_cycle_the_alerts_are_those_of_the_model(
    history: list[tuple[int, dict[int, tuple[int, bool]], set[int], int]],
) -> None:
    life = Life(
        *(
            rule(name, f"delivered < {limit}", hold=hold * MINUTE, keep_firing=keep * MINUTE)
            for name, (limit, hold, keep) in RULES.items()
        )
    )
    expected: dict[tuple[str, int], dict[str, Any]] = {}
    minute = 0
    for gap, seen, gone, chunk in history:
        minute += gap
        evaluation = life.begin(minutes=gap)
        rows = [
            row(number, delivered=delivered, settled=settled)
            for number, (delivered, settled) in seen.items()
        ]
        for start in range(0, len(rows), chunk):
            evaluation.campaigns(rows[start : start + chunk])
        for number in gone:
            evaluation.gone(number, ResolveReason.VANISHED)
        life.finish(evaluation)
        naive(expected, seen, gone, minute)

        def minutes(at: datetime | None) -> int | None:
            return None if at is None else (at - START) // MINUTE

        found = {
            (alert.key.rule, int(alert.key.subject)): {
                "since": minutes(alert.active_since),
                "fired": minutes(alert.fired_at),
                "lapsed": minutes(alert.inactive_since),
            }
            for alert in life.active.values()
        }
        assert found == expected
    assert all(
        alert.fired_at is not None and alert.resolve_reason is not None for alert in life.ended
    )
    assert len({alert.id for alert in life.ended}) == len(life.ended)
