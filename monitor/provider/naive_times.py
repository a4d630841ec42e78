"""The provider's times: texts in its own zone, without saying so."""

import re
from datetime import datetime, timedelta, tzinfo

from monitor.net import YEARS

_SHAPE = re.compile(
    r"(?P<date>(?P<year>\d{4})-\d\d-\d\d[T ])(?P<hour>\d\d)(?P<minute>:\d\d)"
    r"(?::(?P<second>\d\d)(?P<fraction>[.,]\d{1,9})?)?(?P<zone>Z|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII | re.IGNORECASE,
)
_NULL_DATES = ("0000-00-00", "-0001-11-30")
"""How a database's zero date arrives: as it is, and as PHP's date classes print it."""

_JITTER = 60.0
"""Seconds by which two times of one campaign may be in the wrong order and mean nothing by it."""
_LONGEST = 40
_SECONDS = {
    f":{minute:02}:{second:02}": minute * 60.0 + second
    for minute in range(60)
    for second in range(60)
}
_REMEMBERED_HOURS = 8192


class LocalTimes:
    """Converts between the texts of one zone and Unix seconds. An hour's offset is worked out
    once and remembered."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._hours: dict[str, float] = {}

    def unix(self, text: str, *, after: float | None = None) -> float | None:
        """Unix seconds of `yyyy-mm-dd hh:mm:ss`, or of ISO 8601 (which may name its own zone);
        null for a zero date or "".

        A local time that occurs twice is read as its first occurrence, unless that lies a minute
        or more before `after` (Unix seconds), which it cannot precede, and the second does not.
        One that a clock change skips is read as if the clock had not been changed yet.
        ValueError for anything else, and for years outside 1970 to 2100.
        """
        hour = self._hours.get(text[:13])
        if hour is not None:
            second = _SECONDS.get(text[13:])
            if second is not None:
                return hour + second
        return self._parse(text, after)

    def local(self, unix: float) -> datetime:
        """The zone's naive wall time at `unix`, to the second."""
        return datetime.fromtimestamp(unix, self._zone).replace(tzinfo=None, microsecond=0)

    def _parse(self, text: str, after: float | None) -> float | None:
        text = text[: _LONGEST + 1].strip()
        if not text or text.startswith(_NULL_DATES):
            return None
        shape = _SHAPE.fullmatch(text)
        if shape is None or int(shape["year"]) not in YEARS:
            raise ValueError("not a time like 2024-04-03 12:14:49")
        moment = _moment(shape)
        if moment.tzinfo is not None:
            return moment.timestamp()
        if moment.hour == int(shape["hour"]):
            self._remember(text[:13], moment)
        first = moment.replace(tzinfo=self._zone)
        if after is None or first.timestamp() > after - _JITTER:
            return first.timestamp()
        second = first.replace(
            fold=1
        ).timestamp()  # earlier than the first where the clock change skips it
        return second if second > after - _JITTER else first.timestamp()

    def _remember(self, prefix: str, moment: datetime) -> None:
        """Keep the hour's start, unless the clock changes within the hour."""
        start = moment.replace(minute=0, second=0, microsecond=0, tzinfo=self._zone)
        end = start.replace(minute=59, second=59)
        if end.timestamp() - start.timestamp() != timedelta(minutes=59, seconds=59).total_seconds():
            return
        if len(self._hours) >= _REMEMBERED_HOURS:
            self._hours.clear()
        self._hours[prefix] = start.timestamp()


def _moment(shape: re.Match[str]) -> datetime:
    """The time as written. 24:00:00 is the next day's midnight, a leap second the next minute."""
    hour, second, later = shape["hour"], shape["second"] or "00", timedelta(0)
    if hour == "24" and shape["minute"] == ":00" and second == "00" and not shape["fraction"]:
        hour, later = "00", timedelta(days=1)
    if second == "60":
        second, later = "59", timedelta(seconds=1)
    parts = (shape["date"], hour, shape["minute"], ":", second, shape["fraction"], shape["zone"])
    return datetime.fromisoformat("".join(part or "" for part in parts).upper()) + later


def text_of(local: datetime) -> str:
    """A naive local time as the provider's filters want it."""
    return local.strftime("%Y-%m-%d %H:%M:%S")
