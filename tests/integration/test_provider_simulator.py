"""The client against the stand-in provider, which knows the API from its documentation only."""

import asyncio
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from monitor.domain.campaign.snapshot import PartlyRead
from monitor.errors import ProviderError, ProviderFault
from monitor.metrics import Metrics
from monitor.ports import Incomplete, Sweep, SweptRows
from monitor.provider.source import Provider
from monitor.simulator.api_server import Simulator
from monitor.simulator.dialect import EXAMPLE, PLURAL, SINGULAR, Dialect
from monitor.simulator.fault_orders import FaultKind
from monitor.simulator.scenario import Scenario, bulk_scenario
from tests.clock import InstantClock
from tests.unit.provider.scripted import reader

DAY = 86_400.0
KEY = "live_demo"


async def sweep(
    provider: Provider, clock: InstantClock, *, days: float = 3, kind: str = "sms", **options: Any
) -> Sweep:
    now = clock.now().timestamp()
    return await provider.sweep(kind, since=now - days * DAY, started=now, **options)


async def test_a_three_month_sweep_of_thousands_reads_each_campaign_once() -> None:
    clock = InstantClock()
    simulator = Simulator(bulk_scenario(3000, days=88), clock=clock)
    async with simulator.serve() as url, reader(url, clock=clock, api_key=KEY) as provider:
        first = await sweep(provider, clock, days=92)
        ids = [campaign.id for campaign in first.campaigns]
        expected = [state.id for state in simulator.world.rows() if state.message_type == "sms"]
        assert (first.complete, first.unreadable, first.nameless) == (True, frozenset(), 0)
        assert ids == expected
        again = await sweep(provider, clock, days=92)
        before = {campaign.id: campaign for campaign in first.campaigns}
        same = sum(before.get(campaign.id) is campaign for campaign in again.campaigns)
        assert same > 0.9 * len(ids)


async def test_what_is_read_is_what_the_world_shows() -> None:
    clock = InstantClock()
    simulator = Simulator(Scenario(name="x"), clock=clock)
    campaign_id = simulator.world.add(
        name="<b>Sale</b>",
        sender="Shop",
        message_type="rcs",
        status="sending",
        sent=500,
        delivered=412,
    )
    async with simulator.serve() as url, reader(url, clock=clock, api_key=KEY) as provider:
        (campaign,) = (await sweep(provider, clock, kind="rcs")).campaigns
        single = await provider.campaign(campaign_id)
        balance = await provider.balance(now=clock.now())
    assert single == campaign
    assert (campaign.id, campaign.name, campaign.sender, campaign.status) == (
        campaign_id,
        "<b>Sale</b>",
        "Shop",
        "sending",
    )
    assert (campaign.sent, campaign.delivered) == (500, 412)
    assert campaign.created_at == pytest.approx(clock.now().timestamp(), abs=1)
    assert (balance.balance, balance.spendable, balance.currency) == (250.0, 250.0, "EUR")


DIALECTS = [
    Dialect(),
    Dialect(paths=frozenset({SINGULAR})),
    Dialect(paths=frozenset({EXAMPLE})),
    Dialect(paths=frozenset({PLURAL}), statistics="array"),
    Dialect(fallback="statistic", no_fallback="array", numbers_as_text=True, price="text"),
    Dialect(fallback="statistics", no_fallback="object", zero_dates=True, price="null"),
    Dialect(page_at_top=True, largest_page=40, iso_times=True),
    Dialect(duplicate_window=1.0, price="number"),
]


@pytest.mark.parametrize("dialect", DIALECTS, ids=range(len(DIALECTS)))
@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
async def test_every_dialect_in_every_zone_says_the_same(dialect: Dialect, zone: str) -> None:
    scenario = bulk_scenario(120, days=2)

    async def read(dialect: Dialect, zone: str) -> Any:
        clock = InstantClock()
        simulator = Simulator(scenario, clock=clock, dialect=dialect, zone=ZoneInfo(zone))
        async with (
            simulator.serve() as url,
            reader(url, clock=clock, api_key=KEY, timezone=ZoneInfo(zone)) as provider,
        ):
            swept = await sweep(provider, clock)
            assert swept.complete, swept.reason
            return [
                (
                    c.id,
                    c.status,
                    c.created_at,
                    c.start_at,
                    c.real_start_at,
                    c.finished_at,
                    c.sent,
                    c.delivered,
                    c.fallback_sent,
                )
                for c in swept.campaigns
            ]

    assert await read(dialect, zone) == await read(Dialect(), "UTC")


async def test_with_the_zone_set_wrong_new_campaigns_are_still_seen() -> None:
    clock = InstantClock()
    simulator = Simulator(Scenario(name="x"), clock=clock, zone=ZoneInfo("Pacific/Kiritimati"))
    simulator.world.add(message_type="sms")
    async with simulator.serve() as url, reader(url, clock=clock, api_key=KEY) as provider:
        (campaign,) = (await sweep(provider, clock)).campaigns
    assert campaign.created_at > clock.now().timestamp() + 13 * 3600


@pytest.mark.parametrize(
    "kind",
    [
        FaultKind.ERROR,
        FaultKind.HTML_ERROR,
        FaultKind.RATE_LIMITED,
        FaultKind.CUT,
        FaultKind.RESET,
        FaultKind.MALFORMED,
        FaultKind.HTML_OK,
        FaultKind.V1_ERROR,
        FaultKind.UNAUTHORIZED,
    ],
)
async def test_a_sweep_survives_one_fault_of_each_kind(kind: FaultKind) -> None:
    clock = InstantClock()
    simulator = Simulator(bulk_scenario(100, days=1), clock=clock)
    async with simulator.serve() as url, reader(url, clock=clock, api_key=KEY) as provider:
        expected = [c.id for c in (await sweep(provider, clock)).campaigns]
        simulator.faults.next(kind, 1, PLURAL)
        swept = await sweep(provider, clock)
    assert swept.complete
    assert [c.id for c in swept.campaigns] == expected


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (FaultKind.ERROR, ProviderFault.SERVER_ERROR),
        (FaultKind.HTML_ERROR, ProviderFault.SERVER_ERROR),
        (FaultKind.RATE_LIMITED, ProviderFault.RATE_LIMITED),
        (FaultKind.CUT, ProviderFault.BAD_BODY),
        (FaultKind.RESET, ProviderFault.CONNECTION),
        (FaultKind.MALFORMED, ProviderFault.BAD_BODY),
        (FaultKind.HTML_OK, ProviderFault.BAD_BODY),
        (FaultKind.V1_ERROR, ProviderFault.BAD_BODY),
        (FaultKind.UNAUTHORIZED, ProviderFault.UNAUTHORIZED),
        (FaultKind.REDIRECT, ProviderFault.REDIRECT),
        (FaultKind.OVERSIZED, ProviderFault.TOO_LARGE),
    ],
)
async def test_a_fault_that_lasts_fails_the_sweep_with_its_reason_and_passes(
    kind: FaultKind, reason: ProviderFault
) -> None:
    clock = InstantClock()
    simulator = Simulator(bulk_scenario(50, days=1), clock=clock)
    async with simulator.serve() as url, reader(url, clock=clock, api_key=KEY) as provider:
        await sweep(provider, clock)
        simulator.faults.set(kind, path_prefix=PLURAL)
        with pytest.raises(ProviderError) as caught:
            await sweep(provider, clock)
        assert caught.value.reason is reason
        simulator.faults.clear()
        await clock.sleep(60)
        assert (await sweep(provider, clock)).complete


async def test_a_429_with_a_date_is_waited_out() -> None:
    clock = InstantClock()
    simulator = Simulator(bulk_scenario(10, days=1), clock=clock)
    async with simulator.serve() as url, reader(url, clock=clock, api_key=KEY) as provider:
        await sweep(provider, clock)
        simulator.faults.next(FaultKind.RATE_LIMITED_DATE, 1, PLURAL, seconds=120)
        before = clock.monotonic()
        assert (await sweep(provider, clock)).complete
    assert 119 <= clock.monotonic() - before <= 123


async def test_a_clamped_page_is_followed() -> None:
    clock = InstantClock()
    simulator = Simulator(bulk_scenario(400, days=1), clock=clock)
    async with simulator.serve() as url, reader(url, clock=clock, api_key=KEY) as provider:
        whole = await sweep(provider, clock)
        simulator.faults.set(FaultKind.CLAMP, limit=35)
        clamped = await sweep(provider, clock)
    assert clamped.complete
    assert [c.id for c in clamped.campaigns] == [c.id for c in whole.campaigns]
    assert clamped.requests > 5
    assert whole.requests <= 3


async def test_a_key_logs_in_refreshes_and_logs_in_again_after_a_revocation() -> None:
    clock = InstantClock()
    simulator = Simulator(bulk_scenario(10, days=1), clock=clock, token_life=timedelta(hours=1))
    async with simulator.serve() as url, reader(url, clock=clock, api_key=KEY) as provider:
        for _ in range(5):
            await sweep(provider, clock)
            await clock.sleep(1000)
        calls = [seen.path for seen in simulator.requests]
        assert (calls.count("/api/auth/login"), calls.count("/api/auth/refresh")) == (1, 1)
        simulator.tokens.revoke()
        assert (await sweep(provider, clock)).complete


async def test_a_wrong_key_and_a_revoked_static_token_are_said_clearly() -> None:
    clock = InstantClock()
    simulator = Simulator(bulk_scenario(10, days=1), clock=clock, static_tokens=["given"])
    async with simulator.serve() as url:
        async with reader(url, clock=clock, api_key="live_wrong") as provider:
            with pytest.raises(ProviderError, match="log-in refused, check BSG_API_KEY"):
                await provider.verify()
        async with reader(url, clock=clock, token="given") as provider:
            await provider.verify()
            simulator.tokens.revoke()
            with pytest.raises(ProviderError, match="replace BSG_API_TOKEN"):
                await provider.verify()


async def test_a_deleted_campaign_is_gone_and_an_unreadable_one_is_named() -> None:
    clock = InstantClock()
    simulator = Simulator(bulk_scenario(60, days=1), clock=clock)
    async with simulator.serve() as url, reader(url, clock=clock, api_key=KEY) as provider:
        gone, spoiled = (campaign.id for campaign in (await sweep(provider, clock)).campaigns[:2])
        simulator.world.delete(gone)
        simulator.world.spoil(spoiled, {"status": ["sent"]})
        swept = await sweep(provider, clock)
        assert swept.unreadable == {spoiled}
        assert gone not in {campaign.id for campaign in swept.campaigns}
        assert await provider.campaign(gone) is None
        with pytest.raises(ProviderError):
            await provider.campaign(spoiled)


async def test_two_feeds_at_once_share_four_connections_and_one_log_in() -> None:
    clock = InstantClock()
    simulator = Simulator(
        bulk_scenario(600, days=1),
        clock=clock,
        dialect=Dialect(largest_page=50, duplicate_window=1.0),
    )
    async with (
        simulator.serve() as url,
        reader(url, clock=clock, api_key=KEY) as provider,
        asyncio.TaskGroup() as tasks,
    ):
        sweeps = [tasks.create_task(sweep(provider, clock, kind=kind)) for kind in ("sms", "rcs")]
    assert all(task.result().complete for task in sweeps)
    assert [seen.path for seen in simulator.requests].count("/api/auth/login") == 1


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 10_000), rate=st.sampled_from([0.05, 0.2, 0.5]))
def test_a_complete_sweep_misses_nothing_while_rows_shift_between_pages(
    seed: int, rate: float
) -> None:
    async def run() -> None:
        clock = InstantClock()
        simulator = Simulator(
            bulk_scenario(300, days=1, seed=seed),
            clock=clock,
            seed=seed,
            dialect=Dialect(largest_page=40),
        )
        async with simulator.serve() as url, reader(url, clock=clock, api_key=KEY) as provider:
            simulator.faults.set(FaultKind.SHIFT, rate=rate)
            before = {state.id for state in simulator.world.rows() if state.message_type == "sms"}
            swept = await sweep(provider, clock)
            after = {state.id for state in simulator.world.rows() if state.message_type == "sms"}
            if swept.complete:
                assert before & after <= {campaign.id for campaign in swept.campaigns}

    asyncio.run(run())


ODD_LISTS: list[list[dict[str, Any]]] = [
    [{"kind": "grow", "rows": 2}],
    [{"kind": "grow", "rate": 0.5}, {"kind": "clamp", "limit": 40, "says": "asked"}],
    [{"kind": "total", "by": 1}],
    [{"kind": "total", "by": -130}],
    [{"kind": "total", "by": 5000}, {"kind": "clamp", "limit": 100, "says": "nothing"}],
    [{"kind": "clamp", "limit": 60, "says": "asked"}],
    [{"kind": "clamp", "limit": 60, "says": "nothing"}],
    [{"kind": "no_page"}],
    [{"kind": "no_page"}, {"kind": "clamp", "limit": 31}, {"kind": "grow", "rate": 0.3}],
    [{"kind": "clamp", "limit": 50}, {"kind": "shift", "rate": 0.1}],
]


@pytest.mark.parametrize("faults", ODD_LISTS, ids=range(len(ODD_LISTS)))
@pytest.mark.parametrize("fresh", [False, True])
async def test_an_odd_list_is_read_whole_at_every_poll(
    faults: list[dict[str, Any]], fresh: bool
) -> None:
    clock = InstantClock()
    simulator = Simulator(bulk_scenario(600, days=1), clock=clock)
    async with simulator.serve() as url, reader(url, clock=clock, api_key=KEY) as provider:
        for order in faults:
            simulator.faults.set(**order)
        for _ in range(3):
            before = ids_in(simulator)
            swept = await sweep(provider, clock, fresh=fresh)
            assert swept.complete, swept.reason
            assert before & ids_in(simulator) <= {campaign.id for campaign in swept.campaigns}
            assert swept.requests < 80
            await clock.sleep(60)


def ids_in(simulator: Simulator) -> set[int]:
    return {state.id for state in simulator.world.rows() if state.message_type == "sms"}


async def test_odd_rows_cost_themselves_and_are_told() -> None:
    clock = InstantClock()
    simulator = Simulator(bulk_scenario(600, days=1), clock=clock)
    async with simulator.serve() as url, reader(url, clock=clock, api_key=KEY) as provider:
        simulator.faults.set("odd_field", rate=0.1, field="created_at", value="30.11.2026 12:00")
        swept = await sweep(provider, clock)
    assert swept.complete
    assert not swept.unreadable
    odd = [campaign for campaign in swept.campaigns if isinstance(campaign, PartlyRead)]
    assert len(odd) > 10
    assert {mark.field for campaign in odd for mark in campaign.unreadable} == {"created_at"}
    assert (
        swept.rows_given == len(swept.campaigns) + len(swept.unreadable) == len(ids_in(simulator))
    )


async def test_a_wrong_total_is_counted_at_every_sweep_and_logged_once() -> None:
    clock, metrics = InstantClock(), Metrics("test")
    simulator = Simulator(bulk_scenario(600, days=1), clock=clock)
    labels = {"account": "default", "message_type": "sms"}

    def counted() -> float | None:
        return metrics.registry.get_sample_value("bsg_monitor_list_total_mismatch_total", labels)

    async with (
        simulator.serve() as url,
        reader(url, clock=clock, api_key=KEY, metrics=metrics) as provider,
    ):
        await sweep(provider, clock)
        assert counted() == 0
        simulator.faults.set("total", by=7)
        with capture_logs() as logs:
            for _ in range(3):
                await sweep(provider, clock)
    assert counted() == 3
    rows = len(ids_in(simulator))
    assert [
        (entry["claimed"], entry["found"]) for entry in logs if entry["event"] == "list_total_wrong"
    ] == [(rows + 7, rows)]


async def test_pages_are_handed_on_as_they_come_the_newest_second() -> None:
    clock = InstantClock()
    simulator = Simulator(bulk_scenario(600, days=1), clock=clock, dialect=Dialect(largest_page=50))
    seen: list[SweptRows] = []
    async with simulator.serve() as url, reader(url, clock=clock, api_key=KEY) as provider:

        async def see(rows: SweptRows) -> None:
            clock.creep = 0.001  # so that no two requests are sent at the same time
            seen.append(rows)

        swept = await sweep(provider, clock, fresh=True, seen=see)
    ids = [campaign.id for campaign in swept.campaigns]
    firsts = [rows.campaigns[0].id for rows in seen]
    assert firsts[0] == ids[0]
    assert seen[1].campaigns[-1].id == ids[-1]
    assert firsts[1:-1] == sorted(firsts[1:-1], reverse=True)
    assert {campaign.id for rows in seen for campaign in rows.campaigns} == set(ids)
    sent = {
        campaign.id: rows.requested_at
        for rows in sorted(seen, key=lambda r: r.requested_at)
        for campaign in rows.campaigns
    }
    assert list(swept.requested_at) == [sent[id_] for id_ in ids]


async def test_of_two_readings_of_a_row_in_one_sweep_the_one_asked_for_later_wins() -> None:
    clock = InstantClock()
    simulator = Simulator(Scenario(name="x"), clock=clock)
    ids = [simulator.world.add(message_type="sms", status="sending", sent=0) for _ in range(40)]
    async with simulator.serve() as url, reader(url, clock=clock, api_key=KEY) as provider:

        async def see(rows: SweptRows) -> None:
            clock.creep = 0.001
            simulator.world.change(ids[-1], sent=len(rows.campaigns))

        swept = await sweep(provider, clock, seen=see)
    assert [campaign.sent for campaign in swept.campaigns[-2:]] == [0, 40]


async def test_what_the_one_who_sees_a_page_raises_ends_the_sweep_as_it_is() -> None:
    clock = InstantClock()
    simulator = Simulator(bulk_scenario(600, days=1), clock=clock, dialect=Dialect(largest_page=50))
    pages = 0

    async def see(_: SweptRows) -> None:
        nonlocal pages
        pages += 1
        if pages == 4:
            raise ZeroDivisionError

    async with simulator.serve() as url, reader(url, clock=clock, api_key=KEY) as provider:
        with pytest.raises(ZeroDivisionError):
            await sweep(provider, clock, seen=see)
        assert (await sweep(provider, clock)).complete


async def test_a_sweep_of_several_windows_that_takes_too_long_goes_on_where_it_stopped() -> None:
    clock = InstantClock()
    simulator = Simulator(
        bulk_scenario(3000, days=170), clock=clock, dialect=Dialect(largest_page=50)
    )
    read: set[int] = set()
    cuts: list[int | None] = []
    async with simulator.serve() as url, reader(url, clock=clock, api_key=KEY) as provider:

        async def see(rows: SweptRows) -> None:
            read.update(campaign.id for campaign in rows.campaigns)
            await clock.sleep(20)

        for _ in range(6):
            swept = await sweep(provider, clock, days=170, fresh=True, seen=see)
            assert (swept.complete, swept.incomplete) == (False, Incomplete.CUT)
            cuts.append(swept.cut_at)
            if read >= ids_in(simulator):
                break
    assert len(cuts) > 2
    assert None not in cuts
    assert read >= ids_in(simulator), "sweep by sweep everything is read"


async def test_failing_pages_cost_their_rows_and_say_what_failed() -> None:
    clock = InstantClock()
    simulator = Simulator(bulk_scenario(600, days=1), clock=clock, dialect=Dialect(largest_page=50))
    async with simulator.serve() as url, reader(url, clock=clock, api_key=KEY) as provider:

        async def see(_: SweptRows) -> None:
            simulator.faults.set("error", path_prefix=PLURAL)

        swept = await sweep(provider, clock, seen=see)
    assert (swept.complete, swept.incomplete) == (False, Incomplete.FAILED)
    assert swept.fault is ProviderFault.SERVER_ERROR
    assert swept.reason is not None
    assert "500" in swept.reason
    assert len(swept.campaigns) == 50


async def test_rows_of_a_type_that_is_not_polled_are_passed_over() -> None:
    clock, metrics = InstantClock(), Metrics("test")
    simulator = Simulator(bulk_scenario(40, days=1), clock=clock)
    async with (
        simulator.serve() as url,
        reader(url, clock=clock, api_key=KEY, metrics=metrics) as provider,
    ):
        first = await sweep(provider, clock)
        kept, other = (campaign.id for campaign in first.campaigns[:2])
        simulator.world.spoil(other, {"message_type": "whatsapp"})
        simulator.world.spoil(kept, {"message_type": "viber"})  # no list can be asked for these
        swept = await sweep(provider, clock)
    ids = {campaign.id for campaign in swept.campaigns}
    assert kept in ids
    assert other not in ids
    labels = {"account": "default", "reason": "other_feed"}
    counted = metrics.registry.get_sample_value("bsg_monitor_rows_rejected_total", labels)
    assert counted == 1
