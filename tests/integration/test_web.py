"""The HTTP listener as a client meets it: what is open, what wants a token, what is refused, and
what the answers say."""

import gzip
import json
import socket
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
import structlog

from monitor.domain.alerting.alert import Alert, AlertKey, AlertState
from monitor.domain.campaign.feed import Feed
from monitor.domain.campaign.snapshot import Campaign
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.errors import MonitorError
from monitor.metrics import CampaignSeries, Metrics
from monitor.web import (
    AlertStatus,
    BalanceStatus,
    FeedStatus,
    ReceiverStatus,
    Status,
    WebOptions,
    WebServer,
    worst_alerts,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TOKEN = "read-me-please"
Client = Callable[..., AbstractAsyncContextManager[aiohttp.ClientResponse]]


def status(
    *,
    swept: bool = True,
    store_error: str | None = None,
    name: str = "Spring sale",
    reload_problems: tuple[str, ...] = (),
) -> Status:
    return Status(
        version="1.2.3",
        now=NOW,
        started_at=NOW - timedelta(hours=2, minutes=5),
        rules=9,
        feeds=(
            FeedStatus(
                account="default",
                message_type="sms",
                swept=swept,
                last_success=NOW - timedelta(seconds=42),
                last_outcome="ok",
                counts={"sending": 1200, "done": 3},
            ),
            FeedStatus(
                account="default",
                message_type="rcs",
                swept=True,
                last_outcome="failed",
                consecutive_failures=3,
                failing_since=NOW - timedelta(minutes=3),
                reason="the provider answered 502",
                counts={"sending": 34},
            ),
        ),
        balances=(
            BalanceStatus(
                account="default", balance=-50.25, credit=125, currency="USD", read_at=NOW
            ),
        ),
        alerts=(
            AlertStatus(
                id="a1",
                alertname="LowDelivery",
                severity="critical",
                firing=True,
                account="default",
                subject=name,
                campaign_id=53651994,
                message_type="sms",
                summary=f"{name}: 61 % of 500 delivered",
                since=NOW - timedelta(minutes=17),
            ),
        ),
        firing=1,
        pending=4,
        receivers=(
            ReceiverStatus(
                receiver="ops",
                integration="slack",
                pending=2,
                delivered=31,
                dead=1,
                oldest_pending=NOW,
            ),
        ),
        last_reload=NOW - timedelta(hours=1),
        reload_problems=reload_problems,
        store_error=store_error,
    )


@asynccontextmanager
async def served(
    options: WebOptions | None = None, shown: Status | None = None, metrics: Metrics | None = None
) -> AsyncIterator[Client]:
    """A client of a running server: `get(path, method="GET", headers={…})`."""
    options = options or WebOptions(port=0)
    async with WebServer(options, metrics or Metrics("1.2.3"), lambda: shown or status()) as server:
        base = f"http://127.0.0.1:{server.url.rpartition(':')[2]}"
        async with aiohttp.ClientSession(auto_decompress=False) as session:

            def ask(path: str, method: str = "GET", headers: dict[str, str] | None = None):  # type: ignore[no-untyped-def]
                return session.request(
                    method,
                    base + path,
                    headers={"Accept-Encoding": "identity", **(headers or {})},
                    allow_redirects=False,
                )

            yield ask


def beyond_loopback(*, token: str | None = TOKEN, public: bool = False) -> WebOptions:
    return WebOptions(host="0.0.0.0", port=0, read_token=token, public_read=public)


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


async def test_metrics_are_plain_text_unless_openmetrics_is_asked_for() -> None:
    async with served() as ask:
        async with ask("/metrics") as answer:
            assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
            assert b"bsg_monitor_build_info{" in await answer.read()
        prometheus = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;q=0.5"
        async with ask("/metrics", headers={"Accept": prometheus}) as answer:
            assert answer.headers["Content-Type"].startswith(
                "application/openmetrics-text; version=1.0.0"
            )
            assert (await answer.read()).endswith(b"# EOF\n")
        for accept in (
            "text/html,*/*;q=0.8",
            "text/plain;version=0.0.4;q=0.5",
            "application/openmetrics-text;version=0.0.1",
            "application/openmetrics-text;version=newest",
        ):
            async with ask("/metrics", headers={"Accept": accept}) as answer:
                assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
                assert b"# EOF" not in await answer.read()


async def test_a_large_answer_is_compressed_for_who_takes_it() -> None:
    metrics = Metrics("1")
    series = CampaignSeries(Feed("default", "sms"))
    snapshot = {
        "account": "default",
        "sender": "S",
        "status": "sending",
        "message_type": "sms",
        "created_at": 1.0,
        "sent": 1,
    }
    series.add(
        TrackedCampaign(
            campaign=Campaign(id=i, name="n", **snapshot),
            first_seen=0,
            status_since=0,
            progress_since=0,
        )
        for i in range(1500)
    )
    metrics.set_campaign_series(series)
    async with served(metrics=metrics) as ask:
        async with ask("/metrics", headers={"Accept-Encoding": "gzip;q=0.5"}) as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            packed = await answer.read()
        for refused in ("identity", "gzip;q=0", "gzip;q=nonsense"):
            async with ask("/metrics", headers={"Accept-Encoding": refused}) as answer:
                assert "Content-Encoding" not in answer.headers
                plain = await answer.read()
    assert len(packed) * 5 < len(plain)
    assert gzip.decompress(packed).count(b"\nbsg_campaign_sent_messages{") == 1500


async def test_health_is_ok_whatever_else_is_not() -> None:
    async with (
        served(shown=status(swept=False, store_error="disk full")) as ask,
        ask("/healthz") as answer,
    ):
        assert (answer.status, await answer.text()) == (200, "ok\n")


async def test_ready_needs_a_complete_sweep_of_every_feed_and_a_working_store() -> None:
    async with served() as ask, ask("/readyz") as answer:
        assert answer.status == 200
        assert await answer.json() == {"ready": True, "reasons": []}
    async with (
        served(shown=status(swept=False, store_error="disk full at /var/x")) as ask,
        ask("/readyz") as answer,
    ):
        assert answer.status == 503
        reasons = (await answer.json())["reasons"]
    assert reasons == [
        "feed default/sms has not been read yet",
        "the store does not work",
    ]


async def test_beyond_loopback_everything_but_health_wants_the_token() -> None:
    async with served(beyond_loopback()) as ask:
        for path in ("/healthz", "/readyz"):
            async with ask(path) as answer:
                assert answer.status == 200
        for path in ("/", "/metrics", "/static/style.css", "/no-such-page", "/healthz/../metrics"):
            async with ask(path) as answer:
                assert answer.status == 401
                assert answer.headers["WWW-Authenticate"].startswith("Basic ")
                assert TOKEN not in await answer.text()


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Authorization": f"Bearer {TOKEN}"}, 200),
        ({"Authorization": f"bearer  {TOKEN}"}, 200),
        (basic("any-user", TOKEN), 200),
        (basic("", TOKEN), 200),
        (basic(TOKEN, "x"), 401),
        (basic("x", TOKEN + "x"), 401),
        ({"Authorization": f"Bearer {TOKEN[:-1]}"}, 401),
        ({"Authorization": "Bearer "}, 401),
        ({"Authorization": "Basic %%%"}, 401),
        ({"Authorization": "Basic /w=="}, 401),
        ({"Authorization": f"Digest {TOKEN}"}, 401),
        ({"Authorization": "Bearer gr\u00fcn"}, 401),
    ],
)
async def test_the_token_is_taken_as_bearer_or_as_basic_password(
    headers: dict[str, str], expected: int
) -> None:
    async with served(beyond_loopback()) as ask, ask("/metrics", headers=headers) as answer:
        assert answer.status == expected


async def test_a_configured_token_is_required_on_loopback_too() -> None:
    async with served(WebOptions(port=0, read_token=TOKEN)) as ask:
        async with ask("/") as answer:
            assert answer.status == 401
        async with ask("/", headers=basic("me", TOKEN)) as answer:
            assert answer.status == 200


async def test_public_read_opens_it() -> None:
    async with served(beyond_loopback(public=True)) as ask, ask("/metrics") as answer:
        assert answer.status == 200


async def test_beyond_loopback_without_a_token_nothing_is_shown_and_the_answer_says_what_to_set() -> (
    None
):
    async with served(beyond_loopback(token=None)) as ask, ask("/") as answer:
        assert answer.status == 403
        assert "BSG_READ_TOKEN" in await answer.text()


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost:9780", 200),
        ("localhost.:9780", 200),
        ("127.0.0.1", 200),
        ("[::1]:9780", 200),
        ("monitor.localhost", 200),
        ("status.example.org", 200),
        ("STATUS.example.org:443", 200),
        ("rebound.attacker.test", 421),
        ("127.0.0.1.attacker.test", 421),
        ("[bad", 421),
    ],
)
async def test_on_loopback_a_foreign_host_is_refused(host: str, expected: int) -> None:
    options = WebOptions(port=0, external_url="https://status.example.org/bsg")
    async with served(options) as ask:
        async with ask("/", headers={"Host": host}) as answer:
            assert answer.status == expected
        async with ask("/healthz", headers={"Host": host}) as answer:
            assert answer.status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_only_reading_is_allowed(method: str) -> None:
    async with served() as ask:
        for path in ("/", "/metrics", "/healthz", "/readyz"):
            async with ask(path, method=method) as answer:
                assert answer.status == 405
                assert answer.headers["Allow"] == "GET,HEAD"


async def test_head_is_answered_without_a_body() -> None:
    async with served() as ask, ask("/", method="HEAD") as answer:
        assert answer.status == 200
        assert await answer.read() == b""


async def test_every_answer_has_the_security_headers() -> None:
    async with served(beyond_loopback()) as ask:
        for path in ("/", "/healthz", "/nowhere"):
            for headers in ({}, basic("x", TOKEN)):
                async with ask(path, headers=headers) as answer:
                    policy = answer.headers["Content-Security-Policy"]
                    assert "default-src 'none'" in policy
                    assert "unsafe" not in policy
                    assert answer.headers["X-Content-Type-Options"] == "nosniff"
                    assert answer.headers["X-Frame-Options"] == "DENY"


async def test_the_page_says_what_runs() -> None:
    async with (
        served(shown=status(reload_problems=("rules.yaml:3:5: unknown key",))) as ask,
        ask("/") as answer,
    ):
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        page = await answer.text()
    for fact in (
        "version 1.2.3",
        ">2 h 5 min</time>",
        "LowDelivery",
        "Spring sale",
        "53651994",
        "17 min ago",
        "1 firing, 4 pending",
        "and 4 more",
        "1,234",
        "42 s ago",
        "the provider answered 502",
        "3 in a row, for <time",
        "-50.25",
        "74.75",
        "ops",
        "rules.yaml:3:5: unknown key",
        'http-equiv="refresh"',
    ):
        assert fact in page, fact


async def test_a_campaigns_name_cannot_become_markup() -> None:
    evil = """\u202e\x1b<script>alert(1)</script>"'><img src=x onerror=alert(1)>{{ 7*7 }}"""
    async with served(shown=status(name=evil)) as ask, ask("/") as answer:
        page = await answer.text()
    assert "<script" not in page
    assert "<img" not in page
    assert "<bdi>&lt;script&gt;" in page
    assert "\u202e" not in page


async def test_nothing_is_loaded_from_elsewhere() -> None:
    async with served() as ask, ask("/") as answer:
        page = await answer.text()
    assert "http://" not in page
    assert "https://" not in page
    assert "style=" not in page
    assert "<script" not in page


async def test_a_page_with_nothing_to_show_is_a_page_all_the_same() -> None:
    empty = Status(version="1", now=NOW, started_at=NOW, rules=0, feeds=())
    async with served(shown=empty) as ask, ask("/") as answer:
        page = await answer.text()
    assert answer.status == 200
    assert "Nothing is firing." in page
    assert "No receiver is configured." in page


async def test_a_bug_becomes_a_500_that_tells_nothing_and_is_logged() -> None:
    def broken() -> Status:
        raise RuntimeError("inner secret")

    with structlog.testing.capture_logs() as logged:
        async with (
            WebServer(WebOptions(port=0), Metrics("1"), broken) as server,
            aiohttp.ClientSession() as session,
            session.get(server.url) as answer,
        ):
            assert answer.status == 500
            assert "inner secret" not in await answer.text()
    assert [event["event"] for event in logged] == ["http_request_failed"]


async def test_a_port_in_use_is_an_error_for_people() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = WebServer(WebOptions(port=port), Metrics("1"), status)
        with pytest.raises(
            MonitorError, match=f"cannot listen on 127.0.0.1:{port}: the port is in use.*BSG_LISTEN"
        ):
            await server.start()
        await server.stop()


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
async def test_an_address_that_is_not_ours_is_an_error_for_people(host: str) -> None:
    with pytest.raises(MonitorError, match=r"cannot listen on .*BSG_LISTEN"):
        await WebServer(WebOptions(host=host, port=0), Metrics("1"), status).start()


async def test_ipv6_is_served_and_named_right() -> None:
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    server = WebServer(WebOptions(host="::1", port=0), Metrics("1"), status)
    try:
        await server.start()
    except MonitorError:
        pytest.skip("this machine has no IPv6 loopback")
    async with aiohttp.ClientSession() as session, session.get(server.url + "/") as answer:
        assert answer.status == 200
    assert server.url.startswith("http://[::1]:")
    await server.stop()


def alert(
    rule: str, state: AlertState, severity: str, minutes: int, *, event: bool = False
) -> Alert:
    return Alert(
        id=f"{rule}-{minutes}",
        fingerprint="f",
        key=AlertKey(rule=rule, account="default", subject="7"),
        state=state,
        labels={"severity": severity},
        annotations={},
        active_since=NOW - timedelta(minutes=minutes),
        event_id="e" if event else None,
    )


def test_the_worst_alerts_come_first() -> None:
    firing, pending, resolved = AlertState.FIRING, AlertState.PENDING, AlertState.RESOLVED
    alerts = [
        alert("P", pending, "critical", 90),
        alert("W", firing, "warning", 80),
        alert("New", firing, "critical", 1),
        alert("Old", firing, "critical", 60),
        alert("Own", firing, "page-the-boss", 99),
        alert("Gone", resolved, "critical", 99),
        alert("Event", firing, "critical", 99, event=True),
    ]
    assert [shown.alertname for shown in worst_alerts(alerts)] == ["Old", "New", "W", "Own", "P"]
    assert [shown.alertname for shown in worst_alerts(alerts, 2)] == ["Old", "New"]


async def test_readiness_is_json_that_machines_read() -> None:
    async with served() as ask, ask("/readyz") as answer:
        assert answer.headers["Content-Type"].startswith("application/json")
        assert json.loads(await answer.text())["ready"] is True
