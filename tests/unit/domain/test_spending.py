"""What campaigns cost that started within a day."""

import pytest

from monitor.domain.campaign.detail import CampaignDetail
from monitor.domain.campaign.spending import Spending, lacks_price
from monitor.domain.campaign.tracking import TrackedCampaign
from tests.unit.domain.builders import DAY, HOUR, NOW, a_campaign, tracked


def priced(
    amount: float | None = 10.0,
    currency: str | None = "EUR",
    *,
    began: float = HOUR,
    detail: CampaignDetail | None = None,
    **values: object,
) -> TrackedCampaign:
    facts: dict[str, object] = {
        "sent": 100,
        "real_start_at": NOW - began,
        "created_at": NOW - began,
    }
    campaign = a_campaign(1, **facts | {"calculated_price": amount, "currency": currency} | values)
    return tracked(campaign, detail=detail, status_since=NOW - began)


def read(ago: float, total_price: float | None, currency: str | None = "EUR") -> CampaignDetail:
    return CampaignDetail(read_at=NOW - ago, total_price=total_price, currency=currency)


def total(*rows: TrackedCampaign, currency: str | None = "EUR") -> float | None:
    spending = Spending(NOW)
    spending.add(rows)
    return spending.total(currency)


def test_it_is_the_sum_of_what_started_within_a_day() -> None:
    assert (
        total(
            priced(10.0),
            priced(5.0, began=DAY),
            priced(7.0, began=DAY + 1),
            priced(3.0, began=-HOUR),
        )
        == 15.0
    )


@pytest.mark.parametrize("amount", [None, 0.0, -5.0])
def test_without_a_price_nothing_is_known(amount: float | None) -> None:
    assert total(priced(amount)) is None
    assert total(priced(amount), priced(10.0)) == 10.0
    assert total() is None


@pytest.mark.parametrize("status", ["creation", "moderation", "scheduled", "stopped"])
def test_what_was_never_sent_has_cost_nothing(status: str) -> None:
    never = priced(1000.0, status=status, real_start_at=None, created_at=NOW - HOUR, sent=0)
    assert total(never, priced(10.0)) == 10.0
    assert total(never) is None


def test_a_campaign_without_a_start_counts_from_its_creation_once_something_was_sent() -> None:
    assert total(priced(10.0, real_start_at=None, created_at=NOW - HOUR)) == 10.0


def test_prices_in_another_currency_are_not_added_up() -> None:
    assert total(priced(10.0, "EUR"), priced(10.0, "USD")) is None
    assert total(priced(10.0, "USD"), currency="EUR") is None
    assert total(priced(10.0, "USD"), currency="USD") == 10.0
    assert total(priced(10.0, "USD"), currency=None) == 10.0
    assert total(priced(10.0, None), priced(5.0, "eur")) == 15.0


def test_what_the_detail_says_while_it_is_sent_is_no_less_than_what_was_planned() -> None:
    begun = read(HOUR - 60, 0.3)
    assert total(priced(None, detail=begun)) == 0.3
    assert total(priced(10.0, detail=begun)) == 10.0
    assert total(priced(0.0, detail=read(60, 12.0))) == 12.0


def test_what_the_detail_says_after_the_end_is_the_price() -> None:
    assert total(priced(10.0, status="stopped", detail=read(60, 4.0))) == 4.0
    assert total(priced(10.0, status="stopped", detail=read(60, None))) == 10.0
    assert total(priced(10.0, status="stopped", detail=read(HOUR + 60, 4.0))) == 10.0


@pytest.mark.parametrize(
    ("row", "lacks"),
    [
        (priced(0.0, status="done"), True),
        (priced(0.0, status="done", detail=read(60, None)), False),
        (priced(0.0, status="done", detail=read(HOUR + 60, 1.0)), True),
        (priced(5.0, status="done"), False),
        (priced(0.0, status="done", began=DAY + 1), False),
        (priced(0.0, status="stopped", real_start_at=None, sent=0), False),
        (priced(0.0), False),  # it will be read since it starts
        (priced(0.0, detail=read(600, 1.0)), False),
        (priced(0.0, detail=read(1000, 1.0)), True),
    ],
)
def test_a_price_is_lacking_where_only_the_detail_can_tell_what_was_spent_since(
    row: TrackedCampaign, lacks: bool
) -> None:
    assert lacks_price(row, NOW) is lacks


def test_the_currency_of_a_detail_s_price_is_the_detail_s() -> None:
    assert total(priced(None, None, detail=read(60, 4.0, "USD")), currency="EUR") is None
