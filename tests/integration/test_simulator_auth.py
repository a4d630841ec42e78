"""Log-in, tokens and their life."""

import base64
import json
from datetime import timedelta

import pytest

from monitor.simulator.api_server import Simulator
from monitor.simulator.dialect import PLURAL, SINGULAR
from monitor.simulator.scenario import Scenario, bulk_scenario
from tests.clock import START, FakeClock
from tests.integration.simulator_client import RCS, SMS, served


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def simulator(clock: FakeClock) -> Simulator:
    return Simulator(Scenario(name="two", first_id=100, campaigns=(RCS, SMS)), clock=clock)


def claims(token: str) -> dict:
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))


async def test_a_key_logs_in_and_the_token_says_how_long_it_lives(simulator: Simulator) -> None:
    async with served(simulator) as client:
        token = claims(client.token)
        assert token["iat"] == int(START.timestamp())
        assert token["exp"] - token["iat"] == 30 * 86400
        assert (await client.get(PLURAL))[0] == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [({"api_key": "live_wrong"}, 401), ({}, 422), ({"api_key": 5}, 422), ([], 422), (None, 422)],
)
async def test_a_wrong_login_is_refused(simulator: Simulator, body: object, status: int) -> None:
    async with served(simulator, key=None) as client:
        answer = await client.call("POST", "/api/auth/login", json=body)
        assert answer[0] == status
        assert answer[1]["message"] in ("Unauthenticated.", "The given data was invalid.")


@pytest.mark.parametrize("token", ["", "opaque", "a.b.c", "live_demo", "é"])
async def test_every_call_but_login_wants_a_token(simulator: Simulator, token: str) -> None:
    async with served(simulator, key=None) as client:
        client.token = token
        calls = [
            ("GET", PLURAL),
            ("GET", SINGULAR),
            ("GET", f"{PLURAL}/100"),
            ("GET", f"{PLURAL}/100/detail"),
            ("GET", "/api/accounts/balance"),
            ("POST", "/api/auth/refresh"),
            ("PATCH", f"{PLURAL}/100/stop"),
        ]
        for method, path in calls:
            assert await client.call(method, path) == (
                401,
                {"message": "Unauthenticated.", "errors": {}},
            )


async def test_a_token_expires_and_can_be_refreshed_before(clock: FakeClock) -> None:
    simulator = Simulator(Scenario(name="none"), clock=clock, token_life=timedelta(minutes=10))
    async with served(simulator) as client:
        old = client.token
        await clock.advance(590)
        status, body = await client.call("POST", "/api/auth/refresh")
        assert status == 200
        assert claims(body["bearer"])["exp"] == claims(old)["exp"] + 590
        await clock.advance(10)
        assert (await client.get(PLURAL))[0] == 401
        assert (await client.call("POST", "/api/auth/refresh"))[0] == 401
        client.token = body["bearer"]
        assert (await client.get(PLURAL))[0] == 200
        simulator.tokens.revoke()
        assert (await client.get(PLURAL))[0] == 401


async def test_a_static_token_holds_without_a_login(clock: FakeClock) -> None:
    simulator = Simulator(Scenario(name="none"), clock=clock, static_tokens=("opaque",))
    async with served(simulator, key=None) as client:
        client.token = "opaque"
        assert (await client.get(PLURAL))[0] == 200
        assert (await client.call("POST", "/api/auth/refresh"))[0] == 401


async def test_a_test_key_is_answered_at_random(clock: FakeClock) -> None:
    simulator = Simulator(bulk_scenario(100), clock=clock, keys=("test_demo",))
    async with served(simulator, key="test_demo") as client:
        assert (await client.get(PLURAL))[1] != (await client.get(PLURAL))[1]
