"""A campaign in detail: what became of its messages, as numbers and in words."""

from collections.abc import Sequence
from typing import Any

import msgspec

from monitor.domain.campaign.snapshot import Unreadable

OF_DETAIL = "detail."
"""Begins the name of a field in a mark of a detail: `detail.expired`, `detail.fallback.expired`."""


class Split(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Messages by their state; each is counted once. Null where the provider does not say.

    The names are those of `statistics` in the provider's `GET /api/campaigns/{id}/detail`, but
    for one: what it calls `sent` there is handed over and awaits its report (in its lists `sent`
    is everything handed over), hence `awaiting_report`. `read` is not part of `delivered`, as it
    is in the lists.
    """

    delivered: int | None = None
    read: int | None = None
    awaiting_report: int | None = None
    scheduled: int | None = None
    moderation: int | None = None
    accepted: int | None = None
    sending: int | None = None
    expired: int | None = None
    failed: int | None = None
    undelivered: int | None = None
    unknown: int | None = None
    not_rcs_user: int | None = None
    not_viber_user: int | None = None


class CampaignDetail(Split, frozen=True, gc=False, kw_only=True):
    """One reading of a campaign's detail, at `read_at` (Unix seconds, UTC): its messages by
    state on its own channel, and in all.

    `total_messages` includes those not handed over yet. `total_price` is in `currency`.
    `fallback` is the same split of the SMS fallback of an RCS campaign; null without one.
    `revision` is that of the tracked campaign which it was read of; null where that is not
    known. `unreadable` are the fields that could not be read; they have their last values.
    """

    read_at: float
    total_messages: int | None = None
    total_phones: int | None = None
    total_price: float | None = None
    currency: str | None = None
    fallback: Split | None = None
    revision: int | None = None
    unreadable: tuple[Unreadable, ...] = ()


def filled_from(last: CampaignDetail | None, detail: CampaignDetail) -> CampaignDetail:
    """A detail with the values of the `last` one in place of what could not be read, and since
    when."""
    if not detail.unreadable:
        return detail
    before = {mark.field: mark for mark in last.unreadable} if last else {}
    marks: list[Unreadable] = []
    values: dict[str, Any] = {}
    fallback: dict[str, int | None] = {}
    for mark in detail.unreadable:
        earlier = before.get(mark.field)
        marks.append(
            msgspec.structs.replace(
                mark,
                since=earlier.since if earlier else mark.since,
                known=earlier.known if earlier else last is not None,
            )
        )
        name = mark.field.removeprefix(OF_DETAIL)
        part, _, counter = name.partition(".")
        if counter:
            fallback[counter] = getattr(last.fallback, counter) if last and last.fallback else None
        else:
            values[part] = getattr(last, part) if last else None
    if any(value is not None for value in fallback.values()):
        values["fallback"] = msgspec.structs.replace(detail.fallback or Split(), **fallback)
    return msgspec.structs.replace(detail, **values, unreadable=tuple(marks))


COUNTERS: tuple[str, ...] = Split.__struct_fields__
"""The names of the states."""

NOT_HANDED_OVER = frozenset({"scheduled", "moderation"})

_REASONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("not RCS-capable", ("not_rcs_user",)),
    ("not on Viber", ("not_viber_user",)),
    ("undelivered", ("undelivered",)),
    ("expired", ("expired",)),
    ("failed", ("failed",)),
    ("outcome unknown", ("unknown",)),
    ("no report yet", ("awaiting_report", "accepted", "sending")),
)
"""Reasons why a message does not count as delivered, in words, with their states. Of equal ones,
the first is named first."""


def breakdown(detail: CampaignDetail | None) -> str | None:
    """Why messages have not arrived: `not RCS-capable 38 %, expired 9 %, failed 3 %`, and after a
    semicolon the same for the SMS fallback. None if nothing is known, was handed over, or is worth
    naming.

    Each is a share of the messages that the same reading counts as handed over, the biggest first.
    Shares under half a percent are left out.
    """
    if detail is None:
        return None
    own = _shares(detail)
    fallback = () if detail.fallback is None else _shares(detail.fallback)
    parts = [", ".join(own)] if own else []
    if fallback:
        parts.append(f"SMS fallback: {', '.join(fallback)}")
    return "; ".join(parts) or None


def _shares(split: Split) -> Sequence[str]:
    handed_over = _sum(split, [name for name in COUNTERS if name not in NOT_HANDED_OVER])
    found = [(_sum(split, states), words) for words, states in _REASONS]
    found.sort(key=lambda reason: -reason[0])  # stable: the order of `_REASONS` among equals
    return [
        f"{words} {percent} %"
        for count, words in found
        if (percent := _percent(count, handed_over))
    ]


def _percent(count: int, whole: int) -> int:
    """A percentage, rounded half up. It is 100 only for all of them, so "100 %" never hides
    messages that did arrive."""
    if whole <= 0:
        return 0
    return 100 if count >= whole else min(99, (200 * count + whole) // (2 * whole))


def _sum(split: Split, names: Sequence[str]) -> int:
    """The sum of these states; a state that is not known adds nothing."""
    return sum(getattr(split, name) or 0 for name in names)
