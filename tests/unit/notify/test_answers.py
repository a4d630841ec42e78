"""`Retry-After`, in all its spellings. What each status means is tested over the wire in tests/contract."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.notification import retry_delay
from monitor.errors import DeliveryError
from monitor.notify.answers import check, retry_after
from monitor.notify.transport import Answer
from tests.unit.notify.builders import NOW


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 120 ", 120.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("Mon, 02 Mar 2026 09:00:30 GMT", 30.0),
        ("Mon, 02 Mar 2026 08:00:00 GMT", 0.0),
        ("Monday, 02-Mar-26 09:01:00 GMT", 60.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1e9", None),
        ("nan", None),
        ("٧", None),
        ("9" * 400, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": value}, now=NOW) == seconds


def test_retry_after_may_be_missing() -> None:
    assert retry_after({}, now=NOW) is None


@given(st.text(max_size=60))
def test_no_retry_after_raises_or_makes_an_impossible_wait(value: str) -> None:
    wish = retry_after({"Retry-After": value}, now=NOW)
    assert retry_delay(1, retry_after=wish, random=0.5).total_seconds() >= 5


@pytest.mark.parametrize("status", [0, 99, 199, 304, 418, 451, 499, 507, 599, 600, 999])
def test_every_status_that_is_no_success_is_a_failure(status: int) -> None:
    with pytest.raises(DeliveryError) as failed:
        check(Answer(status=status, headers={}, body=b"secret"), now=NOW)
    assert failed.value.retryable
    assert str(status) in str(failed.value)
    assert "secret" not in str(failed.value)
