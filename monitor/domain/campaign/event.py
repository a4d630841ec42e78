"""Events: the observed differences between two readings of a campaign."""

from enum import StrEnum

import msgspec

from monitor.domain.campaign.snapshot import Campaign


class EventKind(StrEnum):
    """What can be observed. The values are the names that rules (`on:`) and webhooks use."""

    APPEARED = "appeared"
    STATUS_CHANGED = (
        "status_changed"  # with the provider's times of it (real start, end) where they came along
    )
    EDITED = "edited"  # name, sender, type, times, price, currency
    PROGRESSED = "progressed"  # a counter grew
    REWOUND = "rewound"  # a counter fell or went missing
    SETTLED = "settled"
    VANISHED = "vanished"  # the provider answered 404 for it


Value = str | int | float | None


class Change(msgspec.Struct, frozen=True, gc=False):
    """One field of `Campaign` that went from `old` to `new`."""

    field: str
    old: Value
    new: Value


class CampaignEvent(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One observed difference. `at` is the start of the sweep that showed it (Unix seconds,
    UTC).

    `id` (20 hex digits) is the same whenever the same difference is found again from the same
    committed state. `campaign` is the snapshot after all that one reading showed (the last one
    known, for `vanished`). `changes` lists the fields that differ, in the order of `Campaign`;
    applying those of a reading's events to the earlier snapshot gives the later one. `appeared`
    lists every field that has a value, from null; `settled` and `vanished` list none.
    """

    id: str
    kind: EventKind
    at: float
    campaign: Campaign
    changes: tuple[Change, ...] = ()

    @property
    def old_status(self) -> str | None:
        """The status before a `status_changed`; null for other kinds."""
        return next(
            (str(c.old) for c in self.changes if c.field == "status" and c.old is not None), None
        )
