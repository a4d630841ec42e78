"""A campaign as the provider last described it."""

from enum import StrEnum

import msgspec


class CampaignStatus(StrEnum):
    """The documented statuses. The provider may send others: `Campaign.status` is a plain text
    for that reason."""

    CREATION = "creation"
    MODERATION = "moderation"
    SPAM = "spam"  # the provider's word for "has not been moderated yet"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"


FINAL_STATUSES: frozenset[str] = frozenset({CampaignStatus.DONE, CampaignStatus.STOPPED})
DOCUMENTED_STATUSES: tuple[str, ...] = tuple(status.value for status in CampaignStatus)


class MessageType(StrEnum):
    """The documented message types. A row may carry another: `Campaign.message_type` is a plain
    text."""

    SMS = "sms"
    RCS = "rcs"
    VIBER = "viber"
    HLR = "hlr"
    WHATSAPP = "whatsapp"


LISTABLE_TYPES: frozenset[str] = frozenset({MessageType.SMS, MessageType.RCS, MessageType.WHATSAPP})
"""What `filter[type]` takes: the types that can be feeds."""


class Campaign(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One campaign, one reading. Times are Unix seconds (UTC), null where the provider gave
    none.

    `sent` counts messages handed over so far in whatever state, `delivered` those DELIVERED or
    READ; `delivered` can exceed `sent` (READ is not part of `sent` in the provider's
    documentation). Counters are null while the provider gives no statistics. `fallback_*` is the
    SMS fallback of an RCS campaign. `name` and `sender` are the customer's own text: untrusted
    wherever they are shown.
    """

    account: str
    id: int
    name: str
    sender: str
    status: str
    message_type: str
    created_at: float
    start_at: float | None = None
    real_start_at: float | None = None
    finished_at: float | None = None
    sent: int | None = None
    delivered: int | None = None
    fallback_sent: int | None = None
    fallback_delivered: int | None = None
    calculated_price: float | None = None
    currency: str | None = None

    @property
    def final(self) -> bool:
        """Whether the provider will not send any more of it (`done`, `stopped`)."""
        return self.status in FINAL_STATUSES


class Unreadable(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A field of a campaign that could not be read.

    `found` says what stood there, in words for any reader. `since` and `until` are Unix seconds:
    when it was first found so, and when it could be read again (None: it cannot now). `known`: a
    value from before is held in its place.
    """

    field: str
    found: str
    since: float = 0.0
    until: float | None = None
    known: bool = True


class PartlyRead(Campaign, frozen=True, gc=False, kw_only=True):
    """A row of which some fields could not be read: they are null, empty or 0 here."""

    unreadable: tuple[Unreadable, ...]


class CampaignKey(msgspec.Struct, frozen=True, gc=False):
    """What identifies a tracked campaign: ids are unique within an account only."""

    account: str
    id: int
