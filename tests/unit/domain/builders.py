"""Campaigns and what is known of them, with every value a test does not care about filled in."""

from typing import Any

from hypothesis import strategies as st

from monitor.domain.campaign.snapshot import DOCUMENTED_STATUSES, Campaign
from monitor.domain.campaign.tracking import TrackedCampaign

NOW = 1_772_442_000.0  # 2026-03-02 09:00 UTC
HOUR = 3600.0
DAY = 86400.0


def a_campaign(campaign_id: int = 1, **values: Any) -> Campaign:
    defaults: dict[str, Any] = {
        "account": "default",
        "name": "Spring sale",
        "sender": "Shop",
        "status": "sending",
        "message_type": "sms",
        "created_at": NOW - HOUR,
    }
    return Campaign(id=campaign_id, **{**defaults, **values})


def tracked(campaign: Campaign | None = None, **values: Any) -> TrackedCampaign:
    held = campaign or a_campaign()
    known: dict[str, Any] = {
        "first_seen": NOW - HOUR,
        "status_since": NOW - HOUR,
        "progress_since": NOW - HOUR,
    }
    return TrackedCampaign(campaign=held, **{**known, **values})


_times = st.sampled_from(
    [
        NOW - 100 * DAY,
        NOW - 5 * DAY,
        NOW - 72 * HOUR,
        NOW - 2 * HOUR,
        NOW - HOUR,
        NOW - 60,
        NOW,
        NOW + HOUR,
    ]
)
_maybe_time = st.none() | _times
_counter = st.none() | st.integers(0, 5)


def campaigns(campaign_id: int = 1) -> st.SearchStrategy[Campaign]:
    """Readings of one campaign, from few enough values that two of them often agree in some."""
    return st.builds(
        Campaign,
        account=st.just("default"),
        id=st.just(campaign_id),
        name=st.sampled_from(["a", "b"]),
        sender=st.sampled_from(["x", "y"]),
        status=st.sampled_from([*DOCUMENTED_STATUSES, "frozen"]),
        message_type=st.sampled_from(["sms", "rcs"]),
        created_at=_times,
        start_at=_maybe_time,
        real_start_at=_maybe_time,
        finished_at=_maybe_time,
        sent=_counter,
        delivered=_counter,
        fallback_sent=_counter,
        fallback_delivered=_counter,
        calculated_price=st.sampled_from([None, 0.0, 1.5]),
        currency=st.sampled_from([None, "EUR"]),
    )
