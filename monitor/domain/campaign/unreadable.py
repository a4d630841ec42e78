"""Fields of a row that could not be read: unknown, which is not null.

The last readable value is kept beside the mark and is what the next reading is compared with. So
becoming unreadable is no event, and neither is the first value of a field that was never read.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from monitor.domain.campaign.detail import OF_DETAIL
from monitor.domain.campaign.snapshot import Campaign, PartlyRead, Unreadable

if TYPE_CHECKING:
    from monitor.domain.campaign.tracking import TrackedCampaign

_FIELDS = Campaign.__struct_fields__
_NO_TEXT = frozenset({"name", "sender", "message_type"})


def unknown_fields(marks: Collection[Unreadable]) -> frozenset[str]:
    """The fields that cannot be read now."""
    return frozenset(mark.field for mark in marks if mark.until is None)


def unreadable_in_words(mark: Unreadable) -> str:
    """What cannot be read, as `sent not readable since 2026-11-30 14:02 UTC: "5 of 7"`."""
    since = datetime.fromtimestamp(mark.since, UTC)
    return f"{rules_name(mark.field)} not readable since {since:%Y-%m-%d %H:%M} UTC: {mark.found}"


def unknown_within(marks: Collection[Unreadable], now: float, seconds: float) -> frozenset[str]:
    """The fields that could not be read at some moment of the last `seconds` before `now`."""
    return frozenset(
        mark.field for mark in marks if mark.until is None or now - mark.until < seconds
    )


def marks_of(row: "TrackedCampaign") -> tuple[Unreadable, ...]:
    """The marks of the campaign's row and of its detail."""
    detail = row.detail
    return (*row.unreadable, *detail.unreadable) if detail is not None else row.unreadable


def rules_name(field: str) -> str:
    """The name that rules have for a marked field: `fallback_expired`."""
    return field.removeprefix(OF_DETAIL).replace(".", "_")


def unknown_now(row: "TrackedCampaign", fields: Collection[str]) -> bool:
    """Whether one of these fields of the campaign cannot be read now."""
    return any(mark.until is None and mark.field in fields for mark in row.unreadable)


def never_read(row: "TrackedCampaign", field: str) -> bool:
    """Whether the field cannot be read now and never could be, so that no value is held."""
    return any(
        mark.field == field and mark.until is None and not mark.known for mark in row.unreadable
    )


def filled(
    known: "TrackedCampaign | None",
    seen: Campaign,
    *,
    now: float,
    message_type: str,
    keep: float,
) -> tuple[Campaign, tuple[Unreadable, ...]]:
    """A row with the last readable values in place of what could not be read, and the marks.

    Where nothing is known yet `created_at` counts as `now`, the message type as the feed's
    `message_type`, and texts are empty. A mark is kept for `keep` seconds after its field was
    read again: as long as rules look back.
    """
    before = {mark.field: mark for mark in known.unreadable} if known else {}
    now_unreadable = seen.unreadable if isinstance(seen, PartlyRead) else ()
    values = {name: getattr(seen, name) for name in _FIELDS}
    marks: dict[str, Unreadable] = {}
    for mark in now_unreadable:
        earlier = before.get(mark.field)
        goes_on = earlier is not None and earlier.until is None
        marks[mark.field] = msgspec.structs.replace(
            mark,
            since=earlier.since if earlier is not None and goes_on else now,
            known=earlier.known if earlier is not None and goes_on else known is not None,
        )
        values[mark.field] = (
            getattr(known.campaign, mark.field)
            if known is not None
            else {"created_at": now, "message_type": message_type}.get(
                mark.field, "" if mark.field in _NO_TEXT else None
            )
        )
    for mark in before.values():
        until = now if mark.until is None else mark.until
        if mark.field not in marks and now - until < keep:
            marks[mark.field] = msgspec.structs.replace(mark, until=until)
    return Campaign(**values), tuple(marks[name] for name in sorted(marks))


def compared_with(known: "TrackedCampaign", current: Campaign) -> Campaign:
    """What `current` is compared with: the last readable values, and its own value for a field
    that is read for the first time."""
    first = {
        mark.field: getattr(current, mark.field)
        for mark in known.unreadable
        if mark.until is None and not mark.known
    }
    return msgspec.structs.replace(known.campaign, **first) if first else known.campaign
