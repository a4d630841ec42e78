"""What is known of a campaign beyond the provider's last description of it."""

import msgspec

from monitor.domain.campaign.detail import CampaignDetail
from monitor.domain.campaign.sample import Sample
from monitor.domain.campaign.snapshot import Campaign, CampaignStatus, Unreadable

SETTLING_SECONDS = 72 * 3600.0
"""Delivery reports arrive for at most 72 hours, the longest validity of a message (provider's
documentation)."""


class TrackedCampaign(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The last committed snapshot, and what was learnt since first sight. Times are Unix seconds
    (UTC).

    - `status_since`: since when it has had its status, as far as known.
    - `progress_since`: when `sent` last grew or, if it has not, when the campaign was first seen
      sending.
    - `settled`: final, and its reports are not expected to change. Set by the diff that emits the
      `settled` event.
    - `revision` counts the changes since first sight. It tells a change that happens twice from one
      that is found twice (event ids are made from it).
    - `samples`: what it showed before, ascending by time, the last one as of now. Empty while it
      has shown the same since `first_seen` or as long as any rule looks back, and once it is
      settled (see `history.py`).
    - `detail`: the last detail read, whatever the list has shown since.
    - `unreadable`: the fields that cannot be read now, or could not recently; `campaign` has their
      last values.
    """

    campaign: Campaign
    first_seen: float
    status_since: float
    progress_since: float
    settled: bool = False
    revision: int = 0
    samples: tuple[Sample, ...] = ()
    detail: CampaignDetail | None = None
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def watched(self) -> bool:
        """Live or settling: what rules look at."""
        return not self.settled

    @property
    def final_since(self) -> float | None:
        """When it ended, by the provider's time if there is one; null while it is live."""
        if not self.campaign.final:
            return None
        finished = self.campaign.finished_at
        if finished is None and any(
            mark.field == "finished_at" and mark.until is None and not mark.known
            for mark in self.unreadable
        ):
            return _began(self.campaign)
        return self.status_since if finished is None else finished


def _began(campaign: Campaign) -> float:
    """When it began, as well as is known."""
    for at in (campaign.real_start_at, campaign.start_at):
        if at is not None:
            return at
    return campaign.created_at


NEW_STATUSES = frozenset(
    {
        CampaignStatus.CREATION,
        CampaignStatus.MODERATION,
        CampaignStatus.SPAM,
        CampaignStatus.SCHEDULED,
    }
)
"""The statuses before the first message: a campaign is in one of them from its creation on."""


def status_since_at_first_sight(campaign: Campaign, *, now: float) -> float:
    """Since when a campaign seen for the first time has had its status, as well as the
    provider's times tell.

    | status | since |
    | --- | --- |
    | creation, moderation, spam, scheduled | `created_at` |
    | sending | `real_start_at`, else `start_at` |
    | stopped, done | `finished_at` |
    | paused, or one that is not documented | now |

    A time that is missing or lies in the future counts as now.
    """
    since: float | None = None
    if campaign.status in NEW_STATUSES:
        since = campaign.created_at
    elif campaign.status == CampaignStatus.SENDING:
        since = campaign.start_at if campaign.real_start_at is None else campaign.real_start_at
    elif campaign.final:
        since = campaign.finished_at
    return now if since is None else min(since, now)


def first_sight(
    campaign: Campaign, *, now: float, unreadable: tuple[Unreadable, ...] = ()
) -> TrackedCampaign:
    """The state of a campaign seen for the first time. One that ended more than 72 hours ago is
    settled already."""
    tracked = TrackedCampaign(
        campaign=campaign,
        first_seen=now,
        status_since=status_since_at_first_sight(campaign, now=now),
        progress_since=now,
        unreadable=unreadable,
    )
    return (
        msgspec.structs.replace(tracked, settled=True)
        if reports_are_in(tracked, now=now)
        else tracked
    )


def reports_are_in(tracked: TrackedCampaign, *, now: float) -> bool:
    """Whether it ended so long ago that its counters are no longer expected to move."""
    since = tracked.final_since
    return since is not None and now - since >= SETTLING_SECONDS
