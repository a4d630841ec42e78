"""The other documented calls, and what holds for all of them."""

from email.utils import parsedate_to_datetime

import aiohttp
import pytest

from monitor.simulator.api_server import Simulator
from monitor.simulator.dialect import PLURAL, SINGULAR, Dialect
from monitor.simulator.scenario import Scenario, load_scenario
from tests.clock import FakeClock
from tests.integration.simulator_client import RCS, SMS, served


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def simulator(clock: FakeClock) -> Simulator:
    return Simulator(Scenario(name="two", first_id=100, campaigns=(RCS, SMS)), clock=clock)


async def test_one_campaign_is_its_row_under_data(simulator: Simulator) -> None:
    async with served(simulator) as client:
        for path in (PLURAL, SINGULAR):
            (row,) = (await client.get(path))[1]["data"]
            assert await client.get(f"{path}/101") == (200, {"data": row})
        assert (await client.get(f"{PLURAL}/999"))[0] == 404
        simulator.world.delete(101)
        assert (await client.get(f"{PLURAL}/101"))[0] == 404


async def test_a_detail_has_its_other_names_and_adds_up(simulator: Simulator) -> None:
    async with served(simulator) as client:
        _, body = await client.get(f"{PLURAL}/100/detail")
        data = body["data"]
        assert (data["type"], data["started_at"], data["actual_start_at"]) == (
            "rcs",
            "2026-03-02 08:00:00",
            "2026-03-02 08:00:00",
        )
        split = data["statistics"]
        assert sum(split.values()) == data["total_messages"] == data["total_phones"] == 1000
        assert split["read"] > 200
        assert split["not_rcs_user"] == 300
        assert (data["total_price"], data["currency"]) == ("10.0000000", "EUR")
        fallback = data["alternative_channels"]["sms"]["statistics"]
        assert set(fallback) == set(split)
        (row,) = (await client.get(PLURAL, **{"filter[type]": "rcs"}))[1]["data"]
        assert row["statistics"] == {
            "sent": 1000 - split["scheduled"],
            "delivered": split["delivered"] + split["read"],
        }
        assert row["alternative_channels"]["sms"]["statistics"]["sent"] == sum(fallback.values())
        simulator.dialect = Dialect(planned_start="start_date")
        assert "start_date" in (await client.get(f"{SINGULAR}/100/detail"))[1]["data"]
        assert (await client.get(f"{PLURAL}/7/detail"))[0] == 404


async def test_messages_of_an_unmoderated_campaign_are_in_moderation(clock: FakeClock) -> None:
    simulator = Simulator(load_scenario("incidents"), clock=clock)
    campaign_id = simulator.world.add(name="n", sender="s", size=70, kind="spam")
    async with served(simulator) as client:
        assert (await client.get(f"{PLURAL}/{campaign_id}/detail"))[1]["data"]["statistics"][
            "moderation"
        ] == 70


async def test_the_balance_is_as_documented(simulator: Simulator) -> None:
    simulator.world.set_balance(-50.25)
    async with served(simulator) as client:
        assert await client.get("/api/accounts/balance") == (
            200,
            {"data": {"balance": -50.25, "currency": "EUR", "credit": 0.0}},
        )


async def test_a_campaign_is_stopped_once(simulator: Simulator, clock: FakeClock) -> None:
    async with served(simulator) as client:
        status, body = await client.call("PATCH", f"{PLURAL}/101/stop")
        assert (status, body["data"]["status"], body["data"]["finished_at"]) == (
            200,
            "stopped",
            "2026-03-02 09:00:00",
        )
        assert (await client.call("PATCH", f"{PLURAL}/101/stop"))[0] == 422
        assert (await client.call("PATCH", f"{PLURAL}/100/stop"))[0] == 422
        assert (await client.call("PATCH", f"{PLURAL}/5/stop"))[0] == 404


async def test_identical_requests_in_quick_succession_are_refused_when_asked_for(
    simulator: Simulator, clock: FakeClock
) -> None:
    async with served(simulator) as client:
        simulator.dialect = Dialect(duplicate_window=1.0)
        assert (await client.get(PLURAL))[0] == 200
        assert await client.get(PLURAL) == (
            429,
            {"message": "Too many duplicate request detected", "errors": {}},
        )
        assert (await client.get(PLURAL, sort="id"))[0] == 200
        await clock.advance(1)
        assert (await client.get(PLURAL))[0] == 200


async def test_what_is_not_documented_is_a_json_404_or_405(simulator: Simulator) -> None:
    async with served(simulator) as client:
        assert (await client.get("/api/nothing"))[0] == 404
        assert (await client.call("DELETE", f"{PLURAL}/100"))[0] == 405


async def test_the_date_header_is_the_simulators_own_time(
    simulator: Simulator, clock: FakeClock
) -> None:
    async with served(simulator) as client, aiohttp.ClientSession() as session:
        await clock.advance(7200)
        async with session.get(client.url + PLURAL) as response:
            assert parsedate_to_datetime(response.headers["Date"]) == clock.now()


async def test_requests_are_recorded_for_tests(simulator: Simulator) -> None:
    async with served(simulator) as client:
        await client.get(PLURAL, sort="id", way="desc")
        assert [(seen.method, seen.path, dict(seen.query)) for seen in simulator.requests] == [
            ("POST", "/api/auth/login", {}),
            ("GET", PLURAL, {"sort": "id", "way": "desc"}),
        ]
