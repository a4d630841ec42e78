"""Times of the week, month and year, as Alertmanager's `time_intervals` describe them: when a
route is mute, or active."""

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

DAY_MINUTES = 24 * 60
WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
"""In Alertmanager's order: a range begins no later in it than it ends."""

MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)

Span = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeInterval:
    """One interval. All parts that are given must hold; a part holds if any of its spans does.

    `times` are minutes since midnight, without the end (24:00 is 1440). All other spans include
    both ends: `weekdays` from 0 for Sunday, `days_of_month` 1 to 31 or from the month's end, -1 to
    -31, `months` 1 to 12, `years`. All of them are on the clocks of `location`.
    """

    times: tuple[Span, ...] = ()
    weekdays: tuple[Span, ...] = ()
    days_of_month: tuple[Span, ...] = ()
    months: tuple[Span, ...] = ()
    years: tuple[Span, ...] = ()
    location: tzinfo = UTC

    def contains(self, at: datetime) -> bool:
        """Whether the moment lies in it."""
        local = at.astimezone(self.location)
        minute = local.hour * 60 + local.minute
        return (
            (not self.times or any(start <= minute < end for start, end in self.times))
            and _within(local.isoweekday() % 7, self.weekdays)
            and (
                not self.days_of_month
                or any(_has_day(span, local.date()) for span in self.days_of_month)
            )
            and _within(local.month, self.months)
            and _within(local.year, self.years)
        )

    def next_boundary(self, after: datetime) -> datetime:
        """A moment (UTC) after `after`, at most a day and some hours later, until which nothing
        changes. It may not change then either: every midnight and every change of the clocks is
        such a moment."""
        zone = self.location
        today = after.astimezone(zone).date()
        minutes = {0, *(minute for span in self.times for minute in span)}
        moments = (
            moment
            for day in range(3)
            for minute in minutes
            for moment in _instants(today + timedelta(days=day), minute, zone)
        )
        end = min(moment for moment in moments if moment > after)
        return _clock_change(after, end, zone) or end


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedIntervals:
    """An entry of `time_intervals:`; a moment is in it when one of its intervals contains it."""

    name: str
    intervals: tuple[TimeInterval, ...]

    def contains(self, at: datetime) -> bool:
        return any(interval.contains(at) for interval in self.intervals)


def muted_by(
    mute: Sequence[NamedIntervals], active: Sequence[NamedIntervals], at: datetime
) -> str | None:
    """Why nothing is sent at that moment, in words; None if it may be. With `active` intervals, it
    may be only during one of them."""
    for interval in mute:
        if interval.contains(at):
            return f"mute time interval {interval.name}"
    if active and not any(interval.contains(at) for interval in active):
        return (
            f"outside of active time interval {' and '.join(interval.name for interval in active)}"
        )
    return None


def next_boundary(intervals: Iterable[NamedIntervals], after: datetime) -> datetime | None:
    """The earliest of their boundaries; None without an interval."""
    return min(
        (each.next_boundary(after) for named in intervals for each in named.intervals), default=None
    )


def next_days(weekdays: tuple[Span, ...]) -> tuple[Span, ...]:
    """The days after these days of the week."""
    days = sorted({(day + 1) % 7 for first, last in weekdays for day in range(first, last + 1)})
    return tuple((day, day) for day in days)


def _within(value: int, spans: tuple[Span, ...]) -> bool:
    return not spans or any(first <= value <= last for first, last in spans)


def _has_day(span: Span, day: date) -> bool:
    """As Alertmanager counts: a span that begins after the month's end is not in it, others are
    cut to the month."""
    length = calendar.monthrange(day.year, day.month)[1]
    first, last = (number if number > 0 else length + 1 + number for number in span)
    return first <= length and first <= day.day <= last


def _instants(day: date, minute: int, zone: tzinfo) -> Iterable[datetime]:
    """When it is that time on that day; twice when clocks are set back."""
    local = datetime.combine(
        day + timedelta(days=minute // DAY_MINUTES),
        time(minute % DAY_MINUTES // 60, minute % 60),
        zone,
    )
    return local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)


def _clock_change(after: datetime, end: datetime, zone: tzinfo) -> datetime | None:
    """When the clocks change between the two, to the second; None if they do not."""
    before = after.astimezone(zone).utcoffset()
    if before == end.astimezone(zone).utcoffset():
        return None
    low, high = after.timestamp(), end.timestamp()
    while high - low > 1:
        middle = (low + high) // 2
        if middle <= low:
            break
        if datetime.fromtimestamp(middle, zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)
