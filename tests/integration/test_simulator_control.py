"""The control endpoint: what Python methods can do, from outside."""

from collections.abc import AsyncIterator

import pytest

from monitor.simulator.api_server import Simulator
from monitor.simulator.dialect import PLURAL
from monitor.simulator.scenario import Scenario
from tests.clock import FakeClock
from tests.integration.simulator_client import Client, served

CONTROL = "/_simulator"


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(Scenario(name="none", first_id=100), clock=FakeClock())


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[Client]:
    async with served(simulator) as client:
        yield client


async def test_campaigns_are_added_changed_spoiled_and_deleted(client: Client) -> None:
    assert await client.call("POST", f"{CONTROL}/campaigns", json={"name": "Sale", "size": 10}) == (
        200,
        {"id": 100},
    )
    status, body = await client.call(
        "PATCH", f"{CONTROL}/campaigns/100", json={"status": "paused", "sent": 4}
    )
    assert (status, body["status"], body["sent"]) == (200, "paused", 4)
    assert (await client.get(f"{PLURAL}/100"))[1]["data"]["status"] == "paused"
    raw = {"statistics": "none", "surprise": 1}
    assert (await client.call("PUT", f"{CONTROL}/campaigns/100/raw", json=raw))[0] == 200
    (row,) = (await client.get(PLURAL))[1]["data"]
    assert (row["statistics"], row["surprise"], row["status"]) == ("none", 1, "paused")
    assert (await client.call("PUT", f"{CONTROL}/campaigns/100/raw", data=b"null"))[0] == 200
    assert (await client.get(PLURAL))[1]["data"][0]["statistics"] == {"sent": 4, "delivered": 0}
    assert [state["id"] for state in (await client.get(f"{CONTROL}/campaigns"))[1]] == [100]
    assert (await client.call("DELETE", f"{CONTROL}/campaigns/100"))[0] == 200
    assert (await client.get(f"{PLURAL}/100"))[0] == 404


async def test_faults_are_set_ordered_and_cleared(client: Client, simulator: Simulator) -> None:
    order = {"kind": "error", "count": 2, "path_prefix": PLURAL}
    assert (await client.call("POST", f"{CONTROL}/faults", json=order))[0] == 200
    assert [(await client.get(PLURAL))[0] for _ in range(3)] == [500, 500, 200]
    assert (await client.call("PUT", f"{CONTROL}/faults", json={"kind": "v1_error"}))[0] == 200
    assert "error" in (await client.get(PLURAL))[1]
    overview = (await client.get(CONTROL))[1]
    assert overview["faults"] == [{"fault": {"kind": "v1_error"}, "rate": 1.0, "path_prefix": ""}]
    assert (await client.call("DELETE", f"{CONTROL}/faults"))[0] == 200
    assert (await client.get(PLURAL))[0] == 200


async def test_the_control_lists_its_calls(client: Client, simulator: Simulator) -> None:
    calls = set((await client.get(f"{CONTROL}/"))[1]["calls"])
    served = {
        f"{route.method} {route.resource.canonical}"
        for route in simulator.app().router.routes()
        if route.resource is not None
        and route.resource.canonical.startswith(f"{CONTROL}/")
        and route.method != "HEAD"
    }
    assert calls == served


async def test_tokens_are_revoked_and_the_balance_is_set(client: Client) -> None:
    assert (await client.call("PUT", f"{CONTROL}/balance", json=12.5))[0] == 200
    assert (await client.get("/api/accounts/balance"))[1]["data"]["balance"] == 12.5
    assert (await client.call("POST", f"{CONTROL}/revoke"))[0] == 200
    assert (await client.get(PLURAL))[0] == 401
    assert [seen["path"] for seen in (await client.get(f"{CONTROL}/requests"))[1]] == [
        "/api/auth/login",
        "/api/accounts/balance",
        PLURAL,
    ]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/campaigns", {"color": "red"}, 422),
        ("POST", "/campaigns", [], 422),
        ("PATCH", "/campaigns/5", {"status": "done"}, 404),
        ("DELETE", "/campaigns/5", None, 404),
        ("PUT", "/campaigns/5/raw", {}, 404),
        ("PUT", "/faults", {"kind": "fire"}, 422),
        ("PUT", "/faults", {"kind": "error", "rat": 1}, 422),
        ("POST", "/faults", {"kind": "error", "count": 0}, 422),
        ("PUT", "/balance", "lots", 422),
        ("GET", "/nothing", None, 404),
    ],
)
async def test_what_cannot_be_done_is_refused(
    client: Client, method: str, path: str, body: object, status: int
) -> None:
    assert (await client.call(method, CONTROL + path, json=body))[0] == status


async def test_control_can_be_left_off() -> None:
    simulator = Simulator(Scenario(name="none"), clock=FakeClock(), control=False)
    async with served(simulator) as client:
        assert (await client.get(CONTROL))[0] == 404
