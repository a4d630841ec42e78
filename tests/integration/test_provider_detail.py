"""Details of campaigns, over real HTTP: what the simulator's world shows, and what goes wrong on
the way."""

import asyncio

import pytest
from aiohttp import web

from monitor.errors import ProviderError, ProviderFault
from monitor.metrics import Metrics
from monitor.simulator.api_server import Simulator
from monitor.simulator.dialect import PLURAL, SINGULAR, Dialect
from monitor.simulator.scenario import Scenario
from tests.clock import InstantClock
from tests.integration.simulator_client import RCS
from tests.unit.provider.scripted import LIST, failed, ok, reader, scripted

DETAIL = f"{LIST}/7/detail"
ANSWER = {"data": {"id": 7, "statistics": {"expired": 3}, "total_messages": 10}}


async def test_what_is_read_is_what_the_world_shows() -> None:
    clock = InstantClock()
    simulator = Simulator(Scenario(name="x", campaigns=(RCS,)), clock=clock)
    (state,) = simulator.world.rows()
    async with simulator.serve() as url, reader(url, clock=clock, api_key="live_demo") as provider:
        detail = await provider.detail(state.id)
        assert await provider.detail(999) is None
    assert detail is not None
    assert detail.read_at == clock.now().timestamp()
    assert (detail.total_messages, detail.total_phones, detail.currency) == (1000, 1000, "EUR")
    assert (detail.delivered or 0) + (detail.read or 0) == state.delivered
    assert (detail.not_rcs_user, detail.undelivered, detail.awaiting_report) == (
        state.not_rcs,
        state.undelivered,
        state.awaiting,
    )
    assert detail.total_price == pytest.approx(state.price * state.sent)
    assert detail.fallback is not None
    assert detail.fallback.delivered == state.fallback_delivered


@pytest.mark.parametrize("path", [PLURAL, SINGULAR])
async def test_the_path_that_gives_details_is_found_and_kept(path: str) -> None:
    clock = InstantClock()
    simulator = Simulator(
        Scenario(name="x", campaigns=(RCS,)), clock=clock, dialect=Dialect(paths=frozenset({path}))
    )
    (state,) = simulator.world.rows()
    async with simulator.serve() as url, reader(url, clock=clock, api_key="live_demo") as provider:
        for _ in range(2):
            detail = await provider.detail(state.id)
            assert detail is not None
            await clock.sleep(60)
        assert await provider.detail(999) is None
    if path == PLURAL:
        asked = [seen.path for seen in simulator.requests if seen.path.endswith("/detail")]
        assert asked == [f"{PLURAL}/{state.id}/detail"] * 2 + [f"{PLURAL}/999/detail"]


async def test_a_404_that_is_not_the_providers_is_not_an_answer_about_the_campaign() -> None:
    page = web.Response(status=404, text="<html>nothing here</html>", content_type="text/html")
    async with (
        scripted(
            {DETAIL: [page], "/api/campaign/7/detail": [page], "/campaigns/7/detail": [page]}
        ) as provider,
        reader(provider.url) as account,
    ):
        with pytest.raises(ProviderError) as caught:
            await account.detail(7)
    assert (caught.value.status, caught.value.reason) == (404, ProviderFault.BAD_BODY)


async def test_the_other_path_is_tried_where_the_first_knows_nothing() -> None:
    async with (
        scripted({DETAIL: [failed(404)], "/api/campaign/7/detail": [ok(ANSWER)]}) as provider,
        reader(provider.url) as account,
    ):
        detail = await account.detail(7)
        assert detail is not None
        assert detail.expired == 3
        await account.detail(7)
        assert len(provider.requests(DETAIL)) == 1
        assert len(provider.requests("/api/campaign/7/detail")) == 2


@pytest.mark.parametrize(
    ("answer", "reason", "code"),
    [
        (failed(500), ProviderFault.SERVER_ERROR, "500"),
        (failed(429), ProviderFault.RATE_LIMITED, "429"),
        (ok({"data": 5}), ProviderFault.BAD_BODY, "bad_body"),
        (ok({"data": {"id": 8}}), ProviderFault.BAD_BODY, "bad_body"),
    ],
)
async def test_a_failure_is_not_tried_again_at_once_and_is_counted(
    answer: web.Response, reason: ProviderFault, code: str
) -> None:
    metrics = Metrics("test")
    async with (
        scripted({DETAIL: [answer]}) as provider,
        reader(provider.url, metrics=metrics) as account,
    ):
        with pytest.raises(ProviderError) as caught:
            await account.detail(7)
        assert len(provider.requests(DETAIL)) == 1
    assert caught.value.reason is reason
    assert (
        metrics.registry.get_sample_value(
            "bsg_monitor_api_requests_total", {"account": "default", "code": code}
        )
        == 1
    )


async def test_a_detail_that_does_not_come_is_given_up_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("monitor.provider.campaign_detail.REQUEST_SECONDS", 0.05)
    released = asyncio.Event()

    async def hang(_: web.Request) -> web.Response:
        await released.wait()
        return ok(ANSWER)

    async with scripted({DETAIL: hang}) as provider, reader(provider.url) as account:
        with pytest.raises(ProviderError) as caught:
            await account.detail(7)
        released.set()
    assert caught.value.reason is ProviderFault.TIMEOUT
    assert "within 0.05 s" in str(caught.value)


async def test_a_token_that_is_no_longer_taken_is_replaced_once() -> None:
    async with (
        scripted({DETAIL: [ok(ANSWER), failed(401), ok(ANSWER)]}) as provider,
        reader(provider.url) as account,
    ):
        for _ in range(2):
            assert await account.detail(7) is not None
        assert provider.logins == 2
