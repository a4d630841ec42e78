"""The page of one alert, and what the page of all says first."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import aiohttp
import msgspec
import pytest

from monitor.domain.alerting.alert import Alert, AlertKey, AlertState, ResolveReason
from monitor.domain.campaign.detail import CampaignDetail
from monitor.domain.campaign.snapshot import Campaign
from monitor.errors import StoreError, StoreFault
from monitor.metrics import Metrics
from monitor.web import FeedStatus, WebOptions, WebServer, worst_alerts
from tests.integration.test_web import NOW, TOKEN, Client, basic, status

CAMPAIGN = Campaign(
    account="default",
    id=53651994,
    name="Spring <b>sale</b>",
    sender="Shop",
    status="done",
    message_type="rcs",
    created_at=NOW.timestamp() - 7200,
    start_at=NOW.timestamp() - 3600,
    sent=1200,
    delivered=732,
    fallback_sent=100,
    fallback_delivered=90,
    calculated_price=1234.5,
    currency="EUR",
)


def alert(id_: str = "0123456789abcdef-195", **changes: object) -> Alert:
    firing = Alert(
        id=id_,
        fingerprint="0123456789abcdef",
        key=AlertKey(rule="LowDelivery", account="default", subject="53651994"),
        state=AlertState.FIRING,
        labels={"severity": "critical", "team": "<i>sms</i>"},
        annotations={
            "summary": "<script>alert(1)</script> 61 % of 1,200 delivered",
            "description": "Look at the sender.",
            "runbook_url": "https://wiki.example.org/low?a=1&b=2",
        },
        active_since=NOW - timedelta(minutes=17),
        fired_at=NOW - timedelta(minutes=12),
        campaign=CAMPAIGN,
    )
    return msgspec.structs.replace(firing, **changes)


@asynccontextmanager
async def served(
    *alerts: Alert, broken: bool = False, options: WebOptions | None = None
) -> AsyncIterator[Client]:
    asked: list[str] = []

    async def find(alert_id: str) -> Alert | None:
        asked.append(alert_id)
        if broken:
            raise StoreError(
                "disk I/O error at /var/secret", reason=StoreFault.UNAVAILABLE, retryable=True
            )
        return next((each for each in alerts if each.id == alert_id), None)

    async with (
        WebServer(options or WebOptions(port=0), Metrics("1"), status, find) as server,
        aiohttp.ClientSession() as session,
    ):
        base = f"http://127.0.0.1:{server.url.rpartition(':')[2]}"

        def ask(path: str, headers: dict[str, str] | None = None):  # type: ignore[no-untyped-def]
            return session.get(base + path, headers=headers or {})

        yield ask
    assert all(len(alert_id) <= 200 for alert_id in asked)


async def test_an_alerts_page_says_what_is_wrong_since_when_and_with_what() -> None:
    async with served(alert()) as ask, ask("/alerts/0123456789abcdef-195") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        page = await answer.text()
    for fact in (
        "LowDelivery",
        '<span class="badge firing">firing</span>',
        '<span class="badge critical">critical</span>',
        "61 % of 1,200 delivered",
        "Look at the sender.",
        '<a href="https://wiki.example.org/low?a=1&amp;b=2" rel="noopener noreferrer">Runbook</a>',
        "2026-03-02 08:43:00 UTC</time>",
        "17 min ago",
        "Firing since",
        "What's wrong",
        "732 (61.0 %)",
        "90 (90.0 %)",
        "1,234.50 EUR",
        "Planned start",
        "&lt;i&gt;sms&lt;/i&gt;",
        'href="../"',
        'http-equiv="refresh"',
    ):
        assert fact in page, fact
    assert "It ended" not in page
    assert "<script" not in page
    assert "<b>" not in page


async def test_the_page_of_a_frozen_alert_says_since_when() -> None:
    since = "sent not readable since 2026-03-02 08:50 UTC, so this is as it was then."
    async with served(alert(frozen=since)) as ask, ask("/alerts/0123456789abcdef-195") as answer:
        page = await answer.text()
    assert f"{since} Look at the sender." in page


async def test_an_alerts_page_shows_what_was_read_of_its_campaign_in_detail() -> None:
    read = CampaignDetail(
        read_at=NOW.timestamp() - 120,
        total_messages=9000,
        total_price=54.321,
        currency="EUR",
        delivered=90,
        expired=10,
    )
    async with served(alert(detail=read)) as ask, ask("/alerts/0123456789abcdef-195") as answer:
        page = await answer.text()
    for fact in (
        "Messages in all",
        "9,000",
        "Cost so far",
        "54.32 EUR",
        "Not delivered because",
        "expired 10 %",
        "2 min ago",
    ):
        assert fact in page, fact


async def test_an_ended_alert_says_what_ended_it_and_stands_still() -> None:
    ended = alert(
        state=AlertState.RESOLVED,
        resolved_at=NOW,
        inactive_since=NOW,
        resolve_reason=ResolveReason.SETTLED,
    )
    async with served(ended) as ask, ask("/alerts/" + ended.id) as answer:
        page = await answer.text()
    for fact in (
        '<span class="badge resolved">resolved</span>',
        "It ended: campaign settled.",
        "Held since",
        "Ended",
    ):
        assert fact in page, fact
    assert "http-equiv" not in page


async def test_an_ended_alerts_page_says_that_it_is_over_and_asks_for_nothing() -> None:
    ended = alert(
        state=AlertState.RESOLVED,
        resolved_at=NOW,
        resolve_reason=ResolveReason.CONDITION,
        campaign=msgspec.structs.replace(CAMPAIGN, name="Spring sale", delivered=1100),
        labels={"alertname": "LowDelivery", "severity": "critical"},
        annotations=alert().annotations | {"summary": "Spring sale: 61 % delivered"},
    )
    async with served(ended) as ask, ask("/alerts/" + ended.id) as answer:
        page = await answer.text()
    for fact in (
        "What was wrong",
        "Spring sale: LowDelivery is over, status is done",
        "While it fired, it said: “<bdi>Spring sale: 61 % delivered</bdi>”",
        "1,100 (91.7 %)",
    ):
        assert fact in page, fact
    for gone in ("What's wrong", "Look at the sender.", "Runbook", "wiki.example.org"):
        assert gone not in page, gone


@pytest.mark.parametrize("reason", list(ResolveReason))
async def test_every_end_has_words(reason: ResolveReason) -> None:
    ended = alert(state=AlertState.RESOLVED, resolved_at=NOW, resolve_reason=reason)
    async with served(ended) as ask, ask("/alerts/" + ended.id) as answer:
        assert f"It ended: {reason.value}." not in await answer.text()


async def test_pending_ones_events_and_those_of_accounts_have_pages_too() -> None:
    alerts = (
        alert("pending-1", state=AlertState.PENDING, fired_at=None, annotations={}),
        alert("event-1", event_id="e", resolved_at=NOW, fired_at=NOW, active_since=NOW),
        alert("account-1", key=AlertKey("ApiDown", "shop", ""), campaign=None),
    )
    facts = {
        "pending-1": "No one has been told",
        "event-1": "Happened",
        "account-1": "<bdi>shop</bdi>",
    }
    async with served(*alerts) as ask:
        for alert_id, fact in facts.items():
            async with ask("/alerts/" + alert_id) as answer:
                assert answer.status == 200
                assert fact in await answer.text(), alert_id


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "https://",
        "//elsewhere.example",
        "data:text/html,x",
        "http://[x",
        "https://a b/",
        "",
    ],
)
async def test_a_runbook_that_is_no_web_address_is_no_link(address: str) -> None:
    odd = alert(annotations={"summary": "s", "runbook_url": address})
    async with served(odd) as ask, ask("/alerts/" + odd.id) as answer:
        assert answer.status == 200
        assert "Runbook" not in await answer.text()


@pytest.mark.parametrize(
    "alert_id", ["nosuch", "a%2Fb", "%00", "%ff", "<script>", "x" * 5000, "..%2f..%2fetc"]
)
async def test_an_unknown_alert_is_a_page_that_says_so(alert_id: str) -> None:
    async with served(alert()) as ask, ask("/alerts/" + alert_id) as answer:
        assert answer.status == 404
        page = await answer.text()
    assert "There is no alert with this id." in page
    assert "<script" not in page
    assert 'href="../"' in page


async def test_a_store_that_does_not_answer_is_no_404_and_tells_nothing_of_itself() -> None:
    async with served(broken=True) as ask, ask("/alerts/some-1") as answer:
        assert answer.status == 503
        assert "/var/secret" not in await answer.text()


async def test_an_alerts_page_wants_the_token_like_any_other() -> None:
    async with served(alert(), options=WebOptions(port=0, read_token=TOKEN)) as ask:
        async with ask("/alerts/0123456789abcdef-195") as answer:
            assert answer.status == 401
        async with ask("/alerts/0123456789abcdef-195", headers=basic("me", TOKEN)) as answer:
            assert answer.status == 200


# --- the page of all ------------------------------------------------------------------------------


def many(
    rule: str, count: int, *, severity: str = "critical", state: AlertState = AlertState.FIRING
) -> list[Alert]:
    return [
        alert(
            f"{rule}-{number:03}",
            key=AlertKey(rule, "default", str(number)),
            state=state,
            labels={"severity": severity},
            active_since=NOW - timedelta(hours=2, minutes=-number),
        )
        for number in range(count)
    ]


def test_what_concerns_an_account_comes_before_worse_alerts_of_campaigns() -> None:
    account = alert(
        "account",
        key=AlertKey("ApiDown", "default", ""),
        labels={"severity": "warning"},
        campaign=None,
    )
    receiver = alert(
        "receiver",
        key=AlertKey("ReceiverDown", "", "ops"),
        labels={"severity": "info"},
        campaign=None,
    )
    found = worst_alerts([*many("Late", 3), receiver, account])
    assert [shown.alertname for shown in found] == [
        "ApiDown",
        "ReceiverDown",
        "Late",
        "Late",
        "Late",
    ]


def test_of_a_rule_with_many_alerts_ten_are_listed_and_the_others_counted() -> None:
    late, old = many("Late", 37), many("Old", 10, severity="warning")
    pending = many("Slow", 11, state=AlertState.PENDING)
    found = worst_alerts([*pending, *late, *old])
    assert [(shown.alertname, shown.more) for shown in found] == [
        *[("Late", 0)] * 9,
        ("Late", 27),
        *[("Old", 0)] * 10,
        *[("Slow", 0)] * 9,
        ("Slow", 1),
    ]
    shown = replace(status(), alerts=found, firing=47, pending=11)
    assert shown.unlisted == 0


def test_listed_and_counted_alerts_are_all_there_are_wherever_the_list_is_cut() -> None:
    alerts = [*many("A", 12), *many("B", 4, severity="error"), *many("C", 25, severity="info")]
    for limit in range(1, 45):
        found = worst_alerts(alerts, limit)
        assert len(found) <= limit
        shown = replace(status(), alerts=found, firing=len(alerts), pending=0)
        missing = {"A", "B", "C"} - {each.alertname for each in found}
        left = sum(alert.key.rule in missing for alert in alerts)
        assert shown.unlisted >= left
        assert shown.unlisted == len(alerts) - len(found) - sum(each.more for each in found)


async def page_of(shown: object) -> str:
    async with (
        WebServer(WebOptions(port=0), Metrics("1"), lambda: shown) as server,  # type: ignore[arg-type, return-value]
        aiohttp.ClientSession() as session,
        session.get(server.url + "/") as answer,
    ):
        return await answer.text()


async def test_every_listed_alert_links_to_its_page() -> None:
    alerts = worst_alerts(many("Late", 12))
    page = await page_of(replace(status(), alerts=alerts, firing=12, pending=0))
    assert '<a href="alerts/Late-000">' in page
    assert "and 2 more firing of Late" in page
    assert "lists them all" not in page


async def test_an_account_that_does_not_answer_is_told_in_red_before_anything_else() -> None:
    down = FeedStatus(
        account="shop",
        message_type="sms",
        swept=True,
        answered=False,
        last_success=NOW - timedelta(minutes=4),
        last_outcome="failed",
        consecutive_failures=4,
        failing_since=NOW - timedelta(minutes=3),
        reason="the provider <refused> the key",
    )
    shown = replace(status(), feeds=(status().feeds[0], down), alerts=(), firing=0, pending=0)
    assert [trouble.what for trouble in shown.troubles()] == [
        "Account shop: no usable answer from the provider"
    ]
    page = await page_of(shown)
    assert page.index('class="notice bad" role="alert"') < page.index("Nothing is firing.")
    assert "the provider &lt;refused&gt; the key" in page
    assert '<p class="good">' not in page


def test_a_feed_is_stale_after_five_minutes_or_what_its_interval_asks_for() -> None:
    feed = FeedStatus(
        account="shop", message_type="sms", swept=True, last_success=NOW - timedelta(minutes=6)
    )
    long_running = replace(status(), feeds=(feed,), started_at=NOW - timedelta(days=1))
    assert [trouble.what for trouble in long_running.troubles()] == [
        "Feed shop / sms has not been read completely"
    ]
    assert replace(long_running, fresh_for=timedelta(minutes=30)).troubles() == []
    just_started = replace(long_running, started_at=NOW - timedelta(minutes=1))
    assert just_started.troubles() == []
    never = replace(long_running, feeds=(replace(feed, last_success=None),))
    assert [trouble.since for trouble in never.troubles()] == [never.started_at]


async def test_a_store_that_does_not_work_is_told_in_red() -> None:
    page = await page_of(status(store_error="disk full"))
    assert "The database does not work." in page
    assert "disk full" in page


async def test_times_on_the_page_have_their_moment_in_the_title() -> None:
    page = await page_of(status())
    assert (
        '<time datetime="2026-03-02T08:57:00+00:00" title="2026-03-02 08:57:00 UTC">3 min</time>'
        in page
    )
    assert '<span class="badge critical">critical</span>' in page
