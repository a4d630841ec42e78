"""When a notification is tried again, and how one that is too large is halved."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.alerting import notification as domain
from monitor.domain.alerting.notification import (
    Notification,
    NotifiedAlert,
    NotifyReason,
    halves,
    retry_delay,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def told(count: int, **changes: object) -> Notification:
    alerts = tuple(
        NotifiedAlert(
            id=f"a{n}",
            fingerprint="",
            status="firing",
            labels={},
            annotations={},
            active_since=NOW,
            starts_at=NOW,
        )
        for n in range(count)
    )
    plain = Notification(
        id="n",
        receiver="r",
        group_key="g",
        group_labels={},
        reason=NotifyReason.FIRING,
        alerts=alerts,
        created_at=NOW,
    )
    return msgspec.structs.replace(plain, **changes)


def test_attempts_follow_after_5_s_30_s_2_min_and_then_every_5_min() -> None:
    waits = [retry_delay(n, retry_after=None, random=0.0).total_seconds() for n in range(1, 7)]
    assert waits == [5, 30, 120, 300, 300, 300]


@given(st.integers(1, 1000), st.one_of(st.none(), st.floats(-10, 1e300)), st.floats(0, 0.999))
def test_a_wait_is_at_least_the_step_and_the_receivers_wish_up_to_an_hour(
    attempts: int, wish: float | None, random: float
) -> None:
    wait = retry_delay(attempts, retry_after=wish, random=random)
    step = retry_delay(attempts, retry_after=None, random=0.0)
    least = max(step, timedelta(seconds=min(max(wish or 0, 0), 3600)))
    assert least <= wait <= least + step * 0.2


@given(st.integers(2, 50))
def test_halves_tell_everything_once_and_in_order(count: int) -> None:
    whole = told(count)
    first, second = halves(whole)
    assert first.alerts + second.alerts == whole.alerts
    assert len(first.alerts) - len(second.alerts) in (0, 1)
    assert (first.id, second.id) == ("n-1", "n-2")
    assert [(half.part, half.parts) for half in (first, second)] == [(1, 2), (2, 2)]


def test_halves_of_halves_keep_their_place() -> None:
    first, second = halves(told(8))
    quarters = [*halves(first), *halves(second)]
    assert [quarter.id for quarter in quarters] == ["n-1-1", "n-1-2", "n-2-1", "n-2-2"]
    assert [(quarter.part, quarter.parts) for quarter in quarters] == [
        (1, 4),
        (2, 4),
        (3, 4),
        (4, 4),
    ]


def test_one_alert_cannot_be_halved() -> None:
    with pytest.raises(ValueError, match="one alert only"):
        halves(told(1))


def test_a_test_message_says_everywhere_that_it_is_one() -> None:
    test = domain.test_notification("ops", NOW, "t1")
    (alert,) = test.alerts
    assert (test.id, test.receiver, test.reason) == ("t1", "ops", NotifyReason.TEST)
    assert alert.labels["alertname"] == "Test"
    assert "Test message" in alert.annotations["summary"]
    assert "Nothing is wrong" in alert.annotations["description"]
