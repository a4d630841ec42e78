"""Every other status is a failure. What each status means is tested over the wire in
tests/contract."""

import pytest

from monitor.errors import DeliveryError
from monitor.notify.answers import check
from monitor.notify.transport import Answer
from tests.unit.notify.builders import NOW


@pytest.mark.parametrize("status", [0, 99, 199, 304, 418, 451, 499, 507, 599, 600, 999])
def test_every_status_but_success_is_a_failure(status: int) -> None:
    with pytest.raises(DeliveryError) as failed:
        check(Answer(status=status, headers={}, body=b"secret"), now=NOW)
    assert failed.value.retryable
    assert str(status) in str(failed.value)
    assert "secret" not in str(failed.value)
