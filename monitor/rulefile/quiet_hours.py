"""The `quiet_hours:` of the rules file: when `in_quiet_hours` is true."""

import re

from monitor.domain.times.intervals import DAY_MINUTES, Span, TimeInterval, next_days
from monitor.rulefile.keys import Key, Keys
from monitor.rulefile.time_intervals import (
    CLOCK,
    WEEKDAYS_SHAPE,
    clock_minutes,
    read_spans,
    weekday,
)
from monitor.yamlfile import values
from monitor.yamlfile.document import Scalar, described
from monitor.yamlfile.kinds import TEXT, matching, several
from monitor.yamlfile.tables import TableReader, tables
from monitor.yamlfile.values import WrongValueError

_TIMES = matching(
    rf"\s*(?:{CLOCK})\s*[-–]\s*(?:{CLOCK})\s*", expected='times such as "20:00-08:00"'
)
KEYS: Keys = {
    "days": Key(
        meaning="days of the week: `saturday`, `monday:friday`",
        shape=WEEKDAYS_SHAPE,
        default="every day",
    ),
    "times": Key(
        meaning='times of the day: `"20:00-08:00"`; over midnight it ends on the day after',
        shape=several(_TIMES, least=1),
        default="all day",
    ),
    "zone": Key(
        meaning="whose clocks: an IANA zone such as `Europe/Berlin`", shape=TEXT, default="`UTC`"
    ),
}
_RANGE = re.compile(r"\s*(\S{1,20}?)\s{0,9}[-–]\s{0,9}(\S{1,20})\s*")


def read_quiet_hours(reader: TableReader) -> tuple[TimeInterval, ...]:
    """Every calendar of the list; a moment is quiet when any of them contains it. What is wrong
    is noted."""
    found: list[TimeInterval] = []
    for table in tables(reader.table.value("quiet_hours"), "quiet_hours", reader.findings):
        entry = TableReader(table, "a calendar of quiet_hours", reader.findings)
        entry.check_keys(KEYS, instead={"weekdays": "write days", "location": "write zone"})
        entry.refuse_empty("days", "times")
        if table.entries.keys() <= {"zone"}:
            hint = 'say when, such as days: [saturday, sunday] or times: ["20:00-08:00"]'
            reader.findings.warn(
                "quiet_hours: a calendar without days and times is always", table.place, hint
            )
        days = read_spans(entry, "days", weekday)
        zone = entry.parsed("zone", values.zone)
        times = [span for node in entry.texts("times") if (span := _times(entry, node)) is not None]
        if not times:
            found.append(
                TimeInterval(weekdays=days, location=zone) if zone else TimeInterval(weekdays=days)
            )
        for start, end in times:
            parts = (
                [((start, end), days)]
                if start < end
                else [((start, DAY_MINUTES), days), ((0, end), next_days(days))]
            )
            for span, on in parts:
                if span[0] < span[1]:
                    where = TimeInterval(times=(span,), weekdays=on)
                    found.append(
                        TimeInterval(times=(span,), weekdays=on, location=zone) if zone else where
                    )
    return tuple(found)


def _times(reader: TableReader, node: Scalar) -> Span | None:
    """`20:00-08:00`: over midnight it ends on the day after."""
    match = _RANGE.fullmatch(node.text)
    if match is None:
        reader.findings.wrong(
            f"times: expected a range, found {described(node)}", node.place, 'such as "20:00-08:00"'
        )
        return None
    try:
        return clock_minutes(match[1]), clock_minutes(match[2])
    except WrongValueError as error:
        reader.findings.wrong(f"times: {error}", node.place, error.hint)
        return None
