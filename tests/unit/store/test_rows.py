"""Values survive becoming rows, and every field has its column."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.campaign.detail import COUNTERS, CampaignDetail, Split
from monitor.domain.campaign.snapshot import Campaign
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.errors import StoreError, StoreFault
from monitor.store import row_codec as rows
from monitor.store import statements
from tests.contract.stores import campaign, tracked

# bounds are naive
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2242, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
REALS = st.floats(allow_nan=False, allow_infinity=False)
COUNTS = st.none() | st.integers(-(2**63), 2**63 - 1)
TEXTS = st.text()
CAMPAIGNS = st.builds(
    Campaign,
    account=TEXTS,
    id=st.integers(-(2**63), 2**63 - 1),
    name=TEXTS,
    sender=TEXTS,
    status=TEXTS,
    message_type=TEXTS,
    created_at=REALS,
    start_at=st.none() | REALS,
    real_start_at=st.none() | REALS,
    finished_at=st.none() | REALS,
    sent=COUNTS,
    delivered=COUNTS,
    fallback_sent=COUNTS,
    fallback_delivered=COUNTS,
    calculated_price=st.none() | REALS,
    currency=st.none() | TEXTS,
)


@given(MOMENTS)
def test_a_moment_keeps_its_microsecond(moment: datetime) -> None:
    assert rows.moment(rows.seconds(moment)) == moment


SPLIT = dict.fromkeys(COUNTERS, COUNTS)
DETAILS = st.builds(
    CampaignDetail,
    read_at=REALS,
    total_messages=COUNTS,
    total_phones=COUNTS,
    total_price=st.none() | REALS,
    currency=st.none() | TEXTS,
    fallback=st.none() | st.builds(Split, **SPLIT),
    **SPLIT,
)


@given(
    st.lists(
        st.builds(
            TrackedCampaign,
            campaign=CAMPAIGNS,
            first_seen=REALS,
            status_since=REALS,
            progress_since=REALS,
            detail=st.none() | DETAILS,
        )
    )
)
def test_a_campaign_comes_back_as_it_was(campaigns: list[TrackedCampaign]) -> None:
    assert list(rows.read_campaigns(map(rows.campaign_row, campaigns))) == campaigns


APART = ("campaign", "samples")  # its own columns, and a table of their own


def test_every_field_of_a_tracked_campaign_has_its_column() -> None:
    fields = [
        *Campaign.__struct_fields__,
        *(name for name in TrackedCampaign.__struct_fields__ if name not in APART),
    ]
    assert list(statements.CAMPAIGN_COLUMNS) == fields
    assert len(rows.campaign_row(tracked())) == len(fields)


def test_campaigns_share_the_texts_that_recur() -> None:
    made = [
        (*rows.campaign_row(tracked(n))[:3], f"sender {n // n}", *rows.campaign_row(tracked(n))[4:])
        for n in (1, 2)
    ]
    assert made[0][3] is not made[1][3]
    first, second = rows.read_campaigns(made)
    assert first.campaign.sender is second.campaign.sender
    assert first.progress_since is first.first_seen


def test_a_row_that_cannot_be_read_is_named() -> None:
    with pytest.raises(StoreError, match=r"table alerts .*id a1.*restore a backup") as failure:
        rows.read_alert(("a1", '{"id": "a1", "state": "unheard of"}'))
    assert failure.value.reason is StoreFault.CORRUPT


def test_whole_and_fractional_numbers_stay_what_they_are() -> None:
    priced = Campaign(
        **{name: getattr(campaign(), name) for name in Campaign.__struct_fields__}
        | {"calculated_price": 5.0}
    )
    (read,) = rows.read_campaigns(
        [
            rows.campaign_row(
                TrackedCampaign(
                    campaign=priced, first_seen=1.0, status_since=1.0, progress_since=1.0
                )
            )
        ]
    )
    assert isinstance(read.campaign.calculated_price, float)
    assert isinstance(read.campaign.sent, int)
