"""Feeds: what one list query can cover, and what is remembered of reading it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import msgspec

from monitor.domain.campaign.snapshot import LISTABLE_TYPES, Campaign, MessageType

BLIND_SECONDS = 600.0
"""Readings further apart than this have a blind spell between them."""


class SweepOutcome(StrEnum):
    """How one reading of a feed ended; the `outcome` label of `bsg_monitor_polls_total`."""

    OK = "ok"
    PARTIAL = "partial"
    FAILED = "failed"


class RejectReason(StrEnum):
    """Why a row was not used; the `reason` label of `bsg_monitor_rows_rejected_total`. A closed
    set."""

    MALFORMED = "malformed"  # not an object, a field of another type, text that is no UTF-8
    MISSING_FIELD = "missing_field"
    BAD_ID = "bad_id"
    BAD_TIME = "bad_time"
    BAD_NUMBER = "bad_number"
    OTHER_FEED = "other_feed"  # a good row of a type that another feed reads
    UNEXPECTED = (
        "unexpected"  # the monitor itself failed on it: decoder, comparison or a rule raised
    )


class Feed(msgspec.Struct, frozen=True, order=True, gc=False):
    """One account and one message type."""

    account: str
    message_type: str

    @classmethod
    def of(cls, campaign: Campaign) -> "Feed":
        """The feed that lists a campaign: that of its type, or of SMS for a type that no list can
        be asked for."""
        listable = campaign.message_type in LISTABLE_TYPES
        return cls(campaign.account, campaign.message_type if listable else MessageType.SMS.value)


class BlindSpell(msgspec.Struct, frozen=True, order=True, gc=False):
    """A time (Unix seconds) between two complete readings of a feed in which its campaigns were not
    seen."""

    feed: Feed
    since: float
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What is remembered of a feed between polls and across restarts.

    `first_tried` is when the monitor first polled it; `last_success` the *start* of the last
    complete sweep, null before the first (which is the baseline: it makes no events);
    `last_full` the start of the last complete 3-month sweep. `answered` says whether the last
    poll got a usable answer at all (a partial sweep did).
    """

    feed: Feed
    first_tried: datetime
    last_success: datetime | None = None
    last_full: datetime | None = None
    last_outcome: SweepOutcome | None = None
    answered: bool = True
    consecutive_failures: int = 0
    failing_since: datetime | None = None

    def blind_spell(self, until: datetime) -> BlindSpell | None:
        """The time from the last complete sweep to one that started at `until`, if it is long;
        null before the first."""
        if (
            self.last_success is None
            or (until - self.last_success).total_seconds() <= BLIND_SECONDS
        ):
            return None
        return BlindSpell(self.feed, self.last_success.timestamp(), until.timestamp())

    def after(self, outcome: SweepOutcome, *, started: datetime, full: bool) -> "FeedState":
        """The state after a poll that started at `started`; a partial or failed one moves only
        the failure fields."""
        if outcome is SweepOutcome.OK:
            return replace(
                self,
                last_success=started,
                last_full=started if full else self.last_full,
                last_outcome=outcome,
                answered=True,
                consecutive_failures=0,
                failing_since=None,
            )
        return replace(
            self,
            last_outcome=outcome,
            answered=outcome is SweepOutcome.PARTIAL,
            consecutive_failures=self.consecutive_failures + 1,
            failing_since=self.failing_since or started,
        )
