"""What is usual for a sender: the median of its settled campaigns at the same hour of the week."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from monitor.domain.campaign.snapshot import Campaign
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.campaign.unreadable import never_read, unknown_fields

LEAST_OBSERVATIONS = 3
"""Fewer say nothing of what is usual."""

HOUR_SECONDS = 3600
HOURS_OF_WEEK = 7 * 24
UTC = "UTC"


class BaselineSpan(NamedTuple):
    """How far back campaigns are compared, in seconds, and on whose clocks an hour of the week
    is the same: an IANA zone."""

    look_back: float
    zone: str = UTC


class BaselineKey(NamedTuple):
    """Which campaigns are compared. `hour` is one of `hour_of_week`."""

    span: BaselineSpan
    message_type: str
    sender: str
    hour: int


@dataclass(frozen=True, slots=True)
class Baselines:
    """One account's medians by field, for every sender, hour and look-back that has enough of
    them."""

    medians: Mapping[BaselineKey, Mapping[str, float]] = field(default_factory=dict)

    def of(
        self, name: str, span: tuple[float, str], message_type: str, sender: str, instant: float
    ) -> float | None:
        """The median of a field of `BASELINE_FIELDS` over a `BaselineSpan`, at the hour of the
        week of `instant` (Unix seconds). None under three observations."""
        # Asked for every row: in UTC a call would cost half as much again.
        hour = (
            int(instant // HOUR_SECONDS) % HOURS_OF_WEEK
            if span[1] == UTC
            else hour_of_week(instant, span[1])
        )
        found = self.medians.get((span, message_type, sender, hour))  # type: ignore[call-overload]
        return None if found is None else found.get(name)


NO_BASELINES = Baselines()


def began(campaign: Campaign) -> float:
    """When it was really started, else created: Unix seconds."""
    return campaign.created_at if campaign.real_start_at is None else campaign.real_start_at


def hour_of_week(instant: float, zone: str = UTC) -> int:
    """An hour of the week on the clocks of the zone: the same for moments (Unix seconds) whole
    weeks apart."""
    if zone == UTC:
        return int(instant // HOUR_SECONDS) % HOURS_OF_WEEK
    try:
        local = datetime.fromtimestamp(instant, ZoneInfo(zone))
    except (ValueError, OverflowError, OSError):  # no year of a calendar
        return int(instant // HOUR_SECONDS) % HOURS_OF_WEEK
    return local.weekday() * 24 + local.hour


class BaselineSurvey:
    """Gathers settled campaigns, chunk by chunk, and computes their medians."""

    def __init__(self, spans: Iterable[BaselineSpan], now: float) -> None:
        self._now = now
        self._spans = tuple(sorted(set(spans)))
        self._found: dict[BaselineKey, list[Campaign]] = {}

    def add(self, rows: Iterable[TrackedCampaign]) -> None:
        """Add campaigns, each once. Those not settled, or too old, are ignored."""
        for row in rows:
            if not row.settled:
                continue
            campaign = _readable(row) if row.unreadable else row.campaign
            if campaign is None:
                continue
            start = began(campaign)
            for span in self._spans:
                if 0 <= self._now - start <= span.look_back:
                    key = BaselineKey(
                        span, campaign.message_type, campaign.sender, hour_of_week(start, span.zone)
                    )
                    self._found.setdefault(key, []).append(campaign)

    def medians(self) -> Iterator[tuple[BaselineKey, Mapping[str, float]]]:
        """Yield one key after another, so that the caller can pause in between."""
        for key, campaigns in self._found.items():
            values = {
                name: _median(read(campaign) for campaign in campaigns)
                for name, read in BASELINE_FIELDS.items()
            }
            known = {name: value for name, value in values.items() if value is not None}
            if known:
                yield key, known


_COUNTERS = frozenset({"sent", "delivered", "fallback_sent", "fallback_delivered"})


def _readable(row: TrackedCampaign) -> Campaign | None:
    """The campaign without the counters that could not be read when it settled: their last values
    are older. None where it is not known whose it is, or of when."""
    unknown = unknown_fields(row.unreadable)
    started = row.campaign.real_start_at is not None and "real_start_at" not in unknown
    if never_read(row, "sender") or ("created_at" in unknown and not started):
        return None
    return msgspec.structs.replace(row.campaign, **dict.fromkeys(unknown & _COUNTERS))


def survey(spans: Iterable[BaselineSpan], rows: Iterable[TrackedCampaign], now: float) -> Baselines:
    """All baselines as of `now` (Unix seconds), in one go: for few campaigns, or where nothing else
    waits."""
    found = BaselineSurvey(spans, now)
    found.add(rows)
    return Baselines(dict(found.medians()))


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(median(known)) if len(known) >= LEAST_OBSERVATIONS else None


def _ratio(part: int | None, whole: int | None) -> float | None:
    return None if part is None or not whole else part / whole


def _settled_ratio(campaign: Campaign) -> float | None:
    if campaign.delivered is None or not campaign.sent:
        return None
    return min(campaign.delivered, campaign.sent) / campaign.sent


def _reach(campaign: Campaign) -> float | None:
    return (
        None
        if campaign.delivered is None
        else _ratio(campaign.delivered + (campaign.fallback_delivered or 0), campaign.sent)
    )


BASELINE_FIELDS = {
    "sent": lambda campaign: campaign.sent,
    "delivered": lambda campaign: campaign.delivered,
    "delivery_ratio": lambda campaign: _ratio(campaign.delivered, campaign.sent),
    "settled_ratio": _settled_ratio,
    "fallback_ratio": lambda campaign: _ratio(campaign.fallback_delivered, campaign.fallback_sent),
    "reach": _reach,
}
"""What `baseline` can be asked for, and how it is read from a settled campaign. Names are those
of the fields."""

SENDER_BASELINE_FIELDS = frozenset({"delivery_ratio", "settled_ratio", "fallback_ratio", "reach"})
"""Those that can be compared with a sender's sums: ratios, but not counts of one campaign."""
