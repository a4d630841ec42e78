"""What a campaign showed some time ago, from the samples it carries."""

from bisect import bisect_right
from operator import attrgetter

import msgspec

from monitor.domain.campaign.sample import Sample
from monitor.domain.campaign.snapshot import Campaign
from monitor.domain.campaign.tracking import SETTLING_SECONDS, TrackedCampaign

_at = attrgetter("at")


def shown_at(tracked: TrackedCampaign, instant: float) -> Campaign | Sample | None:
    """What the campaign showed at `instant` (Unix seconds); between two samples, the earlier one.
    Use it only to read the names in `SAMPLED`.

    None before it was first seen, and before its samples begin (they reach back as far as any rule
    looks).
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
    """The samples after `campaign` was read at `now` with other figures than before: ascending
    by time, the last one as of now. Leaves out samples that say nothing about the last `keep`
    seconds."""
    before = standing(tracked, now=now) or (Sample.of(tracked.campaign, tracked.first_seen),)
    first, last, horizon = 0, len(before) - 1, now - keep
    while first < last and before[first + 1].at <= horizon:  # mostly one or none
        first += 1
    shown = (Sample.of(campaign, now),)
    return before[first:] + shown if first else before + shown


def standing(tracked: TrackedCampaign, *, now: float) -> tuple[Sample, ...]:
    """The samples of a campaign that shows the same as before. A settled one has dropped them: if
    it is watched again, it has shown the same at least since it settled."""
    ended = tracked.final_since
    if not tracked.settled or ended is None:
        return tracked.samples
    return (
        Sample.of(tracked.campaign, min(max(tracked.first_seen, ended + SETTLING_SECONDS), now)),
    )


def last_sent(tracked: TrackedCampaign) -> int:
    """The last known `sent`; 0 if it was never known."""
    if tracked.campaign.sent is not None:
        return tracked.campaign.sent
    return next((sample.sent for sample in reversed(tracked.samples) if sample.sent is not None), 0)


def extended(tracked: TrackedCampaign, known: tuple[Sample, ...]) -> TrackedCampaign:
    """The campaign with recorded samples put before its own."""
    own = tracked.samples
    before = tuple(sample for sample in known if sample.at < own[0].at) if own else known
    return msgspec.structs.replace(tracked, samples=(*before, *own)) if before else tracked
