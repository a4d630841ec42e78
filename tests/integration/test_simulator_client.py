"""The provider's own generated client (`bsg-sdk`: strict integers, date-times, enums) reads the
simulator.

Logs in, refreshes, lists both types page by page, reads details and the balance, from every
bundled scenario and a bulk.
"""

import asyncio
from datetime import UTC

import bsg_api
import pytest
from bsg_api.models.campaign_schema import CampaignSchema

from monitor.simulator.api_server import Simulator
from monitor.simulator.scenario import Scenario, bulk_scenario, load_scenario
from tests.clock import START, FakeClock

PAGE = 500


def logged_in(url: str) -> bsg_api.ApiClient:
    """A client whose token has been refreshed once."""
    configuration = bsg_api.Configuration(host=url)
    configuration.datetime_format = (
        "%Y-%m-%d %H:%M:%S"  # what the documentation asks for; as generated it is ISO 8601
    )
    client = bsg_api.ApiClient(configuration)
    access = bsg_api.AuthApi(client)
    configuration.access_token = access.login(bsg_api.LoginRequest(api_key="live_demo")).bearer
    refreshed = access.refresh_token().bearer
    assert refreshed != configuration.access_token
    configuration.access_token = refreshed
    return client


def listed(api: bsg_api.CampaignApi, message_type: str) -> list[CampaignSchema]:
    """Every campaign of a type, page by page."""
    rows: list[CampaignSchema] = []
    total = 1
    while len(rows) < total:
        page = api.campaigns(
            page_offset=len(rows), page_limit=PAGE, sort="id", filter_type=message_type
        )
        assert (page.meta.page.limit, page.meta.page.offset) == (PAGE, len(rows))
        rows += page.data
        total = page.meta.page.total
    return rows


def read_everything(url: str) -> None:
    with logged_in(url) as client:
        api = bsg_api.CampaignApi(client)
        for message_type in ("sms", "rcs"):
            rows = listed(api, message_type)
            for row in (rows[0], *rows[-12:]):
                assert row.message_type == message_type
                assert api.campaign(row.id).data == row
                assert api.campaigns(
                    filter_type=message_type, search_field="taskname", search_value=str(row.id)
                ).data == [row]
                detail = api.campaign_details(row.id).data
                assert sum(detail.statistics.to_dict().values()) == detail.total_messages
                assert (detail.type, detail.status) == (row.message_type, row.status)
                assert (detail.started_at, detail.actual_start_at) == (
                    row.start_at,
                    row.real_start_at,
                )
                assert (
                    detail.statistics.delivered + detail.statistics.read == row.statistics.delivered
                )
        assert bsg_api.BalanceApi(client).account_balance().data.currency


@pytest.mark.parametrize("name", ["demo", "healthy", "incidents", "bulk"])
async def test_the_providers_own_client_can_read_everything(name: str) -> None:
    clock = FakeClock()
    scenario: Scenario = bulk_scenario(700) if name == "bulk" else load_scenario(name)
    async with Simulator(scenario, clock=clock).serve() as url:
        for minutes in (0, 1, 30):
            await clock.advance(minutes * 60)
            await asyncio.to_thread(read_everything, url)


async def test_the_providers_own_client_meets_the_documented_refusals() -> None:
    def ask(url: str) -> list[int]:
        with logged_in(url) as client:
            api = bsg_api.CampaignApi(client)
            refusals: list[int] = []
            for question in (
                lambda: api.campaigns(
                    filter_from=START.replace(year=2025, tzinfo=None)
                ),  # a window of more than 3 months
                lambda: api.campaigns(filter_to=START.replace(year=2027, tzinfo=UTC)),
                lambda: api.campaigns(filter_type="fax"),
                lambda: api.campaign(1),
                lambda: api.campaign_details(1),
            ):
                with pytest.raises(bsg_api.ApiException) as refused:
                    question()
                refusals.append(refused.value.status)
            client.configuration.access_token = "expired"
            with pytest.raises(bsg_api.ApiException) as refused:
                api.campaigns()
            return [*refusals, refused.value.status]

    async with Simulator(load_scenario("healthy"), clock=FakeClock()).serve() as url:
        assert await asyncio.to_thread(ask, url) == [422, 422, 422, 404, 404, 401]
