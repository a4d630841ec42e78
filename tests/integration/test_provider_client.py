"""The client against a server that says exactly what the test tells it to."""

import asyncio
import gzip
import json
from datetime import timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from monitor.errors import ProviderError, ProviderFault
from monitor.metrics import Metrics
from monitor.ports import Sweep
from monitor.provider.client import Call, Client
from monitor.provider.source import Provider
from tests.clock import START, FakeClock, InstantClock
from tests.unit.provider.scripted import LIST, failed, ok, page, reader, row, scripted

STARTED = START.timestamp()


async def sweep(provider: Provider) -> Sweep:
    return await provider.sweep("rcs", since=STARTED - 3600, started=STARTED)


async def test_a_sweep_asks_as_documented() -> None:
    answers = [ok(page(row(1), row(2))), ok(page(row(2), total=2))]
    async with (
        scripted({LIST: answers}) as server,
        reader(server.url) as provider,
    ):
        swept = await sweep(provider)
    assert [campaign.id for campaign in swept.campaigns] == [1, 2]
    assert (swept.complete, swept.reason, swept.requests) == (True, None, 2)
    request, proof = server.requests(LIST)
    assert dict(request.query) == {
        "filter[type]": "rcs",
        "filter[from]": "2026-03-02 06:00:00",
        "filter[to]": "2026-03-03 11:00:00",
        "page[offset]": "0",
        "page[limit]": "500",
        "sort": "id",
        "way": "asc",
    }
    assert dict(proof.query) == {**request.query, "page[offset]": "1"}
    assert request.headers["Authorization"].startswith("Bearer ey")
    assert request.headers["User-Agent"].startswith("bsg-monitor/")
    assert request.headers["Accept-Encoding"] == "gzip"
    assert request.headers["Accept"] == "application/json"


@pytest.mark.parametrize(
    "broken",
    [
        web.Response(status=500, text="<html>oops</html>", content_type="text/html"),
        failed(429, "Too many duplicate request detected"),
        web.Response(body=b'{"data":[{"id":1'),
        web.Response(text="<html>fine</html>"),
        ok({"error": "40", "errorDescription": "Unknown error"}),
        web.Response(body=b"not gzip", headers={"Content-Encoding": "gzip"}),
    ],
    ids=["500", "429", "cut", "html", "v1 error", "bad gzip"],
)
async def test_a_page_that_fails_twice_is_asked_for_a_third_time_with_growing_waits(
    broken: web.Response,
) -> None:
    clock = InstantClock()
    script = {LIST: [broken, broken, ok(page(row(1)))]}
    async with scripted(script) as server, reader(server.url, clock=clock) as provider:
        swept = await sweep(provider)
    assert (swept.complete, swept.requests) == (True, 3)
    assert [seconds for seconds in clock.slept if seconds] == [1.0, 2.0]


async def test_the_third_failure_is_final_and_counted() -> None:
    metrics = Metrics("test")
    async with (
        scripted({LIST: [failed(503)]}) as server,
        reader(server.url, metrics=metrics) as provider,
    ):
        with pytest.raises(ProviderError, match="503") as caught:
            await sweep(provider)
    assert (caught.value.reason, caught.value.status, caught.value.retryable) == (
        ProviderFault.SERVER_ERROR,
        503,
        True,
    )
    assert len(server.requests(LIST)) == 3
    sample = metrics.registry.get_sample_value
    assert sample("bsg_monitor_api_requests_total", {"account": "default", "code": "503"}) == 3
    assert (
        sample("bsg_monitor_api_requests_total", {"account": "default", "code": "200"}) == 1
    )  # the log-in


@pytest.mark.parametrize(
    ("wish", "waited"), [("7", 7.0), ("1.5", 1.5), ("Mon, 02 Mar 2026 05:01:30 GMT", 90.0)]
)
async def test_a_429_waits_for_retry_after_by_the_providers_clock(wish: str, waited: float) -> None:
    clock = InstantClock()
    answer = failed(429, Retry_After=wish, Date="Mon, 02 Mar 2026 05:00:00 GMT")
    script = {LIST: [answer, ok(page(row(1)))]}
    async with scripted(script) as server, reader(server.url, clock=clock) as provider:
        assert (await sweep(provider)).complete
    assert clock.monotonic() - 1000.0 == waited


async def test_a_retry_after_holds_back_every_feed_of_the_account() -> None:
    clock = FakeClock()
    script = {
        LIST: [failed(429, Retry_After="60"), ok(page())],
        "/api/accounts/balance": [ok({"data": {"balance": 1}})],
    }
    async with (
        scripted(script) as server,
        reader(server.url, clock=clock, token="t") as provider,
        asyncio.TaskGroup() as tasks,
    ):
        task = tasks.create_task(sweep(provider))
        while not clock.sleeping:
            await clock.settle()
        balance = tasks.create_task(provider.balance(now=START))
        await clock.advance(59)
        assert not server.requests("/api/accounts/balance")
        while not (task.done() and balance.done()):
            await clock.advance(1)
    assert balance.result().balance == 1


async def test_a_balance_is_read_field_by_field_and_what_is_odd_is_told_once() -> None:
    money = {"balance": 10, "credit": 125, "currency": "EUR"}
    odd = money | {"balance": -20, "credit": "125 EUR"}
    script = {"/api/accounts/balance": [ok({"data": each}) for each in (money, odd, odd)]}
    async with scripted(script) as server, reader(server.url, token="t") as provider:
        with capture_logs() as logs:
            found = [await provider.balance(now=START) for _ in range(3)]
    assert [each.spendable for each in found] == [135.0, 105.0, 105.0]
    told = [(entry["event"], entry["fields"]) for entry in logs if "fields" in entry]
    assert told == [("balance_partly_read", ["credit"])]


async def test_a_retry_after_beyond_five_minutes_ends_the_poll_and_the_next_ones_without_a_request() -> (
    None
):
    clock = InstantClock()
    script = {LIST: [failed(429, "come back tomorrow", Retry_After="86400"), ok(page(row(1)))]}
    async with scripted(script) as server, reader(server.url, clock=clock) as provider:
        with pytest.raises(ProviderError, match="come back tomorrow") as caught:
            await sweep(provider)
        assert (caught.value.reason, caught.value.retry_after) == (
            ProviderFault.RATE_LIMITED,
            86400.0,
        )
        await clock.sleep(60)
        with pytest.raises(ProviderError, match="come back tomorrow"):
            await sweep(provider)
        assert len(server.requests(LIST)) == 1
        await clock.sleep(240)
        assert (await sweep(provider)).complete
    assert clock.monotonic() - 1000.0 == 300.0


async def test_a_request_that_hangs_ends_after_its_time() -> None:
    released = asyncio.Event()

    async def hang(_: web.Request) -> web.StreamResponse:
        await released.wait()
        return ok({})

    async with scripted({"/x": hang}) as server:
        async with Client(
            account="a", url=server.url, clock=InstantClock(), metrics=Metrics("test"), timeout=0.05
        ) as client:
            with pytest.raises(ProviderError) as caught:
                await client.request(Call(method="GET", path="/x"), bytes)
        released.set()
    assert (caught.value.reason, len(server.requests("/x"))) == (ProviderFault.TIMEOUT, 3)


async def test_a_body_cut_off_by_the_connection_is_asked_for_again() -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b'{"data":[')
        assert request.transport is not None
        request.transport.close()
        return response

    async with scripted({LIST: [cut, ok(page(row(1)))]}) as server, reader(server.url) as provider:
        assert (await sweep(provider)).complete


async def test_a_decompression_bomb_is_refused_while_it_is_read() -> None:
    bomb = web.Response(body=gzip.compress(b" " * 64 * 2**20), headers={"Content-Encoding": "gzip"})
    async with scripted({LIST: [bomb]}) as server, reader(server.url) as provider:
        with pytest.raises(ProviderError, match="8 MiB") as caught:
            await sweep(provider)
    assert caught.value.reason is ProviderFault.TOO_LARGE
    assert len(server.requests(LIST)) == 1


async def test_a_gzipped_page_is_read() -> None:
    body = gzip.compress(json.dumps(page(*(row(n) for n in range(1, 500)))).encode())
    answer = web.Response(body=body, headers={"Content-Encoding": "gzip"})
    async with scripted({LIST: [answer]}) as server, reader(server.url) as provider:
        assert len((await sweep(provider)).campaigns) == 499


async def test_a_redirect_is_not_followed() -> None:
    moved = web.Response(status=302, headers={"Location": "/elsewhere"})
    async with scripted({LIST: [moved]}) as server, reader(server.url) as provider:
        with pytest.raises(ProviderError, match="not followed") as caught:
            await sweep(provider)
    assert caught.value.reason is ProviderFault.REDIRECT
    assert not server.requests("/elsewhere")


async def test_the_providers_clock_is_learnt_from_its_date_header() -> None:
    ahead = format_datetime(START + timedelta(hours=1), usegmt=True)
    async with (
        scripted({LIST: [ok(page(), Date=ahead)]}) as server,
        reader(server.url, token="t") as provider,
    ):
        assert provider.clock_skew is None
        await sweep(provider)
        assert provider.clock_skew == pytest.approx(3600.5, abs=1)


async def test_a_later_window_that_fails_makes_the_sweep_partial() -> None:
    script = {LIST: [ok(page(row(1))), failed(422, "The given data was invalid.")]}
    async with scripted(script) as server, reader(server.url) as provider:
        swept = await provider.sweep("rcs", since=STARTED - 92 * 86400, started=STARTED)
    assert (swept.complete, [campaign.id for campaign in swept.campaigns]) == (False, [1])
    assert "422" in (swept.reason or "")


async def test_windows_are_put_together_by_id_and_the_later_reading_wins() -> None:
    older, newer = page(row(1), row(3, name="old")), page(row(2), row(3, name="new"))
    async with scripted({LIST: [ok(older), ok(newer)]}) as server, reader(server.url) as provider:
        swept = await provider.sweep("rcs", since=STARTED - 92 * 86400, started=STARTED)
    assert [(campaign.id, campaign.name) for campaign in swept.campaigns] == [
        (1, "campaign 1"),
        (2, "campaign 2"),
        (3, "new"),
    ]


async def test_rows_that_cannot_be_read_are_told_with_the_sweep() -> None:
    async with (
        scripted({LIST: [ok(page(row(1), row(2, status=None), {"id": "x"}))]}) as server,
        reader(server.url) as provider,
    ):
        swept = await sweep(provider)
    assert (swept.complete, swept.unreadable, swept.nameless) == (True, {2}, 1)


async def test_a_row_without_an_id_at_the_edge_of_two_pages_is_one_row_of_a_complete_sweep() -> (
    None
):
    rows = [row(number) for number in range(1, 60)]
    rows[29] = {"id": "none"}  # the last of the first page, the first of the second
    pages = [
        page(*rows[:30], total=59, limit=30),
        page(*rows[29:], total=59, limit=30),
        page(*rows[13:43], total=59, limit=30),
        page(rows[58], total=59, limit=30),
    ]
    async with (
        scripted({LIST: [ok(answer) for answer in pages]}) as server,
        reader(server.url) as provider,
    ):
        swept = await sweep(provider)
        offsets = [asked.query["page[offset]"] for asked in server.requests(LIST)]
    assert offsets == ["0", "29", "13", "58"]
    assert (swept.complete, swept.nameless, len(swept.campaigns)) == (True, 1, 58)


async def test_an_unchanged_row_is_the_same_object_in_the_next_sweep() -> None:
    async with scripted({LIST: [ok(page(row(1)))]}) as server, reader(server.url) as provider:
        first, second = await sweep(provider), await sweep(provider)
        assert first.campaigns[0] is second.campaigns[0]
        fresh = await provider.sweep("rcs", since=STARTED, started=STARTED, fresh=True)
        assert fresh.campaigns[0] is first.campaigns[0]


async def test_verify_reads_every_feed_and_the_balance() -> None:
    script = {LIST: [ok(page(limit=30))], "/api/accounts/balance": [ok({"data": {"balance": 1}})]}
    async with scripted(script) as server, reader(server.url) as provider:
        await provider.verify()
    assert [request.query["filter[type]"] for request in server.requests(LIST)] == ["sms", "rcs"]
    assert len(server.requests("/api/accounts/balance")) == 1


async def test_a_session_that_was_given_is_left_open() -> None:
    async with scripted({LIST: [ok(page())]}) as server:
        import aiohttp

        async with aiohttp.ClientSession() as session:
            async with Client(
                account="a",
                url=server.url,
                clock=InstantClock(),
                metrics=Metrics("t"),
                session=session,
            ) as client:
                await client.request(Call(method="GET", path=LIST), bytes)
            assert not session.closed


@pytest.mark.parametrize("fresh", [False, True])
async def test_the_providers_published_example_is_a_complete_list_of_its_one_campaign(
    fresh: bool,
) -> None:
    """Two rows of one id under a total of 1, a limit of 30, dates of years ago; the same answer to
    every request."""
    dates = {
        "created_at": "2021-04-27 19:44:06",
        "start_at": "2021-04-27 19:44:06",
        "real_start_at": None,
        "finished_at": None,
    }
    example = page(row(53651994, **dates), row(53651994, **dates), total=1, limit=30)
    async with scripted({LIST: [ok(example)]}) as server, reader(server.url) as provider:
        for _ in range(2):
            swept = await provider.sweep("rcs", since=STARTED - 3600, started=STARTED, fresh=fresh)
            assert (swept.complete, swept.reason, swept.rows_given) == (True, None, 1)
            assert [campaign.id for campaign in swept.campaigns] == [53651994]
            assert swept.requests <= 4  # with the log-in


async def test_a_list_without_a_page_object_is_read_to_its_end() -> None:
    rows = [row(number) for number in range(1, 8)]

    async def answer(request: web.Request) -> web.StreamResponse:
        offset = int(request.query["page[offset]"])
        return ok({"data": rows[offset : offset + 3]})

    async with scripted({LIST: answer}) as server, reader(server.url) as provider:
        swept = await sweep(provider)
    assert (swept.complete, swept.reason, len(swept.campaigns)) == (True, None, 7)
