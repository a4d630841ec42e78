"""What campaigns cost."""

from collections.abc import Iterable

from monitor.domain.campaign.account import SPENDING_SECONDS
from monitor.domain.campaign.baseline import began
from monitor.domain.campaign.tracking import TrackedCampaign

PRICE_GOOD_FOR_SECONDS = 900.0
"""How old a known price may be while the campaign is sent."""


class Spending:
    """Adds up the prices of campaigns that started in the last 24 hours, chunk by chunk."""

    def __init__(self, now: float) -> None:
        self._now = now
        self._totals: dict[str | None, float] = {}

    def add(self, rows: Iterable[TrackedCampaign]) -> None:
        """Campaigns, each given once."""
        for row in rows:
            if has_spent(row, self._now) and (price := price_of(row)) > 0:
                currency = _currency_of(row)
                self._totals[currency] = self._totals.get(currency, 0.0) + price

    def total(self, currency: str | None) -> float | None:
        """The sum in `currency`, the account's, if that is known. A price without a currency counts
        as one in it. Null if no campaign has a price, or one has it in another currency, since
        exchange rates are not known."""
        currencies = {each.upper() for each in (*self._totals, currency) if each is not None}
        return sum(self._totals.values()) if self._totals and len(currencies) <= 1 else None


def has_spent(row: TrackedCampaign, now: float) -> bool:
    """Whether it really started in the 24 hours before `now` (Unix seconds)."""
    campaign = row.campaign
    return (campaign.real_start_at is not None or bool(campaign.sent)) and 0 <= now - began(
        campaign
    ) <= SPENDING_SECONDS


def price_of(row: TrackedCampaign) -> float:
    """What the campaign costs; 0 if nothing is known.

    The list gives the planned price, or 0. The detail gives the cost so far, which is final if it
    was read after the end.
    """
    planned = row.campaign.calculated_price or 0.0
    if row.detail is None or not row.detail.total_price:
        return planned
    return (
        row.detail.total_price if read_since_its_end(row) else max(planned, row.detail.total_price)
    )


def read_since_its_end(row: TrackedCampaign) -> bool:
    """Whether its detail was read after it had ended."""
    return (
        row.detail is not None
        and row.final_since is not None
        and row.detail.read_at >= row.final_since
    )


def lacks_price(row: TrackedCampaign, now: float) -> bool:
    """Whether its detail must be read to know its cost of the last 24 hours: after its end, and
    every `PRICE_GOOD_FOR_SECONDS` while it is sent."""
    if (row.campaign.calculated_price or 0.0) > 0 or not has_spent(row, now):
        return False
    if row.campaign.final:
        return not read_since_its_end(row)
    detail = row.detail
    return (
        detail is not None
        and now - detail.read_at > PRICE_GOOD_FOR_SECONDS
        and detail.revision != row.revision
    )


def _currency_of(row: TrackedCampaign) -> str | None:
    """Of `price_of`, where it is given."""
    detailed = None if row.detail is None or not row.detail.total_price else row.detail.currency
    return row.campaign.currency or detailed
