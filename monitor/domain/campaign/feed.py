"""Feeds: what one list query can cover, and what is remembered of reading it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import msgspec

from monitor.domain.campaign.snapshot import LISTABLE_TYPES, Campaign, MessageType
from monitor.errors import ProviderFault

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


class ApiError(StrEnum):
    """Why the last poll of a feed was not answered in full: the field `api_error`. A closed
    set."""

    CREDENTIALS = "credentials"  # 401 or 403
    RATE_LIMITED = "rate_limited"
    SERVER = "server"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    NOT_FOUND = "not_found"
    REFUSED = "refused"  # any other 4xx
    REDIRECT = "redirect"
    UNREADABLE = "unreadable"  # cut, too large, or not the documented JSON
    INTERNAL = "internal"  # the monitor itself failed

    @classmethod
    def of(cls, fault: ProviderFault) -> "ApiError":
        return _API_ERRORS[fault]


_API_ERRORS = {
    ProviderFault.UNAUTHORIZED: ApiError.CREDENTIALS,
    ProviderFault.RATE_LIMITED: ApiError.RATE_LIMITED,
    ProviderFault.SERVER_ERROR: ApiError.SERVER,
    ProviderFault.TIMEOUT: ApiError.TIMEOUT,
    ProviderFault.CONNECTION: ApiError.CONNECTION,
    ProviderFault.NOT_FOUND: ApiError.NOT_FOUND,
    ProviderFault.INVALID_REQUEST: ApiError.REFUSED,
    ProviderFault.REDIRECT: ApiError.REDIRECT,
    ProviderFault.BAD_BODY: ApiError.UNREADABLE,
    ProviderFault.TOO_LARGE: ApiError.UNREADABLE,
}

LEAST_READ_RATIO = 0.5
"""A reading in which a smaller part of the rows was readable counts as failed, except that what
was read decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Legibility:
    """How much of what the provider gave could be read.

    - `rejected`: ids of rows that could not be used, ascending. A row stays here until it is read
      well or a complete sweep no longer lists it.
    - `nameless`: rows of the last answered sweep whose id could not be read.
    - `unreadable_fields`: fields of watched campaigns that rules, `BSG_IGNORE` or tracking need
      and that cannot be read now.
    - `read_ratio`: rows of the last answered sweep that were read with all these fields, as a
      share of all rows in it; 1 for an empty list. Null until a sweep was answered.
    """

    rejected: tuple[int, ...] = ()
    nameless: int = 0
    unreadable_fields: int = 0
    read_ratio: float | None = None

    @property
    def rejected_rows(self) -> int:
        return len(self.rejected) + self.nameless

    @property
    def enough(self) -> bool:
        """Whether at least half of the rows were read, as far as that is known."""
        return self.read_ratio is None or self.read_ratio >= LEAST_READ_RATIO


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

    `first_tried` is when the monitor first polled it; `last_complete` the *start* of the last
    complete sweep, null before the first (which is the baseline: it makes no events);
    `last_success` that of the last complete sweep in which at least half of the rows could be
    read; `last_full` that of the last complete 3-month sweep. `answered` says whether the last
    poll got a usable answer at all (a partial sweep did), and `api_error` what went wrong in it.
    `incomplete_since` is the start of the first poll since the last complete sweep; null after a
    complete one. `counts` are watched campaigns by status as the last complete sweep found them;
    null before the first.
    """

    feed: Feed
    first_tried: datetime
    last_success: datetime | None = None
    last_full: datetime | None = None
    last_outcome: SweepOutcome | None = None
    answered: bool = True
    consecutive_failures: int = 0
    failing_since: datetime | None = None
    last_complete: datetime | None = None
    incomplete_since: datetime | None = None
    api_error: ApiError | None = None
    legibility: Legibility = Legibility()
    counts: Mapping[str, int] | None = None

    @property
    def last_whole(self) -> datetime | None:
        """The start of the last complete sweep, however much of it could be read."""
        return self.last_complete or self.last_success

    def blind_spell(self, until: datetime) -> BlindSpell | None:
        """The time from the last complete sweep to one that started at `until`, if it is long;
        null before the first."""
        last = self.last_whole
        if last is None or (until - last).total_seconds() <= BLIND_SECONDS:
            return None
        return BlindSpell(self.feed, last.timestamp(), until.timestamp())

    def after(
        self,
        outcome: SweepOutcome,
        *,
        started: datetime,
        full: bool,
        api_error: ApiError | None = None,
        legibility: Legibility | None = None,
        counts: Mapping[str, int] | None = None,
    ) -> "FeedState":
        """The state after a poll that started at `started`; a partial or failed one moves only
        the failure fields and, where it is given, the legibility."""
        legibility = legibility or self.legibility
        if outcome is SweepOutcome.OK:
            return replace(
                self,
                last_success=started if legibility.enough else self.last_success,
                last_complete=started,
                last_full=started if full else self.last_full,
                last_outcome=outcome,
                answered=True,
                consecutive_failures=0,
                failing_since=None,
                incomplete_since=None,
                api_error=None,
                legibility=legibility,
                counts=self.counts if counts is None else counts,
            )
        return replace(
            self,
            last_outcome=outcome,
            answered=outcome is SweepOutcome.PARTIAL,
            consecutive_failures=self.consecutive_failures + 1,
            failing_since=self.failing_since or started,
            incomplete_since=self.incomplete_since or started,
            api_error=api_error,
            legibility=legibility,
        )
