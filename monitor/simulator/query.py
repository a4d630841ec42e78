"""The list's query parameters: read strictly, refused with 422 as the documentation says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from monitor.simulator.dialect import Dialect
from monitor.simulator.http_answers import invalid

FILTER_TYPES = ("sms", "rcs", "whatsapp")
SORTS = ("id", "sender", "type", "date", "status")
WAYS = ("asc", "desc")
SEARCH_FIELDS = ("sender", "taskname")
SMALLEST_PAGE, LARGEST_PAGE, DEFAULT_PAGE = 30, 500, 50
LONGEST_VALUE = 255
WINDOW_MONTHS = 3
AHEAD = timedelta(days=30)

_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\Z", re.ASCII)
_WHOLE = re.compile(r"\d{1,9}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class ListQuery:
    """One list request. `first` and `last` are whole Unix seconds, both included."""

    message_type: str
    first: int
    last: int
    offset: int
    limit: int
    sort: str
    way: str
    search: tuple[str, str] | None


def read_query(
    parameters: Mapping[str, str], *, now: datetime, zone: tzinfo, dialect: Dialect
) -> ListQuery:
    """What was asked for, with the documented defaults. `now` is aware; Refusal (422) for the
    first thing wrong."""
    first, last = _window(
        parameters, now=now.astimezone(zone).replace(tzinfo=None, microsecond=0), zone=zone
    )
    limit = _whole(parameters, "page[limit]", DEFAULT_PAGE)
    if not SMALLEST_PAGE <= limit <= LARGEST_PAGE:
        raise invalid(
            "page.limit", f"The page.limit must be between {SMALLEST_PAGE} and {LARGEST_PAGE}."
        )
    return ListQuery(
        message_type=_choice(parameters, "filter[type]", FILTER_TYPES),
        first=first,
        last=last,
        offset=_whole(parameters, "page[offset]", 0),
        limit=min(limit, dialect.largest_page or limit),
        sort=_choice(parameters, "sort", SORTS),
        way=_choice(parameters, "way", WAYS),
        search=_search(parameters, dialect),
    )


def _choice(parameters: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = parameters.get(name, allowed[0])
    if value not in allowed:
        raise invalid(_dotted(name), f"The selected {_dotted(name)} is invalid.")
    return value


def _whole(parameters: Mapping[str, str], name: str, default: int) -> int:
    value = parameters.get(name)
    if value is None:
        return default
    if not _WHOLE.match(value):
        raise invalid(_dotted(name), f"The {_dotted(name)} must be an integer.")
    return int(value)


def _window(parameters: Mapping[str, str], *, now: datetime, zone: tzinfo) -> tuple[int, int]:
    last = _time(parameters, "filter[to]") or now
    first = _time(parameters, "filter[from]") or _months_before(last, WINDOW_MONTHS)
    if last > now + AHEAD:
        raise invalid(
            "filter.to", "The filter.to must be a date before or equal to 30 days from now."
        )
    if first > last:
        raise invalid("filter.from", "The filter.from must be a date before or equal to filter.to.")
    if first < _months_before(last, WINDOW_MONTHS):
        raise invalid("filter.from", "The period must not be longer than 3 months.")
    return int(first.replace(tzinfo=zone).timestamp()), int(last.replace(tzinfo=zone).timestamp())


def _time(parameters: Mapping[str, str], name: str) -> datetime | None:
    value = parameters.get(name)
    if value is None:
        return None
    if _TIME.match(value):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    raise invalid(_dotted(name), f"The {_dotted(name)} does not match the format Y-m-d H:i:s.")


def _months_before(moment: datetime, months: int) -> datetime:
    """The same day and time that many calendar months earlier, or the month's last day where
    there is none."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    # the provider's times are naive
    following = datetime(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)  # noqa: DTZ001
    return moment.replace(
        year=year, month=month + 1, day=min(moment.day, (following - timedelta(days=1)).day)
    )


def _search(parameters: Mapping[str, str], dialect: Dialect) -> tuple[str, str] | None:
    for word in ("filter", "search"):
        if word not in dialect.search:
            continue
        field, value = parameters.get(f"{word}[field]"), parameters.get(f"{word}[value]")
        if field is None and value is None:
            continue
        if field not in SEARCH_FIELDS:
            raise invalid(f"{word}.field", f"The selected {word}.field is invalid.")
        if value is None or not 1 <= len(value) <= LONGEST_VALUE:
            raise invalid(
                f"{word}.value",
                f"The {word}.value must be between 1 and {LONGEST_VALUE} characters.",
            )
        return field, value
    return None


def _dotted(name: str) -> str:
    return name.replace("[", ".").removesuffix("]")
