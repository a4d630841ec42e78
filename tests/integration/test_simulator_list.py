"""The list of campaigns: types, windows, pages, orders and spellings."""

import gzip
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from monitor.simulator.api_server import Simulator
from monitor.simulator.dialect import PLURAL, SINGULAR, Dialect
from monitor.simulator.plan import CampaignPlan
from monitor.simulator.scenario import Scenario, bulk_scenario
from tests.clock import FakeClock
from tests.integration.simulator_client import RCS, SMS, served


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def simulator(clock: FakeClock) -> Simulator:
    return Simulator(Scenario(name="two", first_id=100, campaigns=(RCS, SMS)), clock=clock)


async def test_without_a_type_only_sms_campaigns_are_listed(simulator: Simulator) -> None:
    async with served(simulator) as client:
        for path in (PLURAL, SINGULAR):
            assert [row["name"] for row in (await client.get(path))[1]["data"]] == ["Sale"]
            assert [
                row["name"]
                for row in (await client.get(path, **{"filter[type]": "rcs"}))[1]["data"]
            ] == ["Carousel"]


async def test_a_row_looks_as_documented(simulator: Simulator, clock: FakeClock) -> None:
    async with served(simulator) as client:
        _, body = await client.get(PLURAL)
        assert body == {
            "data": [
                {
                    "id": 101,
                    "name": "Sale",
                    "sender": "Shop",
                    "status": "sending",
                    "message_type": "sms",
                    "start_at": "2026-03-02 08:59:10",
                    "real_start_at": "2026-03-02 08:59:10",
                    "finished_at": None,
                    "created_at": "2026-03-02 08:58:20",
                    "statistics": {
                        "sent": 125,
                        "delivered": body["data"][0]["statistics"]["delivered"],
                    },
                    "calculated_price": 0,
                    "currency": None,
                    "alternative_channels": None,
                }
            ],
            "meta": {"page": {"total": 1, "limit": 50, "offset": 0}},
        }


async def test_the_two_paths_spell_the_fallback_as_their_pages_do(simulator: Simulator) -> None:
    async with served(simulator) as client:
        for path, word in ((PLURAL, "statistics"), (SINGULAR, "statistic")):
            (row,) = (await client.get(path, **{"filter[type]": "rcs"}))[1]["data"]
            assert list(row["alternative_channels"]["sms"]) == [word]
            assert row["alternative_channels"]["sms"][word]["sent"] > 250


@pytest.mark.parametrize(
    ("dialect", "field", "value"),
    [
        (Dialect(statistics="array"), "statistics", [{"sent": 125, "delivered": 78}]),
        (Dialect(statistics="null"), "statistics", None),
        (Dialect(statistics="empty"), "statistics", []),
        (Dialect(numbers_as_text=True), "statistics", {"sent": "125", "delivered": "78"}),
        (Dialect(no_fallback="array"), "alternative_channels", []),
        (Dialect(no_fallback="object"), "alternative_channels", {}),
        (Dialect(price="null"), "calculated_price", None),
        (Dialect(price="number"), "calculated_price", 5.0),
        (Dialect(price="text"), "calculated_price", "5.0000000"),
        (Dialect(zero_dates=True), "finished_at", "0000-00-00 00:00:00"),
        (Dialect(iso_times=True), "created_at", "2026-03-02T08:58:20+00:00"),
    ],
)
async def test_every_spelling_that_is_known_can_be_asked_for(
    simulator: Simulator, dialect: Dialect, field: str, value: object
) -> None:
    simulator.dialect = dialect
    async with served(simulator) as client:
        (row,) = (await client.get(PLURAL))[1]["data"]
        assert row[field] == value


async def test_read_messages_can_be_left_out_of_sent_as_the_documentation_has_it(
    clock: FakeClock,
) -> None:
    plan = CampaignPlan(
        name="n",
        sender="s",
        size=100,
        created=-864000,
        delivered_share=1,
        read_share=0.8,
        validity=60,
    )
    simulator = Simulator(
        Scenario(name="read", campaigns=(plan,)), clock=clock, dialect=Dialect(read_in_sent=False)
    )
    async with served(simulator) as client:
        assert (await client.get(PLURAL))[1]["data"][0]["statistics"] == {
            "sent": 20,
            "delivered": 100,
        }


async def test_times_are_naive_in_the_providers_zone(clock: FakeClock) -> None:
    simulator = Simulator(
        Scenario(name="zone", campaigns=(SMS,)), clock=clock, zone=ZoneInfo("Asia/Kolkata")
    )
    async with served(simulator) as client:
        assert (await client.get(PLURAL))[1]["data"][0]["created_at"] == "2026-03-02 14:28:20"
        query = {"filter[from]": "2026-03-02 14:28:20", "filter[to]": "2026-03-02 14:28:20"}
        assert (await client.get(PLURAL, **query))[1]["meta"]["page"]["total"] == 1
        query["filter[to]"] = query["filter[from]"] = "2026-03-02 14:28:21"
        assert (await client.get(PLURAL, **query))[1]["meta"]["page"]["total"] == 0


async def test_a_path_can_be_switched_off(simulator: Simulator) -> None:
    simulator.dialect = Dialect(paths=frozenset({SINGULAR}))
    async with served(simulator) as client:
        assert await client.get(PLURAL) == (404, {"message": "Not found.", "errors": {}})
        assert (await client.get(SINGULAR))[0] == 200
        assert (await client.get(f"{PLURAL}/100"))[0] == 200


@pytest.mark.parametrize(
    ("sort", "key"),
    [("id", "id"), ("sender", "sender"), ("status", "status"), ("date", "created_at")],
)
async def test_pages_add_up_to_the_whole_in_the_order_asked_for(
    clock: FakeClock, sort: str, key: str
) -> None:
    simulator = Simulator(bulk_scenario(200), clock=clock)
    async with served(simulator) as client:
        for way in ("asc", "desc"):
            rows: list[dict] = []
            total = 1
            while len(rows) < total:
                query = {
                    "sort": sort,
                    "way": way,
                    "page[limit]": "30",
                    "page[offset]": str(len(rows)),
                }
                _, body = await client.get(PLURAL, **query)
                assert body["meta"]["page"] | {"total": 0} == {
                    "total": 0,
                    "limit": 30,
                    "offset": len(rows),
                }
                total = body["meta"]["page"]["total"]
                rows += body["data"]
            assert len({row["id"] for row in rows}) == total > 100
            assert [row[key] for row in rows] == sorted(
                (row[key] for row in rows), reverse=way == "desc"
            )


@pytest.mark.parametrize("word", ["filter", "search"])
async def test_rows_can_be_searched_by_sender_and_by_id(clock: FakeClock, word: str) -> None:
    simulator = Simulator(bulk_scenario(300), clock=clock)
    async with served(simulator) as client:
        _, body = await client.get(
            PLURAL, **{f"{word}[field]": "sender", f"{word}[value]": "citybank"}
        )
        assert {row["sender"] for row in body["data"]} == {"CityBank"}
        first_id = body["data"][0]["id"]
        _, body = await client.get(
            PLURAL, **{f"{word}[field]": "taskname", f"{word}[value]": str(first_id)}
        )
        assert [row["id"] for row in body["data"]] == [first_id]


async def test_wrong_parameters_are_422_with_the_field(simulator: Simulator) -> None:
    async with served(simulator) as client:
        status, body = await client.get(PLURAL, **{"page[limit]": "1000"})
        assert status == 422
        assert body == {
            "message": "The given data was invalid.",
            "errors": {"page.limit": ["The page.limit must be between 30 and 500."]},
        }


async def test_a_page_may_be_clamped_and_page_may_stand_at_the_top(clock: FakeClock) -> None:
    simulator = Simulator(
        bulk_scenario(300), clock=clock, dialect=Dialect(largest_page=40, page_at_top=True)
    )
    async with served(simulator) as client:
        _, body = await client.get(PLURAL, **{"page[limit]": "500"})
        assert (body["page"]["limit"], len(body["data"]), "meta" in body) == (40, 40, False)


async def test_a_still_campaigns_row_is_the_same_before_and_after_it_is_cached(
    clock: FakeClock,
) -> None:
    simulator = Simulator(bulk_scenario(200, live_share=0.5), clock=clock)
    async with served(simulator) as client:
        for message_type in ("sms", "rcs"):
            for path in (SINGULAR, PLURAL, SINGULAR):
                query = {"filter[type]": message_type, "page[limit]": "500"}
                assert (await client.get(path, **query))[1] == (await client.get(path, **query))[1]
        query = {"page[limit]": "500"}
        before = (await client.get(PLURAL, **query))[1]["data"]
        await clock.advance(60)
        after = (await client.get(PLURAL, **query))[1]["data"]
        assert 60 <= sum(a != b for a, b in zip(before, after, strict=True)) < 100


async def test_gzip_is_used_for_those_who_ask(clock: FakeClock) -> None:
    simulator = Simulator(bulk_scenario(800), clock=clock)
    async with served(simulator) as client, aiohttp.ClientSession(auto_decompress=False) as session:
        bodies = {}
        for coding in ("gzip", "identity"):
            headers = {"Authorization": f"Bearer {client.token}", "Accept-Encoding": coding}
            async with session.get(
                client.url + PLURAL, params={"page[limit]": "500"}, headers=headers
            ) as response:
                assert response.headers.get("Content-Encoding") == (
                    "gzip" if coding == "gzip" else None
                )
                bodies[coding] = await response.read()
        assert gzip.decompress(bodies["gzip"]) == bodies["identity"]
        assert len(bodies["gzip"]) * 5 < len(bodies["identity"])
