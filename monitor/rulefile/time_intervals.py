"""The `time_intervals:` of the rules file, in Alertmanager's syntax."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, tzinfo

from monitor.domain.safetext.possible_secrets import quoted
from monitor.domain.times.intervals import (
    DAY_MINUTES,
    MONTHS,
    WEEKDAYS,
    NamedIntervals,
    Span,
    TimeInterval,
)
from monitor.errors import Place
from monitor.rulefile.keys import Key, Keys, table_shape
from monitor.yamlfile import values
from monitor.yamlfile.document import Listing, Scalar, Table, described
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.kinds import TEXT, any_case, listed, matching, ranges, several, suggesting
from monitor.yamlfile.suggestion import did_you_mean
from monitor.yamlfile.tables import TableReader, tables
from monitor.yamlfile.values import WrongValueError

SHORTEST_MONTH = 28
CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00"

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|(24):(00)")
_NUMBER = re.compile(r"-?[0-9]{1,4}")
_NUMBERS = ranges(_NUMBER.pattern, expected="a number, or a range such as 1:5")
WEEKDAYS_SHAPE = several(
    suggesting(
        WEEKDAYS,
        ranges(*map(any_case, WEEKDAYS), expected="a day, or a range such as monday:friday"),
    ),
    least=1,
)
_MONTHS_TEXT = ranges(
    *map(any_case, MONTHS),
    _NUMBER.pattern,
    expected="a month, or a range such as may:august or 5:8",
)
_TIME = matching(rf"\s*(?:{CLOCK})\s*", expected='a time such as "09:00"')
_OF_DAY: Keys = {
    "start_time": Key(meaning='from then on, such as `"09:00"`', shape=_TIME, required=True),
    "end_time": Key(
        meaning='until then, which is not included; up to `"24:00"`', shape=_TIME, required=True
    ),
}
KEYS: Keys = {
    "times": Key(
        meaning="times of the day; over midnight it takes two",
        shape=listed(table_shape(_OF_DAY), least=1),
    ),
    "weekdays": Key(meaning="days of the week: `sunday`, `monday:friday`", shape=WEEKDAYS_SHAPE),
    "days_of_month": Key(
        meaning="days of the month: `1:5`; from the end `-1`, `-7:-1`",
        shape=several(
            {"anyOf": [{"type": "integer", "minimum": -31, "maximum": 31}, _NUMBERS]}, least=1
        ),
    ),
    "months": Key(
        meaning="months, by name or number: `may:august`, `5:8`",
        shape=several(
            suggesting(
                MONTHS, {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 12}, _MONTHS_TEXT]}
            ),
            least=1,
        ),
    ),
    "years": Key(
        meaning="years: `2026:2028`",
        shape=several(
            {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 9999}, _NUMBERS]}, least=1
        ),
    ),
    "location": Key(
        meaning="whose clocks: an IANA zone such as `Europe/Berlin`", shape=TEXT, default="`UTC`"
    ),
}
NAMED_KEYS: Keys = {
    "name": Key(meaning="what routes call it", shape=TEXT, required=True),
    "time_intervals": Key(
        meaning="a moment is in it when any of these contains it",
        shape=listed(table_shape(KEYS), least=1),
        required=True,
    ),
}


def read_time_intervals(reader: TableReader) -> Mapping[str, tuple[NamedIntervals | None, Place]]:
    """By name, with the place of each; None for one in which something is wrong, which is noted."""
    found: dict[str, tuple[NamedIntervals | None, Place]] = {}
    for table in tables(reader.table.value("time_intervals"), "time_intervals", reader.findings):
        entry = TableReader(table, "a time interval", reader.findings)
        before = reader.findings.count
        entry.check_keys(NAMED_KEYS)
        entry.require("name")
        entry.require("time_intervals", "a list, such as [{weekdays: [saturday, sunday]}]")
        intervals = [
            _interval(each, reader.findings)
            for each in tables(table.value("time_intervals"), "time_intervals", reader.findings)
        ]
        name = entry.text("name")
        if name is None:
            continue
        if name.text in found:
            line = found[name.text][1].line
            reader.findings.wrong(
                f'a time interval named "{name.text}" is there already',
                name.place,
                f"the first is in line {line}",
            )
            continue
        if reader.findings.count == before and not intervals:
            node = table.entries["time_intervals"].value
            reader.findings.wrong(
                f'time_intervals: "{name.text}" has none',
                node.place,
                "such as weekdays: [saturday]",
            )
        sound = reader.findings.count == before
        found[name.text] = (
            NamedIntervals(name=name.text, intervals=tuple(intervals)) if sound else None,
            name.place,
        )
    return found


def _interval(table: Table, findings: Findings) -> TimeInterval:
    reader = TableReader(table, "a time interval", findings)
    reader.check_keys(
        KEYS, instead={"start_time": "it belongs under times: [{start_time: …, end_time: …}]"}
    )
    reader.refuse_empty("times", "weekdays", "days_of_month", "months", "years")
    if table.entries.keys() <= {"location"}:
        hint = "say when, such as weekdays: [saturday, sunday]"
        findings.warn("time_intervals: one without any part is always", table.place, hint)
    return TimeInterval(
        times=_times(reader),
        weekdays=read_spans(reader, "weekdays", weekday),
        days_of_month=read_spans(reader, "days_of_month", _day, negative=True),
        months=read_spans(reader, "months", _month),
        years=read_spans(reader, "years", _year),
        location=_location(reader),
    )


def _location(reader: TableReader) -> tzinfo:
    def parse(value: object) -> tzinfo:
        if value == "Local":
            raise WrongValueError(
                '"Local" depends on the machine', "name the zone, such as Europe/Berlin"
            )
        return values.zone(value)

    return reader.parsed("location", parse) or UTC


def _times(reader: TableReader) -> tuple[Span, ...]:
    spans: list[Span] = []
    for table in tables(reader.table.value("times"), "times", reader.findings):
        entry = TableReader(table, "a time of the day", reader.findings)
        entry.check_keys(_OF_DAY)
        for key in ("start_time", "end_time"):
            entry.require(key, 'such as "09:00"')
        start, end = (
            entry.parsed("start_time", clock_minutes),
            entry.parsed("end_time", clock_minutes),
        )
        if start is None or end is None:
            continue
        if start >= end:
            hint = "over midnight it is two: one until 24:00 and one from 00:00"
            reader.findings.wrong(
                "times: it ends before it begins", table.entries["end_time"].value.place, hint
            )
        spans.append((start, end))
    return tuple(spans)


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


def read_spans(
    reader: TableReader, key: str, parse: Callable[[str], int], *, negative: bool = False
) -> tuple[Span, ...]:
    """Each `first:last`, or one value for both."""
    node = reader.table.value(key)
    items: Sequence[object] = (
        node.items if isinstance(node, Listing) else () if node is None else (node,)
    )
    spans: list[Span] = []
    for item in items:
        if (
            not isinstance(item, Scalar)
            or isinstance(item.value, bool | None)
            or not item.text.strip()
        ):
            found = (
                described(item) if isinstance(item, Scalar | Listing | Table) else "something else"
            )
            place = item.place if isinstance(item, Scalar | Listing | Table) else reader.table.place
            reader.findings.wrong(
                f"{key}: expected a list of values and ranges, found {found} in it", place
            )
            continue
        if "," in item.text:
            each = ", ".join(part.strip() for part in item.text.split(","))
            reader.findings.wrong(
                f"{key}: expected one value or range, found {described(item)}",
                item.place,
                f"write a list: [{quoted(each)}]",
            )
            continue
        first, colon, last = item.text.partition(":")
        try:
            span = parse(first.strip()), parse((last if colon else first).strip())
            _check_order(span, negative=negative)
        except WrongValueError as error:
            reader.findings.wrong(f"{key}: {error}", item.place, error.hint)
            continue
        spans.append(span)
    return tuple(spans)


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


def weekday(word: str) -> int:
    """0 for Sunday. WrongValueError when it is no day."""
    if word.lower() not in WEEKDAYS:
        raise WrongValueError(
            f'"{quoted(word)}" is no day of the week', did_you_mean(word.lower(), WEEKDAYS)
        )
    return WEEKDAYS.index(word.lower())


def _month(word: str) -> int:
    if word.lower() in MONTHS:
        return MONTHS.index(word.lower()) + 1
    return _number(word, 1, 12, "a month: its name, or 1 to 12", did_you_mean(word.lower(), MONTHS))


def _day(word: str) -> int:
    number = _number(word, -31, 31, "a day of the month: 1 to 31, or from the end -1 to -31")
    if number == 0:
        raise WrongValueError("0 is no day of a month", "the first is 1, the last -1")
    return number


def _year(word: str) -> int:
    return _number(word, 1, 9999, "a year")


def _number(word: str, least: int, most: int, what: str, hint: str | None = None) -> int:
    if not _NUMBER.fullmatch(word) or not least <= int(word) <= most:
        raise WrongValueError(f'expected {what}, found "{quoted(word)}"', hint)
    return int(word)
