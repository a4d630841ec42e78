"""What rules of scope `account` see: the state of one account, made from its feeds, its balance
and its campaigns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.domain.campaign.feed import ApiError, Feed, FeedState

SPENDING_SECONDS = 24 * 3600.0
"""The time over which the rate of spending is measured: a full day, because rates differ by the
hour."""


def account_setting(account: str, name: str) -> str:
    """The variable that holds a setting of this account alone, as `API_KEY`."""
    return f"BSG_{name}" if account == "default" else f"BSG_ACCOUNTS__{account.upper()}__{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """`balance` and `credit` in units of `currency`. Their sum can be spent. The fields named in
    `unreadable` could not be read this time and are as they were."""

    balance: float
    credit: float
    currency: str | None
    read_at: datetime
    unreadable: tuple[str, ...] = ()

    @property
    def spendable(self) -> float:
        return self.balance + self.credit


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """One account at one moment.

    - `feeds`: the account's polled feeds (at least one).
    - `counts`: watched campaigns (live or settling) by status.
    - `spent`: what the campaigns that started in the last 24 hours cost (`spending.py`); null if
      that is not known, or no rule needs it.
    - `untried`: feeds not polled since the monitor was started. The age of their last success only
      says how long the monitor was not running, so nothing is decided by it.
    - `never_tried`: whether a feed of the account has never been polled. What all feeds are asked
      for is not known then.
    - `token_ends`: when the token from the settings ends (Unix seconds); null if that is not known,
      or the account has a key.

    `MOVING_ACCOUNT_FIELDS` change while polls fail. The balance and the counts stay what they last
    were.
    """

    account: str
    feeds: Sequence[FeedState]
    balance: Balance | None
    counts: Mapping[str, int]
    now: datetime
    spent: float | None = None
    untried: frozenset[Feed] = frozenset()
    never_tried: bool = False
    token_ends: float | None = None

    @property
    def api_up(self) -> bool:
        """Whether every feed's last poll was answered."""
        return all(feed.answered for feed in self.feeds)

    @property
    def last_success_age(self) -> float:
        """Seconds since the stalest feed's last complete sweep; before its first one, since the
        monitor began to try.

        Never negative: the wall clock may have been set back.
        """
        return max(
            0.0,
            *(
                (self.now - (feed.last_success or feed.first_tried)).total_seconds()
                for feed in self.feeds
            ),
        )

    @property
    def consecutive_failures(self) -> int:
        """Failed or partial polls in a row, of the feed that has most."""
        return max(feed.consecutive_failures for feed in self.feeds)

    @property
    def api_error(self) -> ApiError | None:
        """What went wrong in the last poll of a feed: refused credentials before all else."""
        order = list(ApiError)
        errors = [feed.api_error for feed in self.feeds if feed.api_error is not None]
        return min(errors, key=order.index, default=None)

    @property
    def rejected_rows(self) -> int | None:
        """Rows that could not be used, over all feeds; null until each was read."""
        if not self._all_read:
            return None
        return sum(feed.legibility.rejected_rows for feed in self.feeds)

    @property
    def unreadable_fields(self) -> int | None:
        """Fields that could not be read, over all feeds; null until each was read."""
        if not self._all_read:
            return None
        return sum(feed.legibility.unreadable_fields for feed in self.feeds)

    @property
    def read_ratio(self) -> float | None:
        """The lowest feed's; null until each was read."""
        ratios = [feed.legibility.read_ratio for feed in self.feeds]
        known = [ratio for ratio in ratios if ratio is not None]
        return min(known) if self._all_read else None

    @property
    def _all_read(self) -> bool:
        return not self.never_tried and all(
            feed.legibility.read_ratio is not None for feed in self.feeds
        )

    @property
    def incomplete_for(self) -> float | None:
        """Seconds since the first incomplete poll after a complete one, of the feed for which it
        is longest; 0 when all were complete, null until each was tried."""
        if self.never_tried:
            return None
        begun = [feed.incomplete_since for feed in self.feeds if feed.incomplete_since]
        return max([0.0, *((self.now - since).total_seconds() for since in begun)])

    @property
    def token_expires_in(self) -> float | None:
        """Seconds until the token from the settings ends; negative once it has."""
        return None if self.token_ends is None else self.token_ends - self.now.timestamp()

    @property
    def runway(self) -> float | None:
        """Seconds until the money is gone at the rate of the last 24 hours; null if that is not
        known."""
        if self.balance is None or not self.spent or self.spent <= 0:
            return None
        return max(0.0, self.balance.spendable) / self.spent * SPENDING_SECONDS
