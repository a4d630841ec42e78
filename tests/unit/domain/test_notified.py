"""The order in which alerts are told."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain.alerting.notification import NotifiedAlert
from monitor.domain.alerting.notified import SEVERITIES, in_order, in_order_steps
from monitor.domain.alerting.steps import ROWS_A_STEP
from tests.clock import START


def alert(
    number: int, *, fingerprint: int, severity: str, firing: bool, changed: bool, minute: int
) -> NotifiedAlert:
    began = START + timedelta(minutes=minute)
    return NotifiedAlert(
        id=f"{fingerprint}-{number}",
        fingerprint=str(fingerprint),
        status="firing" if firing else "resolved",
        labels={"severity": severity},
        annotations={},
        active_since=began,
        starts_at=began,
        changed=changed,
    )


def expected(alerts: list[NotifiedAlert]) -> list[NotifiedAlert]:
    """The same rule in one sort."""

    def rank(each: NotifiedAlert) -> tuple[object, ...]:
        return (
            not each.changed,
            SEVERITIES.index(each.labels["severity"]),
            each.status != "firing",
            each.starts_at,
            each.id,
        )

    best = {
        each.fingerprint: min(
            rank(other) for other in alerts if other.fingerprint == each.fingerprint
        )
        for each in alerts
    }
    return sorted(alerts, key=lambda each: (best[each.fingerprint], each.starts_at, each.id))


ALERTS = st.builds(
    alert,
    st.integers(0, 3),
    fingerprint=st.integers(0, 30),
    severity=st.sampled_from(SEVERITIES),
    firing=st.booleans(),
    changed=st.booleans(),
    minute=st.integers(0, 5),
)


@given(st.lists(ALERTS, max_size=60))
def test_changed_ones_come_first_then_the_most_severe_and_instances_stand_together(
    alerts: list[NotifiedAlert],
) -> None:
    assert list(in_order(alerts)) == expected(alerts)


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 4 * ROWS_A_STEP), st.integers(1, 97))
def test_many_alerts_are_put_in_the_same_order_in_steps(number: int, stride: int) -> None:
    alerts = [
        alert(
            place,
            fingerprint=place,
            severity=SEVERITIES[place % 4],
            firing=True,
            changed=place % 3 == 0,
            minute=place * stride % 50,
        )
        for place in range(number)
    ]
    assert list(in_order(alerts)) == sorted(
        alerts,
        key=lambda each: (
            not each.changed,
            SEVERITIES.index(each.labels["severity"]),
            each.starts_at,
            each.id,
        ),
    )
    assert sum(1 for _ in in_order_steps(alerts)) >= number // ROWS_A_STEP
