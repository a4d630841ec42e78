"""What rules of scope `account` see: the state of one account, made from its feeds, its balance
and its campaigns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.domain.campaign.feed import Feed, FeedState

SPENDING_SECONDS = 24 * 3600.0
"""The time over which the rate of spending is measured: a full day, because rates differ by the
hour."""


def account_setting(account: str, name: str) -> str:
    """The variable that holds a setting of this account alone, as `API_KEY`."""
    return f"BSG_{name}" if account == "default" else f"BSG_ACCOUNTS__{account.upper()}__{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """`balance` and `credit` in units of `currency`. Their sum can be spent."""

    balance: float
    credit: float
    currency: str | None
    read_at: datetime

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

    Only `api_up`, `last_success_age` and `consecutive_failures` change while polls fail. The
    balance and the counts stay what they last were.
    """

    account: str
    feeds: Sequence[FeedState]
    balance: Balance | None
    counts: Mapping[str, int]
    now: datetime
    spent: float | None = None
    untried: frozenset[Feed] = frozenset()

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
    def runway(self) -> float | None:
        """Seconds until the money is gone at the rate of the last 24 hours; null if that is not
        known."""
        if self.balance is None or not self.spent or self.spent <= 0:
            return None
        return max(0.0, self.balance.spendable) / self.spent * SPENDING_SECONDS
