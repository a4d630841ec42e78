"""What is counted of the campaigns in memory."""

import pytest

from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.state import AccountTable
from tests.unit.domain.builders import a_campaign, tracked


def of(kind: str, *, status: str = "sending", settled: bool = False) -> TrackedCampaign:
    return tracked(a_campaign(1, message_type=kind, status=status), settled=settled)


@pytest.mark.parametrize("status", ["sending", "paused"])
def test_a_campaign_that_changes_its_type_is_counted_once_under_the_new_one(status: str) -> None:
    table = AccountTable([of("sms")], types=["sms", "rcs"])
    table.put([of("rcs", status=status)])
    assert (sum(table.counts_of("sms").values()), dict(table.counts_of("rcs"))) == (0, {status: 1})
    assert table.counts_with([of("sms", status="done")]) == {"done": 1}
    table.put([of("rcs", status=status, settled=True)])
    assert sum(table.counts_of("rcs").values()) == 0
    table.put([of("sms")])
    table.forget([1])
    assert sum(table.counts.values()) == 0
