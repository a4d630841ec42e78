"""Which path answers, and when a 404 means that a campaign is gone."""

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from monitor.errors import ProviderError, ProviderFault
from monitor.provider.source import Provider
from tests.clock import START, InstantClock
from tests.unit.provider.scripted import failed, ok, page, reader, row, scripted

MANY, ONE, EXAMPLE = "/api/campaigns", "/api/campaign", "/campaigns"
HTML_404 = web.Response(status=404, text="<html>Not Found</html>", content_type="text/html")


async def sweep(provider: Provider) -> list[int]:
    swept = await provider.sweep("rcs", since=START.timestamp(), started=START.timestamp())
    return [campaign.id for campaign in swept.campaigns]


@pytest.mark.parametrize("missing", [failed(404, "Not Found."), HTML_404])
async def test_the_other_path_is_tried_on_a_404_remembered_and_logged_once(
    missing: web.Response,
) -> None:
    async with (
        scripted({MANY: [missing], ONE: [ok(page(row(1)))]}) as server,
        reader(server.url) as provider,
    ):
        with capture_logs() as logs:
            for _ in range(3):
                assert await sweep(provider) == [1]
    assert (len(server.requests(MANY)), len(server.requests(ONE))) == (1, 3)
    assert [(entry["event"], entry["path"]) for entry in logs] == [("campaigns_path_chosen", ONE)]


async def test_the_path_of_the_providers_own_example_is_tried_last() -> None:
    script = {MANY: [failed(404)], ONE: [HTML_404], EXAMPLE: [ok(page(row(1)))]}
    async with scripted(script) as server, reader(server.url) as provider:
        assert [await sweep(provider) for _ in range(2)] == [[1], [1]]
    asked = [request.path for request in server.seen if not request.path.startswith("/api/auth/")]
    assert asked[:3] == [MANY, ONE, EXAMPLE]
    assert set(asked[3:]) == {EXAMPLE}


async def test_an_api_that_moves_its_list_is_followed() -> None:
    async with (
        scripted({MANY: [ok(page(row(1))), failed(404)], ONE: [ok(page(row(2)))]}) as server,
        reader(server.url) as provider,
    ):
        assert [await sweep(provider) for _ in range(3)] == [[1], [2], [2]]


async def test_neither_path_is_an_error_that_names_the_settings() -> None:
    async with scripted() as server, reader(server.url) as provider:
        with pytest.raises(ProviderError, match="BSG_API_URL and BSG_CAMPAIGNS_PATH") as caught:
            await sweep(provider)
    assert caught.value.reason is ProviderFault.NOT_FOUND


async def test_another_failure_than_404_does_not_lead_to_the_other_path() -> None:
    async with (
        scripted({MANY: [failed(500)], ONE: [ok(page())]}) as server,
        reader(server.url) as provider,
    ):
        with pytest.raises(ProviderError):
            await sweep(provider)
    assert not server.requests(ONE)


async def test_a_path_that_is_set_is_the_only_one() -> None:
    script = {"/v3/list": [ok(page(row(1)))]}
    async with (
        scripted(script) as server,
        reader(server.url, campaigns_path="v3/list/") as provider,
    ):
        assert await sweep(provider) == [1]
        with pytest.raises(ProviderError):
            await provider.campaign(2)
    assert not server.requests(MANY)


async def test_a_base_url_with_a_path_is_kept() -> None:
    async with (
        scripted({"/bsg" + MANY: [ok(page(row(1)))]}) as server,
        reader(server.url + "/bsg/", token="t") as provider,
    ):
        assert await sweep(provider) == [1]


async def test_a_campaign_is_read_by_its_id() -> None:
    script = {MANY: [ok(page())], f"{MANY}/7": [ok({"data": row(7)})]}
    async with scripted(script) as server, reader(server.url) as provider:
        found = await provider.campaign(7)
    assert found is not None
    assert (found.id, found.status) == (7, "sending")


async def test_a_campaign_is_gone_when_its_path_answers_for_another_one() -> None:
    script = {
        MANY: [ok(page(row(6), row(7)))],
        f"{MANY}/7": [ok({"data": row(7)})],
        f"{MANY}/5": [failed(404)],
    }
    async with scripted(script) as server, reader(server.url) as provider:
        await sweep(provider)
        assert await provider.campaign(5) is None
        assert await provider.campaign(4) is None
    assert len(server.requests(f"{MANY}/7")) == 1  # asked once, believed for five minutes


async def test_single_campaigns_may_live_under_the_other_path() -> None:
    script = {
        MANY: [failed(404)],
        ONE: [ok(page(row(7)))],
        f"{MANY}/5": [ok({"data": row(5)})],
        f"{MANY}/7": [ok({"data": row(7)})],
    }
    async with scripted(script) as server, reader(server.url) as provider:
        await sweep(provider)
        found = await provider.campaign(5)
        assert found is not None
        assert await provider.campaign(4) is None


async def test_an_api_that_moved_its_single_campaigns_makes_none_vanish() -> None:
    async with (
        scripted({MANY: [ok(page(row(6), row(7)))]}) as server,
        reader(server.url) as provider,
    ):
        await sweep(provider)
        with pytest.raises(ProviderError, match="cannot tell whether campaign 5 is gone"):
            await provider.campaign(5)


async def test_a_witness_that_has_just_vanished_itself_is_not_the_only_one() -> None:
    script = {MANY: [ok(page(row(6), row(7)))], f"{MANY}/6": [ok({"data": row(6)})]}
    async with scripted(script) as server, reader(server.url) as provider:
        await sweep(provider)
        assert await provider.campaign(5) is None


async def test_a_proof_that_the_path_works_is_asked_for_again_after_five_minutes() -> None:
    clock = InstantClock()
    script = {MANY: [ok(page(row(7)))], f"{MANY}/7": [ok({"data": row(7)}), failed(404)]}
    async with scripted(script) as server, reader(server.url, clock=clock) as provider:
        await sweep(provider)
        assert await provider.campaign(5) is None
        await clock.sleep(299)
        assert await provider.campaign(4) is None
        await clock.sleep(2)
        with pytest.raises(ProviderError, match="cannot tell"):
            await provider.campaign(3)


async def test_a_404_page_that_is_not_the_providers_makes_no_campaign_vanish() -> None:
    script = {MANY: [ok(page())], f"{MANY}/5": [HTML_404], f"{ONE}/5": [HTML_404]}
    async with scripted(script) as server, reader(server.url) as provider:
        await sweep(provider)
        with pytest.raises(ProviderError, match="cannot tell"):
            await provider.campaign(5)


async def test_where_no_other_campaign_is_known_the_lists_own_path_is_believed() -> None:
    async with scripted({MANY: [ok(page())]}) as server, reader(server.url) as provider:
        with pytest.raises(ProviderError, match="cannot tell"):
            await provider.campaign(5)  # nothing has answered yet
        await sweep(provider)
        assert await provider.campaign(5) is None


@pytest.mark.parametrize(
    "answer",
    [ok({"data": row(8)}), ok({"data": row(7, status=None)}), ok({"data": []}), ok(["no"])],
)
async def test_a_single_answer_that_does_not_fit_is_an_error(answer: web.Response) -> None:
    async with (
        scripted({MANY: [ok(page())], f"{MANY}/7": [answer]}) as server,
        reader(server.url) as provider,
    ):
        with pytest.raises(ProviderError) as caught:
            await provider.campaign(7)
    assert caught.value.reason is ProviderFault.BAD_BODY


async def test_a_failure_is_never_taken_for_a_404() -> None:
    script = {
        MANY: [ok(page(row(6)))],
        f"{MANY}/6": [ok({"data": row(6)})],
        f"{MANY}/5": [failed(500)],
    }
    async with scripted(script) as server, reader(server.url) as provider:
        await sweep(provider)
        with pytest.raises(ProviderError) as caught:
            await provider.campaign(5)
    assert caught.value.reason is ProviderFault.SERVER_ERROR
