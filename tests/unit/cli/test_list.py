"""`list`: the provider's own list, asked for with every parameter."""

import asyncio
import csv
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from typer.testing import Result

from monitor.clock import SystemClock
from monitor.simulator.api_server import Simulator
from monitor.simulator.dialect import Dialect
from monitor.simulator.scenario import Scenario
from tests.unit.cli.conftest import Invoke
from tests.unit.provider.scripted import LIST, failed, ok, page, row, scripted

KEY = "live_0123456789abcdef"
EAST = ZoneInfo("Asia/Tokyo")


async def run(invoke: Invoke, *arguments: str) -> Result:
    return await asyncio.to_thread(invoke, "list", *arguments)


async def ids(invoke: Invoke, *arguments: str) -> list[int]:
    done = await run(invoke, *arguments, "--json")
    assert done.exit_code == 0, done.stderr
    return [each["id"] for each in json.loads(done.stdout)]


@pytest.fixture
def simulator() -> Simulator:
    """70 SMS campaigns of three senders, created an hour apart, the newest last; two RCS
    campaigns."""
    made = Simulator(Scenario(name="list"), clock=SystemClock(), keys=[KEY])
    for number in range(70):
        made.world.add(
            id=1000 + number,
            name=f"Sale {number}",
            sender=("Shop", "Café Süd", "Bank")[number % 3],
            created=-3600.0 * (70 - number),
            size=10 + number,
        )
    for number in range(2):
        made.world.add(id=2000 + number, message_type="rcs", sender="Agent", created=-60.0)
    return made


@asynccontextmanager
async def asked(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    async with simulator.serve() as url:
        monkeypatch.setenv("BSG_API_URL", url)
        yield


async def test_every_message_type_is_listed_in_the_providers_order(
    invoke: Invoke, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with asked(simulator, monkeypatch):
        assert await ids(invoke) == [*range(1000, 1050), 2000, 2001]
        assert await ids(invoke, "--type", "rcs") == [2000, 2001]
        assert await ids(invoke, "--type", "sms", "--desc", "--limit", "3") == [1069, 1068, 1067]
        assert await ids(invoke, "--type", "sms", "--offset", "60") == list(range(1060, 1070))
        by_sender = await ids(invoke, "--type", "sms", "--sort", "sender", "--limit", "30")
        assert by_sender[:24] == [*range(1002, 1070, 3), 1001]


async def test_all_pages_are_read_to_their_end_each_row_once(
    invoke: Invoke, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator.faults.set("clamp", limit=20, path_prefix=LIST)
    async with asked(simulator, monkeypatch):
        done = await run(invoke, "--type", "sms", "--all", "--json")
    assert [each["id"] for each in json.loads(done.stdout)] == list(range(1000, 1070))
    assert (done.exit_code, done.stderr) == (0, "")


async def test_what_one_page_leaves_out_is_said(
    invoke: Invoke, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with asked(simulator, monkeypatch):
        done = await run(invoke, "--type", "sms", "--offset", "10", "--limit", "5")
    assert done.stderr == "the provider has 70; --offset 15 shows the next, --all reads all\n"


@pytest.mark.parametrize("spelling", ["filter", "search", None])
async def test_a_search_finds_the_same_in_whichever_way_the_provider_spells_it(
    invoke: Invoke, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, spelling: Any
) -> None:
    simulator.dialect = Dialect(search=frozenset({spelling} if spelling else ()))
    async with asked(simulator, monkeypatch):
        assert await ids(invoke, "--search", "sender=shop", "--type", "sms", "--all") == list(
            range(1000, 1070, 3)
        )
        done = await run(invoke, "--search", "id=1003", "--type", "sms", "--json")
    assert [each["id"] for each in json.loads(done.stdout)] == [1003]
    assert ("did not obey --search" in done.stderr) == (spelling is None)


async def test_a_time_without_a_zone_is_in_the_accounts(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator = Simulator(Scenario(name="list"), clock=SystemClock(), keys=[KEY], zone=EAST)
    monkeypatch.setenv("BSG_API_TIMEZONE", "Asia/Tokyo")
    now = SystemClock().now()
    for hours in (1, 3, 5):
        simulator.world.add(id=hours, created=-3600.0 * hours)
    local = (now - timedelta(hours=4)).astimezone(EAST).strftime("%Y-%m-%d %H:%M:%S")
    async with asked(simulator, monkeypatch):
        assert await ids(invoke, "--type", "sms", "--from", local) == [1, 3]
        assert await ids(
            invoke, "--type", "sms", "--to", (now - timedelta(hours=2)).isoformat()
        ) == [3, 5]


async def test_rows_that_cannot_be_read_are_counted_and_said(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = [row(1), row(2, status=None), row(3, statistics={"sent": -5}), row(4, status=None)]
    async with scripted({LIST: [ok(page(*odd))]}) as provider:
        monkeypatch.setenv("BSG_API_URL", provider.url)
        done = await run(invoke, "--type", "rcs", "--json")
        assert done.exit_code == 0
        read = [each["id"] for each in json.loads(done.stdout)]
        assert read[0] == 1
        assert f"{4 - len(read)} rows could not be read: status (2)" in done.stderr
        provider.script[LIST] = [ok(page(row(2, status=None)))]
        assert (
            await run(invoke, "--type", "rcs", "--json")
        ).exit_code == 1  # not one of them: that is no answer


async def test_what_the_provider_gives_unasked_is_left_out_and_said(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [
        row(1),
        row(2, message_type="sms"),
        row(3, created_at="2025-12-31 00:00:00"),
        row(4, message_type="viber"),
    ]
    async with scripted({LIST: [ok(page(*given))]}) as provider:
        monkeypatch.setenv("BSG_API_URL", provider.url)
        done = await run(
            invoke, "--type", "rcs", "--from", "2026-01-01", "--to", "2026-03-31", "--json"
        )
        assert dict(provider.requests(LIST)[0].query) == {
            "filter[type]": "rcs",
            "filter[from]": "2026-01-01 00:00:00",
            "filter[to]": "2026-03-31 23:59:59",
            "page[offset]": "0",
            "page[limit]": "50",
            "sort": "id",
            "way": "asc",
        }
    assert [each["id"] for each in json.loads(done.stdout)] == [1, 4]
    assert done.stderr == "2 rows left out here that are not what was asked for\n"


async def test_the_next_offset_counts_the_rows_that_are_not_shown(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [row(1, message_type="sms"), row(2), row(3, status=None), row(4), row(5)]
    async with scripted({LIST: [ok(page(*given, total=9))]}) as provider:
        monkeypatch.setenv("BSG_API_URL", provider.url)
        two = await run(invoke, "--type", "rcs", "--limit", "2", "--json")
        nine = await run(invoke, "--type", "rcs", "--limit", "9", "--json")
    assert [each["id"] for each in json.loads(two.stdout)] == [2, 4]
    assert "the provider has 9; --offset 4 shows the next" in two.stderr
    assert "the provider has 9; --offset 5 shows the next" in nine.stderr


async def test_what_was_read_before_a_page_failed_is_printed(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with scripted(
        {LIST: [ok(page(row(1), row(2), total=4)), failed(422, "no more")]}
    ) as provider:
        monkeypatch.setenv("BSG_API_URL", provider.url)
        done = await run(invoke, "--type", "rcs", "--all", "--json")
    assert [each["id"] for each in json.loads(done.stdout)] == [1, 2]
    assert done.exit_code == 1
    assert "error: only the first 2 rows were read: the provider answered 422" in done.stderr


async def test_rows_that_move_between_two_pages_are_said(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = [
        ok(page(row(1), row(2), total=4)),
        ok(page(row(4), row(5), total=4)),
        ok(page(row(5), total=4)),
    ]
    async with scripted({LIST: pages}) as provider:
        monkeypatch.setenv("BSG_API_URL", provider.url)
        done = await run(invoke, "--type", "rcs", "--all", "--json")
    assert [each["id"] for each in json.loads(done.stdout)] == [1, 2, 4, 5]
    assert "rows moved while they were read, some may be missing: ask again" in done.stderr


async def test_a_list_that_never_ends_ends(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    async with scripted({LIST: [ok(page(row(1), row(2), total=10_000))]}) as provider:
        monkeypatch.setenv("BSG_API_URL", provider.url)
        done = await run(invoke, "--type", "rcs", "--all", "--json")
        assert len(provider.requests(LIST)) == 2
    assert [each["id"] for each in json.loads(done.stdout)] == [1, 2]
    assert "the provider counts 10,000 and gave 2" in done.stderr


async def test_an_account_that_cannot_be_read_hides_no_other(
    invoke: Invoke, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BSG_API_KEY")
    monkeypatch.setenv("BSG_ACCOUNTS__SHOP__API_KEY", "live_wrong_0123456789")
    monkeypatch.setenv("BSG_ACCOUNTS__BANK__API_KEY", KEY)
    async with simulator.serve() as url:
        for name in ("SHOP", "BANK"):
            monkeypatch.setenv(f"BSG_ACCOUNTS__{name}__API_URL", url)
        done = await run(invoke, "--type", "rcs", "--json")
        assert [(each["account"], each["id"]) for each in json.loads(done.stdout)] == [
            ("bank", 2000),
            ("bank", 2001),
        ]
        assert done.exit_code == 1
        assert "error: shop, rcs: " in done.stderr
        assert "bank" not in done.stderr
        assert await ids(invoke, "--type", "rcs", "--account", "bank") == [2000, 2001]
        unknown = await run(invoke, "--account", "bnak")
    assert unknown.exit_code == 2
    assert "no account is called 'bnak' (did you mean \"bank\"?)" in " ".join(
        unknown.stderr.split()
    )


async def test_what_the_provider_refuses_is_told_in_its_words(
    invoke: Invoke, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with asked(simulator, monkeypatch):
        done = await run(invoke, "--type", "viber")
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)
    assert done.stderr.endswith(
        ": The given data was invalid. The selected filter.type is invalid.\n"
    )


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1"]


async def test_no_name_is_a_formula_in_csv(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [*FORMULAS, 'a, "b"', "plain"]
    rows = [row(number, name=name, calculated_price=-2.5) for number, name in enumerate(names, 1)]
    async with scripted({LIST: [ok(page(*rows))]}) as provider:
        monkeypatch.setenv("BSG_API_URL", provider.url)
        done = await run(invoke, "--type", "rcs", "--csv")
    read = list(csv.DictReader(done.stdout.splitlines()))
    assert all(each["name"].startswith("'") for each in read[: len(FORMULAS)])
    assert [each["name"] for each in read[len(FORMULAS) :]] == ['a, "b"', "plain"]
    assert (read[0]["id"], read[0]["sent"], read[0]["calculated_price"]) == ("1", "500", "-2.5")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--sort", "name"), "'name' is none of id, sender, type, date, status"),
        (("--search", "name=x"), "expected sender=TEXT or id=NUMBER, found 'name=x'"),
        (("--search", "id=x"), "expected a number after id=, found 'x'"),
        (("--search", "sender="), "expected 1 to 255 characters after sender="),
        (("--from", "yesterday"), "expected a time such as 2026-03-02T09:00Z, found 'yesterday'"),
        (("--from", "0001-01-01T00:00+05:00"), "expected a time such as"),
        (("--from", "9999-12-31T23:00-05:00"), "expected a time such as"),
        (("--from", "2026-03-02", "--to", "2026-03-01"), "it lies after --to, or in the future"),
        (("--from", "2025-11-01", "--to", "2026-02-28"), "more than three months before --to"),
        (("--json", "--csv"), "expected one of --json and --csv"),
        (("--limit", "501"), "less than or equal to 500"),
    ],
)
def test_wrong_use_is_told_without_asking(
    invoke: Invoke, options: tuple[str, ...], said: str
) -> None:
    done = invoke("list", *options)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.replace("│", " ").split())
