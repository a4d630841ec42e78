"""What the provider knows of a campaign at one moment, before it is put into the words of one of
its calls."""

import math
from functools import lru_cache

import msgspec

from monitor.simulator.curves import Curve, ExpiryCurve, ReportCurve, handed_over, reported
from monitor.simulator.plan import CampaignPlan
from monitor.simulator.timeline import Timeline, status_at

IN_FLIGHT_SECONDS = 2.0
_ROUNDING = 1e-6


class CampaignState(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One campaign, one moment. Times are whole Unix seconds.

    `total` messages of which `sent` are handed over so far, in whatever state; of these
    `delivered` arrived (`read` of them are read) and `undelivered`, `failed`, `expired`,
    `unknown`, `not_rcs` are lost; the others await a report, the newest `in_flight` of them
    still on their way out. `fallback_*` are the SMS that went out instead, None without
    fallback.
    """

    id: int
    name: str
    sender: str
    status: str
    message_type: str
    created_at: int
    start_at: int | None = None
    real_start_at: int | None = None
    finished_at: int | None = None
    total: int = 0
    sent: int = 0
    delivered: int = 0
    read: int = 0
    undelivered: int = 0
    failed: int = 0
    expired: int = 0
    unknown: int = 0
    not_rcs: int = 0
    in_flight: int = 0
    fallback_sent: int | None = None
    fallback_delivered: int | None = None
    fallback_failed: int = 0
    price: float = 0.01
    currency: str = "EUR"

    @property
    def awaiting(self) -> int:
        """Handed over and not reported yet."""
        lost = self.undelivered + self.failed + self.expired + self.unknown + self.not_rcs
        return max(0, self.sent - self.delivered - lost)


STATE_FIELDS = frozenset(CampaignState.__struct_fields__)


class Outcomes(msgspec.Struct, frozen=True, gc=False):
    """What becomes of a campaign's messages in the end; they add up to its size."""

    delivered: int
    not_rcs: int
    undelivered: int
    failed: int
    expired: int
    unknown: int


def outcomes(plan: CampaignPlan) -> Outcomes:
    """Whole messages for the shares of a plan. The lost ones: 45 % undelivered, 15 % failed, 38
    % expired, 2 % unknown."""
    size = plan.size
    delivered = min(size, round(size * plan.delivered_share))
    not_rcs = min(size - delivered, round(size * plan.not_rcs_share))
    lost = size - delivered - not_rcs
    undelivered = min(lost, round(lost * 0.45))
    failed = min(lost - undelivered, round(lost * 0.15))
    unknown = min(lost - undelivered - failed, round(lost * 0.02))
    return Outcomes(
        delivered, not_rcs, undelivered, failed, lost - undelivered - failed - unknown, unknown
    )


@lru_cache(maxsize=4096)
def _report_curve(mean: float, validity: float) -> ReportCurve:
    return ReportCurve(mean, validity)


def state_at(
    plan: CampaignPlan, timeline: Timeline, campaign_id: int, created_at: int, at: float
) -> CampaignState:
    """The campaign `at` seconds after its creation. `created_at` is that instant in whole Unix
    seconds."""
    segments = timeline.segments
    final = outcomes(plan)

    still = handed_over(segments, at) if at >= timeline.still else None

    def share(curve: Curve) -> float:
        return reported(segments, at, curve) if still is None else still

    prompt = share(_report_curve(plan.reports, plan.validity))
    sent = _whole(plan.size, handed_over(segments, at))
    delivered = _whole(final.delivered, prompt)
    read = 0
    if plan.read_share:
        read_by_now = min(prompt, share(_report_curve(plan.reports * 8, plan.validity)))
        read = _whole(round(final.delivered * plan.read_share), read_by_now)
    fallback_sent = fallback_delivered = None
    fallback_failed = not_rcs = 0
    if final.not_rcs:
        not_rcs = _whole(final.not_rcs, share(_report_curve(plan.reports / 4, plan.validity)))
    if plan.fallback:
        fallback_sent, fallback_delivered, fallback_failed = _fallback(
            plan, final.not_rcs, timeline, at
        )
    status = status_at(plan, timeline, at)
    return CampaignState(
        id=campaign_id,
        name=plan.name,
        sender=plan.sender,
        status=status,
        message_type=plan.message_type,
        created_at=created_at,
        start_at=created_at + int(plan.start) if math.isfinite(plan.start) else None,
        real_start_at=created_at + int(timeline.begins) if at >= timeline.begins else None,
        finished_at=created_at + int(timeline.finished) if at >= timeline.finished else None,
        total=plan.size,
        sent=sent,
        delivered=delivered,
        read=min(read, delivered),
        undelivered=_whole(final.undelivered, prompt),
        failed=_whole(final.failed, prompt),
        expired=_whole(final.expired, share(ExpiryCurve(plan.validity))),
        unknown=_whole(final.unknown, prompt),
        not_rcs=not_rcs,
        in_flight=max(0, sent - _whole(plan.size, handed_over(segments, at - IN_FLIGHT_SECONDS))),
        fallback_sent=fallback_sent,
        fallback_delivered=fallback_delivered,
        fallback_failed=fallback_failed,
        price=plan.price,
        currency=plan.currency,
    )


def _fallback(
    plan: CampaignPlan, not_rcs: int, timeline: Timeline, at: float
) -> tuple[int, int, int]:
    """Sent, delivered and lost SMS that went out `fallback_delay` after the phone was found to
    have no RCS."""
    if at >= timeline.still:
        out = back = handed_over(timeline.segments, at)
    else:
        out = reported(
            timeline.segments,
            at - plan.fallback_delay,
            _report_curve(plan.reports / 4, plan.validity),
        )
        back = min(
            out,
            reported(
                timeline.segments,
                at - plan.fallback_delay,
                _report_curve(plan.reports * 2, plan.validity),
            ),
        )
    arriving = round(not_rcs * plan.fallback_delivered_share)
    return _whole(not_rcs, out), _whole(arriving, back), _whole(not_rcs - arriving, back)


def _whole(count: int, share: float) -> int:
    """Whole messages, rounded down so that the parts never exceed what was handed over."""
    return min(count, math.floor(count * share + _ROUNDING))
