"""What campaigns cost."""

from collections.abc import Iterable

from monitor.domain.account import SPENDING_SECONDS
from monitor.domain.baseline import began
from monitor.domain.tracking import TrackedCampaign


class Spending:
    """Adds up the prices of campaigns that started in the last 24 hours, chunk by chunk."""

    def __init__(self, now: float) -> None:
        self._now = now
        self._priced = False
        self._total = 0.0

    def add(self, rows: Iterable[TrackedCampaign]) -> None:
        """Campaigns, each given once."""
        for row in rows:
            price = price_of(row)
            if price and 0 <= self._now - began(row.campaign) <= SPENDING_SECONDS:
                self._priced = True
                self._total += price

    @property
    def total(self) -> float | None:
        """In the account's currency; null when no campaign bears a price."""
        return self._total if self._priced else None


def price_of(row: TrackedCampaign) -> float | None:
    """What the campaign costs: by its detail, where that was read, else by the list, where a price of 0 says nothing."""
    detailed = None if row.detail is None else row.detail.total_price
    return detailed or row.campaign.calculated_price or None
