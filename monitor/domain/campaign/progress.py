"""How far a campaign has come, and how long the rest will take."""

from monitor.domain.campaign.detail import CampaignDetail
from monitor.domain.campaign.history import shown_at
from monitor.domain.campaign.snapshot import CampaignStatus
from monitor.domain.campaign.tracking import TrackedCampaign

PACE_SECONDS = 600.0
"""So far back the pace is looked at."""


def remaining(tracked: TrackedCampaign, detail: CampaignDetail | None, now: float) -> float | None:
    """Seconds until everything is handed over, at the pace of the last ten minutes, or since it
    began where that is less.

    0 once all is. None while it is not sending, while its size is not known, and while it has no
    pace: nothing was handed over in that time, or it was only just seen.
    """
    campaign = tracked.campaign
    total, sent = None if detail is None else detail.total_messages, campaign.sent
    if total is None or sent is None or campaign.status != CampaignStatus.SENDING:
        return None
    if sent >= total:
        return 0.0
    since = max(now - PACE_SECONDS, tracked.status_since, tracked.first_seen)
    shown = shown_at(tracked, since)
    grown = 0 if shown is None or since >= now else sent - (shown.sent or 0)
    return (total - sent) * (now - since) / grown if grown > 0 else None
