"""Each fault as a client meets it."""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from email.utils import parsedate_to_datetime

import aiohttp
import pytest

from monitor.simulator.api_server import Simulator
from monitor.simulator.dialect import PLURAL
from monitor.simulator.fault_orders import FaultKind
from monitor.simulator.scenario import bulk_scenario
from tests.clock import START, FakeClock, InstantClock
from tests.integration.simulator_client import Client, served


@pytest.fixture
def clock() -> FakeClock:
    return InstantClock()


@pytest.fixture
def simulator(clock: FakeClock) -> Simulator:
    return Simulator(bulk_scenario(300), clock=clock)


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[Client]:
    async with served(simulator) as client:
        yield client


async def met(
    client: Client, path: str = PLURAL, **query: str
) -> tuple[int, str, str, aiohttp.typedefs.LooseHeaders]:
    headers = {"Authorization": f"Bearer {client.token}"}
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session,
        session.get(
            client.url + path, headers=headers, params=query, allow_redirects=False
        ) as response,
    ):
        return response.status, response.content_type, await response.text(), dict(response.headers)


@pytest.mark.parametrize(
    ("kind", "status", "content_type", "text"),
    [
        ("error", 500, "application/json", '"Server Error"'),
        ("html_error", 500, "text/html", "<h1>"),
        ("html_ok", 200, "text/html", "<h1>"),
        ("malformed", 200, "application/json", '{"data":[{"id"'),
        ("v1_error", 200, "application/json", '"error": "40"'),
        ("unauthorized", 401, "application/json", "Unauthenticated."),
        ("redirect", 302, "application/octet-stream", ""),
        ("oversized", 200, "application/json", "xxxx"),
        ("rate_limited", 429, "application/json", "Too many duplicate request detected"),
        (
            "empty",
            200,
            "application/json",
            '{"data":[],"meta":{"page":{"total":0,"limit":50,"offset":0}}}',
        ),
    ],
)
async def test_a_wrong_answer_is_served_once_as_ordered(
    simulator: Simulator, client: Client, kind: str, status: int, content_type: str, text: str
) -> None:
    simulator.faults.next(kind, 1, PLURAL)
    answer = await met(client)
    assert answer[:2] == (status, content_type)
    assert text in answer[2]
    assert (await met(client))[0] == 200


@pytest.mark.parametrize("kind", ["cut", "reset"])
async def test_a_connection_that_breaks_is_a_client_error(
    simulator: Simulator, client: Client, kind: str
) -> None:
    simulator.faults.next(
        kind, 1 if kind == "cut" else 2, PLURAL
    )  # aiohttp's client tries a lost connection once more by itself
    with pytest.raises(
        aiohttp.ClientPayloadError if kind == "cut" else aiohttp.ServerDisconnectedError
    ):
        await met(client)
    assert (await met(client))[0] == 200


async def test_a_hanging_request_ends_with_the_simulator(simulator: Simulator) -> None:
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(sock_read=0.05)) as session,
        served(simulator) as client,
    ):
        simulator.faults.next("hang", 1, PLURAL)
        with pytest.raises(aiohttp.SocketTimeoutError):
            await session.get(client.url + PLURAL)
        assert (await met(client))[0] == 200


async def test_a_hang_with_an_end_drops_the_connection_then(
    simulator: Simulator, client: Client, clock: FakeClock
) -> None:
    simulator.faults.next("hang", 2, PLURAL, seconds=40)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await met(client)
    assert clock.slept == [40, 40]


async def test_retry_after_comes_in_seconds_as_a_date_or_not_at_all(
    simulator: Simulator, client: Client
) -> None:
    simulator.faults.next("rate_limited")
    simulator.faults.next("rate_limited", seconds=90)
    simulator.faults.next("rate_limited_date", seconds=120)
    answers = [(await met(client))[3] for _ in range(3)]
    assert "Retry-After" not in answers[0]
    assert answers[1]["Retry-After"] == "90"
    assert parsedate_to_datetime(answers[2]["Retry-After"]) == START + timedelta(seconds=120)


async def test_latency_waits_on_the_clock_and_answers_right(
    simulator: Simulator, client: Client, clock: FakeClock
) -> None:
    simulator.faults.set("latency", seconds=7)
    assert (await met(client))[0] == 200
    assert clock.slept == [7]


async def test_an_oversized_answer_is_small_on_the_wire(
    simulator: Simulator, client: Client
) -> None:
    simulator.faults.next("oversized")
    answer = await met(client)
    assert len(answer[2]) > 9 * 2**20
    assert int(answer[3]["Content-Length"]) < 2**20


async def test_a_clamped_page_says_so(simulator: Simulator, client: Client) -> None:
    simulator.faults.next("clamp", limit=35)
    status, body = await client.get(PLURAL, **{"page[limit]": "500"})
    assert (status, body["meta"]["page"]["limit"], len(body["data"])) == (200, 35, 35)


@pytest.mark.parametrize(("says", "limit"), [("given", 35), ("asked", 500), ("nothing", None)])
async def test_a_clamped_page_says_the_limit_asked_for_or_nothing(
    simulator: Simulator, client: Client, says: str, limit: int | None
) -> None:
    simulator.faults.set("clamp", limit=35, says=says)
    _, body = await client.get(PLURAL, **{"page[limit]": "500"})
    assert (body["meta"]["page"].get("limit"), len(body["data"])) == (limit, 35)


async def test_a_list_grows_claims_a_wrong_total_or_none(
    simulator: Simulator, client: Client
) -> None:
    async def listed() -> tuple[int, int | None]:
        _, body = await client.get(PLURAL, **{"page[limit]": "500"})
        return len(body["data"]), body.get("meta", {}).get("page", {}).get("total")

    rows, total = await listed()
    assert total == rows
    simulator.faults.set("grow", rows=3)
    simulator.faults.set("total", by=-2)
    assert await listed() == (rows + 3, rows + 1)
    assert await listed() == (rows + 6, rows + 4)
    simulator.faults.clear()
    simulator.faults.next("no_page")
    assert await listed() == (rows + 6, None)
    assert await listed() == (rows + 6, rows + 6)


async def test_a_field_is_odd_in_a_share_of_the_rows_and_in_the_same_ones_each_time(
    simulator: Simulator, client: Client
) -> None:
    simulator.faults.set("odd_field", rate=0.2, field="calculated_price", value="5.60 EUR")
    simulator.faults.set("odd_field", rate=0.3, field="statistics.sent", value=[])

    async def odd() -> tuple[set[int], set[int]]:
        _, body = await client.get(PLURAL, **{"page[limit]": "500"})
        rows = body["data"]
        assert all("delivered" in row["statistics"] for row in rows)
        return (
            {row["id"] for row in rows if row["calculated_price"] == "5.60 EUR"},
            {row["id"] for row in rows if row["statistics"]["sent"] == []},
        )

    prices, counts = await odd()
    assert await odd() == (prices, counts)
    assert prices
    assert counts - prices
    _, body = await client.get(f"{PLURAL}/{min(prices)}")
    assert body["data"]["calculated_price"] == "5.60 EUR"
    simulator.faults.clear()
    assert await odd() == (set(), set())


async def test_rows_shift_between_two_pages(simulator: Simulator, client: Client) -> None:
    simulator.faults.set("shift", path_prefix=PLURAL)
    seen, totals = [], set()
    for offset in range(0, 180, 30):
        _, body = await client.get(PLURAL, **{"page[limit]": "30", "page[offset]": str(offset)})
        seen += [row["id"] for row in body["data"]]
        totals.add(body["meta"]["page"]["total"])
    there = {state.id for state in simulator.world.rows() if state.message_type == "sms"}
    assert not there <= set(seen) or not set(seen) <= there or len(totals) > 1


async def test_a_list_fault_passes_other_calls_by(simulator: Simulator, client: Client) -> None:
    simulator.faults.set("empty")
    assert (await client.get("/api/accounts/balance"))[0] == 200


async def test_every_kind_of_fault_leaves_the_simulator_serving(
    simulator: Simulator, client: Client
) -> None:
    for kind in FaultKind:
        simulator.faults.next(kind, 1, PLURAL, seconds=0.01, field="name")
        with suppress(aiohttp.ClientError):
            await met(client)
    assert not simulator.faults.queued
    assert (await met(client))[0] == 200


async def test_faults_are_the_same_for_the_same_seed(clock: FakeClock) -> None:
    runs = []
    for _ in range(2):
        simulator = Simulator(bulk_scenario(50), clock=clock, seed=9)
        simulator.faults.set("error", rate=0.5)
        async with served(simulator, key=None) as client:
            runs.append([(await met(client))[0] for _ in range(20)])
    assert runs[0] == runs[1]
    assert {401, 500} == set(runs[0])
