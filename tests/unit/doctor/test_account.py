"""An account is looked at through the stand-in provider."""

import base64
import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from monitor.doctor.account_checks import examine_account
from monitor.doctor.finding import Finding, Level
from monitor.settings import AccountSettings
from monitor.simulator.api_server import Simulator
from monitor.simulator.scenario import Scenario
from tests.clock import START, InstantClock
from tests.unit.provider.scripted import reader

KEY = "live_doctor_0123456789"


def token(*, ends: datetime) -> str:
    """A JWT that says when it ends."""
    parts = ({"alg": "none"}, {"iat": 0, "exp": int(ends.timestamp())})
    return ".".join(
        [
            *(
                base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
                for part in parts
            ),
            "x",
        ]
    )


async def examined(
    *,
    ahead: timedelta = timedelta(0),
    zone: str = "UTC",
    message_types: tuple[str, ...] = ("sms",),
    **credentials: str,
) -> list[Finding]:
    """What is found of an account with one new campaign, with a provider whose clock is that far
    ahead."""
    static = [credentials["token"]] if "token" in credentials else []
    simulator = Simulator(
        Scenario(name="doctor"),
        clock=InstantClock(START + ahead),
        keys=(KEY,),
        static_tokens=static,
    )
    simulator.world.add(name="New", sender="Shop", status="sending", sent=10, delivered=9)
    clock = InstantClock()
    given = credentials or {"api_key": KEY}
    same = {"timezone": ZoneInfo(zone), "message_types": message_types}
    secrets = {
        name if name == "api_key" else "api_token": SecretStr(value)
        for name, value in given.items()
    }
    async with simulator.serve() as url, reader(url, clock=clock, **same, **given) as source:
        account = AccountSettings(name="default", url=url, **same, **secrets)
        return await examine_account(
            account, source, events=[], poll_interval=timedelta(minutes=1), clock=clock
        )


def wrong(found: list[Finding]) -> Finding:
    (finding,) = [each for each in found if each.level is not Level.OK]
    return finding


async def test_an_account_in_order_is_fine_in_every_respect() -> None:
    found = await examined(message_types=("sms", "rcs"))
    assert [each.level for each in found] == [Level.OK] * 4
    assert found[3].message.startswith(
        "read in the zone UTC (BSG_API_TIMEZONE), the newest campaign was created "
    )


async def test_a_key_that_is_refused_is_told_without_the_key() -> None:
    found = wrong(await examined(api_key="live_wrong_0123456789"))
    assert (found.level, "check BSG_API_KEY" in found.message) == (Level.PROBLEM, True)
    assert "live_wrong" not in str(found)


async def test_a_clock_that_is_off_is_told_with_its_distance() -> None:
    slow = wrong(await examined(ahead=timedelta(minutes=2)))
    assert (slow.level, "is 2 min" in slow.message, "ahead of" in slow.message) == (
        Level.WARNING,
        True,
        True,
    )
    fast = wrong(await examined(ahead=-timedelta(minutes=12)))
    assert (fast.level, "behind" in fast.message) == (Level.PROBLEM, True)


async def test_a_clock_that_is_off_is_not_taken_for_a_wrong_zone() -> None:
    found = await examined(ahead=timedelta(hours=1))
    assert [each.message for each in found if "in the future" in each.message] == []


async def test_a_zone_too_far_west_is_told() -> None:
    found = wrong(await examined(zone="America/New_York"))
    assert (found.level, "1 campaign created in the future" in found.message) == (
        Level.PROBLEM,
        True,
    )


async def test_a_token_that_ends_soon_is_told_before_it_does() -> None:
    found = wrong(await examined(token=token(ends=START + timedelta(days=3, hours=1))))
    assert (found.level, found.message[:21], "cannot be renewed" in found.message) == (
        Level.WARNING,
        "its token ends in 3 d",
        True,
    )


@pytest.mark.parametrize("value", [token(ends=START + timedelta(days=20)), "opaque-0123456789"])
async def test_a_token_that_holds_for_long_or_does_not_say_is_fine(value: str) -> None:
    assert {each.level for each in await examined(token=value)} == {Level.OK}
