"""Times in the rules file: `time_intervals:` in Alertmanager's syntax, and `quiet_hours:`."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, tzinfo
from typing import Annotated, ClassVar

from monitor.domain.safetext.possible_secrets import quoted
from monitor.domain.times.intervals import (
    DAY_MINUTES,
    MONTHS,
    WEEKDAYS,
    NamedIntervals,
    Span,
    TimeInterval,
    next_days,
)
from monitor.errors import Place
from monitor.yamlfile import values
from monitor.yamlfile.document import Scalar, YamlNode, described
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.kinds import (
    TEXT,
    Text,
    Zone,
    any_case,
    leaf,
    matching,
    ranges,
    suggesting,
    text_node,
)
from monitor.yamlfile.models import NARROWS, Items, Leaf, Shape, YamlModel, key
from monitor.yamlfile.suggestion import did_you_mean
from monitor.yamlfile.values import WrongValueError

SHORTEST_MONTH = 28

_HOURS = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00"
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|(24):(00)")
_RANGE = re.compile(r"\s*(\S{1,20}?)\s{0,9}[-–]\s{0,9}(\S{1,20})\s*")
_NUMBER = re.compile(r"-?[0-9]{1,4}")


# --- single values --------------------------------------------------------------------------------


def clock_minutes(value: object) -> int:
    """Minutes since midnight of a text such as 09:00, up to 24:00. WrongValueError for anything
    else."""
    match = _CLOCK.fullmatch(values.text(value))
    if match is None:
        raise WrongValueError(
            f'expected a time from 00:00 to 24:00, found "{quoted(str(value))}"', 'such as "09:00"'
        )
    hours, minutes = (match[1], match[2]) if match[1] else (match[3], match[4])
    return min(int(hours) * 60 + int(minutes), DAY_MINUTES)


def _quiet_span(node: YamlNode) -> Span:
    """`20:00-08:00`: over midnight it ends on the day after."""
    match = _RANGE.fullmatch(text_node(node).text)
    if match is None:
        raise WrongValueError(f"expected a range, found {described(node)}", 'such as "20:00-08:00"')
    return clock_minutes(match[1]), clock_minutes(match[2])


def _location(value: object) -> tzinfo:
    if value == "Local":
        raise WrongValueError(
            '"Local" depends on the machine', "name the zone, such as Europe/Berlin"
        )
    return values.zone(value)


def _span(parse: Callable[[str], int], shape: Shape, *, negative: bool = False) -> Leaf:
    """`first:last`, or one value for both."""

    def read(node: YamlNode) -> Span:
        if (
            not isinstance(node, Scalar)
            or isinstance(node.value, bool | None)
            or not node.text.strip()
        ):
            raise WrongValueError(f"expected a value or a range, found {described(node)}")
        if "," in node.text:
            each = ", ".join(part.strip() for part in node.text.split(","))
            raise WrongValueError(
                f"expected one value or range, found {described(node)}",
                f"write a list: [{quoted(each)}]",
            )
        first, colon, last = node.text.partition(":")
        span = parse(first.strip()), parse((last if colon else first).strip())
        _check_order(span, negative=negative)
        return span

    return Leaf(read, shape)


def _check_order(span: Span, *, negative: bool) -> None:
    first, last = span
    if negative:
        if first < 0 < last:
            raise WrongValueError(
                "a range that begins at the month's end must end there too", "such as -7:-1"
            )
        first, last = (number if number > 0 else SHORTEST_MONTH + number for number in span)
    if first > last:
        raise WrongValueError("it ends before it begins", "write two ranges")


def _weekday(word: str) -> int:
    """0 for Sunday. WrongValueError when it is not a day."""
    if word.lower() not in WEEKDAYS:
        raise WrongValueError(
            f'"{quoted(word)}" is not a day of the week', did_you_mean(word.lower(), WEEKDAYS)
        )
    return WEEKDAYS.index(word.lower())


def _month(word: str) -> int:
    if word.lower() in MONTHS:
        return MONTHS.index(word.lower()) + 1
    return _number(word, 1, 12, "a month: its name, or 1 to 12", did_you_mean(word.lower(), MONTHS))


def _day(word: str) -> int:
    number = _number(word, -31, 31, "a day of the month: 1 to 31, or from the end -1 to -31")
    if number == 0:
        raise WrongValueError("0 is not a day of a month", "the first is 1, the last -1")
    return number


def _year(word: str) -> int:
    return _number(word, 1, 9999, "a year")


def _number(word: str, least: int, most: int, what: str, hint: str | None = None) -> int:
    if not _NUMBER.fullmatch(word) or not least <= int(word) <= most:
        raise WrongValueError(f'expected {what}, found "{quoted(word)}"', hint)
    return int(word)


# --- keys -----------------------------------------------------------------------------------------

_WEEKDAY = _span(
    _weekday,
    suggesting(
        WEEKDAYS,
        ranges(*map(any_case, WEEKDAYS), expected="a day, or a range such as monday:friday"),
    ),
)


def _number_shape(least: int, most: int, text: Shape | None = None) -> Shape:
    text = text or ranges(_NUMBER.pattern, expected="a number, or a range such as 1:5")
    return {"anyOf": [{"type": "integer", "minimum": least, "maximum": most}, text]}


_MONTHS_TEXT = ranges(
    *map(any_case, MONTHS),
    _NUMBER.pattern,
    expected="a month, or a range such as may:august or 5:8",
)
_MONTH = _span(_month, suggesting(MONTHS, _number_shape(1, 12, _MONTHS_TEXT)))
_MONTH_DAY = _span(_day, _number_shape(-31, 31), negative=True)
_YEAR = _span(_year, _number_shape(1, 9999))
_TIME = leaf(clock_minutes, matching(rf"\s*(?:{_HOURS})\s*", expected='a time such as "09:00"'))
_QUIET_SPAN = Leaf(
    _quiet_span,
    matching(rf"\s*(?:{_HOURS})\s*[-–]\s*(?:{_HOURS})\s*", expected='times such as "20:00-08:00"'),
)
_SPANS = Items(alone=True, empty=NARROWS)
_CLOCKS = "whose clocks: an IANA zone such as `Europe/Berlin`"


class TimesKeys(YamlModel):
    """One entry of `times:`."""

    what = "a time of the day"

    start_time: Annotated[int | None, _TIME] = key(
        'from then on, such as `"09:00"`', example='such as "09:00"'
    )
    end_time: Annotated[int | None, _TIME] = key(
        'until then, which is not included; up to `"24:00"`',
        required=True,
        example='such as "09:00"',
    )


class IntervalKeys(YamlModel):
    """One entry of the `time_intervals:` of a named interval."""

    what = "a time interval"
    instead: ClassVar = {
        "start_time": "it belongs under times: [{start_time: …, end_time: …}]",
    }

    times: Annotated[tuple[TimesKeys, ...], Items(empty=NARROWS)] = key(
        "times of the day; over midnight it takes two", default=()
    )
    weekdays: Annotated[tuple[Annotated[Span, _WEEKDAY], ...], _SPANS] = key(
        "days of the week: `sunday`, `monday:friday`", default=()
    )
    days_of_month: Annotated[tuple[Annotated[Span, _MONTH_DAY], ...], _SPANS] = key(
        "days of the month: `1:5`; from the end `-1`, `-7:-1`", default=()
    )
    months: Annotated[tuple[Annotated[Span, _MONTH], ...], _SPANS] = key(
        "months, by name or number: `may:august`, `5:8`", default=()
    )
    years: Annotated[tuple[Annotated[Span, _YEAR], ...], _SPANS] = key(
        "years: `2026:2028`", default=()
    )
    location: Annotated[tzinfo, leaf(_location, TEXT)] = key(_CLOCKS, default=UTC, shown="`UTC`")


class NamedIntervalsKeys(YamlModel):
    """One entry of `time_intervals:`."""

    what = "a time interval"

    name: Text | None = key("what routes call it")
    time_intervals: Annotated[
        tuple[IntervalKeys, ...], Items(empty="there are none", hint="such as weekdays: [saturday]")
    ] = key(
        "a moment is in it when any of these contains it",
        required=True,
        default=(),
        example="a list, such as [{weekdays: [saturday, sunday]}]",
    )


class QuietHoursKeys(YamlModel):
    """One entry of `quiet_hours:`."""

    what = "a calendar of quiet_hours"
    instead: ClassVar = {"weekdays": "write days", "location": "write zone"}

    days: Annotated[tuple[Annotated[Span, _WEEKDAY], ...], _SPANS] = key(
        "days of the week: `saturday`, `monday:friday`", default=(), shown="every day"
    )
    times: Annotated[tuple[Annotated[Span, _QUIET_SPAN], ...], _SPANS] = key(
        'times of the day: `"20:00-08:00"`; over midnight it ends on the day after',
        default=(),
        shown="all day",
    )
    zone: Zone = key(_CLOCKS, default=UTC, shown="`UTC`")


# --- across keys ----------------------------------------------------------------------------------

Intervals = Mapping[str, tuple[NamedIntervals | None, Place]]


def time_intervals_of(entries: Iterable[NamedIntervalsKeys], findings: Findings) -> Intervals:
    """By name, with the place of each; None for one in which something is wrong, which is noted."""
    found: dict[str, tuple[NamedIntervals | None, Place]] = {}
    for each in entries:
        before = findings.count
        intervals = tuple(_interval(keys, findings) for keys in each.time_intervals)
        if each.name is None:
            continue
        if each.name in found:
            findings.wrong(
                f'a time interval named "{each.name}" is there already',
                each.place("name"),
                f"the first is in line {found[each.name][1].line}",
            )
            continue
        sound = each.sound and findings.count == before
        named = NamedIntervals(name=each.name, intervals=intervals) if sound else None
        found[each.name] = (named, each.place("name"))
    return found


def _interval(keys: IntervalKeys, findings: Findings) -> TimeInterval:
    if keys.entries.keys() <= {"location"}:
        hint = "say when, such as weekdays: [saturday, sunday]"
        findings.warn("time_intervals: one without any part is always", keys.place(), hint)
    times = [(each, each.start_time, each.end_time) for each in keys.times]
    for each, start, end in times:
        if start is not None and end is not None and start >= end:
            hint = "over midnight it is two: one until 24:00 and one from 00:00"
            findings.wrong("times: it ends before it begins", each.place("end_time"), hint)
    return TimeInterval(
        times=tuple((start or 0, end or 0) for _, start, end in times),
        weekdays=keys.weekdays,
        days_of_month=keys.days_of_month,
        months=keys.months,
        years=keys.years,
        location=keys.location,
    )


def quiet_hours_of(
    entries: Iterable[QuietHoursKeys], findings: Findings
) -> tuple[TimeInterval, ...]:
    """What every calendar says; a moment is quiet when any of them contains it."""
    found: list[TimeInterval] = []
    for each in entries:
        if each.entries.keys() <= {"zone"}:
            hint = 'say when, such as days: [saturday, sunday] or times: ["20:00-08:00"]'
            message = "quiet_hours: a calendar without days and times is always"
            findings.warn(message, each.place(), hint)
        if not each.times:
            found.append(TimeInterval(weekdays=each.days, location=each.zone))
        for start, end in each.times:
            parts = (
                [((start, end), each.days)]
                if start < end
                else [((start, DAY_MINUTES), each.days), ((0, end), next_days(each.days))]
            )
            found += [
                TimeInterval(times=(span,), weekdays=days, location=each.zone)
                for span, days in parts
                if span[0] < span[1]
            ]
    return tuple(found)
