"""When a campaign changes its status and when it hands messages over: its plan, worked out once."""

import math

import msgspec

from monitor.simulator.curves import Segment
from monitor.simulator.plan import CampaignPlan, Hold


class Timeline(msgspec.Struct, frozen=True, gc=False):
    """Moments in seconds since creation, infinite where they never come.

    `finished` is the stop or the last message handed over; after `still` nothing about the
    campaign changes any more.
    """

    moderated: float
    begins: float
    finished: float
    stopped: bool
    segments: tuple[Segment, ...]
    still: float


def work_out(plan: CampaignPlan) -> Timeline:
    """The moments of a plan."""
    moderated = plan.creation + plan.moderation
    begins = max(moderated, plan.start) + plan.late
    segments, begins = _segments(plan, begins)
    complete = bool(segments) and segments[-1].high >= 1.0
    natural = segments[-1].end if complete else math.inf
    stopped = plan.stop < natural
    if stopped:
        segments = _cut(segments, plan.stop)
        begins = begins if begins < plan.stop else math.inf
    finished = plan.stop if stopped else natural
    moments = [
        moderated,
        begins,
        finished,
        *(moment for hold in plan.holds for moment in (hold.begin, hold.end)),
    ]
    moments += [segment.end for segment in segments]
    last = max(0.0, *(moment for moment in moments if math.isfinite(moment)))
    reports = plan.validity * 2 + plan.fallback_delay if plan.fallback else plan.validity
    return Timeline(moderated, begins, finished, stopped, tuple(segments), last + reports + 5.0)


def _segments(plan: CampaignPlan, begins: float) -> tuple[list[Segment], float]:
    segments: list[Segment] = []
    pace = 1.0 / max(plan.duration, 0.001)
    cursor, done = begins, 0.0
    for hold in sorted(plan.holds, key=_begin):
        if not math.isfinite(cursor):
            break
        if hold.end <= cursor:
            continue
        share = (hold.begin - cursor) * pace
        if share >= 1.0 - done:
            break
        if share > 0.0:
            segments.append(Segment(cursor, hold.begin, done, done + share))
            done += share
        cursor = hold.end
        if not segments:
            begins = cursor
    if math.isfinite(cursor):
        segments.append(Segment(cursor, cursor + (1.0 - done) / pace, done, 1.0))
    return segments, begins


def _begin(hold: Hold) -> float:
    return hold.begin


def _cut(segments: list[Segment], stop: float) -> list[Segment]:
    kept: list[Segment] = []
    for segment in segments:
        if segment.end <= stop:
            kept.append(segment)
        elif segment.begin < stop:
            reached = segment.low + (segment.high - segment.low) * (stop - segment.begin) / (
                segment.end - segment.begin
            )
            kept.append(Segment(segment.begin, stop, segment.low, reached))
    return kept


def status_at(plan: CampaignPlan, timeline: Timeline, at: float) -> str:
    """The status `at` seconds after creation, in the provider's words."""
    if at >= timeline.finished:
        return "stopped" if timeline.stopped else "done"
    if at < plan.creation:
        return "creation"
    if at < timeline.moderated:
        return plan.moderation_status
    for hold in plan.holds:
        if hold.status is not None and hold.begin <= at < hold.end:
            return hold.status
    return "sending" if at >= timeline.begins else "scheduled"
