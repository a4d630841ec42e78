"""When a condition will hold if only time moves on."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from monitor.domain.campaign.tracking import SETTLING_SECONDS, TrackedCampaign
from monitor.domain.condition import Condition, ConditionPart, explain
from monitor.domain.condition.nodes import Comparison, Past, walk
from monitor.domain.fields.catalogue import FieldType, Subject, Surroundings
from monitor.domain.times.intervals import TimeInterval

MOST_LOOKS = 500
"""Moments that are looked at, the earliest first."""
MOST_BOUNDARIES = 30
LONGEST = timedelta(days=31)
_IN_BETWEEN = (
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    240,
    480,
    720,
    1_440,
    2_880,
    4_320,
    10_080,
    20_160,
    43_200,
)
"""Minutes."""
_ELAPSING = (FieldType.DURATION, FieldType.TIME)


def holds_from(
    condition: Condition,
    present: ConditionPart,
    at: Callable[[datetime], Subject | None],
    around: Callable[[datetime], Surroundings],
    *,
    now: datetime,
    rows: tuple[TrackedCampaign, ...],
    quiet_hours: tuple[TimeInterval, ...],
) -> datetime | None:
    """A moment after `now` from which on it holds, to the second; None when it is not seen to
    hold at any within a month.

    `present` is the condition as explained at `now`. Looked at are the moments at which a part
    of it can change: a duration or a time reaches what it is compared with, a sample of `rows`
    comes into the past that is asked for, quiet hours begin or end; and some in between, for
    what is calculated with the time.
    """

    def holds(moment: datetime) -> bool:
        subject = at(moment)
        instant = moment.timestamp() if isinstance(subject, TrackedCampaign) else None
        return (
            subject is not None
            and explain(condition, subject, instant, around=around(moment)).holds
        )

    limit = now + LONGEST
    if condition.scope == "campaign":
        ends = [row.final_since + SETTLING_SECONDS for row in rows if row.final_since is not None]
        limit = min([limit, *(datetime.fromtimestamp(end, now.tzinfo) for end in ends)])
    moments = {
        *_reached(present, now),
        *_remembered(condition, rows, now),
        *_boundaries(quiet_hours, now),
    }
    moments |= {
        (now + timedelta(minutes=minutes)).replace(microsecond=0) for minutes in _IN_BETWEEN
    }
    before = now
    for moment in sorted(moment for moment in moments if now < moment < limit)[:MOST_LOOKS]:
        if holds(moment):
            return _first(holds, before, moment)
        before = moment
    return None


def _first(holds: Callable[[datetime], bool], before: datetime, after: datetime) -> datetime:
    """The second from which on it holds, between one moment when it does not and another when it
    does."""
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle <= before:
            break
        before, after = (before, middle) if holds(middle) else (middle, after)
    return after


def _reached(part: ConditionPart, now: datetime) -> Iterator[datetime]:
    """When the two sides of its comparisons meet, as one of them moves with the clock."""
    if isinstance(part.node, Comparison) and part.children[0].type in _ELAPSING:
        sides = [child.value for child in part.children if isinstance(child.value, (int, float))]
        if len(sides) == 2:
            yield from _seconds_after(abs(sides[0] - sides[1]), now)
    for child in part.children:
        yield from _reached(child, now)


def _remembered(
    condition: Condition, rows: tuple[TrackedCampaign, ...], now: datetime
) -> Iterator[datetime]:
    """When what was shown at some moment is as long ago as the condition looks back."""
    backs = {node.seconds for node in walk(condition.root) if isinstance(node, Past)}
    for row in rows:
        settles = (
            {condition.settle.seconds(row.campaign.message_type)}
            if condition.uses("_settle")
            else set()
        )
        shown = [
            row.first_seen,
            *(sample.at for sample in row.samples),
            *([row.final_since] if row.final_since else []),
        ]
        for back in backs | settles:
            for moment in shown:
                yield from _seconds_after(moment + back - now.timestamp(), now)


def _boundaries(quiet_hours: tuple[TimeInterval, ...], now: datetime) -> Iterator[datetime]:
    moment = now
    for _ in range(MOST_BOUNDARIES if quiet_hours else 0):
        moment = min(interval.next_boundary(moment) for interval in quiet_hours)
        yield moment


def _seconds_after(seconds: float, now: datetime) -> Iterator[datetime]:
    """The first whole second from then on, and the one after it: `>` wants more than to be
    reached."""
    if 0 <= seconds < LONGEST.total_seconds():
        first = (now + timedelta(seconds=seconds + 0.999999)).replace(microsecond=0)
        yield from (first, first + timedelta(seconds=1))
