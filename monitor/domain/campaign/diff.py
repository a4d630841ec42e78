"""The difference between two readings of a campaign, as events and as what is known afterwards."""

import hashlib
from collections.abc import Sequence

import msgspec
from msgspec.structs import astuple

from monitor.domain.campaign.event import CampaignEvent, Change, EventKind
from monitor.domain.campaign.figures import DEFAULT_SETTLE_SECONDS
from monitor.domain.campaign.history import grown, last_sent, standing
from monitor.domain.campaign.snapshot import Campaign, CampaignStatus, Unreadable
from monitor.domain.campaign.tracking import TrackedCampaign, first_sight, reports_are_in
from monitor.domain.campaign.unreadable import compared_with, never_read, unknown_fields

__all__ = ["first_sight", "observe", "settle", "vanish"]

FIELDS = Campaign.__struct_fields__
KINDS = tuple(EventKind)
COUNTERS = frozenset({"sent", "delivered", "fallback_sent", "fallback_delivered"})
MOVES = frozenset({EventKind.STATUS_CHANGED, EventKind.PROGRESSED, EventKind.REWOUND})
"""Events that change the figures, and so need a new sample."""

STATUS_TIMES = frozenset({"real_start_at", "finished_at"})
"""Times that the provider sets when the status changes. Together with a change of status they are
part of it, not an edit: a rule on `edited` is about what a person changed, and must not fire
whenever a campaign starts or ends."""


def observe(
    previous: TrackedCampaign | None,
    current: Campaign,
    *,
    now: float,
    keep: float = DEFAULT_SETTLE_SECONDS,
    progress: bool = True,
    unreadable: tuple[Unreadable, ...] = (),
) -> tuple[TrackedCampaign, tuple[CampaignEvent, ...]]:
    """What is known after `current` was read, and the events that lead there, in the order of
    `EventKind`.

    The result holds the object `current` itself, also when nothing changed (the caller then
    recognises it by identity). A changed status is known since the provider's own time
    (`real_start_at`, `finished_at`) where that lies after the previous one began, else since
    `now`. A campaign that is live again is no longer settled. Its samples reach back `keep`
    seconds. Without `progress` no `progressed` event is made: there is one for each sending
    campaign at every reading, and few ask for it. `unreadable` are the fields of `current` that
    could not be read: it has what is held in their place. ValueError when the two are not the
    same campaign.
    """
    if previous is None:
        tracked = first_sight(current, now=now, unreadable=unreadable)
        return tracked, (_event(tracked, EventKind.APPEARED, now, _everything(current)),)
    if unreadable or previous.unreadable:
        return _observe_partly(
            previous, current, now=now, keep=keep, progress=progress, unreadable=unreadable
        )
    before = previous.campaign
    if before == current:
        return (
            previous if before is current else msgspec.structs.replace(previous, campaign=current)
        ), ()
    if (before.account, before.id) != (current.account, current.id):
        raise ValueError(
            f"campaign {current.id} of {current.account} is not {before.id} of {before.account}"
        )
    if not progress and _only_grew(before, current):  # what nearly every change is
        return _grown(previous, current, now=now, keep=keep), ()
    found = _compare(before, current)
    status_changed = EventKind.STATUS_CHANGED in found
    starts = status_changed and current.status == CampaignStatus.SENDING
    tracked = TrackedCampaign(
        campaign=current,
        first_seen=previous.first_seen,
        status_since=_status_since(previous, current, now=now)
        if status_changed
        else previous.status_since,
        progress_since=now
        if starts or (current.sent or 0) > last_sent(previous)
        else previous.progress_since,
        settled=False,
        revision=previous.revision + 1,
        samples=(
            standing(previous, now=now)
            if MOVES.isdisjoint(found)
            else grown(previous, current, now=now, keep=keep)
        ),
        detail=previous.detail,
    )
    if previous.settled and reports_are_in(tracked, now=now):
        tracked = msgspec.structs.replace(tracked, settled=True, samples=())
    if not progress:
        found.pop(EventKind.PROGRESSED, None)
    if not found:
        return tracked, ()
    events = tuple(
        CampaignEvent(
            id=_event_id(previous, kind, found[kind]),
            kind=kind,
            at=now,
            campaign=current,
            changes=tuple(found[kind]),
        )
        for kind in KINDS
        if kind in found
    )
    return tracked, events


def _observe_partly(
    previous: TrackedCampaign,
    current: Campaign,
    *,
    now: float,
    keep: float,
    progress: bool,
    unreadable: tuple[Unreadable, ...],
) -> tuple[TrackedCampaign, tuple[CampaignEvent, ...]]:
    """`observe` where a field cannot or could not be read: marks that come and go are no events."""
    base = msgspec.structs.replace(
        previous, campaign=compared_with(previous, current), unreadable=()
    )
    tracked, events = observe(base, current, now=now, keep=keep, progress=progress)
    moved = unreadable != previous.unreadable or current != previous.campaign
    revision = previous.revision + 1 if moved else previous.revision
    # what it has sent is known for the first time: until now it may have grown
    first_sent = never_read(previous, "sent") and "sent" not in unknown_fields(unreadable)
    return (
        msgspec.structs.replace(
            tracked,
            unreadable=unreadable,
            revision=revision,
            progress_since=now if first_sent else tracked.progress_since,
        ),
        events,
    )


def settle(tracked: TrackedCampaign, *, now: float) -> tuple[TrackedCampaign, CampaignEvent] | None:
    """The campaign as settled, with the event, once it has been final for 72 hours; None before,
    and when it is already."""
    if tracked.settled or not reports_are_in(tracked, now=now):
        return None
    settled = msgspec.structs.replace(
        tracked, settled=True, revision=tracked.revision + 1, samples=()
    )
    return settled, _event(tracked, EventKind.SETTLED, now)


def vanish(tracked: TrackedCampaign, *, now: float) -> CampaignEvent:
    """The event that the provider no longer has it."""
    return _event(tracked, EventKind.VANISHED, now)


def _grown(
    previous: TrackedCampaign, current: Campaign, *, now: float, keep: float
) -> TrackedCampaign:
    return TrackedCampaign(
        campaign=current,
        first_seen=previous.first_seen,
        status_since=previous.status_since,
        progress_since=now
        if (current.sent or 0) > last_sent(previous)
        else previous.progress_since,
        settled=previous.settled and reports_are_in(previous, now=now),
        revision=previous.revision + 1,
        samples=() if previous.settled else grown(previous, current, now=now, keep=keep),
        detail=previous.detail,
    )


def _only_grew(before: Campaign, current: Campaign) -> bool:
    """Whether nothing differs but counters that grew."""
    return (
        before.status == current.status
        and before.name == current.name
        and before.sender == current.sender
        and before.real_start_at == current.real_start_at
        and before.finished_at == current.finished_at
        and before.start_at == current.start_at
        and before.created_at == current.created_at
        and before.message_type == current.message_type
        and before.calculated_price == current.calculated_price
        and before.currency == current.currency
        and _not_less(before.sent, current.sent)
        and _not_less(before.delivered, current.delivered)
        and _not_less(before.fallback_sent, current.fallback_sent)
        and _not_less(before.fallback_delivered, current.fallback_delivered)
    )


def _not_less(old: int | None, new: int | None) -> bool:
    return old is None or (new is not None and new >= old)


def _compare(before: Campaign, current: Campaign) -> dict[EventKind, list[Change]]:
    """What differs, by kind of event, fields in the order of `Campaign`."""
    status_changed = before.status != current.status
    found: dict[EventKind, list[Change]] = {}
    for name, old, new in zip(FIELDS, astuple(before), astuple(current), strict=True):
        if old == new:
            continue
        if name == "status" or (status_changed and name in STATUS_TIMES):
            kind = EventKind.STATUS_CHANGED
        elif name not in COUNTERS:
            kind = EventKind.EDITED
        elif new is not None and (old is None or new > old):
            kind = EventKind.PROGRESSED
        else:
            kind = EventKind.REWOUND
        found.setdefault(kind, []).append(Change(name, old, new))
    return found


def _status_since(previous: TrackedCampaign, current: Campaign, *, now: float) -> float:
    given: float | None = None
    if current.status == CampaignStatus.SENDING:
        given = current.real_start_at
    elif current.final:
        given = current.finished_at
    return given if given is not None and previous.status_since <= given <= now else now


def _everything(campaign: Campaign) -> list[Change]:
    values = ((name, getattr(campaign, name)) for name in FIELDS)
    return [Change(name, None, value) for name, value in values if value is not None]


def _event(
    tracked: TrackedCampaign, kind: EventKind, now: float, changes: Sequence[Change] = ()
) -> CampaignEvent:
    """An event of a kind that happens once: its id does not depend on what else is known by
    then."""
    return CampaignEvent(
        id=_event_id(tracked, kind, ()),
        kind=kind,
        at=now,
        campaign=tracked.campaign,
        changes=tuple(changes),
    )


def _event_id(committed: TrackedCampaign, kind: EventKind, changes: Sequence[Change]) -> str:
    """20 hex digits, made of nothing but the committed state and the difference from it: found
    again after a crash, by a later sweep, it is the same event; the same change of a later state
    is another one."""
    campaign = committed.campaign
    parts: list[object] = [campaign.account, campaign.id, kind.value]
    if kind is not EventKind.APPEARED:
        parts += [committed.first_seen, committed.revision, changes]
    return hashlib.blake2b(msgspec.json.encode(parts), digest_size=10).hexdigest()
