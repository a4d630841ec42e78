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
    odd: dict[str, object] | None = None,
    rows: int = 1,
    **credentials: str,
) -> list[Finding]:
    """What is found of an account with new campaigns whose `odd` fields read so, with a provider whose clock is that far
    ahead."""
    static = [credentials["token"]] if "token" in credentials else []
    simulator = Simulator(
        Scenario(name="doctor"),
        clock=InstantClock(START + ahead),
        keys=(KEY,),
        static_tokens=static,
    )
    for _ in range(rows):
        simulator.world.add(name="New", sender="Shop", status="sending", sent=10, delivered=9)
    for field, value in (odd or {}).items():
        simulator.faults.set("odd_field", rate=1, field=field, value=value)
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


async def test_each_field_that_cannot_be_read_is_explained_with_an_example() -> None:
    found = await examined(odd={"finished_at": "30.11.2026 12:00"}, rows=3)
    field, most = [each for each in found if each.level is not Level.OK]
    assert field.level is Level.WARNING
    assert field.message.startswith(
        "finished_at cannot be read in 3 of 3 rows of the sms list: campaign "
    )
    assert (
        'has "30.11.2026 12:00", and a time, as 2026-11-30 12:00:00 was expected' in field.message
    )
    assert (most.level, most.message) == (
        Level.PROBLEM,
        "3 of 3 rows of the sms list cannot be read in full: most of it",
    )


async def test_a_status_that_is_not_documented_is_told() -> None:
    found = wrong(await examined(odd={"status": "on hold"}, rows=2))
    assert (found.level, found.message) == (
        Level.WARNING,
        '2 rows of the sms list with the status "on hold", which BSG does not document',
    )


async def test_rows_that_cannot_be_used_are_told() -> None:
    found = await examined(odd={"status": ""}, rows=2)
    assert [each.message for each in found if each.level is not Level.OK] == [
        "2 of 2 rows of the sms list cannot be used: their id or status cannot be read",
        "2 of 2 rows of the sms list cannot be read in full: most of it",
    ]


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
