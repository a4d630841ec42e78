"""Figures worked out from what a campaign shows: what was sent long enough ago to be judged, how
long the rest will take, and how much of a ratio may be chance."""

from dataclasses import dataclass
from math import sqrt

from monitor.domain.campaign.detail import CampaignDetail
from monitor.domain.campaign.history import shown_at
from monitor.domain.campaign.snapshot import FINAL_STATUSES, CampaignStatus
from monitor.domain.campaign.tracking import TrackedCampaign

DEFAULT_SETTLE_SECONDS = 15 * 60.0


@dataclass(frozen=True, slots=True)
class Settle:
    """How long reports take to arrive, in seconds: `settle:` of a rule or of the whole file.
    Messages sent longer ago are judged. `by_type` has the message types that differ from
    `default`."""

    default: float = DEFAULT_SETTLE_SECONDS
    by_type: tuple[tuple[str, float], ...] = ()

    def seconds(self, message_type: str) -> float:
        """How long reports of this type take."""
        for name, seconds in self.by_type:
            if name == message_type:
                return seconds
        return self.default

    @property
    def longest(self) -> float:
        """The longest of all types. Samples must reach back this far."""
        return (
            max(self.default, *(seconds for _, seconds in self.by_type))
            if self.by_type
            else self.default
        )


DEFAULT_SETTLE = Settle()


def settled_sent(tracked: TrackedCampaign, now: float, settle: Settle) -> int | None:
    """How many messages had been handed over `settle` ago, or all of them if it ended before that.

    Never more than it shows now: messages that the provider took back are not judged. None if
    nothing is known of that time, or while the provider gives no statistics.
    """
    campaign = tracked.campaign
    since = now - (settle.seconds(campaign.message_type) if settle.by_type else settle.default)
    if campaign.status in FINAL_STATUSES:
        ended = campaign.finished_at
        if (tracked.status_since if ended is None else ended) <= since:
            return campaign.sent
    shown = shown_at(tracked, since)
    before, present = None if shown is None else shown.sent, campaign.sent
    return None if before is None or present is None else min(before, present)


PACE_SECONDS = 600.0
"""So far back the pace is looked at."""


def remaining(tracked: TrackedCampaign, detail: CampaignDetail | None, now: float) -> float | None:
    """Seconds until everything is handed over, at the rate of the last ten minutes, or since it
    began if that is less.

    0 once all is. None while it is not sending, its size is not known, or it has no rate: nothing
    was handed over in that time, or it was only just seen.
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


Z = 1.959963984540054
"""The standard normal distribution's 97.5 % quantile: two-sided bounds at 95 %."""


_SQUARE = Z * Z
_HALF, _QUARTER = _SQUARE / 2.0, _SQUARE / 4.0


def wilson_lower(hits: float, trials: float) -> float:
    """The lower Wilson bound of `hits / trials` at 95 % confidence; see `wilson_upper`."""
    if hits == 0:
        return 0.0  # exactly, as the formula says; computed, it may be a rounding error away
    bound = (hits + _HALF - Z * sqrt(hits * (1.0 - hits / trials) + _QUARTER)) / (trials + _SQUARE)
    return max(0.0, bound)


def wilson_upper(hits: float, trials: float) -> float:
    """The upper Wilson score bound of `hits / trials` at 95 % confidence, 0 to 1. `0 <= hits <=
    trials`, `trials > 0`.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal
    of the American Statistical Association 22 (1927), 209-212, with numerator and denominator
    multiplied by `trials`. Good for small numbers too, where the normal approximation is not
    (Brown, Cai and DasGupta, "Interval estimation for a binomial proportion", Statistical
    Science 16 (2001), 101-133).
    """
    if hits == trials:
        return 1.0
    bound = (hits + _HALF + Z * sqrt(hits * (1.0 - hits / trials) + _QUARTER)) / (trials + _SQUARE)
    return min(1.0, bound)
