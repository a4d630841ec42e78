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
        simulator.faults.next(kind, 1, PLURAL, seconds=0.01)
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
