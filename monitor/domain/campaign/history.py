"""What a campaign showed some time ago, from the samples it carries."""

from bisect import bisect_right
from operator import attrgetter

import msgspec

from monitor.domain.campaign.sample import Sample
from monitor.domain.campaign.snapshot import Campaign
from monitor.domain.campaign.tracking import SETTLING_SECONDS, TrackedCampaign

_at = attrgetter("at")


def shown_at(tracked: TrackedCampaign, instant: float) -> Campaign | Sample | None:
    """What the campaign showed at `instant` (Unix seconds): between two samples the earlier one.

    None before the first sight, and before the samples begin (they reach back as far as any rule
    looks). Something with the names of `SAMPLED`, read and not changed.
    """
    if instant < tracked.first_seen:
        return None
    samples = tracked.samples
    if not samples or instant >= samples[-1].at:
        return tracked.campaign
    index = bisect_right(samples, instant, key=_at)
    return samples[index - 1] if index else None


def grown(
    tracked: TrackedCampaign, campaign: Campaign, *, now: float, keep: float
) -> tuple[Sample, ...]:
    """The samples once `campaign` has been read at `now` with other figures than before.

    Ascending by time, the last one what it shows now. Those are left out that say nothing about
    the last `keep` seconds.
    """
    before = standing(tracked, now=now) or (Sample.of(tracked.campaign, tracked.first_seen),)
    first, last, horizon = 0, len(before) - 1, now - keep
    while first < last and before[first + 1].at <= horizon:  # mostly one or none
        first += 1
    shown = (Sample.of(campaign, now),)
    return before[first:] + shown if first else before + shown


def standing(tracked: TrackedCampaign, *, now: float) -> tuple[Sample, ...]:
    """The samples while it shows what it did. A settled one has let go of them: if it is to be
    watched again, it has shown the same at least since it settled."""
    ended = tracked.final_since
    if not tracked.settled or ended is None:
        return tracked.samples
    return (
        Sample.of(tracked.campaign, min(max(tracked.first_seen, ended + SETTLING_SECONDS), now)),
    )


def last_sent(tracked: TrackedCampaign) -> int:
    """What `sent` was when the provider last told it; 0 where it never did."""
    if tracked.campaign.sent is not None:
        return tracked.campaign.sent
    return next((sample.sent for sample in reversed(tracked.samples) if sample.sent is not None), 0)


def extended(tracked: TrackedCampaign, known: tuple[Sample, ...]) -> TrackedCampaign:
    """The campaign with what was recorded of it from before its own samples begin."""
    own = tracked.samples
    before = tuple(sample for sample in known if sample.at < own[0].at) if own else known
    return msgspec.structs.replace(tracked, samples=(*before, *own)) if before else tracked
